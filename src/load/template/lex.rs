//! Tokens of a template, after `text/template/parse/lex.go`.

use super::Fault;

/// A token; `from..to` are bytes of the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) from: usize,
    pub(super) to: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// `{{`, with its trim marker.
    Open,
    /// `}}`, with its trim marker.
    Close,
    /// White space between arguments.
    Space,
    /// A function or a keyword.
    Word,
    /// `$name`
    Variable,
    /// `.name`
    Field,
    Dot,
    /// A quoted or raw text.
    Quoted,
    /// A number or a character.
    Number,
    Pipe,
    Assign,
    Declare,
    Comma,
    LeftParen,
    RightParen,
    /// Another character that is printable.
    Other,
    End,
}

/// All tokens, the last of which is [`Kind::End`]; comments are left out.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Fault> {
    let mut lexer = Lexer {
        text,
        at: 0,
        open: 0,
        parens: 0,
        tokens: Vec::with_capacity(text.len() / 4 + 4),
    };
    while let Some(offset) = text[lexer.at..].find("{{") {
        let from = lexer.at;
        lexer.push(Kind::Text, from, from + offset);
        lexer.at = from + offset;
        lexer.action()?;
    }
    let from = lexer.at;
    lexer.push(Kind::Text, from, text.len());
    lexer.push(Kind::End, text.len(), text.len());
    Ok(lexer.tokens)
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    /// Where the action was opened.
    open: usize,
    parens: usize,
    tokens: Vec<Token>,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn push(&mut self, kind: Kind, from: usize, to: usize) {
        if from < to || kind == Kind::End {
            self.tokens.push(Token { kind, from, to });
        }
    }

    /// The length of `}}` or ` -}}` here.
    fn close(&self) -> Option<usize> {
        let rest = self.rest();
        if rest.starts_with("}}") {
            return Some(2);
        }
        (rest.starts_with(is_space) && rest[1..].starts_with("-}}")).then_some(4)
    }

    fn action(&mut self) -> Result<(), Fault> {
        self.open = self.at;
        self.parens = 0;
        let mut marker = 2;
        if self.rest()[2..].starts_with('-') && self.rest()[3..].starts_with(is_space) {
            marker = 4;
        }
        let from = self.at;
        self.at += marker;
        if self.rest().starts_with("/*") {
            return self.comment();
        }
        // The white space of the trim marker belongs to it.
        self.push(Kind::Open, from, from + 2);
        while !self.token()? {}
        Ok(())
    }

    fn comment(&mut self) -> Result<(), Fault> {
        let from = self.at;
        let Some(length) = self.rest().find("*/") else {
            return Err(Fault::new(
                from,
                from + 2,
                "this comment is not closed",
                "Add */}}.",
            ));
        };
        self.at += length + 2;
        let Some(length) = self.close() else {
            let message = "a comment must fill its action";
            let hint = "Write }} right behind */.";
            return Err(Fault::new(from, self.at, message, hint));
        };
        self.at += length;
        Ok(())
    }

    /// Reads one token; says whether the action is over.
    fn token(&mut self) -> Result<bool, Fault> {
        let from = self.at;
        if let Some(length) = self.close() {
            if self.parens > 0 {
                let to = from + length;
                return Err(Fault::new(
                    from,
                    to,
                    "a parenthesis is not closed",
                    "Add the ).",
                ));
            }
            self.at += length;
            self.push(Kind::Close, from, self.at);
            return Ok(true);
        }
        let Some(first) = self.rest().chars().next() else {
            let to = self.open + 2;
            return Err(Fault::new(
                self.open,
                to,
                "this action is not closed",
                "Add the }}.",
            ));
        };
        let kind = match first {
            c if is_space(c) => self.run(Kind::Space, is_space),
            '=' => self.one(Kind::Assign),
            ':' if self.rest().starts_with(":=") => {
                self.at += 2;
                Kind::Declare
            }
            ':' => return Err(Fault::new(from, from + 1, "unexpected \":\"", "Write :=.")),
            '|' => self.one(Kind::Pipe),
            ',' => self.one(Kind::Comma),
            '(' => {
                self.parens += 1;
                self.one(Kind::LeftParen)
            }
            ')' => {
                self.parens = self.parens.checked_sub(1).ok_or_else(|| {
                    let message = "there is no parenthesis to close";
                    Fault::new(from, from + 1, message, "Take it out.")
                })?;
                self.one(Kind::RightParen)
            }
            '"' | '`' | '\'' => self.quoted(first)?,
            '$' => {
                self.at += 1;
                self.name(Kind::Variable)?
            }
            '.' if !self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                self.at += 1;
                self.name(Kind::Field)?
            }
            c if c == '.' || c == '+' || c == '-' || c.is_ascii_digit() => self.number()?,
            c if is_word(c) => self.name(Kind::Word)?,
            c if c.is_ascii_graphic() => self.one(Kind::Other),
            c => {
                let message = format!("unexpected character {c:?} in an action");
                let to = from + c.len_utf8();
                return Err(Fault::new(
                    from,
                    to,
                    message,
                    "Put it in quotes, or take it out.",
                ));
            }
        };
        self.push(kind, from, self.at);
        Ok(false)
    }

    fn one(&mut self, kind: Kind) -> Kind {
        self.at += 1;
        kind
    }

    fn run(&mut self, kind: Kind, belongs: fn(char) -> bool) -> Kind {
        // White space that begins a trim marker ends the run.
        while self.rest().starts_with(belongs) && self.close().is_none() {
            self.at += self.rest().chars().next().map_or(0, char::len_utf8);
        }
        kind
    }

    /// The rest of a word, a variable or a field, and that it ends well.
    fn name(&mut self, kind: Kind) -> Result<Kind, Fault> {
        let start = self.at;
        self.run(kind, is_word);
        let rest = self.rest();
        let ended = rest.is_empty()
            || rest.starts_with(is_space)
            || rest.starts_with(['.', ',', '|', ':', ')', '(', '}']);
        if !ended {
            let c = rest.chars().next().unwrap_or_default();
            let message = format!("unexpected character {c:?} in a name");
            let hint = "Names have letters, digits and underscores; for others use index.";
            return Err(Fault::new(self.at, self.at + c.len_utf8(), message, hint));
        }
        let dot = kind == Kind::Field && self.at == start;
        Ok(if dot { Kind::Dot } else { kind })
    }

    fn number(&mut self) -> Result<Kind, Fault> {
        let from = self.at;
        let rest = self.rest();
        let mut length = usize::from(rest.starts_with(['+', '-']));
        while let Some(c) = rest[length..].chars().next() {
            let exponent = rest[..length].ends_with(['e', 'E', 'p', 'P']);
            let digit = c.is_ascii_hexdigit() || "._xXoObBpPi".contains(c);
            if !digit && !(exponent && (c == '+' || c == '-')) {
                break;
            }
            length += 1;
        }
        self.at += length;
        let text = &rest[..length];
        if is_number(text) && !self.rest().starts_with(is_word) {
            return Ok(Kind::Number);
        }
        let message = format!("{text:?} is not a number");
        let hint = "Write a number, or put it in quotes.";
        Err(Fault::new(from, self.at, message, hint))
    }

    fn quoted(&mut self, quote: char) -> Result<Kind, Fault> {
        let from = self.at;
        let kind = if quote == '\'' {
            Kind::Number
        } else {
            Kind::Quoted
        };
        let mut escaped = false;
        for (offset, c) in self.rest().char_indices().skip(1) {
            if c == '\n' && quote != '`' {
                break;
            }
            if escaped {
                escaped = false;
            } else if c == '\\' && quote != '`' {
                escaped = true;
            } else if c == quote {
                self.at = from + offset + 1;
                return match bad_escape(&self.text[from..self.at], quote) {
                    None => Ok(kind),
                    Some(why) => Err(Fault::new(from, self.at, why, "Write it as in Go.")),
                };
            }
        }
        let hint = format!("Add the {quote} that belongs to it, on the same line.");
        Err(Fault::new(from, from + 1, "this text is not closed", hint))
    }
}

/// What `strconv.Unquote` refuses of a quoted text.
fn bad_escape(text: &str, quote: char) -> Option<String> {
    if quote == '`' {
        return None;
    }
    let inner = &text[1..text.len() - 1];
    let mut characters = 0;
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        characters += 1;
        if c != '\\' {
            continue;
        }
        let digits = match chars.next()? {
            'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' => continue,
            c if c == quote => continue,
            '0'..='7' => (2, 8),
            'x' => (2, 16),
            'u' => (4, 16),
            'U' => (8, 16),
            c => return Some(format!("there is no escape \\{c}")),
        };
        let (count, radix) = digits;
        let good = chars
            .by_ref()
            .take(count)
            .filter(|c| c.is_digit(radix))
            .count();
        if good < count {
            return Some("the escape has too few digits".to_owned());
        }
    }
    (quote == '\'' && characters != 1)
        .then(|| "a character constant holds one character".to_owned())
}

/// What Go reads as a number; complex ones are not looked into.
fn is_number(text: &str) -> bool {
    // Underscores stand between digits.
    if text.ends_with('_') || text.contains("__") {
        return false;
    }
    let unsigned = text.trim_start_matches(['+', '-']).replace('_', "");
    if unsigned.ends_with('i') {
        return unsigned.len() > 1;
    }
    let lower = unsigned.to_ascii_lowercase();
    let radix = |digits: &str, radix| u64::from_str_radix(digits, radix).is_ok();
    if let Some(digits) = lower.strip_prefix("0x") {
        return radix(digits, 16) || digits.contains('p');
    }
    if let Some(digits) = lower.strip_prefix("0o") {
        return radix(digits, 8);
    }
    if let Some(digits) = lower.strip_prefix("0b") {
        return radix(digits, 2);
    }
    if lower.bytes().all(|b| b.is_ascii_digit()) {
        // An integer that fits; a leading zero makes it octal.
        let octal = lower.len() > 1 && lower.starts_with('0');
        return radix(&lower, if octal { 8 } else { 10 });
    }
    let starts = lower.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    starts && lower.parse::<f64>().is_ok_and(f64::is_finite)
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}
