//! A plain Alertmanager file: the platform's own part, which the settings name as `base_file`.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::matchers;
use crate::load::assemble::Loaded;
use crate::load::document::{Document, ParsedFile};
use crate::load::read::{Sink, fault};
use crate::load::tree::Tree;
use crate::load::yaml::{self, Node, Value as NodeValue};
use crate::model::alertmanager::{Base, BaseError, Matcher, Value, check};
use crate::model::definition::{AlertmanagerFile, Validity};
use crate::model::{Code, Diagnostic, Place, RepoPath};

/// One such file, read on its own.
#[derive(Debug)]
pub(crate) struct BaseDocument {
    pub(crate) place: Place,
    /// `Err` names place and fault.
    pub(crate) base: Result<Arc<Base>, String>,
    /// Errors if a target uses the file, else warnings.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl BaseDocument {
    pub(in crate::load) fn read(node: &Node<'_>, mut sink: Sink<'_>) -> Self {
        let place = sink.place(node.span);
        words(node, &mut sink);
        let faults = match Base::new(Value::from(&node.to_json())) {
            Ok(base) => {
                let mut faults = check(&base);
                faults.extend(expressions(&base));
                if faults.is_empty() && sink.fault_since(0).is_none() {
                    return Self {
                        place,
                        base: Ok(Arc::new(base)),
                        diagnostics: sink.into_found(),
                    };
                }
                faults
            }
            Err(fault) => vec![fault],
        };
        for BaseError { at, detail } in faults {
            let span = find(node, &at).unwrap_or(node).span;
            let hint = "Alertmanager refuses such a file; correct it.";
            sink.error(Code::InvalidValue, span, format!("{at}: {detail}"), hint);
        }
        let fault = sink.fault_since(0).unwrap_or_default();
        Self {
            place,
            base: Err(fault),
            diagnostics: sink.into_found(),
        }
    }

    /// Marks it as faulty.
    pub(in crate::load) fn spoil(&mut self, fault: &str) {
        if self.base.is_ok() {
            self.base = Err(fault.to_owned());
        }
    }
}

/// Expressions of matchers that Alertmanager does not take.
fn expressions(base: &Base) -> Vec<BaseError> {
    let of = |at: &str, matchers: &[Matcher]| {
        let faults = matchers.iter().filter_map(matchers::fault);
        let errors = faults.map(|detail| BaseError {
            at: at.to_owned(),
            detail,
        });
        errors.collect::<Vec<_>>()
    };
    let routes = base.route.all();
    let mut faults: Vec<BaseError> = routes
        .iter()
        .flat_map(|route| of("route", &route.matchers))
        .collect();
    for (index, rule) in base.inhibit_rules.iter().enumerate() {
        let at = format!("inhibit_rules[{index}]");
        faults.extend(of(&at, &rule.source));
        faults.extend(of(&at, &rule.target));
    }
    faults
}

/// Words that YAML 1.1, which Alertmanager reads, takes for true and false, and everybody else for texts.
fn words(node: &Node<'_>, sink: &mut Sink<'_>) {
    match &node.value {
        NodeValue::List(items) => items.iter().for_each(|item| words(item, sink)),
        NodeValue::Map(entries) => entries.iter().for_each(|(_, value)| words(value, sink)),
        NodeValue::Scalar(scalar) => {
            let plain = scalar.style == yaml::Style::Plain;
            let word = scalar.text.to_ascii_lowercase();
            if plain && matches!(&*word, "yes" | "no" | "on" | "off" | "y" | "n") {
                let message = format!("{:?} may be a text or a truth value", scalar.text);
                let hint = "Write true or false, or put the text in quotes.";
                sink.error(Code::InvalidValue, node.span, message, hint);
            }
        }
    }
}

/// The node at `route.routes[1]`; of what is missing, the one that should hold it.
fn find<'n>(node: &'n Node<'n>, at: &str) -> Option<&'n Node<'n>> {
    let mut found = node;
    for step in at.split('.') {
        let (field, index) = match step.split_once('[') {
            Some((field, index)) => (field, index.trim_end_matches(']').parse().ok()),
            None => (step, None),
        };
        let Some(next) = found.get(field) else {
            return Some(found);
        };
        found = match (index, &next.value) {
            (None, _) => next,
            (Some(index), NodeValue::List(items)) => items.get::<usize>(index)?,
            (Some(_), NodeValue::Scalar(_) | NodeValue::Map(_)) => return Some(next),
        };
    }
    Some(found)
}

/// The files that targets use as their base, each at its current text or at its last good one.
pub(in crate::load) fn settle<'a>(
    tree: &Tree<'a>,
    base_files: &[RepoPath],
    loaded: &mut Loaded,
) -> HashSet<&'a RepoPath> {
    let mut placed = HashSet::new();
    let mut files = BTreeMap::new();
    for path in base_files {
        let Ok(index) = tree.there().binary_search_by(|there| there.path.cmp(path)) else {
            continue;
        };
        let there = tree.there()[index];
        placed.insert(there.path);
        let current = match there.file {
            None => Err(tree.why(path)),
            Some(file) => current(path, file, &mut loaded.diagnostics),
        };
        let (base, validity) = match current {
            Ok(base) => (Some(base), Validity::Valid),
            Err(detail) => {
                let before = tree.last_good(path).and_then(document);
                let before = before.and_then(|document| document.base.clone().ok());
                (before, Validity::Invalid { detail })
            }
        };
        files.insert(path.clone(), AlertmanagerFile { base, validity });
    }
    loaded.declared.alertmanager_files = files;
    placed
}

/// What a file says, or why it says nothing.
fn current(
    path: &RepoPath,
    file: &ParsedFile,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Arc<Base>, String> {
    if let Some(syntax) = &file.syntax {
        return Err(fault(&syntax.diagnostic));
    }
    if let Some(document) = document(file) {
        return document.base.clone();
    }
    let message =
        "a target has this file as its base_file, but it is no Alertmanager configuration";
    let diagnostic = Diagnostic::error(Code::InvalidValue, Place::whole(path.clone()), message)
        .with_hint("Let it have `route` and `receivers`, and no `apiVersion`.");
    let detail = fault(&diagnostic);
    diagnostics.push(diagnostic);
    Err(detail)
}

fn document(file: &ParsedFile) -> Option<&BaseDocument> {
    file.documents.iter().find_map(|document| match document {
        Document::AlertmanagerFile(document) => Some(document),
        _ => None,
    })
}
