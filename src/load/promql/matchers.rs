//! Label matchers: values, and regular expressions as Go's RE2 reads them.

use promql_parser::label::Matcher;
use promql_parser::parser::token::{T_EQL_REGEX, T_NEQ_REGEX};
use promql_parser::util::unquote_string;

use super::Fault;

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

    /// What is wrong with a regular expression, where it can be told.
    pub(super) fn regex_fault(&self) -> Option<Fault> {
        if !self.is_regex() {
            return None;
        }
        let value = self.value()?;
        let to = self.from + self.quoted.len();
        let message = match go_verdict(&value) {
            Verdict::Refused(why) => format!("not a regular expression: {why}"),
            Verdict::OnlyGo => return None,
            Verdict::Common => {
                if regex_syntax::parse(&value).is_ok() {
                    return None;
                }
                // It knows some that are read as Go does; and compiles them, which takes long.
                matcher(self.op, &value).err()?;
                "not a regular expression".to_owned()
            }
        };
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

/// What Go's `regexp/syntax` says where it differs from Rust's `regex`.
enum Verdict {
    /// Both read it alike, as far as is known here.
    Common,
    /// Go takes it, Rust does not know it.
    OnlyGo,
    /// Rust may take it, Go does not.
    Refused(String),
}

fn go_verdict(regex: &str) -> Verdict {
    let mut only_go = false;
    let mut rest = regex;
    while let Some(c) = rest.chars().next() {
        let tail = &rest[c.len_utf8()..];
        match c {
            '\\' => match tail.chars().next() {
                Some('Q' | 'C') => return Verdict::OnlyGo,
                Some(c @ ('1'..='9')) if !octal(tail) => {
                    return Verdict::Refused(format!("invalid escape \\{c}"));
                }
                Some('0'..='9') => only_go = true,
                Some(c) if c.is_ascii_alphabetic() && !"abABdDsSwWzpPafnrtvx".contains(c) => {
                    return Verdict::Refused(format!("invalid escape \\{c}"));
                }
                Some('b') if tail.starts_with("b{") => {
                    return Verdict::Refused("bad repetition operator".to_owned());
                }
                _ => {}
            },
            '(' if tail.starts_with('?') => {
                if let Some(why) = bad_group(&tail[1..]) {
                    return Verdict::Refused(why);
                }
            }
            '{' => {
                if let Some(count) = repetition(tail).filter(|count| *count > 1000) {
                    return Verdict::Refused(format!("{count} repetitions, at most 1000 allowed"));
                }
            }
            _ => {}
        }
        // What is escaped is no operator.
        let skip = if c == '\\' {
            tail.chars().next().map_or(0, char::len_utf8)
        } else {
            0
        };
        rest = &tail[skip..];
    }
    if only_go {
        Verdict::OnlyGo
    } else {
        Verdict::Common
    }
}

/// Whether what follows a backslash is an octal number and no back-reference.
fn octal(tail: &str) -> bool {
    let digits = tail
        .bytes()
        .take_while(|b| (b'0'..=b'7').contains(b))
        .count();
    digits >= 2
}

/// What is wrong with what follows `(?`: names, or flags of `imsU`.
fn bad_group(tail: &str) -> Option<String> {
    if tail.starts_with("P<")
        || tail.starts_with('<') && !tail.starts_with("<=") && !tail.starts_with("<!")
    {
        return None;
    }
    let flags = tail.find([':', ')']).unwrap_or(tail.len());
    let good = tail[..flags].chars().all(|c| "imsU-".contains(c)) && flags < tail.len();
    (!good).then(|| {
        format!(
            "invalid group (?{}",
            tail.chars().next().map_or(String::new(), String::from)
        )
    })
}

/// The highest count of a repetition `{n}`, `{n,}`, `{n,m}`; `None` where the brace is a character.
fn repetition(tail: &str) -> Option<u64> {
    let (inside, _) = tail.split_once('}')?;
    let (low, high) = inside.split_once(',').unwrap_or((inside, ""));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(low) || !high.is_empty() && !digits(high) {
        return None;
    }
    let number = |text: &str| text.parse().unwrap_or(u64::MAX);
    Some(number(low).max(if high.is_empty() { 0 } else { number(high) }))
}
