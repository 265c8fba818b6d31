//! What a scalar means, as go-yaml v3 decodes it into Go types (its `resolve.go` and `decode.go`).

use super::node::{Scalar, Style, Tag};

impl Scalar<'_> {
    /// Whether the text may stand for something other than itself.
    fn is_plain(&self) -> bool {
        self.style == Style::Plain && matches!(self.tag, Tag::None | Tag::Other)
    }

    pub(crate) fn is_null(&self) -> bool {
        self.tag == Tag::Null
            || self.is_plain() && matches!(self.text, "" | "~" | "null" | "Null" | "NULL")
    }

    /// A boolean; the words of YAML 1.1 count, since somebody asks for a boolean.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        if !self.is_plain() && self.tag != Tag::Bool {
            return None;
        }
        match self.text {
            "true" | "True" | "TRUE" | "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
                Some(true)
            }
            "false" | "False" | "FALSE" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off"
            | "OFF" => Some(false),
            _ => None,
        }
    }

    /// An integer; a float loses its fraction, as it does in go-yaml v3.
    pub(crate) fn as_int(&self) -> Option<i64> {
        if !self.is_plain() && !matches!(self.tag, Tag::Int | Tag::Float) {
            return None;
        }
        integer(self.text).or_else(|| truncated(self.text))
    }

    /// What it is, for messages.
    pub(crate) fn describe(&self) -> String {
        if self.is_null() {
            "nothing".to_owned()
        } else if !self.is_plain() {
            "a text".to_owned()
        } else if matches!(self.text, "true" | "false") {
            format!("the boolean {}", self.text)
        } else if integer(self.text).is_some() || truncated(self.text).is_some() {
            format!("the number {}", self.text)
        } else {
            "a text".to_owned()
        }
    }
}

/// `strconv.ParseInt(text, 0, 64)` without underscores, and `0o` and `0b`.
fn integer(text: &str) -> Option<i64> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '-') {
        return None;
    }
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    let (negative, digits) = match plain.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = if let Some(rest) = lower.strip_prefix("0x") {
        (16, rest)
    } else if let Some(rest) = lower.strip_prefix("0o") {
        (8, rest)
    } else if let Some(rest) = lower.strip_prefix("0b") {
        (2, rest)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, &lower[1..])
    } else {
        (10, lower.as_str())
    };
    if !digits.starts_with(|c: char| c.is_ascii_hexdigit()) {
        return None;
    }
    let value = i128::from_str_radix(digits, radix).ok()?;
    i64::try_from(if negative { -value } else { value }).ok()
}

/// `1e3`, `5.9`: a YAML float that fits, without its fraction.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the range is checked, and the fraction is meant to go"
)]
fn truncated(text: &str) -> Option<i64> {
    let unsigned = text.trim_start_matches(['+', '-']);
    let looks_right = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned
            .chars()
            .all(|c| c.is_ascii_digit() || ".eE+-".contains(c));
    if !looks_right {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    (value.is_finite() && value.abs() < i64::MAX as f64).then_some(value as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn plain(text: &str) -> Scalar<'_> {
        Scalar {
            text,
            style: Style::Plain,
            tag: Tag::None,
        }
    }

    #[rstest]
    #[case("5", Some(5))]
    #[case("-5", Some(-5))]
    #[case("+5", Some(5))]
    #[case("010", Some(8))]
    #[case("0o10", Some(8))]
    #[case("0x1F", Some(31))]
    #[case("0b11", Some(3))]
    #[case("1_000", Some(1000))]
    #[case("1e3", Some(1000))]
    #[case("5.9", Some(5))]
    #[case(".inf", None)]
    #[case(".nan", None)]
    #[case("", None)]
    #[case("+", None)]
    #[case("0x", None)]
    #[case("1h", None)]
    #[case("99999999999999999999", None)]
    fn integers(#[case] text: &str, #[case] value: Option<i64>) {
        assert_eq!(plain(text).as_int(), value);
    }

    #[test]
    fn words_are_booleans_only_where_one_is_wanted() {
        assert_eq!(plain("yes").as_bool(), Some(true));
        assert_eq!(plain("off").as_bool(), Some(false));
        assert_eq!(plain("yes").describe(), "a text");
        let quoted = Scalar {
            style: Style::DoubleQuoted,
            ..plain("true")
        };
        assert_eq!(quoted.as_bool(), None);
    }

    #[test]
    fn null_has_five_spellings() {
        for text in ["", "~", "null", "Null", "NULL"] {
            assert!(plain(text).is_null(), "{text}");
        }
        assert!(!plain("nil").is_null());
    }
}
