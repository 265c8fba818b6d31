//! What becomes of the changes of one apply.

use std::time::Instant;

use crate::model::{Change, Outcome, OutcomeResult};

/// How a change ended.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    Done,
    Failed(String),
    Skipped(String),
}

/// Outcomes as they become known; each change gets one, the first.
pub(crate) struct Outcomes<'a> {
    changes: &'a [Change],
    began: Instant,
    settled: Vec<Option<Outcome>>,
}

impl<'a> Outcomes<'a> {
    pub(super) fn new(changes: &'a [Change]) -> Self {
        Self {
            changes,
            began: Instant::now(),
            settled: vec![None; changes.len()],
        }
    }

    pub(super) fn settle(&mut self, at: usize, verdict: Verdict) {
        if self.settled[at].is_some() {
            return;
        }
        let (result, error) = match verdict {
            Verdict::Done => (OutcomeResult::Done, None),
            Verdict::Failed(error) => (OutcomeResult::Failed, Some(error)),
            Verdict::Skipped(error) => (OutcomeResult::Skipped, Some(error)),
        };
        let change = &self.changes[at];
        self.settled[at] = Some(Outcome {
            id: change.id.clone(),
            action: change.action,
            result,
            error,
            duration: self.began.elapsed(),
        });
    }

    pub(super) fn is_open(&self, at: usize) -> bool {
        self.settled[at].is_none()
    }

    /// Settles what is still open.
    pub(super) fn settle_rest(&mut self, verdict: &Verdict) {
        for at in 0..self.changes.len() {
            self.settle(at, verdict.clone());
        }
    }

    pub(super) fn finish(mut self) -> Vec<Outcome> {
        self.settle_rest(&Verdict::Failed("no result was noted for this change, which is a fault of Trueup; the next pass looks again".into()));
        self.settled.into_iter().flatten().collect()
    }
}
