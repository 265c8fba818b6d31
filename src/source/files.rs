//! What of a tree or folder becomes a file of the snapshot, and what is said about the rest.

use std::collections::BTreeMap;

use crate::model::{BlobId, Code, Diagnostic, Entry, Place, RepoPath};
use crate::settings::Limits;

use super::SourceError;

/// What a pointer file of Git LFS begins with.
const LFS_SIGNATURE: &[u8] = b"version https://git-lfs.github.com/spec/";

/// A pointer is about 130 bytes. Only files up to this size are looked into for the signature, so that
/// listing a repository does not read all of it.
pub(super) const LFS_POINTER_MAX: u64 = 512;

/// Collects a snapshot's files in any order.
pub(super) struct Files<'a> {
    limits: &'a Limits,
    place: String,
    count: u64,
    found: Vec<(RepoPath, Entry)>,
    diagnostics: Vec<Diagnostic>,
}

/// What there is beside regular files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Skipped {
    SymbolicLink,
    Submodule,
    LfsPointer,
    NotUtf8,
    TooLarge(u64),
}

impl<'a> Files<'a> {
    /// `place` names the tree in errors.
    pub(super) fn new(limits: &'a Limits, place: String) -> Self {
        Self {
            limits,
            place,
            count: 0,
            found: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    /// Whether a file of this size is left out; says so where it matters.
    pub(super) fn is_too_large(&mut self, path: &str, size: u64) -> bool {
        let too_large = size > self.limits.file_size;
        if too_large {
            self.skip(path, Skipped::TooLarge(size));
        }
        too_large
    }

    /// Adds a regular file.
    ///
    /// # Errors
    /// Beyond `limits.files`.
    pub(super) fn add(&mut self, path: &str, blob: BlobId, size: u64) -> Result<(), SourceError> {
        self.count += 1;
        if self.count > self.limits.files {
            return Err(SourceError::TooManyFiles {
                place: self.place.clone(),
                limit: self.limits.files,
            });
        }
        if let Some(path) = RepoPath::new(path) {
            self.found.push((path, Entry { blob, size }));
        }
        Ok(())
    }

    /// Notes that something is not read, where its name says that it could declare something.
    pub(super) fn skip(&mut self, path: &str, what: Skipped) {
        let Some(path) = RepoPath::new(path) else {
            return;
        };
        let matters = is_candidate(path.as_str()) || what == Skipped::Submodule;
        if !matters || path.is_hidden() {
            return;
        }
        let place = Place::whole(path);
        self.diagnostics.push(match what {
            Skipped::SymbolicLink => {
                Diagnostic::warning(Code::SymbolicLink, place, "a symbolic link is not followed")
                    .with_hint("put the file itself here, or name its real path")
            }
            Skipped::Submodule => {
                Diagnostic::info(Code::Submodule, place, "a submodule is not read")
                    .with_hint("copy the files into this repository if they belong to it")
            }
            Skipped::LfsPointer => Diagnostic::warning(
                Code::LfsPointer,
                place,
                "this is a pointer of Git LFS, not the file",
            )
            .with_hint("take the file out of LFS (`git lfs untrack`)"),
            Skipped::NotUtf8 => {
                Diagnostic::warning(Code::NotUtf8, place, "the file's name is not UTF-8")
                    .with_hint("rename the file")
            }
            Skipped::TooLarge(size) => Diagnostic::warning(
                Code::FileTooLarge,
                place,
                format!(
                    "the file has {size} bytes; at most {} are read",
                    self.limits.file_size
                ),
            )
            .with_hint("split the file, or raise limits.file_size"),
        });
    }

    /// The files and diagnostics, the latter in a fixed order.
    ///
    /// # Errors
    /// Where there is no file at all.
    pub(super) fn finish(
        mut self,
    ) -> Result<(BTreeMap<RepoPath, Entry>, Vec<Diagnostic>), SourceError> {
        if self.found.is_empty() {
            return Err(SourceError::Empty { place: self.place });
        }
        self.diagnostics.sort();
        Ok((self.found.into_iter().collect(), self.diagnostics))
    }
}

/// Whether a file's name says that it may declare something.
pub(super) fn is_candidate(path: &str) -> bool {
    let end = path.rsplit_once('.').map(|(_, end)| end);
    matches!(end, Some("yaml" | "yml" | "json"))
}

/// Whether the bytes are a pointer file of Git LFS.
pub(super) fn is_lfs_pointer(bytes: &[u8]) -> bool {
    bytes.starts_with(LFS_SIGNATURE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        file_size: 10,
        files: 2,
    };
    const BLOB: BlobId = BlobId([0; 20]);

    fn files() -> Files<'static> {
        Files::new(&LIMITS, "somewhere".to_owned())
    }

    #[test]
    fn nothing_is_an_error() {
        assert_eq!(
            files().finish().unwrap_err(),
            SourceError::Empty {
                place: "somewhere".to_owned()
            }
        );
    }

    #[test]
    fn too_many_is_an_error() {
        let mut files = files();
        files.add("a", BLOB, 1).unwrap();
        files.add("b", BLOB, 1).unwrap();
        let error = files.add("c", BLOB, 1).unwrap_err();
        assert!(matches!(error, SourceError::TooManyFiles { limit: 2, .. }));
    }

    #[test]
    fn says_only_what_could_matter() {
        let mut files = files();
        for path in ["a.png", ".hidden/a.yaml", "a.yaml", "b.json", "c.yml"] {
            files.skip(path, Skipped::SymbolicLink);
        }
        assert!(files.is_too_large("large.yaml", 11));
        assert!(!files.is_too_large("small.yaml", 10));
        files.skip("vendor/lib", Skipped::Submodule);
        files.add("x", BLOB, 1).unwrap();
        let (_, diagnostics) = files.finish().unwrap();
        let said: Vec<_> = diagnostics
            .iter()
            .map(|d| (d.place.as_ref().unwrap().file.as_str(), d.code.as_str()))
            .collect();
        assert_eq!(
            said,
            [
                ("a.yaml", "symbolic_link"),
                ("b.json", "symbolic_link"),
                ("c.yml", "symbolic_link"),
                ("large.yaml", "file_too_large"),
                ("vendor/lib", "submodule"),
            ]
        );
    }
}
