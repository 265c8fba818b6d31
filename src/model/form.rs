//! Canonical bodies in memory: as trees, or packed where they are large and rarely looked into.

use std::sync::Arc;

use super::packed::Packed;
use super::{Canonical, Hash};

/// A canonical body that is kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    Tree(Arc<Canonical>),
    /// A tenth of the tree's memory; unpacking it costs about as much as making it did.
    Packed(Arc<Packed>),
}

impl Form {
    /// Kept as it is.
    pub fn tree(canonical: Canonical) -> Self {
        Self::Tree(Arc::new(canonical))
    }

    /// Packed, with its hash.
    pub fn packed(canonical: &Canonical) -> (Self, Hash) {
        let bytes = canonical.encoded();
        let hash = Hash::of(&bytes);
        (Self::Packed(Arc::new(Packed::of(&bytes))), hash)
    }

    /// The body.
    pub fn open(&self) -> Arc<Canonical> {
        match self {
            Self::Tree(canonical) => canonical.clone(),
            // Nothing else is ever packed than what was encoded.
            Self::Packed(packed) => {
                Arc::new(Canonical::decode(&packed.open()).unwrap_or(Canonical::Null))
            }
        }
    }
}

impl From<Arc<Canonical>> for Form {
    fn from(canonical: Arc<Canonical>) -> Self {
        Self::Tree(canonical)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_as_it_was() {
        let secret = Canonical::Secret(Hash::of(b"x"));
        let body = Canonical::map([
            ("null", Canonical::Null),
            (
                "flags",
                Canonical::List(vec![Canonical::Bool(true), Canonical::Bool(false)]),
            ),
            (
                "numbers",
                Canonical::List(vec![Canonical::Int(-7), Canonical::Float(0.5)]),
            ),
            (
                "panels",
                Canonical::keyed([("id=1".to_owned(), Canonical::text("é"))]),
            ),
            ("secret", secret),
            ("empty", Canonical::List(vec![])),
        ]);
        let (form, hash) = Form::packed(&body);
        assert_eq!(*form.open(), body);
        assert_eq!(hash, body.hash());
    }
}
