//! Binary operators and how they match labels.

use super::super::lex::{Kind as TokenKind, Token};
use super::super::operators::{Family, Operator};
use super::super::types::{Expr, Type};
use super::{Parser, Read, is_number_word};

/// What stands between the operator and its right side.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are words that stand there or not"
)]
pub(super) struct Matching<'t> {
    bool_: bool,
    on: bool,
    labels: Vec<&'t str>,
    grouped: bool,
    include: Vec<&'t str>,
    filled: bool,
}

impl<'t> Parser<'t> {
    /// What stands between an operator and its right side.
    pub(super) fn matching(&mut self) -> Read<Matching<'t>> {
        let mut matching = Matching {
            bool_: self.take_word("bool"),
            ..Matching::default()
        };
        matching.on = self.take_word("on");
        let matched = matching.on || self.take_word("ignoring");
        if matched {
            matching.labels = self.label_list()?;
            matching.grouped = self.take_word("group_left") || self.take_word("group_right");
            if matching.grouped && self.next_is("(") {
                matching.include = self.label_list()?;
            }
        }
        while self.follows("(") && self.fill_word() {
            self.advance();
            self.advance();
            if !self.take("-") {
                self.take("+");
            }
            let token = self.peek();
            let endless = self.word(token).as_deref().is_some_and(is_number_word);
            if !endless && !matches!(token.kind, TokenKind::Number | TokenKind::Duration) {
                return self.unexpected("fill", "a number");
            }
            self.advance();
            if !self.take(")") {
                return self.unexpected("fill", ")");
            }
            matching.filled = true;
        }
        Ok(matching)
    }

    pub(super) fn fill_word(&self) -> bool {
        let word = self.word(self.peek());
        matches!(word.as_deref(), Some("fill" | "fill_left" | "fill_right"))
    }

    pub(super) fn binary(
        &mut self,
        left: Expr,
        operator: Operator,
        token: Token,
        matching: &Matching<'_>,
        right: Expr,
    ) -> Expr {
        let (from, to) = (token.from, token.to);
        let name = self.spelling(token);
        let scalars = left.gives == Type::Scalar && right.gives == Type::Scalar;
        let vectors = left.gives == Type::Vector && right.gives == Type::Vector;
        if matching.bool_ && operator.family != Family::Comparison {
            self.wrong(
                from,
                to,
                format!("{name} takes no bool"),
                "Only comparisons do.",
            );
        }
        if operator.family == Family::Comparison && !matching.bool_ && scalars {
            let hint = "Write bool behind the operator.";
            self.wrong(from, to, "a comparison of scalars needs bool", hint);
        }
        if matching.on {
            let mut both = matching
                .labels
                .iter()
                .filter(|label| matching.include.contains(label));
            if let Some(label) = both.next() {
                let message = format!("the label {label:?} stands in on() and in the grouping");
                self.wrong(
                    from,
                    to,
                    message,
                    "Take it out of group_left() or group_right().",
                );
            }
        }
        for side in [left, right] {
            if !matches!(side.gives, Type::Scalar | Type::Vector) {
                let message = format!(
                    "{name} stands between scalars and instant vectors, not {}",
                    side.gives.name()
                );
                let hint = match side.gives {
                    Type::Matrix => "Use the range in a function such as rate().",
                    Type::Text | Type::Scalar | Type::Vector => "Take the text out.",
                };
                self.wrong(side.from, side.to, message, hint);
            }
        }
        if !vectors && (!matching.labels.is_empty() || matching.filled) {
            let message = "labels can be matched only between instant vectors";
            self.wrong(from, to, message, "Take on, ignoring or fill out.");
        }
        if operator.family == Family::Set {
            if vectors && matching.grouped {
                self.wrong(
                    from,
                    to,
                    format!("{name} takes no grouping"),
                    "Take it out.",
                );
            }
            if vectors && matching.filled {
                self.wrong(from, to, format!("{name} takes no fill"), "Take it out.");
            }
            if left.gives == Type::Scalar || right.gives == Type::Scalar {
                let message = format!("{name} joins instant vectors, not scalars");
                self.wrong(
                    from,
                    to,
                    message,
                    "Make a vector of the scalar with vector().",
                );
            }
        }
        let gives = if scalars { Type::Scalar } else { Type::Vector };
        Expr::new(left.from, right.to, gives)
    }
}
