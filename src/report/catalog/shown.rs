//! One entity with all that belongs to it.

use std::fmt::Write as _;

use super::{line, system};
use serde_json::Value;

use crate::model::entity::Relation;
use crate::model::{Entity, Link, Resource, TargetName};

/// What is told of one entity.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub entity: &'a Entity,
    /// With the files put in that it embeds.
    pub document: &'a Value,
    /// Sorted by relation.
    pub links: &'a [Link<'a>],
    /// What should be on targets for it.
    pub resources: &'a [&'a Resource],
}

/// For a terminal; ends with a line feed.
pub fn shown(shown: &Shown<'_>) -> String {
    let mut out = String::new();
    fields(&mut out, shown.entity);
    links(&mut out, shown.links);
    resources(&mut out, shown.resources);
    out
}

fn fields(out: &mut String, entity: &Entity) {
    let _ = writeln!(out, "{}", entity.reference);
    for text in entity.title.iter().chain(&entity.description) {
        for part in text.trim().lines() {
            let _ = writeln!(out, "{}", format!("  {}", line(part)).trim_end());
        }
    }
    let tags: Vec<String> = entity.tags.iter().map(|tag| line(tag)).collect();
    let place = &entity.place;
    let rows = [
        ("owner", entity.owner().map(ToString::to_string)),
        ("type", entity.type_.as_deref().map(line)),
        ("lifecycle", entity.lifecycle.as_deref().map(line)),
        ("system", system(entity).map(ToString::to_string)),
        ("tags", (!tags.is_empty()).then(|| tags.join(", "))),
        (
            "declared in",
            Some(match place.line() {
                Some(line) => format!("{}:{line}", place.file),
                None => place.file.to_string(),
            }),
        ),
    ];
    out.push('\n');
    for (name, value) in rows {
        if let Some(value) = value {
            let _ = writeln!(out, "{name:<11}  {value}");
        }
    }
}

fn links(out: &mut String, links: &[Link<'_>]) {
    if !links.is_empty() {
        out.push_str("\nrelations\n");
    }
    let mut last: Option<Relation> = None;
    for link in links {
        if last != Some(link.relation) {
            let _ = writeln!(out, "  {}", link.relation.as_str());
            last = Some(link.relation);
        }
        let mark = match link.entity {
            Some(_) => "",
            None => "  (nobody declares it)",
        };
        let _ = writeln!(out, "    {}{mark}", link.to);
    }
}

fn resources(out: &mut String, resources: &[&Resource]) {
    out.push_str("\nresources\n");
    if resources.is_empty() {
        out.push_str("  none\n");
    }
    let mut sorted = resources.to_vec();
    sorted.sort_by(|one, other| one.id.cmp(&other.id));
    let mut last: Option<&TargetName> = None;
    for Resource { id, source, .. } in sorted {
        if last != Some(&id.target) {
            let _ = writeln!(out, "  {}", id.target);
            last = Some(&id.target);
        }
        let (file, line) = (&source.file, source.line);
        let _ = writeln!(out, "    {}/{}  ({file}:{line})", id.kind, id.name);
    }
}
