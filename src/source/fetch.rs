//! One conversation with a remote, which brings the wanted commit into the mirror.

use git2::{AutotagOption, Direction, ErrorClass, FetchOptions, Oid, RemoteCallbacks, Repository};

use super::SourceError;
use super::damage::Damage;
use super::revision::{self, BRANCHES, TAGS};
use super::transport::{self, Context};

/// A conversation under way.
pub(super) struct Fetch<'a> {
    pub(super) url: &'a str,
    /// How the remote is called in messages.
    pub(super) place: &'a str,
    pub(super) mirror: &'a Repository,
    pub(super) context: &'a Context,
}

/// A reference that the remote has.
struct Advertised {
    name: String,
    id: Oid,
}

/// What to do about the remote's references.
struct Choice<T> {
    /// The references to download with all that they reach, or a commit's id.
    download: Vec<String>,
    /// What comes of it.
    result: T,
}

impl Fetch<'_> {
    /// Brings the head of a branch.
    pub(super) fn head(&self, branch: &str) -> Result<Oid, Damage> {
        let name = format!("{BRANCHES}{branch}");
        let id = self.converse(|advertised| {
            if advertised.is_empty() && has_branches(self.mirror)? {
                return Err(SourceError::ReferencesVanished {
                    place: self.place.to_owned(),
                }
                .into());
            }
            let found = advertised.iter().find(|found| found.name == name);
            let found = found.ok_or_else(|| {
                let names = advertised.iter().map(|found| found.name.as_str());
                revision::missing_branch(branch, self.place, names)
            })?;
            self.unless_known(found)
        })?;
        let commit = revision::peel(self.mirror, id, branch)?;
        remember(self.mirror, &name, commit)?;
        Ok(commit)
    }

    /// Brings the commit that `rev` names: a branch, a tag, a full reference or a commit, in this order.
    pub(super) fn rev(&self, rev: &str) -> Result<Oid, Damage> {
        let mut existing = Vec::new();
        let named = self.converse(|advertised| {
            existing = advertised.iter().map(|found| found.name.clone()).collect();
            let candidates = revision::candidates(rev);
            let mut named = candidates
                .iter()
                .filter_map(|name| advertised.iter().find(|found| found.name == *name));
            if let Some(found) = named.next() {
                let Choice { download, result } = self.unless_known(found)?;
                return Ok(Choice {
                    download,
                    result: Some(result),
                });
            }
            // It may be a commit that some branch or tag reaches.
            let bring_all =
                revision::may_be_commit(rev) && revision::of_commit(self.mirror, rev)?.is_none();
            // A pattern needs a right side; a download writes nothing there.
            let all = [BRANCHES, TAGS].map(|prefix| format!("{prefix}*:{prefix}*"));
            Ok(Choice {
                download: if bring_all { all.to_vec() } else { Vec::new() },
                result: None,
            })
        })?;
        if let Some(id) = named {
            return revision::peel(self.mirror, id, rev);
        }
        if let Some(commit) = revision::of_commit(self.mirror, rev)? {
            return Ok(commit);
        }
        if let Some(commit) = self.loose(rev)? {
            return Ok(commit);
        }
        let existing = existing.iter().map(String::as_str);
        Err(revision::missing_rev(rev, self.place, existing).into())
    }

    /// Brings a commit that no branch or tag reaches, by its full id, from servers that allow it.
    fn loose(&self, rev: &str) -> Result<Option<Oid>, Damage> {
        if rev.len() != 40 || !revision::may_be_commit(rev) {
            return Ok(None);
        }
        let asked = self.converse(|_| {
            Ok(Choice {
                download: vec![rev.to_owned()],
                result: (),
            })
        });
        match asked {
            Ok(()) => revision::of_commit(self.mirror, rev),
            // The server's way of saying no.
            Err(Damage::Known(SourceError::Git { .. } | SourceError::NotGit { .. })) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// The choice of one reference; what the mirror already has is not downloaded.
    fn unless_known(&self, found: &Advertised) -> Result<Choice<Oid>, Damage> {
        let known = self.mirror.odb()?.exists(found.id);
        Ok(Choice {
            download: if known {
                Vec::new()
            } else {
                vec![found.name.clone()]
            },
            result: found.id,
        })
    }

    /// Lists the remote's references, and downloads what `choose` makes of them.
    fn converse<T>(
        &self,
        choose: impl FnOnce(&[Advertised]) -> Result<Choice<T>, Damage>,
    ) -> Result<T, Damage> {
        let failed = |error| self.fault(error);
        let mut remote = self.mirror.remote_anonymous(self.url).map_err(failed)?;
        let mut connection = remote
            .connect_auth(Direction::Fetch, Some(self.callbacks()), None)
            .map_err(failed)?;
        let advertised = advertised(&connection).map_err(failed)?;
        let Choice { download, result } = choose(&advertised)?;
        if !download.is_empty() {
            let mut options = FetchOptions::new();
            options
                .remote_callbacks(self.callbacks())
                .download_tags(AutotagOption::None)
                .update_fetchhead(false);
            connection
                .remote()
                .download(&download, Some(&mut options))
                .map_err(failed)?;
        }
        Ok(result)
    }

    /// Stops the built-in transport for files too, which knows nothing of the context.
    fn callbacks(&self) -> RemoteCallbacks<'_> {
        let mut callbacks = RemoteCallbacks::new();
        callbacks.transfer_progress(|_| self.context.check().is_ok());
        callbacks.sideband_progress(|_| self.context.check().is_ok());
        callbacks
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
