//! The rules directory as it is: every file that could be a container, whose it is, and its groups.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::container::Container;
use super::normalise;
use super::wire::{self, Group};
use crate::model::{Canonical, Hash, Ownership};
use crate::provider::Depth;

/// A stat this much older than the reading proves that the file did not change since; within it a
/// second change could leave the same time stamps.
const SETTLED: Duration = Duration::from_secs(2);

/// All that could be containers, by container name.
pub(super) type Files = BTreeMap<String, (Container, Found)>;

/// What stands where a container would.
#[derive(Clone, Debug)]
pub(super) enum Found {
    File(Arc<RuleFile>),
    /// Not a regular file; never followed, never ours.
    Other(&'static str),
    /// It could not be read.
    Unreadable(String),
}

/// A rule file that was read.
#[derive(Debug)]
pub(super) struct RuleFile {
    /// Of all its bytes.
    pub(super) hash: Hash,
    pub(super) ownership: Ownership,
    /// `Err` where the text is not a rule file.
    pub(super) groups: Result<Vec<LiveGroup>, String>,
}

/// A group of a file in comparable form, as loaded.
#[derive(Debug)]
pub(super) struct LiveGroup {
    pub(super) group: Group,
    pub(super) canonical: Arc<Canonical>,
    pub(super) hash: Hash,
}

/// Why the directory could not be read at all.
#[derive(Debug, thiserror::Error)]
pub(super) enum DirectoryError {
    #[error("the rules directory {} does not exist; make it, and mount it where Trueup runs (a missing one is not taken for an empty one)", .0.display())]
    Missing(PathBuf),
    #[error("cannot read the rules directory {}: {error}", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
}

/// What was read last, by file name. Parsed forms of unchanged files are shared between observations.
#[derive(Debug, Default)]
pub(super) struct Memory {
    files: Mutex<BTreeMap<String, Remembered>>,
}

#[derive(Clone, Debug)]
struct Remembered {
    stat: Stat,
    /// Whether an equal stat proves equal content.
    settled: bool,
    file: Arc<RuleFile>,
}

/// What changes whenever a file's content does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stat {
    fn of(metadata: &Metadata) -> Self {
        Self {
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    fn is_settled(self) -> bool {
        let seconds = u64::try_from(self.changed.0).unwrap_or(0);
        let changed = UNIX_EPOCH + Duration::from_secs(seconds + 1);
        SystemTime::now()
            .duration_since(changed)
            .is_ok_and(|age| age >= SETTLED)
    }
}

impl Memory {
    /// Reads the directory. `Full` reads the bytes of every file; `Quick` only of those whose stat
    /// changed. What could not be a container is not looked at.
    pub(super) fn read(
        &self,
        directory: &Path,
        instance: &str,
        depth: Depth,
    ) -> Result<Files, DirectoryError> {
        let names = list(directory)?;
        let mut memory = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = BTreeMap::new();
        let mut files = Files::new();
        for container in names {
            let name = container.file();
            let known = memory.get(&name);
            let found = match find(&directory.join(&name), known, depth) {
                Ok(Seen::Same(remembered)) => {
                    let file = remembered.file.clone();
                    next.insert(name, remembered);
                    Found::File(file)
                }
                Ok(Seen::Read { stat, bytes }) => {
                    match parse(&container, &bytes, instance, known) {
                        Ok(file) => {
                            let remembered = Remembered {
                                stat,
                                settled: stat.is_settled(),
                                file: file.clone(),
                            };
                            next.insert(name, remembered);
                            Found::File(file)
                        }
                        Err(reason) => Found::Unreadable(reason),
                    }
                }
                Ok(Seen::Other(what)) => Found::Other(what),
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => Found::Unreadable(error.to_string()),
            };
            files.insert(container.name().to_owned(), (container, found));
        }
        *memory = next;
        Ok(files)
    }

    /// The groups of a file, by name, where it was read with this content and is a rule file.
    pub(super) fn groups(&self, file: &str, hash: Hash) -> Option<BTreeMap<String, Group>> {
        let memory = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let known = memory.get(file).filter(|known| known.file.hash == hash)?;
        let groups = known.file.groups.as_ref().ok()?;
        let named = groups
            .iter()
            .map(|live| (live.group.name.clone(), live.group.clone()));
        Some(named.collect())
    }
}

fn list(directory: &Path) -> Result<Vec<Container>, DirectoryError> {
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => DirectoryError::Missing(directory.to_owned()),
        _ => DirectoryError::Unreadable {
            path: directory.to_owned(),
            error,
        },
    };
    let mut containers = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        containers.extend(name.to_str().and_then(Container::of_file));
    }
    Ok(containers)
}

enum Seen {
    Same(Remembered),
    Read { stat: Stat, bytes: Vec<u8> },
    Other(&'static str),
}

fn find(path: &Path, known: Option<&Remembered>, depth: Depth) -> io::Result<Seen> {
    let metadata = fs::symlink_metadata(path)?;
    let kind = metadata.file_type();
    if kind.is_symlink() {
        return Ok(Seen::Other("a symbolic link"));
    }
    if !kind.is_file() {
        return Ok(Seen::Other("not a regular file"));
    }
    let stat = Stat::of(&metadata);
    if let (Depth::Quick, Some(known)) = (depth, known)
        && known.settled
        && known.stat == stat
    {
        return Ok(Seen::Same(known.clone()));
    }
    let bytes = fs::read(path)?;
    Ok(Seen::Read { stat, bytes })
}

fn parse(
    container: &Container,
    bytes: &[u8],
    instance: &str,
    known: Option<&Remembered>,
) -> Result<Arc<RuleFile>, String> {
    let hash = Hash::of(bytes);
    if let Some(known) = known.filter(|known| known.file.hash == hash) {
        return Ok(known.file.clone());
    }
    let text = std::str::from_utf8(bytes).map_err(|error| format!("it is not UTF-8: {error}"))?;
    let groups = wire::parse(text)
        .map(|groups| groups.into_iter().map(LiveGroup::of).collect())
        .map_err(|error| error.to_string());
    Ok(Arc::new(RuleFile {
        hash,
        ownership: container.ownership(text, instance),
        groups,
    }))
}

impl LiveGroup {
    fn of(group: Group) -> Self {
        let canonical = Arc::new(normalise::live(&group, true));
        let hash = canonical.hash();
        Self {
            group,
            canonical,
            hash,
        }
    }
}
