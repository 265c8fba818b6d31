//! The checker: reads an expression as `generated_parser.y` and `checkAST` of Prometheus do, and keeps
//! of it no more than types and places.

mod binary;
mod calls;
mod literals;
mod selectors;

use std::borrow::Cow;

use super::lex::{Kind as TokenKind, Token, tokens};
use super::notes::Notes;
use super::operators::{Family, Operator, UNARY, operator};
use super::types::{Expr, Type};
use super::{Fault, Kind};

/// Deepest nesting that is followed: reading recurses.
const MAX_DEPTH: usize = 100;

/// Why reading ends early: a fault of syntax, or syntax that is not followed.
pub(super) struct Stop(Fault);

type Read<T> = Result<T, Box<Stop>>;

pub(super) fn check(text: &str) -> Vec<Fault> {
    let (parser, stop) = parse(text, None);
    match stop {
        None => parser.map_or_else(Vec::new, |parser| parser.faults),
        Some(fault) => vec![fault],
    }
}

/// What is wrong with an expression, and what stands in it; the notes are whole only where nothing is wrong.
pub(super) fn read(text: &str) -> (Vec<Fault>, Notes) {
    match parse(text, Some(Notes::default())) {
        (_, Some(fault)) => (vec![fault], Notes::default()),
        (Some(parser), None) => {
            let notes = Notes {
                tokens: parser.tokens,
                ..parser.notes.unwrap_or_default()
            };
            (parser.faults, notes)
        }
        (None, None) => (Vec::new(), Notes::default()),
    }
}

/// Reads an expression to its end, or to what stops reading.
fn parse(text: &str, notes: Option<Notes>) -> (Option<Parser<'_>>, Option<Fault>) {
    let tokens = match tokens(text) {
        Ok(tokens) => tokens,
        Err(fault) => return (None, Some(fault)),
    };
    let mut parser = Parser {
        text,
        tokens,
        at: 0,
        depth: 0,
        faults: Vec::new(),
        notes,
    };
    match parser.whole() {
        Ok(()) => (Some(parser), None),
        // Types are judged only where the syntax is right, as in Prometheus.
        Err(stop) => (None, Some(stop.0)),
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    /// Faults of type; reading goes on after them.
    faults: Vec<Fault>,
    /// Where somebody asks: lists cost more than all else of reading a short expression.
    notes: Option<Notes>,
}

impl<'t> Parser<'t> {
    fn note(&mut self, note: impl FnOnce(&mut Notes)) {
        if let Some(notes) = &mut self.notes {
            note(notes);
        }
    }

    fn peek(&self) -> Token {
        self.tokens[self.at]
    }

    fn advance(&mut self) -> Token {
        let token = self.tokens[self.at];
        if token.kind != TokenKind::End {
            self.at += 1;
        }
        token
    }

    fn spelling(&self, token: Token) -> &'t str {
        &self.text[token.from..token.to]
    }

    /// The word in lower case, where the token is one: keywords may be written in any case.
    fn word(&self, token: Token) -> Option<Cow<'t, str>> {
        let spelling = self.spelling(token);
        (token.kind == TokenKind::Word).then(|| {
            if spelling.bytes().any(|byte| byte.is_ascii_uppercase()) {
                Cow::Owned(spelling.to_ascii_lowercase())
            } else {
                Cow::Borrowed(spelling)
            }
        })
    }

    fn next_is(&self, mark: &'static str) -> bool {
        self.peek().kind == TokenKind::Mark(mark)
    }

    fn follows(&self, mark: &'static str) -> bool {
        let next = self.tokens.get(self.at + 1);
        next.is_some_and(|token| token.kind == TokenKind::Mark(mark))
    }

    fn take(&mut self, mark: &'static str) -> bool {
        let found = self.next_is(mark);
        if found {
            self.at += 1;
        }
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let token = self.peek();
        let found =
            token.kind == TokenKind::Word && self.spelling(token).eq_ignore_ascii_case(word);
        if found {
            self.at += 1;
        }
        found
    }

    fn wrong(&mut self, from: usize, to: usize, message: impl Into<String>, hint: &str) {
        self.faults
            .push(Fault::invalid(from, to, message).with_hint(hint));
    }

    /// Ends reading: this token cannot stand here.
    fn unexpected<T>(&self, place: &str, wanted: &str) -> Read<T> {
        let token = self.peek();
        let message = match token.kind {
            TokenKind::End if place == "the expression" => "the expression breaks off".to_owned(),
            TokenKind::End => format!("the expression ends in {place}"),
            _ => format!("unexpected {:?} in {place}", self.spelling(token)),
        };
        let fault = Fault::invalid(token.from, token.to, message);
        Err(Box::new(Stop(
            fault.with_hint(format!("Expected {wanted}.")),
        )))
    }

    fn whole(&mut self) -> Read<()> {
        if self.peek().kind == TokenKind::End {
            return self.unexpected("the beginning", "a PromQL expression");
        }
        let expr = self.expr(0)?;
        if self.peek().kind != TokenKind::End {
            return self.unexpected("the expression", "an operator or the end");
        }
        if matches!(expr.gives, Type::Matrix | Type::Text) && self.faults.is_empty() {
            let message = format!("a rule cannot evaluate {}", expr.gives.name());
            let mut fault = Fault::invalid(expr.from, expr.to, message)
                .with_hint("A rule needs an instant vector or a scalar, such as rate(x[5m]).");
            fault.kind = Kind::Useless;
            self.faults.push(fault);
        }
        Ok(())
    }

    /// An expression of operators that bind at least as tightly.
    fn expr(&mut self, binds: u8) -> Read<Expr> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return newer(self.peek(), "nesting as deep as this");
        }
        let mut left = self.unary()?;
        while let Some(operator) = self.operator().filter(|operator| operator.binds >= binds) {
            let token = self.advance();
            if operator.family == Family::Newer {
                return newer(token, "this operator");
            }
            let matching = self.matching()?;
            let right = self.expr(if operator.right {
                operator.binds
            } else {
                operator.binds + 1
            })?;
            left = self.binary(left, operator, token, &matching, right);
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operator(&self) -> Option<Operator> {
        let token = self.peek();
        match token.kind {
            TokenKind::Mark(mark @ ("<" | ">")) => {
                let next = self.tokens.get(self.at + 1)?;
                let trim = next.kind == TokenKind::Mark("/") && next.from == token.to;
                operator(match (mark, trim) {
                    ("<", true) => "</",
                    (_, true) => ">/",
                    (mark, false) => mark,
                })
            }
            TokenKind::Mark(mark) => operator(mark),
            TokenKind::Word => operator(&self.word(token)?),
            TokenKind::Number | TokenKind::Duration | TokenKind::Text | TokenKind::End => None,
        }
    }

    fn unary(&mut self) -> Read<Expr> {
        let token = self.peek();
        if !self.take("+") && !self.take("-") {
            return self.postfix();
        }
        let operand = self.expr(UNARY + 1)?;
        if !matches!(operand.gives, Type::Scalar | Type::Vector) {
            let message = format!("{} has no sign", operand.gives.name());
            let hint = "Only scalars and instant vectors can be negated.";
            self.wrong(token.from, operand.to, message, hint);
        }
        Ok(Expr::new(token.from, operand.to, operand.gives))
    }

    /// A simple expression with its ranges, offsets and times.
    fn postfix(&mut self) -> Read<Expr> {
        let mut expr = self.primary()?;
        loop {
            if self.next_is("[") {
                expr = self.range(expr)?;
            } else if self.take_word("offset") {
                self.offset(&mut expr)?;
            } else if self.take("@") {
                self.at_time(&mut expr)?;
            } else {
                let token = self.peek();
                let word = self.word(token);
                if let Some(word @ ("smoothed" | "anchored")) = word.as_deref() {
                    return newer(token, &format!("`{word}`"));
                }
                return Ok(expr);
            }
        }
    }

    fn primary(&mut self) -> Read<Expr> {
        let token = self.peek();
        match token.kind {
            TokenKind::Number => {
                self.advance();
                self.number(token)?;
                Ok(Expr::new(token.from, token.to, Type::Scalar))
            }
            TokenKind::Duration => {
                self.advance();
                self.duration_value(token);
                Ok(Expr::new(token.from, token.to, Type::Scalar))
            }
            TokenKind::Text => {
                self.advance();
                Ok(Expr::new(token.from, token.to, Type::Text))
            }
            TokenKind::Mark("(") => {
                self.advance();
                let inner = self.expr(0)?;
                if !self.next_is(")") {
                    return self.unexpected("parentheses", "an operator or )");
                }
                let close = self.advance();
                Ok(Expr::new(token.from, close.to, inner.gives))
            }
            TokenKind::Mark("{") => self.selector(None, false),
            TokenKind::Word => self.named(token),
            TokenKind::Mark(_) | TokenKind::End => {
                self.unexpected("the expression", "a metric, a function, a number or (")
            }
        }
    }
}

fn is_number_word(word: &str) -> bool {
    word.eq_ignore_ascii_case("inf") || word.eq_ignore_ascii_case("nan")
}

/// Ends reading: this is newer than what is followed here.
fn newer<T>(token: Token, what: &str) -> Read<T> {
    let message = format!("{what} is newer than what is understood here");
    let mut fault = Fault::invalid(token.from, token.to, message)
        .with_hint("Check it with the promtool of your Prometheus; it is applied as written.");
    fault.kind = Kind::Unknown;
    Err(Box::new(Stop(fault)))
}
