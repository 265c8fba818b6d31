//! Laws of the catalog, on generated worlds.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;

use super::worlds::{build, world};
use super::{Catalog, Query};
use crate::model::entity::Relation;
use crate::model::{Code, Entity, EntityRef};

/// Everything that can be seen of a catalog.
fn seen(catalog: &Catalog) -> Vec<String> {
    let entities = catalog.entities();
    entities
        .map(|entity| format!("{entity:?} {:?}", catalog.links(&entity.reference)))
        .collect()
}

/// Every relation that counted entities state, from both sides.
fn relations(catalog: &Catalog) -> BTreeSet<(EntityRef, Relation, EntityRef)> {
    let stated = catalog.entities().flat_map(|entity| {
        entity.stated.iter().flat_map(|stated| {
            let (one, other) = (entity.reference.clone(), stated.to.clone());
            let back = (other.clone(), stated.relation.opposite(), one.clone());
            [(one, stated.relation, other), back]
        })
    });
    stated.collect()
}

/// What a query means, for one entity after the other.
fn holds(entity: &Entity, catalog: &Catalog, word: &str) -> bool {
    let lower = |text: &str| {
        text.chars()
            .flat_map(char::to_lowercase)
            .collect::<String>()
    };
    let same = |text: &Option<Arc<str>>, value: &str| {
        text.as_deref()
            .is_some_and(|text| lower(text) == lower(value))
    };
    let related = |kind, value: &str, relation| {
        let wanted = EntityRef::parse(value, Some(kind), "default").unwrap();
        let links = catalog.links(&entity.reference);
        links
            .iter()
            .any(|link| link.relation == relation && *link.to == wanted)
    };
    match word.split_once('=') {
        Some(("kind", value)) => entity.reference.kind() == value.to_lowercase(),
        Some(("name", value)) => entity.reference.name() == value.to_lowercase(),
        Some(("owner", value)) => related("group", value, Relation::OwnedBy),
        Some(("system", value)) => related("system", value, Relation::PartOf),
        Some(("tag", value)) => entity.tags.iter().any(|tag| lower(tag) == lower(value)),
        Some(("type", value)) => same(&entity.type_, value),
        Some(("lifecycle", value)) => same(&entity.lifecycle, value),
        Some((key, _)) => panic!("{key}"),
        None => {
            let parts = std::iter::once(&entity.name)
                .chain(&entity.title)
                .chain(&entity.description)
                .chain(&entity.tags);
            parts
                .into_iter()
                .any(|part| lower(part).contains(&lower(word)))
        }
    }
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "kind=(component|API|Group|nothing)",
        "owner=(other/)?[abc]",
        "owner=(component|api):[abc]",
        "system=[abc]",
        "tag=[abA]{1,2}",
        "type=[abAÄ]{1,2}",
        "lifecycle=[abAÄ]{1,2}",
        "name=[abC]{1,2}",
        "[abAÄßΣİ]{1,2}",
    ]
}

proptest! {
    #[test]
    fn the_order_does_not_matter(
        (one, other) in world().prop_flat_map(|world| (Just(world.clone()), Just(world).prop_shuffle()))
    ) {
        let ((one, found), (other, others)) = (build(one), build(other));
        prop_assert_eq!(seen(&one), seen(&other));
        prop_assert_eq!(found, others);
    }

    #[test]
    fn relations_hold_from_both_sides(world in world()) {
        let (catalog, _) = build(world);
        let stated = relations(&catalog);
        let mut known = BTreeSet::new();
        let names: BTreeSet<&EntityRef> = stated.iter().map(|(from, _, _)| from).collect();
        for name in names {
            let links = catalog.links(name);
            let pairs: Vec<_> = links.iter().map(|link| (link.relation, link.to)).collect();
            prop_assert!(pairs.is_sorted_by(|a, b| a < b), "{:?}", pairs);
            known.extend(links.iter().map(|link| (name.clone(), link.relation, link.to.clone())));
            for link in &links {
                prop_assert_eq!(link.entity.is_some(), catalog.get(link.to).is_some());
            }
        }
        prop_assert_eq!(known, stated);
    }

    #[test]
    fn what_is_wrong_is_told_where_it_stands(world in world()) {
        let count = world.len();
        let (catalog, found) = build(world);
        let told = |code| found.iter().filter(|d| d.code == code).count();
        prop_assert_eq!(told(Code::DuplicateEntity), count - catalog.len());
        let stated = catalog.entities().flat_map(|entity| &entity.stated);
        let dangling = stated.filter(|stated| catalog.get(&stated.to).is_none());
        prop_assert_eq!(told(Code::DanglingReference), dangling.count());
        prop_assert!(found.is_sorted());
    }

    #[test]
    fn a_query_is_a_filter(world in world(), words in prop::collection::vec(word(), 0..3)) {
        let (catalog, _) = build(world);
        let query = Query::parse(&words).unwrap();
        let all = catalog.entities().map(|entity| &**entity);
        let naive: Vec<&Entity> = all
            .filter(|entity| words.iter().all(|word| holds(entity, &catalog, word)))
            .collect();
        prop_assert_eq!(catalog.find(&query), naive);
    }

    #[test]
    fn below_is_what_parents_lead_to(world in world()) {
        let (catalog, _) = build(world);
        let groups: Vec<&EntityRef> = catalog.entities().map(|entity| &entity.reference).collect();
        for one in &groups {
            let mut above: BTreeSet<EntityRef> = BTreeSet::new();
            let mut waiting = vec![(*one).clone()];
            while let Some(next) = waiting.pop() {
                for link in catalog.links(&next) {
                    if link.relation == Relation::ChildOf && above.insert(link.to.clone()) {
                        waiting.push(link.to.clone());
                    }
                }
            }
            for other in &groups {
                let below = one != other && above.contains(*other);
                prop_assert_eq!(catalog.is_group_below(one, other), below);
            }
        }
    }
}
