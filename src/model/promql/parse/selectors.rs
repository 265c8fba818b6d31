//! Selectors and what stands behind them: ranges, offsets and times.

use super::super::lex::{Kind as TokenKind, Token};
use super::super::matchers::Written;
use super::super::notes;
use super::super::types::{Expr, Modifiers, Shape, Type};
use super::{Parser, Read, is_number_word};

impl Parser<'_> {
    /// The rest of a selector: matchers in braces, if there are any.
    pub(super) fn selector(&mut self, name: Option<Token>, may_be_empty: bool) -> Read<Expr> {
        let first = name.unwrap_or_else(|| self.peek());
        let mut end = first.to;
        let mut selects = name.is_some();
        let mut braces = None;
        let matchers = |notes: &Option<notes::Notes>| {
            let notes = notes.as_ref();
            notes.map_or(0, |notes| notes.matchers.len())
        };
        let first_matcher = matchers(&self.notes);
        if self.take("{") {
            let open = self.tokens[self.at - 1].to;
            braces = Some(notes::Braces {
                open,
                filled: !self.next_is("}"),
            });
            while !self.next_is("}") {
                selects |= self.matcher(name)?;
                if !self.take(",") && !self.next_is("}") {
                    return self.unexpected("the matchers", "a comma or }");
                }
            }
            end = self.advance().to;
        }
        let matchers = first_matcher..matchers(&self.notes);
        self.note(|notes| {
            notes.selectors.push(notes::Selector {
                from: first.from,
                to: end,
                braces,
                matchers,
            });
        });
        if !selects && !may_be_empty {
            let message = "this selects every series: a matcher must refuse the empty value";
            let hint = "Name a metric, or write a matcher such as {job=\"api\"} or {job=~\".+\"}.";
            self.wrong(first.from, end, message, hint);
        }
        let mut expr = Expr::new(first.from, end, Type::Vector);
        expr.shape = Shape::Selector(Modifiers::default());
        Ok(expr)
    }

    /// One matcher; says whether it refuses series without the label.
    pub(super) fn matcher(&mut self, metric: Option<Token>) -> Read<bool> {
        const OPERATORS: &str = "=, !=, =~ or !~";
        let label = self.peek();
        if !matches!(label.kind, TokenKind::Word | TokenKind::Text) {
            return self.unexpected("the matchers", "a label's name or }");
        }
        self.advance();
        let token = self.peek();
        let TokenKind::Mark(op @ ("=" | "!=" | "=~" | "!~")) = token.kind else {
            if label.kind != TokenKind::Text {
                return self.unexpected("the matchers", OPERATORS);
            }
            // A quoted metric name.
            self.name_once(metric, label);
            return Ok(true);
        };
        self.advance();
        let value = self.peek();
        if value.kind != TokenKind::Text {
            return self.unexpected("the matchers", "a value in quotes");
        }
        self.advance();
        self.note(|notes| notes.matchers.push(notes::Matcher { label, op, value }));
        if self.spelling(label).trim_matches(['"', '\'', '`']) == "__name__" {
            self.name_once(metric, label);
        }
        let quoted = self.spelling(value);
        let written = Written {
            op,
            quoted,
            from: value.from,
        };
        if let Some(fault) = written.regex_fault() {
            self.faults.push(fault);
            return Ok(true);
        }
        // Only asked where nothing else selects: it may cost a regular expression.
        Ok(metric.is_some() || !written.matches_empty())
    }

    pub(super) fn name_once(&mut self, metric: Option<Token>, second: Token) {
        if let Some(first) = metric {
            let message = format!(
                "the metric is named twice, first as {:?}",
                self.spelling(first)
            );
            self.wrong(
                second.from,
                second.to,
                message,
                "Take one of the names out.",
            );
        }
    }

    /// `[5m]` or `[5m:1m]`.
    pub(super) fn range(&mut self, expr: Expr) -> Read<Expr> {
        let open = self.advance();
        self.positive_duration("a range")?;
        if self.take(":") {
            if !self.next_is("]") {
                self.positive_duration("a subquery")?;
            }
            if !self.next_is("]") {
                return self.unexpected("a subquery", "]");
            }
            let close = self.advance();
            if expr.gives != Type::Vector {
                let message = format!(
                    "a subquery runs over an instant vector, not {}",
                    expr.gives.name()
                );
                self.wrong(
                    expr.from,
                    expr.to,
                    message,
                    "Take the range out of what stands before it.",
                );
            }
            let mut subquery = Expr::new(expr.from, close.to, Type::Matrix);
            subquery.shape = Shape::Subquery(Modifiers::default());
            return Ok(subquery);
        }
        if !self.next_is("]") {
            return self.unexpected("a range", "] or :");
        }
        let close = self.advance();
        let (message, hint) = match expr.shape {
            Shape::Selector(Modifiers { offset: true, .. }) => (
                "an offset stands behind the range",
                "Write x[5m] offset 1h.",
            ),
            Shape::Selector(Modifiers {
                timestamp: true, ..
            }) => ("@ stands behind the range", "Write x[5m] @ 1609746000."),
            Shape::Selector(_) => ("", ""),
            Shape::Range(_) | Shape::Subquery(_) | Shape::Other => (
                "only a selector has a range",
                "For a range over a calculation write a subquery such as [5m:1m].",
            ),
        };
        if !message.is_empty() {
            self.wrong(open.from, close.to, message, hint);
        }
        let mut range = Expr::new(expr.from, close.to, Type::Matrix);
        range.shape = match expr.shape {
            Shape::Selector(modifiers) => Shape::Range(modifiers),
            Shape::Range(_) | Shape::Subquery(_) | Shape::Other => Shape::Other,
        };
        Ok(range)
    }

    pub(super) fn offset(&mut self, expr: &mut Expr) -> Read<()> {
        let word = self.tokens[self.at - 1];
        if !self.take("-") {
            self.take("+");
        }
        let token = self.peek();
        self.duration("an offset")?;
        expr.to = token.to;
        let (from, to) = (word.from, token.to);
        match expr.modifiers() {
            None => {
                let message = "an offset stands behind a selector or a subquery";
                self.wrong(
                    from,
                    to,
                    message,
                    "Move it to the selector: sum(x offset 1h).",
                );
            }
            Some(modifiers) if modifiers.offset => {
                self.wrong(from, to, "there is already an offset", "Keep one of them.");
            }
            Some(modifiers) => modifiers.offset = true,
        }
        Ok(())
    }

    pub(super) fn at_time(&mut self, expr: &mut Expr) -> Read<()> {
        let mark = self.tokens[self.at - 1];
        let bound = self.take_word("start") || self.take_word("end");
        if bound {
            if !self.take("(") || !self.next_is(")") {
                return self.unexpected("@", "start() or end()");
            }
            self.advance();
        } else {
            if !self.take("-") {
                self.take("+");
            }
            let token = self.peek();
            let word = self.word(token);
            let endless = word.as_deref().is_some_and(is_number_word);
            if token.kind != TokenKind::Number && !endless {
                return self.unexpected("@", "a time in seconds, start() or end()");
            }
            self.advance();
            let value = if endless {
                f64::INFINITY
            } else {
                self.number(token)?
            };
            // Milliseconds in an int64, as Prometheus keeps them.
            if !value.is_finite() || value >= 9_223_372_036_854_775_807.0 {
                let hint = "Write seconds since 1970.";
                self.wrong(token.from, token.to, "the time is out of range", hint);
            }
        }
        let end = self.tokens[self.at - 1].to;
        expr.to = end;
        match expr.modifiers() {
            None => {
                let message = "@ stands behind a selector or a subquery";
                self.wrong(mark.from, end, message, "Move it to the selector.");
            }
            Some(modifiers) if modifiers.timestamp || modifiers.bound => {
                self.wrong(mark.from, end, "there is already an @", "Keep one of them.");
            }
            Some(modifiers) => {
                modifiers.bound = bound;
                modifiers.timestamp = !bound;
            }
        }
        Ok(())
    }
}
