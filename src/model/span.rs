//! Places in files, as people count them: lines and columns from 1, columns in Unicode characters.

use super::RepoPath;

/// A point in a file. `line` and `column` count from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// From `start` up to, and without, `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub start: Position,
    pub end: Position,
}

/// A value with the place where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}

impl<T> Spanned<T> {
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// A place in a file of the platform repository; without a span it is the whole file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub file: RepoPath,
    pub span: Option<Span>,
}

impl Place {
    pub fn new(file: RepoPath, span: Span) -> Self {
        Self {
            file,
            span: Some(span),
        }
    }

    pub fn whole(file: RepoPath) -> Self {
        Self { file, span: None }
    }

    /// The line, counted from 1.
    pub fn line(&self) -> Option<u32> {
        self.span.map(|span| span.start.line)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.span {
            Some(span) => write!(f, "{}:{}:{}", self.file, span.start.line, span.start.column),
            None => write!(f, "{}", self.file),
        }
    }
}
