use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::load::parse;
use crate::model::{Code, RepoPath};

const UNKNOWN: &str = "qqqqqqqqqqqqqqqq";

/// The mappings of a schema that take no other fields than those named: where they are, and these fields.
fn closed(
    schema: &Value,
    root: &Value,
    path: &[String],
    found: &mut Vec<(Vec<String>, BTreeSet<String>)>,
) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).unwrap();
        return closed(target, root, path, found);
    }
    for option in schema["anyOf"].as_array().into_iter().flatten() {
        closed(option, root, path, found);
    }
    if schema["items"].is_object() {
        let inside = [path, &["0".to_owned()]].concat();
        closed(&schema["items"], root, &inside, found);
    }
    let Some(properties) = schema["properties"].as_object() else {
        return;
    };
    if schema["additionalProperties"] == false {
        found.push((path.to_vec(), properties.keys().cloned().collect()));
    }
    for (name, property) in properties {
        closed(
            property,
            root,
            &[path, std::slice::from_ref(name)].concat(),
            found,
        );
    }
}

/// A document in which a field that nobody knows stands at a path.
fn with_unknown(kind: &str, path: &[String]) -> String {
    let mut inner = json!({ UNKNOWN: 1 });
    for part in path.iter().rev() {
        inner = if part == "0" {
            // What has no name is not read further.
            inner
                .as_object_mut()
                .unwrap()
                .insert("name".to_owned(), json!("x"));
            json!([inner])
        } else {
            json!({ part: inner })
        };
    }
    let mut document = json!({ "apiVersion": "trueup.dev/v1alpha1", "kind": kind });
    document
        .as_object_mut()
        .unwrap()
        .extend(inner.as_object().unwrap().clone());
    for (field, value) in [("metadata", json!({ "name": "x" })), ("spec", json!({}))] {
        document
            .as_object_mut()
            .unwrap()
            .entry(field)
            .or_insert(value);
    }
    if kind == "Tenant" {
        let spec = document["spec"].as_object_mut().unwrap();
        spec.insert("owner".to_owned(), json!("x"));
    }
    document.to_string()
}

#[test]
fn the_schemas_know_the_fields_that_are_read() {
    let mut checked = 0;
    for (kind, schema) in schemas() {
        let root = serde_json::to_value(schema).unwrap();
        let mut mappings = Vec::new();
        closed(&root, &root, &[], &mut mappings);
        for (path, fields) in mappings {
            let file = RepoPath::new("trueup.yaml").unwrap();
            let read = parse(&file, with_unknown(kind, &path).as_bytes());
            let told = read.diagnostics.iter().find(|diagnostic| {
                diagnostic.code == Code::UnknownField && diagnostic.message.contains(UNKNOWN)
            });
            // A secret's reference is read as a whole.
            if path.iter().any(|part| part == "secureJsonData") {
                continue;
            }
            let told = told.unwrap_or_else(|| panic!("{kind} {path:?}: {:?}", read.diagnostics));
            let hint = told.hint.as_deref().unwrap();
            let known = hint
                .trim_start_matches("Known here: ")
                .trim_end_matches('.');
            let known: BTreeSet<String> = known.split(", ").map(str::to_owned).collect();
            assert_eq!(known, fields, "{kind} {path:?}");
            checked += 1;
        }
    }
    assert!(checked >= 20, "{checked}");
}
