//! The journal: writes that were begun and whose end is not known.

use rusqlite::{Connection, params};

use super::{State, StateError, StateView, row};
use crate::model::{
    Action, Intent, Journal, JournalError, PriorFile, ResourceId, ResourceKind, TargetName,
};

impl StateView {
    /// Intents of a target that were begun and not ended, with their numbers, oldest first.
    pub fn pending_intents(&self, target: &TargetName) -> Result<Vec<(i64, Intent)>, StateError> {
        let connection = self.lock();
        let mut statement = connection
            .prepare_cached("SELECT number FROM intents WHERE target = ?1 ORDER BY number")?;
        let numbers = statement
            .query_map([target.as_str()], |row| row.get(0))?
            .collect::<Result<Vec<i64>, _>>()?;
        numbers
            .into_iter()
            .map(|number| {
                let intent = Intent {
                    target: target.clone(),
                    changes: changes(&connection, number, target)?,
                    prior: files(&connection, number)?,
                };
                Ok((number, intent))
            })
            .collect()
    }
}

impl Journal for State {
    fn begin(&self, intent: &Intent) -> Result<i64, JournalError> {
        self.write(|transaction| insert(transaction, intent))
            .map_err(|error| JournalError(error.to_string()))
    }

    fn end(&self, number: i64) -> Result<(), JournalError> {
        self.write(|transaction| {
            transaction
                .prepare_cached("DELETE FROM intents WHERE number = ?1")?
                .execute([number])?;
            Ok(())
        })
        .map_err(|error| JournalError(error.to_string()))
    }

    fn pending(&self, target: &TargetName) -> Result<Vec<(i64, Intent)>, JournalError> {
        self.pending_intents(target)
            .map_err(|error| JournalError(error.to_string()))
    }
}

fn insert(connection: &Connection, intent: &Intent) -> Result<i64, StateError> {
    let Intent {
        target,
        changes,
        prior,
    } = intent;
    connection
        .prepare_cached("INSERT INTO intents (target) VALUES (?1)")?
        .execute([target.as_str()])?;
    let number = connection.last_insert_rowid();
    let mut statement = connection.prepare_cached(
        "INSERT INTO intent_changes (intent, position, kind, name, action) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (position, (id, action)) in (0_i64..).zip(changes) {
        let kind = id.kind.as_str();
        statement.execute(params![number, position, kind, id.name, action.as_str()])?;
    }
    let mut statement = connection.prepare_cached(
        "INSERT INTO intent_files (intent, position, name, content) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (position, file) in (0_i64..).zip(prior) {
        statement.execute(params![number, position, file.name, file.content])?;
    }
    Ok(number)
}

fn changes(
    connection: &Connection,
    number: i64,
    target: &TargetName,
) -> Result<Vec<(ResourceId, Action)>, StateError> {
    let mut statement = connection.prepare_cached(
        "SELECT kind, name, action FROM intent_changes WHERE intent = ?1 ORDER BY position",
    )?;
    let mut rows = statement.query([number])?;
    let mut changes = Vec::new();
    while let Some(found) = rows.next()? {
        let kind: String = found.get("kind")?;
        let name: String = found.get("name")?;
        let action: String = found.get("action")?;
        let kind = row::known("kind", &kind, ResourceKind::parse(&kind))?;
        let action = row::known("action", &action, Action::parse(&action))?;
        changes.push((ResourceId::new(target.clone(), kind, name), action));
    }
    Ok(changes)
}

fn files(connection: &Connection, number: i64) -> Result<Vec<PriorFile>, StateError> {
    let mut statement = connection.prepare_cached(
        "SELECT name, content FROM intent_files WHERE intent = ?1 ORDER BY position",
    )?;
    let files = statement
        .query_map([number], |row| {
            Ok(PriorFile {
                name: row.get("name")?,
                content: row.get("content")?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(files)
}
