//! The catalog as texts for people and as JSON. Pure.

mod json;
mod list;
mod shown;

pub use json::{list as list_json, shown as shown_json};
pub use list::list;
pub use shown::{Shown, shown};

use std::borrow::Cow;

use crate::model::entity::{DEFAULT_NAMESPACE, Relation};
use crate::model::{Entity, EntityRef};

/// The system that an entity is a part of.
fn system(entity: &Entity) -> Option<&EntityRef> {
    let mut wholes = entity.stated.iter();
    let system =
        wholes.find(|stated| stated.relation == Relation::PartOf && stated.to.kind() == "system");
    system.map(|stated| &stated.to)
}

/// The name as it was written, behind the namespace where that is not the default.
fn name(entity: &Entity) -> Cow<'_, str> {
    match entity.reference.namespace() {
        DEFAULT_NAMESPACE => Cow::Borrowed(&*entity.name),
        namespace => Cow::Owned(format!("{namespace}/{}", entity.name)),
    }
}

/// An owner as people would write it: without what is there by default.
fn owner(owner: &EntityRef) -> String {
    let kind = match owner.kind() {
        "group" => String::new(),
        kind => format!("{kind}:"),
    };
    match owner.namespace() {
        DEFAULT_NAMESPACE => format!("{kind}{}", owner.name()),
        namespace => format!("{kind}{namespace}/{}", owner.name()),
    }
}

/// One line without anything that would move the cursor of a terminal.
fn line(text: &str) -> String {
    let first = text.trim().lines().next().unwrap_or_default();
    let printable = |c: char| {
        if c.is_control() {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    first.trim_end().chars().map(printable).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use insta::{assert_json_snapshot, assert_snapshot};

    use super::*;
    use crate::model::entity::Stated;
    use crate::model::{
        Link, Place, Position, RepoPath, Resource, ResourceId, ResourceKind, RuleGroup, SourceRef,
        Span, Spec, TargetName,
    };

    fn at(file: &str, line: u32) -> Place {
        let start = Position { line, column: 9 };
        Place::new(RepoPath::new(file).unwrap(), Span { start, end: start })
    }

    fn entity(kind: &str, namespace: &str, name: &str, stated: &[(Relation, &str)]) -> Entity {
        let stated = stated.iter().map(|(relation, to)| Stated {
            relation: *relation,
            to: EntityRef::parse(to, None, "default").unwrap(),
            span: Span::default(),
        });
        Entity {
            reference: EntityRef::new(kind, namespace, name),
            kind: kind.into(),
            name: name.into(),
            place: at("teams/booking/catalog-info.yaml", 4),
            title: None,
            description: None,
            tags: Vec::new(),
            type_: None,
            lifecycle: None,
            stated: stated.collect(),
            files: Vec::new(),
            body: format!(r#"{{"kind":"{kind}","metadata":{{"name":"{name}"}}}}"#).into(),
        }
    }

    fn entities() -> [Entity; 3] {
        let mut api = entity(
            "Component",
            "default",
            "Booking-API",
            &[
                (Relation::OwnedBy, "group:default/booking"),
                (Relation::PartOf, "component:default/shop"),
                (Relation::PartOf, "system:default/ticketing"),
                (Relation::DependsOn, "resource:default/bookings"),
            ],
        );
        api.title = Some("Bóoking".into());
        api.description = Some("Sells tickets.\n\nAnd \u{1b}[31mmore".into());
        api.tags = vec!["java".into(), "critical".into()];
        api.type_ = Some("service".into());
        api.lifecycle = Some("production".into());
        let mut user = entity("User", "guests", "ann", &[]);
        user.description = Some("A guest who has a long story to tell".into());
        [
            api,
            entity(
                "Resource",
                "default",
                "bookings",
                &[(Relation::OwnedBy, "user:guests/ann")],
            ),
            user,
        ]
    }

    fn resource(target: &str, name: &str) -> Resource {
        let target = TargetName::new(target).unwrap();
        let group = RuleGroup {
            name: name.to_owned(),
            interval: None,
            query_offset: None,
            limit: None,
            labels: BTreeMap::new(),
            partial_response_strategy: None,
            rules: Vec::new(),
        };
        let source = SourceRef {
            repository: "platform".into(),
            file: "teams/booking/ruleset.yaml".into(),
            line: 2,
        };
        Resource {
            id: ResourceId::new(target, ResourceKind::RuleGroup, name),
            spec: Arc::new(Spec::RuleGroup(group)),
            owner: Some("group:default/booking".into()),
            component: None,
            source,
            adopt: false,
        }
    }

    /// Shows the first entity, one of whose relations leads nowhere.
    fn with_shown(look: impl Fn(&Shown<'_>)) {
        let [api, store, _] = entities();
        let links = api.stated.iter().map(|stated| Link {
            relation: stated.relation,
            to: &stated.to,
            entity: (stated.to == store.reference).then_some(&store),
        });
        let resources = [
            resource("prometheus-us", "default/booking/x"),
            resource("prometheus-eu", "default/booking/x"),
            resource("prometheus-eu", "default/booking/a"),
        ];
        let document: serde_json::Value = serde_json::from_str(&api.body).unwrap();
        look(&Shown {
            document: &document,
            entity: &api,
            links: &links.collect::<Vec<_>>(),
            resources: &resources.iter().collect::<Vec<_>>(),
        });
    }

    #[test]
    fn a_table_as_wide_as_it_may_be() {
        let entities = entities();
        let all: Vec<&Entity> = entities.iter().collect();
        assert_snapshot!(list(&all, None));
        let narrow = list(&all, Some(80));
        assert!(
            narrow.lines().all(|line| line.chars().count() <= 80),
            "{narrow}"
        );
        assert_snapshot!(narrow);
        assert_snapshot!(list(&[], None));
    }

    #[test]
    fn entities_as_json() {
        let entities = entities();
        let all: Vec<&Entity> = entities.iter().rev().collect();
        assert_json_snapshot!(list_json(&all, Some("3f2a91c")));
    }

    #[test]
    fn one_entity_with_all_that_belongs_to_it() {
        with_shown(|of| assert_snapshot!(shown(of)));
    }

    #[test]
    fn one_entity_as_json() {
        with_shown(|of| assert_json_snapshot!(shown_json(of, None)));
    }
}
