//! JSON files: read as JSON, so that what YAML parsers stumble over (surrogate pairs, tabs, long keys)
//! is fine, into the same nodes.

use bumpalo::Bump;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::build::{Document, MAX_DEPTH, Merges, YamlError, duplicates};
use super::node::{Node, Scalar, Style, Tag, Value};
use crate::model::{Position, Span};

/// Which keys a JSON file has at its top; the values are not looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Outline {
    pub(crate) api_version: Option<IgnoredAny>,
    pub(crate) groups: Option<IgnoredAny>,
    pub(crate) title: Option<IgnoredAny>,
    pub(crate) panels: Option<IgnoredAny>,
    pub(crate) rows: Option<IgnoredAny>,
}

/// The outline of a file that is JSON; cheap, since nothing is built. Without keys where the file is no
/// object, and of the first of keys that come twice.
pub(crate) fn outline(text: &str) -> Result<Outline, YamlError> {
    if let Ok(outline) = serde_json::from_str::<Outline>(text) {
        return Ok(outline);
    }
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) if text.trim_start().starts_with('{') => Ok(Outline {
            // Keys that come twice: have it looked at in full.
            api_version: Some(IgnoredAny),
            ..Outline::default()
        }),
        Ok(_) => Ok(Outline::default()),
        Err(error) => Err(json_error(text, &error)),
    }
}

/// The one document of a file that is JSON.
/// What it holds is put into `arena`.
pub(crate) fn document<'a>(arena: &'a Bump, text: &'a str) -> Result<Document<'a>, YamlError> {
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| json_error(text, &error))?;
    let mut reader = Reader {
        arena,
        text,
        at: 0,
        place: Position { line: 1, column: 1 },
        duplicates: Vec::new(),
    };
    let root = reader.value(0)?;
    Ok(Document {
        root,
        duplicates: reader.duplicates,
        merges: Merges::default(),
    })
}

fn json_error(text: &str, error: &serde_json::Error) -> YamlError {
    let line = text
        .lines()
        .nth(error.line().saturating_sub(1))
        .unwrap_or("");
    // serde_json counts columns in bytes.
    let bytes = error.column().saturating_sub(1).min(line.len());
    let column = line
        .char_indices()
        .take_while(|(at, _)| *at < bytes)
        .count();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let at = Position {
        line: number(error.line().max(1)),
        column: number(column + 1),
    };
    let said = error.to_string();
    let message = said.split(" at line ").next().unwrap_or(&said);
    let hint = "Check quotes, commas and brackets here and on the line before.";
    YamlError::new(at, message.to_owned()).with_hint(hint)
}

/// Builds nodes from text that is known to be JSON.
struct Reader<'a> {
    arena: &'a Bump,
    text: &'a str,
    at: usize,
    place: Position,
    duplicates: Vec<super::build::Duplicate>,
}

impl<'a> Reader<'a> {
    /// Passes over some bytes.
    fn pass(&mut self, bytes: usize) {
        for c in self.text[self.at..self.at + bytes].chars() {
            if c == '\n' {
                self.place.line += 1;
                self.place.column = 1;
            } else {
                self.place.column += 1;
            }
        }
        self.at += bytes;
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Passes over white space and the marks between values; gives the next byte.
    fn next(&mut self, between: &[char]) -> Option<u8> {
        let rest = self.rest();
        let skip = rest.len()
            - rest
                .trim_start_matches(|c: char| c.is_ascii_whitespace() || between.contains(&c))
                .len();
        self.pass(skip);
        self.rest().bytes().next()
    }

    fn value(&mut self, depth: usize) -> Result<Node<'a>, YamlError> {
        let first = self.next(&[]);
        let start = self.place;
        if depth > MAX_DEPTH {
            return Err(YamlError::too_deep(start));
        }
        let value = match first {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => self.string()?,
            _ => self.plain(),
        };
        let end = self.place;
        Ok(Node {
            span: Span { start, end },
            value,
        })
    }

    fn object(&mut self, depth: usize) -> Result<Value<'a>, YamlError> {
        self.pass(1);
        let mut entries = Vec::new();
        while self.next(&[',']).is_some_and(|next| next != b'}') {
            let key = self.value(depth + 1)?;
            self.next(&[':']);
            entries.push((key, self.value(depth + 1)?));
        }
        self.pass(1);
        duplicates(&entries, &mut self.duplicates);
        Ok(Value::Map(self.arena.alloc_slice_copy(&entries)))
    }

    fn array(&mut self, depth: usize) -> Result<Value<'a>, YamlError> {
        self.pass(1);
        let mut items = Vec::new();
        while self.next(&[',']).is_some_and(|next| next != b']') {
            items.push(self.value(depth + 1)?);
        }
        self.pass(1);
        Ok(Value::List(self.arena.alloc_slice_copy(&items)))
    }

    fn string(&mut self) -> Result<Value<'a>, YamlError> {
        let mut escaped = true;
        let end = self.rest().bytes().position(|byte| {
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        });
        let length = end.map_or(self.rest().len(), |end| end + 1);
        let quoted = &self.rest()[..length];
        let text: String =
            serde_json::from_str(quoted).map_err(|error| json_error(quoted, &error))?;
        self.pass(length);
        Ok(scalar(self.arena.alloc_str(&text), Style::DoubleQuoted))
    }

    fn plain(&mut self) -> Value<'a> {
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, ',' | ']' | '}');
        let rest = self.rest();
        let length = rest.find(ends).unwrap_or(rest.len());
        let text = &rest[..length];
        self.pass(length);
        scalar(text, Style::Plain)
    }
}

fn scalar(text: &str, style: Style) -> Value<'_> {
    Value::Scalar(Scalar {
        text,
        style,
        tag: Tag::None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_yaml_parsers_stumble_over() {
        let text =
            "{\n\t\"a\": \"\\ud83d\\ude00\\/\",\n\t\"b\": [1, null, {\"c\": true}], \"a\": {}\n}\n";
        let arena = Bump::new();
        let document = document(&arena, text).unwrap();
        assert_eq!(document.root.text("a"), Some("😀/"));
        let list = document.root.get("b").unwrap();
        assert_eq!(list.span.start, Position { line: 3, column: 7 });
        assert_eq!(document.duplicates.len(), 1);
        assert_eq!(document.duplicates[0].second.start.column, 31);
    }

    #[test]
    fn says_where_it_is_wrong() {
        let error = outline("{\"é\": 1,\n \"é\" 2}").unwrap_err();
        assert_eq!(error.at, Position { line: 2, column: 6 });
        assert_eq!(error.message, "expected `:`");
    }

    #[test]
    fn outlines_without_reading_values() {
        let found = outline("{\"title\": \"x\", \"panels\": [], \"id\": 5}").unwrap();
        assert!(found.title.is_some() && found.panels.is_some() && found.groups.is_none());
        assert!(outline("[1]").unwrap().title.is_none());
    }
}
