//! Who and what there is in the organisation, how it belongs together, and who owns what.
//!
//! ```text
//! build: all entities of one commit  →  Catalog  →  links, owners, queries
//! ```
//!
//! Pure, and a function of one commit: no state, no queue, and the order in which entities come does not
//! matter. Everything stands in one list, sorted by reference; all indexes are positions in it, so that
//! tens of thousands of entities stay small.

mod build;
pub mod codeowners;
mod dangling;
mod edges;
mod files;
mod folders;
mod groups;
mod locations;
mod near;
mod nodes;
mod ownership;
mod query;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod worlds;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use files::Files;
pub use near::Near;
pub use ownership::Owner;
pub use query::Query;

use edges::Edges;
use folders::Folders;
use nodes::Nodes;
use query::Index;

use crate::model::{Entity, EntityRef, Link};

/// All entities of one commit, with their relations.
#[derive(Debug, Default)]
pub struct Catalog {
    nodes: Nodes,
    edges: Edges,
    folders: Folders,
    index: Index,
}

impl Catalog {
    /// How many entities there are.
    pub fn len(&self) -> usize {
        self.nodes.entities().count()
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.entities().next().is_none()
    }

    /// In the order of their references.
    pub fn entities(&self) -> impl Iterator<Item = &Arc<Entity>> {
        self.nodes.entities()
    }

    pub fn get(&self, reference: &EntityRef) -> Option<&Arc<Entity>> {
        self.nodes.entity(self.nodes.find(reference)?)
    }

    /// How many entities there are of each kind, by the kind's name in lower case.
    pub fn kinds(&self) -> BTreeMap<&str, usize> {
        let mut kinds = BTreeMap::new();
        for entity in self.entities() {
            *kinds.entry(entity.reference.kind()).or_default() += 1;
        }
        kinds
    }

    /// All relations of an entity, sorted by relation and target, each once. What nobody declares has the
    /// relations that others state with it.
    pub fn links(&self, reference: &EntityRef) -> Vec<Link<'_>> {
        let Some(id) = self.nodes.find(reference) else {
            return Vec::new();
        };
        let edges = self.edges.of(id).iter();
        edges
            .map(|edge| Link {
                relation: edge.relation,
                to: self.nodes.reference(edge.to),
                entity: self.nodes.entity(edge.to).map(|entity| &**entity),
            })
            .collect()
    }

    /// For finding what was probably meant by references to nothing.
    pub fn near(&self) -> Near<'_> {
        Near::new(&self.nodes, self.index.by_name())
    }
}
