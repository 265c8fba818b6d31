//! What a fence needs to know of an expression, noted while it is read.

use std::ops::Range;

use super::lex::Token;

/// Lists are flat, so that reading allocates little where nobody asks.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) tokens: Vec<Token>,
    /// In the order in which they end; also those inside subqueries and arguments.
    pub(super) selectors: Vec<Selector>,
    pub(super) matchers: Vec<Matcher>,
    /// Arguments that name a label which the expression writes.
    pub(super) written: Vec<(usize, usize)>,
    /// Names of functions that read series which no selector of the expression names.
    pub(super) joins: Vec<Token>,
}

/// A selector, without its range and modifiers.
#[derive(Debug)]
pub(super) struct Selector {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) braces: Option<Braces>,
    /// Which of [`Notes::matchers`] are its own; a quoted name of a metric is none.
    pub(super) matchers: Range<usize>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Braces {
    /// Right behind the opening one.
    pub(super) open: usize,
    /// Whether anything but space and comments is in them.
    pub(super) filled: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Matcher {
    /// A word or a text.
    pub(super) label: Token,
    pub(super) op: &'static str,
    pub(super) value: Token,
}
