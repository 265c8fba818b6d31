//! Pauses that somebody ordered.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};

use super::events::{self, Event, What};
use super::{Pause, State, StateError, StateView, row};
use crate::model::TargetName;

impl StateView {
    /// The pause of a target, also one that is over.
    pub fn pause(&self, target: &TargetName) -> Result<Option<Pause>, StateError> {
        let found = self
            .lock()
            .prepare_cached("SELECT * FROM pauses WHERE target = ?1")?
            .query_row([target.as_str()], |row| Ok(read(row)))
            .optional()?;
        found.transpose()
    }

    /// All of them, by target.
    pub fn pauses(&self) -> Result<Vec<Pause>, StateError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached("SELECT * FROM pauses ORDER BY target")?;
        let mut rows = statement.query([])?;
        let mut pauses = Vec::new();
        while let Some(found) = rows.next()? {
            pauses.push(read(found)?);
        }
        Ok(pauses)
    }
}

impl State {
    /// Notes a pause in place of an earlier one, and in the history.
    pub fn begin_pause(&self, pause: &Pause) -> Result<(), StateError> {
        let Pause {
            target,
            since,
            until,
            by,
            reason,
        } = pause;
        self.write(|transaction| {
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO pauses (target, since, until, by, reason)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![
                    target.as_str(),
                    since.as_millisecond(),
                    until.map(Timestamp::as_millisecond),
                    by,
                    reason,
                ])?;
            events::append(
                transaction,
                &Event {
                    at: *since,
                    what: What::Paused,
                    target: Some(target.clone()),
                    by: Some(by.clone()),
                    detail: Some(pause.describe()),
                },
            )
        })
    }

    /// Ends a pause, and notes that in the history; `None` where there was none.
    pub fn end_pause(
        &self,
        target: &TargetName,
        by: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Pause>, StateError> {
        let Some(pause) = self.pause(target)? else {
            return Ok(None);
        };
        self.write(|transaction| {
            // One that was ordered meanwhile stays.
            transaction
                .prepare_cached(
                    "DELETE FROM pauses WHERE target = ?1 AND (?2 IS NULL OR until <= ?2)",
                )?
                .execute(params![
                    target.as_str(),
                    by.is_none().then(|| now.as_millisecond()),
                ])?;
            let detail = match by {
                Some(_) => None,
                None => Some("its time was over".to_owned()),
            };
            events::append(
                transaction,
                &Event {
                    at: now,
                    what: What::Resumed,
                    target: Some(target.clone()),
                    by: by.map(str::to_owned),
                    detail,
                },
            )
        })?;
        Ok(Some(pause))
    }
}

fn read(row: &Row<'_>) -> Result<Pause, StateError> {
    let target: String = row.get("target")?;
    let until: Option<i64> = row.get("until")?;
    Ok(Pause {
        target: row::known("target", &target, TargetName::new(&target))?,
        since: row::time(row.get("since")?)?,
        until: until.map(row::time).transpose()?,
        by: row.get("by")?,
        reason: row.get("reason")?,
    })
}
