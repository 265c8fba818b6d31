//! The entities of all files, each at its current text or at its last good one.

use std::collections::HashSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::document::{Document, ParsedFile};
use super::tree::{There, Tree};
use crate::model::{Entity, EntityRef};

/// In the order of files and of the text. Owners must not change because somebody broke a file: what cannot be read
/// stays as it was.
pub(super) fn entities(tree: &Tree<'_>) -> Vec<Arc<Entity>> {
    let files = tree.there().par_iter().with_min_len(512);
    files.flat_map_iter(|there| of_file(tree, *there)).collect()
}

fn of_file(tree: &Tree<'_>, There { path, file }: There<'_>) -> Vec<Arc<Entity>> {
    let current: Vec<Arc<Entity>> = file.into_iter().flat_map(good).cloned().collect();
    let whole =
        file.is_some_and(|file| file.syntax.is_none() && !file.documents.iter().any(is_faulty));
    let Some(before) = tree.last_good(path).filter(|_| !whole) else {
        return current;
    };
    let have: HashSet<&EntityRef> = current.iter().map(|entity| &entity.reference).collect();
    let lost = good(before).filter(|entity| !have.contains(&entity.reference));
    let lost: Vec<Arc<Entity>> = lost.cloned().collect();
    [current, lost].concat()
}

fn good(file: &ParsedFile) -> impl Iterator<Item = &Arc<Entity>> {
    file.documents.iter().filter_map(Document::entity)
}

fn is_faulty(document: &Document) -> bool {
    match document {
        Document::Entity(entity) => entity.entity.is_none(),
        Document::Platform(_)
        | Document::Tenant(_)
        | Document::RuleSet(_)
        | Document::Rules(_)
        | Document::DashboardSet(_)
        | Document::Dashboard(_)
        | Document::Object(_)
        | Document::AlertmanagerFile(_) => false,
    }
}
