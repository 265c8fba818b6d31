//! The form in which declared and live groups are compared. One function makes it for both sides, from
//! the group as a file has it.

use std::collections::BTreeMap;

use serde_yaml::Value;

use super::wire::{self, Group, WireRule};
use crate::model::{Canonical, PromDuration, RuleGroup, promql};

/// The field that tells whether the server runs what the file says; declared it is always true.
pub(super) const LOADED: &str = "loaded";

/// Of brackets, as deep as they may nest.
const MAX_DEPTH: usize = 100;
/// Of operators and the spaces around them.
const MAX_OPERATORS: usize = 4000;

/// The form of a declared group. Expressions were printed when they were checked, by the same parser; one
/// that was not is printed here, so that both sides are always treated alike.
pub(super) fn declared(group: &RuleGroup) -> Canonical {
    canonical(&Group::of(group), true, &|at, expr| {
        let rule = group.rules.get(at)?;
        match &rule.printed {
            Some(printed) if is_printable(expr) => Some(printed.clone()),
            Some(_) | None => print(expr),
        }
    })
}

/// The form of a group found in a file.
pub(super) fn live(group: &Group, loaded: bool) -> Canonical {
    canonical(group, loaded, &|_, expr| print(expr))
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

/// An expression as `promql-parser` prints it; `None` where it does not know the syntax, or is not asked.
fn print(expr: &str) -> Option<String> {
    if !is_printable(expr) {
        return None;
    }
    promql::print(expr)
}

/// Whether `promql-parser` is asked. Its trees are printed and dropped by recursion, and a hand-edited file
/// may hold anything: what may nest too deep is compared as written. So is a number too long for a
/// duration, which it silently cuts. Both are told roughly, since both sides are told the same.
fn is_printable(expr: &str) -> bool {
    let mut depth: usize = 0;
    let mut operators: usize = 0;
    let mut digits: usize = 0;
    for byte in expr.bytes() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'+' | b'-' | b'*' | b'/' | b'%' | b'^' | b'<' | b'>' | b'=' | b'!' => operators += 1,
            // For `and`, `or`, `unless` and `atan2`, which need it around them.
            space if space.is_ascii_whitespace() => operators += 1,
            _ => {}
        }
        if digits > 9 && byte.is_ascii_lowercase() {
            return false;
        }
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        if depth > MAX_DEPTH || operators > MAX_OPERATORS {
            return false;
        }
    }
    true
}

type Print<'a> = &'a dyn Fn(usize, &str) -> Option<String>;

fn canonical(group: &Group, loaded: bool, print: Print<'_>) -> Canonical {
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
    let rules = rules.iter().enumerate().map(|(at, rule)| {
        let expr = rule.expr.as_deref().unwrap_or_default();
        let printed = print(at, expr).unwrap_or_else(|| expr.trim().to_owned());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_deep_is_compared_as_written() {
        let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
        assert!(print(&nested(100)).is_some());
        assert_eq!(print(&nested(101)), None);
        assert!(print(&format!("1{}", "+1".repeat(MAX_OPERATORS))).is_some());
        assert!(print(&format!("x{}", " or x".repeat(MAX_OPERATORS / 2))).is_some());
        assert_eq!(print(&format!("1{}", "+1".repeat(MAX_OPERATORS + 1))), None);
        assert_eq!(print(&"-".repeat(1_000_000)), None);
        assert_eq!(print("x offset 12345678901s"), None);
    }
}
