//! Rule groups, as in rule files of Prometheus.

use std::collections::BTreeMap;

use schemars::JsonSchema;

/// A rule group.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is of use")]
pub(super) struct RuleGroup {
    /// Unique in its set.
    name: String,
    /// Between two evaluations, such as 1m; the server's own where it is left out.
    interval: Option<String>,
    /// How far back queries look, since Prometheus 2.53.
    query_offset: Option<String>,
    /// Most alerts or series that a rule may produce; 0 is no limit.
    limit: Option<i64>,
    /// Of every rule of the group, since Prometheus 3.0.
    labels: Option<BTreeMap<String, String>>,
    /// Thanos Ruler only: warn or abort.
    partial_response_strategy: Option<String>,
    rules: Option<Vec<Rule>>,
}

/// An alert or a recorded series.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is of use")]
pub(super) struct Rule {
    /// The name of an alert.
    alert: Option<String>,
    /// The name of a recorded series.
    record: Option<String>,
    /// `PromQL`.
    expr: Expression,
    /// How long the expression must hold before the alert fires.
    r#for: Option<String>,
    /// How long the alert goes on firing after the expression held last.
    keep_firing_for: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
}

/// YAML reads `expr: 1` as a number.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its shape is of use")]
enum Expression {
    Text(String),
    Number(f64),
}
