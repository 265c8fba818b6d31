//! Reads typed fields from nodes and collects every fault on the way.
//!
//! Not serde: that stops at the first fault, and a person who fixes a file wants all of them.

use std::fmt::Display;

use rayon::prelude::*;

use crate::model::nearest::{nearest, suggestion};
use crate::model::{Code, Diagnostic, Place, PromDuration, RepoPath, Span, Spanned};

use super::yaml::{Locator, Node, Tag, Value};

/// Where faults of one file go.
#[derive(Debug)]
pub(crate) struct Sink<'a> {
    path: &'a RepoPath,
    locator: Locator<'a>,
    found: Vec<Diagnostic>,
}

impl<'a> Sink<'a> {
    pub(crate) fn new(path: &'a RepoPath, source: &'a str) -> Self {
        Self {
            path,
            locator: Locator::new(source),
            found: Vec::new(),
        }
    }

    pub(crate) fn place(&self, span: Span) -> Place {
        Place::new(self.path.clone(), span)
    }

    /// The whole text.
    pub(crate) fn source(&self) -> &'a str {
        self.locator.source()
    }

    /// The place of the bytes `from..to` of a scalar's value.
    pub(crate) fn inside(&self, node: &Node<'_>, from: usize, to: usize) -> Span {
        self.locator.inside(node, from, to)
    }

    pub(crate) fn add(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    pub(crate) fn error(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let place = self.place(span);
        self.add(Diagnostic::error(code, place, message).with_hint(hint));
    }

    /// A mark to ask [`Sink::fault_since`] about later.
    pub(crate) fn mark(&self) -> usize {
        self.found.len()
    }

    /// The first error since the mark, in one line: place and message.
    pub(crate) fn fault_since(&self, mark: usize) -> Option<String> {
        let mut errors = self.found.get(mark..)?.iter().filter(|d| d.is_error());
        errors.next().map(fault)
    }

    /// Reads each of `items`, in their order; of many on all cores.
    pub(crate) fn each<'n, T: Send>(
        &mut self,
        items: &[&'n Node<'n>],
        read: impl Fn(&'n Node<'n>, &mut Sink<'a>) -> T + Sync,
    ) -> Vec<T> {
        /// Fewer are read before others are told of them.
        const MANY: usize = 64;
        if items.len() < MANY {
            return items.iter().map(|item| read(item, self)).collect();
        }
        let (path, locator) = (self.path, self.locator);
        let read = items.par_iter().with_min_len(MANY / 4).map(|item| {
            let found = Vec::new();
            let mut sink = Sink {
                path,
                locator,
                found,
            };
            (read(item, &mut sink), sink.found)
        });
        let (read, found): (Vec<T>, Vec<Vec<Diagnostic>>) = read.unzip();
        self.found.extend(found.into_iter().flatten());
        read
    }

    pub(crate) fn into_found(self) -> Vec<Diagnostic> {
        self.found
    }

    fn wrong_type(&mut self, node: &Node<'_>, what: impl Display, wanted: Wanted) {
        let (wanted, hint) = match wanted {
            Wanted::Text => (
                "a text",
                "Write one text; put it in quotes where it has special characters.",
            ),
            Wanted::Integer => ("an integer", "Write a whole number, without quotes."),
            Wanted::Boolean => ("true or false", "Write true or false, without quotes."),
            Wanted::List => (
                "a list",
                "Write the items one below the other, each after a dash.",
            ),
            Wanted::Mapping => (
                "a mapping",
                "Write fields as `name: value`, one below the other.",
            ),
        };
        let message = format!("{what} must be {wanted}, found {}", node.describe());
        self.error(Code::WrongType, node.span, message, hint);
    }

    /// The fields of a mapping; `None`, and an error, where it is something else. Fields that are not
    /// known are errors. Nothing at all counts as a mapping without fields.
    pub(crate) fn fields<'n>(
        &mut self,
        node: &'n Node<'n>,
        what: &'static str,
        known: &[&str],
    ) -> Option<Fields<'n>> {
        let fields = self.open_fields(node, what)?;
        for (key, _) in fields.entries {
            let Some(scalar) = key.scalar() else {
                self.wrong_type(key, "a field's name", Wanted::Text);
                continue;
            };
            if !known.contains(&scalar.text) {
                let message = format!("{what} has no field {:?}", scalar.text);
                let hint = suggestion(scalar.text, known);
                self.error(Code::UnknownField, key.span, message, hint);
            }
        }
        Some(fields)
    }

    /// The fields of a mapping that may have others.
    pub(crate) fn open_fields<'n>(
        &mut self,
        node: &'n Node<'n>,
        what: &'static str,
    ) -> Option<Fields<'n>> {
        let entries: &[(Node<'n>, Node<'n>)] = match node.entries() {
            Some(entries) => entries,
            None if node.is_null() => &[],
            None => {
                self.wrong_type(node, what, Wanted::Mapping);
                return None;
            }
        };
        let span = node.span;
        Some(Fields {
            what,
            span,
            entries,
        })
    }

    /// A text. Numbers and booleans are taken as written, as go-yaml does for Go strings; nothing is
    /// the empty text.
    pub(crate) fn text(&mut self, node: &Node<'_>, what: impl Display) -> Option<String> {
        let Some(scalar) = node.scalar() else {
            self.wrong_type(node, what, Wanted::Text);
            return None;
        };
        if scalar.tag == Tag::Binary {
            let message = format!("{what} is tagged !!binary, which is not read");
            self.error(
                Code::WrongType,
                node.span,
                message,
                "Write the text itself.",
            );
            return None;
        }
        if scalar.is_null() {
            return Some(String::new());
        }
        Some(scalar.text.to_owned())
    }

    /// An integer; nothing is `None`, as is a fault.
    pub(crate) fn integer(&mut self, node: &Node<'_>, what: &str) -> Option<i64> {
        if node.is_null() {
            return None;
        }
        let value = node.scalar().and_then(super::yaml::Scalar::as_int);
        if value.is_none() {
            self.wrong_type(node, what, Wanted::Integer);
        }
        value
    }

    /// A boolean; nothing is `None`, as is a fault.
    pub(crate) fn boolean(&mut self, node: &Node<'_>, what: &str) -> Option<bool> {
        if node.is_null() {
            return None;
        }
        let value = node.scalar().and_then(super::yaml::Scalar::as_bool);
        if value.is_none() {
            self.wrong_type(node, what, Wanted::Boolean);
        }
        value
    }

    /// A duration; nothing is `None`, as is a fault.
    pub(crate) fn duration(&mut self, node: &Node<'_>, what: &str) -> Option<PromDuration> {
        if node.is_null() {
            return None;
        }
        let text = self.text(node, what)?;
        match PromDuration::parse(&text) {
            Ok(duration) => Some(duration),
            Err(error) => {
                let message = format!("{what}: {error}, found {text:?}");
                let hint = "Write a number and a unit (ms, s, m, h, d, w, y), such as 5m or 1h30m.";
                self.error(Code::InvalidDuration, node.span, message, hint);
                None
            }
        }
    }

    /// The items of a list; nothing is an empty one.
    pub(crate) fn list<'n>(&mut self, node: &'n Node<'n>, what: &str) -> &'n [Node<'n>] {
        match &node.value {
            Value::List(items) => items,
            Value::Scalar(_) if node.is_null() => &[],
            Value::Scalar(_) | Value::Map(_) => {
                self.wrong_type(node, what, Wanted::List);
                &[]
            }
        }
    }

    /// Texts with their places.
    pub(crate) fn texts(&mut self, node: &Node<'_>, what: &str) -> Vec<Spanned<String>> {
        let mut texts = Vec::new();
        for item in self.list(node, what) {
            if let Some(text) = self.text(item, "an item of the list") {
                texts.push(Spanned::new(text, item.span));
            }
        }
        texts
    }
}

/// What a field must hold.
#[derive(Clone, Copy, Debug)]
enum Wanted {
    Text,
    Integer,
    Boolean,
    List,
    Mapping,
}

/// The fields of one mapping.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'n> {
    pub(crate) what: &'static str,
    /// The mapping's place.
    pub(crate) span: Span,
    pub(crate) entries: &'n [(Node<'n>, Node<'n>)],
}

impl<'n> Fields<'n> {
    pub(crate) fn entry(&self, name: &str) -> Option<(&'n Node<'n>, &'n Node<'n>)> {
        let mut named = self
            .entries
            .iter()
            .filter(|(key, _)| key.scalar().is_some_and(|scalar| scalar.text == name));
        named.next().map(|(key, value)| (key, value))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'n Node<'n>> {
        self.entry(name).map(|(_, value)| value)
    }

    /// The value of a field, with an error where it is missing.
    pub(crate) fn required(&self, name: &str, sink: &mut Sink<'_>) -> Option<&'n Node<'n>> {
        let found = self.get(name);
        // A misspelled field is told already.
        let misspelled = |(key, _): &(Node<'n>, Node<'n>)| {
            let text = key.scalar().map(|scalar| scalar.text);
            text.is_some_and(|text| nearest(text, &[name]).is_some())
        };
        if found.is_none() && !self.entries.iter().any(misspelled) {
            let message = format!("{} needs the field {name:?}", self.what);
            let start = Span {
                start: self.span.start,
                end: self.span.start,
            };
            let hint = format!("Add {name:?} here.");
            sink.error(Code::MissingField, start, message, hint);
        }
        found
    }
}

/// Place and message in one line.
pub(crate) fn fault(diagnostic: &Diagnostic) -> String {
    match &diagnostic.place {
        Some(place) => format!("{place}: {}", diagnostic.message),
        None => diagnostic.message.clone(),
    }
}
