//! Which files of a work tree are read, and whether they are those of its head.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use git2::{ErrorCode, Repository, StatusOptions, StatusShow};

use crate::model::{RepoPath, Revision};

use super::damage::Damage;
use super::disk::{Candidate, Found};
use super::files::Skipped;
use super::tree;

/// The mode of a submodule in the index.
const SUBMODULE: u32 = 0o160_000;

/// Tracked files, and untracked ones that are not ignored, below the folder `inside`; `folder` is where
/// that folder is on disk. Paths are relative to it.
pub(super) fn candidates(
    repository: &Repository,
    inside: Option<&RepoPath>,
    folder: &Path,
) -> Result<Vec<Candidate>, Damage> {
    let prefix = inside.map_or_else(String::new, |path| format!("{path}/"));
    let Changes { untracked, deleted } = changes(repository, inside, &prefix)?;
    // A path is in the index up to three times while a merge is unfinished.
    let mut found = BTreeMap::new();
    for entry in repository.index()?.iter() {
        if deleted.contains(&entry.path) {
            continue;
        }
        if let Some(path) = entry.path.strip_prefix(prefix.as_bytes()) {
            let skipped = (entry.mode == SUBMODULE).then_some(Skipped::Submodule);
            found.insert(path.to_owned(), skipped);
        }
    }
    for path in untracked {
        let Some(path) = path.strip_prefix(prefix.as_bytes()) else {
            continue;
        };
        // Git shows a repository inside of the work tree as one folder.
        match path.strip_suffix(b"/") {
            Some(path) => found.insert(path.to_owned(), Some(Skipped::Submodule)),
            None => found.insert(path.to_owned(), None),
        };
    }
    let candidate = |(path, skipped): (Vec<u8>, Option<Skipped>)| Candidate {
        skipped: skipped.or_else(|| {
            std::str::from_utf8(&path)
                .is_err()
                .then_some(Skipped::NotUtf8)
        }),
        file: folder.join(OsStr::from_bytes(&path)),
        path: String::from_utf8_lossy(&path).into_owned(),
    };
    Ok(found.into_iter().map(candidate).collect())
}

/// Paths of the work tree that the index does not have, and the other way round.
struct Changes {
    untracked: Vec<Vec<u8>>,
    deleted: BTreeSet<Vec<u8>>,
}

fn changes(
    repository: &Repository,
    inside: Option<&RepoPath>,
    prefix: &str,
) -> Result<Changes, Damage> {
    let mut options = StatusOptions::new();
    options
        .show(StatusShow::Workdir)
        .include_untracked(true)
        .recurse_untracked_dirs(true)
        .exclude_submodules(true)
        .disable_pathspec_match(true);
    if inside.is_some() {
        options.pathspec(prefix);
    }
    let (mut untracked, mut deleted) = (Vec::new(), BTreeSet::new());
    for entry in repository.statuses(Some(&mut options))?.iter() {
        let path = entry.path_bytes().to_owned();
        if entry.status().is_wt_new() {
            untracked.push(path);
        } else if entry.status().is_wt_deleted() {
            deleted.insert(path);
        }
    }
    Ok(Changes { untracked, deleted })
}

/// The head's commit if the files found are exactly its files, the same marked as dirty if not, and
/// unversioned while there is no commit.
pub(super) fn revision(
    repository: &Repository,
    inside: Option<&RepoPath>,
    found: &[(String, Found)],
) -> Result<Revision, Damage> {
    let head = match repository.head() {
        Ok(head) => head.peel_to_commit()?,
        Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => {
            return Ok(Revision::Unversioned);
        }
        Err(error) => return Err(error.into()),
    };
    let mut committed = tree::ids(repository, &head.tree()?, inside)?;
    let id = tree::commit_id(head.id());
    for (path, found) in found {
        let same = match found {
            Found::Skipped(_) => {
                committed.remove(path);
                true
            }
            Found::File { blob, .. } => committed.remove(path) == Some(*blob),
        };
        if !same {
            return Ok(Revision::Dirty(id));
        }
    }
    Ok(if committed.is_empty() {
        Revision::Commit(id)
    } else {
        Revision::Dirty(id)
    })
}
