//! Places that are looked up only where somebody is told of them: it takes the file's text.

use super::{Diagnostic, Position};

/// Where something is in a file, told by what was read of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Locus {
    /// The bytes `from..to` of the value of a scalar that begins at a position.
    Inside {
        start: Position,
        value: String,
        from: usize,
        to: usize,
    },
    /// A value of a JSON document: a JSON Pointer.
    Pointer(String),
}

/// A diagnostic whose place is a rough one, and the finer one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlocated {
    pub diagnostic: Diagnostic,
    pub locus: Locus,
}
