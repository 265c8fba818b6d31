//! Alerting and recording rules, as Prometheus 3.x defines them.
//!
//! Fields newer than Prometheus 2.42 are marked; a target whose server is older holds the group.

use std::collections::BTreeMap;

use super::PromDuration;

/// A rule group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleGroup {
    /// Unique in its file.
    pub name: String,
    pub interval: Option<PromDuration>,
    /// Since Prometheus 2.53.
    pub query_offset: Option<PromDuration>,
    /// Most alerts or series that a rule may produce; 0 is no limit.
    pub limit: Option<i64>,
    /// Labels of every rule of the group, since Prometheus 3.0.
    pub labels: BTreeMap<String, String>,
    /// Thanos Ruler only: `warn` or `abort`.
    pub partial_response_strategy: Option<String>,
    pub rules: Vec<Rule>,
}

/// What a rule makes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleName {
    Alert(String),
    Record(String),
}

impl RuleName {
    /// `alert` or `record`.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Alert(_) => "alert",
            Self::Record(_) => "record",
        }
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Alert(name) | Self::Record(name) => name,
        }
    }
}

/// One rule of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub name: RuleName,
    /// As the author wrote it; this is what is written to the server. It is compared
    /// as `promql::print` prints it.
    pub expr: String,
    pub for_: Option<PromDuration>,
    pub keep_firing_for: Option<PromDuration>,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
}
