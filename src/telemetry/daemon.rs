//! The daemon itself: start and stop.

use std::net::SocketAddr;
use std::path::Path;

use super::plain;
use crate::model::TargetName;

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
    pub tls: bool,
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
        let Self { address, tls } = self;
        let scheme = if tls { "https" } else { "http" };
        tracing::info!("listening on {scheme}://{address}");
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

/// Somebody paused a target.
#[derive(Debug)]
pub struct TargetPaused<'a> {
    pub target: &'a TargetName,
    /// By whom, how long and why.
    pub pause: &'a str,
}

impl TargetPaused<'_> {
    pub fn emit(self) {
        let Self { target, pause } = self;
        tracing::warn!(target = target.as_str(), "{}", plain(pause));
    }
}

/// Somebody gave an order by the control socket.
#[derive(Debug)]
pub struct Ordered<'a> {
    pub target: Option<&'a TargetName>,
    /// `sync`
    pub what: &'static str,
    pub by: &'a str,
}

impl Ordered<'_> {
    pub fn emit(self) {
        let Self { target, what, by } = self;
        tracing::info!(
            target = target.map(TargetName::as_str),
            "{what} was ordered by {}",
            plain(by)
        );
    }
}

/// The control socket cannot be made: the daemon runs, and cannot be told anything.
#[derive(Debug)]
pub struct ControlFailed<'a> {
    pub path: &'a Path,
    pub error: &'a std::io::Error,
}

impl ControlFailed<'_> {
    pub fn emit(self) {
        let Self { path, error } = self;
        tracing::warn!(
            %error,
            "there is no control socket at {}: trueup pause, resume and sync do not reach this daemon",
            path.display()
        );
    }
}

/// The settings were read anew and are in force.
#[derive(Debug)]
pub struct SettingsReloaded<'a> {
    /// What is different; nothing where somebody asked and nothing is.
    pub changes: &'a [String],
}

impl SettingsReloaded<'_> {
    pub fn emit(self) {
        let Self { changes } = self;
        if changes.is_empty() {
            tracing::info!("the settings were read anew: nothing is different");
        } else {
            tracing::info!("new settings: {}", plain(&changes.join("; ")));
        }
    }
}

/// New settings cannot be taken; the old ones stay in force.
#[derive(Debug)]
pub struct SettingsRefused<'a> {
    pub error: &'a str,
}

impl SettingsRefused<'_> {
    pub fn emit(self) {
        let Self { error } = self;
        tracing::error!(
            error,
            "the new settings are not taken: the old ones stay in force"
        );
    }
}
