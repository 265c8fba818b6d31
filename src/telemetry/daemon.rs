//! The daemon itself: start and stop.

use std::net::SocketAddr;
use std::path::Path;

/// The settings were read and are in force.
#[derive(Debug)]
pub struct SettingsLoaded<'a> {
    pub file: &'a Path,
    pub instance: &'a str,
    pub targets: usize,
}

/// The HTTP side answers.
#[derive(Debug)]
pub struct ListenStarted {
    pub address: SocketAddr,
}

/// A client could not be let in; it is tried again in a second.
#[derive(Debug)]
pub struct AcceptFailed<'a> {
    pub error: &'a std::io::Error,
}

/// A stop was asked for; what is under way is finished first.
#[derive(Debug)]
pub struct ShuttingDown<'a> {
    /// Who asked: `SIGTERM`.
    pub reason: &'a str,
}

/// The last line of a run.
#[derive(Debug)]
pub struct Stopped<'a> {
    /// Why it could not go on, if it was not asked to stop.
    pub error: Option<&'a str>,
}

impl SettingsLoaded<'_> {
    pub fn emit(self) {
        let Self {
            file,
            instance,
            targets,
        } = self;
        let plural = if targets == 1 { "" } else { "s" };
        tracing::info!(
            file = %file.display(),
            "trueup {} runs as {instance} with {targets} target{plural}",
            env!("CARGO_PKG_VERSION")
        );
    }
}

impl ListenStarted {
    pub fn emit(self) {
        let Self { address } = self;
        tracing::info!("listening on http://{address}");
    }
}

impl AcceptFailed<'_> {
    pub fn emit(self) {
        let Self { error } = self;
        tracing::warn!(%error, "an HTTP connection could not be accepted");
    }
}

impl ShuttingDown<'_> {
    pub fn emit(self) {
        let Self { reason } = self;
        tracing::info!(reason, "stopping: the change in hand is finished first");
    }
}

impl Stopped<'_> {
    pub fn emit(self) {
        let Self { error } = self;
        match error {
            None => tracing::info!("stopped"),
            Some(error) => tracing::error!(error, "stopped"),
        }
    }
}
