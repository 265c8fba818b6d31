//! The tables, and how a file of an older version becomes one of this version.

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::StateError;

/// Says in the file's header that it is Trueup's: `true` in ASCII.
const APPLICATION_ID: i64 = 0x7472_7565;

/// Step `n` brings a file from version `n` to `n + 1`. A step that has been released never changes.
const STEPS: &[&str] = &[VERSION_1, VERSION_2];

const VERSION_1: &str = "
CREATE TABLE inventory (
    target TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
    hash TEXT NOT NULL, owner TEXT,
    repository TEXT NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL,
    revision TEXT,
    PRIMARY KEY (target, kind, name)
) STRICT, WITHOUT ROWID;

-- Times everywhere are milliseconds since 1970 UTC.
CREATE TABLE changes (
    number INTEGER PRIMARY KEY,
    cycle INTEGER NOT NULL, at INTEGER NOT NULL,
    target TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
    action TEXT NOT NULL, drift INTEGER NOT NULL,
    result TEXT NOT NULL, error TEXT, duration_ms INTEGER NOT NULL,
    revision TEXT, author TEXT, owner TEXT,
    repository TEXT, file TEXT, line INTEGER
) STRICT;
CREATE INDEX changes_at ON changes (at);

-- A run of equal quiet cycles is one row: `number` and `ended` are the last one's.
CREATE TABLE cycles (
    number INTEGER PRIMARY KEY,
    revision TEXT, started INTEGER NOT NULL, ended INTEGER NOT NULL, repeats INTEGER NOT NULL,
    result TEXT NOT NULL,
    done INTEGER NOT NULL, failed INTEGER NOT NULL, skipped INTEGER NOT NULL,
    held INTEGER NOT NULL, unchanged INTEGER NOT NULL
) STRICT;

CREATE TABLE targets (
    name TEXT PRIMARY KEY, revision TEXT, last_success INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE trailers (
    target TEXT NOT NULL, revision TEXT NOT NULL,
    allowed INTEGER NOT NULL, used INTEGER NOT NULL,
    PRIMARY KEY (target, revision)
) STRICT, WITHOUT ROWID;

-- `text` only while the file is held.
CREATE TABLE last_good (
    repository TEXT NOT NULL, path TEXT NOT NULL, blob TEXT NOT NULL, text BLOB,
    PRIMARY KEY (repository, path)
) STRICT;
CREATE INDEX last_good_kept ON last_good (repository) WHERE text IS NOT NULL;

-- AUTOINCREMENT: the number of an intent that has ended is never given again.
CREATE TABLE intents (number INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL) STRICT;
CREATE TABLE intent_changes (
    intent INTEGER NOT NULL REFERENCES intents ON DELETE CASCADE, position INTEGER NOT NULL,
    kind TEXT NOT NULL, name TEXT NOT NULL, action TEXT NOT NULL,
    PRIMARY KEY (intent, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE intent_files (
    intent INTEGER NOT NULL REFERENCES intents ON DELETE CASCADE, position INTEGER NOT NULL,
    name TEXT NOT NULL, content BLOB,
    PRIMARY KEY (intent, position)
) STRICT;
";

/// Pauses, and what else happened than changes.
const VERSION_2: &str = "
CREATE TABLE pauses (
    target TEXT PRIMARY KEY, since INTEGER NOT NULL, until INTEGER, by TEXT NOT NULL, reason TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    number INTEGER PRIMARY KEY, at INTEGER NOT NULL,
    what TEXT NOT NULL, target TEXT, by TEXT, detail TEXT
) STRICT;
CREATE INDEX events_at ON events (at);

CREATE INDEX changes_id ON changes (target, kind, name);
";

/// Brings the file to this version, all or nothing; a new file gets all tables.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StateError> {
    migrate_by(connection, path, STEPS)
}

fn migrate_by(connection: &mut Connection, path: &Path, steps: &[&str]) -> Result<(), StateError> {
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    let opening = |error| StateError::opening(path, error);
    if version(connection, path)? == known {
        return Ok(());
    }
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(opening)?;
    let found = version(&transaction, path)?;
    let missing = usize::try_from(found)
        .ok()
        .and_then(|done| steps.get(done..));
    let Some(missing) = missing else {
        return Err(StateError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    };
    run(&transaction, missing, known).map_err(opening)?;
    transaction.commit().map_err(opening)
}

fn run(transaction: &Transaction<'_>, steps: &[&str], version: i64) -> rusqlite::Result<()> {
    for step in steps {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", version)
}

/// Refuses a file that is not Trueup's, or is newer than this version, before anything is written.
pub(super) fn recognise(connection: &Connection, path: &Path) -> Result<(), StateError> {
    let found = version(connection, path)?;
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    if found <= known {
        return Ok(());
    }
    Err(StateError::Newer {
        path: path.to_owned(),
        found,
        known,
    })
}

/// The file's version; 0 for a new one.
///
/// # Errors
/// Where it is not a database, or another program's.
fn version(connection: &Connection, path: &Path) -> Result<i64, StateError> {
    let number = |sql| {
        connection
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .map_err(|error| StateError::opening(path, error))
    };
    let application = number("PRAGMA application_id")?;
    let is_new = application == 0 && number("SELECT count(*) FROM sqlite_schema")? == 0;
    if application != APPLICATION_ID && !is_new {
        return Err(StateError::Foreign {
            path: path.to_owned(),
        });
    }
    number("PRAGMA user_version")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture_of_version_1() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate_by(&mut connection, Path::new("fixture"), &STEPS[..1]).unwrap();
        connection
            .execute(
                "INSERT INTO targets (name, revision) VALUES ('prometheus-eu', 'abc')",
                [],
            )
            .unwrap();
        connection
    }

    #[test]
    fn an_older_file_is_brought_up_step_by_step() {
        let mut connection = fixture_of_version_1();
        let steps = [
            VERSION_1,
            "ALTER TABLE targets ADD COLUMN extra TEXT;",
            "UPDATE targets SET extra = 'third';",
        ];
        migrate_by(&mut connection, Path::new("fixture"), &steps).unwrap();
        let row: (String, String) = connection
            .query_row("SELECT revision, extra FROM targets", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        assert_eq!(row, ("abc".to_owned(), "third".to_owned()));
        assert_eq!(version(&connection, Path::new("fixture")).unwrap(), 3);
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was() {
        let mut connection = fixture_of_version_1();
        let steps = [VERSION_1, "CREATE TABLE extra (x);", "nonsense"];
        migrate_by(&mut connection, Path::new("fixture"), &steps).unwrap_err();
        assert_eq!(version(&connection, Path::new("fixture")).unwrap(), 1);
        let extra: i64 = connection
            .query_row(
                "SELECT count(*) FROM sqlite_schema WHERE name = 'extra'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(extra, 0);
    }

    #[test]
    fn a_newer_file_is_refused() {
        let mut connection = fixture_of_version_1();
        connection.pragma_update(None, "user_version", 9).unwrap();
        let error = migrate(&mut connection, Path::new("x.db")).unwrap_err();
        assert!(
            matches!(error, StateError::Newer { found: 9, .. }),
            "{error}"
        );
        assert!(error.to_string().contains("run the newer version"));
    }

    #[test]
    fn another_programs_file_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE theirs (x)").unwrap();
        let error = migrate(&mut connection, Path::new("x.db")).unwrap_err();
        assert!(matches!(error, StateError::Foreign { .. }), "{error}");
    }
}
