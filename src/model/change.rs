//! Changes, what is held back, and what became of them.

use std::sync::Arc;
use std::time::Duration;

use super::{Form, Hash, Resource, ResourceId, SourceRef, TargetName};

/// What is done to a live object. There is no "nothing": what needs no action is no change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    Create,
    Update,
    /// Take over an object that is nobody's: the marker is added, and the fields where they differ.
    Adopt,
    Delete,
}

impl Action {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Adopt => "adopt",
            Self::Delete => "delete",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Create, Self::Update, Self::Adopt, Self::Delete]
            .into_iter()
            .find(|action| action.as_str() == text)
    }
}

/// One field that differs. An absent side means that there is no such field there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// JSON Pointer in which keyed items stand by key: `/rules/alert=HighErrors/expr`.
    pub path: String,
    pub before: Option<serde_json::Value>,
    pub after: Option<serde_json::Value>,
}

/// One planned action.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub id: ResourceId,
    pub action: Action,
    pub owner: Option<Arc<str>>,
    /// Whose credentials it is made with, where the target has some of its own for that tenant.
    pub tenant: Option<Arc<str>>,
    /// Where it is declared; on a delete, where it was.
    pub source: Option<SourceRef>,
    pub fields: Vec<FieldChange>,
    /// What it does beyond the fields, for people: "alert `HighErrors`: state resets".
    pub impact: Vec<String>,
    /// Absent on a delete.
    pub desired: Option<Desired>,
    pub live_hash: Option<Hash>,
    /// The `version` of what is replaced, as the provider gave it.
    pub expected: Option<String>,
    /// How many deletes the guard counts for it.
    pub counts_as_deletes: u32,
    /// Somebody changed the live object since we applied it, and nobody changed the declaration.
    pub drift: bool,
    /// A delete that waits until these targets have what is moved to them.
    pub after: Vec<TargetName>,
}

/// A resource with the normalised form that its target's provider gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Desired {
    pub resource: Arc<Resource>,
    pub canonical: Form,
    pub hash: Hash,
}

/// Why something known is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HeldReason {
    ScopeUnknown,
    NotOurs,
    OverLimit,
    DependsOn,
    Invalid,
    Paused,
}

impl HeldReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ScopeUnknown => "scope_unknown",
            Self::NotOurs => "not_ours",
            Self::OverLimit => "over_limit",
            Self::DependsOn => "depends_on",
            Self::Invalid => "invalid",
            Self::Paused => "paused",
        }
    }
}

/// Something known that is not done, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub target: TargetName,
    /// `None` where the whole target is held.
    pub id: Option<ResourceId>,
    pub action: Option<Action>,
    pub reason: HeldReason,
    /// Names what blocks it and what to do.
    pub detail: String,
    pub owner: Option<Arc<str>>,
    pub source: Option<SourceRef>,
}

/// How a change ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutcomeResult {
    Done,
    Failed,
    /// Not tried: the run was cancelled, or what it needs failed.
    Skipped,
}

impl OutcomeResult {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Done, Self::Failed, Self::Skipped]
            .into_iter()
            .find(|result| result.as_str() == text)
    }
}

/// What became of one change. `error` is set exactly where the result is not `Done`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub id: ResourceId,
    pub action: Action,
    pub result: OutcomeResult,
    /// What is wrong, in the server's words, and what to do.
    pub error: Option<String>,
    pub duration: Duration,
}
