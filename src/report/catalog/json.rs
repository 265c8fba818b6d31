//! The catalog for programs.

use serde_json::{Value, json};

use super::{Shown, system};
use crate::model::{Entity, Link, Resource};
use crate::report::json::source as source_of_resource;

/// `trueup.dev/catalog/v1`, sorted by reference.
pub fn list(entities: &[&Entity], revision: Option<&str>) -> Value {
    let mut sorted = entities.to_vec();
    sorted.sort_by(|one, other| one.reference.cmp(&other.reference));
    let entities: Vec<Value> = sorted.into_iter().map(entity).collect();
    json!({
        "schema": "trueup.dev/catalog/v1",
        "revision": revision,
        "entities": entities,
    })
}

fn entity(entity: &Entity) -> Value {
    json!({
        "ref": entity.reference.to_string(),
        "kind": &*entity.kind,
        "namespace": entity.reference.namespace(),
        "name": &*entity.name,
        "title": entity.title.as_deref(),
        "description": entity.description.as_deref(),
        "owner": entity.owner().map(ToString::to_string),
        "type": entity.type_.as_deref(),
        "lifecycle": entity.lifecycle.as_deref(),
        "system": system(entity).map(ToString::to_string),
        "tags": entity.tags.iter().map(|tag| &**tag).collect::<Vec<_>>(),
        "source": source(entity),
    })
}

/// `trueup.dev/catalog-entity/v1`
pub fn shown(shown: &Shown<'_>, revision: Option<&str>) -> Value {
    let Shown {
        entity,
        document,
        links,
        resources,
    } = shown;
    let mut resources = resources.to_vec();
    resources.sort_by(|one, other| one.id.cmp(&other.id));
    json!({
        "schema": "trueup.dev/catalog-entity/v1",
        "revision": revision,
        "ref": entity.reference.to_string(),
        "entity": document,
        "source": source(entity),
        "relations": links.iter().map(link).collect::<Vec<_>>(),
        "resources": resources.into_iter().map(resource).collect::<Vec<_>>(),
    })
}

fn link(link: &Link<'_>) -> Value {
    json!({
        "type": link.relation.as_str(),
        "target": link.to.to_string(),
        "exists": link.entity.is_some(),
    })
}

fn resource(resource: &Resource) -> Value {
    let id = &resource.id;
    json!({
        "id": id.to_string(),
        "target": id.target.as_str(),
        "kind": id.kind.as_str(),
        "name": &*id.name,
        "owner": resource.owner.as_deref(),
        "source": source_of_resource(&resource.source),
    })
}

fn source(entity: &Entity) -> Value {
    json!({
        "file": entity.place.file.as_str(),
        "line": entity.place.line(),
    })
}
