//! What an expression gives.

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Scalar,
    Vector,
    Matrix,
    Text,
}

impl Type {
    /// As Prometheus' documentation calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Scalar => "a scalar",
            Self::Vector => "an instant vector",
            Self::Matrix => "a range vector",
            Self::Text => "a text",
        }
    }
}

/// An expression: place, type, and what may follow it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expr {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) gives: Type,
    pub(super) shape: Shape,
}

/// What modifiers an expression may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A selector, with its range or as a subquery.
    Selector(Modifiers),
    Range(Modifiers),
    Subquery(Modifiers),
    Other,
}

/// Which modifiers a selector has already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Modifiers {
    pub(super) offset: bool,
    /// `@` with a number.
    pub(super) timestamp: bool,
    /// `@ start()` or `@ end()`.
    pub(super) bound: bool,
}

impl Expr {
    pub(super) fn new(from: usize, to: usize, gives: Type) -> Self {
        Self {
            from,
            to,
            gives,
            shape: Shape::Other,
        }
    }

    /// The modifiers, if it may have any.
    pub(super) fn modifiers(&mut self) -> Option<&mut Modifiers> {
        match &mut self.shape {
            Shape::Selector(modifiers) | Shape::Range(modifiers) | Shape::Subquery(modifiers) => {
                Some(modifiers)
            }
            Shape::Other => None,
        }
    }
}
