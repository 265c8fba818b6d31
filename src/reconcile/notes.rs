//! What a pass tells: translates its results into the events of `telemetry`.

use std::time::Duration;

use super::cycle::{Pass, Watcher};
use super::declare::Declaration;
use super::status::State;
use crate::model::{Change, Diagnostic, Outcome, TargetName};
use crate::plan::TargetPlan;

pub(super) fn repository_recovered(_: &str) {}
pub(super) fn repository_failed(_: &str, _: &str) {}
pub(super) fn revision_seen(_: Option<&str>, _: Option<&str>, _: &[Diagnostic], _: Duration) {}
pub(super) fn pass_failed(_: i64, _: &TargetName, _: &str) {}
pub(super) fn pass_finished(
    _: Pass<'_>,
    _: &TargetPlan,
    _: &[Outcome],
    _: (State, State),
    _: Duration,
) {
}

pub(super) struct ChangeLog<'a> {
    _cycle: i64,
    _declaration: &'a Declaration,
}

impl<'a> ChangeLog<'a> {
    pub(super) fn new(cycle: i64, declaration: &'a Declaration) -> Self {
        Self {
            _cycle: cycle,
            _declaration: declaration,
        }
    }
}

impl Watcher for ChangeLog<'_> {
    fn outcome(&self, _: &Change, _: &Outcome) {}
}
