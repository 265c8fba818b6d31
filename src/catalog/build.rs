//! From the entities of a commit to the catalog, and what is wrong between them.

use std::sync::Arc;

use rayon::prelude::*;

use super::folders::Folders;
use super::query::Index;
use super::{Catalog, Files, dangling, edges, groups, locations};
use crate::model::{Code, Diagnostic, Entity, Tenants};

impl Catalog {
    /// The catalog of all entities of one commit, and what is wrong, sorted. `files` and `tenants` are that commit's.
    pub fn build(
        entities: Vec<Arc<Entity>>,
        files: &Files<'_>,
        tenants: &Tenants,
    ) -> (Self, Vec<Diagnostic>) {
        let mut found = Vec::new();
        let entities = each_once(entities, tenants, &mut found);
        locations::check(&entities, files, &mut found);
        let (nodes, edges) = edges::connect(&entities);
        drop(entities);
        let (index, folders) = rayon::join(|| Index::new(&nodes), || Folders::new(&nodes));
        dangling::warn(&nodes, &edges, index.by_name(), &mut found);
        groups::warn_of_cycles(&nodes, &edges, &mut found);
        found.sort();
        let catalog = Self {
            nodes,
            edges,
            folders,
            index,
        };
        (catalog, found)
    }
}

/// The entities, sorted by reference. Of several with one reference the platform's counts, so that no tenant can pose
/// as one of its groups; else the first by place: whichever is chosen is wrong for somebody, and this choice at least
/// does not change when others come and go behind it.
fn each_once(
    mut entities: Vec<Arc<Entity>>,
    tenants: &Tenants,
    found: &mut Vec<Diagnostic>,
) -> Vec<Arc<Entity>> {
    // The body last, for a place that is given twice: nothing may hang on the order of what comes.
    entities.par_sort_by(|one, other| {
        let by_name = one.reference.cmp(&other.reference);
        let of_tenant = |entity: &Entity| tenants.of(&entity.place.file).is_some();
        let by_place = || one.place.cmp(&other.place);
        by_name
            .then_with(|| of_tenant(one).cmp(&of_tenant(other)))
            .then_with(by_place)
            .then_with(|| one.body.cmp(&other.body))
    });
    entities.dedup_by(|later, first| {
        let same = later.reference == first.reference;
        if same {
            found.push(twice(first, later));
        }
        same
    });
    entities
}

fn twice(first: &Entity, later: &Entity) -> Diagnostic {
    let message = format!(
        "{} is declared already, in {}, and this one does not count",
        later.reference, first.place.file
    );
    Diagnostic::error(Code::DuplicateEntity, later.place.clone(), message)
        .with_hint("Give one of them another name or namespace, or take it out.")
        .with_related("the one that counts", first.place.clone())
}

#[cfg(test)]
mod tests {
    use super::super::worlds::{build, entity};
    use super::*;
    use crate::model::EntityRef;

    #[test]
    fn a_duplicate_shows_both_places() {
        let one = entity("Component", "Shop").at("b.yaml", 3);
        let other = entity("component", "shop").at("a.yaml", 9);
        let (catalog, found) = build([one, other]);
        let [only] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(only.code, Code::DuplicateEntity);
        assert_eq!(only.place.as_ref().unwrap().to_string(), "b.yaml:3:1");
        assert_eq!(only.related[0].place.to_string(), "a.yaml:9:1");
        let shop = EntityRef::new("component", "default", "shop");
        assert_eq!(catalog.get(&shop).unwrap().place.file.as_str(), "a.yaml");
        assert_eq!(catalog.len(), 1);
    }
}
