//! Of which kind the data source of a query is.

use serde_json::{Map, Value};

use super::TypeOf;
use super::variables::Variables;

/// What is known of a data source, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// Declared in the repository as something else, or one of those that Grafana itself is.
    Other,
    /// The dashboard says that it is something else. Grafana goes by the uid, so that proves nothing.
    Perhaps,
    Prometheus,
}

/// The reference that holds for what stands inside an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Around {
    Nothing,
    /// A panel that says nothing of its source: the first query's or the default counts for all.
    Unsaid,
    /// Each query has its own.
    Mixed,
    Is(Source),
}

impl Around {
    /// The source of a query whose own reference this is, inside that one. A panel's reference is put before that of its
    /// queries unless it is mixed; so the more dangerous of the two counts.
    pub(super) fn within(self, outer: Self) -> Source {
        match (self, outer) {
            (Self::Is(own), Self::Is(outer)) => own.max(outer),
            (Self::Is(own), Self::Unsaid) => own.max(Source::Perhaps),
            (Self::Is(own), Self::Mixed | Self::Nothing) => own,
            (Self::Nothing | Self::Unsaid | Self::Mixed, Self::Is(outer)) => outer,
            (
                Self::Nothing | Self::Unsaid | Self::Mixed,
                Self::Nothing | Self::Unsaid | Self::Mixed,
            ) => Source::Prometheus,
        }
    }

    /// What holds inside a field of the object that says this. Only where Grafana looks for it: a source at the root
    /// of a dashboard or of a row says nothing of the panels.
    pub(super) fn handed_on(self, field: &str, outer: Self) -> Self {
        match (field, self) {
            ("targets", Self::Nothing) => Self::Unsaid,
            ("target" | "query" | "spec", Self::Nothing) => outer,
            ("targets" | "target" | "query" | "spec", own) => own,
            _ => Self::Nothing,
        }
    }
}

/// Plugins that send `PromQL`.
fn speaks_promql(kind: &str) -> bool {
    matches!(
        kind,
        "prometheus"
            | "grafana-amazonprometheus-datasource"
            | "grafana-azureprometheus-datasource"
            | "victoriametrics-metrics-datasource"
            | "victoriametrics-datasource"
    )
}

/// What a name of a plugin says where nothing proves it.
fn claimed(kind: &str) -> Source {
    if speaks_promql(kind) || kind.is_empty() || kind == "datasource" {
        Source::Prometheus
    } else {
        Source::Perhaps
    }
}

/// What an object says about its data source: `datasource`, and in `dashboard.grafana.app` the kind of the query.
pub(super) fn of(
    fields: &Map<String, Value>,
    variables: &Variables,
    type_of: TypeOf<'_>,
) -> Around {
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    // v2beta1: `{kind: DataQuery, group: prometheus, datasource: {name}, spec}`; v2alpha1: `{kind: prometheus, spec}`.
    let kind = match text("kind") {
        Some("DataQuery") => text("group"),
        Some(kind)
            if fields.contains_key("spec") && kind.starts_with(|c: char| c.is_lowercase()) =>
        {
            Some(kind)
        }
        Some(_) | None => None,
    };
    let reference = match fields.get("datasource") {
        None | Some(Value::Null) => None,
        Some(reference) => Some(reference),
    };
    match (reference, kind) {
        (None, None) => Around::Nothing,
        (None, Some(kind)) => Around::Is(claimed(kind)),
        (Some(reference), kind) => referenced(reference, kind, variables, type_of),
    }
}

fn referenced(
    reference: &Value,
    kind: Option<&str>,
    variables: &Variables,
    type_of: TypeOf<'_>,
) -> Around {
    let field = |key: &str| reference.get(key).and_then(Value::as_str);
    let (name, kind) = match reference {
        Value::String(name) => (Some(name.as_str()), kind),
        Value::Object(_) => (
            field("uid").or_else(|| field("name")),
            field("type").or(kind),
        ),
        // Grafana makes nothing of it, and takes the default.
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => (None, kind),
    };
    let name = name.unwrap_or_default();
    match name {
        "-- Mixed --" | "mixed" => return Around::Mixed,
        "__expr__" | "-100" | "-- Grafana --" | "grafana" | "-- Dashboard --" => {
            return Around::Is(Source::Other);
        }
        _ => {}
    }
    if let Some(known) = type_of(name).filter(|_| !name.is_empty()) {
        return Around::Is(if speaks_promql(&known) {
            Source::Prometheus
        } else {
            Source::Other
        });
    }
    let by_variable = variables.source_kinds(name).into_iter().map(claimed).max();
    let by_claim = kind.map(claimed);
    // One of them may be a lie.
    Around::Is(by_variable.max(by_claim).unwrap_or(Source::Prometheus))
}
