//! Aggregations and functions.

use super::super::Fault;
use super::super::functions::{NAMES, Parameter, aggregation, function};
use super::super::lex::{Kind as TokenKind, Token};
use super::super::types::{Expr, Type};
use super::{Parser, Read, Stop, is_number_word};
use crate::model::nearest::nearest;

impl<'t> Parser<'t> {
    /// What starts with a word: an aggregation, a function, a number, or a metric.
    pub(super) fn named(&mut self, token: Token) -> Read<Expr> {
        let lower = self.word(token).unwrap_or_default();
        if matches!(&*lower, "inf" | "nan") {
            self.advance();
            return Ok(Expr::new(token.from, token.to, Type::Scalar));
        }
        if let Some(parameter) = aggregation(&lower) {
            let next = self.tokens.get(self.at + 1).copied();
            let grouping = next.and_then(|next| self.word(next));
            if self.follows("(") || matches!(grouping.as_deref(), Some("by" | "without")) {
                self.advance();
                return self.aggregate(token, parameter);
            }
        } else if matches!(
            &*lower,
            "bool" | "on" | "ignoring" | "group_left" | "group_right" | "atan2"
        ) {
            return self.unexpected("the expression", "a metric, a function, a number or (");
        } else if self.follows("(") {
            self.advance();
            return self.call(token);
        }
        self.advance();
        self.selector(Some(token), false)
    }

    pub(super) fn aggregate(&mut self, name: Token, parameter: Parameter) -> Read<Expr> {
        let before = self.grouping()?;
        if !self.next_is("(") {
            return self.unexpected("an aggregation", "(");
        }
        let (arguments, mut end) = self.arguments(false)?;
        if !before && self.grouping()? {
            end = self.tokens[self.at - 1].to;
        }
        let spelling = self.spelling(name);
        let wanted = if parameter == Parameter::Nothing {
            1
        } else {
            2
        };
        if arguments.len() == wanted {
            let (last, first) = (arguments[wanted - 1], arguments[0]);
            self.want(last, Type::Vector, spelling);
            if let Parameter::One(parameter) = parameter {
                self.want(first, parameter, spelling);
                if parameter == Type::Text {
                    self.note(|notes| notes.written.push((first.from, first.to)));
                }
            }
        } else {
            let message = format!(
                "{spelling} takes {wanted} argument(s), found {}",
                arguments.len()
            );
            let hint = match parameter {
                Parameter::One(_) => "Write the parameter first: topk(5, x).",
                Parameter::Nothing => "Write one instant vector: sum(x).",
            };
            self.wrong(name.from, end, message, hint);
        }
        Ok(Expr::new(name.from, end, Type::Vector))
    }

    /// `by (…)` or `without (…)`, if it is there.
    pub(super) fn grouping(&mut self) -> Read<bool> {
        if !self.take_word("by") && !self.take_word("without") {
            return Ok(false);
        }
        self.label_list()?;
        Ok(true)
    }

    /// `(a, b)`, with or without a comma at the end.
    pub(super) fn label_list(&mut self) -> Read<Vec<&'t str>> {
        if !self.take("(") {
            return self.unexpected("a list of labels", "(");
        }
        let mut labels = Vec::new();
        loop {
            if self.take(")") {
                return Ok(labels);
            }
            let token = self.peek();
            let spelling = self.spelling(token);
            let label = match token.kind {
                TokenKind::Word => !spelling.contains(':') && !is_number_word(spelling),
                TokenKind::Text => spelling.len() > 2,
                _ => false,
            };
            if !label {
                return self.unexpected("a list of labels", "a label's name");
            }
            self.advance();
            labels.push(spelling.trim_matches(['"', '\'', '`']));
            if !self.take(",") && !self.next_is(")") {
                return self.unexpected("a list of labels", "a comma or )");
            }
        }
    }

    /// `(a, b)` and where it ends.
    pub(super) fn arguments(&mut self, any_selector: bool) -> Read<(Vec<Expr>, usize)> {
        self.advance();
        let mut arguments = Vec::new();
        if self.next_is(")") {
            return Ok((arguments, self.advance().to));
        }
        loop {
            let argument = if any_selector && !arguments.is_empty() && self.next_is("{") {
                self.selector(None, true)?
            } else {
                self.expr(0)?
            };
            arguments.push(argument);
            if self.next_is(")") {
                return Ok((arguments, self.advance().to));
            }
            if !self.take(",") {
                return self.unexpected("the arguments", "an operator, a comma or )");
            }
            if self.next_is(")") {
                return self.unexpected("the arguments", "another argument after the comma");
            }
        }
    }

    pub(super) fn call(&mut self, name: Token) -> Read<Expr> {
        let spelling = self.spelling(name);
        // `start()` and `end()` are keywords, which are known in any case.
        let lower = spelling.to_ascii_lowercase();
        let keyword = matches!(&*lower, "start" | "end");
        let found = function(if keyword { &lower } else { spelling });
        let Some(signature) = found else {
            let message = format!("there is no function {spelling:?}");
            let hint = match nearest(spelling, NAMES) {
                Some(near) => format!("Did you mean {near:?}?"),
                None => "See the list of functions in Prometheus' documentation.".to_owned(),
            };
            let fault = Fault::invalid(name.from, name.to, message).with_hint(hint);
            return Err(Box::new(Stop(fault)));
        };
        let (arguments, end) = self.arguments(spelling == "info")?;
        let wanted = signature.arguments.len();
        let (least, most) = match signature.variadic {
            0 => (wanted, Some(wanted)),
            more => (
                wanted - 1,
                usize::try_from(more).ok().map(|more| wanted - 1 + more),
            ),
        };
        if arguments.len() < least || most.is_some_and(|most| arguments.len() > most) {
            let many = match most {
                Some(most) if most == least => format!("{least}"),
                Some(most) => format!("{least} to {most}"),
                None => format!("at least {least}"),
            };
            let message = format!(
                "{spelling} takes {many} argument(s), found {}",
                arguments.len()
            );
            let names: Vec<&str> = signature.arguments.iter().map(|kind| kind.name()).collect();
            let hint = format!(
                "It takes {}.",
                if names.is_empty() {
                    "nothing".to_owned()
                } else {
                    names.join(", ")
                }
            );
            self.wrong(name.from, end, message, &hint);
        }
        if let "label_replace" | "label_join" | "histogram_quantiles" = spelling {
            let label = arguments.get(1).map(|label| (label.from, label.to));
            self.note(|notes| notes.written.extend(label));
        }
        if spelling == "info" {
            self.note(|notes| notes.joins.push(name));
        }
        for (index, argument) in arguments.iter().enumerate() {
            let wanted = match signature.arguments.get(index) {
                Some(wanted) => *wanted,
                None if signature.variadic == 0 => break,
                None => signature.arguments[wanted - 1],
            };
            self.want(*argument, wanted, spelling);
        }
        Ok(Expr::new(name.from, end, signature.gives))
    }

    pub(super) fn want(&mut self, argument: Expr, wanted: Type, of: &str) {
        if argument.gives == wanted {
            return;
        }
        let message = format!(
            "{of} takes {} here, found {}",
            wanted.name(),
            argument.gives.name()
        );
        let hint = match (wanted, argument.gives) {
            (Type::Matrix, Type::Vector) => "Add a range, such as [5m].",
            (Type::Vector, Type::Matrix) => {
                "Take the range out, or use it in a function such as rate()."
            }
            (Type::Vector, Type::Scalar) => "Make a vector of it with vector().",
            (Type::Text, _) => "Put it in quotes.",
            _ => "See the function's arguments in Prometheus' documentation.",
        };
        self.wrong(argument.from, argument.to, message, hint);
    }
}
