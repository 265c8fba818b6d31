//! Rule groups.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::labels::{Texts, texts};
use super::rule::rule;
use crate::load::document::{Group, Groups};
use crate::load::read::{Fields, Sink, fault};
use crate::load::yaml::Node;
use crate::model::definition::RulePlaces;
use crate::model::{Code, Diagnostic, Rule, RuleGroup, Span, Spec};

const FIELDS: &[&str] = &[
    "name",
    "interval",
    "query_offset",
    "limit",
    "labels",
    "partial_response_strategy",
    "rules",
];

/// A rule's name and labels, by which Prometheus tells series apart.
type Identity<'r> = (&'r str, &'r BTreeMap<String, String>);

/// Reads a list of rule groups.
pub(crate) fn groups(node: &Node<'_>, sink: &mut Sink<'_>) -> Groups {
    let mut read = Groups::default();
    let mark = sink.mark();
    let items = sink.list(node, "groups");
    read.fault = sink.fault_since(mark);
    let items = present(items, sink);
    let found = sink.each(&items, |item, sink| {
        let mark = sink.mark();
        group(item, sink).ok_or_else(|| sink.fault_since(mark))
    });
    let mut rules: Vec<Vec<Span>> = Vec::new();
    let mut names: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    for found in found {
        let (group, rule_spans) = match found {
            Ok(found) => found,
            Err(fault) => {
                read.fault = read.fault.take().or(fault);
                continue;
            }
        };
        // Where the name is taken both are faulty.
        if let Some(first) = names.get(&group.name) {
            let first = &mut read.named[*first];
            let diagnostic = duplicate(&group.name, sink.place(group.span), sink.place(first.span));
            first.spec = Err(fault(&diagnostic));
            sink.add(diagnostic);
            continue;
        }
        names.insert(group.name.clone(), read.named.len());
        rules.push(rule_spans);
        read.named.push(group);
    }
    warn_of_duplicate_rules(&read, &rules, sink);
    read
}

/// The error for a group name that is taken.
pub(crate) fn duplicate(
    name: &str,
    second: crate::model::Place,
    first: crate::model::Place,
) -> Diagnostic {
    let message = format!("the group {name:?} is declared twice");
    Diagnostic::error(Code::DuplicateGroup, second, message)
        .with_hint("Rename one of them, or put their rules into one group.")
        .with_related("the other one", first)
}

/// Reads one group and the places of its rules; `None` where it has no name.
fn group(node: &Node<'_>, sink: &mut Sink<'_>) -> Option<(Group, Vec<Span>)> {
    let mark = sink.mark();
    let fields = sink.fields(node, "a rule group", FIELDS)?;
    let (name, span) = name(&fields, sink)?;
    let duration = |field: &str, sink: &mut Sink<'_>| {
        let node = fields.get(field)?;
        sink.duration(node, field)
    };
    let interval = duration("interval", sink);
    let query_offset = duration("query_offset", sink);
    let limit = fields
        .get("limit")
        .and_then(|node| sink.integer(node, "limit"));
    let labels = fields
        .get("labels")
        .map(|node| texts(node, Texts::Labels, sink));
    let partial_response_strategy = fields
        .get("partial_response_strategy")
        .and_then(|node| strategy(node, sink));
    let (rules, (rule_spans, places)) = rules(&fields, sink);
    let group = RuleGroup {
        name: name.clone(),
        interval,
        query_offset,
        limit,
        labels: labels.unwrap_or_default(),
        partial_response_strategy,
        rules,
    };
    let spec = match sink.fault_since(mark) {
        None => Ok(Arc::new(Spec::RuleGroup(group))),
        Some(fault) => Err(fault),
    };
    let name = name.into();
    let group = Group {
        name,
        span,
        rules: places.into(),
        spec,
    };
    Some((group, rule_spans))
}

fn name(fields: &Fields<'_>, sink: &mut Sink<'_>) -> Option<(String, Span)> {
    let node = fields.required("name", sink)?;
    let name = sink.text(node, "the name of a rule group")?;
    if name.is_empty() {
        let message = "a rule group needs a name that is not empty";
        let hint = "Write a name that is unique in this file.";
        sink.error(Code::InvalidName, node.span, message, hint);
        return None;
    }
    Some((name, node.span))
}

/// Thanos Ruler's `store.PartialResponseStrategy`, in any case.
fn strategy(node: &Node<'_>, sink: &mut Sink<'_>) -> Option<String> {
    let text = sink.text(node, "partial_response_strategy")?;
    if text.is_empty() || text.eq_ignore_ascii_case("warn") || text.eq_ignore_ascii_case("abort") {
        return (!text.is_empty()).then_some(text);
    }
    let message = format!("{text:?} is not a partial response strategy");
    sink.error(
        Code::InvalidValue,
        node.span,
        message,
        "Write warn or abort.",
    );
    None
}

/// The rules that could be read, with their places.
fn rules(fields: &Fields<'_>, sink: &mut Sink<'_>) -> (Vec<Rule>, (Vec<Span>, Vec<RulePlaces>)) {
    let Some(node) = fields.get("rules") else {
        return (Vec::new(), (Vec::new(), Vec::new()));
    };
    let items = sink.list(node, "rules");
    let items = present(items, sink);
    let read = sink.each(&items, |item, sink| {
        let (rule, places) = rule(item, sink)?;
        Some((rule, (item.span, places)))
    });
    read.into_iter().flatten().unzip()
}

/// The items that are something. Prometheus passes over empty ones without a word.
fn present<'n>(items: &'n [Node<'n>], sink: &mut Sink<'_>) -> Vec<&'n Node<'n>> {
    for item in items.iter().filter(|item| item.is_null()) {
        let message = "this item is empty, and Prometheus passes over it";
        let diagnostic = Diagnostic::warning(Code::MissingField, sink.place(item.span), message)
            .with_hint("Write what is meant, or take the dash out.");
        sink.add(diagnostic);
    }
    items.iter().filter(|item| !item.is_null()).collect()
}

/// As `promtool` does: two rules of one file with the same name and labels.
fn warn_of_duplicate_rules(read: &Groups, spans: &[Vec<Span>], sink: &mut Sink<'_>) {
    let mut seen: BTreeMap<Identity<'_>, Span> = BTreeMap::new();
    for (group, rule_spans) in read.named.iter().zip(spans) {
        let Ok(spec) = &group.spec else {
            continue;
        };
        let Spec::RuleGroup(rules) = &**spec else {
            continue;
        };
        for (rule, span) in rules.rules.iter().zip(rule_spans) {
            let Some(first) = seen.insert((rule.name.as_str(), &rule.labels), *span) else {
                continue;
            };
            let message = format!("{:?} stands twice with the same labels", rule.name.as_str());
            let diagnostic = Diagnostic::warning(Code::DuplicateRule, sink.place(*span), message)
                .with_hint(
                    "Give them different labels, or take one out: they overwrite each other.",
                )
                .with_related("the other one", sink.place(first));
            sink.add(diagnostic);
        }
    }
}
