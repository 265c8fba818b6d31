//! Reading files from disk: many at once, each once.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use git2::{ObjectType, Oid};
use rayon::prelude::*;

use crate::model::BlobId;
use crate::settings::Limits;

use super::SourceError;
use super::files::{LFS_POINTER_MAX, Skipped, is_candidate, is_lfs_pointer};
use super::tree::blob_id;

/// Something on disk that may become a file of the snapshot.
#[derive(Debug)]
pub(super) struct Candidate {
    /// Relative to what is read, with `/`; not UTF-8 was replaced.
    pub(super) path: String,
    /// Where it is.
    pub(super) file: PathBuf,
    /// What is already known to keep it out.
    pub(super) skipped: Option<Skipped>,
}

/// What a candidate turned out to be.
#[derive(Debug)]
pub(super) enum Found {
    File {
        blob: BlobId,
        size: u64,
        content: Content,
    },
    Skipped(Skipped),
}

/// A file's bytes, or where they are.
#[derive(Debug)]
pub(super) enum Content {
    /// Of a file that will most likely be asked for.
    Bytes(Vec<u8>),
    /// Of any other.
    File(PathBuf),
}

impl Content {
    /// The bytes, if they are still those of `blob`.
    pub(super) fn read(&self, blob: BlobId) -> Result<Vec<u8>, SourceError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.clone()),
            Self::File(path) => {
                let bytes = fs::read(path).map_err(|error| SourceError::read(path, &error))?;
                if hash(&bytes)? == blob {
                    return Ok(bytes);
                }
                Err(SourceError::Read {
                    path: path.clone(),
                    detail: "it was changed while it was being read; try again".to_owned(),
                })
            }
        }
    }
}

/// The one candidate that a file is.
pub(super) fn single(file: &Path) -> Vec<Candidate> {
    let name = file.file_name().unwrap_or_default();
    vec![Candidate {
        path: name.to_string_lossy().into_owned(),
        file: file.to_owned(),
        skipped: name.to_str().is_none().then_some(Skipped::NotUtf8),
    }]
}

/// Everything below a folder, without following symbolic links and without `.git`.
///
/// # Errors
/// Where a folder cannot be listed: what is in there would be unknown.
pub(super) fn walk(folder: &Path) -> Result<Vec<Candidate>, SourceError> {
    let mut candidates = Vec::new();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let failed = |error: io::Error| SourceError::read(&folder, &error);
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            if name == ".git" {
                continue;
            }
            let path = format!("{prefix}{}", name.to_string_lossy());
            if entry.file_type().map_err(failed)?.is_dir() {
                folders.push((entry.path(), format!("{path}/")));
                continue;
            }
            candidates.push(Candidate {
                skipped: path
                    .contains(char::REPLACEMENT_CHARACTER)
                    .then_some(Skipped::NotUtf8),
                path,
                file: entry.path(),
            });
        }
    }
    Ok(candidates)
}

/// Reads the candidates, in parallel; what is gone meanwhile or is no regular file is left out.
///
/// # Errors
/// Where a file is there and cannot be read.
pub(super) fn read(
    candidates: Vec<Candidate>,
    limits: &Limits,
) -> Result<Vec<(String, Found)>, SourceError> {
    let found: Result<Vec<_>, SourceError> = candidates
        .into_par_iter()
        .map(|candidate| {
            let found = read_one(&candidate, limits)?;
            Ok(found.map(|found| (candidate.path, found)))
        })
        .collect();
    Ok(found?.into_iter().flatten().collect())
}

fn read_one(candidate: &Candidate, limits: &Limits) -> Result<Option<Found>, SourceError> {
    if let Some(what) = candidate.skipped {
        return Ok(Some(Found::Skipped(what)));
    }
    let file = &candidate.file;
    let meta = match fs::symlink_metadata(file) {
        Ok(meta) => meta,
        Err(error) if is_gone(&error) => return Ok(None),
        Err(error) => return Err(SourceError::read(file, &error)),
    };
    if meta.is_symlink() {
        return Ok(Some(Found::Skipped(Skipped::SymbolicLink)));
    }
    if !meta.is_file() {
        return Ok(None);
    }
    if meta.len() > limits.file_size {
        return Ok(Some(Found::Skipped(Skipped::TooLarge(meta.len()))));
    }
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if is_gone(&error) => return Ok(None),
        Err(error) => return Err(SourceError::read(file, &error)),
    };
    let (blob, size) = (hash(&bytes)?, bytes.len() as u64);
    let wanted = is_candidate(&candidate.path);
    if wanted && size <= LFS_POINTER_MAX && is_lfs_pointer(&bytes) {
        return Ok(Some(Found::Skipped(Skipped::LfsPointer)));
    }
    let content = if wanted {
        Content::Bytes(bytes)
    } else {
        Content::File(file.clone())
    };
    Ok(Some(Found::File {
        blob,
        size,
        content,
    }))
}

fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// The id that Git gives these bytes.
fn hash(bytes: &[u8]) -> Result<BlobId, SourceError> {
    Oid::hash_object(ObjectType::Blob, bytes)
        .map(blob_id)
        .map_err(|error| SourceError::Git {
            doing: "hash a file".to_owned(),
            detail: error.message().to_owned(),
        })
}
