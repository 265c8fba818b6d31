//! A bare copy of a remote repository on this machine.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use git2::{Repository, RepositoryInitOptions};
use tempfile::TempDir;

use crate::model::{BlobId, Commit, CommitId, Snapshot};
use crate::settings::Limits;

use super::damage::Damage;
use super::remote::Remote;
use super::worker::{Cancel, Store};
use super::{Scope, SourceError, Want, blobs, history, packs, tree};

/// Where the mirror remembers what it is a mirror of.
const URL_KEY: &str = "trueup.url";

/// Where the copy lies.
pub(super) enum Home {
    /// Kept between runs; ours alone.
    Kept(PathBuf),
    /// Gone with the handle. It borrows the objects of the mirror at `lender`, if there is one, and never
    /// writes there.
    Temporary { lender: PathBuf },
}

pub(super) struct Mirror {
    remote: Remote,
    home: Home,
    scope: Scope,
    limits: Limits,
    cancel: Cancel,
    // Before `folder`, so that it is closed before its files are deleted.
    repository: Option<Repository>,
    folder: Option<TempDir>,
}

impl Mirror {
    pub(super) fn new(
        remote: Remote,
        home: Home,
        scope: Scope,
        limits: Limits,
        cancel: Cancel,
    ) -> Self {
        Self {
            remote,
            home,
            scope,
            limits,
            cancel,
            repository: None,
            folder: None,
        }
    }

    /// Runs `read`; where the mirror turns out to be damaged it is cloned again, and `read` is given one
    /// more chance.
    fn with_repair<T>(
        &mut self,
        mut read: impl FnMut(&Self, &Repository) -> Result<T, Damage>,
    ) -> Result<T, SourceError> {
        match self.attempt(&mut read) {
            Err(SourceError::Corrupt { .. }) => {
                self.clone_again()?;
                self.attempt(&mut read)
            }
            result => result,
        }
    }

    fn attempt<T>(
        &mut self,
        read: &mut impl FnMut(&Self, &Repository) -> Result<T, Damage>,
    ) -> Result<T, SourceError> {
        let repository = match self.repository.take() {
            Some(repository) => repository,
            None => self.open()?,
        };
        let result = read(self, &repository).map_err(|damage| damage.into_error(&self.place()));
        self.repository = Some(repository);
        result
    }

    fn fetch(&self, repository: &Repository, want: &Want) -> Result<git2::Oid, Damage> {
        self.remote
            .fetch(repository, want, &self.scope, &self.cancel)
    }

    fn place(&self) -> String {
        match &self.home {
            Home::Kept(path) => format!("the mirror {}", path.display()),
            Home::Temporary { .. } => format!("the copy of {}", self.remote.place()),
        }
    }

    /// Opens the copy, or makes an empty one.
    fn open(&mut self) -> Result<Repository, SourceError> {
        match &self.home {
            Home::Kept(path) => open_kept(path, &self.remote.url()),
            Home::Temporary { lender } => {
                if self.folder.is_none() {
                    let folder = temporary_folder()?;
                    borrow_objects(&create(folder.path(), &self.remote.url())?, lender)?;
                    self.folder = Some(folder);
                }
                // Opened only now, since borrowed objects are looked for at opening.
                let path = self.folder.as_ref().map_or(Path::new(""), TempDir::path);
                Repository::open_bare(path)
                    .map_err(|error| failed("open a temporary repository", &error))
            }
        }
    }

    /// Keeps the packs of a kept mirror few. Where that fails nothing is lost, and the next fetch tries
    /// again.
    fn tidy(&mut self) {
        if let (Home::Kept(_), Some(repository)) = (&self.home, &self.repository)
            && packs::join_if_many(repository).unwrap_or(false)
        {
            // Opened anew, without the packs that are gone.
            self.repository = None;
        }
    }

    /// Puts a new clone in the place of the copy. Until it is complete the old one stays: what is at fault
    /// may be the remote, or the network may be down, and part of the old one can still be read.
    fn clone_again(&mut self) -> Result<(), SourceError> {
        self.repository = None;
        let url = self.remote.url();
        let clone = |path: &Path| {
            let fresh = create(path, &url)?;
            self.fetch(&fresh, &Want::Head)
                .map_err(|damage| damage.into_error(&self.remote.place()))
        };
        match &self.home {
            Home::Kept(path) => {
                let beside = path.with_extension("git.new");
                remove(&beside)?;
                clone(&beside)?;
                remove(path)?;
                fs::rename(&beside, path).map_err(|error| SourceError::write(path, &error))
            }
            Home::Temporary { .. } => {
                // Without what was borrowed, which may be what is damaged.
                let folder = temporary_folder()?;
                clone(folder.path())?;
                self.folder = Some(folder);
                Ok(())
            }
        }
    }
}

impl Store for Mirror {
    fn snapshot(&mut self, want: &Want) -> Result<Snapshot, SourceError> {
        let snapshot = self.with_repair(|mirror, repository| {
            let commit = mirror.fetch(repository, want)?;
            let place = mirror.remote.place();
            tree::snapshot(repository, commit, &mirror.scope, &mirror.limits, &place)
        })?;
        self.tidy();
        Ok(snapshot)
    }

    fn read(&mut self, blobs: &[BlobId]) -> Result<Vec<Option<Vec<u8>>>, SourceError> {
        self.with_repair(|_, repository| blobs::read(repository, blobs))
    }

    fn commits(
        &mut self,
        after: Option<CommitId>,
        upto: CommitId,
    ) -> Result<Vec<Commit>, SourceError> {
        self.with_repair(|mirror, repository| {
            history::commits(repository, after, upto, &mirror.remote.place())
        })
    }

    fn touched(&mut self, path: &str, upto: CommitId) -> Result<Option<Commit>, SourceError> {
        self.with_repair(|_, repository| history::touched(repository, path, upto))
    }
}

/// The mirror at `path` if it is one of `url`, else a new one in its place.
fn open_kept(path: &Path, url: &str) -> Result<Repository, SourceError> {
    if path.exists() {
        let known = Repository::open_bare(path).and_then(|repository| {
            let same = repository.config()?.get_string(URL_KEY)? == url;
            Ok(same.then_some(repository))
        });
        match known {
            Ok(Some(repository)) => {
                // Leftovers do no harm but for the space they take.
                let _ = packs::sweep(path);
                return Ok(repository);
            }
            Err(error) if error.class() == git2::ErrorClass::Os => {
                return Err(failed(
                    &format!("open the mirror {}", path.display()),
                    &error,
                ));
            }
            // Another repository's, or no mirror at all.
            Ok(None) | Err(_) => remove(path)?,
        }
    }
    create(path, url)
}

fn create(path: &Path, url: &str) -> Result<Repository, SourceError> {
    fs::create_dir_all(path).map_err(|error| SourceError::write(path, &error))?;
    let mut options = RepositoryInitOptions::new();
    options.bare(true).external_template(false);
    let doing = format!("make the mirror {}", path.display());
    let repository =
        Repository::init_opts(path, &options).map_err(|error| failed(&doing, &error))?;
    repository
        .config()
        .and_then(|mut config| config.set_str(URL_KEY, url))
        .map_err(|error| failed(&doing, &error))?;
    Ok(repository)
}

/// Lets `repository` use the objects of the mirror `lender`, and start its negotiations from what is there.
fn borrow_objects(repository: &Repository, lender: &Path) -> Result<(), SourceError> {
    let Ok(objects) = lender.join("objects").canonicalize() else {
        // No mirror yet, or one that is just being replaced: nothing to borrow.
        return Ok(());
    };
    let list = repository.path().join("objects/info/alternates");
    fs::create_dir_all(repository.path().join("objects/info"))
        .and_then(|()| fs::write(&list, format!("{}\n", objects.display())))
        .map_err(|error| SourceError::write(&list, &error))?;
    // Best effort: without a start, more is downloaded.
    let copy = || -> Result<(), git2::Error> {
        let fresh = Repository::open_bare(repository.path())?;
        for reference in Repository::open_bare(lender)?.references()? {
            let reference = reference?;
            if let (Ok(name), Some(id)) = (reference.name(), reference.target()) {
                fresh.reference(name, id, true, "borrowed")?;
            }
        }
        Ok(())
    };
    let _ = copy();
    Ok(())
}

fn temporary_folder() -> Result<TempDir, SourceError> {
    TempDir::with_prefix("trueup-")
        .map_err(|error| SourceError::write(std::env::temp_dir(), &error))
}

fn remove(path: &Path) -> Result<(), SourceError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(SourceError::write(path, &error))
        }
        _ => Ok(()),
    }
}

fn failed(doing: &str, error: &git2::Error) -> SourceError {
    SourceError::Git {
        doing: doing.to_owned(),
        detail: error.message().to_owned(),
    }
}
