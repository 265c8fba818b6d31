//! Carries out an approved plan, target by target. Takes nothing that the guard has not approved.

use crate::model::{Journal, Outcome, OutcomeResult};
use crate::plan::ApprovedTarget;
use crate::provider::{Cancel, Work, Writer};

/// Carries out the approved changes of one target; one outcome a change, in the plan's order. Without
/// changes it finishes what an interrupted apply left in the journal. `reason` is told to servers that keep
/// a message.
///
/// Not cancelled inside a write: what `cancel` stops is what has not begun, and that is `Skipped`.
pub async fn execute(
    approved: &ApprovedTarget,
    writer: &impl Writer,
    reason: &str,
    journal: &dyn Journal,
    cancel: &dyn Cancel,
) -> Vec<Outcome> {
    if cancel.is_cancelled() {
        return skipped(approved, "stopped before it began");
    }
    let work = Work {
        changes: approved.changes(),
        reason,
        journal,
        cancel,
    };
    let outcomes = writer.apply(work).await;
    debug_assert_eq!(outcomes.len(), approved.changes().len());
    outcomes
}

/// Outcomes for changes that are not tried, all for one reason.
pub fn skipped(approved: &ApprovedTarget, why: &str) -> Vec<Outcome> {
    approved
        .changes()
        .iter()
        .map(|change| Outcome {
            id: change.id.clone(),
            action: change.action,
            result: OutcomeResult::Skipped,
            error: Some(why.to_owned()),
            duration: std::time::Duration::ZERO,
        })
        .collect()
}
