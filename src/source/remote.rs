//! A repository elsewhere: one conversation with it brings the wanted commit into the mirror.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::{Oid, Repository};
use tokio::runtime::Handle;

use crate::settings::{self, GitAuth, RepositoryUrl, Tls};

use super::damage::Damage;
use super::fetch::Fetch;
use super::revision;
use super::transport::{self, Access, Context};
use super::worker::Cancel;
use super::{Scope, SourceError, Timeouts, Want, in_place};

/// What the URL of the settings leads to.
pub(super) enum Origin {
    InPlace(PathBuf),
    Remote(Remote),
}

/// Where a repository is and how to get at it.
pub(super) struct Remote {
    kind: Kind,
    auth: Option<GitAuth>,
    tls: Tls,
    timeouts: Timeouts,
    handle: Handle,
}

enum Kind {
    Https(String),
    Ssh(String),
    File(PathBuf),
}

impl Origin {
    pub(super) fn of(
        repository: &settings::Repository,
        timeouts: Timeouts,
        handle: Handle,
    ) -> Self {
        let kind = match &repository.url {
            RepositoryUrl::Https(url) => Kind::Https(url.clone()),
            RepositoryUrl::Ssh(url) => Kind::Ssh(url.clone()),
            RepositoryUrl::File(path) => Kind::File(path.clone()),
            RepositoryUrl::Local(path) => return Self::InPlace(path.clone()),
        };
        Self::Remote(Remote {
            kind,
            auth: repository.auth.clone(),
            tls: repository.tls.clone(),
            timeouts,
            handle,
        })
    }
}

impl Remote {
    /// How the remote is called in messages.
    pub(super) fn place(&self) -> String {
        match &self.kind {
            Kind::Https(url) | Kind::Ssh(url) => transport::without_userinfo(url),
            Kind::File(path) => path.display().to_string(),
        }
    }

    /// What libgit2 is given, and what the mirror remembers.
    pub(super) fn url(&self) -> String {
        match &self.kind {
            Kind::Https(url) | Kind::Ssh(url) => url.clone(),
            Kind::File(path) => file_url(path),
        }
    }

    /// Brings the wanted commit, with all that it reaches, into `mirror`. References of the mirror are
    /// never pruned after what the remote shows; they only help the next negotiation.
    pub(super) fn fetch(
        &self,
        mirror: &Repository,
        want: &Want,
        scope: &Scope,
        cancel: &Cancel,
    ) -> Result<Oid, Damage> {
        if let Want::Rev(rev) = want
            && rev.len() == 40
            && let Some(commit) = revision::of_commit(mirror, rev)?
        {
            return Ok(commit);
        }
        let context = self.context(cancel)?;
        let fetch = Fetch {
            url: &self.url(),
            place: &self.place(),
            mirror,
            context: &context,
        };
        let _entered = transport::enter(context.clone());
        match want {
            Want::Head => fetch.head(&scope.branch),
            Want::Rev(rev) => fetch.rev(rev),
        }
    }

    /// What the transports need; secrets and certificates are read anew, so that new ones are used.
    fn context(&self, cancel: &Cancel) -> Result<Arc<Context>, SourceError> {
        let access = match &self.kind {
            Kind::File(path) => {
                // Opened only for its errors, which say more than a failed fetch.
                in_place::open(path)?;
                Access::None
            }
            Kind::Https(url) => {
                transport::https::access(url, self.auth.as_ref(), &self.tls, &self.timeouts)?
            }
            Kind::Ssh(url) => transport::ssh::access(url, self.auth.as_ref())?,
        };
        Ok(Arc::new(Context::new(
            self.place(),
            access,
            self.timeouts.clone(),
            self.handle.clone(),
            cancel.clone(),
        )))
    }
}

/// A `file://` URL, since libgit2 takes a bare path with a colon for ssh.
fn file_url(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut url = "file://".to_owned();
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(byte) {
            url.push(char::from(*byte));
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_url_that_reads_back() {
        let url = file_url(Path::new("/srv/a b:c%/platform.git"));
        assert_eq!(url, "file:///srv/a%20b%3Ac%25/platform.git");
    }
}
