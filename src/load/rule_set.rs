//! `RuleSet` and `PrometheusRule`.

use std::sync::Arc;

use super::document::{Groups, RuleSetDocument, RulesDocument};
use super::meta::{Style, meta};
use super::patterns::FilePattern;
use super::read::{Fields, Sink};
use super::rules::groups;
use super::yaml::Node;
use crate::model::definition::RuleSetKind;
use crate::model::{Code, RepoPath};

/// Reads one document of either kind.
pub(crate) fn rule_set(
    node: &Node<'_>,
    kind: RuleSetKind,
    path: &RepoPath,
    sink: &mut Sink<'_>,
) -> RuleSetDocument {
    let mark = sink.mark();
    let mut read = RuleSetDocument {
        kind,
        meta: None,
        place: sink.place(node.span),
        files: Vec::new(),
        groups: Groups::default(),
        fault: None,
    };
    let (what, fields, spec_what, spec_fields): (_, &[&str], _, &[&str]) = match kind {
        RuleSetKind::RuleSet => (
            "a RuleSet",
            &["apiVersion", "kind", "metadata", "spec"],
            "spec of a RuleSet",
            &["targets", "owner", "files", "groups"],
        ),
        RuleSetKind::PrometheusRule => (
            "a PrometheusRule",
            &["apiVersion", "kind", "metadata", "spec", "status"],
            "spec of a PrometheusRule",
            &["groups"],
        ),
    };
    if let Some(document) = sink.fields(node, what, fields) {
        let spec = document.required("spec", sink);
        let spec = spec.and_then(|node| sink.fields(node, spec_what, spec_fields));
        let style = match kind {
            RuleSetKind::RuleSet => Style::Own,
            RuleSetKind::PrometheusRule => Style::Kubernetes,
        };
        read.meta = meta(&document, spec.as_ref(), style, sink).map(Arc::new);
        if let Some(spec) = &spec {
            read.files = files(spec, path, sink);
        }
        read.fault = sink.fault_since(mark);
        if let Some(node) = spec.and_then(|spec| spec.get("groups")) {
            read.groups = groups(node, sink);
        }
    }
    read.fault = read.fault.or_else(|| read.groups.fault.clone());
    if read.fault.is_none() && read.meta.is_none() {
        read.fault = sink.fault_since(mark);
    }
    read
}

pub(super) fn files(spec: &Fields<'_>, path: &RepoPath, sink: &mut Sink<'_>) -> Vec<FilePattern> {
    let Some(node) = spec.get("files") else {
        return Vec::new();
    };
    let mut patterns = Vec::new();
    for text in sink.texts(node, "files") {
        let span = text.span;
        match FilePattern::compile(path, text) {
            Ok(pattern) => patterns.push(pattern),
            Err(message) => {
                let hint = "Write a path relative to the folder of this file; * stays inside a \
                            folder, ** does not.";
                sink.error(Code::InvalidValue, span, message, hint);
            }
        }
    }
    patterns
}

/// Reads a document of a plain rule file.
pub(crate) fn rules(node: &Node<'_>, sink: &mut Sink<'_>) -> Groups {
    let mark = sink.mark();
    let Some(fields) = sink.fields(node, "a rule file", &["groups"]) else {
        let fault = sink.fault_since(mark);
        return Groups {
            fault,
            ..Groups::default()
        };
    };
    let unknown = sink.fault_since(mark);
    let mut read = match fields.get("groups") {
        Some(node) => groups(node, sink),
        None => Groups::default(),
    };
    read.fault = unknown.or(read.fault);
    read
}

impl RulesDocument {
    /// Reads one document and takes its diagnostics from the sink.
    pub(crate) fn read(node: &Node<'_>, mut sink: Sink<'_>) -> Self {
        let place = sink.place(node.span);
        let duplicate = sink.fault_since(0);
        let mut groups = rules(node, &mut sink);
        if let Some(fault) = duplicate {
            groups.spoil(&fault);
        }
        Self {
            place,
            groups,
            diagnostics: sink.into_found(),
        }
    }
}
