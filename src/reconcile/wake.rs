//! What wakes the one who looks at the repository: time, for a repository on this machine its refs, and
//! whoever asks for a look, such as a webhook.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use notify::{RecursiveMode, Watcher as _};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use crate::settings::Repository;
use crate::source::Source;

/// From one look that somebody asked for to the next: who asks often does not make the repository's server
/// answer often.
const ASKED_AGAIN: Duration = Duration::from_secs(1);

/// Asks for a look at the repository; its clones are one. Those who ask before that look begins share it, so
/// that, however many ask, one is in progress and one waits.
#[derive(Clone, Debug, Default)]
pub struct Poke(Arc<Asked>);

#[derive(Debug, Default)]
struct Asked {
    waiting: AtomicBool,
    notify: Notify,
}

impl Poke {
    /// Asks. Says whether this is what brings the look about; where not, one that waits already serves both.
    pub fn ask(&self) -> bool {
        let first = !self.0.waiting.swap(true, Ordering::AcqRel);
        if first {
            self.0.notify.notify_one();
        }
        first
    }

    /// Whether somebody waits for a look that has not begun.
    pub(super) fn is_waiting(&self) -> bool {
        self.0.waiting.load(Ordering::Acquire)
    }

    /// Waits until somebody has asked.
    async fn asked(&self) {
        while !self.0.waiting.load(Ordering::Acquire) {
            self.0.notify.notified().await;
        }
    }

    /// Whether somebody has asked; whoever asks from now on waits for the next look.
    fn take(&self) -> bool {
        self.0.waiting.swap(false, Ordering::AcqRel)
    }
}

/// Waits for the next reason to look.
pub(super) struct Wake {
    poll: Duration,
    poke: Poke,
    /// When the next look may begin that is asked for.
    not_before: Option<Instant>,
    /// Poked where a ref moved.
    moved: Arc<Notify>,
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
    pub(super) fn new(repository: &Repository, source: &Source, poke: Poke) -> Self {
        let mut wake = Self {
            poll: repository.poll,
            poke,
            not_before: None,
            moved: Arc::new(Notify::new()),
            watched: None,
            source: source.clone(),
        };
        wake.watch();
        wake
    }

    /// Returns when it is time to look again: the poll interval, a tenth more or less, or earlier where
    /// a ref moved or somebody asked.
    pub(super) async fn next(&mut self) {
        // A repository that was not there at the start may be by now.
        self.watch();
        let wait = self.poll.mul_f64(0.9 + fastrand::f64() * 0.2);
        tokio::select! {
            () = sleep(wait) => {}
            () = self.moved.notified() => {}
            () = asked(&self.poke, self.not_before) => {}
        }
        if self.poke.take() {
            self.not_before = Some(Instant::now() + ASKED_AGAIN);
        }
    }

    fn watch(&mut self) {
        let Some(folder) = self.source.watch_paths() else {
            return;
        };
        let current = self.watched.as_ref().map(|(path, _)| path);
        if current != Some(&folder) {
            // Without a watcher the poll still finds every change.
            self.watched = watcher(&folder, self.moved.clone()).map(|watcher| (folder, watcher));
        }
    }
}

/// Waits until somebody has asked, and until it may be done.
async fn asked(poke: &Poke, not_before: Option<Instant>) {
    poke.asked().await;
    if let Some(time) = not_before {
        sleep_until(time).await;
    }
}

/// Watches the refs of a Git folder. Objects are not watched: they change without a branch moving.
fn watcher(folder: &Path, moved: Arc<Notify>) -> Option<notify::RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !event.kind.is_access()) {
            moved.notify_one();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_ask_share_a_look() {
        let poke = Poke::default();
        assert!(poke.ask());
        assert!(!poke.clone().ask());
        assert!(poke.take());
        assert!(!poke.take());
        assert!(poke.ask(), "the look has begun, and may have missed it");
    }

    #[tokio::test]
    async fn the_first_is_served_at_once_and_the_next_a_while_later() {
        let poke = Poke::default();
        poke.ask();
        asked(&poke, None).await;
        assert!(poke.take());
        let not_before = Instant::now() + Duration::from_millis(50);
        let next = tokio::spawn({
            let poke = poke.clone();
            async move { asked(&poke, Some(not_before)).await }
        });
        while !next.is_finished() {
            poke.ask();
            tokio::task::yield_now().await;
        }
        assert!(Instant::now() >= not_before);
        assert!(poke.take() && !poke.take());
        // Asked for long after, it is at once again.
        poke.ask();
        let at_once = asked(&poke, Some(not_before));
        tokio::time::timeout(Duration::from_secs(5), at_once)
            .await
            .unwrap();
    }
}
