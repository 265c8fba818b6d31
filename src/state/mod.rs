//! What Trueup remembers between cycles, in one SQLite file: what was applied last, the last good texts,
//! writes under way, and the history.
//!
//! All of it but the history can be found out again: losing the file loses no live object. Secrets are
//! never part of it.
//!
//! - [`State`] writes. One process at a time has it, by a lock beside the file. Every commit is synced
//!   to disk (`synchronous=FULL`): a journalled intent must be there after a power cut before its first
//!   effect is, and the other writes are few a cycle, so they are not worth a weaker mode.
//! - [`StateView`] reads. Opened by itself it is a copy in memory, taken in one moment: it needs no
//!   lock, works beside a running daemon, and writes nothing.
//!
//! All calls block, for milliseconds.

mod error;
mod events;
mod history;
mod intents;
mod inventory;
mod last_good;
mod lock;
mod open;
mod past;
mod pause;
mod pauses;
mod row;
mod schema;
mod targets;
#[cfg(test)]
mod tests;

use std::ops::Deref;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

pub use error::StateError;
pub use events::{Event, What};
pub use history::{Applied, Batch, CycleRecord};
pub use last_good::KeptText;
pub use past::{Asked, PastChange};
pub use pause::Pause;
pub use targets::TargetState;

use lock::Lock;

/// The state file, for the one process that may write it. Reads as a [`StateView`].
#[derive(Debug)]
pub struct State {
    view: StateView,
    /// How long changes and events are kept.
    keep: Duration,
    /// Dropped after the connection.
    _lock: Lock,
}

/// How long changes and events are kept where nobody says.
pub const HISTORY: Duration = Duration::from_hours(90 * 24);

/// The state, to read.
#[derive(Debug)]
pub struct StateView {
    connection: Mutex<Connection>,
}

impl State {
    /// Opens the file and takes the lock `<path>.lock`; makes file (mode 0600) and folder where they are
    /// missing, and brings an older file up to this version.
    ///
    /// # Errors
    /// [`StateError::Locked`] names the process that has it; [`StateError::Corrupt`],
    /// [`StateError::Newer`] and [`StateError::Foreign`] leave the file as it is.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        open::prepare_folder(path)?;
        let path = open::resolve(path);
        let lock = Lock::take(&path)?;
        let connection = open::writer(&path)?;
        Ok(Self {
            view: StateView::new(connection),
            keep: HISTORY,
            _lock: lock,
        })
    }

    /// Keeps changes and events for so long.
    #[must_use]
    pub fn keeping(self, keep: Duration) -> Self {
        Self { keep, ..self }
    }

    /// Runs `work` in one transaction: all of it is on disk afterwards, or none.
    fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StateError>,
    ) -> Result<T, StateError> {
        let mut connection = self.view.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = work(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }
}

impl Deref for State {
    type Target = StateView;

    fn deref(&self) -> &StateView {
        &self.view
    }
}

impl StateView {
    /// Copies what the file holds now into memory, without the lock and without writing anything: a
    /// file that is missing reads as an empty state, one of an older version as this version's.
    ///
    /// Beside a running daemon the copy is what the last finished transaction left.
    ///
    /// # Errors
    /// As [`State::open`], but never `Locked`.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        Ok(Self::new(open::copy(&open::resolve(path))?))
    }

    fn new(connection: Connection) -> Self {
        Self {
            connection: Mutex::new(connection),
        }
    }

    /// A panic elsewhere cannot leave half a transaction behind: it was rolled back when dropped.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
