//! A dashboard in Grafana's resource form: `dashboard.grafana.app/*`, placed by annotation.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Object, ObjectDocument, references};
use crate::load::meta::{Style, meta};
use crate::load::read::{Fields, Sink};
use crate::load::yaml::Node;
use crate::model::definition::ObjectOrigin;
use crate::model::grafana::{Dashboard, DashboardBody, DashboardFormat, InFolder};
use crate::model::{Code, RepoPath, Spec};

/// Names a dashboard's folder by uid.
const FOLDER: &str = "grafana.app/folder";

/// Reads one document; `version` is what follows the slash of its `apiVersion`.
pub(in crate::load) fn dashboard(
    node: &Node<'_>,
    version: &str,
    path: &RepoPath,
    source: &str,
    sink: &mut Sink<'_>,
) -> ObjectDocument {
    let mark = sink.mark();
    let mut read = ObjectDocument {
        origin: ObjectOrigin::Dashboard,
        meta: None,
        place: sink.place(node.span),
        object: None,
        fault: None,
    };
    let known = ["apiVersion", "kind", "metadata", "spec", "status", "access"];
    if let Some(document) = sink.fields(node, "a Dashboard", &known) {
        read.meta = meta(&document, None, Style::Grafana, sink);
        let spec = document.required("spec", sink);
        let folder = folder(&document);
        if let (Some(meta), Some(spec)) = (&read.meta, spec)
            && let Some((title, format, json)) = body(spec, version, sink)
        {
            let references = references::find(&json, path, source);
            read.object = Some(Object {
                name: meta.name.clone(),
                spec: Spec::Dashboard(Dashboard {
                    uid: meta.name.as_str().into(),
                    title: title.into(),
                    folder,
                    inputs: Arc::new(BTreeMap::new()),
                    owner: None,
                    body: Arc::new(DashboardBody::new(format, &json)),
                }),
                references: references.into(),
            });
        }
    }
    read.fault = sink.fault_since(mark);
    if read.fault.is_some() {
        read.object = None;
    }
    read
}

fn folder(document: &Fields<'_>) -> InFolder {
    let annotations = document
        .get("metadata")
        .and_then(|node| node.get("annotations"));
    match annotations.and_then(|node| node.text(FOLDER)) {
        None | Some("") => InFolder::General,
        Some(uid) => InFolder::Uid(uid.into()),
    }
}

/// Title and body. The versions before `v2` hold what Grafana exports.
fn body(
    spec: &Node<'_>,
    version: &str,
    sink: &mut Sink<'_>,
) -> Option<(String, DashboardFormat, Value)> {
    sink.open_fields(spec, "spec of a Dashboard")?;
    let title = spec.text("title").unwrap_or_default().to_owned();
    if title.trim().is_empty() {
        let message = "a dashboard needs a title that is not empty";
        sink.error(Code::MissingField, spec.span, message, "Write spec.title.");
        return None;
    }
    let format = if version.starts_with("v0") || version.starts_with("v1") {
        DashboardFormat::Classic
    } else {
        DashboardFormat::Resource(version.into())
    };
    let mut json: Map<String, Value> = match spec.to_json() {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    if format == DashboardFormat::Classic {
        for field in ["id", "uid", "version"] {
            json.shift_remove(field);
        }
    }
    let json = Value::Object(json);
    Some((title, format, json))
}
