//! The one list that everything else holds positions of.

use std::ops::Range;
use std::sync::Arc;

use crate::model::{Entity, EntityRef};

/// A position in [`Nodes`].
pub(super) type Id = u32;

/// The position at an index.
pub(super) fn id(index: usize) -> Id {
    // Four thousand million entities do not fit into memory.
    Id::try_from(index).unwrap_or(Id::MAX)
}

/// What relations lead to.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Entity(Arc<Entity>),
    /// Referred to, and declared by nobody.
    Absent(EntityRef),
}

impl Node {
    pub(super) fn reference(&self) -> &EntityRef {
        match self {
            Self::Entity(entity) => &entity.reference,
            Self::Absent(reference) => reference,
        }
    }
}

/// Sorted by reference, each reference once.
#[derive(Debug, Default)]
pub(super) struct Nodes(Box<[Node]>);

impl Nodes {
    pub(super) fn new(sorted: Vec<Node>) -> Self {
        Self(sorted.into())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn find(&self, reference: &EntityRef) -> Option<Id> {
        let found = self
            .0
            .binary_search_by(|node| node.reference().cmp(reference));
        found.ok().map(id)
    }

    pub(super) fn reference(&self, id: Id) -> &EntityRef {
        self.0[id as usize].reference()
    }

    pub(super) fn entity(&self, id: Id) -> Option<&Arc<Entity>> {
        match self.0.get(id as usize)? {
            Node::Entity(entity) => Some(entity),
            Node::Absent(_) => None,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Id, &Node)> {
        self.0.iter().enumerate().map(|(at, node)| (id(at), node))
    }

    pub(super) fn entities(&self) -> impl Iterator<Item = &Arc<Entity>> {
        self.iter().filter_map(|(_, node)| match node {
            Node::Entity(entity) => Some(entity),
            Node::Absent(_) => None,
        })
    }

    /// What is referred to and declared by nobody.
    pub(super) fn absent(&self) -> impl Iterator<Item = (Id, &EntityRef)> {
        self.iter().filter_map(|(id, node)| match node {
            Node::Entity(_) => None,
            Node::Absent(reference) => Some((id, reference)),
        })
    }

    /// What is of a kind, named in lower case. References begin with the kind, so it stands together.
    pub(super) fn of_kind(&self, kind: &str) -> Range<Id> {
        let start = self
            .0
            .partition_point(|node| node.reference().kind() < kind);
        let length = self.0[start..].partition_point(|node| node.reference().kind() == kind);
        id(start)..id(start + length)
    }
}
