//! `DataSource`: the fields of Grafana's HTTP API, secrets by reference.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::folder::uid;
use super::set::FIELDS;
use super::{Object, ObjectDocument};
use crate::load::meta::{Style, meta};
use crate::load::read::{Fields, Sink};
use crate::load::secret::secret_ref;
use crate::load::yaml::Node;
use crate::model::definition::ObjectOrigin;
use crate::model::grafana::{DataSource, SecretRef};
use crate::model::{Code, Spec};

/// Handed on as they are, as in Grafana's `POST /api/datasources` (12.4).
const TEXTS: &[&str] = &["url", "access", "user", "database", "basicAuthUser"];
const FLAGS: &[&str] = &["basicAuth", "withCredentials", "isDefault"];
const OTHERS: &[&str] = &[
    "targets",
    "owner",
    "uid",
    "name",
    "type",
    "jsonData",
    "secureJsonData",
];

/// Reads one document.
pub(in crate::load) fn data_source(node: &Node<'_>, sink: &mut Sink<'_>) -> ObjectDocument {
    let mark = sink.mark();
    let mut read = ObjectDocument {
        origin: ObjectOrigin::DataSource,
        meta: None,
        place: sink.place(node.span),
        object: None,
        fault: None,
    };
    if let Some(document) = sink.fields(node, "a DataSource", FIELDS) {
        let known: Vec<&str> = [TEXTS, FLAGS, OTHERS].concat();
        let spec = document.required("spec", sink);
        let spec = spec.and_then(|node| sink.fields(node, "spec of a DataSource", &known));
        read.meta = meta(&document, spec.as_ref(), Style::Own, sink);
        if let (Some(meta), Some(spec)) = (&read.meta, &spec) {
            let source = spec_of(&meta.namespace, &meta.name, spec, sink);
            read.object = source.map(|source| Object {
                name: source.uid.to_string(),
                spec: Spec::DataSource(source),
                references: [].into(),
            });
        }
    }
    read.fault = sink.fault_since(mark);
    if read.fault.is_some() {
        read.object = None;
    }
    read
}

fn spec_of(
    namespace: &str,
    name: &str,
    spec: &Fields<'_>,
    sink: &mut Sink<'_>,
) -> Option<DataSource> {
    let uid = spec.required("uid", sink).and_then(|node| uid(node, sink));
    let kind = spec.required("type", sink);
    let kind = kind.and_then(|node| sink.text(node, "a data source's type"));
    let title = spec
        .get("name")
        .and_then(|node| sink.text(node, "a data source's name"));
    let mut fields = Map::new();
    for field in TEXTS {
        if let Some(node) = spec.get(field)
            && let Some(text) = sink.text(node, *field)
        {
            fields.insert((*field).to_owned(), Value::from(text));
        }
    }
    for field in FLAGS {
        if let Some(node) = spec.get(field)
            && let Some(flag) = flag(node, field, sink)
        {
            fields.insert((*field).to_owned(), Value::from(flag));
        }
    }
    if let Some(node) = spec.get("jsonData")
        && sink.open_fields(node, "jsonData").is_some()
        && !node.is_null()
    {
        fields.insert("jsonData".to_owned(), node.to_json());
    }
    let secrets = secrets(namespace, spec, sink);
    Some(DataSource {
        uid: uid?.into(),
        name: title.unwrap_or_else(|| name.to_owned()).into(),
        kind: kind?.into(),
        fields,
        secrets,
    })
}

fn flag(node: &Node<'_>, field: &str, sink: &mut Sink<'_>) -> Option<bool> {
    let flag = node.scalar().and_then(crate::load::yaml::Scalar::as_bool);
    if flag.is_none() && !node.is_null() {
        let message = format!("{field} must be true or false, found {}", node.describe());
        sink.error(Code::WrongType, node.span, message, "Write true or false.");
    }
    flag
}

/// `{ basicAuthPassword: { secret: { name: prom, key: password } } }`; a value in the clear is refused.
fn secrets(namespace: &str, spec: &Fields<'_>, sink: &mut Sink<'_>) -> BTreeMap<String, SecretRef> {
    let mut secrets = BTreeMap::new();
    let Some(fields) = spec
        .get("secureJsonData")
        .and_then(|node| sink.open_fields(node, "secureJsonData"))
    else {
        return secrets;
    };
    for (key, value) in fields.entries {
        let Some(field) = sink.text(key, "the name of a secret field") else {
            continue;
        };
        if value.entries().is_none() {
            let message = format!("the value of {field:?} must be a reference to a secret");
            let hint = "Write { secret: { name: <name>, key: <key> } }; secrets never stand in the repository.";
            sink.error(Code::WrongType, value.span, message, hint);
            continue;
        }
        let reference = sink
            .fields(value, "a secret", &["secret"])
            .and_then(|fields| fields.required("secret", sink))
            .and_then(|node| sink.fields(node, "a reference to a secret", &["name", "key"]));
        let secret = reference.and_then(|fields| secret_ref(namespace, &fields, sink));
        if let Some(secret) = secret {
            secrets.insert(field, secret);
        }
    }
    secrets
}
