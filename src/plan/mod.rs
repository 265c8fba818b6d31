//! What has to change so that live equals desired, what is held back and why. Pure.
//!
//! [`plan`] compares, [`guard::approve`] is the only maker of an [`ApprovedPlan`], and `apply` takes
//! nothing else.

mod adopt;
mod decide;
mod depends;
mod diff;
mod digest;
pub mod display;
pub mod guard;
mod impact;
mod order;
mod prune;
mod reach;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use digest::digest;
pub use guard::{Allowance, ApprovedPlan, ApprovedTarget, Limits, approve};

use crate::model::change::Desired;
use crate::model::{
    Block, Change, Held, Invalid, InventoryEntry, Observation, Resource, ResourceId, ResourceKind,
    Target, TargetName, Tenants,
};

/// A desired resource as its target's provider sees it.
#[derive(Clone, Debug)]
pub enum Wanted {
    Normalised(Desired),
    /// The server cannot hold it; the text says why.
    Unsupported {
        resource: Arc<Resource>,
        detail: String,
    },
}

/// All that is known of one target in a cycle.
#[derive(Debug)]
pub struct TargetInput<'a> {
    pub target: &'a Target,
    pub wanted: BTreeMap<ResourceId, Wanted>,
    pub observation: &'a Observation,
    /// What the inventory holds of this target.
    pub inventory: BTreeMap<&'a ResourceId, &'a InventoryEntry>,
}

/// What holds for every target.
#[derive(Clone, Copy, Debug)]
pub struct Common<'a> {
    /// Why nothing can be said of the repository.
    pub unknown: Option<&'a str>,
    pub invalid: &'a [Invalid],
    pub blocks: &'a [Block],
    /// Whose each file is: what is wrong in one tenant's does not hold another's deletes.
    pub tenants: &'a Tenants,
    /// The commit, in full; what the inventory notes.
    pub revision: Option<&'a str>,
    /// Targets that are planned elsewhere.
    pub peers: &'a [Peer<'a>],
}

/// A target that another lane looks after: what it should have, and what it was last seen to have.
#[derive(Clone, Copy, Debug)]
pub struct Peer<'a> {
    pub target: &'a TargetName,
    pub desired: &'a BTreeMap<ResourceId, Arc<Resource>>,
    pub live: &'a BTreeSet<ResourceId>,
}

/// The plan of one target.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetPlan {
    pub target: TargetName,
    /// In the order in which they are made.
    pub changes: Vec<Change>,
    /// Sorted by id.
    pub held: Vec<Held>,
    /// Objects that are as they should be.
    pub unchanged: BTreeMap<ResourceKind, usize>,
    /// Live objects of ours before the plan.
    pub owned: usize,
    /// Whether the target was read at all.
    pub known: bool,
    pub paused: bool,
    pub bookkeeping: Bookkeeping,
}

/// What the inventory has to learn although nothing is written live.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bookkeeping {
    pub refresh: Vec<(ResourceId, InventoryEntry)>,
    pub forget: Vec<ResourceId>,
}

/// The plan of a cycle: one of each target that takes part, sorted by name.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Plan {
    pub targets: Vec<TargetPlan>,
}

impl TargetPlan {
    /// Of a planned change.
    pub fn owner_of(&self, id: &ResourceId) -> Option<Arc<str>> {
        let change = self.changes.iter().find(|change| change.id == *id);
        change?.owner.clone()
    }
}

impl Plan {
    /// All changes, sorted by id.
    pub fn changes(&self) -> Vec<&Change> {
        let mut changes: Vec<&Change> = self.targets.iter().flat_map(|t| &t.changes).collect();
        changes.sort_by(|a, b| a.id.cmp(&b.id));
        changes
    }

    /// All that is held, sorted by target and id.
    pub fn held(&self) -> Vec<&Held> {
        let mut held: Vec<&Held> = self.targets.iter().flat_map(|t| &t.held).collect();
        held.sort_by(|a, b| (&a.target, &a.id, a.reason).cmp(&(&b.target, &b.id, b.reason)));
        held
    }

    /// How many objects are as they should be.
    pub fn unchanged(&self) -> usize {
        let all = self.targets.iter().flat_map(|t| t.unchanged.values());
        all.sum()
    }
}

/// Compares every target with what it should be.
pub fn plan(inputs: &[TargetInput<'_>], common: Common<'_>) -> Plan {
    let mut targets: Vec<TargetPlan> = inputs
        .iter()
        .map(|input| decide::target(input, common))
        .collect();
    targets.sort_by(|a, b| a.target.cmp(&b.target));
    order::across_targets(&mut targets, inputs, common.peers);
    for target in &mut targets {
        order::within(&mut target.changes);
        target
            .held
            .sort_by(|a, b| (&a.id, a.reason, &a.detail).cmp(&(&b.id, b.reason, &b.detail)));
        target.held.dedup();
    }
    Plan { targets }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
