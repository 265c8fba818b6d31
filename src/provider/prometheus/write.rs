//! Writing files: whole or not at all, and only over what was seen.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::container::{Container, temporary_suffix};
use crate::model::{Hash, Ownership};

/// New files are for everybody to read: the server runs as another user.
const NEW_FILE_MODE: u32 = 0o644;

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum WriteError {
    #[error("the file {0} changed since it was observed; the next cycle looks again")]
    Changed(String),
    #[error("the file {0} belongs to {1}")]
    Theirs(String, String),
    #[error("the file {0} is not a regular file")]
    NotRegular(String),
    #[error("cannot write {}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("writing was interrupted: {0}")]
    Interrupted(String),
}

/// The rules directory during one apply. Knows what it saw in each file, and replaces nothing else.
#[derive(Debug)]
pub(super) struct Disk {
    directory: PathBuf,
    instance: Arc<str>,
    seen: BTreeMap<String, Option<Hash>>,
    dirty: bool,
}

impl Disk {
    pub(super) fn new(directory: PathBuf, instance: Arc<str>) -> Self {
        Self {
            directory,
            instance,
            seen: BTreeMap::new(),
            dirty: false,
        }
    }

    /// Removes what a crash of ours left half written. Somebody else's is left alone.
    pub(super) async fn sweep(&self) -> Result<(), WriteError> {
        let (directory, suffix) = (self.directory.clone(), temporary_suffix(&self.instance));
        blocking(move || {
            let io = |error| WriteError::Io {
                path: directory.clone(),
                error,
            };
            for entry in fs::read_dir(&directory).map_err(io)? {
                let entry = entry.map_err(io)?;
                let name = entry.file_name();
                let ours = name.to_str().and_then(|name| name.strip_suffix(&suffix));
                let file = || entry.file_type().is_ok_and(|kind| kind.is_file());
                if ours.and_then(Container::of_file).is_some() && file() {
                    fs::remove_file(entry.path()).map_err(io)?;
                }
            }
            Ok(())
        })
        .await
    }

    /// The content of a container; `None` where there is no file.
    pub(super) async fn read(
        &mut self,
        container: &Container,
    ) -> Result<Option<Vec<u8>>, WriteError> {
        let path = self.directory.join(container.file());
        let content = blocking(move || read(&path)).await?;
        let hash = content.as_deref().map(Hash::of);
        self.seen.insert(container.file(), hash);
        Ok(content)
    }

    /// Whether the file's content is known.
    pub(super) fn has_seen(&self, file: &str) -> bool {
        self.seen.contains_key(file)
    }

    /// Makes a container hold `content`, or removes it; nothing is done where it already is so.
    ///
    /// # Errors
    /// Also where the file is not what was seen last, or somebody else's.
    pub(super) async fn put(
        &mut self,
        container: &Container,
        content: Option<Vec<u8>>,
    ) -> Result<(), WriteError> {
        let name = container.file();
        let wanted = content.as_deref().map(Hash::of);
        let seen = self.seen.get(&name).copied().flatten();
        if wanted == seen && self.seen.contains_key(&name) {
            return Ok(());
        }
        let replacement = Replacement {
            directory: self.directory.clone(),
            instance: self.instance.clone(),
            container: container.clone(),
            seen,
            content,
        };
        self.dirty = true;
        blocking(move || replacement.carry_out()).await?;
        self.seen.insert(name, wanted);
        Ok(())
    }

    /// Makes renames and removals durable.
    pub(super) async fn sync(&mut self) -> Result<(), WriteError> {
        if !self.dirty {
            return Ok(());
        }
        let path = self.directory.clone();
        blocking(move || {
            let synced = File::open(&path).and_then(|directory| directory.sync_all());
            synced.map_err(|error| WriteError::Io { path, error })
        })
        .await?;
        self.dirty = false;
        Ok(())
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, WriteError> + Send + 'static,
) -> Result<T, WriteError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(WriteError::Interrupted(error.to_string())),
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, WriteError> {
    let io = |error| WriteError::Io {
        path: path.to_owned(),
        error,
    };
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => fs::read(path).map(Some).map_err(io),
        Ok(_) => Err(WriteError::NotRegular(path.display().to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io(error)),
    }
}

struct Replacement {
    directory: PathBuf,
    instance: Arc<str>,
    container: Container,
    seen: Option<Hash>,
    content: Option<Vec<u8>>,
}

impl Replacement {
    fn carry_out(self) -> Result<(), WriteError> {
        let path = self.directory.join(self.container.file());
        let current = read(&path)?;
        // Under our own eyes, whatever was planned.
        if let Some(current) = &current {
            let text = String::from_utf8_lossy(current);
            if let Ownership::Theirs(owner) = self.container.ownership(&text, &self.instance) {
                return Err(WriteError::Theirs(self.container.file(), owner));
            }
        }
        if current.as_deref().map(Hash::of) != self.seen {
            return Err(WriteError::Changed(self.container.file()));
        }
        let result = match &self.content {
            Some(content) => self.write(&path, content),
            None => match fs::remove_file(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                result => result,
            },
        };
        result.map_err(|error| WriteError::Io { path, error })
    }

    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let temporary = self
            .directory
            .join(self.container.temporary(&self.instance));
        let written = || {
            let mode = match fs::metadata(path) {
                Ok(metadata) => metadata.permissions().mode() & 0o777,
                Err(_) => NEW_FILE_MODE,
            };
            let mut file = File::create(&temporary)?;
            file.set_permissions(fs::Permissions::from_mode(mode))?;
            file.write_all(content)?;
            file.sync_all()?;
            fs::rename(&temporary, path)
        };
        let result = written();
        if result.is_err() {
            // The first error is the one to tell.
            _ = fs::remove_file(&temporary);
        }
        result
    }
}
