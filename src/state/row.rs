//! Between columns and nouns.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Row;

use super::StateError;
use crate::model::{Hash, InventoryEntry, ResourceId, ResourceKind, SourceRef, TargetName};

/// A stored text that must be readable: the error names the column and what it held.
pub(super) fn known<T>(what: &str, text: &str, value: Option<T>) -> Result<T, StateError> {
    value.ok_or_else(|| StateError::Unreadable {
        what: format!("the {what} {text:?}"),
    })
}

/// Of the columns `target`, `kind`, `name`.
pub(super) fn id(row: &Row<'_>) -> Result<ResourceId, StateError> {
    let target: String = row.get("target")?;
    let kind: String = row.get("kind")?;
    let name: Arc<str> = row.get("name")?;
    Ok(ResourceId {
        target: known("target", &target, TargetName::new(&target))?,
        kind: known("kind", &kind, ResourceKind::parse(&kind))?,
        name,
    })
}

pub(super) fn entry(row: &Row<'_>) -> Result<InventoryEntry, StateError> {
    let hash: String = row.get("hash")?;
    Ok(InventoryEntry {
        hash: known("hash", &hash, Hash::parse(&hash))?,
        owner: row.get("owner")?,
        source: SourceRef {
            repository: row.get("repository")?,
            file: row.get("file")?,
            line: row.get("line")?,
        },
        revision: row.get("revision")?,
    })
}

/// From milliseconds since 1970.
pub(super) fn time(millis: i64) -> Result<Timestamp, StateError> {
    known(
        "time",
        &millis.to_string(),
        Timestamp::from_millisecond(millis).ok(),
    )
}

/// A count as SQLite holds it.
pub(super) fn integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
