//! The rules directory as it is: every file that could be a container, whose it is, and its groups.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::container::Container;
use super::normalise;
use super::wire::{self, Group};
use crate::model::{Canonical, Hash, Ownership};
use crate::provider::{Depth, ReadWork};

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
    pub(super) groups: Result<Vec<Arc<LiveGroup>>, String>,
    /// Where the text of each group is, of a file that was composed here; else empty.
    pub(super) places: Vec<Range<usize>>,
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

/// What was read and composed last, by file name. Parsed forms of unchanged files are shared between
/// observations, and with the writer.
#[derive(Debug, Default)]
pub(super) struct Memory {
    files: Mutex<BTreeMap<String, Remembered>>,
    /// What was composed and not seen on disk yet.
    composed: Mutex<BTreeMap<String, Arc<RuleFile>>>,
    files_read: AtomicU64,
    bodies_normalised: AtomicU64,
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
        let mut memory = lock(&self.files);
        let mut composed = std::mem::take(&mut *lock(&self.composed));
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
                    self.files_read.fetch_add(1, Ordering::Relaxed);
                    let composed = composed.remove(&name);
                    let known = [known.map(|known| &known.file), composed.as_ref()];
                    match self.parse(&container, &bytes, instance, known) {
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

    /// Of a file that changed, only the groups that did are made comparable again.
    fn parse(
        &self,
        container: &Container,
        bytes: &[u8],
        instance: &str,
        known: [Option<&Arc<RuleFile>>; 2],
    ) -> Result<Arc<RuleFile>, String> {
        let hash = Hash::of(bytes);
        let known = known.into_iter().flatten();
        if let Some(same) = known.clone().find(|file| file.hash == hash) {
            return Ok(same.clone());
        }
        let text =
            std::str::from_utf8(bytes).map_err(|error| format!("it is not UTF-8: {error}"))?;
        let known: BTreeMap<&str, &Arc<LiveGroup>> = known
            .flat_map(|file| file.groups.iter().flatten())
            .map(|live| (live.group.name.as_str(), live))
            .collect();
        let live = |group: Group| match known.get(group.name.as_str()) {
            Some(same) if same.group == group => Arc::clone(same),
            _ => self.live(group),
        };
        let groups = wire::parse(text)
            .map(|groups| groups.into_iter().map(live).collect())
            .map_err(|error| error.to_string());
        Ok(Arc::new(RuleFile {
            hash,
            ownership: container.ownership(text, instance),
            groups,
            places: Vec::new(),
        }))
    }

    /// A group in comparable form.
    pub(super) fn live(&self, group: Group) -> Arc<LiveGroup> {
        self.note_normalised();
        let canonical = Arc::new(normalise::live(&group, true));
        let hash = canonical.hash();
        Arc::new(LiveGroup {
            group,
            canonical,
            hash,
        })
    }

    /// One more body was made canonical and hashed.
    pub(super) fn note_normalised(&self) {
        self.bodies_normalised.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn work(&self) -> ReadWork {
        ReadWork {
            files_read: self.files_read.load(Ordering::Relaxed),
            bodies_normalised: self.bodies_normalised.load(Ordering::Relaxed),
        }
    }

    /// What is known of a file with this content.
    pub(super) fn known(&self, container: &Container, content: Hash) -> Option<Arc<RuleFile>> {
        let name = container.file();
        let composed = lock(&self.composed).get(&name).cloned();
        let read = || lock(&self.files).get(&name).map(|read| read.file.clone());
        let matches = |file: &Arc<RuleFile>| file.hash == content;
        composed.filter(matches).or_else(|| read().filter(matches))
    }

    /// Remembers what a file is going to hold, so that it need not be parsed when it is there.
    pub(super) fn learn(&self, container: &Container, file: RuleFile) {
        lock(&self.composed).insert(container.file(), Arc::new(file));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
