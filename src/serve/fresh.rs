//! What is made of files that others rotate: made again when they change.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::telemetry::{FileFailed, FileRenewed};

/// How long it is not asked again whether the files have changed: a rotation takes a person longer.
const ASKED: Duration = Duration::from_millis(100);

/// What it is now, or why it is not.
pub(super) type Value<T> = Result<Arc<T>, Arc<str>>;

type Read<T> = Box<dyn Fn(&[PathBuf]) -> Result<T, String> + Send + Sync>;

/// Made of one or more files.
pub(super) struct Fresh<T> {
    files: Vec<PathBuf>,
    read: Read<T>,
    /// Whether the former value stays in use while the files make none.
    keeps: bool,
    seen: Mutex<Option<Seen<T>>>,
    /// Who has it asks the file system; the others take what is known.
    turn: tokio::sync::Mutex<()>,
}

struct Seen<T> {
    /// Of the files that the value was made of; none where they made none, so that they are read again.
    stamps: Vec<Stamp>,
    asked: Instant,
    value: Value<T>,
    fault: Option<Arc<str>>,
}

/// What a file system changes with a file, or with what a link points to.
#[derive(PartialEq, Eq)]
struct Stamp {
    file: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl<T: Send + Sync + 'static> Fresh<T> {
    /// `read` may block.
    pub(super) fn new(
        files: Vec<PathBuf>,
        keeps: bool,
        read: impl Fn(&[PathBuf]) -> Result<T, String> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            files,
            read: Box::new(read),
            keeps,
            seen: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        })
    }

    /// What it is now. A file system that hangs holds up only who asks first.
    pub(super) async fn get(self: &Arc<Self>) -> Value<T> {
        if let Some(value) = self.known(ASKED) {
            return value;
        }
        let turn = match self.turn.try_lock() {
            Ok(turn) => turn,
            Err(_) => match self.known(Duration::MAX) {
                Some(value) => return value,
                None => self.turn.lock().await,
            },
        };
        if let Some(value) = self.known(ASKED) {
            return value;
        }
        let this = self.clone();
        let looked = tokio::task::spawn_blocking(move || this.look()).await;
        drop(turn);
        looked.unwrap_or_else(|error| Err(error.to_string().into()))
    }

    fn seen(&self) -> MutexGuard<'_, Option<Seen<T>>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was known at most so long ago.
    fn known(&self, ago: Duration) -> Option<Value<T>> {
        let seen = self.seen();
        let seen = seen.as_ref().filter(|seen| seen.asked.elapsed() < ago)?;
        Some(seen.value.clone())
    }

    fn look(&self) -> Value<T> {
        // Before the files are read: what changes meanwhile is read again.
        let stamps: Option<Vec<_>> = self.files.iter().map(|file| stamp(file)).collect();
        let stamps = stamps.unwrap_or_default();
        let (known, fault) = match self.seen().as_mut() {
            Some(seen) if !stamps.is_empty() && seen.stamps == stamps => {
                seen.asked = Instant::now();
                return seen.value.clone();
            }
            Some(seen) => (Some(seen.value.clone()), seen.fault.clone()),
            None => (None, None),
        };
        let seen = match (self.read)(&self.files) {
            Ok(made) => {
                if known.is_some() {
                    FileRenewed { file: self.name() }.emit();
                }
                Seen {
                    stamps,
                    asked: Instant::now(),
                    value: Ok(Arc::new(made)),
                    fault: None,
                }
            }
            Err(error) => {
                let error: Arc<str> = error.into();
                if fault.as_ref() != Some(&error) {
                    let file = self.name();
                    FileFailed {
                        file,
                        error: &error,
                    }
                    .emit();
                }
                let former = known.filter(|known| self.keeps && known.is_ok());
                Seen {
                    stamps: Vec::new(),
                    asked: Instant::now(),
                    value: former.unwrap_or_else(|| Err(error.clone())),
                    fault: Some(error),
                }
            }
        };
        let value = seen.value.clone();
        *self.seen() = Some(seen);
        value
    }

    /// What it is called in the log.
    fn name(&self) -> &Path {
        self.files.first().map_or(Path::new(""), PathBuf::as_path)
    }
}

fn stamp(file: &Path) -> Option<Stamp> {
    let of = fs::metadata(file).ok()?;
    Some(Stamp {
        file: (of.dev(), of.ino()),
        size: of.size(),
        modified: (of.mtime(), of.mtime_nsec()),
        changed: (of.ctime(), of.ctime_nsec()),
    })
}
