//! Data sources.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::canonical as plain;
use crate::model::{Canonical, Hash};

/// The field of `jsonData` that is our marker.
pub(in crate::provider::grafana) const MARKER: &str = "trueup";

/// The server makes the first data source the default one, asked or not (12.4, observed): where nothing is
/// declared about it, nothing is compared.
pub(in crate::provider::grafana) const IS_DEFAULT: &str = "isDefault";

/// What the server gives, what is compared elsewhere, what only provisioning files know, and two passwords
/// that old servers keep and show as they are: they are never looked at.
const NOT_COMPARED: &[&str] = &[
    "id",
    "uid",
    "orgId",
    "version",
    "readOnly",
    "typeName",
    "typeLogoUrl",
    "apiVersion",
    "accessControl",
    "editable",
    "name",
    "type",
    "secureJsonData",
    "secureJsonFields",
    "password",
    "basicAuthPassword",
];

/// `{"name", "type", ...fields, "secureJsonData": {field: hash}}`, without what is the default: access through
/// the server (`proxy`), empty texts, false, nothing in `jsonData` (Grafana 7.5 and 12.4, observed).
pub(in crate::provider::grafana) fn canonical<'a>(
    name: &str,
    kind: &str,
    fields: &Map<String, Value>,
    secrets: impl IntoIterator<Item = (&'a str, Hash)>,
) -> Canonical {
    let mut canonical: BTreeMap<Arc<str>, Canonical> = BTreeMap::new();
    let basic = fields.get("basicAuth") == Some(&Value::Bool(true));
    for (key, value) in fields {
        let skipped = NOT_COMPARED.contains(&key.as_str())
            // Servers before 9 do not let go of it.
            || key == "basicAuthUser" && !basic
            || key == "access" && value == "proxy"
            || is_default(value);
        if skipped {
            continue;
        }
        let value = match value {
            Value::Object(map) if key == "jsonData" => {
                let mut others = map.clone();
                others.remove(MARKER);
                plain(&Value::Object(others))
            }
            value => plain(value),
        };
        if value != Canonical::Map(BTreeMap::new()) {
            canonical.insert(key.as_str().into(), value);
        }
    }
    canonical.insert("name".into(), Canonical::text(name));
    canonical.insert("type".into(), Canonical::text(kind));
    let secrets = secrets
        .into_iter()
        .map(|(field, hash)| (field, Canonical::Secret(hash)));
    put_secrets(&mut canonical, Canonical::map(secrets));
    Canonical::Map(canonical)
}

/// The same data source, nothing said about whether it is the default one.
pub(in crate::provider::grafana) fn without_default(source: &Canonical) -> Canonical {
    let mut source = source.clone();
    if let Canonical::Map(fields) = &mut source {
        fields.remove(IS_DEFAULT);
    }
    source
}

/// The same data source with other secrets.
pub(in crate::provider::grafana) fn with_secrets<'a>(
    source: &Canonical,
    secrets: impl IntoIterator<Item = (&'a str, Hash)>,
) -> Canonical {
    let Canonical::Map(fields) = source else {
        return source.clone();
    };
    let mut fields = fields.clone();
    let secrets = secrets
        .into_iter()
        .map(|(field, hash)| (field, Canonical::Secret(hash)));
    put_secrets(&mut fields, Canonical::map(secrets));
    Canonical::Map(fields)
}

fn put_secrets(fields: &mut BTreeMap<Arc<str>, Canonical>, secrets: Canonical) {
    if secrets == Canonical::Map(BTreeMap::new()) {
        fields.remove("secureJsonData");
    } else {
        fields.insert("secureJsonData".into(), secrets);
    }
}

fn is_default(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Bool(true) | Value::Number(_) | Value::Array(_) => false,
        Value::Object(fields) => fields.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(fields: &Value) -> Canonical {
        canonical("P", "prometheus", fields.as_object().unwrap(), [])
    }

    #[test]
    fn defaults_and_marker_are_not_compared() {
        let declared = json!({"url": "http://p", "jsonData": {"httpMethod": "POST"}});
        let read = json!({
            "id": 2, "uid": "p", "orgId": 1, "name": "P", "type": "prometheus", "typeLogoUrl": "x",
            "access": "proxy", "url": "http://p", "user": "", "database": "", "basicAuth": false,
            "basicAuthUser": "old", "password": "seen", "withCredentials": false, "isDefault": false,
            "jsonData": {"httpMethod": "POST", "trueup": "acme", "n": null}, "secureJsonFields": {},
            "version": 1, "readOnly": false, "apiVersion": "",
        });
        assert_eq!(of(&declared), of(&read));
        assert!(!format!("{:?}", of(&read)).contains("seen"));
        let only_marker = json!({"jsonData": {"trueup": "acme"}});
        assert_eq!(of(&only_marker), of(&json!({})));
        assert_ne!(of(&json!({"access": "direct"})), of(&json!({})));
    }

    #[test]
    fn secrets_are_hashes() {
        let hash = Hash::of(b"x");
        let one = canonical("P", "loki", &Map::new(), [("token", hash)]);
        let bare = canonical("P", "loki", &Map::new(), []);
        assert_eq!(with_secrets(&bare, [("token", hash)]), one);
        assert_eq!(with_secrets(&one, []), bare);
        assert_eq!(one.to_json()["secureJsonData"]["token"], "(secret)");
    }
}
