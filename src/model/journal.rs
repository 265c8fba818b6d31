//! What is written down before a write whose loss could not be told from its absence.

use super::{Action, ResourceId, TargetName};

/// A write that is about to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    pub target: TargetName,
    pub changes: Vec<(ResourceId, Action)>,
    /// What each file held before, so that it can be restored after a crash.
    pub prior: Vec<PriorFile>,
}

/// A file before it was changed; `content` is `None` where there was none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriorFile {
    /// Base name in the target's directory.
    pub name: String,
    pub content: Option<Vec<u8>>,
}

/// The journal could not be written or read; nothing may be changed then.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the journal: {0}")]
pub struct JournalError(pub String);

/// Durable memory of writes under way.
pub trait Journal: Send + Sync {
    /// Notes an intent durably, before its first effect; returns its number.
    ///
    /// # Errors
    /// Where it could not be made durable: then the write must not begin.
    fn begin(&self, intent: &Intent) -> Result<i64, JournalError>;

    /// Clears an intent whose outcome is verified.
    ///
    /// # Errors
    /// Where it could not be cleared; the next cycle then verifies again.
    fn end(&self, number: i64) -> Result<(), JournalError>;

    /// Intents of a target that were begun and not ended, oldest first.
    ///
    /// # Errors
    /// Where the journal could not be read; the target must then be left alone.
    fn pending(&self, target: &TargetName) -> Result<Vec<(i64, Intent)>, JournalError>;
}
