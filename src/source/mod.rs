//! The platform repository: which files a commit, a work tree or a folder has, and their bytes.
//!
//! A [`Source`] is a handle. Behind it one thread owns the `git2` repository, which blocks and cannot be
//! shared; requests reach it by a channel, and only owned data leaves it.
//!
//! | constructor | reads | keeps |
//! |---|---|---|
//! | [`Source::open`] | the repository of the settings | a bare mirror `<state folder>/<name>.git`; a local path is read in place |
//! | [`Source::open_readonly`] | the same, beside a running daemon | nothing: a temporary repository that borrows the mirror's objects |
//! | [`Source::folder`] | files on disk; for [`Want::Rev`], the repository around them | nothing |
//!
//! What is not read is never taken for absent: every fault is a [`SourceError`], and an empty tree is one
//! too.

mod blobs;
mod damage;
mod disk;
mod error;
mod fetch;
mod files;
mod folder;
mod history;
mod in_place;
mod libgit2;
mod mirror;
mod packs;
mod remote;
mod revision;
mod timeouts;
mod transport;
mod tree;
mod work_tree;
mod worker;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

pub use error::SourceError;
pub use timeouts::Timeouts;

use crate::model::{BlobId, Commit, CommitId, RepoPath, Snapshot};
use crate::settings::{Limits, Repository, RepositoryUrl};

use folder::Folder;
use in_place::InPlace;
use mirror::{Home, Mirror};
use remote::Origin;
use worker::{Cancel, Request, Worker};

/// Which state of the repository is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Want {
    /// The head of the configured branch, fetched; of a folder, what is on disk.
    Head,
    /// A branch, a tag or a commit (also shortened) of the repository, in this order; fetched if missing.
    Rev(String),
}

/// A handle to a repository or folder. Clones share it; when the last one is dropped, whatever is under
/// way is cancelled.
#[derive(Clone, Debug)]
pub struct Source {
    worker: Arc<Worker>,
    watched: Option<PathBuf>,
}

/// What of the repository is read, and how it is called.
#[derive(Clone, Debug)]
struct Scope {
    repository: Arc<str>,
    branch: String,
    path: Option<RepoPath>,
}

impl Source {
    /// The repository of the settings. Nothing is read before the first request, so this cannot fail.
    ///
    /// `state_dir` is where the mirror lies; network requests run on the runtime `handle`.
    pub fn open(
        repository: &Repository,
        state_dir: &Path,
        limits: &Limits,
        handle: Handle,
    ) -> Self {
        Self::open_with(repository, state_dir, limits, handle, Timeouts::default())
    }

    /// [`Source::open`] with other limits on how long the remote may take.
    pub fn open_with(
        repository: &Repository,
        state_dir: &Path,
        limits: &Limits,
        handle: Handle,
        timeouts: Timeouts,
    ) -> Self {
        let home = Home::Kept(mirror_path(repository, state_dir));
        Self::repository(repository, home, limits, handle, timeouts)
    }

    /// [`Source::open`] for reading beside a running daemon: what is fetched goes into a temporary
    /// repository that borrows the objects of the daemon's mirror, is deleted with the handle, and never
    /// writes to the mirror.
    pub fn open_readonly(
        repository: &Repository,
        state_dir: &Path,
        limits: &Limits,
        handle: Handle,
    ) -> Self {
        let home = Home::Temporary {
            lender: mirror_path(repository, state_dir),
        };
        Self::repository(repository, home, limits, handle, Timeouts::default())
    }

    fn repository(
        repository: &Repository,
        home: Home,
        limits: &Limits,
        handle: Handle,
        timeouts: Timeouts,
    ) -> Self {
        let scope = Scope {
            repository: repository.name.clone(),
            branch: repository.branch.clone(),
            path: repository.path.clone(),
        };
        let limits = limits.clone();
        let cancel = Cancel::new();
        let watched = match &repository.url {
            RepositoryUrl::Local(path) | RepositoryUrl::File(path) => Some(path.clone()),
            RepositoryUrl::Https(_) | RepositoryUrl::Ssh(_) => None,
        };
        match Origin::of(repository, timeouts, handle) {
            Origin::InPlace(path) => Self::start(watched, cancel, move || {
                Box::new(InPlace::new(path, scope, limits))
            }),
            Origin::Remote(remote) => Self::start(watched, cancel.clone(), move || {
                Box::new(Mirror::new(remote, home, scope, limits, cancel))
            }),
        }
    }

    /// Files on disk: at `path`, and below it at `sub_path` if given. `name` is what the snapshot calls
    /// the repository.
    ///
    /// Inside a Git work tree these are the tracked files and the untracked ones that are not ignored,
    /// with the content that they have on disk; elsewhere all files. `path` may also be a single file.
    /// Paths are relative to `path` (and `sub_path`).
    pub fn folder(path: &Path, sub_path: Option<&RepoPath>, name: &str, limits: &Limits) -> Self {
        let store = Folder::new(
            path.to_owned(),
            sub_path.cloned(),
            name.into(),
            limits.clone(),
        );
        Self::start(None, Cancel::new(), move || Box::new(store))
    }

    fn start(
        watched: Option<PathBuf>,
        cancel: Cancel,
        store: impl FnOnce() -> Box<dyn worker::Store> + Send + 'static,
    ) -> Self {
        Self {
            worker: Arc::new(Worker::start(cancel, store)),
            watched,
        }
    }

    /// The files of the wanted state.
    ///
    /// # Errors
    /// Where it is not known which files there are; see [`SourceError`].
    pub async fn snapshot(&self, what: Want) -> Result<Snapshot, SourceError> {
        self.ask(|reply| Request::Snapshot(what, reply)).await
    }

    /// The bytes of blobs, in the order asked; `None` where there is no such blob. One request for many
    /// blobs is far quicker than many requests.
    ///
    /// # Errors
    /// Where a blob is there and cannot be read.
    pub async fn read(&self, blobs: Vec<BlobId>) -> Result<Vec<Option<Vec<u8>>>, SourceError> {
        self.ask(|reply| Request::Read(blobs, reply)).await
    }

    /// The commits that `upto` has and `after` has not, newest first. Where `after` is `None` or not
    /// known here, only `upto`.
    ///
    /// # Errors
    /// Where `upto` is not known here, or the repository cannot be read.
    pub async fn commits(
        &self,
        after: Option<CommitId>,
        upto: CommitId,
    ) -> Result<Vec<Commit>, SourceError> {
        self.ask(|reply| Request::Commits(after, upto, reply)).await
    }

    /// The last commit up to `upto` that changed a file, whose path is from the root of the repository; `None` where
    /// none of the last ten thousand did.
    ///
    /// # Errors
    /// As [`Source::commits`].
    pub async fn touched(
        &self,
        path: String,
        upto: CommitId,
    ) -> Result<Option<Commit>, SourceError> {
        self.ask(|reply| Request::Touched(path, upto, reply)).await
    }

    /// Cancels what is under way. Every request from now on is answered with [`SourceError::Stopped`].
    pub fn shutdown(&self) {
        self.worker.cancel();
    }

    /// The Git folder of a repository on this machine, whose `HEAD`, `packed-refs` and `refs/` change when
    /// a branch moves; `None` for a remote one, and while there is no repository.
    pub fn watch_paths(&self) -> Option<PathBuf> {
        libgit2::initialise().ok()?;
        let repository = git2::Repository::open(self.watched.as_ref()?).ok()?;
        Some(repository.commondir().to_owned())
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, SourceError>>) -> Request,
    ) -> Result<T, SourceError> {
        let (reply, answer) = oneshot::channel();
        self.worker.send(request(reply))?;
        answer.await.map_err(|_| SourceError::Stopped)?
    }
}

fn mirror_path(repository: &Repository, state_dir: &Path) -> PathBuf {
    state_dir.join(format!("{}.git", repository.name))
}
