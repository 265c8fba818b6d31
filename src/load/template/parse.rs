//! The grammar of templates, after `text/template/parse/parse.go`.

use super::Fault;
use super::functions;
use super::lex::{Kind, Token};
use crate::load::read::{nearest, suggestion};

/// What an alert's template finds declared: `testTemplateParsing` of Prometheus puts it in front.
const GIVEN: &[&str] = &["$", "$labels", "$externalLabels", "$externalURL", "$value"];

/// Fields of the data that an alert's template is given.
const FIELDS: &[&str] = &[".Labels", ".ExternalLabels", ".ExternalURL", ".Value"];

/// Deepest nesting of actions and parentheses that is read.
const MAX_DEPTH: usize = 200;

type Read<T> = Result<T, Box<Fault>>;

pub(super) fn check(text: &str, tokens: &[Token]) -> Vec<Fault> {
    let mut parser = Parser {
        text,
        tokens,
        at: 0,
        depth: 0,
        variables: GIVEN.to_vec(),
        ranges: 0,
        shifted: 0,
        defined: Vec::new(),
        called: Vec::new(),
        doubts: Vec::new(),
    };
    if let Err(fault) = parser.template() {
        return vec![*fault];
    }
    parser.doubts()
}

struct Parser<'t> {
    text: &'t str,
    tokens: &'t [Token],
    at: usize,
    depth: usize,
    /// Names that are declared here, with `$`.
    variables: Vec<&'t str>,
    /// How many `range` are open.
    ranges: usize,
    /// How many actions are open in which `.` is something else.
    shifted: usize,
    defined: Vec<&'t str>,
    called: Vec<Token>,
    doubts: Vec<Fault>,
}

/// How a list of actions ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    End,
    Else,
}

/// What an operand is, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operand {
    /// A constant or `.`: nothing to call, nothing to look into.
    Fixed(Token),
    Callable,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Token {
        self.tokens[self.at]
    }

    fn advance(&mut self) -> Token {
        let token = self.peek();
        if token.kind != Kind::End {
            self.at += 1;
        }
        token
    }

    fn skip_space(&mut self) {
        while self.peek().kind == Kind::Space {
            self.at += 1;
        }
    }

    fn spelling(&self, token: Token) -> &'t str {
        &self.text[token.from..token.to]
    }

    fn fail<T>(
        &self,
        token: Token,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Read<T> {
        Err(Box::new(Fault::new(token.from, token.to, message, hint)))
    }

    fn unexpected<T>(&self, token: Token, place: &str) -> Read<T> {
        let message = match token.kind {
            Kind::End => format!("the template ends in {place}"),
            Kind::Close => format!("{place} ends too early"),
            _ => format!("unexpected {:?} in {place}", self.spelling(token)),
        };
        self.fail(
            token,
            message,
            "Correct the action; see Go's text/template.",
        )
    }

    fn deeper(&mut self) -> Read<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.fail(self.peek(), "nested too deeply", "Write it flatter.");
        }
        Ok(())
    }

    fn template(&mut self) -> Read<()> {
        while self.peek().kind != Kind::End {
            let open = self.peek();
            if open.kind == Kind::Open && self.keyword_after(self.at) == "define" {
                self.advance();
                self.skip_space();
                self.advance();
                self.definition(open)?;
            } else if self.item()?.is_some() {
                let word = self.last_word();
                let name = self.spelling(word);
                let message = format!("there is nothing open for this {name}");
                return self.fail(word, message, "Take it out, or open an if, range or with.");
            }
        }
        Ok(())
    }

    /// The word that follows `{{` at a token.
    fn keyword_after(&self, open: usize) -> &'t str {
        let mut rest = self.tokens[open + 1..].iter();
        let word = rest.find(|token| token.kind != Kind::Space);
        word.filter(|token| token.kind == Kind::Word)
            .map_or("", |token| self.spelling(*token))
    }

    fn last_word(&self) -> Token {
        let mut before = self.tokens[..self.at].iter().rev();
        let word = before.find(|token| token.kind == Kind::Word);
        word.copied().unwrap_or(self.peek())
    }

    /// A text or an action; `else` and `end` are for the caller to take.
    fn item(&mut self) -> Read<Option<Ended>> {
        let token = self.advance();
        if token.kind != Kind::Open {
            return Ok(None);
        }
        self.skip_space();
        let word = self.peek();
        let keyword = if word.kind == Kind::Word {
            self.spelling(word)
        } else {
            ""
        };
        if !matches!(
            keyword,
            "if" | "with" | "range" | "else" | "end" | "break" | "continue" | "template" | "block"
        ) {
            self.pipeline("an action", Kind::Close)?;
            return Ok(None);
        }
        self.advance();
        match keyword {
            "else" => {
                self.skip_space();
                if !(self.peek().kind == Kind::Word && self.spelling(self.peek()) == "if") {
                    self.close("else")?;
                }
                return Ok(Some(Ended::Else));
            }
            "end" => {
                self.close("end")?;
                return Ok(Some(Ended::End));
            }
            "break" | "continue" => {
                self.close(keyword)?;
                if self.ranges == 0 {
                    let message = format!("{keyword} stands outside of a range");
                    return self.fail(word, message, "Take it out.");
                }
            }
            "template" => self.call()?,
            "block" => self.block(token)?,
            _ => self.control(token, keyword)?,
        }
        Ok(None)
    }

    fn close(&mut self, place: &str) -> Read<()> {
        self.skip_space();
        let token = self.advance();
        if token.kind == Kind::Close {
            return Ok(());
        }
        self.unexpected(token, place)
    }

    /// `if`, `with` and `range` up to their `end`.
    fn control(&mut self, open: Token, keyword: &'t str) -> Read<()> {
        self.deeper()?;
        let variables = self.variables.len();
        self.pipeline(keyword, Kind::Close)?;
        let opening = Token {
            to: self.tokens[self.at - 1].to,
            ..open
        };
        let (range, shift) = (
            usize::from(keyword == "range"),
            usize::from(keyword != "if"),
        );
        self.ranges += range;
        self.shifted += shift;
        let mut ended = self.list(opening)?;
        self.ranges -= range;
        self.shifted -= shift;
        if ended == Ended::Else {
            let word = self.peek();
            if word.kind == Kind::Word && keyword == "if" {
                self.advance();
                self.control(open, "if")?;
                ended = Ended::End;
            } else if word.kind == Kind::Word {
                let message = format!("{keyword} has no else if");
                return self.fail(word, message, "Put an if inside the else.");
            } else {
                ended = self.list(opening)?;
            }
        }
        if ended != Ended::End {
            let message = "there is already an else";
            return self.fail(self.last_word(), message, "Take one of them out.");
        }
        self.variables.truncate(variables);
        self.depth -= 1;
        Ok(())
    }

    /// Items up to the `else` or `end` of an action.
    fn list(&mut self, opening: Token) -> Read<Ended> {
        while self.peek().kind != Kind::End {
            if let Some(ended) = self.item()? {
                return Ok(ended);
            }
        }
        self.fail(opening, "this has no end", "Add {{ end }}.")
    }

    /// The name of a template, in quotes.
    fn name(&mut self, place: &str) -> Read<Token> {
        self.skip_space();
        let token = self.advance();
        if token.kind == Kind::Quoted {
            return Ok(token);
        }
        self.unexpected(token, place)
    }

    fn call(&mut self) -> Read<()> {
        let name = self.name("template")?;
        self.called.push(name);
        self.skip_space();
        if self.peek().kind == Kind::Close {
            self.advance();
            return Ok(());
        }
        self.pipeline("template", Kind::Close)
    }

    fn block(&mut self, open: Token) -> Read<()> {
        let name = self.name("block")?;
        self.defined.push(self.inner(name));
        self.pipeline("block", Kind::Close)?;
        self.body(open)
    }

    fn definition(&mut self, open: Token) -> Read<()> {
        let name = self.name("define")?;
        self.defined.push(self.inner(name));
        self.close("define")?;
        self.body(open)
    }

    /// The body of a template of its own, which sees no variables of this one.
    fn body(&mut self, open: Token) -> Read<()> {
        self.deeper()?;
        let opening = Token {
            to: self.tokens[self.at - 1].to,
            ..open
        };
        let variables = std::mem::replace(&mut self.variables, vec!["$"]);
        let ranges = std::mem::take(&mut self.ranges);
        self.shifted += 1;
        let ended = self.list(opening)?;
        self.shifted -= 1;
        self.ranges = ranges;
        self.variables = variables;
        self.depth -= 1;
        match ended {
            Ended::End => Ok(()),
            Ended::Else => self.unexpected(self.last_word(), "a definition"),
        }
    }

    fn inner(&self, name: Token) -> &'t str {
        &self.text[name.from + 1..name.to - 1]
    }

    /// Commands with `|` between, up to and with `end`.
    fn pipeline(&mut self, place: &str, end: Kind) -> Read<()> {
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
                        return self.fail(token, message, "Write what to show, such as $value.");
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
                        return self.fail(token, message, "Write a function behind |.");
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
                    return self.fail(
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
            None => self.fail(self.peek(), "there is nothing before |", "Write a value."),
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
                return self.fail(self.peek(), message, "Take the field out.");
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
        self.fail(token, format!("there is no function {word:?}"), hint)
    }

    fn variable(&self, token: Token) -> Read<()> {
        let name = self.spelling(token);
        if self.variables.contains(&name) {
            return Ok(());
        }
        let hint = suggestion(name, &self.variables);
        self.fail(token, format!("there is no variable {name}"), hint)
    }

    /// The data of an alert has four fields; `.` is that data only outside of range and with.
    fn doubt_field(&mut self, token: Token) {
        let name = self.spelling(token);
        if self.shifted > 0 || FIELDS.contains(&name) {
            return;
        }
        let message = format!("alerts have no {name}; Prometheus fails when it fills this in");
        let mut fault = Fault::new(token.from, token.to, message, suggestion(name, FIELDS));
        fault.unchecked = true;
        self.doubts.push(fault);
    }

    /// What parses and cannot run.
    fn doubts(mut self) -> Vec<Fault> {
        for name in std::mem::take(&mut self.called) {
            if self.defined.contains(&self.inner(name)) {
                continue;
            }
            let message = format!(
                "there is no template {}; Prometheus fails when it fills this in",
                self.spelling(name)
            );
            let hint = "Define it in the same text.";
            let mut fault = Fault::new(name.from, name.to, message, hint);
            fault.unchecked = true;
            self.doubts.push(fault);
        }
        self.doubts
    }
}
