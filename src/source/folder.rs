//! Files on disk, in a Git work tree or not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::{ErrorClass, ErrorCode, Repository, RepositoryOpenFlags};

use crate::model::{BlobId, Commit, CommitId, RepoPath, Revision, Snapshot};
use crate::settings::Limits;

use super::damage::{Damage, open_error};
use super::disk::{self, Candidate, Content, Found};
use super::files::Files;
use super::worker::Store;
use super::{Scope, SourceError, Want, blobs, history, revision, tree, work_tree};

/// Files below a folder, as they are on disk.
pub(super) struct Folder {
    path: PathBuf,
    sub_path: Option<RepoPath>,
    name: Arc<str>,
    limits: Limits,
    /// What the last snapshot of the disk found.
    contents: BTreeMap<BlobId, Content>,
    repository: Option<Repository>,
}

/// Where files are read, and what Git knows of that place.
struct Base {
    /// The file or folder that is read; absolute, without symbolic links.
    path: PathBuf,
    /// The repository whose work tree holds it, and the folder's path in there (`None` is the root).
    git: Option<(Repository, Option<RepoPath>)>,
}

impl Folder {
    pub(super) fn new(
        path: PathBuf,
        sub_path: Option<RepoPath>,
        name: Arc<str>,
        limits: Limits,
    ) -> Self {
        Self {
            path,
            sub_path,
            name,
            limits,
            contents: BTreeMap::new(),
            repository: None,
        }
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn base(&self) -> Result<Base, SourceError> {
        let root = self
            .path
            .canonicalize()
            .map_err(|error| SourceError::read(&self.path, &error))?;
        let path = match &self.sub_path {
            None => root.clone(),
            Some(sub_path) => root.join(sub_path.as_str()),
        };
        let without_git = |path| Ok(Base { path, git: None });
        if path.is_file() {
            return without_git(path);
        }
        let Some(repository) = discover(&root)? else {
            return without_git(path);
        };
        let Some(top) = repository.workdir() else {
            return Err(SourceError::Bare {
                place: self.place(),
            });
        };
        let top = top
            .canonicalize()
            .map_err(|error| SourceError::read(top, &error))?;
        let inside = path.strip_prefix(&top).ok().and_then(Path::to_str);
        let Some(inside) = inside.map(RepoPath::new) else {
            return without_git(path);
        };
        Ok(Base {
            path,
            git: Some((repository, inside)),
        })
    }

    fn disk_snapshot(&mut self) -> Result<Snapshot, SourceError> {
        let place = self.place();
        let base = self.base()?;
        if let Some(path) = self.sub_path.as_ref().filter(|_| !base.path.is_dir()) {
            return Err(SourceError::PathMissing {
                place,
                path: path.clone(),
            });
        }
        let candidates = candidates(&base).map_err(|damage| damage.into_error(&place))?;
        let found = disk::read(candidates, &self.limits)?;
        let revision = match &base.git {
            None => Revision::Unversioned,
            Some((repository, inside)) => work_tree::revision(repository, inside.as_ref(), &found)
                .map_err(|damage| damage.into_error(&place))?,
        };
        let mut files = Files::new(&self.limits, place);
        let mut contents = BTreeMap::new();
        for (path, found) in found {
            match found {
                Found::Skipped(what) => files.skip(&path, what),
                Found::File {
                    blob,
                    size,
                    content,
                } => {
                    files.add(&path, blob, size)?;
                    contents.insert(blob, content);
                }
            }
        }
        let (files, diagnostics) = files.finish()?;
        self.contents = contents;
        self.repository = base.git.map(|(repository, _)| repository);
        Ok(Snapshot {
            repository: self.name.clone(),
            revision,
            files,
            diagnostics,
        })
    }

    fn commit_snapshot(&mut self, rev: &str) -> Result<Snapshot, SourceError> {
        let place = self.place();
        let root = self
            .path
            .canonicalize()
            .map_err(|error| SourceError::read(&self.path, &error))?;
        let missing = || SourceError::NotARepository {
            place: place.clone(),
        };
        let repository = discover(&root)?.ok_or_else(missing)?;
        let scope = Scope {
            repository: self.name.clone(),
            branch: String::new(),
            path: inside_work_tree(&repository, &root, self.sub_path.as_ref()),
        };
        let read = || -> Result<Snapshot, Damage> {
            let commit = revision::of_rev(&repository, rev, &place)?;
            tree::snapshot(&repository, commit, &scope, &self.limits, &place)
        };
        let snapshot = read().map_err(|damage| damage.into_error(&place))?;
        self.contents.clear();
        self.repository = Some(repository);
        Ok(snapshot)
    }
}

/// The path in the repository of `sub_path` below `root`, which may be below the work tree's top.
fn inside_work_tree(
    repository: &Repository,
    root: &Path,
    sub_path: Option<&RepoPath>,
) -> Option<RepoPath> {
    let top = repository.workdir().and_then(|top| top.canonicalize().ok());
    let inside = top
        .as_ref()
        .and_then(|top| root.strip_prefix(top).ok()?.to_str())
        .and_then(RepoPath::new);
    match (inside, sub_path) {
        (Some(inside), Some(sub_path)) => RepoPath::new(&format!("{inside}/{sub_path}")),
        (Some(path), None) => Some(path),
        (None, path) => path.cloned(),
    }
}

/// The repository that `path` is in, if any.
fn discover(path: &Path) -> Result<Option<Repository>, SourceError> {
    let no_ceiling: [&std::ffi::OsStr; 0] = [];
    let start = if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or(path)
    };
    match Repository::open_ext(start, RepositoryOpenFlags::empty(), no_ceiling) {
        Ok(repository) => Ok(Some(repository)),
        Err(error)
            if error.code() == ErrorCode::NotFound && error.class() == ErrorClass::Repository =>
        {
            Ok(None)
        }
        Err(error) => Err(open_error(&error, &path.display().to_string())),
    }
}

/// The files to look at, with their paths relative to the base.
fn candidates(base: &Base) -> Result<Vec<Candidate>, Damage> {
    if base.path.is_file() {
        return Ok(disk::single(&base.path));
    }
    if let Some((repository, inside)) = &base.git {
        let found = work_tree::candidates(repository, inside.as_ref(), &base.path)?;
        // A folder that Git ignores as a whole was named on purpose: it is read without Git.
        let ignored = || {
            inside
                .as_ref()
                .is_some_and(|path| is_ignored(repository, path))
        };
        if !found.is_empty() || !ignored() {
            return Ok(found);
        }
    }
    Ok(disk::walk(&base.path)?)
}

fn is_ignored(repository: &Repository, path: &RepoPath) -> bool {
    repository
        .status_should_ignore(Path::new(&format!("{path}/")))
        .unwrap_or(false)
}

impl Store for Folder {
    fn snapshot(&mut self, want: &Want) -> Result<Snapshot, SourceError> {
        match want {
            Want::Head => self.disk_snapshot(),
            Want::Rev(rev) => self.commit_snapshot(rev),
        }
    }

    fn read(&mut self, blobs: &[BlobId]) -> Result<Vec<Option<Vec<u8>>>, SourceError> {
        let place = self.place();
        let read = |blob: &BlobId| -> Result<Option<Vec<u8>>, SourceError> {
            match (self.contents.get(blob), &self.repository) {
                (Some(content), _) => content.read(*blob).map(Some),
                (None, Some(repository)) => {
                    let mut read = blobs::read(repository, &[*blob])
                        .map_err(|damage| damage.into_error(&place))?;
                    Ok(read.pop().flatten())
                }
                (None, None) => Ok(None),
            }
        };
        blobs.iter().map(read).collect()
    }

    fn commits(
        &mut self,
        after: Option<CommitId>,
        upto: CommitId,
    ) -> Result<Vec<Commit>, SourceError> {
        let place = self.place();
        history::commits(self.discovered()?, after, upto, &place)
            .map_err(|damage| damage.into_error(&place))
    }

    fn touched(&mut self, path: &str, upto: CommitId) -> Result<Option<Commit>, SourceError> {
        let place = self.place();
        history::touched(self.discovered()?, path, upto).map_err(|damage| damage.into_error(&place))
    }
}

impl Folder {
    /// The repository that the folder is in.
    fn discovered(&mut self) -> Result<&Repository, SourceError> {
        if self.repository.is_none() {
            self.repository = discover(&self.path)?;
        }
        let place = self.place();
        let repository = self.repository.as_ref();
        repository.ok_or(SourceError::NotARepository { place })
    }
}
