//! `Folder`: only where more than its path must be said.

use super::set::{FIELDS, folder_path};
use super::{Object, ObjectDocument};
use crate::load::meta::{Style, UID_HINT, meta};
use crate::load::read::{Fields, Sink};
use crate::load::yaml::Node;
use crate::model::definition::ObjectOrigin;
use crate::model::grafana::{Folder, is_uid};
use crate::model::{Code, Spec};

/// Reads one document.
pub(in crate::load) fn folder(node: &Node<'_>, sink: &mut Sink<'_>) -> ObjectDocument {
    let mark = sink.mark();
    let mut read = ObjectDocument {
        origin: ObjectOrigin::Folder,
        meta: None,
        place: sink.place(node.span),
        object: None,
        fault: None,
    };
    if let Some(document) = sink.fields(node, "a Folder", FIELDS) {
        let known = ["targets", "owner", "path", "title", "uid"];
        let spec = document.required("spec", sink);
        let spec = spec.and_then(|node| sink.fields(node, "spec of a Folder", &known));
        read.meta = meta(&document, spec.as_ref(), Style::Own, sink);
        let folder = spec.and_then(|spec| spec_of(&spec, sink));
        read.object = folder.map(|folder| Object {
            name: folder.path.to_string(),
            spec: Spec::Folder(folder),
            references: [].into(),
        });
    }
    read.fault = sink.fault_since(mark);
    if read.fault.is_some() {
        read.object = None;
    }
    read
}

fn spec_of(spec: &Fields<'_>, sink: &mut Sink<'_>) -> Option<Folder> {
    let path = spec.required("path", sink)?;
    let path = folder_path(path, sink);
    let title = spec
        .get("title")
        .and_then(|node| sink.text(node, "a folder's title"))
        .filter(|title| !title.is_empty());
    let uid = spec.get("uid").and_then(|node| uid(node, sink));
    Some(Folder {
        path: path?,
        title: title.map(Into::into),
        uid: uid.map(Into::into),
        parent_uid: None,
    })
}

/// A uid; nothing is `None`, as is a fault.
pub(super) fn uid(node: &Node<'_>, sink: &mut Sink<'_>) -> Option<String> {
    if node.is_null() {
        return None;
    }
    let text = sink.text(node, "a uid")?;
    if is_uid(&text) {
        return Some(text);
    }
    let message = format!("{text:?} is not a uid");
    sink.error(Code::InvalidName, node.span, message, UID_HINT);
    None
}
