//! What went wrong with a request, and what follows from it.

use crate::provider::http::{HttpError, HttpFault};

/// A request that failed, or an answer that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::provider::grafana) enum ApiError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("{0}")]
    Answer(String),
    /// The server has more than it shows to this credential.
    #[error("{0}")]
    Hidden(String),
}

impl ApiError {
    fn status(&self) -> Option<(u16, &str)> {
        match self {
            Self::Http(HttpError {
                fault: HttpFault::Status { status, words, .. },
                ..
            }) => Some((*status, words)),
            Self::Http(_) | Self::Answer(_) | Self::Hidden(_) => None,
        }
    }

    /// The API's own "no such thing": it names what is not there. A wrong address, or a proxy, does not.
    pub(in crate::provider::grafana) fn is_absent(&self) -> bool {
        self.status().is_some_and(|(status, words)| {
            let words = words.to_ascii_lowercase();
            status == 404
                && words != "not found"
                && words.ends_with("not found")
                && !words.contains("html page")
        })
    }

    /// There is no such part of the API here, in the API's own words: a proxy's page says nothing about it.
    pub(in crate::provider::grafana) fn is_missing_api(&self) -> bool {
        self.status().is_some_and(|(status, words)| {
            let words = words.trim().to_ascii_lowercase();
            status == 404 && (words == "not found" || words == "404 page not found")
        })
    }

    /// Somebody was quicker: it exists already, or has another version.
    pub(in crate::provider::grafana) fn is_conflict(&self) -> bool {
        self.status()
            .is_some_and(|(status, _)| matches!(status, 409 | 412))
    }

    pub(in crate::provider::grafana) fn is_forbidden(&self) -> bool {
        matches!(self, Self::Hidden(_))
            || self
                .status()
                .is_some_and(|(status, _)| matches!(status, 401 | 403))
    }

    /// The write may have had its effect.
    pub(in crate::provider::grafana) fn is_open(&self) -> bool {
        match self {
            Self::Http(HttpError { fault, .. }) => match fault {
                HttpFault::Timeout { .. }
                | HttpFault::Broken(_)
                | HttpFault::Html { .. }
                | HttpFault::TooLarge { .. }
                | HttpFault::NotJson(_) => true,
                HttpFault::Status { status, .. } => *status >= 500,
                HttpFault::Setup(_)
                | HttpFault::Secret(_)
                | HttpFault::Connect(_)
                | HttpFault::Redirect { .. } => false,
            },
            Self::Answer(_) => true,
            Self::Hidden(_) => false,
        }
    }

    /// SQLite under load, of which older servers only say what they failed to do (7.5 and 9.3, observed).
    pub(in crate::provider::grafana) fn is_locked(&self) -> bool {
        self.status().is_some_and(|(status, words)| {
            let words = words.to_ascii_lowercase();
            status >= 500
                && (words.contains("database is locked")
                    || words == "failed to save dashboard"
                    || words == "failed to delete dashboard")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn status(status: u16, words: &str) -> ApiError {
        ApiError::Http(HttpError {
            method: "GET",
            url: "http://g/x".to_owned(),
            fault: HttpFault::Status {
                status,
                words: words.to_owned(),
                retry_after: None,
            },
        })
    }

    #[rstest]
    #[case(404, "Dashboard not found", true)]
    #[case(404, "folders.folder.grafana.app \"x\" not found", true)]
    #[case(404, "Not found", false)]
    #[case(404, "the server could not find the requested resource", false)]
    #[case(404, "an HTML page (\"404 Not Found\"), as a proxy sends it", false)]
    #[case(403, "folder not found", false)]
    fn absence_is_what_the_api_says(#[case] code: u16, #[case] words: &str, #[case] absent: bool) {
        assert_eq!(status(code, words).is_absent(), absent);
    }

    #[test]
    fn a_locked_database_passes() {
        assert!(status(500, "database is locked").is_locked());
        assert!(!status(500, "internal error").is_locked());
    }
}
