//! What was changed when, and how the cycles ended.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{State, StateError, StateView, inventory, row};
use crate::model::{
    Action, Change, CycleCounts, CycleResult, InventoryEntry, Outcome, OutcomeResult,
};

/// Runs of cycles that are kept.
const CYCLES: i64 = 1_000;

/// Changes that were carried out together.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    pub cycle: i64,
    /// When the last of them ended.
    pub at: Timestamp,
    /// The revision that was applied, as `Revision::to_text` gives it.
    pub revision: Option<&'a str>,
    pub changes: &'a [Applied<'a>],
}

/// A change and what became of it.
#[derive(Clone, Copy, Debug)]
pub struct Applied<'a> {
    pub change: &'a Change,
    pub outcome: &'a Outcome,
    /// Who made the commit behind it, where that is known.
    pub author: Option<&'a str>,
}

/// A cycle; or a run of cycles that found the same and changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CycleRecord {
    /// Of the last cycle of the run.
    pub number: i64,
    pub revision: Option<String>,
    /// Of the first cycle of the run.
    pub started: Timestamp,
    /// Of the last cycle of the run.
    pub ended: Timestamp,
    /// How many cycles the run has; 1 for a cycle alone.
    pub repeats: u64,
    pub result: CycleResult,
    pub counts: CycleCounts,
}

impl StateView {
    /// The number of the latest cycle that left a trace; 0 if none did. The next cycle's number is one
    /// more: it is written with the first thing that the cycle records.
    pub fn last_cycle(&self) -> Result<i64, StateError> {
        let number = self.lock().query_row(
            "SELECT max(coalesce((SELECT max(number) FROM cycles), 0),
                        coalesce((SELECT cycle FROM changes ORDER BY number DESC LIMIT 1), 0))",
            [],
            |row| row.get(0),
        )?;
        Ok(number)
    }

    /// The latest cycles, newest first, at most `limit` runs.
    pub fn recent_cycles(&self, limit: usize) -> Result<Vec<CycleRecord>, StateError> {
        let connection = self.lock();
        let mut statement =
            connection.prepare_cached("SELECT * FROM cycles ORDER BY number DESC LIMIT ?1")?;
        let mut rows = statement.query([i64::try_from(limit).unwrap_or(i64::MAX)])?;
        let mut cycles = Vec::new();
        while let Some(found) = rows.next()? {
            cycles.push(read_cycle(found)?);
        }
        Ok(cycles)
    }
}

impl State {
    /// Remembers what a batch did, in one transaction: the inventory follows what is done, and the
    /// history gets a line for every change that was tried.
    pub fn record(&self, batch: &Batch<'_>) -> Result<(), StateError> {
        if batch.changes.is_empty() {
            return Ok(());
        }
        self.write(|transaction| {
            for applied in batch.changes {
                match applied.outcome.result {
                    OutcomeResult::Done => {
                        follow(transaction, batch, applied.change)?;
                        append(transaction, batch, applied)?;
                    }
                    OutcomeResult::Failed => append(transaction, batch, applied)?,
                    // Not tried: the next cycle plans it again.
                    OutcomeResult::Skipped => {}
                }
            }
            Ok(())
        })
    }

    /// Remembers a cycle. One that tried no change and found what the cycle before it found only
    /// updates that one's row, so that the file does not grow while nothing happens; every other one
    /// also drops what is older than is kept: 1,000 runs of cycles, and changes and events as [`State::keeping`] says.
    ///
    /// `repeats` of what is given counts as 1.
    pub fn end_cycle(&self, cycle: &CycleRecord) -> Result<(), StateError> {
        self.write(|transaction| {
            let last = transaction
                .prepare_cached("SELECT * FROM cycles ORDER BY number DESC LIMIT 1")?
                .query_row([], |row| Ok(read_cycle(row)))
                .optional()?
                .transpose()?;
            if let Some(last) = last.filter(|last| continues(last, cycle)) {
                return extend_run(transaction, last.number, cycle);
            }
            insert_cycle(transaction, cycle)?;
            prune(transaction, cycle.ended, self.keep)
        })
    }
}

/// Brings the inventory in line with a change that is done.
fn follow(connection: &Connection, batch: &Batch<'_>, change: &Change) -> Result<(), StateError> {
    match (change.action, &change.desired) {
        (Action::Delete, _) => inventory::delete(connection, &change.id),
        (Action::Create | Action::Update | Action::Adopt, Some(desired)) => {
            let entry = InventoryEntry {
                hash: desired.hash,
                owner: desired.resource.owner.clone(),
                source: desired.resource.source.clone(),
                revision: batch.revision.map(str::to_owned),
            };
            inventory::upsert(connection, &change.id, &entry)
        }
        (Action::Create | Action::Update | Action::Adopt, None) => Err(StateError::Unreadable {
            what: format!("a change of {} without what is desired", change.id),
        }),
    }
}

fn append(
    connection: &Connection,
    batch: &Batch<'_>,
    applied: &Applied<'_>,
) -> Result<(), StateError> {
    let Applied {
        change,
        outcome,
        author,
    } = applied;
    let source = change.source.as_ref();
    connection
        .prepare_cached(
            "INSERT INTO changes (cycle, at, target, kind, name, action, drift, result, error, duration_ms,
                 revision, author, owner, repository, file, line)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute(params![
            batch.cycle,
            batch.at.as_millisecond(),
            change.id.target.as_str(),
            change.id.kind.as_str(),
            change.id.name,
            outcome.action.as_str(),
            change.drift,
            outcome.result.as_str(),
            outcome.error,
            i64::try_from(outcome.duration.as_millis()).unwrap_or(i64::MAX),
            batch.revision,
            author,
            change.owner,
            source.map(|source| &source.repository),
            source.map(|source| &source.file),
            source.map(|source| source.line),
        ])?;
    Ok(())
}

/// Whether `next` changed nothing and found what `last` found.
fn continues(last: &CycleRecord, next: &CycleRecord) -> bool {
    next.counts.is_quiet()
        && last.number < next.number
        && last.revision == next.revision
        && last.result == next.result
        && last.counts == next.counts
}

fn extend_run(connection: &Connection, last: i64, cycle: &CycleRecord) -> Result<(), StateError> {
    connection
        .prepare_cached(
            "UPDATE cycles SET number = ?2, ended = ?3, repeats = repeats + 1 WHERE number = ?1",
        )?
        .execute(params![last, cycle.number, cycle.ended.as_millisecond()])?;
    Ok(())
}

fn insert_cycle(connection: &Connection, cycle: &CycleRecord) -> Result<(), StateError> {
    let CycleRecord {
        number,
        revision,
        started,
        ended,
        repeats: _,
        result,
        counts,
    } = cycle;
    connection
        .prepare_cached(
            "INSERT INTO cycles (number, revision, started, ended, repeats, result,
                 done, failed, skipped, held, unchanged)
             VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            number,
            revision,
            started.as_millisecond(),
            ended.as_millisecond(),
            result.as_str(),
            row::integer(counts.done),
            row::integer(counts.failed),
            row::integer(counts.skipped),
            row::integer(counts.held),
            row::integer(counts.unchanged),
        ])?;
    Ok(())
}

fn prune(connection: &Connection, now: Timestamp, keep: Duration) -> Result<(), StateError> {
    let keep = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
    let oldest = now.as_millisecond().saturating_sub(keep);
    connection
        .prepare_cached("DELETE FROM changes WHERE at < ?1")?
        .execute([oldest])?;
    connection
        .prepare_cached("DELETE FROM events WHERE at < ?1")?
        .execute([oldest])?;
    connection
        .prepare_cached(
            "DELETE FROM cycles WHERE number <=
                 (SELECT number FROM cycles ORDER BY number DESC LIMIT 1 OFFSET ?1)",
        )?
        .execute([CYCLES])?;
    Ok(())
}

fn read_cycle(found: &Row<'_>) -> Result<CycleRecord, StateError> {
    let count = |column: &str| -> Result<u64, StateError> {
        let number: i64 = found.get(column)?;
        row::known("count", &number.to_string(), u64::try_from(number).ok())
    };
    let result: String = found.get("result")?;
    Ok(CycleRecord {
        number: found.get("number")?,
        revision: found.get("revision")?,
        started: row::time(found.get("started")?)?,
        ended: row::time(found.get("ended")?)?,
        repeats: count("repeats")?,
        result: row::known("result", &result, CycleResult::parse(&result))?,
        counts: CycleCounts {
            done: count("done")?,
            failed: count("failed")?,
            skipped: count("skipped")?,
            held: count("held")?,
            unchanged: count("unchanged")?,
        },
    })
}
