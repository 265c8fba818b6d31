//! A value with its place.

use crate::model::Span;

/// A value as written, with aliases and merge keys resolved. Borrows from the file's text what stands
/// there as it is, and all else from the arena that its file is read into: thousands of small lists are let go
/// in one piece.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a> {
    pub(crate) span: Span,
    pub(crate) value: Value<'a>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Scalar(Scalar<'a>),
    List(&'a [Node<'a>]),
    /// Keys and values in the order of the text.
    Map(&'a [(Node<'a>, Node<'a>)]),
}

/// A scalar's text after unescaping and folding; what it means depends on who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scalar<'a> {
    pub(crate) text: &'a str,
    pub(crate) style: Style,
    pub(crate) tag: Tag,
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
    Folded,
}

/// An explicit tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    None,
    Str,
    Int,
    Float,
    Bool,
    Null,
    Binary,
    /// A tag of somebody's own; go-yaml passes over it when it decodes into typed fields.
    Other,
}

impl<'a> Node<'a> {
    /// What it is, for messages: "a list", "the number 5".
    pub(crate) fn describe(&self) -> String {
        match &self.value {
            Value::Map(_) => "a mapping".to_owned(),
            Value::List(_) => "a list".to_owned(),
            Value::Scalar(scalar) => scalar.describe(),
        }
    }

    pub(crate) fn scalar(&self) -> Option<&Scalar<'a>> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    pub(crate) fn entries(&self) -> Option<&[(Node<'a>, Node<'a>)]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            Value::Scalar(_) | Value::List(_) => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        self.scalar().is_some_and(Scalar::is_null)
    }

    /// The value of a mapping's key.
    pub(crate) fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.entry(key).map(|(_, value)| value)
    }

    /// A mapping's key and value.
    pub(crate) fn entry(&self, key: &str) -> Option<&(Node<'a>, Node<'a>)> {
        self.entries()?.iter().find(|(name, _)| name.is_key(key))
    }

    /// The text of the scalar under a key.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.scalar().map(|scalar| scalar.text)
    }

    fn is_key(&self, key: &str) -> bool {
        self.scalar().is_some_and(|scalar| scalar.text == key)
    }
}
