//! What changes in a dashboard: by panel, query and variable, in a few lines.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{field, value};
use crate::model::{Canonical, Change, FieldChange};

/// More fields than this are summed up, panel by panel.
const IN_FULL: usize = 8;

/// Lines for an update.
pub(super) fn update(out: &mut String, change: &Change) {
    let mut panels: BTreeMap<String, Vec<&FieldChange>> = BTreeMap::new();
    let mut others = Vec::new();
    for field in &change.fields {
        match panel(&field.path) {
            Some((id, _)) => panels.entry(id.to_owned()).or_default().push(field),
            None => others.push(field),
        }
    }
    summary(out, &panels);
    for other in &others {
        field(out, &other.path, other);
    }
    let titles = change
        .desired
        .as_ref()
        .map(|desired| titles(&desired.canonical.open()))
        .unwrap_or_default();
    let short = change.fields.len() <= IN_FULL;
    for (id, fields) in by_number(&panels) {
        let title = titles.get(id.as_str()).cloned();
        one(out, id, title, fields, short);
    }
}

/// A line for a dashboard that is made or goes: `"Nodes" in Infrastructure, 4 panels`.
pub(super) fn whole(out: &mut String, fields: &[FieldChange]) {
    let text = |path: &str| {
        let field = fields.iter().find(|field| field.path == path)?;
        let value = field.after.as_ref().or(field.before.as_ref())?;
        value.as_str().filter(|text| !text.is_empty())
    };
    let title = text("/title").unwrap_or_default();
    let folder = match text("/folder") {
        Some(path) => format!(" in {path}"),
        None => String::new(),
    };
    let panels = fields.iter().filter(|field| panel(&field.path).is_some());
    let panels = panels.count();
    let noun = if panels == 1 { "panel" } else { "panels" };
    let _ = writeln!(out, "    {title:?}{folder}, {panels} {noun}");
}

/// The id of the panel that a path leads into, and what follows: `3` and `/title` of
/// `/panels/id=9/panels/id=3/title`.
fn panel(path: &str) -> Option<(&str, &str)> {
    const KEY: &str = "/panels/id=";
    let (_, rest) = path.rsplit_once(KEY)?;
    let end = rest.find('/').unwrap_or(rest.len());
    Some(rest.split_at(end))
}

/// "3 panels changed: 1 query, 2 thresholds"
fn summary(out: &mut String, panels: &BTreeMap<String, Vec<&FieldChange>>) {
    if panels.len() < 2 {
        return;
    }
    let mut counts: BTreeMap<Part, usize> = BTreeMap::new();
    for fields in panels.values() {
        let parts: BTreeSet<Part> = fields.iter().map(|field| part(field)).collect();
        for part in parts {
            *counts.entry(part).or_default() += 1;
        }
    }
    let counted: Vec<String> = counts
        .iter()
        .map(|(part, count)| format!("{count} {}", part.name(*count)))
        .collect();
    let _ = writeln!(
        out,
        "    {} panels changed: {}",
        panels.len(),
        counted.join(", ")
    );
}

/// What of a panel a field belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Whole,
    Query,
    Thresholds,
    Title,
    Layout,
    Options,
}

impl Part {
    fn name(self, count: usize) -> &'static str {
        match (self, count) {
            (Self::Whole, _) => "added or removed",
            (Self::Query, 1) => "query",
            (Self::Query, _) => "queries",
            (Self::Thresholds, _) => "thresholds",
            (Self::Title, 1) => "title",
            (Self::Title, _) => "titles",
            (Self::Layout, _) => "layout",
            (Self::Options, _) => "options",
        }
    }
}

fn part(field: &FieldChange) -> Part {
    let Some((_, rest)) = panel(&field.path) else {
        return Part::Options;
    };
    if rest.is_empty() {
        Part::Whole
    } else if rest.starts_with("/targets") {
        Part::Query
    } else if rest.contains("/thresholds") {
        Part::Thresholds
    } else if rest == "/title" {
        Part::Title
    } else if rest.starts_with("/gridPos") {
        Part::Layout
    } else {
        Part::Options
    }
}

/// The titles of all panels, by id.
fn titles(body: &Canonical) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    collect(body, &mut found);
    found
}

fn collect(node: &Canonical, found: &mut BTreeMap<String, String>) {
    match node {
        Canonical::Keyed(items) => {
            for (key, item) in items {
                if let (Some(id), Some(Canonical::Text(title))) =
                    (key.strip_prefix("id="), item.get("title"))
                {
                    found.insert(id.to_owned(), title.to_string());
                }
                collect(item, found);
            }
        }
        Canonical::List(items) => items.iter().for_each(|item| collect(item, found)),
        Canonical::Map(fields) => {
            for name in ["panels", "rows"] {
                if let Some(field) = fields.get(name) {
                    collect(field, found);
                }
            }
        }
        Canonical::Null
        | Canonical::Bool(_)
        | Canonical::Int(_)
        | Canonical::Float(_)
        | Canonical::Text(_)
        | Canonical::Secret(_) => {}
    }
}

fn by_number<'a>(
    panels: &'a BTreeMap<String, Vec<&'a FieldChange>>,
) -> Vec<(&'a String, &'a Vec<&'a FieldChange>)> {
    let mut sorted: Vec<_> = panels.iter().collect();
    sorted.sort_by_key(|(id, _)| (id.parse::<u64>().unwrap_or(u64::MAX), (*id).clone()));
    sorted
}

fn one(out: &mut String, id: &str, title: Option<String>, fields: &[&FieldChange], short: bool) {
    let whole = fields.iter().find(|field| part(field) == Part::Whole);
    let gone = whole.and_then(|field| field.before.as_ref());
    let title = title.or_else(|| Some(gone?.get("title")?.as_str()?.to_owned()));
    let title = title.unwrap_or_default();
    let name = if title.is_empty() {
        format!("panel {id}")
    } else {
        format!("panel {id} {}", value(&format!("{title:?}").into()))
    };
    if let Some(whole) = whole {
        let what = match (&whole.before, &whole.after) {
            (None, Some(_)) => "added",
            (Some(_), None) => "removed",
            _ => "replaced",
        };
        let _ = writeln!(out, "    {name}: {what}");
        return;
    }
    if short {
        for change in fields {
            let rest = panel(&change.path).map_or("", |(_, rest)| rest);
            field(out, &format!("{name}{rest}"), change);
        }
        return;
    }
    let parts: BTreeSet<Part> = fields.iter().map(|field| part(field)).collect();
    let parts: Vec<&str> = parts.iter().map(|part| part.name(1)).collect();
    let _ = writeln!(
        out,
        "    {name}: {} ({} {})",
        parts.join(", "),
        fields.len(),
        if fields.len() == 1 { "field" } else { "fields" }
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn change(path: &str) -> FieldChange {
        FieldChange {
            path: path.to_owned(),
            before: Some(json!(1)),
            after: Some(json!(2)),
        }
    }

    #[test]
    fn finds_the_innermost_panel() {
        assert_eq!(
            panel("/panels/id=9/panels/id=3/title"),
            Some(("3", "/title"))
        );
        assert_eq!(panel("/panels/id=9"), Some(("9", "")));
        assert_eq!(panel("/title"), None);
    }

    #[test]
    fn counts_what_kind_of_change_it_is() {
        let fields = [
            change("/panels/id=1/targets/refId=A/expr"),
            change("/panels/id=2/fieldConfig/defaults/thresholds/steps"),
            change("/panels/id=3/fieldConfig/defaults/thresholds/steps"),
        ];
        let mut panels: BTreeMap<String, Vec<&FieldChange>> = BTreeMap::new();
        for field in &fields {
            let (id, _) = panel(&field.path).unwrap();
            panels.entry(id.to_owned()).or_default().push(field);
        }
        let mut out = String::new();
        summary(&mut out, &panels);
        assert_eq!(out, "    3 panels changed: 1 query, 2 thresholds\n");
    }
}
