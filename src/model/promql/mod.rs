//! `PromQL`: is an expression valid, where is it wrong, and in which form is it compared (`print`).
//!
//! The verdict, and the place, are those of the checker in `parse`, which follows `promql/parser` of
//! Prometheus 2.42 rule by rule and takes what later versions added. `promql-parser`, which prints
//! expressions, is not asked: its errors carry no place, its verdict differs from
//! Prometheus' here and there (matchers joined by `or`, escapes, numbers out of range, types of empty
//! selectors), and it takes longer than all the rest of reading a file. What is valid and unknown to it
//! is compared as written.
//!
//! Newer than 2.42 and taken: quoted names in braces and grouping (3.0), numbers for durations and
//! durations for numbers (3.0), `1_000` (2.48), `offset +5m` and `offset 0s`, `fill()` (3.9), functions and
//! aggregations of 3.9. Recognised but not followed: `smoothed`, `anchored`, the operators `</` and `>/`,
//! arithmetic on durations such as `[5m * 2]` and `offset step()`.

pub mod fence;
mod functions;
mod lex;
mod matchers;
mod notes;
mod operators;
mod parse;
mod print;
pub mod regex;
mod types;
mod unquote;

pub use print::print;

/// Something wrong at the bytes `from..to` of the expression.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    pub from: usize,
    pub to: usize,
    pub message: String,
    pub hint: Option<String>,
    pub kind: Kind,
}

/// How sure a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No Prometheus takes it.
    Invalid,
    /// Prometheus may know it; what is used here does not.
    Unknown,
    /// Every Prometheus takes it, and it cannot work.
    Useless,
}

impl Fault {
    pub fn invalid(from: usize, to: usize, message: impl Into<String>) -> Self {
        Self {
            from,
            to,
            message: message.into(),
            hint: None,
            kind: Kind::Invalid,
        }
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What is wrong with an expression.
pub fn check(text: &str) -> Vec<Fault> {
    parse::check(text)
}

#[cfg(test)]
mod tests;
