//! The `Tenant`: what a team may touch.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::document::TenantDocument;
use super::meta::{metadata, name, owner, selector};
use super::read::{Fields, Sink};
use super::rules::is_label_name;
use super::yaml::Node;
use crate::model::grafana::FolderPath;
use crate::model::nearest::suggestion;
use crate::model::promql::fence::Fence;
use crate::model::tenant::{Enforce, Quotas, TenantKind, TenantMetrics, TenantPath};
use crate::model::{Code, EntityRef, Spanned, tenant::Tenant};

const SPEC: &[&str] = &[
    "owner", "paths", "targets", "kinds", "grafana", "metrics", "quotas",
];

/// Reads a `Tenant`. What can be read of one that has faults is kept: its paths are still not the platform's.
pub(crate) fn tenant(node: &Node<'_>, sink: &mut Sink<'_>) -> TenantDocument {
    let mark = sink.mark();
    let place = sink.place(node.span);
    let document = ["apiVersion", "kind", "metadata", "spec"];
    let read = sink
        .fields(node, "a Tenant", &document)
        .and_then(|document| {
            let named = metadata(&document, true, sink).and_then(|fields| name(&fields, sink));
            let spec = document.required("spec", sink);
            let spec = spec.and_then(|spec| sink.fields(spec, "spec of a Tenant", SPEC));
            read(named?, &spec?, sink)
        });
    TenantDocument {
        place,
        tenant: read.map(Arc::new),
        fault: sink.fault_since(mark),
    }
}

fn read(
    (name, span): (String, crate::model::Span),
    spec: &Fields<'_>,
    sink: &mut Sink<'_>,
) -> Option<Tenant> {
    let owner = said_owner(spec, sink);
    let paths = paths(spec, sink);
    let targets = spec.get("targets").and_then(|node| selector(node, sink));
    let kinds = kinds(spec, sink);
    let folder = folder(spec, sink);
    let metrics = metrics(spec, sink);
    let quotas = quotas(spec, sink);
    Some(Tenant {
        name: name.into(),
        place: sink.place(span),
        owner: owner?,
        paths,
        targets,
        kinds,
        folder,
        metrics,
        quotas,
    })
}

fn said_owner(spec: &Fields<'_>, sink: &mut Sink<'_>) -> Option<Spanned<EntityRef>> {
    let node = spec.required("owner", sink)?;
    owner(node, sink).map(|owner| Spanned::new(owner, node.span))
}

fn paths(spec: &Fields<'_>, sink: &mut Sink<'_>) -> Vec<Spanned<TenantPath>> {
    let Some(node) = spec.required("paths", sink) else {
        return Vec::new();
    };
    let texts = sink.texts(node, "paths");
    if texts.is_empty() {
        let hint = "Name a folder such as teams/payments/**, or a file.";
        sink.error(
            Code::InvalidValue,
            node.span,
            "a Tenant owns at least one path",
            hint,
        );
    }
    let mut read = Vec::new();
    for text in texts {
        match TenantPath::parse(&text.value) {
            Ok(path) => read.push(Spanned::new(path, text.span)),
            Err(message) => {
                let hint =
                    "Write a folder from the root of the repository with /** after it, or a file.";
                sink.error(Code::InvalidValue, text.span, message, hint);
            }
        }
    }
    read
}

fn kinds(spec: &Fields<'_>, sink: &mut Sink<'_>) -> BTreeSet<TenantKind> {
    let Some(node) = spec.get("kinds") else {
        return TenantKind::by_default();
    };
    let names: Vec<&str> = TenantKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let mut read = BTreeSet::new();
    for text in sink.texts(node, "kinds") {
        let found = TenantKind::ALL
            .iter()
            .find(|kind| kind.as_str() == text.value);
        match found {
            Some(kind) => _ = read.insert(*kind),
            // Kinds that later versions read are not an error today.
            None if LATER.contains(&text.value.as_str()) => {}
            None => {
                let message = format!("{:?} is not a kind that a tenant can have", text.value);
                let hint = suggestion(&text.value, &names);
                sink.error(Code::InvalidValue, text.span, message, hint);
            }
        }
    }
    read
}

/// Of the abstractions that this version does not have yet.
const LATER: &[&str] = &["Service", "Blueprint", "Objective"];

fn folder(spec: &Fields<'_>, sink: &mut Sink<'_>) -> Option<Spanned<FolderPath>> {
    let grafana = sink.fields(spec.get("grafana")?, "spec.grafana", &["folder"])?;
    let node = grafana.required("folder", sink)?;
    let text = sink.text(node, "folder")?;
    match FolderPath::parse(&text) {
        Ok(path) => Some(Spanned::new(path, node.span)),
        Err(message) => {
            let hint = "Write titles with slashes between: Teams/Payments.";
            sink.error(Code::InvalidValue, node.span, message, hint);
            None
        }
    }
}

fn metrics(spec: &Fields<'_>, sink: &mut Sink<'_>) -> TenantMetrics {
    const FIELDS: &[&str] = &["matchers", "enforce", "labels", "ownerLabel"];
    let fields = spec
        .get("metrics")
        .and_then(|node| sink.fields(node, "spec.metrics", FIELDS));
    let Some(fields) = fields else {
        return TenantMetrics::default();
    };
    let matchers = match fields.get("matchers") {
        Some(node) => sink.texts(node, "matchers"),
        None => Vec::new(),
    };
    let enforce = fields.get("enforce").and_then(|node| enforce(node, sink));
    let owner_label = fields
        .get("ownerLabel")
        .and_then(|node| sink.boolean(node, "ownerLabel"));
    TenantMetrics {
        fence: fence(&matchers, sink),
        matchers,
        enforce: enforce.unwrap_or_default(),
        labels: labels(&fields, sink),
        owner_label: owner_label.unwrap_or_default(),
    }
}

fn fence(matchers: &[Spanned<String>], sink: &mut Sink<'_>) -> Option<Arc<Fence>> {
    let texts: Vec<&str> = matchers.iter().map(|matcher| &*matcher.value).collect();
    match Fence::parse(&texts) {
        Ok(fence) => Some(Arc::new(fence)),
        Err(error) => {
            let span = matchers.get(error.index).map(|matcher| matcher.span);
            let hint = "Write one matcher a text, such as 'namespace=~\"payments-.*\"'.";
            let message = format!("not a matcher of a fence: {}", error.message);
            sink.error(Code::InvalidValue, span.unwrap_or_default(), message, hint);
            None
        }
    }
}

fn enforce(node: &Node<'_>, sink: &mut Sink<'_>) -> Option<Enforce> {
    const KNOWN: &[&str] = &["inject", "require", "off"];
    let text = sink.text(node, "enforce")?;
    match text.as_str() {
        "inject" => Some(Enforce::Inject),
        "require" => Some(Enforce::Require),
        "off" => Some(Enforce::Off),
        other => {
            let message = format!("{other:?} is no way to enforce matchers");
            sink.error(
                Code::InvalidValue,
                node.span,
                message,
                suggestion(other, KNOWN),
            );
            None
        }
    }
}

/// Labels with fixed values: no templates, and no empty ones, which would be none at all.
fn labels(fields: &Fields<'_>, sink: &mut Sink<'_>) -> BTreeMap<String, String> {
    let mut read = BTreeMap::new();
    let labels = fields
        .get("labels")
        .and_then(|node| sink.open_fields(node, "labels"));
    for (key, value) in labels.map_or(&[][..], |labels| labels.entries) {
        let (Some(name), Some(text)) = (sink.text(key, "a label"), sink.text(value, "its value"))
        else {
            continue;
        };
        let wrong = if !is_label_name(&name) || name == "__name__" || name == "alertname" {
            Some(format!("{name:?} is not a label that can be fixed"))
        } else if text.is_empty() || text.contains("{{") {
            Some(format!("the value of {name:?} must be a plain text"))
        } else {
            None
        };
        match wrong {
            None => _ = read.insert(name, text),
            Some(message) => {
                let hint = "Write a label that tells this team from all others: team: payments.";
                sink.error(Code::InvalidLabel, key.span, message, hint);
            }
        }
    }
    read
}

fn quotas(spec: &Fields<'_>, sink: &mut Sink<'_>) -> Quotas {
    let fields = spec
        .get("quotas")
        .and_then(|node| sink.fields(node, "spec.quotas", &["dashboards", "rules"]));
    let mut quota = |name: &'static str| {
        let node = fields.as_ref()?.get(name)?;
        let number = sink.integer(node, name)?;
        let read = u64::try_from(number).ok();
        if read.is_none() {
            let message = format!("{name} cannot be negative");
            sink.error(
                Code::InvalidValue,
                node.span,
                message,
                "Write how many there may be.",
            );
        }
        read
    };
    Quotas {
        dashboards: quota("dashboards"),
        rules: quota("rules"),
    }
}
