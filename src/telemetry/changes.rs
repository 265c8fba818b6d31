//! What is done to live systems, and what is not done.

use super::metrics::count_change;
use super::plain;
use crate::model::{Change, Held, HeldReason, Outcome, OutcomeResult, SourceRef, TargetName};

/// A change was carried out, failed, or was given up before it was tried: one line for each.
#[derive(Debug)]
pub struct ChangeEnded<'a> {
    pub cycle: i64,
    pub revision: Option<&'a str>,
    pub change: &'a Change,
    pub outcome: &'a Outcome,
    /// Who made the commit behind it, where that is known.
    pub author: Option<&'a str>,
    /// Whether it failed in the same way in the cycle before.
    pub repeated: bool,
}

/// Something is held that was not held in the cycle before. Send it once, not every cycle.
#[derive(Debug)]
pub struct ChangeHeld<'a> {
    pub cycle: i64,
    pub revision: Option<&'a str>,
    pub held: &'a Held,
}

/// More deletes than the guard lets through were allowed by a commit or on the command line.
#[derive(Debug)]
pub struct DeletesAllowed<'a> {
    pub cycle: i64,
    pub target: &'a TargetName,
    /// The commit whose trailer it was; `None` for the command line.
    pub revision: Option<&'a str>,
    pub author: Option<&'a str>,
    pub allowed: u32,
}

impl ChangeEnded<'_> {
    pub fn emit(self) {
        let Self {
            cycle,
            revision,
            change,
            outcome,
            author,
            repeated,
        } = self;
        count_change(outcome);
        let Place { file, line } = Place::of(change.source.as_ref());
        macro_rules! log {
            ($level:ident, $message:literal) => {
                tracing::$level!(
                    cycle,
                    revision,
                    target = change.id.target.as_str(),
                    kind = change.id.kind.as_str(),
                    id = %change.id,
                    action = outcome.action.as_str(),
                    result = outcome.result.as_str(),
                    owner = change.owner.as_deref(),
                    file,
                    line,
                    author,
                    duration_ms = millis(outcome.duration),
                    reason = change.drift.then_some("drift"),
                    error = outcome.error.as_deref(),
                    $message
                )
            };
        }
        match outcome.result {
            OutcomeResult::Done => log!(info, "change applied"),
            OutcomeResult::Failed if repeated => log!(debug, "change still failing"),
            OutcomeResult::Failed => log!(error, "change failed"),
            OutcomeResult::Skipped => log!(debug, "change not tried"),
        }
    }
}

impl ChangeHeld<'_> {
    pub fn emit(self) {
        let Self {
            cycle,
            revision,
            held,
        } = self;
        let Place { file, line } = Place::of(held.source.as_ref());
        let id = held.id.as_ref().map(ToString::to_string);
        macro_rules! log {
            ($level:ident) => {
                tracing::$level!(
                    cycle,
                    revision,
                    target = held.target.as_str(),
                    kind = held.id.as_ref().map(|id| id.kind.as_str()),
                    id,
                    action = held.action.map(|action| action.as_str()),
                    owner = held.owner.as_deref(),
                    file,
                    line,
                    reason = held.reason.as_str(),
                    "held: {}",
                    plain(&held.detail)
                )
            };
        }
        match held.reason {
            // Meant so, by us or by whoever owns it.
            HeldReason::Paused | HeldReason::NotOurs => log!(info),
            HeldReason::ScopeUnknown
            | HeldReason::OverLimit
            | HeldReason::DependsOn
            | HeldReason::Invalid => log!(warn),
        }
    }
}

impl DeletesAllowed<'_> {
    pub fn emit(self) {
        let Self {
            cycle,
            target,
            revision,
            author,
            allowed,
        } = self;
        let by = match revision {
            Some(_) => "a commit's trailer",
            None => "the command line",
        };
        tracing::warn!(
            cycle,
            revision,
            target = target.as_str(),
            author,
            "up to {allowed} deletes are allowed by {by}"
        );
    }
}

/// The contract's fields of a source.
struct Place<'a> {
    file: Option<&'a str>,
    line: Option<u32>,
}

impl<'a> Place<'a> {
    fn of(source: Option<&'a SourceRef>) -> Self {
        Self {
            file: source.map(|source| &*source.file),
            line: source.map(|source| source.line),
        }
    }
}

/// What `duration_ms` holds.
pub(super) fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
