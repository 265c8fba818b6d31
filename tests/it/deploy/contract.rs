//! Alerts and dashboard ask for what the daemon counts, and for nothing else.

use std::collections::BTreeSet;

use libtest_mimic::Trial;
use promql_parser::label::Matchers;
use promql_parser::parser::{AggregateExpr, Expr, LabelModifier, VectorSelector, parse};
use promql_parser::util::{ExprVisitor, walk_expr};
use serde_json::Value;

use super::{alerts, read};
use crate::support::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test(
            "deploy::contract_is_what_is_counted",
            &[],
            contract_is_what_is_counted,
        ),
        test(
            "deploy::alerts_use_the_contract",
            &[],
            alerts_use_the_contract,
        ),
        test(
            "deploy::dashboard_uses_the_contract",
            &[],
            dashboard_uses_the_contract,
        ),
        test("deploy::dashboard_is_whole", &[], dashboard_is_whole),
    ]
}

/// The metrics that others may rely on, with their labels.
const METRICS: [(&str, &[&str]); 13] = [
    ("trueup_cycle_duration_seconds", &[]),
    ("trueup_cycles_total", &["result"]),
    ("trueup_target_last_success_timestamp_seconds", &["target"]),
    ("trueup_target_paused", &["target"]),
    ("trueup_pending_deletes", &["target"]),
    ("trueup_resources", &["target", "kind", "state"]),
    (
        "trueup_changes_total",
        &["target", "kind", "action", "result"],
    ),
    (
        "trueup_provider_request_duration_seconds",
        &["target", "method", "status_class"],
    ),
    ("trueup_git_fetch_duration_seconds", &[]),
    ("trueup_git_fetch_failures_total", &[]),
    ("trueup_revision_info", &["revision"]),
    ("trueup_build_info", &["version"]),
    // Prometheus' own.
    ("up", &[]),
];

/// What every scrape adds.
const SCRAPED: [&str; 2] = ["job", "instance"];

fn contract_is_what_is_counted() {
    let source = read("src/telemetry/metrics.rs");
    let (source, _) = source.split_once("#[cfg(test)]").unwrap();
    let words = source.split('"').filter(|word| {
        let mut characters = word.chars();
        word.starts_with("trueup_") && characters.all(|c| c.is_ascii_lowercase() || c == '_')
    });
    let counted: BTreeSet<_> = words.collect();
    let table = METRICS.iter().map(|(name, _)| *name);
    let table: BTreeSet<_> = table.filter(|name| *name != "up").collect();
    assert_eq!(counted, table);
}

fn alerts_use_the_contract() {
    for alert in alerts() {
        check(alert["expr"].as_str().unwrap());
    }
}

fn dashboard() -> Value {
    serde_json::from_str(&read("deploy/dashboards/trueup.json")).unwrap()
}

fn panels(dashboard: &Value) -> &[Value] {
    dashboard["panels"].as_array().unwrap()
}

fn queries(panel: &Value) -> impl Iterator<Item = &str> {
    let targets = panel["targets"].as_array().into_iter().flatten();
    targets.map(|target| target["expr"].as_str().unwrap())
}

fn dashboard_uses_the_contract() {
    let dashboard = dashboard();
    let mut asked = BTreeSet::new();
    let annotations = dashboard["annotations"]["list"].as_array().unwrap();
    let annotations = annotations.iter().filter_map(|one| one["expr"].as_str());
    let queries = panels(&dashboard).iter().flat_map(queries);
    for query in queries.chain(annotations) {
        asked.extend(check(&query.replace("$__rate_interval", "5m")));
    }
    // All that is counted can be seen.
    let table = METRICS.iter().map(|(name, _)| *name);
    let table: BTreeSet<_> = table.filter(|name| *name != "up").collect();
    let asked: BTreeSet<_> = asked.iter().map(String::as_str).collect();
    assert_eq!(asked, table);
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    for variable in variables.iter().filter(|one| one["type"] == "query") {
        let query = variable["definition"].as_str().unwrap();
        let inner = query.strip_prefix("label_values(").unwrap();
        let (selector, label) = inner.strip_suffix(')').unwrap().rsplit_once(", ").unwrap();
        let metric = check(selector).into_iter().next().unwrap();
        allowed(&metric, label);
    }
}

fn dashboard_is_whole() {
    let dashboard = dashboard();
    assert_eq!(dashboard["uid"], "trueup");
    let rows = panels(&dashboard)
        .iter()
        .filter(|panel| panel["type"] == "row");
    let rows: Vec<_> = rows.map(|row| row["title"].as_str().unwrap()).collect();
    assert_eq!(
        rows,
        [
            "Are we in sync?",
            "What changed?",
            "What waits?",
            "How long does it take?"
        ]
    );
    let mut ids = BTreeSet::new();
    for panel in panels(&dashboard) {
        let title = panel["title"].as_str().unwrap();
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}");
        if panel["type"] == "row" {
            continue;
        }
        assert!(panel["description"].is_string(), "{title}");
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
        for target in panel["targets"].as_array().unwrap() {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{title}");
        }
    }
}

/// Parses a query and holds its names to the table; the metrics that it asks for, histograms by their own name.
fn check(query: &str) -> BTreeSet<String> {
    let expr = parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let mut names = Names::default();
    walk_expr(&mut names, &expr).unwrap();
    assert!(!names.metrics.is_empty(), "{query}");
    for label in &names.grouped {
        let metrics = names.metrics.iter();
        let known = SCRAPED.contains(&label.as_str())
            || label == "le"
            || metrics
                .clone()
                .any(|metric| labels(metric).contains(&label.as_str()));
        assert!(known, "{label} in {query}");
    }
    names.metrics
}

#[derive(Default)]
struct Names {
    metrics: BTreeSet<String>,
    /// Labels that stand in `by`, `on` and the like.
    grouped: BTreeSet<String>,
}

impl ExprVisitor for Names {
    type Error = String;

    fn pre_visit(&mut self, expr: &Expr) -> Result<bool, String> {
        match expr {
            Expr::VectorSelector(selector) => self.selector(selector),
            Expr::MatrixSelector(matrix) => self.selector(&matrix.vs),
            Expr::Aggregate(AggregateExpr { modifier, .. }) => self.modifier(modifier.as_ref()),
            Expr::Binary(binary) => {
                let modifier = binary.modifier.as_ref();
                self.modifier(modifier.and_then(|modifier| modifier.matching.as_ref()));
            }
            _ => {}
        }
        Ok(true)
    }
}

impl Names {
    fn selector(&mut self, selector: &VectorSelector) {
        let asked = selector.name.as_deref().unwrap();
        let metric = ["_bucket", "_count", "_sum"]
            .iter()
            .find_map(|end| asked.strip_suffix(end))
            .unwrap_or(asked);
        let Matchers {
            matchers,
            or_matchers,
        } = &selector.matchers;
        for matcher in matchers.iter().chain(or_matchers.iter().flatten()) {
            allowed(metric, &matcher.name);
        }
        assert!(METRICS.iter().any(|(name, _)| *name == metric), "{metric}");
        self.metrics.insert(metric.to_owned());
    }

    fn modifier(&mut self, modifier: Option<&LabelModifier>) {
        if let Some(LabelModifier::Include(labels) | LabelModifier::Exclude(labels)) = modifier {
            self.grouped.extend(labels.labels.iter().cloned());
        }
    }
}

fn labels(metric: &str) -> &'static [&'static str] {
    let entry = METRICS.iter().find(|(name, _)| *name == metric);
    entry.unwrap_or_else(|| panic!("{metric} is not counted")).1
}

fn allowed(metric: &str, label: &str) {
    assert!(
        labels(metric).contains(&label) || SCRAPED.contains(&label),
        "{metric} has no label {label}"
    );
}
