//! What was applied last, by id.

use rusqlite::{Connection, params};

use super::{State, StateError, StateView, row};
use crate::model::{Inventory, InventoryEntry, ResourceId};

impl StateView {
    /// All that is known to have been applied, on all targets, also on those that the settings no
    /// longer have.
    pub fn inventory(&self) -> Result<Inventory, StateError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached("SELECT * FROM inventory")?;
        let mut rows = statement.query([])?;
        let mut inventory = Inventory::default();
        while let Some(found) = rows.next()? {
            inventory
                .entries
                .insert(row::id(found)?, row::entry(found)?);
        }
        Ok(inventory)
    }
}

impl State {
    /// Sets the entries of objects that are as declared though their entries are missing or outdated.
    /// Equal entries are not written again.
    pub fn refresh(&self, entries: &[(ResourceId, InventoryEntry)]) -> Result<(), StateError> {
        if entries.is_empty() {
            return Ok(());
        }
        self.write(|transaction| {
            entries
                .iter()
                .try_for_each(|(id, entry)| upsert(transaction, id, entry))
        })
    }

    /// Drops the entries of objects that are gone.
    pub fn forget(&self, ids: &[ResourceId]) -> Result<(), StateError> {
        if ids.is_empty() {
            return Ok(());
        }
        self.write(|transaction| ids.iter().try_for_each(|id| delete(transaction, id)))
    }
}

pub(super) fn upsert(
    connection: &Connection,
    id: &ResourceId,
    entry: &InventoryEntry,
) -> Result<(), StateError> {
    let InventoryEntry {
        hash,
        owner,
        source,
        revision,
    } = entry;
    connection
        .prepare_cached(
            "INSERT INTO inventory
                 (target, kind, name, hash, owner, repository, file, line, revision)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT DO UPDATE SET
                 hash = excluded.hash, owner = excluded.owner, repository = excluded.repository,
                 file = excluded.file, line = excluded.line, revision = excluded.revision
             WHERE (hash, owner, repository, file, line, revision) IS NOT
                 (excluded.hash, excluded.owner, excluded.repository, excluded.file, excluded.line,
                  excluded.revision)",
        )?
        .execute(params![
            id.target.as_str(),
            id.kind.as_str(),
            id.name,
            hash.to_string(),
            owner,
            source.repository,
            source.file,
            source.line,
            revision,
        ])?;
    Ok(())
}

pub(super) fn delete(connection: &Connection, id: &ResourceId) -> Result<(), StateError> {
    connection
        .prepare_cached("DELETE FROM inventory WHERE target = ?1 AND kind = ?2 AND name = ?3")?
        .execute(params![id.target.as_str(), id.kind.as_str(), id.name])?;
    Ok(())
}
