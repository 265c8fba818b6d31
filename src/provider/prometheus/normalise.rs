//! The form in which declared and live groups are compared. One function makes it for both sides, from
//! the group as a file has it.

use std::collections::BTreeMap;

use serde_yaml::Value;

use super::wire::{self, Group, WireRule};
use crate::model::{Canonical, PromDuration, RuleGroup, promql};

/// The field that tells whether the server runs what the file says; declared it is always true.
pub(super) const LOADED: &str = "loaded";

/// The form of a declared group.
pub(super) fn declared(group: &RuleGroup) -> Canonical {
    live(&Group::of(group), true)
}

/// The form of a group that only the server still has.
pub(super) fn residue(rules: &[String]) -> Canonical {
    let rules = rules
        .iter()
        .map(|rule| (rule.clone(), Canonical::Map(BTreeMap::new())));
    Canonical::map([
        (LOADED, Canonical::Bool(true)),
        ("rules", Canonical::keyed(rules)),
    ])
}

/// The form of a group found in a file.
pub(super) fn live(group: &Group, loaded: bool) -> Canonical {
    let Group {
        name: _,
        interval,
        query_offset,
        limit,
        labels,
        partial_response_strategy,
        extra,
        rules,
    } = group;
    let mut fields = Map::of(extra);
    fields.put(LOADED, Some(Canonical::Bool(loaded)));
    fields.put("interval", duration(interval.as_deref()));
    fields.put("query_offset", query_offset.as_deref().map(shown_duration));
    fields.put("limit", limit.as_ref().and_then(number));
    fields.put("labels", texts(labels));
    fields.put(
        "partial_response_strategy",
        text(partial_response_strategy.as_deref()),
    );
    let rules = rules.iter().map(|rule| {
        let expr = rule.expr.as_deref().unwrap_or_default();
        let printed = promql::print(expr).unwrap_or_else(|| expr.trim().to_owned());
        (key(rule), canonical_rule(rule, printed))
    });
    fields.put("rules", Some(Canonical::keyed(rules)));
    fields.done()
}

fn canonical_rule(rule: &WireRule, printed: String) -> Canonical {
    let WireRule {
        alert,
        record,
        expr: _,
        for_,
        keep_firing_for,
        labels,
        annotations,
        extra,
    } = rule;
    let mut fields = Map::of(extra);
    fields.put("alert", text(alert.as_deref()));
    fields.put("record", text(record.as_deref()));
    fields.put("expr", Some(Canonical::text(printed)));
    fields.put("for", duration(for_.as_deref()));
    fields.put("keep_firing_for", duration(keep_firing_for.as_deref()));
    fields.put("labels", texts(labels));
    fields.put("annotations", texts(annotations));
    fields.done()
}

fn key(rule: &WireRule) -> String {
    match (&rule.alert, &rule.record) {
        (Some(name), _) if !name.is_empty() => format!("alert={name}"),
        (_, Some(name)) => format!("record={name}"),
        (_, None) => "alert=".to_owned(),
    }
}

/// Fields of a map, without the absent ones.
struct Map(BTreeMap<std::sync::Arc<str>, Canonical>);

impl Map {
    /// Fields that we do not know, as they are.
    fn of(extra: &BTreeMap<String, Value>) -> Self {
        let known = extra
            .iter()
            .map(|(key, value)| (key.as_str().into(), plain(value)));
        Self(known.collect())
    }

    fn put(&mut self, field: &str, value: Option<Canonical>) {
        if let Some(value) = value {
            self.0.insert(field.into(), value);
        }
    }

    fn done(self) -> Canonical {
        Canonical::Map(self.0)
    }
}

fn text(text: Option<&str>) -> Option<Canonical> {
    let text = text.filter(|text| !text.is_empty())?;
    Some(Canonical::text(text))
}

fn texts(texts: &BTreeMap<String, String>) -> Option<Canonical> {
    if texts.is_empty() {
        return None;
    }
    let fields = texts
        .iter()
        .map(|(key, text)| (key.as_str(), Canonical::text(text.as_str())));
    Some(Canonical::map(fields))
}

/// A duration whose default is zero.
fn duration(text: Option<&str>) -> Option<Canonical> {
    let text = text.filter(|text| !text.is_empty())?;
    if PromDuration::parse(text).is_ok_and(PromDuration::is_zero) {
        return None;
    }
    Some(shown_duration(text))
}

/// As Prometheus prints it; what is no duration stays as it is, and shows in the difference.
fn shown_duration(text: &str) -> Canonical {
    match PromDuration::parse(text) {
        Ok(duration) => Canonical::text(duration.to_string()),
        Err(_) => Canonical::text(text),
    }
}

/// A number whose default is zero.
fn number(value: &Value) -> Option<Canonical> {
    let value = plain(value);
    (value != Canonical::Int(0) && value != Canonical::Null).then_some(value)
}

fn plain(value: &Value) -> Canonical {
    json(&wire::json_of(value))
}

fn json(value: &serde_json::Value) -> Canonical {
    use serde_json::Value;
    match value {
        Value::Null => Canonical::Null,
        Value::Bool(value) => Canonical::Bool(*value),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => Canonical::Int(integer),
            None => Canonical::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => Canonical::text(text.as_str()),
        Value::Array(items) => Canonical::List(items.iter().map(json).collect()),
        Value::Object(fields) => Canonical::map(
            fields
                .iter()
                .map(|(key, value)| (key.as_str(), json(value))),
        ),
    }
}
