//! The JSON of `render`, `plan` and `apply`, as the contract has it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::model::{
    Change, Diagnostic, FieldChange, Held, Outcome, Resource, Rule, RuleGroup, SourceRef, Spec,
    TargetName,
};
use crate::plan::Plan;

mod alertmanager;
mod grafana;

/// What surrounds a plan.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    pub instance: &'a str,
    pub revision: Option<&'a str>,
    pub digest: &'a str,
    pub orphaned: &'a BTreeMap<TargetName, usize>,
    pub diagnostics: &'a [Diagnostic],
}

/// `trueup.dev/plan/v1`
pub fn plan(plan: &Plan, frame: Frame<'_>) -> Value {
    let mut object = Map::new();
    object.insert("schema".into(), "trueup.dev/plan/v1".into());
    object.append(&mut body(plan, frame));
    Value::Object(object)
}

/// `trueup.dev/apply/v1`
pub fn apply(plan: &Plan, outcomes: &[Outcome], frame: Frame<'_>) -> Value {
    let mut object = Map::new();
    object.insert("schema".into(), "trueup.dev/apply/v1".into());
    object.append(&mut body(plan, frame));
    let mut sorted: Vec<&Outcome> = outcomes.iter().collect();
    // As texts: plans have an order of kinds, of which programs know nothing.
    sorted.sort_by_cached_key(|outcome| outcome.id.to_string());
    let applied = sorted.iter().map(|outcome| {
        json!({
            "id": outcome.id.to_string(),
            "action": outcome.action.as_str(),
            "result": outcome.result.as_str(),
            "error": outcome.error,
            "duration_ms": u64::try_from(outcome.duration.as_millis()).unwrap_or(u64::MAX),
        })
    });
    object.insert("applied".into(), applied.collect());
    Value::Object(object)
}

fn body(plan: &Plan, frame: Frame<'_>) -> Map<String, Value> {
    let Frame {
        instance,
        revision,
        digest,
        orphaned,
        diagnostics,
    } = frame;
    let orphaned: Map<String, Value> = orphaned
        .iter()
        .map(|(target, count)| (target.to_string(), Value::from(*count)))
        .collect();
    let mut changes = plan.changes();
    changes.sort_by_cached_key(|change| change.id.to_string());
    let mut all_held = plan.held();
    all_held.sort_by_cached_key(|held| id_of(held));
    let value = json!({
        "instance": instance,
        "revision": revision,
        "digest": digest,
        "changes": changes.into_iter().map(change).collect::<Vec<_>>(),
        "held": all_held.into_iter().map(held).collect::<Vec<_>>(),
        "unchanged": plan.unchanged(),
        "orphaned": orphaned,
        "diagnostics": super::diagnostics::json(diagnostics),
    });
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

fn change(change: &Change) -> Value {
    let id = &change.id;
    json!({
        "id": id.to_string(),
        "target": id.target.as_str(),
        "kind": id.kind.as_str(),
        "name": &*id.name,
        "action": change.action.as_str(),
        "owner": change.owner.as_deref(),
        "source": change.source.as_ref().map(source),
        "impact": change.impact,
        "fields": change.fields.iter().map(field).collect::<Vec<_>>(),
    })
}

/// An absent side is left out; null stands for a null there.
fn field(field: &FieldChange) -> Value {
    let mut object = Map::new();
    object.insert("path".into(), field.path.clone().into());
    if let Some(before) = &field.before {
        object.insert("before".into(), before.clone());
    }
    if let Some(after) = &field.after {
        object.insert("after".into(), after.clone());
    }
    Value::Object(object)
}

/// One held entry, as `plan` and `status` show it.
pub fn held(held: &Held) -> Value {
    let id = held.id.as_ref();
    json!({
        "id": id_of(held),
        "target": held.target.as_str(),
        "kind": id.map(|id| id.kind.as_str()),
        "name": id.map(|id| &*id.name),
        "action": held.action.map(crate::model::Action::as_str),
        "reason": held.reason.as_str(),
        "detail": held.detail,
        "source": held.source.as_ref().map(source),
    })
}

/// Of a target that is held as a whole it is the target.
fn id_of(held: &Held) -> String {
    let id = held.id.as_ref();
    id.map_or_else(|| held.target.to_string(), ToString::to_string)
}

/// Where something was declared.
pub fn source(source: &SourceRef) -> Value {
    json!({
        "repository": &*source.repository,
        "file": &*source.file,
        "line": source.line,
    })
}

/// `trueup.dev/render/v1`; `hash` is of the canonical form, given by `hash_of`.
pub fn render<'a>(
    resources: impl Iterator<Item = &'a Resource>,
    revision: Option<&str>,
    diagnostics: &[Diagnostic],
    hash_of: &dyn Fn(&Resource) -> Option<String>,
) -> Value {
    let mut sorted: Vec<&Resource> = resources.collect();
    sorted.sort_by_cached_key(|resource| resource.id.to_string());
    let resources = sorted.into_iter().map(|resource| {
        let id = &resource.id;
        json!({
            "id": id.to_string(),
            "target": id.target.as_str(),
            "kind": id.kind.as_str(),
            "name": &*id.name,
            "owner": resource.owner.as_deref(),
            "source": source(&resource.source),
            "hash": hash_of(resource),
            "body": spec(&resource.spec),
        })
    });
    json!({
        "schema": "trueup.dev/render/v1",
        "revision": revision,
        "resources": resources.collect::<Vec<_>>(),
        "diagnostics": super::diagnostics::json(diagnostics),
    })
}

/// The body of a resource, in the server's own words.
pub fn spec(spec: &Spec) -> Value {
    match spec {
        Spec::RuleGroup(group) => rule_group(group),
        Spec::Folder(folder) => grafana::folder(folder),
        Spec::DataSource(source) => grafana::data_source(source),
        Spec::Dashboard(dashboard) => grafana::dashboard(dashboard),
        Spec::Route(fenced) => alertmanager::route(fenced),
        Spec::RouteBase(base) => alertmanager::base(base),
    }
}

fn rule_group(group: &RuleGroup) -> Value {
    let RuleGroup {
        name,
        interval,
        query_offset,
        limit,
        labels,
        partial_response_strategy,
        rules,
    } = group;
    let mut object = Map::new();
    object.insert("name".into(), name.clone().into());
    let mut optional = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            object.insert(key.into(), value);
        }
    };
    optional("interval", interval.map(|d| d.to_string().into()));
    optional("query_offset", query_offset.map(|d| d.to_string().into()));
    optional("limit", limit.map(Value::from));
    optional("labels", non_empty(labels));
    optional(
        "partial_response_strategy",
        partial_response_strategy.clone().map(Value::from),
    );
    object.insert("rules".into(), rules.iter().map(rule).collect());
    Value::Object(object)
}

fn rule(rule: &Rule) -> Value {
    let Rule {
        name,
        expr,
        for_,
        keep_firing_for,
        labels,
        annotations,
    } = rule;
    let mut object = Map::new();
    object.insert(name.field().into(), name.as_str().into());
    object.insert("expr".into(), expr.clone().into());
    let mut optional = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            object.insert(key.into(), value);
        }
    };
    optional("for", for_.map(|d| d.to_string().into()));
    optional(
        "keep_firing_for",
        keep_firing_for.map(|d| d.to_string().into()),
    );
    optional("labels", non_empty(labels));
    optional("annotations", non_empty(annotations));
    Value::Object(object)
}

fn non_empty(map: &BTreeMap<String, String>) -> Option<Value> {
    (!map.is_empty()).then(|| {
        let entries = map.iter().map(|(k, v)| (k.clone(), Value::from(v.clone())));
        Value::Object(entries.collect())
    })
}
