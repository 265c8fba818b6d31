//! From the raw form to the typed one. Everything that is wrong is found in one go.

mod auth;
mod report;
mod repository;
mod server;
mod targets;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::outline::Outline;
use super::raw::{
    Raw, RawGuard, RawLimits, RawLog, RawLogFormat, RawLogLevel, RawReconcile, RawState,
};
use super::scalar::RawDuration;
use super::{Guard, Limits, Log, Reconcile, Settings, SettingsError};
use crate::model::{LogFormat, LogLevel};
use report::Report;

/// Checks all values; relative paths start from `base`.
///
/// # Errors
/// All faults, in no order.
pub(super) fn validate(
    raw: Raw,
    base: &Path,
    outline: &Outline,
) -> Result<Settings, Vec<SettingsError>> {
    let mut report = Report::new(base, outline);
    let settings = whole(raw, &mut report);
    report.finish(settings)
}

/// `None` exactly where the report has a fault.
fn whole(raw: Raw, report: &mut Report<'_>) -> Option<Settings> {
    let Raw {
        instance,
        repository,
        targets,
        reconcile,
        guard,
        limits,
        state: RawState { path, history },
        server,
        log,
    } = raw;
    // Every part is looked at before any is missed.
    let instance = self::instance(&instance, report);
    let repository = repository::repository(repository, report);
    let targets = targets::targets(targets, report);
    let reconcile = self::reconcile(&reconcile, report);
    let guard = self::guard(&guard, report);
    let limits = self::limits(&limits, report);
    let state = report.path("state.path", &path);
    let history = positive("state.history", &history, report);
    let server = server::server(&server, report);
    Some(Settings {
        instance: instance?,
        repository: repository?,
        targets: targets?,
        reconcile: reconcile?,
        guard: guard?,
        limits: limits?,
        state: state?,
        history: history?,
        server: server?,
        log: self::log(&log),
    })
}

fn instance(text: &str, report: &mut Report<'_>) -> Option<Arc<str>> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let shaped = (1..=31).contains(&text.len())
        && text.starts_with(plain)
        && text.chars().all(|c| plain(c) || c == '-');
    if shaped {
        return Some(text.into());
    }
    report.fail_with(
        "instance",
        format!("{text:?} is not a name of an instance"),
        "use 1 to 31 of a-z, 0-9 and -, and begin with a letter or digit",
    )
}

fn reconcile(raw: &RawReconcile, report: &mut Report<'_>) -> Option<Reconcile> {
    let interval = positive("reconcile.interval", &raw.interval, report);
    let drain = duration("reconcile.drain", &raw.drain, report);
    Some(Reconcile {
        interval: interval?,
        drain: drain?,
    })
}

fn guard(raw: &RawGuard, report: &mut Report<'_>) -> Option<Guard> {
    let RawGuard {
        max_deletes,
        max_delete_percent,
        trailer,
    } = *raw;
    if max_delete_percent > 100 {
        let message = format!("{max_delete_percent} is more than all");
        return report.fail_with(
            "guard.max_delete_percent",
            message,
            "write a percentage from 0 to 100",
        );
    }
    Some(Guard {
        max_deletes,
        max_delete_percent,
        trailer,
    })
}

fn limits(raw: &RawLimits, report: &mut Report<'_>) -> Option<Limits> {
    let size = report.take("limits.file_size", raw.file_size.parse());
    let file_size = match size {
        Some(0) => report.fail("limits.file_size", "nothing could be read with it"),
        other => other,
    };
    let files = match raw.files {
        0 => report.fail("limits.files", "nothing could be read with it"),
        files => Some(files),
    };
    Some(Limits {
        file_size: file_size?,
        files: files?,
    })
}

fn log(raw: &RawLog) -> Log {
    let RawLog { format, level } = *raw;
    Log {
        format: match format {
            RawLogFormat::Auto => LogFormat::Auto,
            RawLogFormat::Text => LogFormat::Text,
            RawLogFormat::Json => LogFormat::Json,
        },
        level: match level {
            RawLogLevel::Error => LogLevel::Error,
            RawLogLevel::Warn => LogLevel::Warn,
            RawLogLevel::Info => LogLevel::Info,
            RawLogLevel::Debug => LogLevel::Debug,
            RawLogLevel::Trace => LogLevel::Trace,
        },
    }
}

fn duration(key: &str, raw: &RawDuration, report: &mut Report<'_>) -> Option<Duration> {
    report.take(key, raw.parse())
}

fn positive(key: &str, raw: &RawDuration, report: &mut Report<'_>) -> Option<Duration> {
    let duration = duration(key, raw, report)?;
    if duration.is_zero() {
        return report.fail(key, "it must be longer than 0");
    }
    Some(duration)
}
