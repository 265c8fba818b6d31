//! Stopping: asked for once, seen by everybody.

use std::sync::Arc;

use tokio::sync::watch;

use crate::provider::Cancel;
use crate::telemetry::ShuttingDown;

/// A switch that is thrown once.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Throws the switch.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is thrown.
    pub async fn stopped(&self) {
        let mut seen = self.0.subscribe();
        // The sender lives as long as `self`.
        let _ = seen.wait_for(|stopped| *stopped).await;
    }
}

impl Cancel for Stop {
    fn is_cancelled(&self) -> bool {
        self.is_stopped()
    }
}

impl Stop {
    /// Throws the switch at SIGINT or SIGTERM; a second signal ends the process at once.
    pub fn on_signals(&self) {
        use tokio::signal::unix::{SignalKind, signal};
        let stop = self.clone();
        tokio::spawn(async move {
            let (Ok(mut interrupt), Ok(mut terminate)) = (
                signal(SignalKind::interrupt()),
                signal(SignalKind::terminate()),
            ) else {
                return;
            };
            let mut next = async || {
                tokio::select! {
                    _ = interrupt.recv() => ("SIGINT", 130),
                    _ = terminate.recv() => ("SIGTERM", 143),
                }
            };
            let (reason, _) = next().await;
            ShuttingDown { reason }.emit();
            stop.stop();
            // What was begun is journalled; the next start finishes it.
            std::process::exit(next().await.1);
        });
    }
}
