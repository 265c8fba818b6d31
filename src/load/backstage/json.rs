//! An entity as compact JSON, keys in the order of the text.

use std::fmt::Write as _;

use super::typed::{Typed, key_text, literal, number_text};
use crate::load::yaml::Node;

/// The value as it stands: placeholders are left as they are, and what JSON cannot say is `null`, as in JavaScript.
pub(super) fn compact(node: &Node<'_>) -> String {
    let mut out = String::new();
    write(node, &mut out);
    out
}

fn write(node: &Node<'_>, out: &mut String) {
    match literal(node) {
        Typed::Bool(value) => out.push_str(if value { "true" } else { "false" }),
        Typed::Number(number) if number.is_finite() => out.push_str(&number_text(number)),
        Typed::Null | Typed::Number(_) | Typed::SomeText | Typed::Anything => out.push_str("null"),
        Typed::Text(text) => quote(text, out),
        Typed::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Typed::Map(entries) => {
            out.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                quote(&key_text(key), out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                // Writing to a text does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
