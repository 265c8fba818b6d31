//! `DashboardSet`.

use super::DashboardSetDocument;
use crate::load::meta::{Style, meta};
use crate::load::read::{Fields, Sink};
use crate::load::rule_set::files;
use crate::load::yaml::Node;
use crate::model::grafana::FolderPath;
use crate::model::{Code, RepoPath, Spanned};

pub(super) const FIELDS: &[&str] = &["apiVersion", "kind", "metadata", "spec"];

/// Reads one document.
pub(in crate::load) fn dashboard_set(
    node: &Node<'_>,
    path: &RepoPath,
    sink: &mut Sink<'_>,
) -> DashboardSetDocument {
    let mark = sink.mark();
    let mut read = DashboardSetDocument {
        meta: None,
        place: sink.place(node.span),
        files: Vec::new(),
        folder: None,
        inputs: Vec::new(),
        fault: None,
    };
    if let Some(document) = sink.fields(node, "a DashboardSet", FIELDS) {
        let known = ["targets", "owner", "folder", "inputs", "files"];
        let spec = document.required("spec", sink);
        let spec = spec.and_then(|node| sink.fields(node, "spec of a DashboardSet", &known));
        read.meta = meta(&document, spec.as_ref(), Style::Own, sink);
        if let Some(spec) = &spec {
            read.files = files(spec, path, sink);
            read.folder = spec.get("folder").and_then(|node| folder_path(node, sink));
            read.inputs = inputs(spec, sink);
        }
    }
    read.fault = sink.fault_since(mark);
    read
}

/// A folder's path; nothing is Grafana's root.
pub(super) fn folder_path(node: &Node<'_>, sink: &mut Sink<'_>) -> Option<FolderPath> {
    if node.is_null() {
        return None;
    }
    let text = sink.text(node, "a folder")?;
    match FolderPath::parse(&text) {
        Ok(path) => Some(path),
        Err(message) => {
            let message = format!("{text:?} is not the path of a folder: {message}");
            let hint = "Write titles with slashes between, such as Infrastructure/Nodes; a slash in a title \
                        is written \\/.";
            sink.error(Code::InvalidValue, node.span, message, hint);
            None
        }
    }
}

fn inputs(spec: &Fields<'_>, sink: &mut Sink<'_>) -> Vec<(String, Spanned<String>)> {
    let Some(fields) = spec
        .get("inputs")
        .and_then(|node| sink.open_fields(node, "inputs"))
    else {
        return Vec::new();
    };
    let mut inputs = Vec::new();
    for (key, value) in fields.entries {
        let (Some(name), Some(text)) = (
            sink.text(key, "an input's name"),
            sink.text(value, "an input's value"),
        ) else {
            continue;
        };
        inputs.push((name, Spanned::new(text, value.span)));
    }
    inputs
}
