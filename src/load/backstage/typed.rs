//! What a value is to Backstage: as npm's `yaml` reads it, after its placeholders are resolved.
//!
//! Sources: npm `yaml` 2.9.1, `schema/core/` and `compose/compose-scalar.js` (YAML 1.2's core schema; what is tagged
//! and does not look like its tag is a text); `@backstage/plugin-catalog-backend` 3.9.0,
//! `processors/PlaceholderProcessor`.

use std::borrow::Cow;

use crate::load::yaml::{Node, Scalar, Style, Tag, Value};

/// A value with its type.
#[derive(Clone, Copy, Debug)]
pub(super) enum Typed<'n> {
    Null,
    Bool(bool),
    Number(f64),
    Text(&'n str),
    List(&'n [Node<'n>]),
    Map(Entries<'n>),
    /// A `$text` placeholder: some text of another file.
    SomeText,
    /// A `$json` or `$yaml` placeholder: whatever is in another file.
    Anything,
}

pub(super) type Entries<'n> = &'n [(Node<'n>, Node<'n>)];

/// A value as it stands, placeholder or not.
pub(super) fn literal<'n>(node: &'n Node<'n>) -> Typed<'n> {
    match &node.value {
        Value::List(items) => Typed::List(items),
        Value::Map(entries) => Typed::Map(entries),
        Value::Scalar(scalar) => typed_scalar(scalar),
    }
}

/// A value after placeholders are resolved, where Backstage looks for any (`resolves`).
pub(super) fn typed<'n>(node: &'n Node<'n>, resolves: bool) -> Typed<'n> {
    match literal(node) {
        Typed::Map([(key, _)]) if resolves => match key.scalar().map(|key| key.text) {
            Some("$text") => Typed::SomeText,
            Some("$json" | "$yaml") => Typed::Anything,
            Some(_) | None => literal(node),
        },
        other => other,
    }
}

/// Whether placeholders inside a mapping are resolved: not where one of its own keys starts with `$`.
pub(super) fn resolves_inside(entries: Entries<'_>) -> bool {
    let mut keys = entries.iter().filter_map(|(key, _)| key.scalar());
    !keys.any(|key| key.text.starts_with('$'))
}

fn typed_scalar<'n>(scalar: &Scalar<'n>) -> Typed<'n> {
    let text = scalar.text;
    let plain = scalar.style == Style::Plain;
    match scalar.tag {
        Tag::None if plain => core(text),
        Tag::Null if is_null(text) => Typed::Null,
        Tag::Bool => bool_of(text).map_or(Typed::Text(text), Typed::Bool),
        Tag::Int => int_of(text).map_or(Typed::Text(text), Typed::Number),
        Tag::Float => float_of(text).map_or(Typed::Text(text), Typed::Number),
        Tag::None | Tag::Str | Tag::Other | Tag::Null => Typed::Text(text),
        // A `Uint8Array`: to a schema an object without fields.
        Tag::Binary => Typed::Map(&[]),
    }
}

/// A scalar without a tag and without quotes.
fn core(text: &str) -> Typed<'_> {
    if is_null(text) {
        return Typed::Null;
    }
    if let Some(value) = bool_of(text) {
        return Typed::Bool(value);
    }
    // Most texts are told by their first letter.
    let may_be_number = text.starts_with(|c: char| matches!(c, '0'..='9' | '-' | '+' | '.'));
    let number = || int_of(text).or_else(|| float_of(text));
    match may_be_number.then(number).flatten() {
        Some(number) => Typed::Number(number),
        None => Typed::Text(text),
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn bool_of(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// `^0o[0-7]+$`, `^[-+]?[0-9]+$`, `^0x[0-9a-fA-F]+$`
fn int_of(text: &str) -> Option<f64> {
    if let Some(digits) = text.strip_prefix("0o") {
        return in_radix(digits, 8);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return in_radix(digits, 16);
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let all = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

fn in_radix(digits: &str, radix: u32) -> Option<f64> {
    let mut value = (!digits.is_empty()).then_some(0.0)?;
    for digit in digits.chars() {
        value = value * f64::from(radix) + f64::from(digit.to_digit(radix)?);
    }
    Some(value)
}

/// `^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$`, and numbers with a point, an exponent or both.
fn float_of(text: &str) -> Option<f64> {
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(f64::NAN);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        let negative = text.starts_with('-');
        return Some(if negative { -1.0 } else { 1.0 } * f64::INFINITY);
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let exponent_holds = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    let mantissa_holds = match mantissa.split_once('.') {
        Some(("", behind)) => !behind.is_empty() && digits(behind),
        Some((before, behind)) => digits(before) && digits(behind),
        None => exponent.is_some() && !mantissa.is_empty() && digits(mantissa),
    };
    let holds = exponent_holds && mantissa_holds;
    holds.then(|| text.parse().ok()).flatten()
}

/// A key as the text that it is in a JavaScript object.
pub(super) fn key_text<'n>(key: &'n Node<'n>) -> Cow<'n, str> {
    match literal(key) {
        Typed::Text(text) => Cow::Borrowed(text),
        Typed::Null => Cow::Borrowed(""),
        Typed::Bool(value) => Cow::Borrowed(if value { "true" } else { "false" }),
        Typed::Number(number) => Cow::Owned(number_text(number)),
        // It is written as YAML there. No rule takes what that can be.
        Typed::List(_) | Typed::Map(_) | Typed::SomeText | Typed::Anything => {
            Cow::Borrowed("[...]")
        }
    }
}

/// A number as JavaScript writes it.
pub(super) fn number_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned();
    }
    if number == 0.0 {
        return "0".to_owned();
    }
    if (1e-6..1e21).contains(&number.abs()) {
        return number.to_string();
    }
    let text = format!("{number:e}");
    if text.contains("e-") {
        text
    } else {
        text.replace('e', "e+")
    }
}

impl Typed<'_> {
    /// What it is, for messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Null => "nothing".to_owned(),
            Self::Bool(value) => format!("the boolean {value}"),
            Self::Number(number) => format!("the number {}", number_text(*number)),
            Self::Text("") => "an empty text".to_owned(),
            Self::Text(_) => "a text".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) => "a mapping".to_owned(),
            Self::SomeText => "the text of a file".to_owned(),
            Self::Anything => "the content of a file".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// As `JSON.stringify` would show it, said by npm's `yaml` 2.9.1 itself.
    fn shown(value: &Typed<'_>) -> String {
        match value {
            Typed::Number(number) => number_text(*number),
            Typed::Text(text) => format!("{text:?}"),
            Typed::Null => "null".to_owned(),
            Typed::Bool(value) => value.to_string(),
            other => other.describe(),
        }
    }

    #[rstest]
    #[case("0o10", "8")]
    #[case("0x1F", "31")]
    #[case("-0x1", "\"-0x1\"")]
    #[case("0o8", "\"0o8\"")]
    #[case("0b1", "\"0b1\"")]
    #[case("1_000", "\"1_000\"")]
    #[case("010", "10")]
    #[case("+1", "1")]
    #[case("-0", "0")]
    #[case("1.", "1")]
    #[case("+.5", "0.5")]
    #[case(".", "\".\"")]
    #[case("1e3", "1000")]
    #[case("1.e3", "1000")]
    #[case("1e", "\"1e\"")]
    #[case("1e400", "Infinity")]
    #[case("-.inf", "-Infinity")]
    #[case(".NaN", "NaN")]
    #[case("123456789012345678901234567890", "1.2345678901234568e+29")]
    #[case("~", "null")]
    #[case("", "null")]
    #[case("nULL", "\"nULL\"")]
    #[case("TRUE", "true")]
    #[case("yes", "\"yes\"")]
    #[case("2001-01-01", "\"2001-01-01\"")]
    fn plain_scalars_are_typed_as_npm_does(#[case] text: &str, #[case] value: &str) {
        assert_eq!(shown(&core(text)), value);
    }

    #[rstest]
    #[case(Tag::Int, "1", "1")]
    #[case(Tag::Int, "x", "\"x\"")]
    #[case(Tag::Float, "1", "\"1\"")]
    #[case(Tag::Bool, "yes", "\"yes\"")]
    #[case(Tag::Null, "x", "\"x\"")]
    #[case(Tag::Null, "", "null")]
    #[case(Tag::Other, "1", "\"1\"")]
    #[case(Tag::Str, "1", "\"1\"")]
    fn a_tag_counts_where_the_text_looks_like_it(
        #[case] tag: Tag,
        #[case] text: &str,
        #[case] value: &str,
    ) {
        let scalar = Scalar {
            text,
            style: Style::DoubleQuoted,
            tag,
        };
        assert_eq!(shown(&typed_scalar(&scalar)), value);
    }
}
