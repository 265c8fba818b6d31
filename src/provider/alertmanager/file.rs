//! The configuration file on disk: whose it is, what it holds, and putting another in its place, whole or not at
//! all, and only over what was seen.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::canonical;
use super::wire::{self, Composed};
use crate::model::{Hash, Ownership};
use crate::provider::redact::redacted;

/// A file that may hold secrets is for its owner and the server's group.
const MODE: u32 = 0o640;

/// The file as it was found. Values of secrets are in it, so it cannot be shown.
pub(super) struct ConfigFile {
    pub(super) bytes: Vec<u8>,
    pub(super) hash: Hash,
    /// In seconds since 1970.
    pub(super) modified: f64,
    pub(super) ownership: Ownership,
    /// Why it cannot be taken apart, where it cannot.
    pub(super) composed: Result<Composed, String>,
}

impl ConfigFile {
    /// What a server says of it, without its secrets.
    pub(super) fn redacted(&self, words: &str) -> String {
        match &self.composed {
            Ok(composed) => redacted(words, &canonical::hidden_values(composed)),
            // What is secret cannot be told.
            Err(_) => {
                "(its words are not shown, as they may quote secrets; see its own log)".to_owned()
            }
        }
    }
}

/// Why the file was not read or written. Holds none of its text.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error("{} changed since it was observed; the next cycle looks again", .0.display())]
    Changed(PathBuf),
    #[error("{} is not a regular file", .0.display())]
    NotRegular(PathBuf),
    #[error("cannot read {}: {error}", path.display())]
    Read { path: PathBuf, error: io::Error },
    #[error("cannot write {}: {error}", path.display())]
    Write { path: PathBuf, error: io::Error },
}

/// The first line that makes a file this instance's.
pub(super) fn marker(instance: &str, path: &Path) -> String {
    format!("trueup instance={instance} set={}", set(path))
}

/// What the marker names: a file that was copied to another name is not ours.
fn set(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!("alertmanager/{name}")
}

/// The file; `None` where there is none.
pub(super) fn read(path: &Path, instance: &str) -> Result<Option<ConfigFile>, FileError> {
    let Some(bytes) = bytes(path)? else {
        return Ok(None);
    };
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    let modified = modified
        .ok()
        .and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    Ok(Some(ConfigFile {
        modified: modified.map_or(0.0, |since| since.as_secs_f64()),
        ..parse(bytes, path, instance)
    }))
}

/// What a file of this name with this content would be.
pub(super) fn parse(bytes: Vec<u8>, path: &Path, instance: &str) -> ConfigFile {
    let text = String::from_utf8_lossy(&bytes);
    let ownership = ownership(text.lines().next().unwrap_or_default(), instance, path);
    let composed = if ownership == Ownership::Ours {
        wire::read(&text)
    } else {
        wire::read_foreign(&text)
    };
    ConfigFile {
        hash: Hash::of(&bytes),
        modified: 0.0,
        ownership,
        composed: composed.map_err(|error| error.to_string()),
        bytes,
    }
}

fn bytes(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    let failed = |error| FileError::Read {
        path: path.to_owned(),
        error,
    };
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => fs::read(path).map(Some).map_err(failed),
        Ok(_) => Err(FileError::NotRegular(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// Whose a file with this first line is.
fn ownership(first: &str, instance: &str, path: &Path) -> Ownership {
    let Some(marker) = first.strip_prefix("# trueup ") else {
        return Ownership::Nobody;
    };
    let field = |name: &str| {
        let mut words = marker.split_whitespace();
        words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    };
    match (field("instance"), field("set")) {
        (Some(owner), _) if owner != instance => {
            Ownership::Theirs(format!("the Trueup instance {owner}"))
        }
        (Some(_), Some(named)) if named == set(path) => Ownership::Ours,
        (Some(_), _) => Ownership::Theirs("another file's marker; it was copied".to_owned()),
        (None, _) => Ownership::Nobody,
    }
}

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Access {
    mode: u32,
    /// Owner and group of the file that is there. The group is kept where we may give it: the server's, often.
    owners: Option<(u32, u32)>,
}

impl Access {
    /// Of a file that is new.
    const NEW: Self = Self {
        mode: MODE,
        owners: None,
    };

    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        Some(Self {
            mode: metadata.permissions().mode() & 0o777,
            owners: Some((metadata.uid(), metadata.gid())),
        })
    }

    /// Gives a new file to the group that had the old one.
    ///
    /// # Errors
    /// Where it may not be given, and whoever read the old file could not read this one.
    fn give(self, file: &File) -> io::Result<()> {
        let Some((owner, group)) = self.owners else {
            return Ok(());
        };
        _ = fchown(file, None, Some(group));
        let made = file.metadata()?;
        let others = self.mode & 0o004 != 0;
        let lost = |what: &str, id: u32| {
            let text = format!(
                "it belongs to the {what} {id}, who could not read it any more; run Trueup with that {what}, or let the file be readable for one of Trueup's groups"
            );
            Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
        };
        if made.gid() != group && self.mode & 0o040 != 0 && !others {
            return lost("group", group);
        }
        if made.uid() != owner && self.mode & 0o044 == 0 {
            return lost("user", owner);
        }
        Ok(())
    }

    /// For what others must not read.
    pub(super) fn without_others(self) -> Self {
        Self {
            mode: self.mode & MODE,
            ..self
        }
    }
}

/// Who may read the file that is there, or one that is to be made.
pub(super) fn access(path: &Path) -> Access {
    Access::of(path).unwrap_or(Access::NEW)
}

/// Puts `content` in the place of what was seen. Without content there is no file afterwards.
pub(super) fn replace(
    path: &Path,
    instance: &str,
    seen: Option<Hash>,
    content: Option<&[u8]>,
    access: Access,
) -> Result<(), FileError> {
    if bytes(path)?.as_deref().map(Hash::of) != seen {
        return Err(FileError::Changed(path.to_owned()));
    }
    let written = match content {
        Some(content) => write(path, &temporary(path, instance), access, content),
        None => remove(path),
    };
    written.map_err(|error| FileError::Write {
        path: path.to_owned(),
        error,
    })
}

fn write(path: &Path, temporary: &Path, access: Access, content: &[u8]) -> io::Result<()> {
    let written = || {
        remove(temporary)?;
        // Never readable for more, not even for a moment.
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(temporary)?;
        access.give(&file)?;
        file.set_permissions(fs::Permissions::from_mode(access.mode))?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(temporary, path)?;
        sync_folder(path)
    };
    let result = written();
    if result.is_err() {
        // The first error is the one to tell.
        _ = fs::remove_file(temporary);
    }
    result
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_folder(path),
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn temporary(path: &Path, instance: &str) -> PathBuf {
    beside(path, &format!(".{instance}.trueup-new"))
}

fn prior(path: &Path, instance: &str) -> PathBuf {
    beside(path, &format!(".{instance}.trueup-prior"))
}

/// Keeps what the file held before a write, until the server is known to run what was written. Secrets may be in
/// it, so it stands beside the file, where others cannot read it, and not in the journal.
pub(super) fn keep_prior(path: &Path, instance: &str, content: &[u8]) -> Result<(), FileError> {
    let kept = prior(path, instance);
    let access = access(path).without_others();
    write(&kept, &temporary(path, instance), access, content)
        .map_err(|error| FileError::Write { path: kept, error })
}

/// What was kept; `None` where nothing was.
pub(super) fn read_prior(path: &Path, instance: &str) -> Result<Option<Vec<u8>>, FileError> {
    bytes(&prior(path, instance))
}

/// Forgets what was kept, and what a crash left half written.
pub(super) fn forget_prior(path: &Path, instance: &str) -> Result<(), FileError> {
    let kept = prior(path, instance);
    let removed = remove(&temporary(path, instance)).and_then(|()| remove(&kept));
    removed.map_err(|error| FileError::Write { path: kept, error })
}

/// Keeps a file that is about to be taken over, as `<file>.before-trueup`; one that is there already stays.
pub(super) fn keep(path: &Path) -> Result<(), FileError> {
    let kept = beside(path, ".before-trueup");
    let failed = |error| FileError::Write {
        path: kept.clone(),
        error,
    };
    if kept.try_exists().map_err(failed)? {
        return Ok(());
    }
    let content = fs::read(path).map_err(failed)?;
    let mut temporary = kept.clone().into_os_string();
    temporary.push("-new");
    write(&kept, Path::new(&temporary), access(path), &content).map_err(failed)
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(end);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "route:\n  receiver: default\nreceivers:\n- name: default\n";

    fn ours(path: &Path) -> String {
        format!("# {}\n{TEXT}", marker("acme", path))
    }

    #[test]
    fn a_file_is_ours_by_its_first_line_and_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alertmanager.yml");
        let whose = |text: &str| {
            fs::write(&path, text).unwrap();
            read(&path, "acme").unwrap().unwrap().ownership
        };
        assert_eq!(whose(TEXT), Ownership::Nobody);
        assert_eq!(whose(&ours(&path)), Ownership::Ours);
        let others = ours(&path).replace("acme", "other");
        assert_eq!(
            whose(&others),
            Ownership::Theirs("the Trueup instance other".to_owned())
        );
        let copied = ours(Path::new("elsewhere.yml"));
        assert!(matches!(whose(&copied), Ownership::Theirs(_)));
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn only_what_was_seen_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alertmanager.yml");
        let put = |seen: Option<&[u8]>, content: &[u8]| {
            let seen = seen.map(Hash::of);
            replace(&path, "acme", seen, Some(content), access(&path))
        };
        assert!(read(&path, "acme").unwrap().is_none());
        put(None, b"a: 1\n").unwrap();
        assert_eq!(mode(&path), MODE);
        let changed = put(None, b"a: 2\n").unwrap_err();
        assert!(matches!(changed, FileError::Changed(_)), "{changed}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
        put(Some(b"a: 1\n"), b"a: 2\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"a: 2\n");
        assert_eq!(mode(&path), 0o604);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn secrets_are_not_for_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alertmanager.yml");
        fs::write(&path, "a").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let before = access(&path);
        let tight = before.without_others();
        replace(&path, "acme", Some(Hash::of(b"a")), Some(b"b"), tight).unwrap();
        assert_eq!(mode(&path), 0o640);
        // Put back it is for whom it was.
        replace(&path, "acme", Some(Hash::of(b"b")), Some(b"a"), before).unwrap();
        assert_eq!(mode(&path), 0o644);
    }

    #[test]
    fn what_was_there_before_is_kept_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alertmanager.yml");
        fs::write(&path, "first").unwrap();
        keep(&path).unwrap();
        fs::write(&path, "second").unwrap();
        keep(&path).unwrap();
        let kept = folder.path().join("alertmanager.yml.before-trueup");
        assert_eq!(fs::read(kept).unwrap(), b"first");
    }

    #[test]
    fn links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alertmanager.yml");
        std::os::unix::fs::symlink(folder.path().join("x"), &path).unwrap();
        assert!(matches!(read(&path, "acme"), Err(FileError::NotRegular(_))));
    }
}
