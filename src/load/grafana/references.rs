//! Which data sources a dashboard names, and where in the text.

use serde_json::Value;

use super::Reference;
use crate::model::references;
use crate::model::{Place, Position, RepoPath, Span};

/// Every data source that is named anywhere in a dashboard, once each.
pub(super) fn find(body: &Value, path: &RepoPath, source: &str) -> Vec<Reference> {
    let reference = |text: String| Reference {
        place: place_of(path, source, &text),
        text,
    };
    let names = references::data_sources(body);
    names.into_iter().map(reference).collect()
}

/// Where a text first stands in quotes; the start of the file where it does not.
pub(super) fn place_of(path: &RepoPath, source: &str, text: &str) -> Place {
    let quoted = Value::from(text).to_string();
    let found = source.find(&quoted);
    let start = found.map_or(Position { line: 1, column: 1 }, |at| position(source, at));
    let length = found.map_or(0, |_| quoted.chars().count());
    let end = Position {
        line: start.line,
        column: start.column + u32::try_from(length).unwrap_or(0),
    };
    Place::new(path.clone(), Span { start, end })
}

/// Line and column of a byte.
fn position(source: &str, at: usize) -> Position {
    let before = &source[..at];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Position {
        line: number(before.matches('\n').count() + 1),
        column: number(before[line_start..].chars().count() + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_each_once_with_its_place() {
        let text = "{\n  \"panels\": [{\"datasource\": \"Loki\"},\n   {\"targets\": [{\"datasource\": \
                    {\"type\": \"prometheus\", \"uid\": \"prom\"}}], \"datasource\": null},\n   \
                    {\"datasource\": \"-- Mixed --\"}, {\"datasource\": \"$ds\"}, {\"datasource\": \"Loki\"}]}";
        let body = serde_json::from_str(text).unwrap();
        let path = RepoPath::new("a.json").unwrap();
        let found = find(&body, &path, text);
        let shown: Vec<_> = found
            .iter()
            .map(|found| (found.text.as_str(), found.place.to_string()))
            .collect();
        assert_eq!(
            shown,
            [
                ("$ds", "a.json:4:50".to_owned()),
                ("Loki", "a.json:2:29".to_owned()),
                ("prom", "a.json:3:62".to_owned()),
            ]
        );
    }
}
