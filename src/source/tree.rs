//! A commit's tree as a list of files.

use std::collections::BTreeMap;

use git2::{ObjectType, Odb, Oid, Repository, Tree};

use crate::model::{BlobId, CommitId, RepoPath, Revision, Snapshot};
use crate::settings::Limits;

use super::damage::Damage;
use super::files::{Files, LFS_POINTER_MAX, Skipped, is_candidate, is_lfs_pointer};
use super::{Scope, SourceError};

/// The files of a commit below `scope.path`.
///
/// # Errors
/// [`Damage`] where objects cannot be read; else a missing folder, no file at all, or too many.
pub(super) fn snapshot(
    repository: &Repository,
    commit: Oid,
    scope: &Scope,
    limits: &Limits,
    place: &str,
) -> Result<Snapshot, Damage> {
    let place = format!("{place} at {}", commit_id(commit).short());
    let root = repository.find_commit(commit)?.tree()?;
    let tree = match &scope.path {
        None => root,
        Some(path) => folder(repository, &root, path, &place)?,
    };
    let mut lister = Lister {
        repository,
        odb: repository.odb()?,
        files: Files::new(limits, place),
    };
    lister.list(&tree, "")?;
    let (files, diagnostics) = lister.files.finish()?;
    Ok(Snapshot {
        repository: scope.repository.clone(),
        revision: Revision::Commit(commit_id(commit)),
        files,
        diagnostics,
    })
}

/// The folder `path` of a tree.
fn folder<'a>(
    repository: &'a Repository,
    root: &Tree<'_>,
    path: &RepoPath,
    place: &str,
) -> Result<Tree<'a>, Damage> {
    let missing = || SourceError::PathMissing {
        place: place.to_owned(),
        path: path.clone(),
    };
    let mut id = root.id();
    for part in path.as_str().split('/') {
        let tree = repository.find_tree(id)?;
        let entry = tree.get_name(part).ok_or_else(missing)?;
        if entry.kind() != Some(ObjectType::Tree) {
            return Err(missing().into());
        }
        id = entry.id();
    }
    Ok(repository.find_tree(id)?)
}

struct Lister<'a> {
    repository: &'a Repository,
    odb: Odb<'a>,
    files: Files<'a>,
}

impl Lister<'_> {
    /// Adds everything below `tree`, whose path is `prefix` (empty, or ending in `/`).
    fn list(&mut self, tree: &Tree<'_>, prefix: &str) -> Result<(), Damage> {
        for entry in tree {
            let name = String::from_utf8_lossy(entry.name_bytes());
            let path = format!("{prefix}{name}");
            match entry.kind() {
                Some(ObjectType::Tree) => {
                    let folder = self.repository.find_tree(entry.id())?;
                    self.list(&folder, &format!("{path}/"))?;
                }
                Some(ObjectType::Commit) => self.files.skip(&path, Skipped::Submodule),
                _ if entry.filemode() == LINK => self.files.skip(&path, Skipped::SymbolicLink),
                _ if path.contains(char::REPLACEMENT_CHARACTER) => {
                    self.files.skip(&path, Skipped::NotUtf8);
                }
                _ => self.file(&path, entry.id())?,
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &str, id: Oid) -> Result<(), Damage> {
        let (size, _) = self.odb.read_header(id)?;
        let size = size as u64;
        if self.files.is_too_large(path, size) {
            return Ok(());
        }
        if size <= LFS_POINTER_MAX
            && is_candidate(path)
            && is_lfs_pointer(self.odb.read(id)?.data())
        {
            self.files.skip(path, Skipped::LfsPointer);
            return Ok(());
        }
        Ok(self.files.add(path, blob_id(id), size)?)
    }
}

/// The mode of a symbolic link in a tree.
const LINK: i32 = 0o120_000;

pub(super) fn blob_id(id: Oid) -> BlobId {
    BlobId(twenty(id))
}

pub(super) fn commit_id(id: Oid) -> CommitId {
    CommitId(twenty(id))
}

/// An id's bytes. Ids of another length cannot come up: such repositories are not opened.
fn twenty(id: Oid) -> [u8; 20] {
    let mut bytes = [0; 20];
    let given = id.as_bytes();
    let length = given.len().min(20);
    bytes[..length].copy_from_slice(&given[..length]);
    bytes
}

/// The ids of all regular files below a folder of a tree, without a look at the files; empty where
/// there is no such folder.
pub(super) fn ids(
    repository: &Repository,
    root: &Tree<'_>,
    inside: Option<&RepoPath>,
) -> Result<BTreeMap<String, BlobId>, Damage> {
    let mut ids = BTreeMap::new();
    let mut folders = match inside {
        None => vec![(root.id(), String::new())],
        Some(path) => match folder(repository, root, path, "") {
            Ok(tree) => vec![(tree.id(), String::new())],
            Err(Damage::Known(_)) => Vec::new(),
            Err(damage) => return Err(damage),
        },
    };
    while let Some((id, prefix)) = folders.pop() {
        for entry in &repository.find_tree(id)? {
            let name = String::from_utf8_lossy(entry.name_bytes());
            let path = format!("{prefix}{name}");
            match entry.kind() {
                Some(ObjectType::Tree) => folders.push((entry.id(), format!("{path}/"))),
                Some(ObjectType::Blob) if entry.filemode() != LINK => {
                    ids.insert(path, blob_id(entry.id()));
                }
                _ => {}
            }
        }
    }
    Ok(ids)
}
