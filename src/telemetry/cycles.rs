//! Cycles, and how the targets are.

use std::time::Duration;

use super::changes::millis;
use super::metrics::METRICS;
use crate::model::{CycleCounts, CycleResult, TargetName};

/// A cycle came to its end: one line each.
#[derive(Debug)]
pub struct CycleFinished<'a> {
    pub cycle: i64,
    pub target: &'a TargetName,
    pub revision: Option<&'a str>,
    pub result: CycleResult,
    pub counts: CycleCounts,
    pub duration: Duration,
}

/// A target could not be read or changed whole. Send it with every such cycle: the first of a row is the
/// line that matters.
#[derive(Debug)]
pub struct TargetFailing<'a> {
    pub cycle: i64,
    pub target: &'a TargetName,
    pub error: &'a str,
    /// Whether it failed in the cycle before too.
    pub repeated: bool,
}

/// A target that was failing works again. Send it once.
#[derive(Debug)]
pub struct TargetRecovered<'a> {
    pub cycle: i64,
    pub target: &'a TargetName,
}

/// A pause came to its end by itself.
#[derive(Debug)]
pub struct PauseEnded<'a> {
    pub target: &'a TargetName,
}

impl PauseEnded<'_> {
    pub fn emit(self) {
        let Self { target } = self;
        tracing::info!(target = target.as_str(), "the pause is over");
    }
}

impl CycleFinished<'_> {
    pub fn emit(self) {
        let Self {
            cycle,
            target,
            revision,
            result,
            counts,
            duration,
        } = self;
        METRICS.cycles.with_label_values(&[result.as_str()]).inc();
        METRICS.cycle_duration.observe(duration.as_secs_f64());
        macro_rules! log {
            ($level:ident) => {
                tracing::$level!(
                    cycle,
                    target = target.as_str(),
                    revision,
                    result = result.as_str(),
                    duration_ms = millis(duration),
                    "cycle finished: {}",
                    describe(counts)
                )
            };
        }
        match result {
            CycleResult::Done | CycleResult::Held => log!(info),
            CycleResult::Failed => log!(warn),
        }
    }
}

/// `2 applied, 1 held, 40 unchanged`: what there is, and the unchanged always.
fn describe(counts: CycleCounts) -> String {
    let CycleCounts {
        done,
        failed,
        skipped,
        held,
        unchanged,
    } = counts;
    let mut parts: Vec<String> = [
        (done, "applied"),
        (failed, "failed"),
        (skipped, "not tried"),
        (held, "held"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    parts.push(format!("{unchanged} unchanged"));
    parts.join(", ")
}

impl TargetFailing<'_> {
    pub fn emit(self) {
        let Self {
            cycle,
            target,
            error,
            repeated,
        } = self;
        let target = target.as_str();
        if repeated {
            tracing::debug!(
                cycle,
                target,
                result = "failing",
                error,
                "target still failing"
            );
        } else {
            tracing::error!(cycle, target, result = "failing", error, "target failing");
        }
    }
}

impl TargetRecovered<'_> {
    pub fn emit(self) {
        let Self { cycle, target } = self;
        tracing::info!(
            cycle,
            target = target.as_str(),
            result = "ok",
            "target ok again"
        );
    }
}
