//! Relations, in both directions, as positions.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::nodes::{Id, Node, Nodes, id};
use crate::model::entity::{Relation, Stated};
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
    let known: HashMap<&EntityRef, Id> = known.map(|(at, name)| (*name, id(at))).collect();
    // Looking up is what takes the time: each name is somewhere else in memory.
    let looked_up = entities
        .par_iter()
        .enumerate()
        .flat_map_iter(|(at, entity)| {
            let stated = entity.stated.iter();
            let known = &known;
            stated.map(move |stated| (id(at), stated, known.get(&stated.to).copied()))
        });
    let looked_up: Vec<(Id, &Stated, Option<Id>)> = looked_up.collect();
    let mut absent: HashMap<&EntityRef, Id> = HashMap::new();
    let numbered = looked_up.into_iter().map(|(from, stated, to)| {
        let to = to.unwrap_or_else(|| {
            *absent.entry(&stated.to).or_insert_with(|| {
                names.push(&stated.to);
                id(names.len() - 1)
            })
        });
        (from, stated.relation, to)
    });
    numbered.collect()
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
