//! The grammar of templates, after `text/template/parse/parse.go`.

mod pipeline;

use super::Fault;
use super::lex::{Kind, Token};

/// What an alert's template finds declared: `testTemplateParsing` of Prometheus puts it in front.
const GIVEN: &[&str] = &["$", "$labels", "$externalLabels", "$externalURL", "$value"];

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

    fn unexpected<T>(&self, token: Token, place: &str) -> Read<T> {
        let message = match token.kind {
            Kind::End => format!("the template ends in {place}"),
            Kind::Close => format!("{place} ends too early"),
            _ => format!("unexpected {:?} in {place}", self.spelling(token)),
        };
        fail(
            token,
            message,
            "Correct the action; see Go's text/template.",
        )
    }

    fn deeper(&mut self) -> Read<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return fail(self.peek(), "nested too deeply", "Write it flatter.");
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
                return fail(word, message, "Take it out, or open an if, range or with.");
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
                    return fail(word, message, "Take it out.");
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
                return fail(word, message, "Put an if inside the else.");
            } else {
                ended = self.list(opening)?;
            }
        }
        if ended != Ended::End {
            let message = "there is already an else";
            return fail(self.last_word(), message, "Take one of them out.");
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
        fail(opening, "this has no end", "Add {{ end }}.")
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

fn fail<T>(token: Token, message: impl Into<String>, hint: impl Into<String>) -> Read<T> {
    Err(Box::new(Fault::new(token.from, token.to, message, hint)))
}
