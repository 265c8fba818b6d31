//! The order to a server to read its files again, and what becomes of it.

use std::fmt;

use super::http::{HttpError, HttpFault};

/// What became of an order to reload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reload {
    /// The server runs the new files.
    Accepted,
    /// The server looked at them and refused; the old ones keep running.
    Refused(String),
    /// It was not carried out, whatever is in the files.
    NotDone(String),
    /// Nobody knows.
    Unknown(String),
}

impl Reload {
    /// What an error means; `words` gives those of a refusal.
    pub(super) fn of(error: &HttpError, words: impl FnOnce() -> String) -> Self {
        match &error.fault {
            HttpFault::Status { status, .. } => match status {
                401 | 403 | 404 | 405 => Self::NotDone(error.to_string()),
                // What a proxy says for a server that did not answer it.
                429 | 502 | 503 | 504 => Self::Unknown(error.to_string()),
                _ => Self::Refused(words()),
            },
            HttpFault::Setup(_)
            | HttpFault::Secret(_)
            | HttpFault::Connect(_)
            | HttpFault::Redirect { .. } => Self::NotDone(error.to_string()),
            HttpFault::Timeout { .. }
            | HttpFault::Broken(_)
            | HttpFault::TooLarge { .. }
            | HttpFault::Html { .. }
            | HttpFault::NotJson(_) => Self::Unknown(error.to_string()),
        }
    }

    /// With other words.
    pub(super) fn map(self, change: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Accepted => Self::Accepted,
            Self::Refused(words) => Self::Refused(change(words)),
            Self::NotDone(words) => Self::NotDone(change(words)),
            Self::Unknown(words) => Self::Unknown(change(words)),
        }
    }
}

impl fmt::Display for Reload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("accepted"),
            Self::Refused(words) | Self::NotDone(words) | Self::Unknown(words) => {
                f.write_str(words)
            }
        }
    }
}
