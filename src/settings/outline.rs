//! Where each key of the settings file stands.
//!
//! `serde_yaml` tells no positions after it has parsed, and lets the last of two equal keys of a free
//! mapping win; so the text is read once more, for this alone.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, Span};

use super::SettingsError;
use crate::model::Position;

/// Positions by the way to the key: `targets[0].labels.env`.
#[derive(Debug, Default)]
pub(super) struct Outline {
    nodes: BTreeMap<String, Node>,
}

/// The first character that YAML does not allow. The parsers take a NUL for the end of the text, and one
/// of them tells a wrong place.
fn control_character(text: &str) -> Option<SettingsError> {
    let allowed = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    let (at, found) = text.char_indices().find(|(_, c)| !allowed(*c))?;
    let before = &text[..at];
    let line = before.rsplit('\n').next().unwrap_or_default();
    let number = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
    let position = Position {
        line: number(before.matches('\n').count()),
        column: number(line.trim_start_matches('\u{FEFF}').chars().count()),
    };
    let message = format!(
        "the control character U+{:04X} is not allowed",
        u32::from(found)
    );
    Some(fault(position, "", &message))
}

#[derive(Clone, Debug)]
struct Node {
    /// Of the key, or of the item of a list.
    key: Position,
    value: Position,
    /// The text of a scalar.
    text: Option<String>,
}

impl Outline {
    /// Reads the text.
    ///
    /// # Errors
    /// Where it is not one YAML document, or a key stands twice: all such keys.
    pub(super) fn read(text: &str) -> Result<Self, Vec<SettingsError>> {
        if let Some(fault) = control_character(text) {
            return Err(vec![fault]);
        }
        let mut builder = Builder::default();
        for event in Parser::new_from_str(text) {
            match event {
                Ok((event, span)) => builder.take(event, span),
                Err(error) => {
                    let fault = fault(start(*error.marker()), "", error.info());
                    return Err(vec![fault]);
                }
            }
        }
        if builder.faults.is_empty() {
            Ok(builder.outline)
        } else {
            Err(builder.faults)
        }
    }

    /// Where the value of a key stands, or else what it would be in.
    pub(super) fn value(&self, key: &str) -> Option<Position> {
        self.nearest(key).map(|node| node.value)
    }

    /// Where the key itself stands, or else what it would be in.
    pub(super) fn key(&self, key: &str) -> Option<Position> {
        self.nearest(key).map(|node| node.key)
    }

    /// The keys that have a scalar, with its text.
    pub(super) fn scalars(&self) -> impl Iterator<Item = (&str, &str)> {
        self.nodes
            .iter()
            .filter_map(|(key, node)| Some((key.as_str(), node.text.as_deref()?)))
    }

    /// Whether the key is there, whatever its value.
    pub(super) fn has(&self, key: &str) -> bool {
        self.nodes.contains_key(key)
    }

    fn nearest(&self, key: &str) -> Option<&Node> {
        let mut key = key;
        loop {
            if let Some(node) = self.nodes.get(key) {
                return Some(node);
            }
            if key.is_empty() {
                return None;
            }
            key = key.rfind(['.', '[']).map_or("", |end| &key[..end]);
        }
    }
}

/// Builds the outline from the parser's events.
#[derive(Default)]
struct Builder {
    outline: Outline,
    open: Vec<Open>,
    documents: usize,
    faults: Vec<SettingsError>,
}

/// A collection that has not ended.
struct Open {
    path: String,
    next: Next,
}

/// What the next node of a collection is.
enum Next {
    Item(usize),
    Key,
    /// The value of the key at this path.
    Value(String, Position),
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) {
        let at = start(span.start);
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents == 2 {
                    let message = "there is a second document: settings are one";
                    self.faults.push(fault(at, "", message));
                }
            }
            Event::Scalar(text, ..) => self.scalar(&text, at),
            Event::Alias(_) => {
                self.place(at, None);
            }
            Event::SequenceStart(..) => {
                let path = self.place(at, None);
                let next = Next::Item(0);
                self.open.push(Open { path, next });
            }
            Event::MappingStart(..) => {
                let path = self.place(at, None);
                let next = Next::Key;
                self.open.push(Open { path, next });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.open.pop();
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
    }

    fn scalar(&mut self, text: &str, at: Position) {
        if let Some(Open { path, next }) = self.open.last_mut()
            && matches!(next, Next::Key)
        {
            let separator = if path.is_empty() { "" } else { "." };
            let path = format!("{path}{separator}{text}");
            if self.outline.has(&path) && self.documents == 1 {
                let message = "the key stands twice: remove one";
                self.faults.push(fault(at, &path, message));
            }
            *next = Next::Value(path, at);
            return;
        }
        self.place(at, Some(text));
    }

    /// Notes a node that is not a scalar key, and returns the way to it.
    fn place(&mut self, value: Position, text: Option<&str>) -> String {
        let (path, key) = match self.open.last_mut() {
            None => (String::new(), value),
            Some(Open { path, next }) => match next {
                Next::Item(index) => {
                    let item = format!("{path}[{index}]");
                    *index += 1;
                    (item, value)
                }
                // A key that is a list or a mapping: `serde_yaml` refuses it.
                Next::Key => {
                    let odd = format!("{path}.?");
                    *next = Next::Value(odd.clone(), value);
                    (odd, value)
                }
                Next::Value(path, key) => {
                    let found = (std::mem::take(path), *key);
                    *next = Next::Key;
                    found
                }
            },
        };
        let text = text.map(str::to_owned);
        self.outline
            .nodes
            .insert(path.clone(), Node { key, value, text });
        path
    }
}

fn start(marker: saphyr_parser::Marker) -> Position {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Position {
        line: count(marker.line()),
        column: count(marker.col() + 1),
    }
}

fn fault(at: Position, key: &str, message: &str) -> SettingsError {
    SettingsError {
        position: Some(at),
        key: key.to_owned(),
        message: message.to_owned(),
        hint: None,
    }
}
