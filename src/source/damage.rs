//! Telling a repository that is damaged from one that merely lacks what was asked for.

use git2::ErrorClass;

use super::SourceError;

/// What can go wrong while objects and references are read from disk.
#[derive(Debug)]
pub(super) enum Damage {
    /// libgit2 could not read what must be there.
    Git(git2::Error),
    /// Everything could be read, and the answer is an error.
    Known(SourceError),
}

impl From<git2::Error> for Damage {
    fn from(error: git2::Error) -> Self {
        Self::Git(error)
    }
}

impl From<SourceError> for Damage {
    fn from(error: SourceError) -> Self {
        Self::Known(error)
    }
}

impl Damage {
    /// The error for the outside; `place` is the repository.
    pub(super) fn into_error(self, place: &str) -> SourceError {
        match self {
            Self::Known(error) => error,
            Self::Git(error) if is_damage(&error) => SourceError::Corrupt {
                place: place.to_owned(),
                detail: error.message().to_owned(),
            },
            Self::Git(error) => SourceError::Git {
                doing: format!("read {place}"),
                detail: error.message().to_owned(),
            },
        }
    }
}

/// Whether a new clone could help. Running out of files or memory, or a missing permission, is no
/// damage: a healthy mirror must not be thrown away for it.
fn is_damage(error: &git2::Error) -> bool {
    !matches!(
        error.class(),
        ErrorClass::Os | ErrorClass::NoMemory | ErrorClass::Thread | ErrorClass::Callback
    )
}

/// The error of opening a repository at `place`.
pub(super) fn open_error(error: &git2::Error, place: &str) -> SourceError {
    let place = place.to_owned();
    let message = error.message();
    if message.contains("unknown object format") {
        return SourceError::UnsupportedFormat {
            place,
            format: "SHA-256 object ids".to_owned(),
        };
    }
    if message.contains("extensions.refstorage") {
        return SourceError::UnsupportedFormat {
            place,
            format: "the reftable format for references".to_owned(),
        };
    }
    if message.contains("unsupported extension") || message.contains("unsupported repository") {
        return SourceError::UnsupportedFormat {
            place,
            format: message.to_owned(),
        };
    }
    match error.class() {
        ErrorClass::Os if error.code() != git2::ErrorCode::NotFound => SourceError::Read {
            path: place.into(),
            detail: message.to_owned(),
        },
        ErrorClass::Config | ErrorClass::Reference => SourceError::Corrupt {
            place,
            detail: message.to_owned(),
        },
        _ => SourceError::NotARepository { place },
    }
}
