//! Why a repository could not be read.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::model::RepoPath;
use crate::settings::SecretError;

/// Why there is no snapshot. Each message says what is wrong, where, and what to do.
///
/// None of these is "nothing is declared": who receives one knows nothing new and leaves everything as
/// it is. No variant holds a credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    #[error("cannot reach {place}: {detail}")]
    Unreachable { place: String, detail: String },
    #[error("{place} refused the credentials: {detail}; {hint}")]
    Authentication {
        place: String,
        detail: String,
        hint: &'static str,
    },
    #[error(
        "the host key of {place} is not in {known_hosts}; compare its fingerprint with the server's, \
         then add it (`ssh-keyscan` prints it)"
    )]
    HostKeyUnknown { place: String, known_hosts: String },
    #[error(
        "the host key of {place} is not the one in {known_hosts}: somebody may be in between, or the \
         server has a new key; compare its fingerprint with the server's before changing that file"
    )]
    HostKeyChanged { place: String, known_hosts: String },
    #[error(
        "the TLS certificate of {place} is not trusted: {detail}; if it is signed by your own authority, \
         set repository.tls.ca_file"
    )]
    Certificate { place: String, detail: String },
    #[error(
        "{place} says that there is no such repository; check repository.url, and that the credentials \
         may read it (many servers answer so to those who may not)"
    )]
    RepositoryNotFound { place: String },
    #[error("{place} does not speak Git: {detail}; check repository.url")]
    NotGit { place: String, detail: String },
    #[error("no answer from {place} within {} while waiting for {what}", seconds(*.after))]
    Timeout {
        place: String,
        what: &'static str,
        after: Duration,
    },
    #[error("repository.url {place} cannot be used: {detail}")]
    InvalidUrl { place: String, detail: String },

    #[error("{place} is not a Git repository")]
    NotARepository { place: String },
    #[error("{place} is a bare repository, without files on disk; name a commit with --rev")]
    Bare { place: String },
    #[error(
        "{place} uses {format}, which is not supported; convert it, or mirror it to a repository with \
         SHA-1 object ids and file references"
    )]
    UnsupportedFormat { place: String, format: String },
    #[error("{place} is damaged: {detail}; `git fsck` says more")]
    Corrupt { place: String, detail: String },

    #[error("{place} has no commit yet; push one to the branch {branch}")]
    NoCommits { place: String, branch: String },
    #[error(
        "{place} shows no references at all, though there were some; nothing is changed until it shows \
         them again"
    )]
    ReferencesVanished { place: String },
    #[error("{place} has no branch {branch}{}", list(.existing))]
    BranchMissing {
        place: String,
        branch: String,
        /// The branches that there are, the nearest name first.
        existing: Vec<String>,
    },
    #[error("{place} has no branch, tag or commit {rev}{}", list(.existing))]
    RevisionMissing {
        place: String,
        rev: String,
        /// Branches and tags that there are, the nearest name first.
        existing: Vec<String>,
    },
    #[error("there is no folder {path} in {place}; check repository.path")]
    PathMissing { place: String, path: RepoPath },
    #[error("{place} has no files; that is not taken for \"nothing is declared\"")]
    Empty { place: String },
    #[error(
        "{place} has more than {limit} files; set repository.path to a folder of it, or raise limits.files"
    )]
    TooManyFiles { place: String, limit: u64 },

    #[error("{0}")]
    Secret(String),
    #[error("cannot read {}: {detail}", path.display())]
    Read { path: PathBuf, detail: String },
    #[error("cannot write {}: {detail}", path.display())]
    Write { path: PathBuf, detail: String },
    #[error("cannot {doing}: {detail}")]
    Git { doing: String, detail: String },
    #[error("stopped")]
    Stopped,
}

impl SourceError {
    pub(super) fn read(path: impl Into<PathBuf>, error: &std::io::Error) -> Self {
        Self::Read {
            path: path.into(),
            detail: error.to_string(),
        }
    }

    pub(super) fn write(path: impl Into<PathBuf>, error: &std::io::Error) -> Self {
        Self::Write {
            path: path.into(),
            detail: error.to_string(),
        }
    }
}

impl From<SecretError> for SourceError {
    fn from(error: SecretError) -> Self {
        Self::Secret(error.to_string())
    }
}

/// `names`, the one most like `wanted` first; equally near ones in alphabetical order.
pub(super) fn nearest_first(wanted: &str, names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort();
    names.dedup();
    // `sort_by_cached_key` is stable, so the alphabetical order survives.
    names.sort_by_cached_key(|name| strsim::damerau_levenshtein(wanted, name));
    names
}

/// `; there are a, b, c` with at most five names.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 5;
    if names.is_empty() {
        return String::new();
    }
    let mut text = format!("; there are {}", names[..names.len().min(SHOWN)].join(", "));
    if names.len() > SHOWN {
        let _ = write!(text, " and {} more", names.len() - SHOWN);
    }
    text
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_exists_nearest_first() {
        let existing = ["release", "zebra", "master", "min"].map(str::to_owned);
        let error = SourceError::BranchMissing {
            place: "/srv/platform.git".to_owned(),
            branch: "main".to_owned(),
            existing: nearest_first("main", existing),
        };
        assert_eq!(
            error.to_string(),
            "/srv/platform.git has no branch main; there are min, master, zebra, release"
        );
    }

    #[test]
    fn lists_five_names_at_most() {
        let names: Vec<_> = (0..8).map(|n| format!("b{n}")).collect();
        assert!(list(&names).ends_with("b4 and 3 more"));
        assert_eq!(list(&[]), "");
    }
}
