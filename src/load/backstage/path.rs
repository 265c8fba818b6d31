//! Where a value stands in its document.

use std::fmt::{self, Write as _};

/// Where a value stands in its document, without its text being made.
#[derive(Clone, Copy, Debug)]
pub(super) enum Path<'p> {
    Root,
    Field(&'p Path<'p>, &'p str),
    Item(&'p Path<'p>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |name: &str| {
            let mut chars = name.chars();
            !name.is_empty() && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
        };
        match self {
            Self::Root => Ok(()),
            Self::Field(Self::Root, name) => f.write_str(name),
            Self::Field(within, name) if plain(name) => write!(f, "{within}.{name}"),
            Self::Field(within, name) => write!(f, "{within}[{name:?}]"),
            Self::Item(within, index) => write!(f, "{within}[{index}]"),
        }
    }
}

impl Path<'_> {
    /// As a JSON Pointer.
    pub(super) fn pointer(&self) -> String {
        let (mut text, step) = match self {
            Self::Root => return String::new(),
            Self::Field(within, name) => {
                (within.pointer(), name.replace('~', "~0").replace('/', "~1"))
            }
            Self::Item(within, index) => (within.pointer(), index.to_string()),
        };
        // Writing to a text does not fail.
        let _ = write!(text, "/{step}");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_shown_and_pointed_at() {
        let labels = Path::Field(&Path::Root, "labels");
        let label = Path::Field(&labels, "a/b~c");
        let item = Path::Item(&label, 2);
        assert_eq!(item.to_string(), "labels[\"a/b~c\"][2]");
        assert_eq!(item.pointer(), "/labels/a~1b~0c/2");
    }
}
