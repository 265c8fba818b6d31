//! Binary operators: how tightly they bind, and what they may stand between.

/// What an operator does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Arithmetic,
    Comparison,
    Set,
    /// Newer than what is followed here: `</`, `>/`.
    Newer,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Operator {
    pub(super) family: Family,
    /// Binds tighter where higher; unary minus binds like `*`.
    pub(super) binds: u8,
    /// Whether `a ^ b ^ c` is `a ^ (b ^ c)`.
    pub(super) right: bool,
}

/// How tightly unary plus and minus bind: their operand holds only what binds tighter.
pub(super) const UNARY: u8 = 5;

/// The operator that a mark or a word (in lower case) stands for.
pub(super) fn operator(spelling: &str) -> Option<Operator> {
    let (family, binds) = match spelling {
        "or" => (Family::Set, 1),
        "and" | "unless" => (Family::Set, 2),
        "==" | "!=" | "<" | "<=" | ">" | ">=" => (Family::Comparison, 3),
        "</" | ">/" => (Family::Newer, 3),
        "+" | "-" => (Family::Arithmetic, 4),
        "*" | "/" | "%" | "atan2" => (Family::Arithmetic, UNARY),
        "^" => (Family::Arithmetic, 6),
        _ => return None,
    };
    Some(Operator {
        family,
        binds,
        right: spelling == "^",
    })
}
