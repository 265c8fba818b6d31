//! Groups within groups.

use std::collections::{BTreeSet, HashSet};

use super::Catalog;
use super::edges::Edges;
use super::nodes::{Id, Nodes, id};
use crate::model::entity::Relation;
use crate::model::{Code, Diagnostic, EntityRef, Place};

impl Catalog {
    /// Whether a group is a child of another, or a child's child, and so on. A group is not below itself.
    pub fn is_group_below(&self, group: &EntityRef, ancestor: &EntityRef) -> bool {
        let (Some(group), Some(ancestor)) = (self.nodes.find(group), self.nodes.find(ancestor))
        else {
            return false;
        };
        if group == ancestor {
            return false;
        }
        let mut seen = HashSet::from([group]);
        let mut waiting = vec![group];
        while let Some(child) = waiting.pop() {
            for parent in parents(&self.edges, child) {
                if parent == ancestor {
                    return true;
                }
                if seen.insert(parent) {
                    waiting.push(parent);
                }
            }
        }
        false
    }
}

fn parents(edges: &Edges, group: Id) -> impl Iterator<Item = Id> {
    let edges = edges.with(group, Relation::ChildOf).iter();
    edges.map(|edge| edge.to)
}

/// A warning for each ring of groups. It is no error: Backstage takes it, and nothing here is at a loss.
pub(super) fn warn_of_cycles(nodes: &Nodes, edges: &Edges, found: &mut Vec<Diagnostic>) {
    let cycles = cycles(nodes, edges);
    found.extend(cycles.iter().filter_map(|cycle| warning(nodes, cycle)));
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    Not,
    /// It is on the way that is being walked.
    Within,
    Done,
}

/// Rings of groups, each beginning with its first by name; at least one of those that share groups.
fn cycles(nodes: &Nodes, edges: &Edges) -> BTreeSet<Vec<Id>> {
    let mut visits = vec![Visit::Not; nodes.len()];
    let mut cycles = BTreeSet::new();
    for start in 0..id(nodes.len()) {
        if visits[start as usize] == Visit::Not {
            walk(start, edges, &mut visits, &mut cycles);
        }
    }
    cycles
}

/// Upwards from a group. Without recursion: a chain of parents may be longer than a stack.
fn walk(start: Id, edges: &Edges, visits: &mut [Visit], cycles: &mut BTreeSet<Vec<Id>>) {
    let mut way = vec![(start, parents(edges, start))];
    visits[start as usize] = Visit::Within;
    while let Some((group, rest)) = way.last_mut() {
        let Some(parent) = rest.next() else {
            visits[*group as usize] = Visit::Done;
            way.pop();
            continue;
        };
        match visits[parent as usize] {
            Visit::Not => {
                visits[parent as usize] = Visit::Within;
                way.push((parent, parents(edges, parent)));
            }
            Visit::Within => {
                let groups = way.iter().map(|(group, _)| *group);
                let ring: Vec<Id> = groups.skip_while(|group| *group != parent).collect();
                cycles.insert(from_the_first(ring));
            }
            Visit::Done => {}
        }
    }
}

fn from_the_first(mut ring: Vec<Id>) -> Vec<Id> {
    let first = ring.iter().enumerate().min_by_key(|(_, group)| **group);
    let first = first.map_or(0, |(at, _)| at);
    ring.rotate_left(first);
    ring
}

fn warning(nodes: &Nodes, ring: &[Id]) -> Option<Diagnostic> {
    let closed = ring.iter().chain(ring.first());
    let names: Vec<String> = closed.map(|id| nodes.reference(*id).to_string()).collect();
    let message = format!(
        "groups are their own parents, in a ring: {}",
        names.join(" is below ")
    );
    let mut places = ring.iter().enumerate().filter_map(|(at, id)| {
        let entity = nodes.entity(*id)?;
        let parent = nodes.reference(ring[(at + 1) % ring.len()]);
        let stated = entity
            .stated
            .iter()
            .find(|stated| stated.relation == Relation::ChildOf && stated.to == *parent);
        Some(stated.map_or_else(
            || entity.place.clone(),
            |stated| Place::new(entity.place.file.clone(), stated.span),
        ))
    });
    let warning = Diagnostic::warning(Code::GroupCycle, places.next()?, message)
        .with_hint("Take one parent out.");
    Some(places.fold(warning, |warning, place| {
        warning.with_related("another group of the ring", place)
    }))
}

#[cfg(test)]
mod tests {
    use super::super::worlds::{build, entity};
    use super::*;

    fn group(name: &str) -> EntityRef {
        EntityRef::new("group", "default", name)
    }

    #[test]
    fn below_is_by_either_side_and_over_any_number_of_steps() {
        let (catalog, found) = build([
            entity("Group", "top").stating(Relation::ParentOf, "group:default/middle"),
            entity("Group", "middle"),
            entity("Group", "low").stating(Relation::ChildOf, "group:default/middle"),
        ]);
        assert_eq!(found, []);
        let below = |a: &str, b: &str| catalog.is_group_below(&group(a), &group(b));
        assert!(below("low", "top") && below("low", "middle") && below("middle", "top"));
        assert!(!below("top", "low") && !below("low", "low") && !below("low", "ghost"));
    }

    #[test]
    fn a_ring_is_told_once_and_hangs_nothing() {
        let (catalog, found) = build([
            entity("Group", "b").stating(Relation::ChildOf, "group:default/c"),
            entity("Group", "c").stating(Relation::ChildOf, "group:default/a"),
            entity("Group", "a").stating(Relation::ChildOf, "group:default/b"),
            entity("Group", "self").stating(Relation::ChildOf, "group:default/self"),
        ]);
        let messages: Vec<&str> = found.iter().map(|found| found.message.as_str()).collect();
        let ring = ["a", "b", "c", "a"].map(|name| format!("group:default/{name}"));
        assert_eq!(messages.len(), 2, "{messages:?}");
        assert!(found.iter().all(|found| found.code == Code::GroupCycle));
        assert!(
            messages
                .iter()
                .any(|m| m.ends_with(&ring.join(" is below ")))
        );
        assert!(catalog.is_group_below(&group("a"), &group("c")));
        assert!(!catalog.is_group_below(&group("a"), &group("self")));
    }
}
