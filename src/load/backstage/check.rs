//! Holds values to their shapes.
//!
//! Sources: `@backstage/catalog-model` 1.10.1, `validation/`; ajv 8, which counts a text's length in code points and
//! takes a field that is there but `null` for there.

use super::format::Format;
use super::path::Path;
use super::shape::{Field, Shape};
use super::typed::{Entries, Typed, key_text, resolves_inside, typed};
use crate::load::read::Sink;
use crate::load::yaml::Node;
use crate::model::nearest::{nearest, suggestion};
use crate::model::{Code, Span};

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
                let hint = suggestion(text, known);
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
