//! Which data sources a dashboard's JSON names.

use std::collections::BTreeSet;

use serde_json::Value;

/// The uid or name of every data source that is named anywhere in a body, variables too; not those that every
/// Grafana has.
///
/// A reference is a text (uid or name), or since Grafana 8.3 an object with `type` and `uid`.
pub fn data_sources(body: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect(body, &mut names);
    names
}

fn collect(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                if key == "datasource" {
                    note(field, names);
                }
                collect(field, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn note(reference: &Value, names: &mut BTreeSet<String>) {
    let name = match reference {
        Value::String(name) => Some(name),
        Value::Object(fields) => match fields.get("uid") {
            Some(Value::String(uid)) => Some(uid),
            _ => None,
        },
        _ => None,
    };
    if let Some(name) = name.filter(|name| !is_built_in(name)) {
        names.insert(name.clone());
    }
}

/// `-- Mixed --` and the like, `grafana` (since 9), `__expr__` and `-100` (server-side expressions), the default.
fn is_built_in(name: &str) -> bool {
    matches!(
        name,
        "" | "default" | "grafana" | "mixed" | "dashboard" | "__expr__" | "-100"
    ) || name.starts_with("-- ") && name.ends_with(" --")
}
