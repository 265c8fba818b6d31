//! A target as the pure rooms see it.

use std::collections::BTreeMap;

use super::{ResourceKind, TargetName};

/// One live system, without its address or credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub name: TargetName,
    /// Former names of the same system; what the inventory holds under them belongs to `name`.
    pub aliases: Vec<TargetName>,
    pub labels: BTreeMap<String, String>,
    /// What its provider can hold.
    pub kinds: &'static [ResourceKind],
    pub paused: bool,
    pub drift: DriftPolicy,
}

/// What happens where live was changed without us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DriftPolicy {
    #[default]
    Revert,
    Report,
}
