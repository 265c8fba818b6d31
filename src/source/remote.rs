//! A repository elsewhere: one conversation with it brings the wanted commit into the mirror.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::{AutotagOption, Direction, ErrorClass, FetchOptions, Oid, RemoteCallbacks, Repository};
use tokio::runtime::Handle;

use crate::settings::{self, GitAuth, RepositoryUrl, Tls};

use super::damage::Damage;
use super::revision::{self, BRANCHES, TAGS};
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

/// A reference that the remote has.
struct Advertised {
    name: String,
    id: Oid,
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
            Kind::Https(url) | Kind::Ssh(url) => transport::url::without_userinfo(url),
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
            remote: self,
            mirror,
            context: &context,
            place: self.place(),
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

/// One fetch.
struct Fetch<'a> {
    remote: &'a Remote,
    mirror: &'a Repository,
    context: &'a Arc<Context>,
    place: String,
}

impl Fetch<'_> {
    fn head(&self, branch: &str) -> Result<Oid, Damage> {
        let name = format!("{BRANCHES}{branch}");
        self.converse(|advertised| {
            if advertised.is_empty() && has_branches(self.mirror)? {
                return Err(SourceError::ReferencesVanished {
                    place: self.place.clone(),
                }
                .into());
            }
            match advertised.iter().find(|found| found.name == name) {
                Some(found) => Ok(Some((found.id, vec![name.clone()]))),
                None => Err(revision::missing_branch(
                    branch,
                    &self.place,
                    advertised.iter().map(|found| found.name.as_str()),
                )
                .into()),
            }
        })?
        .map_or_else(
            || Err(SourceError::Stopped.into()),
            |id| {
                let commit = self.commit(id)?;
                remember(self.mirror, &name, commit)?;
                Ok(commit)
            },
        )
    }

    fn rev(&self, rev: &str) -> Result<Oid, Damage> {
        let candidates = revision::candidates(rev);
        let mut existing = Vec::new();
        let named = self.converse(|advertised| {
            existing = advertised.iter().map(|found| found.name.clone()).collect();
            let named = candidates
                .iter()
                .find_map(|name| advertised.iter().find(|found| found.name == *name));
            if let Some(found) = named {
                return Ok(Some((found.id, vec![found.name.clone()])));
            }
            if revision::may_be_commit(rev)
                && revision::of_commit(self.mirror, rev)?.is_none()
                && let Some(any) = advertised.first()
            {
                // A pattern needs a right side; nothing is written there by a download.
                let all = [BRANCHES, TAGS].map(|prefix| format!("{prefix}*:{prefix}*"));
                return Ok(Some((any.id, all.to_vec())));
            }
            Ok(None)
        })?;
        if let Some(id) = named.filter(|_| candidates.iter().any(|name| existing.contains(name))) {
            return self.commit(id);
        }
        if let Some(commit) = revision::of_commit(self.mirror, rev)? {
            return Ok(commit);
        }
        // Not reachable from any branch or tag: some servers give it by its id.
        if rev.len() == 40
            && let Ok(id) = Oid::from_str(rev)
            && self
                .converse(|_| Ok(Some((id, vec![rev.to_owned()]))))
                .is_ok()
            && let Some(commit) = revision::of_commit(self.mirror, rev)?
        {
            return Ok(commit);
        }
        let existing = existing.iter().map(String::as_str);
        Err(revision::missing_rev(rev, &self.place, existing).into())
    }

    /// Lists the remote's references and downloads what `choose` names: an id, and the references that
    /// bring it. What the mirror already has is not downloaded.
    fn converse(
        &self,
        choose: impl FnOnce(&[Advertised]) -> Result<Option<(Oid, Vec<String>)>, Damage>,
    ) -> Result<Option<Oid>, Damage> {
        let failed = |error| self.fault(error);
        let mut remote = self
            .mirror
            .remote_anonymous(&self.remote.url())
            .map_err(failed)?;
        let mut connection = remote
            .connect_auth(Direction::Fetch, Some(self.callbacks()), None)
            .map_err(failed)?;
        let advertised = advertised(&connection).map_err(failed)?;
        let Some((id, specs)) = choose(&advertised)? else {
            return Ok(None);
        };
        let whole = specs.iter().any(|spec| spec.ends_with('*'));
        if whole || !self.mirror.odb()?.exists(id) {
            let mut options = FetchOptions::new();
            options
                .remote_callbacks(self.callbacks())
                .download_tags(AutotagOption::None)
                .update_fetchhead(false);
            connection
                .remote()
                .download(&specs, Some(&mut options))
                .map_err(failed)?;
        }
        Ok(Some(id))
    }

    /// Stops the built-in transport for files too, which knows nothing of the context.
    fn callbacks(&self) -> RemoteCallbacks<'_> {
        let mut callbacks = RemoteCallbacks::new();
        callbacks.transfer_progress(|_| self.context.check().is_ok());
        callbacks.sideband_progress(|_| self.context.check().is_ok());
        callbacks
    }

    fn commit(&self, id: Oid) -> Result<Oid, Damage> {
        Ok(self.mirror.find_object(id, None)?.peel_to_commit()?.id())
    }

    /// What really went wrong: the transport's own account, if it has one; libgit2 only passes texts on,
    /// and sometimes those of a consequence.
    fn fault(&self, error: git2::Error) -> Damage {
        if let Some(failure) = self.context.failure() {
            return failure.into();
        }
        match error.class() {
            ErrorClass::Odb
            | ErrorClass::Object
            | ErrorClass::Zlib
            | ErrorClass::Tree
            | ErrorClass::Reference
            | ErrorClass::Repository => error.into(),
            _ => SourceError::Git {
                doing: format!("fetch from {}", self.place),
                detail: transport::clean(error.message()),
            }
            .into(),
        }
    }
}

/// The references that the remote shows. One whose name is not UTF-8 cannot be asked for, and is left out.
fn advertised(
    connection: &git2::RemoteConnection<'_, '_, '_>,
) -> Result<Vec<Advertised>, git2::Error> {
    let heads = connection.list()?;
    let owned = |head: &git2::RemoteHead<'_>| {
        // `name` panics on what is not UTF-8.
        let name =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| head.name().to_owned()))
                .ok()?;
        Some(Advertised {
            name,
            id: head.oid(),
        })
    };
    Ok(heads.iter().filter_map(owned).collect())
}

fn has_branches(mirror: &Repository) -> Result<bool, git2::Error> {
    Ok(mirror
        .references_glob(&format!("{BRANCHES}*"))?
        .next()
        .is_some())
}

/// Sets the mirror's only branch, from which the next negotiation starts.
fn remember(mirror: &Repository, name: &str, commit: Oid) -> Result<(), git2::Error> {
    for reference in mirror.references_glob(&format!("{BRANCHES}*"))? {
        let mut reference = reference?;
        // Another branch of earlier settings; `a` must go before `a/b` can be.
        if reference.name_bytes() != name.as_bytes() {
            reference.delete()?;
        }
    }
    let known = mirror.refname_to_id(name).ok();
    if known != Some(commit) {
        mirror.reference(name, commit, true, "fetched")?;
    }
    Ok(())
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
