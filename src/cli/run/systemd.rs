//! What systemd is told (`sd_notify(3)`): ready, stopping, and that the daemon is alive.

use std::sync::Arc;

use sd_notify::NotifyState;
use tokio::sync::watch;

use crate::reconcile::driver::Daemon;

/// Without systemd nobody listens, and nothing happens.
fn tell(state: NotifyState<'_>) {
    let _ = sd_notify::notify(&[state]);
}

pub(super) fn stopping() {
    tell(NotifyState::Stopping);
}

/// Tells that the daemon is ready once every target was looked at, and that it is alive as often as systemd wants to
/// hear it.
pub(super) async fn watch(current: watch::Receiver<Arc<Daemon>>) {
    tokio::join!(ready(current), beat());
}

async fn ready(mut current: watch::Receiver<Arc<Daemon>>) {
    loop {
        let board = current.borrow_and_update().board.clone();
        let mut noted = board.changes();
        if board.pending().is_empty() {
            return tell(NotifyState::Ready);
        }
        // With other settings it is another board.
        tokio::select! {
            _ = noted.changed() => {}
            changed = current.changed() => {
                if changed.is_err() {
                    return;
                }
            }
        }
    }
}

async fn beat() {
    let Some(period) = sd_notify::watchdog_enabled() else {
        return;
    };
    let mut beat = tokio::time::interval(period / 2);
    loop {
        beat.tick().await;
        tell(NotifyState::Watchdog);
    }
}
