//! What a dashboard may hold inside a fence, and how it does not get out.

use rstest::rstest;
use serde_json::{Value, json};

use super::{DashboardFault, Enforce, Fence, fence_dashboard};

const N: &str = "namespace=~\"payments-.*\"";

fn fence() -> Fence {
    Fence::parse(&[N]).unwrap()
}

/// Declared in the repository: `prom` and `logs`.
fn type_of(name: &str) -> Option<String> {
    match name {
        "prom" => Some("prometheus".to_owned()),
        "logs" => Some("loki".to_owned()),
        _ => None,
    }
}

fn fenced(mut body: Value) -> (Value, Vec<DashboardFault>) {
    let faults = fence_dashboard(&mut body, &fence(), Enforce::Inject, &type_of);
    (body, faults)
}

/// One panel with one query and these variables.
fn panel(expr: &str, variables: &Value) -> Value {
    json!({
        "panels": [{"datasource": {"type": "prometheus", "uid": "prom"}, "targets": [{"refId": "A", "expr": expr}]}],
        "templating": {"list": variables},
    })
}

const EXPR: &str = "/panels/0/targets/0/expr";

/// `N` stands for the fence's matcher.
#[rstest]
#[case("up", "up{N}")]
#[case(
    "rate(x{a=\"$x\"}[$__rate_interval])",
    "rate(x{N,a=\"$x\"}[$__rate_interval])"
)]
#[case("x{a=~\"${x}\",b!~'[[x]]|c'}", "x{N,a=~\"${x}\",b!~'[[x]]|c'}")]
#[case("x{namespace=\"$x\"}", "x{N,namespace=\"$x\"}")]
#[case("x{a=~\"${x:regex}\"}", "x{N,a=~\"${x:regex}\"}")]
#[case(
    "increase(x[${__range_s}s]) / $__interval_ms",
    "increase(x{N}[${__range_s}s]) / $__interval_ms"
)]
#[case("x @ ${__to:date:seconds}", "x{N} @ ${__to:date:seconds}")]
#[case("rate(x[$step]) > $limit", "rate(x{N}[$step]) > $limit")]
#[case(
    "rate(x[${limit}m:$step]) # $limit",
    "rate(x{N}[${limit}m:$step]) # $limit"
)]
#[case(
    "topk($limit, sum by ($label) ($metric{a=\"b\"}))",
    "topk($limit, sum by ($label) ($metric{N,a=\"b\"}))"
)]
#[case("job_${metric}_total", "job_${metric}_total{N}")]
#[case("x{$label=\"a\"}", "x{N,$label=\"a\"}")]
#[case(
    "label_replace(x, \"a\", \"$1\", \"b\", \"(.*)\")",
    "label_replace(x{N}, \"a\", \"$1\", \"b\", \"(.*)\")"
)]
#[case("x{a=~\"[[:alpha:]]+\"}", "x{N,a=~\"[[:alpha:]]+\"}")]
#[case("up # it's\n + x{a=\"$x\"}", "up{N} # it's\n + x{N,a=\"$x\"}")]
fn variables_stay_alive(#[case] expr: &str, #[case] wanted: &str) {
    let variables = json!([
        {"name": "x", "type": "query", "query": "label_values(up, a)", "datasource": {"uid": "prom"}, "multi": true,
            "includeAll": true, "allValue": ".+", "current": {"text": "All", "value": ["$__all"]}},
        {"name": "step", "type": "interval", "query": "1m,5m,1h", "auto": true,
            "options": [{"text": "auto", "value": "$__auto_interval_step"}, {"text": "1m", "value": "1m"}]},
        {"name": "limit", "type": "custom", "query": "five : 5, 10", "current": {"text": "10", "value": "10"}},
        {"name": "label", "type": "custom", "query": "pod,node"},
        {"name": "metric", "type": "constant", "query": "up"},
    ]);
    let (body, faults) = fenced(panel(expr, &variables));
    assert_eq!(faults, []);
    let wanted = wanted.replace('N', N);
    assert_eq!(body.pointer(EXPR).unwrap(), &wanted);
    let (again, faults) = fenced(body.clone());
    assert_eq!((again, faults), (body, vec![]));
}

/// Each with one variable `x`, and where it breaks out.
#[rstest]
#[case::whole_selector("$x", json!({"type": "query", "query": "label_values(up, a)"}))]
#[case::by_text("$x", json!({"type": "textbox", "query": "up{a=\"b\"}"}))]
#[case::list("sum($x)", json!({"type": "custom", "query": "up,down", "current": {"value": ["up", "down"]}}))]
#[case::several("$x", json!({"type": "custom", "query": "up", "multi": true}))]
#[case::with_all("$x", json!({"type": "custom", "query": "up", "includeAll": true}))]
#[case::saved_choice("$x", json!({"type": "custom", "query": "up", "current": {"value": "up or y"}}))]
#[case::saved_option("$x", json!({"type": "custom", "query": "up", "options": [{"value": "up or y"}]}))]
#[case::duration("rate(up[$x])", json!({"type": "custom", "query": "5m,5m]) or rate(y[5m"}))]
#[case::duration_queried("rate(up[$x])", json!({"type": "query", "query": "label_values(up, a)"}))]
#[case::function("$x(up)", json!({"type": "custom", "query": "sum"}))]
#[case::operator("up $x up", json!({"type": "custom", "query": "or"}))]
#[case::matchers("up{$x}", json!({"type": "custom", "query": "a"}))]
#[case::rest("up$x", json!({"type": "custom", "query": " or y"}))]
#[case::behind_braces("up{a=\"b\"}$x", json!({"type": "custom", "query": "[5m]"}))]
#[case::quote("up{a=\"$x\"}", json!({"type": "custom", "query": "b\"} or y{c=\""}))]
#[case::quote_constant("up{a=\"$x\"}", json!({"type": "constant", "query": "b\"} or y{c=\""}))]
#[case::quote_saved("up{a=\"$x\"}", json!({"type": "query", "query": "label_values(up, a)", "current": {"value": "b\"} or y{c=\""}}))]
#[case::quote_all("up{a=~\"$x\"}", json!({"type": "query", "query": "label_values(up, a)", "allValue": "b\"} or y{c=\""}))]
#[case::backslash("up{a=\"$x\",b=\" or y{c=\"}", json!({"type": "textbox", "query": "\\"}))]
#[case::line("up # $x", json!({"type": "textbox", "query": "a\nor y"}))]
#[case::nested("up{a=\"$x\"}", json!({"type": "custom", "query": "$y"}))]
#[case::escape("up{a=\"\\$x\"}", json!({"type": "query", "query": "label_values(up, a)"}))]
#[case::raw("up{a=\"${x:raw}\"}", json!({"type": "query", "query": "label_values(up, a)"}))]
#[case::text("up{a=\"${x:text}\"}", json!({"type": "custom", "query": "a"}))]
#[case::doublequote("up{a=\"${x:doublequote}\"}", json!({"type": "custom", "query": "a"}))]
#[case::old_format("up{a=\"[[x:raw]]\"}", json!({"type": "query", "query": "label_values(up, a)"}))]
#[case::path("up{a=\"${x.text}\"}", json!({"type": "custom", "query": "a"}))]
#[case::foreign("up{a=\"$x\"}", json!({"type": "query", "query": "any", "datasource": {"uid": "logs"}}))]
#[case::unknown_type("up{a=\"$x\"}", json!({"type": "adhoc"}))]
#[case::source("$x", json!({"type": "datasource", "query": "prometheus"}))]
#[case::title("up{a=\"${__dashboard}\"}", json!({"type": "custom", "query": "a"}))]
#[case::user("up{a=\"${__user.login}\"}", json!({"type": "custom", "query": "a"}))]
#[case::date("up{a=\"${__from:date:[\"] or up}\"}", json!({"type": "custom", "query": "a"}))]
#[case::undeclared("rate(up[$y])", json!({"type": "custom", "query": "a"}))]
#[case::quote_in_format("up{a=\"${y:\"} or up{b=\"x}\"}", json!({"type": "custom", "query": "a"}))]
#[case::selector_in_format("count_values(\"${y:\", up) or count_values(\"}\", z)", json!({"type": "custom", "query": "a"}))]
#[case::behind_a_comment("up # \"\n$x \"\"", json!({"type": "query", "query": "label_values(up, a)"}))]
#[case::quote_in_name("up{a=\"[[y\"} or up{b=\"z]]\"}", json!({"type": "custom", "query": "a", "name": "y\"} or up{b=\"z"}))]
#[case::odd_name("up{a=\"[[y z]]\"}", json!({"type": "custom", "query": "a", "name": "y z"}))]
#[case::own_interval("rate(up[$__interval])", json!({"type": "custom", "query": "5m", "name": "__interval"}))]
fn variables_do_not_break_out(#[case] expr: &str, #[case] mut variable: Value) {
    if variable.get("name").is_none() {
        variable["name"] = json!("x");
    }
    let (body, faults) = fenced(panel(expr, &json!([variable])));
    assert!(!faults.is_empty(), "{body}");
    assert_eq!(faults[0].pointer, EXPR);
    assert!(!faults[0].message.is_empty() && !faults[0].hint.is_empty());
}

#[test]
fn the_place_is_named() {
    let (_, faults) = fenced(panel("up + x{namespace=\"other\"}", &json!([])));
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].pointer, EXPR);
    assert!(
        faults[0]
            .message
            .starts_with("column 8 of the query: namespace=\"other\" selects"),
        "{faults:?}"
    );
}

/// A name declared twice is as bad as its worse declaration.
#[test]
fn a_second_declaration_does_not_hide_the_first() {
    let bad = json!({"name": "x", "type": "custom", "query": "b\"} or y{c=\""});
    let good = json!({"name": "x", "type": "custom", "query": "b"});
    for list in [json!([bad, good]), json!([good, bad])] {
        assert_eq!(fenced(panel("up{a=\"$x\"}", &list)).1.len(), 1);
    }
}

/// Where a query hides; each must be found.
#[rstest]
#[case(json!({"panels": [{"type": "row", "panels": [{"targets": [{"expr": "up"}]}]}]}), "/panels/0/panels/0/targets/0/expr")]
#[case(json!({"rows": [{"panels": [{"targets": [{"expr": "up"}]}]}]}), "/rows/0/panels/0/targets/0/expr")]
#[case(json!({"panels": [{"targets": [{"expr": "1", "Expr": "up"}]}]}), "/panels/0/targets/0/Expr")]
#[case(json!({"panels": [{"targets": [{"EXPR": "up"}]}]}), "/panels/0/targets/0/EXPR")]
#[case(json!({"annotations": {"list": [{"expr": "up", "datasource": "prom"}]}}), "/annotations/list/0/expr")]
#[case(json!({"annotations": {"list": [{"target": {"expr": "up"}, "datasource": null}]}}), "/annotations/list/0/target/expr")]
#[case(json!({"__elements": {"a": {"model": {"targets": [{"expr": "up"}]}}}}), "/__elements/a/model/targets/0/expr")]
#[case(json!({"panels": [{"alert": {"conditions": [{"query": {"model": {"expr": "up"}}}]}}]}), "/panels/0/alert/conditions/0/query/model/expr")]
#[case(json!({"panels": [{"fieldConfig": {"defaults": {"links": [{"internal": {"query": {"expr": "up"}}}]}}}]}),
    "/panels/0/fieldConfig/defaults/links/0/internal/query/expr")]
#[case(json!({"elements": {"a": {"kind": "Panel", "spec": {"data": {"spec": {"queries": [{"kind": "PanelQuery", "spec":
    {"query": {"kind": "DataQuery", "group": "prometheus", "spec": {"expr": "up"}}}}]}}}}}}),
    "/elements/a/spec/data/spec/queries/0/spec/query/spec/expr")]
#[case(json!({"annotations": [{"kind": "AnnotationQuery", "spec": {"query": {"kind": "prometheus", "spec": {"expr": "up"}}}}]}),
    "/annotations/0/spec/query/spec/expr")]
// A source where Grafana does not look for one.
#[case(json!({"datasource": "logs", "panels": [{"targets": [{"expr": "up"}]}]}), "/panels/0/targets/0/expr")]
#[case(json!({"rows": [{"datasource": "logs", "panels": [{"targets": [{"expr": "up"}]}]}]}), "/rows/0/panels/0/targets/0/expr")]
// The panel's source counts, whatever the query says.
#[case(json!({"panels": [{"datasource": "prom", "targets": [{"datasource": "logs", "expr": "up"}]}]}), "/panels/0/targets/0/expr")]
#[case(json!({"panels": [{"datasource": "-- Mixed --", "targets": [{"datasource": "prom", "expr": "up"}]}]}), "/panels/0/targets/0/expr")]
#[case(json!({"panels": [{"datasource": "-- Mixed --", "targets": [{"expr": "up"}]}]}), "/panels/0/targets/0/expr")]
#[case(json!({"panels": [{"targets": [{"datasource": "logs", "expr": "up"}]}]}), "/panels/0/targets/0/expr")]
// The uid counts, whatever the type says.
#[case(json!({"panels": [{"datasource": {"type": "loki", "uid": "prom"}, "targets": [{"expr": "up"}]}]}), "/panels/0/targets/0/expr")]
#[case(json!({"panels": [{"datasource": {"type": "loki", "uid": "nobody-knows"}, "targets": [{"expr": "up"}]}]}), "/panels/0/targets/0/expr")]
#[case(json!({"panels": [{"datasource": {"type": "loki", "uid": "${ds}"}, "targets": [{"expr": "up"}]}],
    "templating": {"list": [{"name": "ds", "type": "datasource", "query": "loki"}]}}), "/panels/0/targets/0/expr")]
fn queries_are_found(#[case] body: Value, #[case] pointer: &str) {
    let (body, faults) = fenced(body);
    assert_eq!(faults, []);
    let wanted = format!("up{{{N}}}");
    assert_eq!(body.pointer(pointer).unwrap(), &wanted);
}

/// Queries of others, which stay as they are.
#[rstest]
#[case(json!({"panels": [{"datasource": {"type": "prometheus", "uid": "logs"}, "targets": [{"expr": "{a=\"b\"}"}]}]}))]
#[case(json!({"panels": [{"datasource": {"type": "loki", "uid": "nobody"}, "targets": [{"expr": "rate({a=\"b\"} |= `c` [5m])"}]}]}))]
#[case(json!({"panels": [{"datasource": "-- Mixed --", "targets": [{"datasource": "logs", "expr": "{a=\"b\"}"}]}]}))]
#[case(json!({"panels": [{"datasource": "prom", "targets": [{"datasource": {"uid": "__expr__"}, "expression": "$A"}, {"expr": ""}]}]}))]
#[case(json!({"templating": {"list": [{"name": "a", "type": "query", "datasource": "logs", "query": "label_values(b)"}]}}))]
fn others_are_left(#[case] body: Value) {
    let (after, faults) = fenced(body.clone());
    assert_eq!((after, faults), (body, vec![]));
}

#[rstest]
// What pretends to be of another kind, and is of a newer Prometheus.
#[case(json!({"panels": [{"datasource": {"type": "loki", "uid": "x"}, "targets": [{"expr": "rate(up[5m] smoothed)"}]}]}))]
#[case(json!({"panels": [{"datasource": {"type": "loki", "uid": "x"}, "targets": [{"expr": "info(up)"}]}]}))]
#[case(json!({"panels": [{"targets": [{"expr": ["up"]}]}]}))]
#[case(json!({"panels": [{"targets": [{"expr": "up", "adhocFilters": [{"key": "namespace", "operator": "=", "value": "b"}]}]}]}))]
#[case(json!({"panels": [{"targets": [{"expr": "up", "adhocfilters": [{"key": "a"}]}]}]}))]
#[case(json!({"panels": [{"targets": [{"expr": "up", "scopes": [{"title": "a"}]}]}]}))]
#[case(json!({"panels": [{"targets": [{"expr": "up", "ſcopes": [{"title": "a"}]}]}]}))]
#[case(json!({"panels": [{"datasource": {"type": "loki", "uid": "x"}, "targets": [{"expr": "later_function(up)"}]}]}))]
#[case(json!({"panels": [{"datasource": {"type": "loki", "uid": "x"}, "targets": [{"expr": "up default 0 # |"}]}]}))]
#[case(json!({"panels": [{"datasource": {"type": "loki", "uid": "x"}, "targets": [{"expr": "up default 0 # \r |"}]}]}))]
#[case(json!({"panels": [{"datasource": {"type": "loki", "uid": "x"}, "targets": [{"expr": "up{a=\"|\"} default 0"}]}]}))]
#[case(json!({"panels": [{"datasource": {"type": "loki", "uid": "x"}, "targets": [{"expr": "up $x up"}]}]}))]
#[case(json!({"panels": [{"datasource": {"type": "loki", "uid": "x"}, "targets": [{"expr": "up default 0 $x |"}]}],
    "templating": {"list": [{"name": "x", "type": "custom", "query": "#"}]}}))]
#[case(json!({"panels": [{"datasource": {"type": "loki", "uid": "x"}, "targets": [{"expr": "up{a=\"$x\" | \"} default 0"}]}],
    "templating": {"list": [{"name": "x", "type": "custom", "query": "b\"} default 0 # "}]}}))]
#[case(json!({"panels": [{"datasource": {"type": "loki", "uid": "x"}, "targets": [{"expr": "up{a=\"${x:\"} | \"} default 0"}]}],
    "templating": {"list": [{"name": "x", "type": "custom", "query": "b"}]}}))]
#[case(json!({"templating": {"list": [{"name": "f", "type": "adhoc", "filters": [{"key": "namespace", "operator": "!~", "value": "payments-.*"}]}]}}))]
#[case(json!({"templating": {"list": [{"name": "f", "type": "adhoc", "baseFilters": [{"key": "a=\"b\"} or up{x", "operator": "=", "value": "c"}]}]}}))]
#[case(json!({"templating": {"list": [{"name": "f", "type": "adhoc", "filters": [{"key": "a", "operator": "=\"b\"} or up{x=", "value": "c"}]}]}}))]
#[case(json!({"variables": [{"kind": "AdhocVariable", "spec": {"name": "f", "filters": [{"key": "namespace", "value": "b"}]}}]}))]
fn is_refused(#[case] body: Value) {
    assert!(!fenced(body.clone()).1.is_empty(), "{body}");
}

/// What claims to be of another kind is fenced where Prometheus would take it.
#[rstest]
#[case("label_values(a)", "label_values({N}, a)")]
#[case("label_values(up{b=\"c\"}, a)", "label_values(up{N,b=\"c\"}, a)")]
#[case("query_result(later_function(up))", "")]
#[case("SELECT a FROM b", "SELECT a FROM b")]
#[case("{\"find\": \"terms\"}", "{\"find\": \"terms\"}")]
#[case("$b", "")]
fn queries_of_variables_that_claim_to_be_others(#[case] query: &str, #[case] wanted: &str) {
    let (body, faults) = fenced(json!({"templating": {"list": [
        {"name": "a", "type": "query", "query": query, "datasource": {"type": "mysql", "uid": "x"}},
        {"name": "b", "type": "custom", "query": "up or x"},
    ]}}));
    let query = body.pointer("/templating/list/0/query").unwrap();
    if wanted.is_empty() {
        assert!(
            faults[0].hint.contains("declare its data source"),
            "{faults:?}"
        );
    } else {
        assert_eq!((query, faults), (&json!(wanted.replace('N', N)), vec![]));
    }
}

#[rstest]
#[case("label_values(up, a)", "label_values(up{N}, a)")]
#[case("label_values(up{b=\"$b\"},a) ", "label_values(up{N,b=\"$b\"},a) ")]
#[case("label_values(a)", "label_values({N}, a)")]
#[case("label_values({}, a)", "label_values({N}, a)")]
#[case(
    "label_values({__name__=~\"x.*\"}, __name__)",
    "label_values({N,__name__=~\"x.*\"}, __name__)"
)]
#[case("query_result(topk(5, up))", "query_result(topk(5, up{N}))")]
#[case("up", "up{N}")]
#[case("label_names()", "")]
#[case("label_names(up)", "")]
#[case("metrics(.*)", "")]
#[case("label_values(up, $b)", "")]
#[case("label_values(up, a, b)", "")]
#[case("label_values(up{namespace=\"other\"}, a)", "")]
#[case("label_values(up, a) or up", "")]
#[case("$b", "")]
#[case("query_result(up) or (up)", "")]
#[case(" label_values(a)", "")]
fn queries_of_variables(#[case] query: &str, #[case] wanted: &str) {
    type Shape = (&'static str, fn(&str) -> Value);
    let shapes: [Shape; 4] = [
        (
            "/templating/list/0/query",
            |query| json!({"templating": {"list": [{"name": "a", "type": "query", "query": query, "definition": query}]}}),
        ),
        (
            "/templating/list/0/query/query",
            |query| json!({"templating": {"list": [{"name": "a", "type": "query", "query": {"query": query, "refId": "A"}}]}}),
        ),
        ("/variables/0/spec/query/spec/query", |query| {
            json!({"variables": [{"kind": "QueryVariable", "spec": {"name": "a",
                "query": {"kind": "DataQuery", "group": "prometheus", "spec": {"query": query}}}}]})
        }),
        (
            "/variables/0/spec/query/spec/__legacyStringValue",
            |query| {
                json!({"variables": [{"kind": "QueryVariable", "spec": {"name": "a",
                "query": {"kind": "prometheus", "spec": {"__legacyStringValue": query}}}}]})
            },
        ),
    ];
    for (pointer, shape) in shapes {
        let mut body = shape(query);
        let other = json!({"name": "b", "type": "query", "query": "label_values(up, b)"});
        body["more"] = json!({"templating": {"list": [other]}});
        let (body, faults) = fenced(body);
        if wanted.is_empty() {
            assert_eq!(faults.len(), 1, "{body}");
            assert_eq!(faults[0].pointer, pointer);
            continue;
        }
        assert_eq!(faults, [], "{body}");
        let wanted = wanted.replace('N', N);
        assert_eq!(body.pointer(pointer).unwrap(), &wanted);
        if let Some(shown) = body.pointer("/templating/list/0/definition") {
            assert_eq!(shown, &wanted);
        }
    }
}

#[test]
fn the_author_may_have_to_write_it() {
    let require =
        |mut body: Value| fence_dashboard(&mut body, &fence(), Enforce::Require, &type_of);
    let x = json!([{"name": "x", "type": "query", "query": "label_values(up{namespace=\"payments-a\"}, a)"}]);
    for (expr, faults) in [
        ("up{namespace=~\"payments-.*\",a=\"$x\"}", 0),
        ("up{namespace=\"payments-a\"}", 0),
        ("up{namespace=\"$x\"}", 1),
        ("up{namespace=\"payments-$x\"}", 1),
        ("up{namespace=~\"payments-.*|$x\"}", 1),
        ("up", 1),
    ] {
        let body = panel(expr, &x);
        assert_eq!(require(body).len(), faults, "{expr}");
    }
    let values = json!([{"name": "x", "type": "query", "query": "label_values(a)"}]);
    assert_eq!(require(panel("1", &values)).len(), 1);
}
