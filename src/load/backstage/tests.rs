use std::sync::Arc;

use crate::load::document::ParsedFile;
use crate::load::parse;
use crate::model::entity::FileRef;
use crate::model::{Diagnostic, Entity, RepoPath};

fn read(text: &str) -> ParsedFile {
    let path = RepoPath::new("services/checkout/catalog-info.yaml").unwrap();
    parse(&path, text.as_bytes())
}

fn entity(text: &str) -> Arc<Entity> {
    let file = read(text);
    let mut entities = file
        .documents
        .iter()
        .filter_map(|document| document.entity());
    entities
        .next()
        .unwrap_or_else(|| panic!("{:?}", said(&file)))
        .clone()
}

/// Severity, place and message of each.
fn said(file: &ParsedFile) -> Vec<String> {
    let said = |found: &Diagnostic| {
        let span = found
            .place
            .as_ref()
            .and_then(|place| place.span)
            .unwrap_or_default();
        let (line, column) = (span.start.line, span.start.column);
        let severity = found.severity.as_str();
        format!("{severity} {line}:{column} {}", found.message)
    };
    file.diagnostics.iter().map(said).collect()
}

const CHECKOUT: &str = "apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: Checkout
  namespace: shop
  title: The checkout
  tags: [java, c++]
spec:
  type: service
  lifecycle: production
  owner: user:guests/ann
  system: store
  dependsOn: [resource:db, plain]
  providesApis: [checkout-api]
  dependencyOf: component:other/web
";

#[test]
fn reads_an_entity_and_what_it_states() {
    let entity = entity(CHECKOUT);
    assert_eq!(entity.reference.to_string(), "component:shop/checkout");
    assert_eq!((&*entity.kind, &*entity.name), ("Component", "Checkout"));
    assert_eq!(
        entity.owner().map(ToString::to_string).as_deref(),
        Some("user:guests/ann")
    );
    let stated = entity.stated.iter();
    let stated: Vec<String> = stated
        .map(|stated| format!("{} {}", stated.relation.as_str(), stated.to))
        .collect();
    assert_eq!(
        stated,
        [
            "ownedBy user:guests/ann",
            "partOf system:shop/store",
            "dependsOn resource:shop/db",
            "providesApi api:shop/checkout-api",
            "dependencyOf component:other/web",
        ]
    );
    assert!(
        entity
            .body
            .starts_with(r#"{"apiVersion":"backstage.io/v1alpha1","kind":"Component""#)
    );
}

#[test]
fn a_reference_that_backstage_cannot_follow_is_a_warning() {
    assert_eq!(
        said(&read(CHECKOUT)),
        [
            "warning 13:28 spec.dependsOn[1]: \"plain\" names no kind, and there is none by default here"
        ]
    );
}

#[test]
fn every_fault_of_a_document_is_told_at_its_place() {
    let text = "apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: -x
  labels: { a b: 1 }
  tags: [ok, Not]
  links: [{ url: nowhere }]
spec:
  type: ''
  lifecycle: 5
  ower: a
relations: []
";
    assert_eq!(
        said(&read(text)),
        [
            "error 12:1 an entity has no field \"relations\"",
            "error 4:9 metadata.name: \"-x\" is not the name of an entity",
            "error 5:13 metadata.labels[\"a b\"]: \"a b\" is not a key of labels and annotations",
            "error 5:18 metadata.labels[\"a b\"] must be a text, found the number 1",
            "error 6:14 metadata.tags[1]: \"Not\" is not a tag",
            "error 7:18 metadata.links[0].url: \"nowhere\" is not a URL",
            "error 9:9 spec.type must not be empty",
            "error 10:14 spec.lifecycle must be a text, found the number 5",
            "error 9:3 spec.owner is missing",
        ]
    );
    let file = read(text);
    let hints: Vec<&str> = file
        .diagnostics
        .iter()
        .filter_map(|d| d.hint.as_deref())
        .collect();
    assert_eq!(hints[3], "Put it in quotes: \"1\".");
    assert_eq!(hints[8], "Is \"ower\" meant? Write \"owner\".");
}

fn api(definition: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1
kind: API
metadata: {{ name: x }}
spec: {{ type: openapi, lifecycle: p, owner: o, definition: {definition} }}
"
    )
}

#[test]
fn placeholders_count_as_what_they_bring() {
    let entity = entity(&api("{ $text: ../x.yaml }"));
    let [FileRef::Embedded { path, pointer, .. }] = &*entity.files else {
        panic!("{:?}", entity.files);
    };
    assert_eq!(
        (path.as_str(), &**pointer),
        ("services/x.yaml", "/spec/definition")
    );
    let said = |definition: &str| said(&read(&api(definition))).join("\n");
    assert_eq!(said("{ $json: ./x.json }"), "");
    assert_eq!(
        said("{ $text: https://user:secret@example.com/x }"),
        "warning 4:69 spec.definition is a URL, which is not fetched: everything comes from the commit"
    );
    assert_eq!(
        said("{ $text: ../../../x }"),
        "error 4:69 spec.definition leads out of the repository"
    );
    assert_eq!(
        said("{ $openapi: ./x.yaml }"),
        "error 4:60 spec.definition must be a text, found a mapping"
    );
    assert_eq!(
        read(&api("{ $openapi: ./x.yaml }")).diagnostics[0]
            .hint
            .as_deref(),
        Some(
            "$openapi needs a plugin of Backstage; what is read without one is $text, $json and $yaml."
        )
    );
}

#[test]
fn a_location_leads_to_files() {
    let text = "apiVersion: backstage.io/v1alpha1
kind: Location
metadata: { name: all }
spec: { targets: [../*/catalog-info.yaml, https://example.com/x.yaml, /etc/x] }
";
    assert_eq!(
        said(&read(text)),
        [
            "warning 4:43 spec.targets[1] is a URL, which is not followed: everything comes from the commit",
            "error 4:71 spec.targets[2] is an absolute path",
        ]
    );
}

#[test]
fn an_unknown_kind_is_a_warning_and_has_an_owner() {
    let text = "apiVersion: backstage.io/v1alpha1
kind: component
metadata: { name: x }
spec: { owner: team }
";
    let file = read(text);
    assert_eq!(
        said(&file),
        [
            "warning 2:7 Backstage has no kind \"component\" in backstage.io/v1alpha1, and refuses it"
        ]
    );
    assert_eq!(
        entity(text).owner().map(ToString::to_string).as_deref(),
        Some("group:default/team")
    );
}

#[test]
fn a_merge_key_is_a_field_like_any_other() {
    let text = "apiVersion: backstage.io/v1alpha1
kind: System
metadata: { name: x, labels: { <<: { a: b } } }
spec: { owner: team }
";
    assert_eq!(
        said(&read(text))[0],
        "error 3:32 metadata.labels[\"<<\"]: \"<<\" is not a key of labels and annotations"
    );
}
