//! What a value must be: the part of JSON Schema that Backstage's schemas use, as data.
//!
//! Sources: `@backstage/catalog-model` 1.10.1, `schema/`; ajv 8, which counts a text's length in code points and
//! takes a field that is there but `null` for there.

use std::fmt;

use super::format::Format;
use super::typed::{Entries, Typed, key_text, literal, resolves_inside, typed};
use crate::load::read::Sink;
use crate::load::yaml::Node;
use crate::model::nearest::nearest;
use crate::model::{Code, Span};

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

/// Where a value stands in its document, without its text being made.
#[derive(Clone, Copy, Debug)]
pub(super) enum Path<'p> {
    Root,
    Field(&'p Path<'p>, &'p str),
    Item(&'p Path<'p>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |name: &str| {
            let mut chars = name.chars();
            !name.is_empty() && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
        };
        match self {
            Self::Root => Ok(()),
            Self::Field(Self::Root, name) => f.write_str(name),
            Self::Field(within, name) if plain(name) => write!(f, "{within}.{name}"),
            Self::Field(within, name) => write!(f, "{within}[{name:?}]"),
            Self::Item(within, index) => write!(f, "{within}[{index}]"),
        }
    }
}

/// Checks values and says what is wrong with them.
pub(super) struct Check<'s, 'a> {
    pub(super) sink: &'s mut Sink<'a>,
    /// What Backstage says is needed is needed "of a Component", say.
    pub(super) of: &'static str,
}

impl Check<'_, '_> {
    /// `resolves` is whether Backstage looks for placeholders here.
    pub(super) fn value(
        &mut self,
        node: &Node<'_>,
        shape: &'static Shape,
        at: &Path<'_>,
        resolves: bool,
    ) {
        let value = typed(node, resolves);
        match (shape, &value) {
            // Whatever it will be, it may be right.
            (_, Typed::Anything) | (Shape::Any, _) => {}
            (
                Shape::Text
                | Shape::Full
                | Shape::Short(_)
                | Shape::Of(_)
                | Shape::OfOrEmpty(_)
                | Shape::OneOf(_)
                | Shape::TextOrBool,
                found,
            ) => match found {
                Typed::Text(text) => self.text(node, text, shape, at),
                Typed::SomeText => {}
                Typed::Bool(_) if matches!(shape, Shape::TextOrBool) => {}
                _ => self.wrong_type(node, found, shape, at),
            },
            (Shape::List(of, least), Typed::List(items)) => {
                if items.len() < *least {
                    let message = format!("{at} must have at least {least} item");
                    self.invalid(node.span, message, "Add one.");
                }
                self.items(items, of, at, resolves);
            }
            (Shape::OneOrMany(of), Typed::List(items)) => self.items(items, of, at, resolves),
            (Shape::OneOrMany(of), Typed::Map(_)) => self.value(node, of, at, resolves),
            (Shape::Map(fields, others), Typed::Map(entries)) => {
                let resolves = resolves && resolves_inside(entries);
                self.fields(node.span, entries, (fields, others), at, resolves);
            }
            (Shape::Keyed(of), Typed::Map(entries)) => {
                let resolves = resolves && resolves_inside(entries);
                self.keyed(entries, of, at, resolves);
            }
            (Shape::List(..) | Shape::OneOrMany(_) | Shape::Map(..) | Shape::Keyed(_), found) => {
                self.wrong_type(node, found, shape, at);
            }
        }
    }

    fn items(&mut self, items: &[Node<'_>], of: &'static Shape, at: &Path<'_>, resolves: bool) {
        for (index, item) in items.iter().enumerate() {
            self.value(item, of, &Path::Item(at, index), resolves);
        }
    }

    /// The fields of a mapping: those that are known, and what all others must be.
    pub(super) fn fields(
        &mut self,
        span: Span,
        entries: Entries<'_>,
        (known, others): (&'static [Field], &'static Shape),
        at: &Path<'_>,
        resolves: bool,
    ) {
        for (key, value) in entries {
            let name = key_text(key);
            let field = known.iter().find(|field| field.name == name);
            let shape = field.map_or(others, |field| &field.shape);
            self.value(value, shape, &Path::Field(at, &name), resolves);
        }
        for field in known.iter().filter(|field| field.required) {
            if !entries.iter().any(|(key, _)| key_text(key) == field.name) {
                self.missing(span, entries, field.name, at);
            }
        }
    }

    pub(super) fn missing(&mut self, span: Span, entries: Entries<'_>, name: &str, at: &Path<'_>) {
        let keys: Vec<_> = entries.iter().map(|(key, _)| key_text(key)).collect();
        let keys: Vec<&str> = keys.iter().map(AsRef::as_ref).collect();
        let start = Span {
            start: span.start,
            end: span.start,
        };
        let message = format!("{} is missing", Path::Field(at, name));
        let hint = match nearest(name, &keys) {
            Some(near) => format!("Is {near:?} meant? Write {name:?}."),
            None => format!("Add {name:?} here: Backstage requires it {}.", self.of),
        };
        self.sink.error(Code::MissingField, start, message, hint);
    }

    fn keyed(&mut self, entries: Entries<'_>, of: &'static Shape, at: &Path<'_>, resolves: bool) {
        for (key, value) in entries {
            let name = key_text(key);
            let at = Path::Field(at, &name);
            if !Format::Key.holds(&name) {
                self.not_of(key, &name, Format::Key, &at);
            }
            self.value(value, of, &at, resolves);
        }
    }

    fn text(&mut self, node: &Node<'_>, text: &str, shape: &Shape, at: &Path<'_>) {
        let may_be_empty = matches!(shape, Shape::Text | Shape::OfOrEmpty(_) | Shape::TextOrBool);
        if text.is_empty() {
            if !may_be_empty {
                let message = format!("{at} must not be empty");
                self.invalid(
                    node.span,
                    message,
                    "Give it a value, or take the field out.",
                );
            }
            return;
        }
        match shape {
            Shape::Of(format) | Shape::OfOrEmpty(format) if !format.holds(text) => {
                self.not_of(node, text, *format, at);
            }
            Shape::Short(most) if text.chars().count() > *most => {
                let message = format!("{at} has more than {most} characters");
                self.invalid(node.span, message, "Shorten it.");
            }
            Shape::OneOf(known) if !known.contains(&text) => {
                let message = format!("{at} must be {}, found {text:?}", alternatives(known));
                let hint = crate::model::nearest::suggestion(text, known);
                self.invalid(node.span, message, hint);
            }
            Shape::Any
            | Shape::Text
            | Shape::Full
            | Shape::Short(_)
            | Shape::Of(_)
            | Shape::OfOrEmpty(_)
            | Shape::OneOf(_)
            | Shape::TextOrBool
            | Shape::List(..)
            | Shape::OneOrMany(_)
            | Shape::Map(..)
            | Shape::Keyed(_) => {}
        }
    }

    fn not_of(&mut self, node: &Node<'_>, text: &str, format: Format, at: &Path<'_>) {
        let message = format!("{at}: {text:?} is not {}", format.noun());
        let code = match format {
            Format::Kind | Format::Name | Format::Namespace | Format::Key => Code::InvalidName,
            Format::LabelValue => Code::InvalidLabel,
            Format::ApiVersion | Format::Tag | Format::Url | Format::NotBlank => Code::InvalidValue,
        };
        let hint = if text.contains("${{") {
            "If this is the skeleton of a Template, exclude its folder in spec.exclude of the Platform."
        } else {
            format.hint()
        };
        self.sink.error(code, node.span, message, hint);
    }

    fn invalid(&mut self, span: Span, message: String, hint: impl Into<String>) {
        self.sink.error(Code::InvalidValue, span, message, hint);
    }

    pub(super) fn wrong_type(
        &mut self,
        node: &Node<'_>,
        found: &Typed<'_>,
        wanted: &Shape,
        at: &Path<'_>,
    ) {
        let message = format!("{at} must be {}, found {}", wanted.noun(), found.describe());
        let hint = wanted.hint(node, found);
        self.sink.error(Code::WrongType, node.span, message, hint);
    }
}

fn alternatives(known: &[&str]) -> String {
    let quoted: Vec<String> = known.iter().map(|word| format!("{word:?}")).collect();
    quoted.join(" or ")
}

impl Shape {
    fn noun(&self) -> &'static str {
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

    fn hint(&self, node: &Node<'_>, found: &Typed<'_>) -> String {
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
