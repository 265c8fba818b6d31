//! One rule.

use super::labels::{Texts, texts};
use super::names::is_metric_name;
use crate::load::read::{Fields, Sink};
use crate::load::template;
use crate::load::yaml::Node;
use crate::model::definition::RulePlaces;
use crate::model::promql;
use crate::model::{Code, Diagnostic, Rule, RuleName, Span};

const FIELDS: &[&str] = &[
    "record",
    "alert",
    "expr",
    "for",
    "keep_firing_for",
    "labels",
    "annotations",
];

/// Reads a rule; `None` where it has no name or no expression to speak of.
pub(super) fn rule(node: &Node<'_>, sink: &mut Sink<'_>) -> Option<(Rule, RulePlaces)> {
    let fields = sink.fields(node, "a rule", FIELDS)?;
    let name = name(&fields, sink);
    let expr = expression(&fields, sink);
    let for_ = fields
        .get("for")
        .and_then(|node| sink.duration(node, "for"));
    let keep_firing_for = fields
        .get("keep_firing_for")
        .and_then(|node| sink.duration(node, "keep_firing_for"));
    let labels = fields
        .get("labels")
        .map(|node| texts(node, Texts::Labels, sink));
    let annotations = fields
        .get("annotations")
        .map(|node| texts(node, Texts::Annotations, sink));
    let expr = expr?;
    let rule = Rule {
        name: name?,
        expr,
        for_,
        keep_firing_for,
        labels: labels.unwrap_or_default(),
        annotations: annotations.unwrap_or_default(),
    };
    match rule.name {
        RuleName::Record(_) => check_record(&rule, &fields, sink),
        RuleName::Alert(_) => check_templates(&fields, sink),
    }
    let places = places(&fields, &rule);
    Some((rule, places))
}

fn places(fields: &Fields<'_>, rule: &Rule) -> RulePlaces {
    let labels = fields.get("labels");
    let place = |name: &String| {
        let entry = labels.and_then(|labels| labels.entry(name));
        entry.map_or(fields.span, |(key, _)| key.span)
    };
    RulePlaces {
        expr: fields
            .get("expr")
            .map_or(fields.span, |node| node.span)
            .start,
        labels: rule.labels.keys().map(place).collect(),
    }
}

/// `record` or `alert`, exactly one. Their text counts as written: `alert: null` is an alert named
/// null, as in Prometheus, which keeps the node and not its value.
fn name(fields: &Fields<'_>, sink: &mut Sink<'_>) -> Option<RuleName> {
    let written = |field: &str| {
        let (key, value) = fields.entry(field)?;
        let text = value.scalar().map(|scalar| scalar.text)?;
        (!text.is_empty()).then_some((text, key.span))
    };
    match (written("record"), written("alert")) {
        (Some((record, _)), None) => Some(RuleName::Record(record.to_owned())),
        (None, Some((alert, _))) => Some(RuleName::Alert(alert.to_owned())),
        (Some((_, record)), Some((_, alert))) => {
            let message = "a rule has either `record` or `alert`, not both";
            let other = sink.place(record);
            let place = sink.place(alert);
            let diagnostic = Diagnostic::error(Code::InvalidValue, place, message)
                .with_hint("Make two rules of it.")
                .with_related("the other one", other);
            sink.add(diagnostic);
            None
        }
        (None, None) => {
            let start = Span {
                start: fields.span.start,
                end: fields.span.start,
            };
            let message = "a rule needs a name in `record` or `alert`";
            let hint = "Add `alert: <Name>` for an alert, `record: <metric>` for a recording.";
            sink.error(Code::MissingField, start, message, hint);
            None
        }
    }
}

/// The expression.
fn expression(fields: &Fields<'_>, sink: &mut Sink<'_>) -> Option<String> {
    let node = fields.required("expr", sink)?;
    let text = match node.scalar() {
        Some(scalar) if !scalar.text.is_empty() => scalar.text,
        Some(_) => {
            let hint = "Write a PromQL expression.";
            sink.error(Code::MissingField, node.span, "`expr` is empty", hint);
            return None;
        }
        None => {
            let message = format!(
                "`expr` must be a PromQL expression, found {}",
                node.describe()
            );
            sink.error(
                Code::WrongType,
                node.span,
                message,
                "Write the expression as one text.",
            );
            return None;
        }
    };
    for fault in promql::check(text) {
        let place = sink.place(sink.inside(node, fault.from, fault.to));
        let mut diagnostic = match fault.kind {
            promql::Kind::Invalid => Diagnostic::error(Code::PromqlInvalid, place, fault.message),
            promql::Kind::Unknown => Diagnostic::warning(Code::PromqlUnknown, place, fault.message),
            promql::Kind::Useless => Diagnostic::warning(Code::PromqlInvalid, place, fault.message),
        };
        diagnostic.hint = fault.hint;
        sink.add(diagnostic);
    }
    Some(text.to_owned())
}

fn check_record(rule: &Rule, fields: &Fields<'_>, sink: &mut Sink<'_>) {
    let RuleName::Record(name) = &rule.name else {
        return;
    };
    if !is_metric_name(name) {
        let span = fields.get("record").map_or(fields.span, |node| node.span);
        let message = format!("{name:?} is not a metric name");
        let hint = "Use letters, digits, underscores and colons, with no digit at the start.";
        sink.error(Code::InvalidMetricName, span, message, hint);
    }
    let misplaced = [
        ("for", rule.for_.is_some_and(|duration| !duration.is_zero())),
        (
            "keep_firing_for",
            rule.keep_firing_for
                .is_some_and(|duration| !duration.is_zero()),
        ),
        ("annotations", !rule.annotations.is_empty()),
    ];
    for (field, set) in misplaced {
        if let (true, Some((key, _))) = (set, fields.entry(field)) {
            let message = format!("a recording rule has no `{field}`");
            let hint = "Take it out, or make the rule an alert.";
            sink.error(Code::UnknownField, key.span, message, hint);
        }
    }
}

fn check_templates(fields: &Fields<'_>, sink: &mut Sink<'_>) {
    for field in ["labels", "annotations"] {
        let entries = fields.get(field).and_then(Node::entries).unwrap_or(&[]);
        for (_, value) in entries {
            let Some(scalar) = value.scalar() else {
                continue;
            };
            for fault in template::check(scalar.text) {
                let place = sink.place(sink.inside(value, fault.from, fault.to));
                let mut diagnostic = if fault.unchecked {
                    Diagnostic::warning(Code::TemplateUnchecked, place, fault.message)
                } else {
                    Diagnostic::error(Code::TemplateInvalid, place, fault.message)
                };
                diagnostic.hint = fault.hint;
                sink.add(diagnostic);
            }
        }
    }
}
