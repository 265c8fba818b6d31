//! What a pass tells: translates its results into the events of `telemetry`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::allowance::Trailers;
use super::cycle::{Pass, Watcher};
use super::declare::Declaration;
use crate::model::{Change, Held, HeldReason, Outcome, OutcomeResult, ResourceId, TargetName};
use crate::plan::TargetPlan;
use crate::state::{CycleRecord, What};
use crate::telemetry::{
    ChangeEnded, ChangeHeld, CycleFinished, DeletesAllowed, DiagnosticFound, RevisionFetched,
    TargetFailing, TargetRecovered,
};

/// Tells of a new revision, and of what is wrong in it.
pub(super) fn revision(declaration: &Declaration, duration: Duration) {
    if let Some(commit) = &declaration.head {
        RevisionFetched { commit, duration }.emit();
    }
    let revision = declaration.revision().to_text();
    for diagnostic in &declaration.diagnostics() {
        DiagnosticFound {
            revision: revision.as_deref(),
            diagnostic,
        }
        .emit();
    }
}

/// Tells of changes as they end.
pub(super) struct ChangeLog<'a> {
    pass: Pass<'a>,
    revision: Option<String>,
    /// What failed in the pass before, with the errors.
    failed: &'a Failed,
}

/// Changes that failed, with the errors.
pub(super) type Failed = BTreeMap<ResourceId, String>;

impl<'a> ChangeLog<'a> {
    pub(super) fn new(pass: Pass<'a>, failed: &'a Failed) -> Self {
        Self {
            revision: pass.declaration.revision().to_text(),
            pass,
            failed,
        }
    }
}

impl Watcher for ChangeLog<'_> {
    fn deletes_allowed(&self, target: &TargetName, trailers: &Trailers) {
        for (commit, allowed) in trailers.used_by(target) {
            DeletesAllowed {
                cycle: self.pass.cycle,
                target,
                revision: Some(&commit.to_string()),
                author: None,
                allowed: *allowed,
            }
            .emit();
        }
    }

    fn outcome(&self, change: &Change, outcome: &Outcome) {
        ChangeEnded {
            cycle: self.pass.cycle,
            revision: self.revision.as_deref(),
            change,
            outcome,
            author: (self.pass.declaration.author()).filter(|_| !change.drift),
            repeated: outcome.error.is_some()
                && self.failed.get(&outcome.id) == outcome.error.as_ref(),
        }
        .emit();
    }
}

/// Tells what became of one target, and of the same thing only once.
#[derive(Debug, Default)]
pub(super) struct Teller {
    held: BTreeSet<String>,
    pub(super) failing: bool,
    pub(super) failed: Failed,
}

impl Teller {
    /// Gives what the history should know: that the target began to fail, or works again.
    pub(super) fn pass(
        &mut self,
        record: &CycleRecord,
        plan: &TargetPlan,
        outcomes: &[Outcome],
        duration: Duration,
    ) -> Option<(What, Option<String>)> {
        let cycle = record.number;
        let revision = record.revision.as_deref();
        self.held(cycle, revision, plan);
        let error = fault(plan, outcomes);
        let target = &plan.target;
        match &error {
            Some(error) => TargetFailing {
                cycle,
                target,
                error,
                repeated: self.failing,
            }
            .emit(),
            None if self.failing => TargetRecovered { cycle, target }.emit(),
            None => {}
        }
        let turned = match (&error, self.failing) {
            (Some(error), false) => Some((What::Failing, Some(error.clone()))),
            (None, true) => Some((What::Recovered, None)),
            (Some(_), true) | (None, false) => None,
        };
        self.failing = error.is_some();
        self.failed = outcomes
            .iter()
            .filter_map(|outcome| Some((outcome.id.clone(), outcome.error.clone()?)))
            .collect();
        CycleFinished {
            cycle,
            target,
            revision,
            result: record.result,
            counts: record.counts,
            duration,
        }
        .emit();
        turned
    }

    fn held(&mut self, cycle: i64, revision: Option<&str>, plan: &TargetPlan) {
        let now: BTreeSet<String> = plan.held.iter().map(key).collect();
        for held in &plan.held {
            let told = self.held.contains(&key(held));
            // The target's own line says that it cannot be read.
            if !told && held.reason != HeldReason::ScopeUnknown {
                ChangeHeld {
                    cycle,
                    revision,
                    held,
                }
                .emit();
            }
        }
        self.held = now;
    }
}

/// Why the target is not as declared, if something failed.
fn fault(plan: &TargetPlan, outcomes: &[Outcome]) -> Option<String> {
    let unknown = plan
        .held
        .iter()
        .find(|held| held.reason == HeldReason::ScopeUnknown && held.id.is_none());
    if let Some(held) = unknown {
        return Some(held.detail.clone());
    }
    let mut failed = outcomes.iter().filter(|o| o.result != OutcomeResult::Done);
    let first = failed.next()?;
    let error = first.error.as_deref().unwrap_or_default();
    let id = first.id.to_string();
    // Some errors name the object themselves.
    let error = match error.strip_prefix(&id) {
        Some(_) => error.to_owned(),
        None => format!("{id}: {error}"),
    };
    Some(match failed.count() {
        0 => error,
        more => format!("{error} (and {more} more)"),
    })
}

fn key(held: &Held) -> String {
    let id = held.id.as_ref().map(ToString::to_string);
    format!("{:?} {} {}", id, held.reason.as_str(), held.detail)
}
