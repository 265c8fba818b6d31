//! `AlertmanagerConfig`: what one team adds to the routing of alerts.
//!
//! Sources: the Prometheus Operator's `pkg/apis/monitoring/v1alpha1` and `v1beta1`
//! (`alertmanager_config_types.go`), how it writes each field (`pkg/alertmanager/amcfg.go`) and what it refuses
//! (`pkg/alertmanager/validation`); Alertmanager's `config/notifiers.go` of 0.25 to 0.34 for the version that each
//! field came with. What 0.25 knows needs no note.

mod base;
mod form;
mod http;
mod inhibit;
mod matchers;
mod reader;
mod receivers;
mod route;
mod table;
mod times;
mod url;

use std::sync::Arc;

use super::grafana::{Object, ObjectDocument};
use super::meta::{Style, meta};
use super::read::{Fields, Sink};
use super::yaml::Node;
use crate::model::alertmanager::{Fenced, Routing};
use crate::model::definition::ObjectOrigin;
use crate::model::nearest::suggestion;
use crate::model::{Code, Diagnostic, Meta, Span, Spec};

pub(in crate::load) use base::{BaseDocument, settle as settle_bases};
use reader::{Api, Reader};

/// Reads one document; `version` is its `apiVersion`.
pub(in crate::load) fn definition(
    node: &Node<'_>,
    version: &str,
    sink: &mut Sink<'_>,
) -> ObjectDocument {
    let mark = sink.mark();
    let mut read = ObjectDocument {
        origin: ObjectOrigin::AlertmanagerConfig,
        meta: None,
        place: sink.place(node.span),
        object: None,
        fault: None,
    };
    let known = ["apiVersion", "kind", "metadata", "spec", "status"];
    if let Some(document) = sink.fields(node, "an AlertmanagerConfig", &known) {
        read.meta = meta(&document, None, Style::Kubernetes, sink);
        let spec = document.required("spec", sink);
        read.object = spec.and_then(|spec| object(spec, version, read.meta.as_ref(), sink));
    }
    read.fault = sink.fault_since(mark);
    if read.fault.is_some() {
        read.object = None;
    }
    read
}

/// What `spec` says. It is read to its end also where the definition has no name, for the faults in it.
fn object(
    spec: &Node<'_>,
    version: &str,
    meta: Option<&Meta>,
    sink: &mut Sink<'_>,
) -> Option<Object> {
    let api = Api::of(version);
    let namespace: Arc<str> = meta.map_or("", |meta| &meta.namespace).into();
    let known = ["route", "receivers", "inhibitRules", api.intervals_field()];
    let spec = sink.fields(spec, "spec of an AlertmanagerConfig", &known)?;
    let mut reader = Reader::new(api, Arc::clone(&namespace), sink);
    let (receivers, receiver_names) = receivers::read(&spec, &mut reader);
    let (time_intervals, interval_names) = times::read(&spec, &mut reader);
    let names = Names {
        receivers: receiver_names,
        intervals: interval_names,
    };
    let route = spec.get("route").filter(|node| !node.is_null());
    let route = route.and_then(|node| route::top(node, &names, &mut reader));
    let inhibit_rules = inhibit::read(&spec, &mut reader);
    let needs = reader.into_needs();
    let name = &meta?.name;
    let routing = Routing {
        namespace,
        name: name.as_str().into(),
        route,
        receivers,
        inhibit_rules,
        time_intervals,
        needs,
    };
    Some(Object {
        name: routing.id(),
        spec: Spec::Route(Fenced {
            routing: Arc::new(routing),
            // Of the target.
            fence: Vec::new(),
        }),
        references: [].into(),
    })
}

/// The names that routes may use: those of the definition itself, and no others.
struct Names {
    receivers: Vec<String>,
    intervals: Vec<String>,
}

/// Whether a name is among those that the definition gives, with an error where it is not.
fn is_defined(
    name: &str,
    what: &str,
    field: &str,
    given: &[String],
    node: &Node<'_>,
    sink: &mut Sink<'_>,
) -> bool {
    if given.iter().any(|other| other == name) {
        return true;
    }
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let message = format!("there is no {what} {name:?} in this definition");
    let hint = if given.is_empty() {
        format!("Add it under spec.{field}; those of other definitions cannot be used.")
    } else {
        suggestion(name, &given)
    };
    sink.error(Code::InvalidValue, node.span, message, hint);
    false
}

/// The `name` of an item of a list in which each name stands once.
fn unique_name(
    fields: &Fields<'_>,
    what: &str,
    seen: &mut Vec<(String, Span)>,
    sink: &mut Sink<'_>,
) -> Option<String> {
    let node = fields.required("name", sink)?;
    let name = sink.text(node, "name")?;
    if name.is_empty() {
        let message = format!("the name of {what} is empty");
        sink.error(Code::InvalidName, node.span, message, "Give it a name.");
        return None;
    }
    if name.contains(char::is_control) {
        let message = format!("the name {name:?} of {what} has a control character in it");
        let hint = "Write it in one line, without tabs.";
        sink.error(Code::InvalidName, node.span, message, hint);
        return None;
    }
    if let Some((_, first)) = seen.iter().find(|(other, _)| *other == name) {
        let message = format!("the name {name:?} of {what} stands twice");
        let diagnostic = Diagnostic::error(Code::DuplicateName, sink.place(node.span), message)
            .with_hint("Rename one of them.")
            .with_related("the first one", sink.place(*first));
        sink.add(diagnostic);
        return None;
    }
    seen.push((name.clone(), node.span));
    Some(name)
}
