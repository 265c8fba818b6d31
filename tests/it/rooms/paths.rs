//! The paths that a Rust source names, read from its tokens: enough of the language to see every
//! `crate::…`, `super::super::…` and `std::…`, in `use` trees and elsewhere. Comments and texts are not code.

/// A path from the root of a crate, and the line it stands in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub line: usize,
    /// `crate` and what follows, with `super` and `self` resolved; or the name of a crate and what follows.
    pub path: Vec<String>,
}

/// All paths of two parts or more that begin at a crate. `module` is where the file stands: `["plan", "diff"]`.
pub fn paths(source: &str, module: &[String]) -> Vec<Found> {
    let mut reader = Reader {
        tokens: tokens(source),
        at: 0,
        module: module.to_vec(),
        // For every open brace, whether it is a module's.
        braces: Vec::new(),
        found: Vec::new(),
    };
    reader.run();
    reader.found
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Name(String),
    /// `::`
    Path,
    Sign(char),
}

struct Reader {
    tokens: Vec<(usize, Token)>,
    at: usize,
    module: Vec<String>,
    braces: Vec<bool>,
    found: Vec<Found>,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead).map(|(_, token)| token)
    }

    fn name(&self, ahead: usize) -> Option<&str> {
        match self.peek(ahead) {
            Some(Token::Name(name)) => Some(name),
            _ => None,
        }
    }

    fn is(&self, ahead: usize, sign: char) -> bool {
        self.peek(ahead) == Some(&Token::Sign(sign))
    }

    fn run(&mut self) {
        while self.at < self.tokens.len() {
            match self.peek(0) {
                Some(Token::Name(word)) if word == "mod" && self.is(2, '{') => {
                    let name = self.name(1).unwrap_or_default().to_owned();
                    self.module.push(name);
                    self.braces.push(true);
                    self.at += 3;
                }
                Some(Token::Name(word)) if word == "use" => {
                    self.at += 1;
                    self.tree(&[]);
                }
                Some(Token::Name(_)) => self.path(),
                Some(Token::Sign('{')) => {
                    self.braces.push(false);
                    self.at += 1;
                }
                Some(Token::Sign('}')) => {
                    if self.braces.pop() == Some(true) {
                        self.module.pop();
                    }
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
    }

    /// A path outside of a `use`.
    fn path(&mut self) {
        let line = self.tokens[self.at].0;
        let mut path = Vec::new();
        while let Some(name) = self.name(0) {
            path.push(name.to_owned());
            self.at += 1;
            if self.peek(0) != Some(&Token::Path) || self.name(1).is_none() {
                break;
            }
            self.at += 1;
        }
        if path.len() > 1 || path.first().is_some_and(|first| first == "super") {
            self.note(line, path);
        }
    }

    /// What follows `use`, or a comma or brace in it, behind `prefix`.
    fn tree(&mut self, prefix: &[String]) {
        let line = self.tokens.get(self.at).map_or(0, |(line, _)| *line);
        let mut path = prefix.to_vec();
        loop {
            match self.peek(0) {
                Some(Token::Name(name)) if name == "as" => {
                    self.at += 2;
                    break;
                }
                Some(Token::Name(name)) => {
                    path.push(name.clone());
                    self.at += 1;
                }
                Some(Token::Path) => self.at += 1,
                Some(Token::Sign('*')) => {
                    path.push("*".to_owned());
                    self.at += 1;
                }
                Some(Token::Sign('{')) => {
                    self.at += 1;
                    while !self.is(0, '}') && self.at < self.tokens.len() {
                        self.tree(&path);
                        if self.is(0, ',') {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                _ => break,
            }
        }
        self.note(line, path);
    }

    fn note(&mut self, line: usize, path: Vec<String>) {
        let first = path.first().map(String::as_str);
        let path = match first {
            Some("super" | "self") => {
                let mut from = self.module.clone();
                let mut rest = path.as_slice();
                while let Some((word @ ("super" | "self"), tail)) =
                    rest.split_first().map(|(word, tail)| (word.as_str(), tail))
                {
                    if word == "super" {
                        from.pop();
                    }
                    rest = tail;
                }
                let crate_ = ["crate".to_owned()].into_iter();
                crate_.chain(from).chain(rest.iter().cloned()).collect()
            }
            _ => path,
        };
        self.found.push(Found { line, path });
    }
}

fn tokens(source: &str) -> Vec<(usize, Token)> {
    let chars: Vec<char> = source.chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    while let Some(&c) = chars.get(at) {
        let next = chars.get(at + 1).copied().unwrap_or(' ');
        let end = match c {
            '/' if next == '/' => until(&chars, at, |rest| rest[0] == '\n'),
            '/' if next == '*' => until(&chars, at + 2, |rest| rest.starts_with(&['*', '/'])) + 2,
            '"' => text_end(&chars, at),
            'r' if raw_text(&chars, at).is_some() => raw_text(&chars, at).unwrap_or(at + 1),
            'b' if next == 'r' && raw_text(&chars, at + 1).is_some() => {
                raw_text(&chars, at + 1).unwrap_or(at + 1)
            }
            '\'' => character_end(&chars, at),
            ':' if next == ':' => {
                tokens.push((line, Token::Path));
                at + 2
            }
            c if is_word(c) => {
                let end = until(&chars, at, |rest| !is_word(rest[0]));
                tokens.push((line, Token::Name(chars[at..end].iter().collect())));
                end
            }
            c => {
                if !c.is_whitespace() {
                    tokens.push((line, Token::Sign(c)));
                }
                at + 1
            }
        };
        let end = end.min(chars.len());
        line += chars[at..end].iter().filter(|c| **c == '\n').count();
        at = end;
    }
    tokens
}

/// The first index from `at` where `stop` holds of the rest.
fn until(chars: &[char], at: usize, stop: impl Fn(&[char]) -> bool) -> usize {
    let mut end = at;
    while end < chars.len() && !stop(&chars[end..]) {
        end += 1;
    }
    end
}

fn text_end(chars: &[char], at: usize) -> usize {
    let mut end = at + 1;
    while end < chars.len() && chars[end] != '"' {
        end += if chars[end] == '\\' { 2 } else { 1 };
    }
    end + 1
}

/// The end of `r"…"` or `r#"…"#` that begins at `at`.
fn raw_text(chars: &[char], at: usize) -> Option<usize> {
    let quote = until(chars, at + 1, |rest| rest[0] != '#');
    if chars.get(quote) != Some(&'"') {
        return None;
    }
    let mut closing = vec!['"'];
    closing.resize(quote - at, '#');
    Some(until(chars, quote + 1, |rest| rest.starts_with(&closing)) + closing.len())
}

/// The end of a character; of a lifetime, its tick.
fn character_end(chars: &[char], at: usize) -> usize {
    match (chars.get(at + 1), chars.get(at + 2)) {
        (Some('\\'), _) => until(chars, at + 3, |rest| rest[0] == '\'') + 1,
        (Some(_), Some('\'')) => at + 3,
        _ => at + 1,
    }
}
