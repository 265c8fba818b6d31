//! Opening the file: to write, and as a copy in memory.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::{StateError, schema};

/// How long a writer waits for a reader's copy, or a copy for a checkpoint.
const BUSY: Duration = Duration::from_secs(5);

/// Makes the folder of the state file, for this user alone.
pub(super) fn prepare_folder(path: &Path) -> Result<(), StateError> {
    let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    else {
        return Ok(());
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| StateError::Io {
            action: "create the folder",
            path: folder.to_owned(),
            error,
        })
}

/// The file itself, whatever link leads to it: SQLite keeps its -wal file beside that, and two links to
/// one file must not have two locks.
pub(super) fn resolve(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Opens the file to read and write, at this version's schema. The caller holds the lock.
pub(super) fn writer(path: &Path) -> Result<Connection, StateError> {
    // SQLite gives the -wal and -shm files the mode of this one.
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| StateError::Io {
            action: "open the state file",
            path: path.to_owned(),
            error,
        })?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)
        .and_then(|connection| configure(&connection).map(|()| connection))
        .map_err(|error| StateError::opening(path, error))?;
    schema::recognise(&connection, path)?;
    check(&connection, path)?;
    connection
        .pragma_update(None, "journal_mode", "wal")
        .map_err(|error| StateError::opening(path, error))?;
    schema::migrate(&mut connection, path)?;
    Ok(connection)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Pages, of 4 KiB: the -wal file stays near 1 MiB.
    connection.pragma_update(None, "wal_autocheckpoint", 256)
}

/// Damage is found now, not in the middle of an apply.
fn check(connection: &Connection, path: &Path) -> Result<(), StateError> {
    let verdict: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| StateError::opening(path, error))?;
    if verdict == "ok" {
        return Ok(());
    }
    Err(StateError::Corrupt {
        path: path.to_owned(),
        detail: verdict,
    })
}

/// The file's content in memory, at this version's schema; empty where there is no file.
///
/// While a -wal file exists (a daemon runs, or one was killed), the copy goes through SQLite's own
/// locks. After a clean stop there is none, and opening the file as usual would make one: then it is
/// read as immutable, and read again should a daemon have started meanwhile.
pub(super) fn copy(path: &Path) -> Result<Connection, StateError> {
    let opening = |error| StateError::opening(path, error);
    let mut memory = Connection::open_in_memory().map_err(opening)?;
    let exists = path.try_exists().map_err(|error| StateError::Io {
        action: "look for the state file",
        path: path.to_owned(),
        error,
    })?;
    if exists {
        let at_rest = fingerprint(path);
        let copied = read_into(&mut memory, path, at_rest.is_some());
        if at_rest.is_some() && at_rest != fingerprint(path) {
            memory = Connection::open_in_memory().map_err(opening)?;
            read_into(&mut memory, path, false).map_err(opening)?;
        } else {
            copied.map_err(opening)?;
        }
    }
    schema::migrate(&mut memory, path)?;
    Ok(memory)
}

/// Changes whenever the file does; `None` while there is more to it than the file alone.
fn fingerprint(path: &Path) -> Option<(u64, u64, i64, i64)> {
    if ["-wal", "-journal"]
        .iter()
        .any(|end| beside(path, end).exists())
    {
        return None;
    }
    let meta = path.metadata().ok()?;
    Some((meta.ino(), meta.size(), meta.mtime(), meta.mtime_nsec()))
}

fn read_into(memory: &mut Connection, path: &Path, immutable: bool) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let file = if immutable {
        let uri = format!("file:{}?immutable=1", escape(path));
        Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)?
    } else {
        Connection::open_with_flags(path, flags)?
    };
    file.busy_timeout(BUSY)?;
    let backup = Backup::new(&file, memory)?;
    // One step takes all pages, so that they are of one moment.
    match backup.step(-1)? {
        StepResult::Done => Ok(()),
        _ => Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
            Some("another process kept the file busy: try again".to_owned()),
        )),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// A path inside an SQLite URI: everything but plain characters as `%xx`.
fn escape(path: &Path) -> String {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt as _;
    let mut text = String::new();
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(byte) {
            text.push(char::from(*byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02x}");
        }
    }
    text
}
