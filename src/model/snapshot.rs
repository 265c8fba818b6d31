//! One state of the platform repository: which files it has, by content.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::{Diagnostic, RepoPath};

/// A blob's id as Git computes it (SHA-1 of header and content).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(pub [u8; 20]);

/// A commit's id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(pub [u8; 20]);

macro_rules! hex_id {
    ($name:ident) => {
        impl $name {
            /// Reads 40 hexadecimal digits.
            pub fn parse(text: &str) -> Option<Self> {
                let digits = text.as_bytes();
                if digits.len() != 40 {
                    return None;
                }
                let mut bytes = [0; 20];
                for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
                    let high = char::from(pair[0]).to_digit(16)?;
                    let low = char::from(pair[1]).to_digit(16)?;
                    *byte = u8::try_from(high * 16 + low).ok()?;
                }
                Some(Self(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }
    };
}

hex_id!(BlobId);
hex_id!(CommitId);

impl CommitId {
    /// The first eight digits, for people.
    pub fn short(&self) -> String {
        self.to_string()[..8].to_owned()
    }
}

/// What state of the repository a snapshot shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Revision {
    Commit(CommitId),
    /// A work tree that differs from its head.
    Dirty(CommitId),
    /// A plain folder, or a work tree without a commit.
    Unversioned,
}

impl Revision {
    pub fn commit(&self) -> Option<CommitId> {
        match self {
            Self::Commit(id) | Self::Dirty(id) => Some(*id),
            Self::Unversioned => None,
        }
    }

    /// `<id>`, `<id>+dirty`, or `None` without Git.
    pub fn to_text(self) -> Option<String> {
        match self {
            Self::Commit(id) => Some(id.to_string()),
            Self::Dirty(id) => Some(format!("{id}+dirty")),
            Self::Unversioned => None,
        }
    }
}

/// A file of a snapshot. `size` in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub blob: BlobId,
    pub size: u64,
}

/// Which files there are; their bytes are read from the source by blob where they are needed.
///
/// A snapshot is never empty: an empty repository is an error of the source, so that it cannot be
/// taken for "nothing is declared".
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The repository's name in the settings.
    pub repository: Arc<str>,
    pub revision: Revision,
    pub files: BTreeMap<RepoPath, Entry>,
    /// What was skipped and why: symbolic links, submodules, names that are not UTF-8.
    pub diagnostics: Vec<Diagnostic>,
}

impl Snapshot {
    /// What is there, but not as a file that can be read: too large, a pointer, a link; with the reason.
    pub fn refused(&self) -> impl Iterator<Item = (&RepoPath, &Diagnostic)> {
        self.diagnostics.iter().filter_map(|diagnostic| {
            let place = diagnostic.place.as_ref()?;
            Some((&place.file, diagnostic))
        })
    }
}

/// What people need to know of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    pub id: CommitId,
    /// Name of the author, without the address.
    pub author: String,
    /// First line of the message.
    pub subject: String,
    /// `Key: value` lines of the message's last paragraph, in order.
    pub trailers: Vec<(String, String)>,
}
