//! The writing half of a pass: apply what was approved, and remember what became of it.

use futures_util::future::join_all;
use jiff::Timestamp;

use super::{CycleError, Prepared};
use crate::apply;
use crate::model::{
    Change, CycleCounts, CycleResult, HeldReason, Outcome, OutcomeResult, TargetName,
};
use crate::plan::{ApprovedTarget, TargetPlan};
use crate::provider::Cancel;
use crate::reconcile::allowance::Trailers;
use crate::reconcile::declare::{Declaration, Memory};
use crate::reconcile::lane::Writers;
use crate::state::{Applied, Batch, CycleRecord, State, StateError, TargetState};

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
        if approved.changes().is_empty() {
            let left =
                approved.may_finish() && !self.state.pending_intents(approved.target())?.is_empty();
            if !left {
                return Ok(Vec::new());
            }
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
        let reason = reason(self.pass.declaration);
        let outcomes = apply::execute(approved, writer, &reason, self.state, self.cancel).await;
        let author = self.pass.declaration.author();
        let pairs = approved.changes().iter().zip(&outcomes);
        let changes: Vec<Applied<'_>> = pairs
            .map(|(change, outcome)| Applied {
                change,
                outcome,
                // What somebody changed on the server is no deed of who made the last commit.
                author: author.filter(|_| !change.drift),
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

/// Short id and subject of the commit: "3f2a91c Raise the threshold".
fn reason(declaration: &Declaration) -> String {
    match &declaration.head {
        Some(head) => format!("{} {}", head.id.short(), head.subject),
        None => "trueup".to_owned(),
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
