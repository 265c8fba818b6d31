//! `PromQL`: is it valid, and where is it wrong.
//!
//! The verdict, and the place, are those of the checker in [`parse`], which follows `promql/parser` of
//! Prometheus 2.42 rule by rule and takes what later versions added. `promql-parser`, which prints
//! expressions (`model::promql`), is not asked: its errors carry no place, its verdict differs from
//! Prometheus' here and there (matchers joined by `or`, escapes, numbers out of range, types of empty
//! selectors), and it takes longer than all the rest of reading a file. What is valid and unknown to it
//! is compared as written.
//!
//! Newer than 2.42 and taken: quoted names in braces and grouping (3.0), numbers for durations and
//! durations for numbers (3.0), `1_000` (2.48), `offset +5m` and `offset 0s`, `fill()` (3.9), functions and
//! aggregations of 3.9. Recognised but not followed: `smoothed`, `anchored`, the operators `</` and `>/`,
//! arithmetic on durations such as `[5m * 2]` and `offset step()`.

mod functions;
mod lex;
mod matchers;
mod operators;
mod parse;
pub(in crate::load) mod regex;
mod types;

/// Something wrong at the bytes `from..to` of the expression.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    pub(crate) kind: Kind,
}

/// How sure a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No Prometheus takes it.
    Invalid,
    /// Prometheus may know it; what is used here does not.
    Unknown,
    /// Every Prometheus takes it, and it cannot work.
    Useless,
}

impl Fault {
    pub(crate) fn invalid(from: usize, to: usize, message: impl Into<String>) -> Self {
        Self {
            from,
            to,
            message: message.into(),
            hint: None,
            kind: Kind::Invalid,
        }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What is wrong with an expression.
pub(crate) fn check(text: &str) -> Vec<Fault> {
    parse::check(text)
}

#[cfg(test)]
mod tests;
