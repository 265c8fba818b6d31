//! Tokens of `PromQL` with their places, after `promql/parser/lex.go` of Prometheus 2.42.

use super::Fault;

/// A token; `from..to` are bytes of the expression.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) from: usize,
    pub(super) to: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word that may be a name, a function or a keyword; inside braces only a name.
    Word,
    Number,
    Duration,
    Text,
    /// An operator or a bracket, by its spelling.
    Mark(&'static str),
    End,
}

/// Marks of two characters before those of one.
const MARKS: &[&str] = &[
    "==", "!=", "<=", ">=", "=~", "!~", ",", "*", "/", "%", "+", "-", "^", "=", "<", ">", "(", ")",
    "{", "}", "[", "]", "@", ":",
];

/// The mark that a text begins with.
fn mark_at(text: &str) -> Option<&'static str> {
    let first = text.as_bytes().first()?;
    let mut alike = MARKS.iter().copied();
    alike.find(|mark| mark.as_bytes()[0] == *first && text.starts_with(mark))
}

/// All tokens, the last of which is [`Kind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Fault> {
    let mut lexer = Lexer {
        text,
        at: 0,
        braces: false,
        brackets: false,
        open: Vec::new(),
    };
    let mut tokens = Vec::with_capacity(text.len() / 2 + 4);
    loop {
        let token = lexer.next()?;
        tokens.push(token);
        if token.kind == Kind::End {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    braces: bool,
    brackets: bool,
    /// Where parentheses were opened.
    open: Vec<usize>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn next(&mut self) -> Result<Token, Fault> {
        self.skip_blank();
        let from = self.at;
        let Some(first) = self.rest().chars().next() else {
            return self.end();
        };
        let kind = match first {
            '"' | '\'' | '`' => self.string(first)?,
            c if c == '_' || c.is_ascii_alphabetic() => self.word(),
            ':' if !self.brackets && !self.braces => self.word(),
            c if !self.braces && (c.is_ascii_digit() || c == '.' && self.digit_at(1)) => {
                self.number()?
            }
            _ => self.mark(first)?,
        };
        Ok(Token {
            kind,
            from,
            to: self.at,
        })
    }

    fn end(&self) -> Result<Token, Fault> {
        let at = self.text.len();
        if self.braces {
            return Err(fault(at, at, "the expression ends inside braces")
                .with_hint("Close the selector with a }."));
        }
        if let Some(open) = self.open.last() {
            let fault = fault(*open, open + 1, "this parenthesis is not closed");
            return Err(fault.with_hint("Add the ) that belongs to it."));
        }
        if self.brackets {
            return Err(
                fault(at, at, "the expression ends inside brackets").with_hint("Add the ].")
            );
        }
        Ok(Token {
            kind: Kind::End,
            from: at,
            to: at,
        })
    }

    /// Space and comments. Prometheus knows no other white space than these four.
    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            if !rest.starts_with([' ', '\t', '\n', '\r', '#']) {
                return;
            }
            let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
            let skip = match trimmed.strip_prefix('#') {
                Some(comment) => {
                    let line = comment.find(['\n', '\r']).unwrap_or(comment.len());
                    rest.len() - comment.len() + line
                }
                None => rest.len() - trimmed.len(),
            };
            if skip == 0 {
                return;
            }
            self.at += skip;
        }
    }

    fn digit_at(&self, offset: usize) -> bool {
        let byte = self.text.as_bytes().get(self.at + offset);
        byte.is_some_and(u8::is_ascii_digit)
    }

    fn word(&mut self) -> Kind {
        let colons = !self.braces;
        let word = |b: &u8| *b == b'_' || b.is_ascii_alphanumeric() || colons && *b == b':';
        let rest = self.rest().as_bytes();
        let length = rest.iter().take_while(|byte| word(byte)).count();
        self.at += length;
        Kind::Word
    }

    fn mark(&mut self, first: char) -> Result<Kind, Fault> {
        let rest = self.rest();
        let from = self.at;
        let Some(mark) = mark_at(rest) else {
            let message = format!("unexpected character {first:?}");
            let hint = match first {
                '$' => "Variables of Grafana mean nothing in a rule: write a value such as 5m.",
                _ => "Take it out, or put it in quotes.",
            };
            return Err(fault(from, from + first.len_utf8(), message).with_hint(hint));
        };
        let known = if self.braces {
            matches!(mark, "," | "=" | "!=" | "=~" | "!~" | "}")
        } else {
            !matches!(mark, "=~" | "!~" | "}") && (mark != ":" || self.brackets)
        };
        // `==` inside braces is a `=` too many; Prometheus sees two tokens.
        let mark = if self.braces && mark == "==" {
            "="
        } else {
            mark
        };
        if !known && mark != "=" {
            let message = format!("unexpected {mark:?}");
            let hint = match mark {
                "=~" | "!~" => "Match labels inside braces: up{job=~\"api.*\"}.",
                _ => "Take it out.",
            };
            return Err(fault(from, from + mark.len(), message).with_hint(hint));
        }
        self.at += mark.len();
        match mark {
            "{" => self.braces = true,
            "}" => self.braces = false,
            "(" => self.open.push(from),
            ")" if self.open.pop().is_none() => {
                let fault = fault(from, self.at, "there is no parenthesis to close");
                return Err(fault.with_hint("Take it out, or open one before."));
            }
            "[" if self.brackets => {
                let fault = fault(from, self.at, "unexpected \"[\" inside brackets");
                return Err(fault.with_hint("Close the bracket before."));
            }
            "[" => self.brackets = true,
            "]" if !self.brackets => {
                let fault = fault(from, self.at, "there is no bracket to close");
                return Err(fault.with_hint("Take it out, or open one before."));
            }
            "]" => self.brackets = false,
            _ => {}
        }
        Ok(Kind::Mark(mark))
    }

    /// A number or a duration, by the looks of it; its value is checked by the parser.
    fn number(&mut self) -> Result<Kind, Fault> {
        let from = self.at;
        let bytes = self.text.as_bytes();
        let skip = |at: &mut usize, allowed: fn(&u8) -> bool| {
            while bytes.get(*at).is_some_and(allowed) {
                *at += 1;
            }
        };
        let mut at = from;
        let hex = bytes[at] == b'0' && matches!(bytes.get(at + 1), Some(b'x' | b'X'));
        if hex {
            at += 2;
            skip(&mut at, |b| b.is_ascii_hexdigit() || *b == b'_');
        } else {
            skip(&mut at, |b| b.is_ascii_digit() || *b == b'_');
        }
        if bytes.get(at) == Some(&b'.') {
            at += 1;
            skip(&mut at, u8::is_ascii_digit);
        }
        if matches!(bytes.get(at), Some(b'e' | b'E')) {
            at += 1;
            if matches!(bytes.get(at), Some(b'+' | b'-')) {
                at += 1;
            }
            skip(&mut at, u8::is_ascii_digit);
        }
        let word = |b: &u8| *b == b'_' || b.is_ascii_alphanumeric();
        if !bytes.get(at).is_some_and(word) {
            self.at = at;
            return Ok(Kind::Number);
        }
        let mut at = from;
        skip(&mut at, |b| {
            matches!(b, b'_' | b'.') || b.is_ascii_alphanumeric()
        });
        let text = &self.text[from..at];
        let parts = text
            .chars()
            .all(|c| c.is_ascii_digit() || "smhdwy".contains(c));
        if !parts || text.ends_with(|c: char| c.is_ascii_digit()) {
            let message = format!("{text:?} is neither a number nor a duration");
            let hint = "Write a duration as number and unit: ms, s, m, h, d, w or y.";
            return Err(fault(from, at, message).with_hint(hint));
        }
        self.at = at;
        Ok(Kind::Duration)
    }

    fn string(&mut self, quote: char) -> Result<Kind, Fault> {
        let from = self.at;
        let mut chars = self.text[from + 1..].char_indices();
        while let Some((offset, c)) = chars.next() {
            let at = from + 1 + offset;
            match c {
                '\n' if quote != '`' => break,
                '\\' if quote != '`' => {
                    let length = escape(&self.text[at..], quote).map_err(|message| {
                        let shown = self.text[at..]
                            .chars()
                            .take(2)
                            .map(char::len_utf8)
                            .sum::<usize>();
                        let hint = "Write a backslash as \\\\, or use backquotes: `a\\.b`.";
                        fault(at, at + shown, message).with_hint(hint)
                    })?;
                    if length > 2 {
                        chars.nth(length - 2);
                    } else {
                        chars.next();
                    }
                }
                _ if c == quote => {
                    self.at = at + 1;
                    return Ok(Kind::Text);
                }
                _ => {}
            }
        }
        let fault = fault(from, from + 1, "this text is not closed");
        Err(fault.with_hint(format!(
            "Add the {quote} that belongs to it, on the same line."
        )))
    }
}

/// The length in characters of the escape that a text starts with, or what is wrong with it.
fn escape(text: &str, quote: char) -> Result<usize, String> {
    let kind = text.chars().nth(1).ok_or("the escape is not finished")?;
    let (skip, digits, radix, max) = match kind {
        'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' => return Ok(2),
        c if c == quote => return Ok(2),
        '0'..='7' => (1, 3, 8, 0xFF),
        'x' => (2, 2, 16, 0xFF),
        'u' => (2, 4, 16, 0x10_FFFF),
        'U' => (2, 8, 16, 0x10_FFFF),
        c => {
            return Err(format!(
                "there is no escape \\{c}; a backslash itself is written \\\\"
            ));
        }
    };
    let mut value: u32 = 0;
    let mut seen = 0;
    for c in text.chars().skip(skip).take(digits) {
        let digit = c.to_digit(radix).ok_or("the escape has too few digits")?;
        value = value.saturating_mul(radix).saturating_add(digit);
        seen += 1;
    }
    if seen < digits {
        return Err("the escape has too few digits".to_owned());
    }
    if value > max || (0xD800..0xE000).contains(&value) {
        return Err("the escape stands for no character".to_owned());
    }
    Ok(skip + digits)
}

fn fault(from: usize, to: usize, message: impl Into<String>) -> Fault {
    Fault::invalid(from, to, message)
}
