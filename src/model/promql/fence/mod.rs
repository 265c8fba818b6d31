//! What keeps an expression inside a tenant's own series: label matchers that every selector carries.
//!
//! The text that is fenced is hostile. What holds:
//! - Only what our parser follows to the end is let through; [`Kind::Unknown`](super::Kind::Unknown) is refused here.
//! - Matchers of one selector are joined by *and* in every dialect that our parser takes, so a matcher that was added
//!   cannot be undone by another. Matchers joined by `or` (`VictoriaMetrics`) are no syntax of ours.
//! - What was edited is read again, and every selector in it must carry the fence.
//! - Two readers must see the same tokens: a carriage return that ends a comment for one and not for the other is refused.
//! - Regular expressions of the text are never run, since Rust's dialect and Go's differ. What can be known of them for
//!   sure is in `shape.rs`; only the fence's own are run, of the part of the syntax that both read alike (`value.rs`).

mod edit;
mod judge;
mod read;
mod shape;
mod value;
mod written;

pub(crate) use edit::apply;
pub use written::{WrittenLabel, written_labels};

use std::borrow::Cow;
use std::ops::Range;

use regex::Regex;

use super::lex::{Kind as TokenKind, tokens};
use super::unquote::unquote;
use crate::model::alertmanager::Operator;
use shape::Shape;

/// Label matchers that every selector must stay inside.
#[derive(Clone, Debug)]
pub struct Fence {
    matchers: Vec<FenceMatcher>,
}

/// One of them.
#[derive(Clone, Debug)]
struct FenceMatcher {
    label: String,
    operator: Operator,
    value: String,
    /// Of the regular operators; anchored, compiled once.
    regex: Option<Regex>,
    /// What is known of the values that `=` or `=~` would let in.
    shape: Option<Shape>,
    /// In one form: `namespace=~"payments-.*"`.
    written: String,
}

/// Why a text is not a matcher of a fence: `from..to` are bytes of the text number `index`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FenceError {
    pub index: usize,
    pub from: usize,
    pub to: usize,
    pub message: String,
}

/// Why an expression cannot stay inside a fence: what is wrong at its bytes `from..to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FenceFault {
    pub from: usize,
    pub to: usize,
    pub message: String,
    pub hint: String,
}

/// How a fence is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforce {
    /// The matchers are added where they are missing.
    Inject,
    /// Who wrote the expression must have written them.
    Require,
}

/// A text that goes into an expression at a byte of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insertion {
    pub at: usize,
    pub text: String,
}

impl Fence {
    /// A fence of texts that hold one matcher each, as in `PromQL`: `namespace=~"payments-.*"`.
    ///
    /// # Errors
    /// The first text that is no matcher, or cannot fence anything in: one on `__name__`, one that lets series
    /// without the label in, or one with a regular expression that servers may read in different ways.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, FenceError> {
        let matchers = texts.iter().enumerate().map(|(index, text)| {
            matcher(text.as_ref()).map_err(|(place, message)| FenceError {
                index,
                from: place.start,
                to: place.end,
                message,
            })
        });
        Ok(Self {
            matchers: matchers.collect::<Result<_, _>>()?,
        })
    }

    /// Whether it keeps nothing out.
    pub fn is_empty(&self) -> bool {
        self.matchers.is_empty()
    }

    /// The labels that it is about, in order, each once.
    pub fn labels(&self) -> Vec<&str> {
        let mut labels: Vec<&str> = Vec::new();
        for matcher in &self.matchers {
            if !labels.contains(&&*matcher.label) {
                labels.push(&matcher.label);
            }
        }
        labels
    }

    /// Its matchers as they are written into selectors.
    pub fn written(&self) -> impl Iterator<Item = &str> {
        self.matchers.iter().map(|matcher| &*matcher.written)
    }

    /// Whether a series with this label is inside, as far as the label tells; `None` where the fence is not about it.
    pub fn admits(&self, label: &str, value: &str) -> Option<bool> {
        let mut about = self.matchers.iter().filter(|m| m.label == label).peekable();
        about.peek()?;
        Some(about.all(|matcher| matcher.surely_admits(value)))
    }

    /// The expression with every missing matcher added to every selector, and all else as it was written.
    ///
    /// # Errors
    /// What cannot be fenced, and selectors that the fence contradicts.
    pub fn inject<'t>(&self, expr: &'t str) -> Result<Cow<'t, str>, Vec<FenceFault>> {
        let insertions = self.insertions(expr, expr, &[])?;
        Ok(edit::apply(expr, &insertions))
    }

    /// Whether every selector stays inside by what is written in it.
    ///
    /// # Errors
    /// What cannot be fenced, and selectors that do not surely stay inside.
    pub fn require(&self, expr: &str) -> Result<(), Vec<FenceFault>> {
        edit::require(self, expr, expr, &[])
    }

    /// What [`Self::inject`] adds to a text in which `open` holds what nobody can know yet: variables, which `masked`
    /// has stand-ins for, of the same length in bytes; sorted. Matchers with such a value count for nothing.
    pub(crate) fn insertions(
        &self,
        text: &str,
        masked: &str,
        open: &[Range<usize>],
    ) -> Result<Vec<Insertion>, Vec<FenceFault>> {
        edit::insertions(self, text, masked, open)
    }

    /// The same for [`Self::require`].
    pub(crate) fn require_masked(
        &self,
        text: &str,
        masked: &str,
        open: &[Range<usize>],
    ) -> Result<(), Vec<FenceFault>> {
        edit::require(self, text, masked, open)
    }
}

type Wrong = (Range<usize>, String);

/// Reads one matcher. It is read in braces: what ends them early is more than a matcher.
fn matcher(text: &str) -> Result<FenceMatcher, Wrong> {
    let braced = format!("{{{text}}}");
    let at = |from: usize, to: usize| {
        let end = |at: usize| at.saturating_sub(1).min(text.len());
        end(from)..end(to)
    };
    let tokens = tokens(&braced).map_err(|fault| (at(fault.from, fault.to), fault.message))?;
    let shape = "not a label matcher: write one, such as namespace=~\"payments-.*\"";
    let [_, label, operator, quoted, _, _] = &*tokens else {
        return Err((0..text.len(), shape.to_owned()));
    };
    let spelling = |token: &super::lex::Token| &braced[token.from..token.to];
    let found = match operator.kind {
        TokenKind::Mark(mark) => Operator::parse(mark),
        TokenKind::Word
        | TokenKind::Number
        | TokenKind::Duration
        | TokenKind::Text
        | TokenKind::End => None,
    };
    let (Some(found), TokenKind::Word, TokenKind::Text) = (found, label.kind, quoted.kind) else {
        return Err((0..text.len(), shape.to_owned()));
    };
    if spelling(label) == "__name__" {
        let message =
            "the name of a metric is no fence: match a label that the series of others do not have";
        return Err((at(label.from, label.to), message.to_owned()));
    }
    let place = at(quoted.from, quoted.to);
    let value = unquote(spelling(quoted)).ok_or((place.clone(), "the value is no text".into()))?;
    let matcher = value::matcher(spelling(label), found, value)
        .map_err(|message| (place.clone(), message))?;
    if matcher.admits("") {
        let message = format!(
            "{} lets every series in that has no label {}: write a matcher that refuses the empty value",
            matcher.written, matcher.label
        );
        return Err((place, message));
    }
    Ok(matcher)
}

#[cfg(test)]
mod tests;
