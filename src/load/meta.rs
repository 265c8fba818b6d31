//! `metadata` of definitions: names, and the annotations that are ours.

use super::read::{Fields, Sink};
use super::rules::{is_dns_label, is_dns_subdomain};
use super::yaml::Node;
use crate::model::entity::DEFAULT_NAMESPACE;
use crate::model::grafana::is_uid;
use crate::model::nearest::suggestion;
use crate::model::{Code, Diagnostic, EntityRef, Meta, Selector, Span, Spanned};

const OWN_FIELDS: &[&str] = &["name", "namespace", "labels", "annotations"];

const TARGETS: &str = "trueup.dev/targets";
const OWNER: &str = "trueup.dev/owner";
/// Says what the definition belongs to; whoever owns that owns this.
const COMPONENT: &str = "trueup.dev/component";
const ADOPT: &str = "trueup.dev/adopt";

/// Whose manner a definition follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Ours: placed by `spec.targets`, without fields that we do not know.
    Own,
    /// Of Kubernetes: placed by annotation.
    Kubernetes,
    /// As `Kubernetes`, with a uid for a name.
    Grafana,
}

/// The uid in `metadata.name` of one of Grafana's resources.
fn uid(metadata: &Fields<'_>, sink: &mut Sink<'_>) -> Option<(String, Span)> {
    let node = metadata.required("name", sink)?;
    let name = sink.text(node, "metadata.name")?;
    if is_uid(&name) {
        return Some((name, node.span));
    }
    let message = format!("{name:?} is not a uid");
    sink.error(Code::InvalidName, node.span, message, UID_HINT);
    None
}

pub(crate) const UID_HINT: &str = "Use at most 40 letters, digits, - and _.";

/// The name in `metadata.name` with its place, if there is one and it is a DNS subdomain.
pub(crate) fn name(metadata: &Fields<'_>, sink: &mut Sink<'_>) -> Option<(String, Span)> {
    let node = metadata.required("name", sink)?;
    let name = sink.text(node, "metadata.name")?;
    if is_dns_subdomain(&name) {
        return Some((name, node.span));
    }
    let message = format!("{name:?} is not a name for a definition");
    let hint = "Use lower case letters, digits, - and . (a DNS subdomain).";
    sink.error(Code::InvalidName, node.span, message, hint);
    None
}

/// `metadata` as a mapping. Kubernetes' own kinds may have its many other fields.
pub(crate) fn metadata<'n>(
    document: &Fields<'n>,
    ours: bool,
    sink: &mut Sink<'_>,
) -> Option<Fields<'n>> {
    let node = document.required("metadata", sink)?;
    if ours {
        sink.fields(node, "metadata", OWN_FIELDS)
    } else {
        sink.open_fields(node, "metadata")
    }
}

/// Reads `metadata` and what `spec` adds to it; `None` where the definition has no readable name.
pub(crate) fn meta(
    document: &Fields<'_>,
    spec: Option<&Fields<'_>>,
    style: Style,
    sink: &mut Sink<'_>,
) -> Option<Meta> {
    let ours = style == Style::Own;
    let metadata = metadata(document, ours, sink)?;
    let named = match style {
        Style::Own | Style::Kubernetes => name(&metadata, sink),
        Style::Grafana => uid(&metadata, sink),
    };
    let namespace = namespace(&metadata, sink);
    let annotations = annotations(&metadata, ours, sink);
    let annotated = |name| annotations.as_ref().and_then(|fields| fields.get(name));
    let specified = |name| spec.and_then(|spec| spec.get(name));
    let (targets, owner) = if ours {
        (
            specified("targets"),
            specified("owner").or(annotated(OWNER)),
        )
    } else {
        (annotated(TARGETS), annotated(OWNER))
    };
    let targets = targets.and_then(|node| selector(node, sink));
    let owner = owner.and_then(|node| said(node, "the owner", sink));
    let component = annotated(COMPONENT).and_then(|node| said(node, "the component", sink));
    let adopt = annotations
        .as_ref()
        .is_some_and(|fields| adopt(fields, sink));
    let (name, span) = named?;
    Some(Meta {
        namespace: namespace?,
        name,
        place: sink.place(span),
        targets,
        owner,
        component,
        adopt,
    })
}

/// A text that is not empty, with its place.
fn said(node: &Node<'_>, what: &str, sink: &mut Sink<'_>) -> Option<Spanned<String>> {
    let text = sink.text(node, what)?;
    (!text.is_empty()).then(|| Spanned::new(text, node.span))
}

/// `None` where what is given is no DNS label.
fn namespace(metadata: &Fields<'_>, sink: &mut Sink<'_>) -> Option<String> {
    let Some(node) = metadata.get("namespace") else {
        return Some("default".to_owned());
    };
    let text = sink.text(node, "metadata.namespace")?;
    if text.is_empty() {
        return Some("default".to_owned());
    }
    if is_dns_label(&text) {
        return Some(text);
    }
    let message = format!("{text:?} is not a namespace");
    let hint = "Use lower case letters, digits and - (a DNS label).";
    sink.error(Code::InvalidName, node.span, message, hint);
    None
}

/// `metadata.annotations`; those that start with `trueup.dev/` must be known.
fn annotations<'n>(metadata: &Fields<'n>, ours: bool, sink: &mut Sink<'_>) -> Option<Fields<'n>> {
    let fields = sink.open_fields(metadata.get("annotations")?, "metadata.annotations")?;
    let known: &[&str] = if ours {
        &[OWNER, COMPONENT, ADOPT]
    } else {
        &[TARGETS, OWNER, COMPONENT, ADOPT]
    };
    for (key, _) in fields.entries {
        let Some(text) = key.scalar().map(|scalar| scalar.text) else {
            continue;
        };
        if !text.starts_with("trueup.dev/") || known.contains(&text) {
            continue;
        }
        let hint = match text {
            TARGETS => "Write it as spec.targets.".to_owned(),
            _ => suggestion(text, known),
        };
        let message = format!("{text:?} is not an annotation that is read here");
        sink.error(Code::UnknownField, key.span, message, hint);
    }
    Some(fields)
}

fn adopt(annotations: &Fields<'_>, sink: &mut Sink<'_>) -> bool {
    let Some(node) = annotations.get(ADOPT) else {
        return false;
    };
    let said = node.scalar().and_then(|scalar| match scalar.text {
        "true" => Some(true),
        "false" => Some(false),
        _ => scalar.as_bool(),
    });
    if said.is_none() {
        let message = format!("{ADOPT} must be \"true\" or \"false\"");
        sink.error(Code::InvalidValue, node.span, message, "Write \"true\".");
    }
    said.unwrap_or(false)
}

/// Who owns something: a group where no kind is given; nothing at all is `None`.
pub(crate) fn owner(node: &Node<'_>, sink: &mut Sink<'_>) -> Option<EntityRef> {
    if node.is_null() {
        return None;
    }
    let text = sink.text(node, "the owner")?;
    match EntityRef::parse(&text, Some("Group"), DEFAULT_NAMESPACE) {
        Ok(owner) => Some(owner),
        Err(message) => {
            let hint = "Name a group of the catalog, such as group:default/payments.";
            sink.error(Code::InvalidValue, node.span, message, hint);
            None
        }
    }
}

/// A label selector; nothing at all is `None`.
pub(crate) fn selector(node: &Node<'_>, sink: &mut Sink<'_>) -> Option<Spanned<Selector>> {
    let text = sink.text(node, "a selector")?;
    if node.is_null() {
        return None;
    }
    match Selector::parse(&text) {
        Ok(selector) => Some(Spanned::new(selector, node.span)),
        Err(error) => {
            let from = text
                .char_indices()
                .nth(error.offset)
                .map_or(text.len(), |(at, _)| at);
            let place = sink.place(sink.inside(node, from, from + 1));
            let message = format!("not a label selector: {}", error.message);
            let diagnostic = Diagnostic::error(Code::SelectorInvalid, place, message)
                .with_hint("Write conditions with commas between: env=prod,region in (eu,us).");
            sink.add(diagnostic);
            None
        }
    }
}
