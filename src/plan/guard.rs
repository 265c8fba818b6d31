//! How many deletes are too many, and the only maker of an [`ApprovedPlan`].

use std::collections::{BTreeMap, BTreeSet};

use super::{Plan, TargetPlan};
use crate::model::{Action, Change, Held, HeldReason, TargetName};

/// Limits of one target, as the settings have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub max_deletes: u32,
    /// Of the objects owned; counts where ten or more are.
    pub max_delete_percent: u32,
}

/// How many deletes somebody let through, by target, and for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// `--allow-deletes`.
    pub flag: Option<u32>,
    /// Commit trailers.
    pub by_target: BTreeMap<TargetName, u32>,
    /// Nobody is told of trailers: they do not count here.
    pub without_trailers: bool,
}

/// A plan whose deletes are within limits or were let through. Nothing else is applied.
#[derive(Debug, Default)]
pub struct ApprovedPlan {
    targets: Vec<ApprovedTarget>,
}

/// The approved changes of one target, in order.
#[derive(Debug)]
pub struct ApprovedTarget {
    target: TargetName,
    changes: Vec<Change>,
    used_allowance: bool,
    may_finish: bool,
}

impl ApprovedPlan {
    pub fn into_targets(self) -> Vec<ApprovedTarget> {
        self.targets
    }
}

impl ApprovedTarget {
    pub fn target(&self) -> &TargetName {
        &self.target
    }

    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Whether it goes beyond the limits on somebody's word.
    pub fn used_allowance(&self) -> bool {
        self.used_allowance
    }

    /// Whether what an earlier, interrupted apply left may be finished though nothing is to change.
    pub fn may_finish(&self) -> bool {
        self.may_finish
    }

    /// Takes out the changes that wait for other targets. Deletes in the same container go with them:
    /// each expects it as it was observed.
    pub fn split_waiting(self) -> (Self, Self) {
        let waiting = self.changes.iter().filter(|c| !c.after.is_empty());
        let containers: BTreeSet<String> = waiting
            .filter_map(|change| change.id.container())
            .map(str::to_owned)
            .collect();
        let (later, now) = self.split(|change| {
            let container = change.id.container();
            let shared = container.is_some_and(|container| containers.contains(container));
            !change.after.is_empty() || change.action == Action::Delete && shared
        });
        let later = Self {
            may_finish: false,
            ..later
        };
        (now, later)
    }

    /// The changes that are chosen, and the others; both in order.
    pub fn split(mut self, chosen: impl FnMut(&Change) -> bool) -> (Self, Self) {
        let (first, rest): (Vec<Change>, Vec<Change>) = std::mem::take(&mut self.changes)
            .into_iter()
            .partition(chosen);
        let first = Self {
            target: self.target.clone(),
            changes: first,
            ..self
        };
        let rest = Self {
            changes: rest,
            ..self
        };
        (first, rest)
    }
}

/// Moves what goes beyond the limits to `held`, and approves the rest. The plan that comes back is what
/// people see.
pub fn approve(mut plan: Plan, limits: Limits, allowance: &Allowance) -> (Plan, ApprovedPlan) {
    let mut targets = Vec::with_capacity(plan.targets.len());
    for target in &mut plan.targets {
        let used_allowance = guard_target(target, limits, allowance);
        targets.push(ApprovedTarget {
            target: target.target.clone(),
            changes: target.changes.clone(),
            used_allowance,
            may_finish: target.known && !target.paused,
        });
    }
    (plan, ApprovedPlan { targets })
}

fn guard_target(plan: &mut TargetPlan, limits: Limits, allowance: &Allowance) -> bool {
    let deletes: u32 = plan.changes.iter().map(|c| c.counts_as_deletes).sum();
    let Some(excess) = excess(plan, deletes, limits) else {
        return false;
    };
    let trailer = allowance.by_target.get(&plan.target).copied();
    let allowed = allowance.flag.max(trailer).unwrap_or(0);
    if deletes <= allowed {
        return true;
    }
    let trailer = if allowance.without_trailers {
        String::new()
    } else {
        format!(", or the commit trailer \"Trueup-Allow-Deletes: {deletes}\"")
    };
    let detail = format!("{excess}; to let them through: --allow-deletes {deletes}{trailer}");
    let (held, kept): (Vec<Change>, Vec<Change>) = std::mem::take(&mut plan.changes)
        .into_iter()
        .partition(|change| change.counts_as_deletes > 0);
    plan.changes = kept;
    plan.held.extend(held.into_iter().map(|change| Held {
        target: plan.target.clone(),
        id: Some(change.id),
        action: Some(change.action),
        reason: HeldReason::OverLimit,
        detail: detail.clone(),
        owner: change.owner,
        source: change.source,
    }));
    plan.held
        .sort_by(|a, b| (&a.id, a.reason, &a.detail).cmp(&(&b.id, b.reason, &b.detail)));
    false
}

/// Which limit `deletes` is beyond, in words.
fn excess(plan: &TargetPlan, deletes: u32, limits: Limits) -> Option<String> {
    let owned = plan.owned;
    let gone = plan.changes.iter().filter(|c| c.action == Action::Delete);
    let gone = gone.filter(|c| c.counts_as_deletes > 0).count();
    let made = plan.changes.iter().filter(|c| c.action == Action::Create);
    let made = made.count();
    if deletes > limits.max_deletes {
        return Some(format!(
            "{deletes} deletes are more than guard.max_deletes ({})",
            limits.max_deletes
        ));
    }
    let percent = u64::from(limits.max_delete_percent);
    if owned >= 10 && u64::from(deletes) * 100 > percent * owned as u64 {
        return Some(format!(
            "{deletes} deletes of {owned} objects are more than guard.max_delete_percent ({percent})"
        ));
    }
    if deletes >= 2 && gone == owned && made == 0 {
        return Some(format!("{deletes} deletes would leave the target empty"));
    }
    None
}
