//! The code that speaks to live systems: two small traits and one folder per provider. Siblings do not
//! know each other.

pub mod alertmanager;
mod bisect;
pub mod grafana;
pub mod http;
mod outcomes;
pub mod prometheus;
mod redact;
mod reload;
mod secrets;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use crate::model::{
    Canonical, Capabilities, Change, Intent, Inventory, Journal, Observation, Observed, Outcome,
    Resource, ResourceId, Spec,
};

/// How much an observation reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Everything: the drift check.
    Full,
    /// What may have changed since the last observation; what provably has not is taken from memory.
    Quick,
}

/// What an observation is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    pub depth: Depth,
    /// Writes that were begun and whose end is not known, with their numbers in the journal.
    pub pending: &'a [(i64, Intent)],
}

/// What a provider has done so far to know its live side. Tests hold it to the size of the change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadWork {
    /// Files, or answers that hold bodies.
    pub files_read: u64,
    /// Live bodies made canonical, and hashed.
    pub bodies_normalised: u64,
}

/// A desired resource that the target's server cannot hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} needs {needs}, and the server is {server}")]
pub struct Unsupported {
    /// As written: `query_offset`.
    pub field: String,
    /// `Prometheus 2.53`.
    pub needs: String,
    /// `Prometheus 2.42.0`.
    pub server: String,
}

/// The reading half of a provider. A preview has nothing else.
pub trait Reader: Send + Sync {
    /// Reads the target. Never fails: what could not be read is part of the answer.
    fn observe(&self, scope: Scope<'_>) -> impl Future<Output = Observation> + Send;

    /// The form in which a desired resource is compared, given what the server can do. Pure.
    ///
    /// # Errors
    /// Where the server cannot hold it.
    fn normalise(&self, spec: &Spec, capabilities: &Capabilities)
    -> Result<Canonical, Unsupported>;

    /// What of an observation only shows beside what is declared: which live object an id means where the
    /// server does not say (a folder whose title was changed), what is in the way of something new. Pure.
    fn relate(&self, observed: Observed, _beside: Beside<'_>) -> Observed {
        observed
    }

    /// What knowing the live side has cost since the target was opened.
    fn work(&self) -> ReadWork;
}

/// Whether to stop, asked between writes, never inside one.
pub trait Cancel: Send + Sync {
    fn is_cancelled(&self) -> bool;
}

/// What a provider may look at beside what it observed.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    pub desired: &'a BTreeMap<ResourceId, Arc<Resource>>,
    pub inventory: &'a Inventory,
}

/// What a writer is given to do, all on one target.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    pub changes: &'a [Change],
    /// Why, for servers that keep a message with each version: the commit's id and subject.
    pub reason: &'a str,
    pub journal: &'a dyn Journal,
    pub cancel: &'a dyn Cancel,
}

impl fmt::Debug for Work<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work")
            .field("changes", &self.changes)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// The writing half of a provider; only `apply` is given one.
pub trait Writer: Send + Sync {
    /// Carries out the changes, and returns one outcome for each, in the same order.
    ///
    /// Each change is made only where the live object still has the version that the change expects.
    /// Intents still pending in the journal are finished along the way. A cycle that finds some and has
    /// nothing to change calls this with no changes, or what they remember could later be put back.
    fn apply(&self, work: Work<'_>) -> impl Future<Output = Vec<Outcome>> + Send;
}
