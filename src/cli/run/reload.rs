//! When the settings are read anew: on SIGHUP, and when their file changes.
//!
//! Its folder is watched, not the file: editors and Kubernetes (which swaps a symbolic link beside it) put another
//! file in its place.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{RecursiveMode, Watcher as _};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

use crate::settings::{Settings, changes};
use crate::telemetry::{SettingsRefused, SettingsReloaded};

/// A file is often written in more than one step; so long nothing must happen to it.
const QUIET: Duration = Duration::from_millis(200);

/// The settings file, and what is in force of it.
pub(in crate::cli) struct Reload {
    file: PathBuf,
    /// The text that is in force.
    text: String,
    /// The last text that was not taken: it is told once.
    refused: Option<String>,
    hangup: Option<Signal>,
    changed: Arc<Notify>,
    /// Without one, SIGHUP is the only way.
    _watcher: Option<notify::RecommendedWatcher>,
}

/// New settings, and what is different.
pub(super) struct Fresh {
    pub(super) settings: Settings,
    pub(super) changes: Vec<String>,
}

impl Reload {
    pub(super) fn new(file: &Path, text: String) -> Self {
        let changed = Arc::new(Notify::new());
        Self {
            file: file.to_owned(),
            text,
            refused: None,
            hangup: signal(SignalKind::hangup()).ok(),
            _watcher: watcher(file, changed.clone()),
            changed,
        }
    }

    /// Waits for other settings that are valid. What cannot be taken is told, and what is in force stays so.
    pub(super) async fn next(&mut self) -> Fresh {
        loop {
            let asked = self.wake().await;
            if let Some(fresh) = self.read(asked) {
                return fresh;
            }
        }
    }

    /// Whether somebody asked for it.
    async fn wake(&mut self) -> bool {
        let hangup = async {
            match &mut self.hangup {
                Some(signal) => _ = signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = hangup => return true,
            () = self.changed.notified() => {}
        }
        while tokio::time::timeout(QUIET, self.changed.notified())
            .await
            .is_ok()
        {}
        false
    }

    fn read(&mut self, asked: bool) -> Option<Fresh> {
        let text = match std::fs::read_to_string(&self.file) {
            Ok(text) => text,
            Err(error) => {
                let error = format!("cannot read {}: {error}", self.file.display());
                self.refuse(String::new(), &error, asked);
                return None;
            }
        };
        let changes = changes::changes(&self.text, &text);
        if changes.is_empty() {
            if asked {
                SettingsReloaded { changes: &[] }.emit();
            }
            // Comments only.
            self.text = text;
            self.refused = None;
            return None;
        }
        let settings = match Settings::parse(&text, &self.file) {
            Ok(settings) => settings,
            Err(errors) => {
                self.refuse(text, &errors.to_string(), asked);
                return None;
            }
        };
        let fixed = changes::fixed(&self.text, &text);
        if !fixed.is_empty() {
            let error = format!(
                "{} cannot change while the daemon runs: start it anew, or put the old value back",
                fixed.join(", ")
            );
            self.refuse(text, &error, asked);
            return None;
        }
        SettingsReloaded { changes: &changes }.emit();
        self.text = text;
        self.refused = None;
        Some(Fresh { settings, changes })
    }

    fn refuse(&mut self, text: String, error: &str, asked: bool) {
        if asked || self.refused.as_ref() != Some(&text) {
            SettingsRefused { error }.emit();
        }
        self.refused = Some(text);
    }
}

fn watcher(file: &Path, changed: Arc<Notify>) -> Option<notify::RecommendedWatcher> {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !event.kind.is_access()) {
            changed.notify_one();
        }
    })
    .ok()?;
    let folder = folder.unwrap_or(Path::new("."));
    watcher.watch(folder, RecursiveMode::NonRecursive).ok()?;
    Some(watcher)
}
