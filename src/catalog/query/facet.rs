//! Positions by a value that many entities share.

use std::collections::{BTreeMap, HashMap};

use super::super::nodes::Id;
use super::fold_into;

/// For each value, folded, the sorted positions that have it.
#[derive(Debug, Default)]
pub(super) struct Facet(BTreeMap<Box<str>, Box<[Id]>>);

impl Facet {
    /// Of pairs in the order of the positions.
    pub(super) fn new<'a>(pairs: impl Iterator<Item = (Id, &'a str)>) -> Self {
        let mut lists: HashMap<Box<str>, Vec<Id>> = HashMap::new();
        let mut folded = String::new();
        for (id, value) in pairs {
            folded.clear();
            fold_into(&mut folded, value);
            let Some(list) = lists.get_mut(folded.as_str()) else {
                lists.insert(folded.as_str().into(), vec![id]);
                continue;
            };
            // A tag may be written twice.
            if list.last() != Some(&id) {
                list.push(id);
            }
        }
        let lists = lists.into_iter();
        Self(lists.map(|(value, list)| (value, list.into())).collect())
    }

    pub(super) fn get(&self, value: &str) -> &[Id] {
        self.0.get(value).map_or(&[], |list| list)
    }
}
