//! What a transport needs and what it has to say, for the time of one fetch.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

use super::super::worker::Cancel;
use super::super::{SourceError, Timeouts};
use super::https::HttpsAccess;
use super::ssh::SshAccess;

/// How the remote is reached.
pub(in crate::source) enum Access {
    Https(HttpsAccess),
    Ssh(SshAccess),
    /// Nothing but files of this machine.
    None,
}

/// One fetch, as its transport sees it.
pub(in crate::source) struct Context {
    place: String,
    access: Access,
    timeouts: Timeouts,
    deadline: Instant,
    handle: Handle,
    cancel: Cancel,
    failure: Mutex<Option<SourceError>>,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the access: it holds credentials.
        f.debug_struct("Context")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl Context {
    pub(in crate::source) fn new(
        place: String,
        access: Access,
        timeouts: Timeouts,
        handle: Handle,
        cancel: Cancel,
    ) -> Self {
        Self {
            place,
            access,
            deadline: Instant::now() + timeouts.total,
            timeouts,
            handle,
            cancel,
            failure: Mutex::new(None),
        }
    }

    pub(super) fn place(&self) -> String {
        self.place.clone()
    }

    pub(super) fn access(&self) -> &Access {
        &self.access
    }

    pub(super) fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// The first failure, if there was one.
    pub(in crate::source) fn failure(&self) -> Option<SourceError> {
        self.failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Notes a failure unless there was one before.
    pub(super) fn fail(&self, error: SourceError) -> Failed {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.get_or_insert(error);
        Failed
    }

    /// Whether the fetch may go on.
    ///
    /// # Errors
    /// After a cancel, or past the overall limit.
    pub(in crate::source) fn check(&self) -> Result<(), Failed> {
        if self.cancel.is_cancelled() {
            return Err(self.fail(SourceError::Stopped));
        }
        if Instant::now() > self.deadline {
            return Err(self.fail(self.timeout("the end of the fetch", self.timeouts.total)));
        }
        Ok(())
    }

    /// Runs a future to its end, at most `limit`, and no further than the overall limit or a cancel.
    pub(super) fn wait<T>(
        &self,
        what: &'static str,
        limit: Duration,
        future: impl Future<Output = T>,
    ) -> Result<T, Failed> {
        self.check()?;
        let until = Instant::now() + limit;
        let result = self.handle.block_on(async {
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => Err(SourceError::Stopped),
                result = future => Ok(result),
                () = tokio::time::sleep_until(until.min(self.deadline)) => {
                    Err(if until < self.deadline {
                        self.timeout(what, limit)
                    } else {
                        self.timeout("the end of the fetch", self.timeouts.total)
                    })
                }
            }
        });
        result.map_err(|error| self.fail(error))
    }

    /// Runs a future to its end or `limit`, whatever has failed before.
    pub(super) fn wait_quietly<T>(
        &self,
        limit: Duration,
        future: impl Future<Output = T>,
    ) -> Option<T> {
        self.handle.block_on(async {
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => None,
                result = future => Some(result),
                () = tokio::time::sleep(limit) => None,
            }
        })
    }

    pub(super) fn timeout(&self, what: &'static str, after: Duration) -> SourceError {
        SourceError::Timeout {
            place: self.place.clone(),
            what,
            after,
        }
    }
}

/// A failure whose account is in the context; libgit2 gets only this fixed text.
#[derive(Clone, Copy, Debug)]
pub(in crate::source) struct Failed;

const FAILED: &str = "the transport failed";

impl From<Failed> for git2::Error {
    fn from(_: Failed) -> Self {
        Self::from_str(FAILED)
    }
}

impl From<Failed> for io::Error {
    fn from(_: Failed) -> Self {
        Self::other(FAILED)
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Context>>> = const { RefCell::new(None) };
}

/// Takes the context away again when dropped.
#[derive(Debug)]
pub(in crate::source) struct Entered(());

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(None);
    }
}

/// Makes `context` the one of this thread until the guard is dropped.
pub(in crate::source) fn enter(context: Arc<Context>) -> Entered {
    CURRENT.set(Some(context));
    Entered(())
}

/// The context of this thread.
pub(super) fn current() -> Result<Arc<Context>, git2::Error> {
    CURRENT
        .with_borrow(Clone::clone)
        .ok_or_else(|| git2::Error::from_str("a transport was asked for outside of a fetch"))
}
