//! A repository on this machine, read where it is: its commits, never its work tree.

use std::path::PathBuf;

use git2::{Repository, RepositoryOpenFlags};

use crate::model::{BlobId, Commit, CommitId, Snapshot};
use crate::settings::Limits;

use super::damage::{Damage, open_error};
use super::worker::Store;
use super::{Scope, SourceError, Want, blobs, history, revision, tree};

pub(super) struct InPlace {
    path: PathBuf,
    scope: Scope,
    limits: Limits,
    repository: Option<Repository>,
}

impl InPlace {
    /// `path` is a repository, or a work tree's root.
    pub(super) fn new(path: PathBuf, scope: Scope, limits: Limits) -> Self {
        Self {
            path,
            scope,
            limits,
            repository: None,
        }
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }

    /// Opened anew, since somebody may have put another repository in its place.
    fn reopen(&mut self) -> Result<&Repository, SourceError> {
        let repository = open(&self.path)?;
        Ok(self.repository.insert(repository))
    }

    fn opened(&mut self) -> Result<&Repository, SourceError> {
        if self.repository.is_none() {
            return self.reopen();
        }
        self.repository.as_ref().ok_or(SourceError::Stopped)
    }
}

/// Opens the repository at exactly `path`, or at `path/.git`.
pub(super) fn open(path: &std::path::Path) -> Result<Repository, SourceError> {
    let nowhere: [&std::ffi::OsStr; 0] = [];
    Repository::open_ext(path, RepositoryOpenFlags::NO_SEARCH, nowhere)
        .map_err(|error| open_error(&error, &path.display().to_string()))
}

impl Store for InPlace {
    fn snapshot(&mut self, want: &Want) -> Result<Snapshot, SourceError> {
        let (place, scope, limits) = (self.place(), self.scope.clone(), self.limits.clone());
        let repository = self.reopen()?;
        let read = || -> Result<Snapshot, Damage> {
            let commit = match want {
                Want::Head => revision::of_branch(repository, &scope.branch, &place)?,
                Want::Rev(rev) => revision::of_rev(repository, rev, &place)?,
            };
            tree::snapshot(repository, commit, &scope, &limits, &place)
        };
        read().map_err(|damage| damage.into_error(&place))
    }

    fn read(&mut self, blobs: &[BlobId]) -> Result<Vec<Option<Vec<u8>>>, SourceError> {
        let place = self.place();
        blobs::read(self.opened()?, blobs).map_err(|damage| damage.into_error(&place))
    }

    fn commits(
        &mut self,
        after: Option<CommitId>,
        upto: CommitId,
    ) -> Result<Vec<Commit>, SourceError> {
        let place = self.place();
        history::commits(self.opened()?, after, upto, &place)
            .map_err(|damage| damage.into_error(&place))
    }

    fn touched(&mut self, path: &str, upto: CommitId) -> Result<Option<Commit>, SourceError> {
        let place = self.place();
        history::touched(self.opened()?, path, upto).map_err(|damage| damage.into_error(&place))
    }
}
