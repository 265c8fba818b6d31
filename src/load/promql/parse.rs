//! The checker: reads an expression as `generated_parser.y` and `checkAST` of Prometheus do, and keeps
//! of it no more than types and places.

use super::functions::{NAMES, aggregation, function};
use super::lex::{Kind as TokenKind, Token, tokens};
use super::matchers::Written;
use super::operators::{Family, Operator, UNARY, operator};
use super::types::{Expr, Modifiers, Shape, Type};
use super::{Fault, Kind};
use crate::load::read::nearest;
use crate::model::PromDuration;

/// Deepest nesting, and longest chain of operators, that `promql-parser` is asked to print: it recurses.
const MAX_DEPTH: usize = 100;
const MAX_OPERATORS: usize = 500;

/// What the checker found.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) faults: Vec<Fault>,
    /// Whether `promql-parser` may be asked.
    pub(super) printable: bool,
}

/// Why reading ends early: a fault of syntax, or syntax that is not followed.
pub(super) struct Stop(Fault);

type Read<T> = Result<T, Box<Stop>>;

pub(super) fn check(text: &str) -> Verdict {
    let tokens = match tokens(text) {
        Ok(tokens) => tokens,
        Err(fault) => {
            return Verdict {
                printable: fault.kind == Kind::Unknown,
                faults: vec![fault],
            };
        }
    };
    let mut parser = Parser {
        text,
        tokens,
        at: 0,
        depth: 0,
        operators: 0,
        printable: true,
        faults: Vec::new(),
    };
    if let Err(stop) = parser.whole() {
        // Types are judged only where the syntax is right, as in Prometheus.
        parser.faults = vec![stop.0];
    }
    Verdict {
        faults: parser.faults,
        printable: parser.printable && parser.operators <= MAX_OPERATORS,
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    operators: usize,
    printable: bool,
    /// Faults of type; reading goes on after them.
    faults: Vec<Fault>,
}

/// What stands between the operator and its right side.
#[derive(Debug, Default)]
struct Matching<'t> {
    bool_: bool,
    on: bool,
    labels: Vec<&'t str>,
    grouped: bool,
    include: Vec<&'t str>,
    filled: bool,
}

impl<'t> Parser<'t> {
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
    fn word(&self, token: Token) -> Option<String> {
        (token.kind == TokenKind::Word).then(|| self.spelling(token).to_ascii_lowercase())
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
            TokenKind::End => format!("the expression ends in {place}"),
            _ => format!("unexpected {:?} in {place}", self.spelling(token)),
        };
        let fault = Fault::invalid(token.from, token.to, message);
        Err(Box::new(Stop(
            fault.with_hint(format!("Expected {wanted}.")),
        )))
    }

    /// Ends reading: this is newer than what is followed here.
    fn newer<T>(&self, token: Token, what: &str) -> Read<T> {
        let message = format!("{what} is newer than what is understood here");
        let mut fault = Fault::invalid(token.from, token.to, message)
            .with_hint("Check it with the promtool of your Prometheus; it is applied as written.");
        fault.kind = Kind::Unknown;
        Err(Box::new(Stop(fault)))
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
            self.printable = false;
            return self.newer(self.peek(), "nesting as deep as this");
        }
        let mut left = self.unary()?;
        while let Some(operator) = self.operator().filter(|operator| operator.binds >= binds) {
            let token = self.advance();
            if operator.family == Family::Newer {
                return self.newer(token, "this operator");
            }
            self.operators += 1;
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
                    return self.newer(token, &format!("`{word}`"));
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

    /// What starts with a word: an aggregation, a function, a number, or a metric.
    fn named(&mut self, token: Token) -> Read<Expr> {
        let lower = self.word(token).unwrap_or_default();
        if matches!(lower.as_str(), "inf" | "nan") {
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
            lower.as_str(),
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

    fn aggregate(&mut self, name: Token, parameter: Option<Type>) -> Read<Expr> {
        let before = self.grouping()?;
        if !self.next_is("(") {
            return self.unexpected("an aggregation", "(");
        }
        let (arguments, mut end) = self.arguments(false)?;
        if !before && self.grouping()? {
            end = self.tokens[self.at - 1].to;
        }
        let spelling = self.spelling(name);
        let wanted = if parameter.is_some() { 2 } else { 1 };
        if arguments.len() == wanted {
            let (last, first) = (arguments[wanted - 1], arguments[0]);
            self.want(last, Type::Vector, spelling);
            if let Some(parameter) = parameter {
                self.want(first, parameter, spelling);
            }
        } else {
            let message = format!(
                "{spelling} takes {wanted} argument(s), found {}",
                arguments.len()
            );
            let hint = match parameter {
                Some(_) => "Write the parameter first: topk(5, x).",
                None => "Write one instant vector: sum(x).",
            };
            self.wrong(name.from, end, message, hint);
        }
        Ok(Expr::new(name.from, end, Type::Vector))
    }

    /// `by (…)` or `without (…)`, if it is there.
    fn grouping(&mut self) -> Read<bool> {
        if !self.take_word("by") && !self.take_word("without") {
            return Ok(false);
        }
        self.label_list()?;
        Ok(true)
    }

    /// `(a, b)`, with or without a comma at the end.
    fn label_list(&mut self) -> Read<Vec<&'t str>> {
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
    fn arguments(&mut self, any_selector: bool) -> Read<(Vec<Expr>, usize)> {
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

    fn call(&mut self, name: Token) -> Read<Expr> {
        let spelling = self.spelling(name);
        // `start()` and `end()` are keywords, which are known in any case.
        let lower = spelling.to_ascii_lowercase();
        let keyword = matches!(lower.as_str(), "start" | "end");
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

    fn want(&mut self, argument: Expr, wanted: Type, of: &str) {
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

    /// The rest of a selector: matchers in braces, if there are any.
    fn selector(&mut self, name: Option<Token>, may_be_empty: bool) -> Read<Expr> {
        let first = name.unwrap_or_else(|| self.peek());
        let mut end = first.to;
        let mut selects = name.is_some();
        if self.take("{") {
            while !self.next_is("}") {
                selects |= self.matcher(name)?;
                if !self.take(",") && !self.next_is("}") {
                    return self.unexpected("the matchers", "a comma or }");
                }
            }
            end = self.advance().to;
        }
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
    fn matcher(&mut self, metric: Option<Token>) -> Read<bool> {
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

    fn name_once(&mut self, metric: Option<Token>, second: Token) {
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
    fn range(&mut self, expr: Expr) -> Read<Expr> {
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

    fn offset(&mut self, expr: &mut Expr) -> Read<()> {
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

    fn at_time(&mut self, expr: &mut Expr) -> Read<()> {
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

    fn positive_duration(&mut self, place: &str) -> Read<()> {
        let token = self.peek();
        if self.duration(place)? == Some(0.0) {
            let hint = "Write how far back to look, such as 5m.";
            self.wrong(
                token.from,
                token.to,
                "the duration must be greater than 0",
                hint,
            );
        }
        Ok(())
    }

    /// A duration in seconds; a plain number counts seconds. `None` where it is faulty.
    fn duration(&mut self, place: &str) -> Read<Option<f64>> {
        let token = self.peek();
        let newer = match token.kind {
            TokenKind::Duration | TokenKind::Number => false,
            TokenKind::Mark(mark) => matches!(mark, "(" | "+" | "-"),
            TokenKind::Word => {
                let word = self.word(token);
                matches!(
                    word.as_deref(),
                    Some("step" | "range" | "max_of" | "min_of")
                )
            }
            TokenKind::Text | TokenKind::End => false,
        };
        if newer {
            return self.newer(token, "arithmetic on durations");
        }
        if !matches!(token.kind, TokenKind::Duration | TokenKind::Number) {
            return self.unexpected(place, "a duration such as 5m");
        }
        self.advance();
        let value = if token.kind == TokenKind::Duration {
            self.duration_value(token)
        } else {
            let seconds = self.number(token)?;
            let limit = 9_223_372_036.0;
            if (0.0..limit).contains(&seconds) {
                Some(seconds)
            } else {
                self.wrong(
                    token.from,
                    token.to,
                    "the duration is out of range",
                    "Write seconds.",
                );
                None
            }
        };
        let arithmetic = matches!(
            self.peek().kind,
            TokenKind::Mark("+" | "-" | "*" | "/" | "%" | "^")
        );
        if arithmetic && place != "an offset" {
            return self.newer(self.peek(), "arithmetic on durations");
        }
        Ok(value)
    }

    fn duration_value(&mut self, token: Token) -> Option<f64> {
        let spelling = self.spelling(token);
        match PromDuration::parse(spelling) {
            Ok(duration) => {
                // promql-parser reads each number into 32 bits and drops what does not fit.
                if spelling.len() > 9 {
                    let long = |part: &str| part.len() > 9;
                    self.printable &= !spelling.split(|c: char| c.is_alphabetic()).any(long);
                }
                #[expect(clippy::cast_precision_loss, reason = "compared with zero only")]
                Some(duration.as_millis() as f64 / 1000.0)
            }
            Err(error) => {
                let message = format!("{spelling:?}: {error}");
                let hint = "Write each unit once, from large to small: 1h30m.";
                self.wrong(token.from, token.to, message, hint);
                None
            }
        }
    }

    /// A number as `strconv.ParseInt(text, 0, 64)` and then `ParseFloat` read it.
    fn number(&mut self, token: Token) -> Read<f64> {
        let spelling = self.spelling(token);
        if spelling.contains('_') {
            return self.newer(token, "an underscore in a number");
        }
        let lower = spelling.to_ascii_lowercase();
        let value = match lower.strip_prefix("0x") {
            #[expect(clippy::cast_precision_loss, reason = "as Prometheus does")]
            Some(digits) => i64::from_str_radix(digits, 16)
                .ok()
                .map(|value| value as f64),
            None => lower.parse().ok().filter(|value: &f64| value.is_finite()),
        };
        if value.is_none() {
            let hint = "Write a decimal or hexadecimal number.";
            let message = format!("{spelling:?} is not a number, or out of range");
            self.wrong(token.from, token.to, message, hint);
        }
        Ok(value.unwrap_or(0.0))
    }

    /// What stands between an operator and its right side.
    fn matching(&mut self) -> Read<Matching<'t>> {
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

    fn fill_word(&self) -> bool {
        let word = self.word(self.peek());
        matches!(word.as_deref(), Some("fill" | "fill_left" | "fill_right"))
    }

    fn binary(
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

fn is_number_word(word: &str) -> bool {
    word.eq_ignore_ascii_case("inf") || word.eq_ignore_ascii_case("nan")
}
