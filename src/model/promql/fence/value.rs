//! The value of a fence's own matcher.

use regex::Regex;

use super::FenceMatcher;
use super::shape::{self, Shape};
use crate::model::alertmanager::Operator;
use crate::model::promql::regex as dialect;

/// A matcher of a fence.
///
/// # Errors
/// What is wrong with its value.
pub(super) fn matcher(
    label: &str,
    operator: Operator,
    value: String,
) -> Result<FenceMatcher, String> {
    if value.chars().any(char::is_control) {
        return Err("a fence's value holds no line breaks and no control characters".to_owned());
    }
    // It is written into dashboards, where `$x`, `${x}` and `[[x]]` are variables that the tenant defines.
    if value.contains('$') || value.contains("[[") {
        return Err(
            "a fence's value holds no $ and no [[, which begin a variable in Grafana; a regular expression is anchored without $"
                .to_owned(),
        );
    }
    let regular = match operator {
        Operator::Equal | Operator::NotEqual => false,
        Operator::Matches | Operator::MatchesNot => true,
    };
    let regex = regular.then(|| compile(&value)).transpose()?;
    let shape = if regular {
        shape::of(&value)
    } else {
        Some(Shape::exactly(&value))
    };
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
    let written = format!("{label}{}\"{escaped}\"", operator.as_str());
    Ok(FenceMatcher {
        label: label.to_owned(),
        operator,
        value,
        regex,
        shape,
        written,
    })
}

fn compile(value: &str) -> Result<Regex, String> {
    if let Some(why) = dialect::fault(value) {
        return Err(format!("not a regular expression: {why}"));
    }
    if let Some(what) = read_differently(value) {
        return Err(format!(
            "{what} is not used in a fence, since servers read it in different ways: write it with plain characters, ., *, +, ?, |, groups and classes such as [0-9]"
        ));
    }
    // Since 3.0 a dot of Prometheus is any character.
    Regex::new(&format!("^(?s:{value})$"))
        .map_err(|_| "the regular expression is too large".to_owned())
}

/// What of a regular expression Go and Rust do not read alike.
fn read_differently(value: &str) -> Option<String> {
    let mut chars = value.chars().peekable();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        match c {
            '\\' => match chars.next() {
                Some(escaped) if escaped.is_ascii_punctuation() => {}
                escaped => return Some(format!("\\{}", escaped.unwrap_or_default())),
            },
            // Rust nests classes, and subtracts and intersects them.
            '[' if in_class => return Some("[ inside a class".to_owned()),
            '&' | '~' | '-' if in_class && next == Some(c) => return Some(format!("{c}{c}")),
            '[' => {
                in_class = true;
                if next == Some('^') {
                    chars.next();
                }
                if chars.peek() == Some(&']') {
                    return Some("] at the start of a class".to_owned());
                }
            }
            ']' => in_class = false,
            '(' if !in_class && next == Some('?') => {
                chars.next();
                if chars.peek() != Some(&':') {
                    return Some("a group with flags or a name".to_owned());
                }
            }
            '{' if !in_class && !next.is_some_and(|c| c.is_ascii_digit()) => {
                return Some("{ without a count".to_owned());
            }
            _ => {}
        }
    }
    None
}

impl FenceMatcher {
    /// Whether it lets a series with this value of its label in.
    pub(super) fn admits(&self, value: &str) -> bool {
        let fits = match &self.regex {
            Some(regex) => regex.is_match(value),
            None => self.value == value,
        };
        match self.operator {
            Operator::Equal | Operator::Matches => fits,
            Operator::NotEqual | Operator::MatchesNot => !fits,
        }
    }

    /// The same on every server: before 3.0 a dot was no line break.
    pub(super) fn surely_admits(&self, value: &str) -> bool {
        !value.contains(['\n', '\r']) && self.admits(value)
    }

    /// Whether it says what its values are, not what they are not.
    pub(super) fn is_positive(&self) -> bool {
        match self.operator {
            Operator::Equal | Operator::Matches => true,
            Operator::NotEqual | Operator::MatchesNot => false,
        }
    }
}
