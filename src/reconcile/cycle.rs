//! One pass: declare, observe, plan, apply, remember.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;
use jiff::Timestamp;

use super::allowance::{TrailerError, Trailers};
use super::declare::{self, Declaration, LastGood, Memory};
use super::lane::{Lane, Writers};
use super::memo::ParseMemo;
use crate::apply;
use crate::model::{
    Change, CycleCounts, CycleResult, Diagnostic, HeldReason, Inventory, Observation, Outcome,
    OutcomeResult, ResourceId, Snapshot, TargetName,
};
use crate::plan::{
    self, Allowance, ApprovedPlan, ApprovedTarget, Common, Limits, Peer, Plan, TargetPlan,
};
use crate::provider::{Cancel, Depth};
use crate::resolve::Placing;
use crate::settings::{Settings, TargetSettings};
use crate::source::{Source, SourceError};
use crate::state::{Applied, Batch, CycleRecord, State, StateError, StateView, TargetState};

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
    let (loaded, memory) = declare::load_tree(source, &snapshot, memo, &last_good).await?;
    let targets: Vec<_> = settings
        .targets
        .iter()
        .map(TargetSettings::to_target)
        .collect();
    let inventory = state.inventory()?;
    let placing = Placing::Targets(&targets);
    let mut declaration = declare::resolve(snapshot, loaded, memory, &placing, &inventory);
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
    let names: Vec<TargetName> = lanes.iter().map(|lane| lane.name().clone()).collect();
    let trailers = match (settings.guard.trailer.unwrap_or(true), declaration.commit()) {
        (true, Some(head)) => Trailers::find(source, state, &names, head).await?,
        _ => Trailers::default(),
    };
    let plan = compare(lanes, &observations, declaration, inventory, peers);
    let limits = Limits {
        max_deletes: settings.guard.max_deletes,
        max_delete_percent: settings.guard.max_delete_percent,
    };
    let allowance: Allowance = trailers.allowance(flag);
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
        revision: revision.as_deref(),
        peers,
    };
    plan::plan(&inputs, common)
}

/// What identifies a pass in history and logs.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'a> {
    pub cycle: i64,
    pub declaration: &'a Declaration,
}

/// Is told of every outcome, as soon as it is known and recorded.
pub trait Watcher: Sync {
    /// More deletes than the guard lets through are about to be made, on somebody's word.
    fn deletes_allowed(&self, target: &TargetName, trailers: &Trailers);

    fn outcome(&self, change: &Change, outcome: &Outcome);
}

/// Applies what was approved and remembers what became of it. Deletes of what moved to another target
/// come last, and only where the other has it.
pub async fn execute(
    writers: &Writers,
    prepared: &mut Prepared,
    state: &State,
    pass: Pass<'_>,
    cancel: &dyn Cancel,
    watcher: &dyn Watcher,
) -> Result<Vec<Outcome>, CycleError> {
    let approved = std::mem::take(&mut prepared.approved).into_targets();
    let (now, later): (Vec<_>, Vec<_>) = approved
        .into_iter()
        .map(ApprovedTarget::split_waiting)
        .unzip();
    let executor = Executor {
        writers,
        state,
        pass,
        cancel,
        watcher,
        trailers: &prepared.trailers,
    };
    let mut outcomes = executor.all(&now).await?;
    for waiting in later {
        let (ready, stuck) = waiting.split(|change| {
            let has_it = |target: &TargetName| {
                outcomes.iter().any(|o| {
                    o.result == OutcomeResult::Done
                        && o.id.target == *target
                        && (o.id.kind, &o.id.name) == (change.id.kind, &change.id.name)
                })
            };
            change.after.iter().all(has_it)
        });
        let why = "the target that it moves to does not have it yet";
        outcomes.extend(apply::skipped(&stuck, why));
        outcomes.extend(executor.one(&ready).await?);
    }
    for plan in &prepared.plan.targets {
        settle(state, plan, &outcomes, pass)?;
    }
    Ok(outcomes)
}

struct Executor<'a> {
    writers: &'a Writers,
    state: &'a State,
    pass: Pass<'a>,
    cancel: &'a dyn Cancel,
    watcher: &'a dyn Watcher,
    trailers: &'a Trailers,
}

impl Executor<'_> {
    async fn all(&self, approved: &[ApprovedTarget]) -> Result<Vec<Outcome>, CycleError> {
        let applied = approved.iter().map(|target| self.one(target));
        let mut outcomes = Vec::new();
        for result in join_all(applied).await {
            outcomes.extend(result?);
        }
        Ok(outcomes)
    }

    async fn one(&self, approved: &ApprovedTarget) -> Result<Vec<Outcome>, CycleError> {
        let pending = || self.state.pending_intents(approved.target());
        if approved.changes().is_empty() && (!approved.may_finish() || pending()?.is_empty()) {
            return Ok(Vec::new());
        }
        let Some(writer) = self.writers.get(approved.target()) else {
            return Ok(apply::skipped(
                approved,
                "it was opened to be looked at only",
            ));
        };
        if approved.used_allowance() {
            self.watcher
                .deletes_allowed(approved.target(), self.trailers);
            // Before the deletes: after a crash the same word must not count again.
            for (commit, count) in self.trailers.used_by(approved.target()) {
                let now = Timestamp::now();
                let target = approved.target();
                self.state.mark_trailer_used(target, *commit, *count, now)?;
            }
        }
        let outcomes = apply::execute(approved, writer, self.state, self.cancel).await;
        let author = self.pass.declaration.author();
        let pairs = approved.changes().iter().zip(&outcomes);
        let changes: Vec<Applied<'_>> = pairs
            .map(|(change, outcome)| Applied {
                change,
                outcome,
                author,
            })
            .collect();
        let revision = self.pass.declaration.revision().to_text();
        self.state.record(&Batch {
            cycle: self.pass.cycle,
            at: Timestamp::now(),
            revision: revision.as_deref(),
            changes: &changes,
        })?;
        for applied in &changes {
            self.watcher.outcome(applied.change, applied.outcome);
        }
        Ok(outcomes)
    }
}

/// Notes for one target what needed no write, and how far it is.
fn settle(
    state: &State,
    plan: &TargetPlan,
    outcomes: &[Outcome],
    pass: Pass<'_>,
) -> Result<(), CycleError> {
    state.refresh(&plan.bookkeeping.refresh)?;
    state.forget(&plan.bookkeeping.forget)?;
    let failed = outcomes
        .iter()
        .any(|o| o.id.target == plan.target && o.result != OutcomeResult::Done);
    if !plan.known || failed {
        return Ok(());
    }
    let deletes_held = plan
        .held
        .iter()
        .any(|held| held.action == Some(crate::model::Action::Delete));
    let harmless = |reason| matches!(reason, HeldReason::NotOurs | HeldReason::Paused);
    let clean = plan.held.iter().all(|held| harmless(held.reason));
    let before = state.target_state(&plan.target)?;
    let after = TargetState {
        // A commit whose deletes are held is not applied yet: its trailer still counts.
        revision: match pass.declaration.commit() {
            Some(head) if !deletes_held => Some(head),
            _ => before.revision,
        },
        last_success: if clean {
            Some(Timestamp::now())
        } else {
            before.last_success
        },
    };
    state.set_target_state(&plan.target, &after)?;
    Ok(())
}

/// Remembers the last good texts.
pub fn remember(state: &State, repository: &str, memory: &Memory) -> Result<(), StateError> {
    let Memory { good, gone, texts } = memory;
    for (path, kept) in texts {
        state.keep_text(repository, path, kept)?;
    }
    state.set_good(repository, good, gone)
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

/// A pass as history keeps it.
pub fn record(
    pass: Pass<'_>,
    plans: &[TargetPlan],
    outcomes: &[Outcome],
    started: Timestamp,
) -> CycleRecord {
    let count = |result| outcomes.iter().filter(|o| o.result == result).count() as u64;
    let held: usize = plans.iter().map(|plan| plan.held.len()).sum();
    let unchanged: usize = plans.iter().flat_map(|plan| plan.unchanged.values()).sum();
    let counts = CycleCounts {
        done: count(OutcomeResult::Done),
        failed: count(OutcomeResult::Failed),
        skipped: count(OutcomeResult::Skipped),
        held: held as u64,
        unchanged: unchanged as u64,
    };
    let unread = plans.iter().any(|plan| !plan.known);
    CycleRecord {
        number: pass.cycle,
        revision: pass.declaration.revision().to_text(),
        started,
        ended: Timestamp::now(),
        repeats: 1,
        result: if unread || counts.failed + counts.skipped > 0 {
            CycleResult::Failed
        } else if held > 0 {
            CycleResult::Held
        } else {
            CycleResult::Done
        },
        counts,
    }
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
