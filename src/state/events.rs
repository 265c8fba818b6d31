//! What else happened than changes: pauses, targets that failed and worked again, starts and stops, new settings.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::{State, StateError, StateView, row};
use crate::model::TargetName;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub at: Timestamp,
    pub what: What,
    /// `None` where it is about the daemon.
    pub target: Option<TargetName>,
    /// Who did it, where somebody did.
    pub by: Option<String>,
    pub detail: Option<String>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    Started,
    Stopped,
    /// The settings were read anew; the detail says what is different.
    Settings,
    Paused,
    Resumed,
    /// A target, or the repository, could not be read or changed.
    Failing,
    /// It works again.
    Recovered,
}

impl What {
    pub const ALL: &'static [Self] = &[
        Self::Started,
        Self::Stopped,
        Self::Settings,
        Self::Paused,
        Self::Resumed,
        Self::Failing,
        Self::Recovered,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Stopped => "stopped",
            Self::Settings => "settings",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::Failing => "failing",
            Self::Recovered => "recovered",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|what| what.as_str() == text)
    }
}

impl State {
    /// Notes something in the history.
    pub fn note(&self, event: &Event) -> Result<(), StateError> {
        self.write(|transaction| append(transaction, event))
    }
}

impl StateView {
    /// What happened from `since` on, oldest first; with a target only what is about it.
    pub fn events(
        &self,
        since: Timestamp,
        target: Option<&TargetName>,
    ) -> Result<Vec<Event>, StateError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "SELECT * FROM events WHERE at >= ?1 AND (?2 IS NULL OR target = ?2) ORDER BY at, number",
        )?;
        let target = target.map(TargetName::as_str);
        let mut rows = statement.query(params![since.as_millisecond(), target])?;
        let mut events = Vec::new();
        while let Some(found) = rows.next()? {
            events.push(read(found)?);
        }
        Ok(events)
    }
}

pub(super) fn append(connection: &Connection, event: &Event) -> Result<(), StateError> {
    let Event {
        at,
        what,
        target,
        by,
        detail,
    } = event;
    connection
        .prepare_cached(
            "INSERT INTO events (at, what, target, by, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            at.as_millisecond(),
            what.as_str(),
            target.as_ref().map(TargetName::as_str),
            by,
            detail,
        ])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Event, StateError> {
    let what: String = row.get("what")?;
    let target: Option<String> = row.get("target")?;
    let target = target
        .map(|name| row::known("target", &name, TargetName::new(&name)))
        .transpose()?;
    Ok(Event {
        at: row::time(row.get("at")?)?,
        what: row::known("event", &what, What::parse(&what))?,
        target,
        by: row.get("by")?,
        detail: row.get("detail")?,
    })
}
