//! What stands inside an action: values, functions and `|`.

use super::super::lex::{Kind, Token};
use super::super::{Fault, functions};
use super::{Parser, Read, fail};
use crate::model::nearest::{nearest, suggestion};

/// Fields of the data that an alert's template is given.
const FIELDS: &[&str] = &[".Labels", ".ExternalLabels", ".ExternalURL", ".Value"];

/// What an operand is, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operand {
    /// A constant or `.`: nothing to call, nothing to look into.
    Fixed(Token),
    Callable,
}

impl Parser<'_> {
    /// Commands with `|` between, up to and with `end`.
    pub(super) fn pipeline(&mut self, place: &str, end: Kind) -> Read<()> {
        self.deeper()?;
        self.declarations(place)?;
        let mut commands = 0;
        loop {
            self.skip_space();
            let token = self.peek();
            match token.kind {
                kind if kind == end => {
                    if commands == 0 {
                        let message = format!("{place} needs a value");
                        return fail(token, message, "Write what to show, such as $value.");
                    }
                    self.advance();
                    self.depth -= 1;
                    return Ok(());
                }
                Kind::Word
                | Kind::Variable
                | Kind::Field
                | Kind::Dot
                | Kind::Quoted
                | Kind::Number
                | Kind::LeftParen => {
                    commands += 1;
                    let first = self.command()?;
                    if let (Operand::Fixed(token), true) = (first, commands > 1) {
                        let message = format!("{:?} cannot be called", self.spelling(token));
                        return fail(token, message, "Write a function behind |.");
                    }
                }
                _ => return self.unexpected(token, place),
            }
        }
    }

    /// `$x :=`, `$x =` and, in a range, `$i, $x :=`.
    fn declarations(&mut self, place: &str) -> Read<()> {
        for count in 1.. {
            self.skip_space();
            let start = self.at;
            let variable = self.peek();
            if variable.kind != Kind::Variable {
                return Ok(());
            }
            self.advance();
            self.skip_space();
            let next = self.peek();
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    self.advance();
                    self.variables.push(self.spelling(variable));
                    return Ok(());
                }
                Kind::Comma if place == "range" && count < 2 => {
                    self.advance();
                    self.variables.push(self.spelling(variable));
                }
                Kind::Comma => {
                    return fail(
                        next,
                        format!("too many variables in {place}"),
                        "Take it out.",
                    );
                }
                _ => {
                    self.at = start;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Operands with space between, up to `|` or the end; gives the first.
    fn command(&mut self) -> Read<Operand> {
        let mut first = None;
        loop {
            self.skip_space();
            if let Some(operand) = self.operand()? {
                first = first.or(Some(operand));
            }
            let token = self.advance();
            match token.kind {
                Kind::Space => {}
                Kind::Close | Kind::RightParen => {
                    self.at -= 1;
                    break;
                }
                Kind::Pipe => break,
                _ => return self.unexpected(token, "an action"),
            }
        }
        match first {
            Some(first) => Ok(first),
            None => fail(self.peek(), "there is nothing before |", "Write a value."),
        }
    }

    /// A value with the fields that are looked up in it; `None` where something else stands.
    fn operand(&mut self) -> Read<Option<Operand>> {
        let token = self.peek();
        let operand = match token.kind {
            Kind::Word => self.word(token)?,
            Kind::Dot | Kind::Quoted | Kind::Number => Operand::Fixed(token),
            Kind::Variable => {
                self.variable(token)?;
                Operand::Callable
            }
            Kind::Field => {
                self.doubt_field(token);
                Operand::Callable
            }
            Kind::LeftParen => {
                self.advance();
                self.pipeline("parentheses", Kind::RightParen)?;
                self.at -= 1;
                Operand::Callable
            }
            _ => return Ok(None),
        };
        self.advance();
        while self.peek().kind == Kind::Field {
            if let Operand::Fixed(fixed) = operand {
                let message = format!("{:?} has no fields", self.spelling(fixed));
                return fail(self.peek(), message, "Take the field out.");
            }
            self.advance();
        }
        Ok(Some(operand))
    }

    fn word(&self, token: Token) -> Read<Operand> {
        let word = self.spelling(token);
        if matches!(word, "true" | "false" | "nil") {
            return Ok(Operand::Fixed(token));
        }
        if matches!(
            word,
            "if" | "else"
                | "end"
                | "range"
                | "with"
                | "define"
                | "block"
                | "template"
                | "break"
                | "continue"
        ) {
            return self.unexpected(token, "an action");
        }
        if functions::exists(word) {
            return Ok(Operand::Callable);
        }
        let hint = match nearest(word, functions::NAMES) {
            Some(near) => format!("Did you mean {near:?}?"),
            None => "See the template functions in Prometheus' documentation.".to_owned(),
        };
        fail(token, format!("there is no function {word:?}"), hint)
    }

    fn variable(&self, token: Token) -> Read<()> {
        let name = self.spelling(token);
        if self.variables.contains(&name) {
            return Ok(());
        }
        let hint = suggestion(name, &self.variables);
        fail(token, format!("there is no variable {name}"), hint)
    }

    /// The data of an alert has four fields; `.` is that data only outside of range and with.
    pub(super) fn doubt_field(&mut self, token: Token) {
        let name = self.spelling(token);
        if self.shifted > 0 || FIELDS.contains(&name) {
            return;
        }
        let message = format!("alerts have no {name}; Prometheus fails when it fills this in");
        let mut fault = Fault::new(token.from, token.to, message, suggestion(name, FIELDS));
        fault.unchecked = true;
        self.doubts.push(fault);
    }
}
