//! Bodies of what stands on an Alertmanager, as its file has them. Secrets are not shown.

use serde_json::{Map, Value as Json};

use crate::model::alertmanager::{Base, Fenced, Piece, Value};

/// What a definition adds, inside its fence.
pub(super) fn route(fenced: &Fenced) -> Json {
    let Piece {
        route,
        receivers,
        inhibit_rules,
        time_intervals,
    } = Piece::of(&fenced.part());
    let mut fields = Map::new();
    fields.extend(route.map(|route| ("route".to_owned(), value(&route))));
    for (field, items) in [
        ("receivers", receivers),
        ("inhibit_rules", inhibit_rules),
        ("time_intervals", time_intervals),
    ] {
        if !items.is_empty() {
            fields.insert(field.to_owned(), items.iter().map(value).collect());
        }
    }
    Json::Object(fields)
}

/// The platform's own part. Like everything else of it, secrets that are written in it stand in the repository.
pub(super) fn base(base: &Base) -> Json {
    value(&base.file)
}

fn value(value: &Value) -> Json {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(self::value).collect(),
        Value::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(name, value)| (name.clone(), self::value(value)));
            Json::Object(entries.collect())
        }
        Value::Secret(_) => "(secret)".into(),
    }
}
