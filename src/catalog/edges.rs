//! Relations, in both directions, as positions.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::nodes::{Id, Node, Nodes, id};
use crate::model::entity::Relation;
use crate::model::{Entity, EntityRef};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge {
    pub(super) relation: Relation,
    pub(super) to: Id,
}

/// The relations of every node, sorted, each once.
#[derive(Debug, Default)]
pub(super) struct Edges {
    /// Where the edges of each node begin, and where the last one's end.
    starts: Box<[u32]>,
    edges: Box<[Edge]>,
}

impl Edges {
    /// Sorted by relation, then by target.
    pub(super) fn of(&self, node: Id) -> &[Edge] {
        let at = node as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(start), Some(end)) => &self.edges[*start as usize..*end as usize],
            _ => &[],
        }
    }

    /// Those of one relation, sorted by target.
    pub(super) fn with(&self, node: Id, relation: Relation) -> &[Edge] {
        let all = self.of(node);
        let start = all.partition_point(|edge| edge.relation < relation);
        let length = all[start..].partition_point(|edge| edge.relation == relation);
        &all[start..start + length]
    }
}

/// The list of all that is declared or referred to, and how it belongs together. The entities are sorted by
/// reference, each once.
pub(super) fn connect(entities: &[Arc<Entity>]) -> (Nodes, Edges) {
    let mut names: Vec<&EntityRef> = entities.iter().map(|entity| &entity.reference).collect();
    let stated = number(entities, &mut names);
    let mut order: Vec<Id> = (0..id(names.len())).collect();
    if names.len() > entities.len() {
        order.sort_by_key(|number| names[*number as usize]);
    }
    let mut rank = vec![0; order.len()];
    for (at, number) in order.iter().enumerate() {
        rank[*number as usize] = id(at);
    }
    let nodes = order.iter().map(|number| {
        let number = *number as usize;
        match entities.get(number) {
            Some(entity) => Node::Entity(Arc::clone(entity)),
            None => Node::Absent(names[number].clone()),
        }
    });
    let nodes = Nodes::new(nodes.collect());
    let edges = both_ways(&stated, &rank);
    (nodes, edges)
}

/// A relation between two names, by their numbers.
type Numbered = (Id, Relation, Id);

/// Gives every name that is referred to a number: its index in `names`, which are those of the entities first.
fn number<'e>(entities: &'e [Arc<Entity>], names: &mut Vec<&'e EntityRef>) -> Vec<Numbered> {
    let known = names.iter().enumerate();
    let mut numbers: HashMap<&EntityRef, Id> = known.map(|(at, name)| (*name, id(at))).collect();
    let mut all = Vec::new();
    for (from, entity) in entities.iter().enumerate() {
        for stated in &entity.stated {
            let to = *numbers.entry(&stated.to).or_insert_with(|| {
                names.push(&stated.to);
                id(names.len() - 1)
            });
            all.push((id(from), stated.relation, to));
        }
    }
    all
}

/// What one side states holds from the other as well; what both state is one relation.
fn both_ways(stated: &[Numbered], rank: &[Id]) -> Edges {
    let both = stated.iter().flat_map(|(from, relation, to)| {
        let (from, to) = (rank[*from as usize], rank[*to as usize]);
        [(from, *relation, to), (to, relation.opposite(), from)]
    });
    let mut both: Vec<Numbered> = both.collect();
    both.par_sort_unstable();
    both.dedup();
    let mut starts = Vec::with_capacity(rank.len() + 1);
    for (at, (from, _, _)) in both.iter().enumerate() {
        let next = *from as usize + 1;
        starts.resize(starts.len().max(next), id(at));
    }
    starts.resize(rank.len() + 1, id(both.len()));
    let edges = both
        .iter()
        .map(|(_, relation, to)| Edge {
            relation: *relation,
            to: *to,
        })
        .collect();
    Edges {
        starts: starts.into(),
        edges,
    }
}
