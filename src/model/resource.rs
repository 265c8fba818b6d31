//! Resources: what should exist on a target.

use std::sync::Arc;

use super::{ResourceId, ResourceKind, RuleGroup};

/// What can be on a target. Closed: a new kind breaks the build wherever somebody has to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spec {
    RuleGroup(RuleGroup),
}

impl Spec {
    pub fn kind(&self) -> ResourceKind {
        match self {
            Self::RuleGroup(_) => ResourceKind::RuleGroup,
        }
    }
}

/// Where a resource was declared. `line` counts from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceRef {
    pub repository: Arc<str>,
    pub file: Arc<str>,
    pub line: u32,
}

/// One thing that should exist on one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    pub id: ResourceId,
    /// Shared between the targets on which it is placed, and between cycles while it is unchanged.
    pub spec: Arc<Spec>,
    pub owner: Option<Arc<str>>,
    pub source: SourceRef,
    /// Whether one existing object that is nobody's may be taken over (`trueup.dev/adopt`).
    pub adopt: bool,
}
