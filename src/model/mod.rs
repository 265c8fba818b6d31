//! The nouns: plain data without IO, clock, runtime or HTTP. Every other room speaks in these.
//!
//! Uses nothing of the crate. What a live system knows is translated into these types at the edge
//! (`provider`), what a file says is translated into them at the other edge (`load`).

pub mod alertmanager;
pub mod canonical;
pub mod capabilities;
pub mod change;
pub mod cycle;
pub mod definition;
pub mod diagnostic;
pub mod duration;
pub mod entity;
pub mod form;
pub mod grafana;
pub mod grafana_fence;
pub mod hash;
pub mod hold;
pub mod id;
pub mod inventory;
pub mod journal;
pub mod link;
pub mod live;
pub mod locus;
pub mod log;
pub mod nearest;
pub mod packed;
pub mod path;
pub mod promql;
pub mod references;
pub mod resource;
pub mod rules;
pub mod selector;
pub mod snapshot;
pub mod span;
pub mod target;
pub mod template;
pub mod tenant;
pub mod tenants;

pub use canonical::Canonical;
pub use capabilities::{Capabilities, Version};
pub use change::{Action, Change, FieldChange, Held, HeldReason, Outcome, OutcomeResult};
pub use cycle::{CycleCounts, CycleResult};
pub use definition::{Definition, Meta, Platform, RuleSet, RuleSetKind};
pub use diagnostic::{Code, Diagnostic, Related, Severity};
pub use duration::PromDuration;
pub use entity::{Entity, EntityRef};
pub use form::Form;
pub use hash::Hash;
pub use hold::{Block, Invalid};
pub use id::{ResourceId, ResourceKind, TargetName};
pub use inventory::{Inventory, InventoryEntry};
pub use journal::{Intent, Journal, JournalError, PriorFile};
pub use link::Link;
pub use live::{Live, Observation, Observed, Ownership};
pub use locus::{Locus, Unlocated};
pub use log::{LogFormat, LogLevel};
pub use path::RepoPath;
pub use resource::{Resource, SourceRef, Spec};
pub use rules::{Rule, RuleGroup, RuleName};
pub use selector::Selector;
pub use snapshot::{BlobId, Commit, CommitId, Entry, Revision, Snapshot};
pub use span::{Place, Position, Span, Spanned};
pub use target::Target;
pub use tenant::Tenant;
pub use tenants::Tenants;
