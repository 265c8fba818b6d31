//! A lane looks after one target: its provider, what is remembered of it, and nothing of the others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::memo::NormaliseMemo;
use super::providers::{AnyReader, AnyWriter, Provider};
use crate::model::{
    Capabilities, Intent, Inventory, InventoryEntry, Observation, Resource, ResourceId,
    ResourceKind, Spec, Target, TargetName,
};
use crate::plan::{TargetInput, Wanted};
use crate::provider::{Beside, Depth, ReadWork, Reader, Scope};
use crate::settings::{Settings, TargetSettings};
use crate::state::Pause;

/// One target's lane.
#[derive(Debug)]
pub struct Lane {
    pub target: Target,
    reader: AnyReader,
    /// The newest server of its product: what `render`, which asks nobody, assumes.
    newest: Capabilities,
    memo: NormaliseMemo,
    /// Why it is paused by the settings, if it is.
    paused: Option<Arc<str>>,
}

/// The writing halves, by target. Whoever only looks is given none.
#[derive(Debug, Default)]
pub struct Writers(BTreeMap<TargetName, AnyWriter>);

impl Writers {
    pub fn get(&self, target: &TargetName) -> Option<&AnyWriter> {
        self.0.get(target)
    }
}

/// Lanes that can only look, one a target.
pub fn readers(settings: &Settings) -> Vec<Lane> {
    let targets = settings.targets.iter();
    targets
        .map(|target| Lane::new(target, &Provider::new(&settings.instance, target)))
        .collect()
}

/// Lanes, and the writers that belong to them.
pub fn open(settings: &Settings) -> (Vec<Lane>, Writers) {
    let mut lanes = Vec::with_capacity(settings.targets.len());
    let mut writers = Writers::default();
    for target in &settings.targets {
        let provider = Provider::new(&settings.instance, target);
        lanes.push(Lane::new(target, &provider));
        writers.0.insert(target.name.clone(), provider.writer());
    }
    (lanes, writers)
}

impl Lane {
    fn new(settings: &TargetSettings, provider: &Provider) -> Self {
        let target = settings.to_target();
        Self {
            paused: target.paused.clone(),
            target,
            reader: provider.reader(),
            newest: provider.newest(),
            memo: NormaliseMemo::default(),
        }
    }

    pub fn name(&self) -> &TargetName {
        &self.target.name
    }

    /// Heeds a pause that somebody ordered, beside that of the settings.
    pub fn heed(&mut self, pause: Option<&Pause>) {
        let ordered = || pause.map(|pause| pause.describe().into());
        self.target.paused = self.paused.clone().or_else(ordered);
    }

    /// Reads the target.
    pub async fn observe(&self, depth: Depth, pending: &[(i64, Intent)]) -> Observation {
        self.reader.observe(Scope { depth, pending }).await
    }

    /// What of an observation shows only beside what is declared.
    pub fn relate(
        &self,
        observation: Observation,
        desired: &BTreeMap<ResourceId, Arc<Resource>>,
        inventory: &Inventory,
    ) -> Observation {
        match observation {
            Observation::Known(observed) => {
                let beside = Beside { desired, inventory };
                Observation::Known(self.reader.relate(observed, beside))
            }
            unknown @ Observation::Unknown { .. } => unknown,
        }
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
            newest: _,
            paused: _,
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
        let canonical = self.reader.normalise(spec, &self.newest).ok()?;
        Some(canonical.hash().to_string())
    }

    /// Desired bodies made canonical and hashed so far.
    pub fn bodies_normalised(&self) -> u64 {
        self.memo.bodies_normalised()
    }

    /// What reading and writing the live side has cost so far.
    pub fn read_work(&self) -> ReadWork {
        self.reader.work()
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
