//! Stopping: asked for once, seen by everybody.

use std::sync::Arc;

use tokio::sync::watch;

use crate::provider::Cancel;

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
