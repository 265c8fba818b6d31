//! One pass: declare, observe, plan, apply, remember.

mod execute;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;
use jiff::Timestamp;

pub use execute::{Pass, Watcher, execute, record, remember};

use super::allowance::{TrailerError, Trailers};
use super::declare::{self, Declaration, LastGood};
use super::lane::Lane;
use super::memo::ParseMemo;
use crate::model::{Diagnostic, Inventory, Observation, ResourceId, Snapshot, TargetName};
use crate::plan::{self, Allowance, ApprovedPlan, Common, Limits, Peer, Plan};
use crate::provider::Depth;
use crate::resolve::{self, Placing};
use crate::settings::{Settings, TargetSettings};
use crate::source::{Source, SourceError};
use crate::state::{State, StateError, StateView};

/// A pass could not be made at all.
#[derive(Debug, thiserror::Error)]
pub enum CycleError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Journal(#[from] crate::model::JournalError),
}

impl From<TrailerError> for CycleError {
    fn from(error: TrailerError) -> Self {
        match error {
            TrailerError::Source(error) => Self::Source(error),
            TrailerError::State(error) => Self::State(error),
        }
    }
}

/// A plan with what it needs to be applied.
#[derive(Debug)]
pub struct Prepared {
    /// After the guard: what people see.
    pub plan: Plan,
    pub approved: ApprovedPlan,
    pub trailers: Trailers,
    /// Findings on the live side.
    pub diagnostics: Vec<Diagnostic>,
    /// What each target was seen to be.
    pub observations: BTreeMap<TargetName, Observation>,
}

/// Reads what a state of the repository declares for the targets of the settings.
pub async fn declare(
    settings: &Settings,
    source: &Source,
    snapshot: Snapshot,
    memo: &mut ParseMemo,
    state: &StateView,
) -> Result<Declaration, CycleError> {
    let last_good = LastGood::read(state, &settings.repository.name)?;
    let targets: Vec<_> = settings
        .targets
        .iter()
        .map(TargetSettings::to_target)
        .collect();
    let bases = resolve::base_files(&targets);
    let (loaded, memory) = declare::load_tree(source, &snapshot, memo, &last_good, &bases).await?;
    let inventory = state.inventory()?;
    let placing = Placing::Targets(&targets);
    let mut declaration =
        declare::resolve(snapshot, loaded, memory, &placing, &inventory, &memo.fences);
    declare::look_closer(source, &mut declaration, memo).await?;
    if let Some(head) = declaration.commit() {
        declaration.head = source.commits(None, head).await?.into_iter().next();
    }
    Ok(declaration)
}

/// Reads all targets at once.
pub async fn observe(
    lanes: &[Lane],
    depth: Depth,
    state: &StateView,
) -> Result<BTreeMap<TargetName, Observation>, CycleError> {
    let mut pending = Vec::with_capacity(lanes.len());
    for lane in lanes {
        pending.push(state.pending_intents(lane.name())?);
    }
    let reads = lanes
        .iter()
        .zip(&pending)
        .map(|(lane, pending)| async move {
            let observation = lane.observe(depth, pending).await;
            (lane.name().clone(), observation)
        });
    Ok(join_all(reads).await.into_iter().collect())
}

/// What planning takes beside lanes and observations.
#[derive(Debug)]
pub struct Considered<'a> {
    pub settings: &'a Settings,
    pub declaration: &'a Declaration,
    pub inventory: &'a Inventory,
    pub peers: &'a [Peer<'a>],
    pub flag: Option<u32>,
}

/// Plans and guards the targets of `lanes`.
pub async fn prepare(
    lanes: &mut [Lane],
    observations: BTreeMap<TargetName, Observation>,
    source: &Source,
    state: &StateView,
    considered: Considered<'_>,
) -> Result<Prepared, CycleError> {
    let Considered {
        settings,
        declaration,
        inventory,
        peers,
        flag,
    } = considered;
    let now = Timestamp::now();
    for lane in lanes.iter_mut() {
        let pause = state.pause(lane.name())?;
        lane.heed(pause.as_ref().filter(|pause| !pause.is_over(now)));
    }
    let names: Vec<TargetName> = lanes.iter().map(|lane| lane.name().clone()).collect();
    // Where teams merge their own files, a line in a commit is anybody's to write.
    let tenants = &declaration.loaded.declared.tenants;
    let heeded = settings.guard.trailer.unwrap_or(tenants.is_empty());
    let trailers = match (heeded, declaration.commit()) {
        (true, Some(head)) => Trailers::find(source, state, &names, head).await?,
        _ => Trailers::default(),
    };
    let observations = relate(lanes, observations, declaration, inventory);
    let plan = compare(lanes, &observations, declaration, inventory, peers);
    let limits = Limits {
        max_deletes: settings.guard.max_deletes,
        max_delete_percent: settings.guard.max_delete_percent,
    };
    let allowance = Allowance {
        without_trailers: !heeded,
        ..trailers.allowance(flag)
    };
    let (plan, approved) = plan::approve(plan, limits, &allowance);
    let diagnostics = observations
        .values()
        .flat_map(|observation| match observation {
            Observation::Known(observed) => observed.diagnostics.clone(),
            Observation::Unknown { .. } => Vec::new(),
        })
        .collect();
    Ok(Prepared {
        plan,
        approved,
        trailers,
        diagnostics,
        observations,
    })
}

/// What of the observations shows only beside what is declared.
pub fn relate(
    lanes: &[Lane],
    observations: BTreeMap<TargetName, Observation>,
    declaration: &Declaration,
    inventory: &Inventory,
) -> BTreeMap<TargetName, Observation> {
    let none = BTreeMap::new();
    let related = observations.into_iter().map(|(name, observation)| {
        let lane = lanes.iter().find(|lane| *lane.name() == name);
        let desired = declaration.resolved.desired.get(&name).unwrap_or(&none);
        match lane {
            Some(lane) => (name, lane.relate(observation, desired, inventory)),
            None => (name, observation),
        }
    });
    related.collect()
}

/// The pure part: compares what is declared with what was seen.
pub fn compare(
    lanes: &mut [Lane],
    observations: &BTreeMap<TargetName, Observation>,
    declaration: &Declaration,
    inventory: &Inventory,
    peers: &[Peer<'_>],
) -> Plan {
    let unseen = Observation::Unknown {
        reason: "it was not read".to_owned(),
    };
    let resolved = &declaration.resolved;
    let inputs: Vec<_> = lanes
        .iter_mut()
        .map(|lane| {
            let desired = resolved.desired.get(lane.name());
            let observation = observations.get(lane.name()).unwrap_or(&unseen);
            lane.input(desired, observation, inventory)
        })
        .collect();
    let revision = declaration.revision().to_text();
    let common = Common {
        unknown: resolved.unknown.as_deref(),
        invalid: &resolved.invalid,
        blocks: &resolved.blocks,
        tenants: &declaration.loaded.declared.tenants,
        revision: revision.as_deref(),
        peers,
    };
    plan::plan(&inputs, common)
}

/// What the inventory holds of targets that the settings no longer have.
pub fn orphaned(settings: &Settings, inventory: &Inventory) -> BTreeMap<TargetName, usize> {
    let mut orphaned: BTreeMap<TargetName, usize> = BTreeMap::new();
    for id in inventory.entries.keys() {
        *orphaned.entry(id.target.clone()).or_default() += 1;
    }
    for target in &settings.targets {
        orphaned.remove(&target.name);
    }
    orphaned
}

/// The targets that have no lane here: what they should have, and what they were last seen to have.
pub fn peers<'a>(
    lanes: &[Lane],
    declaration: &'a Declaration,
    live: &'a BTreeMap<TargetName, Arc<BTreeSet<ResourceId>>>,
) -> Vec<Peer<'a>> {
    const NOTHING: &BTreeSet<ResourceId> = &BTreeSet::new();
    let elsewhere = declaration.resolved.desired.iter();
    elsewhere
        .filter(|(target, _)| !lanes.iter().any(|lane| lane.name() == *target))
        .map(|(target, desired)| Peer {
            target,
            desired,
            live: live.get(target).map_or(NOTHING, |live| live),
        })
        .collect()
}

/// Carries renamed targets' state over to their new names.
pub fn rename_targets(settings: &Settings, state: &State) -> Result<(), StateError> {
    for target in &settings.targets {
        for alias in &target.aliases {
            state.rename_target(alias, &target.name)?;
        }
    }
    Ok(())
}
