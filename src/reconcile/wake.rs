//! What wakes the one who looks at the repository: time, and for a repository on this machine its refs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{RecursiveMode, Watcher as _};
use tokio::sync::Notify;

use crate::settings::Repository;
use crate::source::Source;

/// Waits for the next reason to look.
pub(super) struct Wake {
    poll: Duration,
    poke: Arc<Notify>,
    watched: Option<(PathBuf, notify::RecommendedWatcher)>,
    source: Source,
}

impl std::fmt::Debug for Wake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wake")
            .field("poll", &self.poll)
            .finish_non_exhaustive()
    }
}

impl Wake {
    /// `poke` wakes it, too.
    pub(super) fn new(repository: &Repository, source: &Source, poke: Arc<Notify>) -> Self {
        let mut wake = Self {
            poll: repository.poll,
            poke,
            watched: None,
            source: source.clone(),
        };
        wake.watch();
        wake
    }

    /// Returns when it is time to look again: the poll interval, a tenth more or less, or earlier where
    /// a ref moved.
    pub(super) async fn next(&mut self) {
        // A repository that was not there at the start may be by now.
        self.watch();
        let wait = self.poll.mul_f64(0.9 + fastrand::f64() * 0.2);
        let _ = tokio::time::timeout(wait, self.poke.notified()).await;
    }

    fn watch(&mut self) {
        let Some(folder) = self.source.watch_paths() else {
            return;
        };
        let current = self.watched.as_ref().map(|(path, _)| path);
        if current != Some(&folder) {
            // Without a watcher the poll still finds every change.
            self.watched = watcher(&folder, self.poke.clone()).map(|watcher| (folder, watcher));
        }
    }
}

/// Watches the refs of a Git folder. Objects are not watched: they change without a branch moving.
fn watcher(folder: &Path, poke: Arc<Notify>) -> Option<notify::RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !event.kind.is_access()) {
            poke.notify_one();
        }
    })
    .ok()?;
    // The folder itself, for HEAD and packed-refs, which are replaced by renaming.
    watcher.watch(folder, RecursiveMode::NonRecursive).ok()?;
    watcher
        .watch(&folder.join("refs"), RecursiveMode::Recursive)
        .ok()?;
    Some(watcher)
}
