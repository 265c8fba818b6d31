//! The platform repository: what comes in, and what is wrong with it.

use std::time::Duration;

use super::changes::millis;
use super::metrics::METRICS;
use super::plain;
use crate::model::{Commit, Diagnostic, Severity};

/// The branch has a head that was not seen before.
#[derive(Debug)]
pub struct RevisionFetched<'a> {
    pub commit: &'a Commit,
    pub duration: Duration,
}

/// The repository could not be read. Send it with every failure: the first of a row is the line that
/// matters.
#[derive(Debug)]
pub struct FetchFailed<'a> {
    pub error: &'a str,
    pub duration: Duration,
    /// Whether the attempt before failed too.
    pub repeated: bool,
}

/// The repository was asked for its head; told in metrics only.
#[derive(Debug)]
pub struct Fetched {
    pub duration: Duration,
}

impl Fetched {
    pub fn emit(self) {
        let Self { duration } = self;
        METRICS.fetch_duration.observe(duration.as_secs_f64());
    }
}

/// The repository can be read again. Send it once.
#[derive(Debug)]
pub struct FetchRecovered;

/// Something is wrong with a file of a revision. Send it once a revision.
#[derive(Debug)]
pub struct DiagnosticFound<'a> {
    pub revision: Option<&'a str>,
    pub diagnostic: &'a Diagnostic,
}

impl RevisionFetched<'_> {
    pub fn emit(self) {
        let Self { commit, duration } = self;
        METRICS.set_revision(&commit.id.to_string());
        tracing::info!(
            revision = %commit.id,
            author = commit.author,
            duration_ms = millis(duration),
            "new revision: {}",
            plain(&commit.subject)
        );
    }
}

impl FetchFailed<'_> {
    pub fn emit(self) {
        let Self {
            error,
            duration,
            repeated,
        } = self;
        METRICS.fetch_failures.inc();
        let duration_ms = millis(duration);
        if repeated {
            tracing::debug!(error, duration_ms, "repository still cannot be read");
        } else {
            tracing::warn!(
                error,
                duration_ms,
                "repository cannot be read: what is live stays as it is"
            );
        }
    }
}

impl FetchRecovered {
    pub fn emit(self) {
        tracing::info!("repository can be read again");
    }
}

impl DiagnosticFound<'_> {
    pub fn emit(self) {
        let Self {
            revision,
            diagnostic,
        } = self;
        let place = diagnostic.place.as_ref();
        macro_rules! log {
            ($level:ident) => {
                tracing::$level!(
                    revision,
                    file = place.map(|place| place.file.as_str()),
                    line = place.and_then(|place| place.line()),
                    reason = diagnostic.code.as_str(),
                    "{}",
                    plain(&diagnostic.message)
                )
            };
        }
        match diagnostic.severity {
            Severity::Error => log!(error),
            Severity::Warning => log!(warn),
            Severity::Info => log!(debug),
        }
    }
}
