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

    /// Runs `read`; where the mirror turns out to be damaged it is deleted, cloned again, and `read` is
    /// given one more chance.
    fn with_repair<T>(
        &mut self,
        mut read: impl FnMut(&Self, &Repository) -> Result<T, Damage>,
    ) -> Result<T, SourceError> {
        match self.attempt(&mut read) {
            Err(SourceError::Corrupt { .. }) => {
                self.discard()?;
                self.attempt(&mut |mirror, repository| {
                    mirror.fetch(repository, &Want::Head)?;
                    read(mirror, repository)
                })
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
                let folder = TempDir::with_prefix("trueup-")
                    .map_err(|error| SourceError::write(std::env::temp_dir(), &error))?;
                let repository = create(folder.path(), &self.remote.url())?;
                if lender.is_dir() {
                    borrow_objects(&repository, lender)?;
                }
                // With the objects borrowed from now on: they are looked up at opening.
                let repository = Repository::open_bare(folder.path())
                    .map_err(|error| failed("open a temporary repository", &error))?;
                self.folder = Some(folder);
                Ok(repository)
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

    /// Deletes the copy. What was borrowed is not borrowed again: it may be what is damaged.
    fn discard(&mut self) -> Result<(), SourceError> {
        self.repository = None;
        match &mut self.home {
            Home::Kept(path) => remove(path),
            Home::Temporary { lender } => {
                *lender = PathBuf::new();
                self.folder = None;
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
}

/// The mirror at `path` if it is one of `url`, else a new one in its place.
fn open_kept(path: &Path, url: &str) -> Result<Repository, SourceError> {
    if path.exists() {
        let known = Repository::open_bare(path).and_then(|repository| {
            let same = repository.config()?.get_string(URL_KEY)? == url;
            Ok(same.then_some(repository))
        });
        match known {
            Ok(Some(repository)) => return Ok(repository),
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
