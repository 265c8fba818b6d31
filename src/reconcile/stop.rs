//! Stopping: asked for once, seen by everybody.

use std::sync::Arc;

use tokio::sync::watch;

use crate::provider::Cancel;
use crate::telemetry::ShuttingDown;

/// A switch that is thrown once.
#[derive(Clone, Debug)]
pub struct Stop {
    thrown: Arc<watch::Sender<bool>>,
    /// Thrown with this one, too.
    parent: Option<Arc<watch::Sender<bool>>>,
}

impl Default for Stop {
    fn default() -> Self {
        Self {
            thrown: Arc::new(watch::Sender::new(false)),
            parent: None,
        }
    }
}

impl Stop {
    /// Throws the switch.
    pub fn stop(&self) {
        self.thrown.send_replace(true);
    }

    /// One that is thrown by itself, and with this one.
    #[must_use]
    pub fn child(&self) -> Self {
        Self {
            thrown: Arc::new(watch::Sender::new(false)),
            parent: Some(self.thrown.clone()),
        }
    }

    pub fn is_stopped(&self) -> bool {
        let parent = self.parent.as_ref();
        *self.thrown.borrow() || parent.is_some_and(|parent| *parent.borrow())
    }

    /// Waits until it is thrown.
    pub async fn stopped(&self) {
        let parent = async {
            match &self.parent {
                Some(parent) => thrown(parent).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = thrown(&self.thrown) => {}
            () = parent => {}
        }
    }
}

async fn thrown(switch: &watch::Sender<bool>) {
    // Whoever waits holds the sender.
    let _ = switch.subscribe().wait_for(|stopped| *stopped).await;
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
