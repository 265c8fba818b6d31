//! The rule file: its text, and the groups in it as Prometheus reads them.
//!
//! Fields and their types are those of `rulefmt` in Prometheus 3.x; what it does not know is kept as it
//! is, since a hand-edited file may hold anything. Texts are kept as written even where YAML would
//! read a number (`version: 1.10`), as Prometheus does.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_yaml::Value;

pub(super) use parse::{json_of, parse};

use crate::model::{PromDuration, Rule, RuleGroup, RuleName};

mod parse;

/// A rule group as a file has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Group {
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) interval: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) query_offset: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) limit: Option<Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) partial_response_strategy: Option<String>,
    #[serde(flatten)]
    pub(super) extra: BTreeMap<String, Value>,
    pub(super) rules: Vec<WireRule>,
}

/// A rule as a file has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct WireRule {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) alert: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) record: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expr: Option<String>,
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    pub(super) for_: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) keep_firing_for: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) annotations: BTreeMap<String, String>,
    #[serde(flatten)]
    pub(super) extra: BTreeMap<String, Value>,
}

impl WireRule {
    /// The name under which the server lists it.
    pub(super) fn name(&self) -> &str {
        let name = self.alert.as_deref().filter(|name| !name.is_empty());
        name.or(self.record.as_deref()).unwrap_or_default()
    }
}

impl Group {
    /// What is written for a declared group. Fields with their default value are left out.
    pub(super) fn of(group: &RuleGroup) -> Self {
        let RuleGroup {
            name,
            interval,
            query_offset,
            limit,
            labels,
            partial_response_strategy,
            rules,
        } = group;
        Self {
            name: name.clone(),
            interval: printed(*interval),
            // Zero is not its default: that is the server's `rule_query_offset`.
            query_offset: query_offset.map(|offset| offset.to_string()),
            limit: limit.filter(|limit| *limit != 0).map(Value::from),
            labels: labels.clone(),
            partial_response_strategy: partial_response_strategy.clone(),
            extra: BTreeMap::new(),
            rules: rules.iter().map(WireRule::of).collect(),
        }
    }
}

impl WireRule {
    fn of(rule: &Rule) -> Self {
        let Rule {
            name,
            expr,
            for_,
            keep_firing_for,
            labels,
            annotations,
        } = rule;
        let (alert, record) = match name {
            RuleName::Alert(name) => (Some(name.clone()), None),
            RuleName::Record(name) => (None, Some(name.clone())),
        };
        Self {
            alert,
            record,
            expr: Some(expr.clone()),
            for_: printed(*for_),
            keep_firing_for: printed(*keep_firing_for),
            labels: labels.clone(),
            annotations: annotations.clone(),
            extra: BTreeMap::new(),
        }
    }
}

fn printed(duration: Option<PromDuration>) -> Option<String> {
    let duration = duration.filter(|duration| !duration.is_zero())?;
    Some(duration.to_string())
}

/// What a container's text begins with: the marker line and the key that the groups are under. The texts
/// of the groups follow, sorted by name, so that the same groups give the same bytes.
pub(super) fn head(marker: &str) -> String {
    format!("{marker}\ngroups:\n")
}

/// The text of one group, as an item of the list of groups.
pub(super) fn text(group: &Group) -> Result<String, serde_yaml::Error> {
    serde_yaml::to_string(&[group])
}

#[cfg(test)]
mod tests;
