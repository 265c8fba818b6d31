//! The positions for which one term of a query holds.

use std::ops::Range;

use super::super::edges::Edge;
use super::super::nodes::Id;

/// Sorted positions, each once.
#[derive(Clone, Debug)]
pub(super) enum Posting<'a> {
    Range(Range<Id>),
    Ids(&'a [Id]),
    /// What edges of one relation lead to.
    Edges(&'a [Edge]),
}

impl Posting<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Range(range) => range.len(),
            Self::Ids(ids) => ids.len(),
            Self::Edges(edges) => edges.len(),
        }
    }

    pub(super) fn contains(&self, id: Id) -> bool {
        match self {
            Self::Range(range) => range.contains(&id),
            Self::Ids(ids) => ids.binary_search(&id).is_ok(),
            Self::Edges(edges) => edges.binary_search_by_key(&id, |edge| edge.to).is_ok(),
        }
    }

    pub(super) fn to_vec(&self) -> Vec<Id> {
        match self {
            Self::Range(range) => range.clone().collect(),
            Self::Ids(ids) => ids.to_vec(),
            Self::Edges(edges) => edges.iter().map(|edge| edge.to).collect(),
        }
    }
}
