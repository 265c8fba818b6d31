//! Entities as a table.

use std::fmt::Write as _;

use super::{line, name, owner};
use crate::model::Entity;

const HEAD: [&str; 6] = ["KIND", "NAME", "OWNER", "TYPE", "LIFECYCLE", "TITLE"];
/// What is left of the last column of a line that is too narrow for the others.
const LEAST: usize = 10;

/// A line for each entity, in the order given; the last column is cut where a line would be wider than `width`.
/// Ends with a line feed.
pub fn list(entities: &[&Entity], width: Option<usize>) -> String {
    if entities.is_empty() {
        return "Nothing in the catalog matches.\n".to_owned();
    }
    let rows = entities.iter().map(|entity| row(entity));
    let rows: Vec<[String; 6]> = std::iter::once(HEAD.map(str::to_owned))
        .chain(rows)
        .collect();
    let widest = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEAD.len() - 1).map(widest).collect();
    let before: usize = widths.iter().map(|width| width + 2).sum();
    let last = width.map_or(usize::MAX, |width| width.saturating_sub(before).max(LEAST));
    let mut out = String::new();
    for [cells @ .., title] in &rows {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(&widths) {
            let _ = write!(line, "{cell:<width$}  ");
        }
        line.push_str(&cut(title, last));
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn row(entity: &Entity) -> [String; 6] {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let said = entity.title.as_ref().or(entity.description.as_ref());
    [
        line(&entity.kind),
        line(&name(entity)),
        or_dash(entity.owner().map(|to| line(&owner(to)))),
        or_dash(entity.type_.as_deref().map(line)),
        or_dash(entity.lifecycle.as_deref().map(line)),
        said.map(|text| line(text)).unwrap_or_default(),
    ]
}

/// At most so many letters, the last a "…" where more were there.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}
