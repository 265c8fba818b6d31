//! The thread that owns a repository, and the channel to it.

use std::sync::mpsc;
use std::thread;

use tokio::sync::oneshot;

use crate::model::{BlobId, Commit, CommitId, Snapshot};

use super::{SourceError, Want, libgit2};

/// Something that files can be read from. Lives on one thread.
pub(super) trait Store {
    fn snapshot(&mut self, want: &Want) -> Result<Snapshot, SourceError>;
    fn read(&mut self, blobs: &[BlobId]) -> Result<Vec<Option<Vec<u8>>>, SourceError>;
    fn commits(
        &mut self,
        after: Option<CommitId>,
        upto: CommitId,
    ) -> Result<Vec<Commit>, SourceError>;
    fn touched(&mut self, path: &str, upto: CommitId) -> Result<Option<Commit>, SourceError>;
}

type Reply<T> = oneshot::Sender<Result<T, SourceError>>;

/// A question to the thread, with where the answer goes.
#[derive(Debug)]
pub(super) enum Request {
    Snapshot(Want, Reply<Snapshot>),
    Read(Vec<BlobId>, Reply<Vec<Option<Vec<u8>>>>),
    Commits(Option<CommitId>, CommitId, Reply<Vec<Commit>>),
    Touched(String, CommitId, Reply<Option<Commit>>),
}

/// Tells a thread to stop, also while it waits for a network.
#[derive(Clone, Debug)]
pub(super) struct Cancel(tokio::sync::watch::Sender<bool>);

impl Cancel {
    pub(super) fn new() -> Self {
        Self(tokio::sync::watch::Sender::new(false))
    }

    pub(super) fn cancel(&self) {
        self.0.send_replace(true);
    }

    pub(super) fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once cancelled.
    pub(super) async fn cancelled(&self) {
        // The sender lives in `self`, so this cannot end early.
        let _ = self.0.subscribe().wait_for(|cancelled| *cancelled).await;
    }
}

/// The near end of the channel. Dropping it cancels and waits for the thread, so that nothing is left
/// behind on disk.
#[derive(Debug)]
pub(super) struct Worker {
    requests: Option<mpsc::Sender<Request>>,
    cancel: Cancel,
    thread: Option<thread::JoinHandle<()>>,
}

impl Worker {
    /// Starts a thread for the store that `make` makes there.
    pub(super) fn start(
        cancel: Cancel,
        make: impl FnOnce() -> Box<dyn Store> + Send + 'static,
    ) -> Self {
        let (requests, received) = mpsc::channel();
        let cancelled = cancel.clone();
        // Without a thread the channel is closed, and every request says so.
        let thread = thread::Builder::new()
            .name("source".to_owned())
            .spawn(move || serve(&received, &cancelled, make))
            .ok();
        Self {
            requests: Some(requests),
            cancel,
            thread,
        }
    }

    pub(super) fn send(&self, request: Request) -> Result<(), SourceError> {
        if self.cancel.is_cancelled() {
            return Err(SourceError::Stopped);
        }
        let requests = self.requests.as_ref().ok_or(SourceError::Stopped)?;
        requests.send(request).map_err(|_| SourceError::Stopped)
    }

    pub(super) fn cancel(&self) {
        self.cancel.cancel();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.cancel.cancel();
        drop(self.requests.take());
        if let Some(thread) = self.thread.take() {
            // A panic over there was already answered with `Stopped`.
            let _ = thread.join();
        }
    }
}

fn serve(
    requests: &mpsc::Receiver<Request>,
    cancel: &Cancel,
    make: impl FnOnce() -> Box<dyn Store>,
) {
    let ready = libgit2::initialise();
    let mut store = make();
    for request in requests {
        let state = match &ready {
            _ if cancel.is_cancelled() => Err(SourceError::Stopped),
            ready => ready.clone(),
        };
        // Nobody waits for the answer any more where sending it fails.
        match request {
            Request::Snapshot(want, reply) => {
                let _ = reply.send(state.and_then(|()| store.snapshot(&want)));
            }
            Request::Read(blobs, reply) => {
                let _ = reply.send(state.and_then(|()| store.read(&blobs)));
            }
            Request::Commits(after, upto, reply) => {
                let _ = reply.send(state.and_then(|()| store.commits(after, upto)));
            }
            Request::Touched(path, upto, reply) => {
                let _ = reply.send(state.and_then(|()| store.touched(&path, upto)));
            }
        }
    }
}
