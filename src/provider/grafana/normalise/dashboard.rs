//! Dashboards.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::canonical as plain;
use crate::model::grafana::DashboardFormat;
use crate::model::{Canonical, promql};
use crate::provider::grafana::marker;

/// What the server gives, and what only an import reads.
const NOT_COMPARED: &[&str] = &[
    "id",
    "uid",
    "version",
    "__inputs",
    "__requires",
    "__elements",
];

type Fields = BTreeMap<Arc<str>, Canonical>;

/// What a body in a folder is compared as: `{"folder": "A/B", ...body}`.
pub(in crate::provider::grafana) fn canonical(
    body: &Value,
    format: &DashboardFormat,
    folder: &str,
) -> Canonical {
    let mut fields = match format {
        DashboardFormat::Classic => classic(body),
        DashboardFormat::Resource(version) => {
            let mut fields = if version.starts_with("v1") {
                without_defaults(classic(body))
            } else {
                top(body, plain)
            };
            let version = format!("dashboard.grafana.app/{version}");
            fields.insert("apiVersion".into(), Canonical::text(version));
            fields
        }
    };
    fields.insert("folder".into(), Canonical::text(folder));
    Canonical::Map(fields)
}

/// The same dashboard in another folder.
pub(in crate::provider::grafana) fn in_folder(canonical: &Canonical, folder: &str) -> Canonical {
    let mut moved = canonical.clone();
    if let Canonical::Map(fields) = &mut moved {
        fields.insert("folder".into(), Canonical::text(folder));
    }
    moved
}

/// Without what the server fills in where a body of `v1*` leaves it out (Grafana 12.4, observed).
fn without_defaults(mut fields: Fields) -> Fields {
    let defaults = json!({
        "timezone": "", "graphTooltip": 0, "fiscalYearStartMonth": 0, "links": [], "weekStart": "",
        "timepicker": {}, "refresh": "", "editable": true, "time": {"from": "now-6h", "to": "now"},
        "preload": false,
    });
    let Canonical::Map(defaults) = plain(&defaults) else {
        return fields;
    };
    if let Some(Canonical::Map(annotations)) = fields.get_mut("annotations") {
        let built_in = |item: &Canonical| item.get("builtIn") == Some(&Canonical::Int(1));
        match annotations.get_mut("list") {
            Some(Canonical::Keyed(items)) => items.retain(|(_, item)| !built_in(item)),
            Some(Canonical::List(items)) => items.retain(|item| !built_in(item)),
            Some(_) | None => {}
        }
    }
    fields.retain(|key, value| defaults.get(key) != Some(value) && !holds_nothing(value));
    fields
}

/// An empty list, or a map of such lists alone: `{"list": []}`.
fn holds_nothing(value: &Canonical) -> bool {
    match value {
        Canonical::List(items) => items.is_empty(),
        Canonical::Keyed(items) => items.is_empty(),
        Canonical::Map(fields) => fields.values().all(holds_nothing),
        Canonical::Null
        | Canonical::Bool(_)
        | Canonical::Int(_)
        | Canonical::Float(_)
        | Canonical::Text(_)
        | Canonical::Secret(_) => false,
    }
}

fn classic(body: &Value) -> Fields {
    let mut fields = top(body, plain);
    let list = |name: &str| body.get(name).and_then(Value::as_array);
    if let Some(panels) = list("panels") {
        fields.insert("panels".into(), keyed(panels, "id", panel));
    }
    if let Some(rows) = list("rows") {
        let rows = rows.iter().map(row).collect();
        fields.insert("rows".into(), Canonical::List(rows));
    }
    for name in ["templating", "annotations"] {
        if let Some(Value::Object(holder)) = body.get(name) {
            fields.insert(name.into(), with_list(holder, "list", "name", plain));
        }
    }
    fields
}

/// The fields of a body that are compared, without our marker; texts that the server trims are trimmed.
fn top(body: &Value, each: impl Fn(&Value) -> Canonical) -> Fields {
    let Value::Object(body) = body else {
        return Fields::new();
    };
    let mut fields = Fields::new();
    for (key, value) in body {
        if value.is_null() || NOT_COMPARED.contains(&key.as_str()) {
            continue;
        }
        let value = match (key.as_str(), value) {
            // The classic API trims it (7.5, observed).
            ("title", Value::String(title)) => Canonical::text(title.trim()),
            ("tags", Value::Array(tags)) => {
                let others = |tag: &&Value| !tag.as_str().is_some_and(marker::is_tag);
                let tags: Vec<_> = tags.iter().filter(others).map(&each).collect();
                if tags.is_empty() {
                    continue;
                }
                Canonical::List(tags)
            }
            _ => each(value),
        };
        fields.insert(key.as_str().into(), value);
    }
    fields
}

/// A row of a dashboard of the time before panels had places of their own.
fn row(row: &Value) -> Canonical {
    match row {
        Value::Object(fields) => with_list(fields, "panels", "id", panel),
        other => plain(other),
    }
}

/// A panel; one that is a row holds others.
fn panel(panel: &Value) -> Canonical {
    let Value::Object(fields) = panel else {
        return plain(panel);
    };
    let prometheus = source_kind(fields.get("datasource"));
    let mut panel = with_list(fields, "targets", "refId", |target| {
        query(target, prometheus)
    });
    if let (Canonical::Map(map), Some(Value::Array(nested))) = (&mut panel, fields.get("panels")) {
        map.insert("panels".into(), keyed(nested, "id", self::panel));
    }
    panel
}

/// Whether a data source is a Prometheus; `None` where it is not said.
fn source_kind(source: Option<&Value>) -> Option<bool> {
    let kind = source?.get("type")?.as_str()?;
    Some(kind == "prometheus")
}

/// A query. What is `PromQL` is compared in printed form; with variables in it, it mostly is none, and is
/// compared as written.
fn query(target: &Value, of_panel: Option<bool>) -> Canonical {
    let mut canonical = plain(target);
    let prometheus = source_kind(target.get("datasource")).or(of_panel);
    if prometheus == Some(false) {
        return canonical;
    }
    if let (Canonical::Map(fields), Some(expr)) =
        (&mut canonical, target.get("expr").and_then(Value::as_str))
        && let Some(printed) = promql::print(expr)
    {
        fields.insert("expr".into(), Canonical::text(printed));
    }
    canonical
}

/// A map of which one field is a list of things with a name.
fn with_list(
    fields: &Map<String, Value>,
    list: &str,
    key: &str,
    each: impl Fn(&Value) -> Canonical,
) -> Canonical {
    let present = fields.iter().filter(|(_, value)| !value.is_null());
    let canonical = present.map(|(name, value)| {
        let value = match value {
            Value::Array(items) if name == list => keyed(items, key, &each),
            value => plain(value),
        };
        (Arc::from(name.as_str()), value)
    });
    Canonical::Map(canonical.collect())
}

/// A list whose items are told by a field; a plain one where it is missing or not unique.
fn keyed(items: &[Value], key: &str, each: impl Fn(&Value) -> Canonical) -> Canonical {
    let mut keys = BTreeSet::new();
    let names: Option<Vec<String>> = items
        .iter()
        .map(|item| {
            let name = match item.get(key)? {
                Value::String(text) if !text.is_empty() => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return None,
            };
            keys.insert(name.clone()).then(|| format!("{key}={name}"))
        })
        .collect();
    match names {
        Some(names) => Canonical::keyed(names.into_iter().zip(items.iter().map(each))),
        None => Canonical::List(items.iter().map(each).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &Value) -> Canonical {
        canonical(body, &DashboardFormat::Classic, "A/B")
    }

    #[test]
    fn what_the_server_adds_is_not_compared() {
        let written = json!({"title": " T ", "panels": [], "refresh": null, "num": 1.0});
        let read = json!({
            "id": 7, "uid": "x", "version": 3, "title": "T", "panels": [], "num": 1,
            "tags": ["trueup:acme"],
        });
        assert_eq!(of(&written), of(&read));
        assert_eq!(of(&read).get("folder"), Some(&Canonical::text("A/B")));
        let tagged = json!({"title": "T", "panels": [], "num": 1, "tags": ["a"]});
        assert_ne!(of(&tagged), of(&read));
        let moved = in_folder(&of(&read), "");
        assert_eq!(moved.get("folder"), Some(&Canonical::text("")));
    }

    #[test]
    fn items_are_told_by_their_names() {
        let body = json!({
            "panels": [
                {"id": 1, "targets": [{"refId": "A", "expr": "sum( up )"}]},
                {"id": 2, "type": "row", "panels": [{"id": 3}]},
            ],
            "templating": {"list": [{"name": "job"}]},
            "annotations": {"list": [{"name": "x"}, {"name": "x"}]},
        });
        let body = of(&body);
        let json = format!("{body:?}");
        for key in ["id=1", "refId=A", "id=3", "name=job", "sum(up)"] {
            assert!(json.contains(key), "{key} is not in {json}");
        }
        assert!(!json.contains("name=x"), "{json}");
    }

    #[test]
    fn what_a_migrating_version_fills_in_is_not_compared() {
        let v1 = DashboardFormat::Resource("v1beta1".into());
        let written = json!({"title": "T", "annotations": {"list": []}, "timezone": "utc"});
        let read = json!({
            "title": "T", "links": [], "timezone": "utc", "editable": true, "templating": {"list": []},
            "annotations": {"list": [{"builtIn": 1, "name": "Annotations & Alerts"}]},
        });
        assert_eq!(canonical(&written, &v1, ""), canonical(&read, &v1, ""));
        let v2 = DashboardFormat::Resource("v2beta1".into());
        assert_ne!(canonical(&written, &v1, ""), canonical(&written, &v2, ""));
    }

    #[test]
    fn queries_of_others_are_as_written() {
        let panel = |kind: &str| {
            json!({"panels": [{"id": 1, "datasource": {"type": kind},
                "targets": [{"refId": "A", "expr": "sum( up )"}]}]})
        };
        assert!(format!("{:?}", of(&panel("loki"))).contains("sum( up )"));
        assert!(format!("{:?}", of(&panel("prometheus"))).contains("sum(up)"));
        let variable = json!({"panels": [{"id": 1,
            "targets": [{"refId": "A", "expr": "rate( up[$__interval] )"}]}]});
        assert!(format!("{:?}", of(&variable)).contains("rate( up[$__interval] )"));
    }
}
