//! What happened, oldest first: changes, and what else.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::time::stamp;
use crate::model::{OutcomeResult, TargetName};
use crate::report::json::source;
use crate::state::{Event, PastChange};

/// One line of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Entry {
    Change(PastChange),
    Event(Event),
}

impl Entry {
    /// Changes and events in the order in which they happened.
    pub(in crate::cli) fn merge(changes: Vec<PastChange>, events: Vec<Event>) -> Vec<Self> {
        let changes = changes.into_iter().map(Self::Change);
        let mut all: Vec<Self> = changes.chain(events.into_iter().map(Self::Event)).collect();
        all.sort_by_key(Self::at);
        all
    }

    pub(in crate::cli) fn at(&self) -> jiff::Timestamp {
        match self {
            Self::Change(change) => change.at,
            Self::Event(event) => event.at,
        }
    }
}

/// A line an entry.
pub(in crate::cli) fn text(entries: &[Entry]) -> String {
    let mut out = String::new();
    for entry in entries {
        let _ = write!(out, "{}  ", stamp(entry.at()));
        match entry {
            Entry::Change(change) => self::change(&mut out, change),
            Entry::Event(event) => self::event(&mut out, event),
        }
        out.push('\n');
    }
    if entries.is_empty() {
        out.push_str("nothing happened then\n");
    }
    out
}

fn change(out: &mut String, change: &PastChange) {
    let _ = write!(out, "{} {}", change.action.as_str(), change.id);
    if change.result != OutcomeResult::Done {
        let _ = write!(out, "  {}", change.result.as_str().to_uppercase());
    }
    let commit = change.revision.as_deref();
    let commit = commit.map_or("", |revision| revision.get(..7).unwrap_or(revision));
    let author = change.author.as_deref();
    let by = author.map_or_else(String::new, |author| format!(" by {author}"));
    if change.drift {
        // Whoever made the commit has nothing to do with it.
        let _ = write!(
            out,
            "  [undid a change made on the server, back to {commit}{by}]"
        );
    } else if !commit.is_empty() {
        let _ = write!(out, "  {commit}{by}");
    }
    if let Some(source) = &change.source {
        let _ = write!(out, "  ({}:{})", source.file, source.line);
    }
    if let Some(error) = &change.error {
        let _ = write!(out, "\n    {}", error.replace('\n', "\n    "));
    }
}

fn event(out: &mut String, event: &Event) {
    let Event {
        at: _,
        what,
        target,
        by,
        detail,
    } = event;
    match target {
        Some(target) => _ = write!(out, "{} {target}", what.as_str()),
        None => _ = write!(out, "{} trueup", what.as_str()),
    }
    match (detail, by) {
        (Some(detail), _) => {
            let detail = detail.replace('\n', " ");
            // Details are sentences of their own, that say what and where once more.
            let target = target.as_ref().map_or("", TargetName::as_str);
            let said = detail.strip_prefix(&format!("{} ", what.as_str()));
            let said = said.map(|rest| format!(" {rest}"));
            let rest = detail.strip_prefix(&format!("{target}: "));
            let rest = rest.unwrap_or(&detail);
            _ = write!(out, "{}", said.unwrap_or_else(|| format!(": {rest}")));
        }
        (None, Some(by)) => _ = write!(out, " by {by}"),
        (None, None) => {}
    }
}

/// `trueup.dev/history/v1`
pub(in crate::cli) fn json(entries: &[Entry]) -> Value {
    let entries: Vec<Value> = entries.iter().map(entry).collect();
    json!({ "schema": "trueup.dev/history/v1", "entries": entries })
}

fn entry(entry: &Entry) -> Value {
    match entry {
        Entry::Change(change) => json!({
            "at": format!("{:.3}", change.at),
            "what": "change",
            "cycle": change.cycle,
            "id": change.id.to_string(),
            "target": change.id.target.as_str(),
            "kind": change.id.kind.as_str(),
            "action": change.action.as_str(),
            "result": change.result.as_str(),
            "drift": change.drift,
            "error": change.error,
            "duration_ms": u64::try_from(change.duration.as_millis()).unwrap_or(u64::MAX),
            "revision": change.revision,
            "author": change.author,
            "owner": change.owner.as_deref(),
            "source": change.source.as_ref().map(source),
        }),
        Entry::Event(event) => json!({
            "at": format!("{:.3}", event.at),
            "what": event.what.as_str(),
            "target": event.target.as_ref().map(TargetName::as_str),
            "by": event.by,
            "detail": event.detail,
        }),
    }
}
