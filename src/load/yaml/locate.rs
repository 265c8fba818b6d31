//! From an offset in a scalar's value back to the place in the file.

use super::super::text::after_line;
use super::node::{Node, Style};
use crate::model::{Position, Span};

/// Finds places inside scalars. Costs a walk over the file, so it is for errors only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Locator<'a> {
    source: &'a str,
}

impl<'a> Locator<'a> {
    pub(crate) fn new(source: &'a str) -> Self {
        Self { source }
    }

    pub(crate) fn source(&self) -> &'a str {
        self.source
    }

    /// The place of the bytes `from..to` of a scalar's value.
    ///
    /// Whatever the style, the value holds the characters of the text in the same order, but for
    /// white space (indentation, folding) and escapes. So the nth character that is not white space
    /// is looked up: exact for every style, up to the white space around it.
    pub(crate) fn inside(&self, node: &Node<'_>, from: usize, to: usize) -> Span {
        let Some(scalar) = node.scalar() else {
            return node.span;
        };
        let solid = |end: usize| {
            let head = scalar.text.get(..end).unwrap_or(scalar.text);
            head.chars().filter(|c| !c.is_whitespace()).count()
        };
        let (first, last) = (solid(from), solid(to.max(from)));
        let mut places = Solid::new(self.source, node.span.start, scalar.style);
        let mut start = None;
        let mut end = node.span.start;
        for index in 0..solid(scalar.text.len()) {
            if index > first && index >= last {
                break;
            }
            let Some((at, after)) = places.next() else {
                break;
            };
            if index == first {
                start = Some(at);
            }
            end = after;
        }
        match start {
            Some(start) => Span {
                start,
                end: end.max(start),
            },
            // Past the last character: the caret stands behind it.
            None => Span { start: end, end },
        }
    }
}

/// The characters of a scalar in the file that are not white space in its value.
struct Solid<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    at: Position,
    style: Style,
}

impl<'a> Solid<'a> {
    fn new(source: &'a str, start: Position, style: Style) -> Self {
        let mut this = Self {
            rest: tail(source, start).chars().peekable(),
            at: start,
            style,
        };
        match style {
            Style::Plain => {}
            Style::SingleQuoted | Style::DoubleQuoted => {
                this.step();
            }
            Style::Literal | Style::Folded => while this.step().is_some_and(|c| c != '\n') {},
        }
        this
    }

    fn step(&mut self) -> Option<char> {
        let mut next = self.rest.next()?;
        if next == '\r' && self.rest.peek() != Some(&'\n') {
            next = '\n';
        }
        if next == '\n' {
            self.at.line += 1;
            self.at.column = 1;
        } else {
            self.at.column += 1;
        }
        Some(next)
    }

    /// Place of the next character and of what follows it.
    fn next(&mut self) -> Option<(Position, Position)> {
        loop {
            let at = self.at;
            match (self.style, self.step()?) {
                (Style::DoubleQuoted, '\\') => {
                    let white = self.escape()?;
                    if !white {
                        return Some((at, self.at));
                    }
                }
                (Style::DoubleQuoted, '"') => return None,
                (Style::SingleQuoted, '\'') => {
                    if self.rest.peek() != Some(&'\'') {
                        return None;
                    }
                    self.step();
                    return Some((at, self.at));
                }
                (_, c) if c.is_whitespace() => {}
                _ => return Some((at, self.at)),
            }
        }
    }

    /// Consumes an escape behind its backslash; says whether it stands for white space.
    fn escape(&mut self) -> Option<bool> {
        let digits = match self.step()? {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            c => {
                return Some(matches!(
                    c,
                    ' ' | 't' | '\t' | 'n' | 'r' | 'v' | 'f' | '\n' | '_' | 'N' | 'L' | 'P'
                ));
            }
        };
        let mut code = 0;
        for _ in 0..digits {
            code = code * 16 + self.step()?.to_digit(16)?;
        }
        // The second half of a surrogate pair, in JSON, belongs to the same character.
        if (0xD800..0xDC00).contains(&code) {
            for _ in 0.."\\uXXXX".len() {
                self.step()?;
            }
        }
        Some(char::from_u32(code).is_some_and(char::is_whitespace))
    }
}

/// What follows a place.
fn tail(source: &str, at: Position) -> &str {
    let mut rest = source;
    for _ in 1..at.line {
        rest = after_line(rest).unwrap_or_default();
    }
    let column = at.column.saturating_sub(1) as usize;
    let offset = rest
        .char_indices()
        .nth(column)
        .map_or(rest.len(), |(at, _)| at);
    &rest[offset..]
}
