//! Answers to queries.

use memchr::memmem::Finder;
use rayon::prelude::*;

use super::super::Catalog;
use super::super::nodes::{Id, Node, Nodes, id};
use super::facet::Facet;
use super::haystack::Haystack;
use super::posting::Posting;
use super::{Query, Term};
use crate::model::entity::Relation;
use crate::model::{Entity, EntityRef};

/// What is looked up instead of going through all entities. Kinds, owners and systems need nothing here: they are
/// ranges of the list and edges.
#[derive(Debug, Default)]
pub(in crate::catalog) struct Index {
    /// Entities, sorted by name, then by position.
    by_name: Box<[Id]>,
    tags: Facet,
    types: Facet,
    lifecycles: Facet,
    haystack: Haystack,
}

impl Index {
    pub(in crate::catalog) fn new(nodes: &Nodes) -> Self {
        let (haystack, mut index) = rayon::join(|| Haystack::new(nodes), || Self::lists(nodes));
        index.haystack = haystack;
        index
    }

    /// Everything but the texts.
    fn lists(nodes: &Nodes) -> Self {
        let entities = || {
            nodes.iter().filter_map(|(id, node)| match node {
                Node::Entity(entity) => Some((id, entity)),
                Node::Absent(_) => None,
            })
        };
        let by_name = entities().map(|(id, entity)| (entity.reference.name(), id));
        let mut by_name: Vec<(&str, Id)> = by_name.collect();
        by_name.par_sort_unstable();
        let tags = entities().flat_map(|(id, entity)| {
            let tags = entity.tags.iter();
            tags.map(move |tag| (id, &**tag))
        });
        let types = entities().filter_map(|(id, entity)| Some((id, entity.type_.as_deref()?)));
        let lifecycles =
            entities().filter_map(|(id, entity)| Some((id, entity.lifecycle.as_deref()?)));
        Self {
            by_name: by_name.into_iter().map(|(_, id)| id).collect(),
            tags: Facet::new(tags),
            types: Facet::new(types),
            lifecycles: Facet::new(lifecycles),
            haystack: Haystack::default(),
        }
    }

    pub(in crate::catalog) fn by_name(&self) -> &[Id] {
        &self.by_name
    }
}

impl Catalog {
    /// The entities for which all of a query holds, in the order of their references.
    pub fn find(&self, query: &Query) -> Vec<&Entity> {
        let all = Posting::Range(0..id(self.nodes.len()));
        let mut postings = vec![all];
        let mut words = Vec::new();
        for term in query.terms() {
            match self.term(term) {
                Ok(posting) => postings.push(posting),
                Err(word) => words.push(Finder::new(word)),
            }
        }
        // The fewest first: what is looked at is what the rarest term leaves. Long words are rarer than short ones.
        postings.sort_by_key(Posting::len);
        words.sort_by_key(|word| std::cmp::Reverse(word.needle().len()));
        let ids = self.matching(&postings, &words);
        let entities = ids.into_iter().filter_map(|id| self.nodes.entity(id));
        entities.map(|entity| &**entity).collect()
    }

    /// Where a term holds; a text has no list and is handed back.
    fn term<'a>(&'a self, term: &'a Term) -> Result<Posting<'a>, &'a str> {
        let index = &self.index;
        Ok(match term {
            Term::Kind(kind) => Posting::Range(self.nodes.of_kind(kind)),
            Term::Owner(owner) => self.related(owner, Relation::OwnerOf),
            Term::System(system) => self.related(system, Relation::HasPart),
            Term::Tag(tag) => Posting::Ids(index.tags.get(tag)),
            Term::Type(type_) => Posting::Ids(index.types.get(type_)),
            Term::Lifecycle(lifecycle) => Posting::Ids(index.lifecycles.get(lifecycle)),
            Term::Name(name) => Posting::Ids(self.named(name)),
            Term::Text(word) => return Err(word),
        })
    }

    fn related(&self, reference: &EntityRef, relation: Relation) -> Posting<'_> {
        match self.nodes.find(reference) {
            Some(id) => Posting::Edges(self.edges.with(id, relation)),
            None => Posting::Ids(&[]),
        }
    }

    fn named(&self, name: &str) -> &[Id] {
        let by_name = self.index.by_name();
        let of = |id: &Id| self.nodes.reference(*id).name();
        let start = by_name.partition_point(|id| of(id) < name);
        let length = by_name[start..].partition_point(|id| of(id) == name);
        &by_name[start..start + length]
    }

    /// The positions that are in all lists, which come shortest first, and have all words.
    fn matching(&self, postings: &[Posting<'_>], words: &[Finder<'_>]) -> Vec<Id> {
        let Some((fewest, others)) = postings.split_first() else {
            return Vec::new();
        };
        let haystack = &self.index.haystack;
        let (mut ids, words) = match (fewest, words.split_first()) {
            (Posting::Range(range), Some((word, rest))) => {
                (haystack.search(range.clone(), word), rest)
            }
            (Posting::Range(_) | Posting::Ids(_) | Posting::Edges(_), _) => {
                (fewest.to_vec(), words)
            }
        };
        ids.retain(|id| {
            others.iter().all(|posting| posting.contains(*id))
                && words.iter().all(|word| haystack.has(*id, word))
        });
        ids
    }
}
