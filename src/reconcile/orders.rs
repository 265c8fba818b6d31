//! What somebody may order a running daemon to do.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::driver::Daemon;
use crate::model::TargetName;
use crate::state::{Pause, StateError};
use crate::telemetry::{Ordered, TargetPaused};

/// Nothing is changed on a target until the pause ends.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct PauseOrder {
    pub target: String,
    /// How long; until it is resumed where there is none.
    pub seconds: Option<u64>,
    pub reason: Option<String>,
    /// Who orders it, as they call themselves.
    pub by: String,
}

/// A pause is to end.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ResumeOrder {
    pub target: String,
    pub by: String,
}

/// The repository and every target, or one, are to be looked at now.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct SyncOrder {
    pub target: Option<String>,
    pub by: String,
}

/// Why an order is not obeyed.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    #[error("the settings have no target {name:?}; they have {known}")]
    Unknown { name: String, known: String },
    #[error("the daemon was stopped, or got new settings, before it was done; order it again")]
    Stopped,
    #[error(transparent)]
    State(#[from] StateError),
}

impl PauseOrder {
    /// The pause that is ordered.
    pub fn pause(&self, target: TargetName, by: String, now: Timestamp) -> Pause {
        let length = self.seconds.map(Duration::from_secs);
        let reason = self.reason.clone().filter(|reason| !reason.is_empty());
        Pause {
            target,
            since: now,
            until: length.and_then(|length| now.checked_add(length).ok()),
            by,
            reason: reason.map(|reason| reason.replace(char::is_control, " ")),
        }
    }
}

impl Daemon {
    /// Pauses a target; what was done, for people.
    ///
    /// # Errors
    /// Where there is no such target, or it cannot be noted.
    pub fn pause(&self, order: &PauseOrder) -> Result<String, OrderError> {
        let target = self.known(&order.target)?;
        let pause = order.pause(target, order.by.clone(), Timestamp::now());
        self.state.begin_pause(&pause)?;
        self.set_halted(&pause.target, true);
        TargetPaused {
            target: &pause.target,
            pause: &pause.describe(),
        }
        .emit();
        let busy = self.board.busy().contains(&pause.target);
        self.wake_targets();
        let first = if busy {
            "; what is being written just now ends first"
        } else {
            ""
        };
        Ok(format!("{} is {}{first}", pause.target, pause.describe()))
    }

    /// Ends a pause; what was done, for people.
    ///
    /// # Errors
    /// As [`Daemon::pause`].
    pub fn resume(&self, order: &ResumeOrder) -> Result<String, OrderError> {
        let target = self.known(&order.target)?;
        let ended = self
            .state
            .end_pause(&target, Some(&order.by), Timestamp::now())?;
        ordered(Some(&target), "resume", &order.by);
        self.wake_targets();
        let mut targets = self.settings.targets.iter();
        let message = match ended {
            Some(_) => format!("{target} is resumed"),
            None => format!("{target} was not paused"),
        };
        if targets.any(|known| known.name == target && known.paused) {
            return Ok(message + "; it stays paused by its settings");
        }
        Ok(message)
    }

    /// Looks at the repository, and then at every target, or one; returns when that is done.
    ///
    /// # Errors
    /// Where there is no such target, or the daemon is stopped meanwhile.
    pub async fn sync_by(&self, order: &SyncOrder) -> Result<(), OrderError> {
        let target = order.target.as_deref();
        let target = target.map(|name| self.known(name)).transpose()?;
        ordered(target.as_ref(), "sync", &order.by);
        if self.sync(target.as_ref()).await {
            Ok(())
        } else {
            Err(OrderError::Stopped)
        }
    }

    fn known(&self, name: &str) -> Result<TargetName, OrderError> {
        let targets = &self.settings.targets;
        let found = targets.iter().find(|target| target.name.as_str() == name);
        found.map(|target| target.name.clone()).ok_or_else(|| {
            let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
            OrderError::Unknown {
                name: name.to_owned(),
                known: names.join(", "),
            }
        })
    }
}

fn ordered(target: Option<&TargetName>, what: &'static str, by: &str) {
    Ordered { target, what, by }.emit();
}
