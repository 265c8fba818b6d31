//! Changes as the history keeps them.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::{StateError, StateView, row};
use crate::model::{Action, OutcomeResult, ResourceId, SourceRef, TargetName};

/// A change that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastChange {
    pub cycle: i64,
    pub at: Timestamp,
    pub id: ResourceId,
    pub action: Action,
    /// It undid what somebody had changed on the server.
    pub drift: bool,
    pub result: OutcomeResult,
    pub error: Option<String>,
    pub duration: Duration,
    /// The commit, in full.
    pub revision: Option<String>,
    /// Who made the commit.
    pub author: Option<String>,
    pub owner: Option<Arc<str>>,
    pub source: Option<SourceRef>,
}

/// Which changes are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    pub since: Timestamp,
    pub target: Option<&'a TargetName>,
    pub id: Option<&'a ResourceId>,
}

impl StateView {
    /// Changes from a time on, oldest first.
    pub fn changes(&self, asked: Asked<'_>) -> Result<Vec<PastChange>, StateError> {
        let Asked { since, target, id } = asked;
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "SELECT * FROM changes WHERE at >= ?1 AND (?2 IS NULL OR target = ?2)
                 AND (?3 IS NULL OR (kind = ?3 AND name = ?4)) ORDER BY at, number",
        )?;
        let target = id.map(|id| &id.target).or(target).map(TargetName::as_str);
        let kind = id.map(|id| id.kind.as_str());
        let name = id.map(|id| &*id.name);
        let mut rows = statement.query(params![since.as_millisecond(), target, kind, name])?;
        let mut changes = Vec::new();
        while let Some(found) = rows.next()? {
            changes.push(read(found)?);
        }
        Ok(changes)
    }
}

fn read(row: &Row<'_>) -> Result<PastChange, StateError> {
    let action: String = row.get("action")?;
    let result: String = row.get("result")?;
    let repository: Option<Arc<str>> = row.get("repository")?;
    let file: Option<Arc<str>> = row.get("file")?;
    let line: Option<u32> = row.get("line")?;
    let source = repository.zip(file).zip(line);
    let millis: i64 = row.get("duration_ms")?;
    Ok(PastChange {
        cycle: row.get("cycle")?,
        at: row::time(row.get("at")?)?,
        id: row::id(row)?,
        action: row::known("action", &action, Action::parse(&action))?,
        drift: row.get("drift")?,
        result: row::known("result", &result, OutcomeResult::parse(&result))?,
        error: row.get("error")?,
        duration: Duration::from_millis(u64::try_from(millis).unwrap_or_default()),
        revision: row.get("revision")?,
        author: row.get("author")?,
        owner: row.get("owner")?,
        source: source.map(|((repository, file), line)| SourceRef {
            repository,
            file,
            line,
        }),
    })
}
