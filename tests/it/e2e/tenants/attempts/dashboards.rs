//! Dashboards whose queries reach beyond the fence.

use serde_json::{Value, json};

use super::Attempt;
use crate::e2e::tenants::scene::{board, dashboards};

const FILE: &str = "teams/evil/tried.json";
const SET: &str = "teams/evil/tried.yaml";
const OWN: &str = "namespace=~\\\"evil-.*\\\"";

/// A dashboard with this query, and these variables.
fn tried(title: &str, expr: &str, variables: &[Value]) -> Value {
    let mut board = board("evil-tried", title, expr);
    board["templating"] = json!({"list": variables});
    board
}

fn text(name: &str, kind: &str, query: &str) -> Value {
    json!({"name": name, "type": kind, "query": query, "current": {"text": query, "value": query}})
}

/// The number of the first line that has a text in it.
fn line_of(text: &str, part: &str) -> u64 {
    let at = text
        .find(part)
        .unwrap_or_else(|| panic!("no {part}: {text}"));
    text[..at].matches('\n').count() as u64 + 1
}

/// Refused at the first line that has `place` in it.
fn refused(name: &'static str, board: &Value, place: &str, words: &'static str) -> Attempt {
    refused_above(name, board, place, 0, words)
}

/// The same so many lines above.
fn refused_above(
    name: &'static str,
    board: &Value,
    place: &str,
    lines: u64,
    words: &'static str,
) -> Attempt {
    let text = serde_json::to_string_pretty(board).unwrap();
    let line = line_of(&text, place) - lines;
    Attempt::refused(name, FILE, text, line, words)
        .with(SET, dashboards("tried", "files: [tried.json]"))
}

fn harmless(name: &'static str, board: &Value, carries: &str) -> Attempt {
    let text = serde_json::to_string_pretty(board).unwrap();
    Attempt::harmless(name, FILE, text, carries)
        .with(SET, dashboards("tried", "files: [tried.json]"))
}

pub(super) fn attempts() -> Vec<Attempt> {
    let mut all = variables();
    all.extend(queries_of_variables());
    all.extend(queries());
    all.extend(elsewhere());
    all
}

fn variables() -> Vec<Attempt> {
    let whole = |kind| {
        tried(
            "stolen",
            "$all",
            &[text("all", kind, "up{namespace=~\".*\"}")],
        )
    };
    let could = "could end the text";
    let raw = tried(
        "stolen",
        "up{job=\"${job:raw}\"}",
        &[text("job", "textbox", "x")],
    );
    vec![
        refused(
            "a selector in a textbox",
            &whole("textbox"),
            "\"expr\"",
            could,
        ),
        refused(
            "a selector in a custom variable",
            &whole("custom"),
            "\"expr\"",
            could,
        ),
        refused(
            "a selector in a constant",
            &whole("constant"),
            "\"expr\"",
            could,
        ),
        refused(
            "a metric of any name",
            &tried("stolen", "$all", &[text("all", "textbox", "")]),
            "\"expr\"",
            "where syntax stands",
        ),
        refused(
            "a text that ends early",
            &tried(
                "stolen",
                "up{job=\"$job\"}",
                &[text("job", "custom", "x\"} or up{a=\"")],
            ),
            "\"expr\"",
            could,
        ),
        refused(
            "a variable as it is",
            &raw,
            "\"expr\"",
            "without escapes, by the format raw",
        ),
        refused(
            "a variable for a label",
            &tried(
                "stolen",
                "up{$label=\"x\"}",
                &[text("label", "textbox", "job\", namespace")],
            ),
            "\"expr\"",
            "",
        ),
        refused(
            "nobody's variable",
            &tried("stolen", "$nobody", &[]),
            "\"expr\"",
            "has no variable",
        ),
        harmless(
            "a regex of a variable",
            &tried(
                "Tried",
                "up{namespace=~\"$ns\"}",
                &[text("ns", "textbox", ".*")],
            ),
            &format!("up{{{OWN},namespace=~\\\"$ns\\\"}}"),
        ),
    ]
}

fn queries_of_variables() -> Vec<Attempt> {
    let selects = |query: &str| {
        let variable = json!({"name": "x", "type": "query", "datasource": {"type": "prometheus", "uid": "prom"}, "query": query});
        tried("Tried", "up{job=\"$x\"}", &[variable])
    };
    vec![
        refused(
            "names of labels",
            &selects("label_names()"),
            "\"query\": \"",
            "names the labels of every series",
        ),
        refused(
            "names of metrics",
            &selects("metrics(stolen)"),
            "\"query\": \"",
            "names the metrics of every series",
        ),
        refused(
            "another's values of labels",
            &selects("label_values(up{namespace=\"payments-a\"}, job)"),
            "\"query\": \"",
            "selects nothing",
        ),
        harmless(
            "all values of a label",
            &selects("label_values(job)"),
            &format!("label_values({{{OWN}}}, job)"),
        ),
        harmless(
            "values of a label of a metric",
            &selects("label_values(up, job)"),
            &format!("label_values(up{{{OWN}}}, job)"),
        ),
        harmless(
            "the result of a query",
            &selects("query_result(up)"),
            &format!("query_result(up{{{OWN}}})"),
        ),
    ]
}

fn queries() -> Vec<Attempt> {
    let with_source = |source: Value| {
        let mut board = tried("Tried", "up", &[]);
        board["panels"][0]["datasource"] = source.clone();
        board["panels"][0]["targets"][0]["datasource"] = source;
        board
    };
    let mut in_row = tried("Tried", "up", &[]);
    in_row["panels"] =
        json!([{"id": 9, "type": "row", "collapsed": true, "panels": in_row["panels"]}]);
    let mut in_capitals = tried("Tried", "up", &[]);
    in_capitals["panels"][0]["targets"][0] = json!({"refId": "A", "Expr": "up", "expr": "up"});
    let mut filters = tried("stolen", "up", &[]);
    filters["panels"][0]["targets"][0]["adhocFilters"] =
        json!([{"key": "namespace", "operator": "=", "value": "payments-a"}]);
    let adhoc = json!({
        "name": "filter", "type": "adhoc", "datasource": {"type": "prometheus", "uid": "prom"},
        "filters": [{"key": "namespace", "operator": "=~", "value": ".*"}]
    });
    vec![
        refused(
            "another's series",
            &tried("stolen", "up{namespace=\"payments-a\"}", &[]),
            "\"expr\"",
            "selects nothing",
        ),
        refused_above(
            "filters of a query",
            &filters,
            "\"refId\"",
            1,
            "can replace the matchers",
        ),
        refused_above(
            "filters of a variable",
            &tried("stolen", "up", &[adhoc]),
            "\"name\": \"filter\"",
            1,
            "can replace the matchers",
        ),
        harmless(
            "a panel that claims to be Loki's",
            &with_source(json!({"type": "loki", "uid": "prom"})),
            &format!("\"expr\":\"up{{{OWN}}}\""),
        ),
        harmless(
            "a panel that claims to be Loki's, of a source that is not declared",
            &with_source(json!({"type": "loki", "uid": "elsewhere"})),
            &format!("\"expr\":\"up{{{OWN}}}\""),
        ),
        harmless(
            "a source by its name",
            &with_source(json!("prom")),
            &format!("\"expr\":\"up{{{OWN}}}\""),
        ),
        harmless(
            "no source",
            &with_source(json!(null)),
            &format!("\"expr\":\"up{{{OWN}}}\""),
        ),
        harmless(
            "a panel in a row",
            &in_row,
            &format!("\"expr\":\"up{{{OWN}}}\""),
        ),
        harmless(
            "a query in capitals",
            &in_capitals,
            &format!("\"Expr\":\"up{{{OWN}}}\""),
        ),
    ]
}

fn elsewhere() -> Vec<Attempt> {
    let mut annotated = tried("Tried", "up", &[]);
    annotated["annotations"] = json!({"list": [{
        "name": "Deploys", "enable": true, "datasource": {"type": "prometheus", "uid": "prom"}, "expr": "deploys"
    }]});
    let mut targeted = annotated.clone();
    targeted["annotations"]["list"][0] = json!({
        "name": "Deploys", "datasource": {"type": "prometheus", "uid": "prom"}, "target": {"refId": "A", "expr": "deploys"}
    });
    let mut exported = board("evil-tried", "Tried", "${QUERY}");
    exported["__inputs"] = json!([{"name": "QUERY", "type": "constant", "label": "", "value": ""}]);
    let with_input = |value: &str| {
        dashboards(
            "tried",
            &format!("files: [tried.json], inputs: {{ QUERY: '{value}' }}"),
        )
    };
    let exported_text = serde_json::to_string_pretty(&exported).unwrap();
    let stolen = exported_text.replace("Tried", "stolen");
    let v2 = "apiVersion: dashboard.grafana.app/v1beta1\nkind: Dashboard\nmetadata:\n  name: evil-tried\n  \
              annotations: { trueup.dev/targets: env=prod }\nspec:\n  title: Tried\n  panels:\n  - id: 1\n    type: timeseries\n    \
              targets: [ { refId: A, expr: up } ]\n";
    vec![
        harmless(
            "a query of annotations",
            &annotated,
            &format!("\"expr\":\"deploys{{{OWN}}}\""),
        ),
        harmless(
            "a query of newer annotations",
            &targeted,
            &format!("\"expr\":\"deploys{{{OWN}}}\""),
        ),
        Attempt::harmless(
            "a query by an input",
            FILE,
            exported_text.clone(),
            format!("\"expr\":\"up{{{OWN}}}\""),
        )
        .with(SET, with_input("up")),
        Attempt::refused(
            "another's series by an input",
            FILE,
            stolen.clone(),
            line_of(&stolen, "\"expr\""),
            "selects nothing",
        )
        .with(SET, with_input("up{namespace=\"payments-a\"}")),
        Attempt::harmless(
            "a query in Grafana's own form",
            SET,
            v2,
            format!("\"expr\":\"up{{{OWN}}}\""),
        ),
    ]
}
