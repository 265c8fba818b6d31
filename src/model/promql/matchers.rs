//! Label matchers and their values.

use promql_parser::label::Matcher;
use promql_parser::parser::token::{T_EQL_REGEX, T_NEQ_REGEX};
use promql_parser::util::unquote_string;

use super::{Fault, regex};

/// One `name op value` inside braces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written<'t> {
    pub(super) op: &'static str,
    /// The value with its quotes, and where it stands.
    pub(super) quoted: &'t str,
    pub(super) from: usize,
}

impl Written<'_> {
    fn is_regex(&self) -> bool {
        self.op == "=~" || self.op == "!~"
    }

    fn value(&self) -> Option<String> {
        // The lexer has refused bad escapes; what is left are bytes that are no characters (`\xff`),
        // which Prometheus takes and this crate does not.
        unquote_string(self.quoted).ok()
    }

    /// What is wrong with a regular expression.
    pub(super) fn regex_fault(&self) -> Option<Fault> {
        if !self.is_regex() {
            return None;
        }
        let why = regex::fault(&self.value()?)?;
        let to = self.from + self.quoted.len();
        let message = format!("not a regular expression: {why}");
        let hint = "Prometheus uses RE2 syntax: no look-around, no back-references.";
        Some(Fault::invalid(self.from, to, message).with_hint(hint))
    }

    /// Whether series without the label match.
    pub(super) fn matches_empty(&self) -> bool {
        let Some(value) = self.value() else {
            return false;
        };
        match self.op {
            "=" => value.is_empty(),
            "!=" => !value.is_empty(),
            op => matcher(op, &value).is_ok_and(|matcher| matcher.is_match("")),
        }
    }
}

fn matcher(op: &str, value: &str) -> Result<Matcher, String> {
    let op = if op == "=~" { T_EQL_REGEX } else { T_NEQ_REGEX };
    Matcher::new_matcher(op, "x".to_owned(), value.to_owned())
}
