//! Which owner the catalog files of a repository give to what stands beside and below them.

use std::collections::BTreeMap;

use super::nodes::{Id, Node, Nodes};
use crate::model::RepoPath;

/// For each folder with a `catalog-info.yaml` that says an owner, the entity that says it.
#[derive(Debug, Default)]
pub(super) struct Folders(Box<[(RepoPath, Id)]>);

impl Folders {
    pub(super) fn new(nodes: &Nodes) -> Self {
        let mut best = BTreeMap::new();
        for (id, node) in nodes.iter() {
            let Node::Entity(entity) = node else { continue };
            let place = &entity.place;
            if entity.owner().is_none() || !is_catalog_file(&place.file) {
                continue;
            }
            let rank = (entity.reference.kind() != "component", place, id);
            let first = best.entry(place.file.folder()).or_insert(rank);
            *first = rank.min(*first);
        }
        let chosen = best.into_values();
        Self(
            chosen
                .map(|(_, place, id)| (place.file.clone(), id))
                .collect(),
        )
    }

    /// The entity whose owner counts for a file: that of the nearest folder.
    pub(super) fn nearest(&self, path: &RepoPath) -> Option<Id> {
        let mut folder = path.folder();
        loop {
            let found = self
                .0
                .binary_search_by(|(file, _)| file.folder().cmp(folder));
            if let Ok(at) = found {
                return Some(self.0[at].1);
            }
            if folder.is_empty() {
                return None;
            }
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }
}

fn is_catalog_file(path: &RepoPath) -> bool {
    matches!(path.file_name(), "catalog-info.yaml" | "catalog-info.yml")
}
