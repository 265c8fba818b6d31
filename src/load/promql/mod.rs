//! PromQL: is it valid, where is it wrong, and how is it printed.
//!
//! `promql-parser` prints expressions, and by that form they are compared. Its errors carry no place,
//! and its verdict differs from Prometheus' here and there (matchers joined by `or`, escapes, numbers
//! out of range, types of empty selectors). So the verdict, and the place, are those of the checker in
//! [`parse`], which follows `promql/parser` of Prometheus 2.42 rule by rule and takes what later
//! versions added. What only one of the two understands:
//!
//! | checker | `promql-parser` | result |
//! |---|---|---|
//! | valid | prints it | valid |
//! | invalid | – | error `promql_invalid` |
//! | valid, or newer syntax that it does not follow | fails | warning `promql_unknown`; compared as written |
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
mod types;

use crate::model::promql;

/// What is known of an expression.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// The printed form; `None` where the parser does not know the syntax.
    pub(crate) printed: Option<String>,
    pub(crate) faults: Vec<Fault>,
}

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

/// Checks and prints an expression.
pub(crate) fn check(text: &str) -> Checked {
    let verdict = parse::check(text);
    if verdict
        .faults
        .iter()
        .any(|fault| fault.kind == Kind::Invalid)
    {
        return Checked {
            printed: None,
            faults: verdict.faults,
        };
    }
    let mut faults = verdict.faults;
    let parsed = if verdict.printable {
        promql::print(text).ok_or("its syntax is not known")
    } else {
        Err("it is too large or too new")
    };
    match parsed {
        Ok(printed) => {
            faults.retain(|fault| fault.kind != Kind::Unknown);
            Checked {
                printed: Some(printed),
                faults,
            }
        }
        Err(error) => {
            if !faults.iter().any(|fault| fault.kind == Kind::Unknown) {
                let message = format!("not understood here, though Prometheus may: {error}");
                let mut fault = Fault::invalid(0, text.len(), message);
                fault.kind = Kind::Unknown;
                faults.push(fault.with_hint(
                    "Check it with the promtool of your Prometheus; it is applied as written.",
                ));
            }
            Checked {
                printed: None,
                faults,
            }
        }
    }
}

#[cfg(test)]
mod tests;
