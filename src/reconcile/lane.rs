//! A lane looks after one target: its provider, what is remembered of it, and nothing of the others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use super::memo::NormaliseMemo;
use super::providers::{AnyReader, AnyWriter, Provider};
use crate::model::{
    Intent, Inventory, InventoryEntry, Observation, Resource, ResourceId, ResourceKind, Spec,
    Target, TargetName,
};
use crate::plan::{TargetInput, Wanted};
use crate::provider::{Depth, Reader, Scope};
use crate::settings::TargetSettings;

/// One target's lane.
#[derive(Debug)]
pub struct Lane {
    pub target: Target,
    provider: Provider,
    reader: AnyReader,
    writer: OnceLock<AnyWriter>,
    memo: NormaliseMemo,
}

impl Lane {
    pub fn new(instance: &Arc<str>, settings: &TargetSettings) -> Self {
        let provider = Provider::new(instance, settings);
        Self {
            target: settings.to_target(),
            reader: provider.reader(),
            provider,
            writer: OnceLock::new(),
            memo: NormaliseMemo::default(),
        }
    }

    pub fn name(&self) -> &TargetName {
        &self.target.name
    }

    /// Reads the target.
    pub async fn observe(&self, depth: Depth, pending: &[(i64, Intent)]) -> Observation {
        self.reader.observe(Scope { depth, pending }).await
    }

    /// What planning needs to know of this target.
    pub fn input<'a>(
        &'a mut self,
        desired: Option<&BTreeMap<ResourceId, Arc<Resource>>>,
        observation: &'a Observation,
        inventory: &'a Inventory,
    ) -> TargetInput<'a> {
        let none = BTreeMap::new();
        let desired = desired.unwrap_or(&none);
        let Self {
            target,
            reader,
            memo,
            provider: _,
            writer: _,
        } = self;
        let wanted = match observation {
            Observation::Known(observed) => memo.wanted(desired, observed.capabilities, |spec| {
                reader.normalise(spec, &observed.capabilities)
            }),
            Observation::Unknown { reason } => desired
                .iter()
                .map(|(id, resource)| {
                    let resource = resource.clone();
                    let detail = reason.clone();
                    (id.clone(), Wanted::Unsupported { resource, detail })
                })
                .collect(),
        };
        TargetInput {
            wanted,
            observation,
            inventory: of_target(inventory, &target.name).collect(),
            target,
        }
    }

    /// The hash of a body as the newest server that is known would have it; `None` where no server of
    /// this product can.
    pub fn hash(&self, spec: &Spec) -> Option<String> {
        let newest = self.provider.newest();
        let canonical = self.reader.normalise(spec, &newest).ok()?;
        Some(canonical.hash().to_string())
    }

    /// The writing half, opened when something is first applied.
    pub fn writer(&self) -> &AnyWriter {
        self.writer.get_or_init(|| self.provider.writer())
    }

    pub fn bodies_normalised(&self) -> u64 {
        self.memo.bodies_normalised()
    }
}

/// The inventory's entries of one target.
pub fn of_target<'a>(
    inventory: &'a Inventory,
    target: &TargetName,
) -> impl Iterator<Item = (&'a ResourceId, &'a InventoryEntry)> {
    let first = ResourceKind::ALL.first().copied();
    let start = first.map(|kind| ResourceId::new(target.clone(), kind, ""));
    let target = target.clone();
    start
        .into_iter()
        .flat_map(|start| inventory.entries.range(start..))
        .take_while(move |(id, _)| id.target == target)
}

/// Which resources an observation found.
pub fn live_ids(observation: &Observation) -> BTreeSet<ResourceId> {
    match observation {
        Observation::Known(observed) => observed.live.keys().cloned().collect(),
        Observation::Unknown { .. } => BTreeSet::new(),
    }
}
