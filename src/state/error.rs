//! What can be wrong with the state file, and what to do about it.

use std::path::PathBuf;

/// The state could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error(
        "the state file {} is in use by {}: only one trueup may apply with it at a time; stop that one, \
         or give this one a state file of its own (state.path)",
        path.display(),
        holder.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
    )]
    Locked {
        path: PathBuf,
        /// Process id, where the holder has written it.
        holder: Option<u32>,
    },
    #[error(
        "the state file {} has schema {found}, and this version of trueup knows up to {known}: run the \
         newer version, or move the file away to start afresh (what is live is recognised by its markers)",
        path.display()
    )]
    Newer {
        path: PathBuf,
        found: i64,
        known: i64,
    },
    #[error("{} is an SQLite file of another program: set state.path to a file of trueup's own", path.display())]
    Foreign { path: PathBuf },
    #[error(
        "the state file {} is damaged ({detail}): move it and its -wal and -shm files away, and start \
         again; the inventory is rebuilt from the markers of what is live",
        path.display()
    )]
    Corrupt { path: PathBuf, detail: String },
    #[error("cannot {action} {}: {error}", path.display())]
    Io {
        /// Verb and object: `create the folder`.
        action: &'static str,
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("the state file holds {what}, which this version of trueup cannot read")]
    Unreadable { what: String },
    #[error("the state file failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

impl StateError {
    /// Names the file where SQLite says that its content is at fault.
    pub(super) fn opening(path: &std::path::Path, error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{CannotOpen, DatabaseCorrupt, NotADatabase, PermissionDenied};
        match error.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => Self::Corrupt {
                path: path.to_owned(),
                detail: error.to_string(),
            },
            Some(CannotOpen | PermissionDenied) => Self::Io {
                action: "open the state file",
                path: path.to_owned(),
                error: std::io::Error::other(error.to_string()),
            },
            _ => Self::Sqlite(error),
        }
    }
}
