//! References to entities that nobody declares.

use rayon::prelude::*;

use super::edges::Edges;
use super::near::Near;
use super::nodes::{Id, Nodes};
use crate::model::entity::{Relation, Stated};
use crate::model::{Code, Diagnostic, Entity, EntityRef, Place};

/// For how many names a similar one is looked for. Where more are missing a whole folder is, and what each
/// might be a slip of says nothing, while looking takes its time.
const LOOKED_FOR: usize = 500;

/// A warning at each reference to nothing, with what it may be a slip of.
pub(super) fn warn(nodes: &Nodes, edges: &Edges, by_name: &[Id], found: &mut Vec<Diagnostic>) {
    let absent: Vec<(Id, &EntityRef)> = nodes.absent().collect();
    if absent.is_empty() {
        return;
    }
    let near = Near::new(nodes, by_name);
    let warnings = absent
        .par_iter()
        .enumerate()
        .flat_map_iter(|(at, (id, to))| {
            let meant = (at < LOOKED_FOR).then(|| near.nearest(to)).flatten();
            let mut from: Vec<Id> = edges.of(*id).iter().map(|edge| edge.to).collect();
            from.sort_unstable();
            from.dedup();
            let from = from.into_iter().filter_map(|from| nodes.entity(from));
            from.flat_map(move |entity| {
                let stated = entity.stated.iter().filter(|stated| stated.to == **to);
                stated.map(move |stated| warning(entity, stated, meant))
            })
        });
    found.extend(warnings.collect::<Vec<_>>());
}

fn warning(entity: &Entity, stated: &Stated, meant: Option<&EntityRef>) -> Diagnostic {
    let Stated { relation, to, span } = stated;
    let message = format!(
        "nobody declares {to}, {} {}",
        role(*relation),
        entity.reference
    );
    let hint = match meant {
        Some(meant) => format!("Did you mean {:?}?", meant.to_string()),
        None => format!("Correct the reference, or declare {to} in a catalog file."),
    };
    let place = Place::new(entity.place.file.clone(), *span);
    Diagnostic::warning(Code::DanglingReference, place, message).with_hint(hint)
}

/// What the target of a relation is, in words before the name of the one that states it.
fn role(relation: Relation) -> &'static str {
    match relation {
        Relation::OwnedBy => "the owner of",
        Relation::OwnerOf => "owned by",
        Relation::PartOf => "the whole of",
        Relation::HasPart => "a part of",
        Relation::ProvidesApi => "an API provided by",
        Relation::ApiProvidedBy => "a provider of",
        Relation::ConsumesApi => "an API consumed by",
        Relation::ApiConsumedBy => "a consumer of",
        Relation::DependsOn => "a dependency of",
        Relation::DependencyOf => "dependent on",
        Relation::ChildOf => "a parent of",
        Relation::ParentOf => "a child of",
        Relation::MemberOf => "a group of",
        Relation::HasMember => "a member of",
    }
}

#[cfg(test)]
mod tests {
    use super::super::worlds::{build, entity};
    use super::*;
    use rstest::rstest;

    #[rstest]
    // A slip of the same kind.
    #[case("group:default/paymnts", Some("group:default/payments"))]
    // The right name of another kind, or in another namespace.
    #[case("group:default/ann", Some("user:default/ann"))]
    #[case("group:other/payments", Some("group:default/payments"))]
    // A slip of another kind.
    #[case("component:default/paymenst", Some("group:default/payments"))]
    #[case("group:default/somebody-else", None)]
    fn names_the_nearest(#[case] owner: &str, #[case] meant: Option<&str>) {
        let shop = entity("Component", "shop").stating(Relation::OwnedBy, owner);
        let (_, found) = build([shop, entity("Group", "payments"), entity("User", "ann")]);
        let [only] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(only.code, Code::DanglingReference);
        let hint = only.hint.as_deref().unwrap();
        match meant {
            Some(meant) => assert_eq!(hint, format!("Did you mean {meant:?}?")),
            None => assert!(hint.contains("declare"), "{hint}"),
        }
        assert_eq!(
            only.message,
            format!("nobody declares {owner}, the owner of component:default/shop")
        );
    }
}
