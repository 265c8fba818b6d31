//! What a value must be: the part of JSON Schema that Backstage's schemas use, as data.

use super::format::Format;
use super::typed::{Typed, key_text, literal};
use crate::load::yaml::Node;

/// What a value must be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    Any,
    /// Any text, the empty one too.
    Text,
    /// A text with something in it.
    Full,
    /// The same, with at most so many characters.
    Short(usize),
    /// A text with something in it that follows a rule.
    Of(Format),
    /// The same, or an empty one.
    OfOrEmpty(Format),
    OneOf(&'static [&'static str]),
    TextOrBool,
    /// So many items at least.
    List(&'static Shape, usize),
    /// Either a value or a list of such.
    OneOrMany(&'static Shape),
    /// Known fields, and what all others must be.
    Map(&'static [Field], &'static Shape),
    /// A mapping from `[prefix/]name`.
    Keyed(&'static Shape),
}

/// A mapping that may have any other field.
pub(super) const fn open(fields: &'static [Field]) -> Shape {
    Shape::Map(fields, &Shape::Any)
}

/// Texts with something in them.
pub(super) const TEXTS: Shape = Shape::List(&Shape::Full, 0);

#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) required: bool,
    pub(super) shape: Shape,
}

pub(super) const fn needs(name: &'static str, shape: Shape) -> Field {
    let required = true;
    Field {
        name,
        required,
        shape,
    }
}

pub(super) const fn may(name: &'static str, shape: Shape) -> Field {
    let required = false;
    Field {
        name,
        required,
        shape,
    }
}

impl Shape {
    /// For messages.
    pub(super) fn noun(&self) -> &'static str {
        match self {
            Self::Any => "anything",
            Self::Text
            | Self::Full
            | Self::Short(_)
            | Self::Of(_)
            | Self::OfOrEmpty(_)
            | Self::OneOf(_) => "a text",
            Self::TextOrBool => "a text or a boolean",
            Self::List(..) => "a list",
            Self::OneOrMany(_) => "a mapping or a list of mappings",
            Self::Map(..) | Self::Keyed(_) => "a mapping",
        }
    }

    /// What to do where something else is `found`.
    pub(super) fn hint(&self, node: &Node<'_>, found: &Typed<'_>) -> String {
        let written = node.scalar().map_or("", |scalar| scalar.text);
        let text = match self {
            Self::List(..) => match literal(node) {
                Typed::Text(text) if !text.is_empty() => format!("Write it as a list: [{text}]."),
                _ => "Write the items one below the other, each after a dash.".to_owned(),
            },
            Self::OneOrMany(_) | Self::Map(..) | Self::Keyed(_) => {
                "Write fields as `name: value`, one below the other.".to_owned()
            }
            Self::Any
            | Self::Text
            | Self::Full
            | Self::Short(_)
            | Self::Of(_)
            | Self::OfOrEmpty(_)
            | Self::OneOf(_)
            | Self::TextOrBool => match found {
                Typed::Bool(_) | Typed::Number(_) => format!("Put it in quotes: \"{written}\"."),
                Typed::Map([(key, _)]) if key_text(key).starts_with('$') => format!(
                    "{} needs a plugin of Backstage; what is read without one is $text, $json and $yaml.",
                    key_text(key)
                ),
                _ => "Write one text; put it in quotes where it has special characters.".to_owned(),
            },
        };
        match found {
            Typed::Null => "Give it a value, or take the field out.".to_owned(),
            _ => text,
        }
    }
}
