//! From parser events to documents.

use std::borrow::Cow;
use std::collections::HashMap;

use bumpalo::Bump;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, StrInput};

use super::merge::{is_merge, take_in};
use super::node::{Node, Scalar, Style, Tag, Value};
use crate::model::{Position, Span};

/// Deepest nesting that is read. go-yaml stops at 10,000; nothing that people write comes near
/// either, and a recursive walk of this depth is safe on every thread.
pub(crate) const MAX_DEPTH: usize = 128;

/// Most nodes of one document that may come from aliases and merge keys. go-yaml limits the share of
/// aliased nodes; a plain number is easier to explain and stops the same bombs.
pub(crate) const MAX_ALIASED: usize = 100_000;

/// One document of a file.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    pub(crate) root: Node<'a>,
    /// Keys that stand twice in one mapping: key, first place, second place.
    pub(crate) duplicates: Vec<Duplicate>,
    /// Whether there is a `<<` in it, and what is wrong with the first that cannot be followed.
    pub(super) merges: Merges,
}

#[derive(Debug, Default)]
pub(super) struct Merges {
    pub(super) any: bool,
    pub(super) fault: Option<YamlError>,
}

#[derive(Clone, Debug)]
pub(crate) struct Duplicate {
    pub(crate) key: String,
    pub(crate) first: Span,
    pub(crate) second: Span,
}

/// Why a file is not read.
#[derive(Debug)]
pub(crate) struct YamlError {
    pub(crate) at: Position,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// Valid, but beyond what is read.
    pub(crate) too_complex: bool,
}

impl YamlError {
    pub(super) fn new(at: Position, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
            hint: None,
            too_complex: false,
        }
    }

    pub(super) fn with_hint(mut self, hint: &str) -> Self {
        self.hint = Some(hint.to_owned());
        self
    }

    pub(super) fn too_deep(at: Position) -> Self {
        let message = format!("nested deeper than {MAX_DEPTH} levels");
        Self::complex(at, message, "Write it flatter.")
    }

    fn complex(at: Position, message: String, hint: &str) -> Self {
        Self {
            at,
            message,
            hint: Some(hint.to_owned()),
            too_complex: true,
        }
    }
}

type EventSpan<'a> = (Event<'a>, saphyr_parser::Span);

/// Reads every document of a text without a byte order mark. Documents that hold nothing are left out.
/// What they hold is put into `arena`.
pub(super) fn build<'a>(
    arena: &'a Bump,
    text: &'a str,
    follows: bool,
) -> Result<Vec<Document<'a>>, YamlError> {
    let mut builder = Builder {
        arena,
        follows,
        merges: Merges::default(),
        parser: Parser::new_from_str(text),
        anchors: HashMap::new(),
        duplicates: Vec::new(),
        aliased: 0,
        items: Vec::new(),
        pairs: Vec::new(),
    };
    let mut documents = Vec::new();
    while let Some((event, span)) = builder.next()? {
        match event {
            Event::StreamEnd => break,
            Event::DocumentStart(_) => {
                builder.anchors.clear();
                builder.aliased = 0;
                let (first, at) = builder.expect(position(span.end))?;
                let root = builder.node(first, at, 0)?;
                let duplicates = std::mem::take(&mut builder.duplicates);
                let merges = std::mem::take(&mut builder.merges);
                if !root.is_null() {
                    documents.push(Document {
                        root,
                        duplicates,
                        merges,
                    });
                }
            }
            _ => {}
        }
    }
    Ok(documents)
}

/// How many documents a text holds, without building them; finds the same faults of syntax.
pub(crate) fn count(text: &str) -> Result<usize, YamlError> {
    let mut parser = Parser::new_from_str(text);
    let (mut documents, mut empty) = (0, false);
    while let Some(next) = parser.next_event() {
        let (event, _) = next.map_err(|error| scan_error(&error))?;
        match event {
            Event::DocumentStart(_) => {
                documents += 1;
                empty = true;
            }
            Event::DocumentEnd => documents -= usize::from(empty),
            Event::Scalar(text, ..) if text.is_empty() => {}
            Event::StreamEnd => break,
            _ => empty = false,
        }
    }
    Ok(documents)
}

struct Builder<'a> {
    arena: &'a Bump,
    /// Whether `<<` is followed.
    follows: bool,
    /// Those of this document.
    merges: Merges,
    parser: Parser<'a, StrInput<'a>>,
    /// Anchors of the document by the parser's number, with their count of nodes.
    anchors: HashMap<usize, (Node<'a>, usize)>,
    duplicates: Vec<Duplicate>,
    aliased: usize,
    /// The items of lists that are not at their end yet. A list is made when its length is known.
    items: Vec<Node<'a>>,
    /// The same of mappings.
    pairs: Vec<(Node<'a>, Node<'a>)>,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<Option<EventSpan<'a>>, YamlError> {
        self.parser
            .next_event()
            .transpose()
            .map_err(|error| scan_error(&error))
    }

    fn expect(&mut self, after: Position) -> Result<EventSpan<'a>, YamlError> {
        self.next()?
            .ok_or_else(|| YamlError::new(after, "the file ends in the middle of a value"))
    }

    fn node(
        &mut self,
        event: Event<'a>,
        at: saphyr_parser::Span,
        depth: usize,
    ) -> Result<Node<'a>, YamlError> {
        let start = position(at.start);
        if depth > MAX_DEPTH {
            return Err(YamlError::too_deep(start));
        }
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let scalar = Scalar {
                    text: match text {
                        Cow::Borrowed(text) => text,
                        Cow::Owned(text) => self.arena.alloc_str(&text),
                    },
                    style: style_of(style),
                    tag: tag.map_or(Tag::None, |tag| tag_of(&tag)),
                };
                let value = Value::Scalar(scalar);
                (
                    Node {
                        span: span_of(at),
                        value,
                    },
                    anchor,
                )
            }
            Event::SequenceStart(anchor, _) => (self.list(start, depth)?, anchor),
            Event::MappingStart(anchor, _) => (self.map(start, depth)?, anchor),
            Event::Alias(anchor) => return self.alias(anchor, start),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => {
                return Err(YamlError::new(start, "expected a value"));
            }
        };
        if anchor > 0 {
            let size = size_of(&node);
            self.anchors.insert(anchor, (node, size));
        }
        Ok(node)
    }

    fn list(&mut self, start: Position, depth: usize) -> Result<Node<'a>, YamlError> {
        let from = self.items.len();
        let mut end = start;
        loop {
            let (event, at) = self.expect(end)?;
            if matches!(event, Event::SequenceEnd) {
                let span = Span {
                    start,
                    end: position(at.end).max(end),
                };
                let items = self.arena.alloc_slice_copy(&self.items[from..]);
                self.items.truncate(from);
                return Ok(Node {
                    span,
                    value: Value::List(items),
                });
            }
            let item = self.node(event, at, depth + 1)?;
            end = item.span.end.max(end);
            self.items.push(item);
        }
    }

    fn map(&mut self, start: Position, depth: usize) -> Result<Node<'a>, YamlError> {
        let from = self.pairs.len();
        let mut merges = Vec::new();
        let mut end = start;
        loop {
            let (event, at) = self.expect(end)?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key = self.node(event, at, depth + 1)?;
            let (event, at) = self.expect(key.span.end)?;
            let value = self.node(event, at, depth + 1)?;
            end = value.span.end.max(key.span.end).max(end);
            if self.follows && is_merge(&key) {
                self.merges.any = true;
                merges.push(value);
            } else {
                self.pairs.push((key, value));
            }
        }
        duplicates(&self.pairs[from..], &mut self.duplicates);
        for merge in merges {
            if let Err(fault) = take_in(&mut self.pairs, from, merge) {
                self.merges.fault.get_or_insert(fault);
            }
        }
        let entries = self.arena.alloc_slice_copy(&self.pairs[from..]);
        self.pairs.truncate(from);
        let span = Span { start, end };
        Ok(Node {
            span,
            value: Value::Map(entries),
        })
    }

    fn alias(&mut self, anchor: usize, at: Position) -> Result<Node<'a>, YamlError> {
        let Some((node, size)) = self.anchors.get(&anchor) else {
            return Err(YamlError::new(
                at,
                "there is no such anchor before this alias",
            ));
        };
        self.aliased += size;
        if self.aliased > MAX_ALIASED {
            let message = format!("aliases stand for more than {MAX_ALIASED} values");
            let hint = "Write the values out, or refer to fewer of them.";
            return Err(YamlError::complex(at, message, hint));
        }
        Ok(*node)
    }
}

/// Notes the scalar keys of a mapping that come twice.
pub(super) fn duplicates(entries: &[(Node<'_>, Node<'_>)], found: &mut Vec<Duplicate>) {
    /// Up to here comparing every pair is cheaper than a table.
    const SMALL: usize = 12;
    let mut note = |key: &str, first, second| {
        found.push(Duplicate {
            key: key.to_owned(),
            first,
            second,
        });
    };
    let keys = || {
        let scalars = entries.iter().map(|(key, _)| key);
        scalars.filter_map(|key| Some((key.scalar()?.text, key.span)))
    };
    if entries.len() <= SMALL {
        for (index, (key, second)) in keys().enumerate() {
            if let Some((_, first)) = keys().take(index).find(|(other, _)| *other == key) {
                note(key, first, second);
            }
        }
        return;
    }
    let mut seen: HashMap<&str, Span> = HashMap::with_capacity(entries.len());
    for (key, second) in keys() {
        if let Some(first) = seen.insert(key, second) {
            note(key, first, second);
        }
    }
}

fn size_of(node: &Node<'_>) -> usize {
    1 + match &node.value {
        Value::Scalar(_) => 0,
        Value::List(items) => items.iter().map(size_of).sum(),
        Value::Map(entries) => entries
            .iter()
            .map(|(key, value)| size_of(key) + size_of(value))
            .sum(),
    }
}

fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    }
}

fn tag_of(tag: &saphyr_parser::Tag) -> Tag {
    if tag.handle == "!" && tag.suffix.is_empty() {
        return Tag::Str;
    }
    if !tag.is_yaml_core_schema() {
        return Tag::Other;
    }
    match tag.suffix.as_str() {
        "str" => Tag::Str,
        "int" => Tag::Int,
        "float" => Tag::Float,
        "bool" => Tag::Bool,
        "null" => Tag::Null,
        "binary" => Tag::Binary,
        _ => Tag::Other,
    }
}

fn span_of(span: saphyr_parser::Span) -> Span {
    Span {
        start: position(span.start),
        end: position(span.end),
    }
}

/// The parser counts lines from 1 and columns from 0.
fn position(mark: saphyr_parser::Marker) -> Position {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Position {
        line: number(mark.line()),
        column: number(mark.col() + 1),
    }
}

fn scan_error(error: &ScanError) -> YamlError {
    YamlError::new(position(*error.marker()), error.info().to_owned())
}
