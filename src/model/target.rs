//! A target as the pure rooms see it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{RepoPath, ResourceKind, TargetName};

/// One live system, without its address or credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub name: TargetName,
    /// Former names of the same system; what the inventory holds under them belongs to `name`.
    pub aliases: Vec<TargetName>,
    pub labels: BTreeMap<String, String>,
    /// What its provider can hold.
    pub kinds: &'static [ResourceKind],
    /// Why nothing is changed here, where that is so; for people, with how to end it.
    pub paused: Option<Arc<str>>,
    pub drift: DriftPolicy,
    /// Whether dashboards carry their owner as a tag.
    pub owner_tag: bool,
    /// Where everything on it is put together into one: an Alertmanager.
    pub composing: Option<Composing>,
}

/// How the one configuration of a target is put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composing {
    /// The platform's own part, relative to `repository.path`.
    pub base_file: RepoPath,
    /// The label that holds the namespace of a definition.
    pub fence_label: Option<Arc<str>>,
    /// Whether a file that is nobody's may be taken over.
    pub adopt: bool,
}

/// What happens where live was changed without us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DriftPolicy {
    #[default]
    Revert,
    Report,
}
