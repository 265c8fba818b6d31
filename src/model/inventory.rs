//! What was applied last, by id. A cache of the markers on the live side, and the only evidence where
//! no marker can exist.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Hash, ResourceId, SourceRef};

/// What is remembered of one applied resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InventoryEntry {
    /// Hash of the canonical form that was applied.
    pub hash: Hash,
    pub owner: Option<Arc<str>>,
    pub source: SourceRef,
    /// The commit it was applied from, in full.
    pub revision: Option<String>,
}

/// All that is known to have been applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    pub entries: BTreeMap<ResourceId, InventoryEntry>,
}
