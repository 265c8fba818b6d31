//! All that is searched for text, in one piece.

use std::ops::Range;

use memchr::memmem::Finder;

use super::super::nodes::{Id, Node, Nodes};
use super::fold_into;

/// Name, title, description and tags of every entity, folded, each ended by a line feed.
#[derive(Debug, Default)]
pub(super) struct Haystack {
    text: Box<str>,
    /// Where the text of each node begins, and where the last one's ends.
    starts: Box<[usize]>,
}

impl Haystack {
    pub(super) fn new(nodes: &Nodes) -> Self {
        let mut text = String::new();
        let mut starts = Vec::with_capacity(nodes.len() + 1);
        for (_, node) in nodes.iter() {
            starts.push(text.len());
            let Node::Entity(entity) = node else { continue };
            let optional = entity.title.iter().chain(&entity.description);
            let parts = std::iter::once(&entity.name).chain(optional);
            for part in parts.chain(&entity.tags) {
                fold_into(&mut text, part);
                text.push('\n');
            }
        }
        starts.push(text.len());
        Self {
            text: text.into(),
            starts: starts.into(),
        }
    }

    /// Whether a word stands in the text of one node.
    pub(super) fn has(&self, node: Id, word: &Finder<'_>) -> bool {
        let text = self.between(node, node + 1);
        word.find(text).is_some()
    }

    /// The nodes of a range in whose texts a word stands, sorted. Searches all of it in one go.
    pub(super) fn search(&self, range: Range<Id>, word: &Finder<'_>) -> Vec<Id> {
        let mut found = Vec::new();
        let mut next = range.start;
        while next < range.end {
            let rest = self.between(next, range.end);
            let Some(offset) = word.find(rest) else {
                break;
            };
            let at = self.starts[next as usize] + offset;
            // One step after the other, for hits are often dense. An empty text ends where it begins: passed by.
            while self.starts[next as usize + 1] <= at {
                next += 1;
            }
            found.push(next);
            next += 1;
        }
        found
    }

    fn between(&self, start: Id, end: Id) -> &[u8] {
        let bounds = self.starts[start as usize]..self.starts[end as usize];
        &self.text.as_bytes()[bounds]
    }
}
