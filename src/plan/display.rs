//! A plan as people read it on a terminal: short, in a stable order, and grouped where it is long.

mod dashboard;
mod route;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::Plan;
use crate::model::{Action, Change, FieldChange, Held, ResourceKind};

/// More changes than this are shown in groups, so that a plan fits a screen.
const IN_FULL: usize = 20;
/// How many names a group spells out.
const NAMES: usize = 3;
/// How many parts of one object are spelled out.
const PARTS: usize = 5;
/// Longer values are cut in the middle of the screen line; the JSON has them whole.
const VALUE_WIDTH: usize = 100;

/// The plan as text; ends with a line of totals and a line feed.
pub fn text(plan: &Plan) -> String {
    let mut out = String::new();
    let changes = plan.changes();
    if changes.len() <= IN_FULL {
        for change in &changes {
            full(&mut out, change);
        }
    } else {
        grouped(&mut out, &changes);
    }
    held(&mut out, &plan.held());
    let _ = writeln!(out, "{}", totals(plan));
    out
}

/// What the settings no longer have a target for; empty where there is nothing.
pub fn orphaned(orphaned: &BTreeMap<crate::model::TargetName, usize>) -> String {
    let mut out = String::new();
    for (target, count) in orphaned {
        let _ = writeln!(
            out,
            "orphaned: {count} objects on {target}, which is no longer in the settings; they are left as \
             they are"
        );
    }
    out
}

/// "2 to create, 1 to update, 41 unchanged."
pub fn totals(plan: &Plan) -> String {
    let changes = plan.changes();
    let mut parts = Vec::new();
    for action in [
        Action::Create,
        Action::Update,
        Action::Adopt,
        Action::Delete,
    ] {
        let count = changes.iter().filter(|c| c.action == action).count();
        if count > 0 {
            parts.push(format!("{count} to {}", action.as_str()));
        }
    }
    if parts.is_empty() {
        parts.push("nothing to change".to_owned());
    }
    let held = plan.held().len();
    if held > 0 {
        parts.push(format!("{held} held"));
    }
    parts.push(format!("{} unchanged", plan.unchanged()));
    parts.join(", ") + "."
}

fn mark(action: Action) -> char {
    match action {
        Action::Create => '+',
        Action::Update => '~',
        Action::Adopt => '=',
        Action::Delete => '-',
    }
}

fn full(out: &mut String, change: &Change) {
    let _ = write!(out, "{} {}", mark(change.action), change.id);
    let place = change.source.as_ref();
    let place = place.map(|source| format!("{}:{}", source.file, source.line));
    let whose = change.owner.as_ref().map(ToString::to_string);
    let known: Vec<String> = place.into_iter().chain(whose).collect();
    if !known.is_empty() {
        let _ = write!(out, "  ({})", known.join(", "));
    }
    if change.drift {
        out.push_str("  [drift: changed on the server]");
    }
    out.push('\n');
    match change.action {
        Action::Create | Action::Delete if change.id.kind == ResourceKind::Dashboard => {
            dashboard::whole(out, &change.fields);
        }
        Action::Create | Action::Delete if change.id.kind == ResourceKind::Route => {
            route::whole(out, change);
        }
        Action::Create | Action::Delete => parts(out, &change.fields),
        Action::Update | Action::Adopt if change.id.kind == ResourceKind::Dashboard => {
            dashboard::update(out, change);
        }
        Action::Update | Action::Adopt => {
            for found in &change.fields {
                let path = match change.id.kind {
                    ResourceKind::Route => route::path(change, &found.path),
                    ResourceKind::RuleGroup
                    | ResourceKind::Folder
                    | ResourceKind::DataSource
                    | ResourceKind::Dashboard => found.path.clone(),
                };
                field(out, &path, found);
            }
        }
    }
    for line in &change.impact {
        let _ = writeln!(out, "    ! {line}");
    }
}

/// What is in something that is made or goes: "2 rules: `alert=A`, `alert=B`".
fn parts(out: &mut String, fields: &[FieldChange]) {
    let mut lists: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for field in fields {
        if let Some((list, key)) = field.path.rsplit_once('/')
            && key.contains('=')
        {
            lists
                .entry(list.trim_start_matches('/'))
                .or_default()
                .push(key);
        }
    }
    for (list, keys) in lists {
        let shown = keys
            .iter()
            .take(PARTS)
            .copied()
            .collect::<Vec<_>>()
            .join(", ");
        let more = match keys.len().saturating_sub(PARTS) {
            0 => String::new(),
            rest => format!(" and {rest} more"),
        };
        let _ = writeln!(out, "    {} {list}: {shown}{more}", keys.len());
    }
}

fn field(out: &mut String, path: &str, field: &FieldChange) {
    let _ = match (&field.before, &field.after) {
        (Some(before), Some(after)) => {
            writeln!(out, "    {path}: {} -> {}", value(before), value(after))
        }
        (None, Some(after)) => writeln!(out, "    {path}: + {}", value(after)),
        (Some(before), None) => writeln!(out, "    {path}: - {}", value(before)),
        (None, None) => Ok(()),
    };
}

fn value(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    };
    if text.chars().count() <= VALUE_WIDTH {
        return text;
    }
    let start: String = text.chars().take(VALUE_WIDTH - 3).collect();
    format!("{start}...")
}

/// One line for each target, kind and action; changes to the same fields count as one kind of change.
fn grouped(out: &mut String, changes: &[&Change]) {
    let mut groups: BTreeMap<(String, String), Vec<&Change>> = BTreeMap::new();
    for change in changes {
        let what = format!(
            "{} {}/{}",
            mark(change.action),
            change.id.target,
            change.id.kind
        );
        // That something is made or goes says it all.
        let shape = match change.action {
            Action::Create | Action::Delete => String::new(),
            Action::Update | Action::Adopt => shape(&change.fields),
        };
        groups.entry((what, shape)).or_default().push(change);
    }
    // Many shapes of updates would be as long as no grouping at all.
    if groups.len() > IN_FULL {
        let mut merged: BTreeMap<(String, String), Vec<&Change>> = BTreeMap::new();
        for ((what, _), members) in groups {
            merged
                .entry((what, String::new()))
                .or_default()
                .extend(members);
        }
        groups = merged;
    }
    for ((what, shape), members) in &groups {
        let names: Vec<&str> = members.iter().take(NAMES).map(|c| &*c.id.name).collect();
        let more = match members.len().saturating_sub(NAMES) {
            0 => String::new(),
            rest => format!(" and {rest} more"),
        };
        let noun = if members.len() == 1 {
            "object"
        } else {
            "objects"
        };
        let _ = writeln!(
            out,
            "{what}  {} {noun}: {}{more}",
            members.len(),
            names.join(", ")
        );
        if !shape.is_empty() {
            let _ = writeln!(out, "    each {shape}");
        }
        impacts(out, members);
    }
}

/// Which fields differ, with the names of list items left out.
fn shape(fields: &[FieldChange]) -> String {
    let mut shapes: Vec<String> = fields
        .iter()
        .map(|field| {
            let parts = field
                .path
                .split('/')
                .map(|part| match part.split_once('=') {
                    Some((key, _)) => format!("{key}=*"),
                    None => part.to_owned(),
                });
            parts.collect::<Vec<_>>().join("/")
        })
        .collect();
    shapes.sort();
    shapes.dedup();
    if shapes.len() > NAMES {
        return format!("{} fields", shapes.len());
    }
    shapes.join(", ")
}

fn impacts(out: &mut String, members: &[&Change]) {
    let lines: Vec<&String> = members.iter().flat_map(|change| &change.impact).collect();
    for line in lines.iter().take(NAMES) {
        let _ = writeln!(out, "    ! {line}");
    }
    if lines.len() > NAMES {
        let _ = writeln!(out, "    ! and {} more such lines", lines.len() - NAMES);
    }
}

/// Held entries, grouped by what holds them.
fn held(out: &mut String, held: &[&Held]) {
    let mut groups: BTreeMap<(&str, &str), Vec<&Held>> = BTreeMap::new();
    for entry in held {
        groups
            .entry((entry.reason.as_str(), &entry.detail))
            .or_default()
            .push(entry);
    }
    for ((reason, detail), members) in groups {
        let names: Vec<String> = members
            .iter()
            .take(NAMES)
            .map(|held| match (&held.id, held.action) {
                (Some(id), Some(action)) => format!("{} {id}", action.as_str()),
                (Some(id), None) => id.to_string(),
                (None, _) => held.target.to_string(),
            })
            .collect();
        let more = match members.len().saturating_sub(NAMES) {
            0 => String::new(),
            rest => format!(" and {rest} more"),
        };
        let _ = writeln!(out, "held ({reason}): {}{more}", names.join(", "));
        let _ = writeln!(out, "    {detail}");
    }
}
