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
    // What needs no escape is copied in one piece; all that does is ASCII.
    let mut rest = text;
    while let Some(at) = rest.bytes().position(is_escaped) {
        let (plain, escaped) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = escaped.chars();
        match chars.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(c) => {
                // Writing to a text does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

fn is_escaped(byte: u8) -> bool {
    byte < b' ' || matches!(byte, b'"' | b'\\')
}
