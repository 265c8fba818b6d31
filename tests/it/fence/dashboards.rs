//! Every dashboard of the corpus, fenced.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;
use trueup::model::grafana_fence::fence_dashboard;
use trueup::model::promql::fence::{Enforce, Fence};

use super::{corpus, files, oracle};

type Dashboards = BTreeMap<String, Value>;

fn add(text: &str, name: String, found: &mut Dashboards) {
    let Ok(body) = serde_json::from_str::<Value>(text) else {
        return;
    };
    if body.get("panels").or(body.get("rows")).is_some() {
        found.insert(name, body);
    }
}

/// All dashboards: files, and texts in lists of `ConfigMap`s.
fn dashboards() -> Dashboards {
    let mut found = Dashboards::new();
    for path in files(&corpus(), &["json"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        add(&text, path.display().to_string(), &mut found);
    }
    for path in files(&corpus(), &["yaml"]) {
        let name = path.display().to_string();
        if !name.to_lowercase().contains("dashboard") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let Ok(list) = serde_yaml::from_str::<serde_yaml::Value>(&text) else {
            continue;
        };
        let items = list.get("items").and_then(|items| items.as_sequence());
        for item in items.into_iter().flatten() {
            let data = item.get("data").and_then(|data| data.as_mapping());
            for (key, text) in data.into_iter().flatten() {
                let (key, text) = (key.as_str().unwrap(), text.as_str().unwrap());
                add(text, format!("{name}#{key}"), &mut found);
            }
        }
    }
    found
}

/// The texts that differ in two bodies of one shape; all `expr` too.
fn pairs<'b>(before: &'b Value, after: &'b Value, key: &str, found: &mut Vec<(&'b str, &'b str)>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for ((key, before), (_, after)) in before.iter().zip(after) {
                pairs(before, after, key, found);
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            for (before, after) in before.iter().zip(after) {
                pairs(before, after, key, found);
            }
        }
        (Value::String(before), Value::String(after)) => {
            if before != after || key == "expr" {
                found.push((before, after));
            }
        }
        _ => assert_eq!(before, after),
    }
}

/// The `PromQL` in the query of a variable.
fn inner(text: &str) -> &str {
    let inner = text
        .strip_prefix("label_values(")
        .and_then(|text| Some(text.rsplit_once(',')?.0));
    inner
        .or_else(|| text.strip_prefix("query_result(")?.strip_suffix(')'))
        .unwrap_or(text)
}

/// A query without variables: in quotes they are names, in brackets durations, elsewhere numbers.
fn plain(text: &str, variable: &Regex) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(found) = variable.find(rest) {
        out.push_str(&rest[..found.start()]);
        // A comment may hold one of them, as in `don't`.
        let line = out.rsplit('\n').next().unwrap();
        let quoted = line.matches(['"', '\'']).count() % 2 == 1;
        let bracket = out.trim_end().ends_with(['[', ':']);
        out.push_str(match (quoted, bracket) {
            (true, _) => "variable",
            (false, true) => "1m",
            (false, false) => "1",
        });
        rest = &rest[found.end()..];
    }
    out.push_str(rest);
    // `[${__range_s}s]`
    out.replace("[1ms]", "[1s]").replace("[1ms:", "[1s:")
}

pub fn every_query() {
    // No regular expression: the other parser compiles it for each selector.
    let fence = Fence::parse(&[r#"tenant_of="payments""#]).unwrap();
    let variable = Regex::new(r"\$\{?\w+\}?").unwrap();
    let dashboards = dashboards();
    let keep = |body: &mut Value, mode| fence_dashboard(body, &fence, mode, &|_| None);
    let (mut fenced, mut looked_at, mut left) = (0, 0, 0);
    let mut refused = Vec::new();
    for (name, before) in &dashboards {
        let mut after = before.clone();
        let faults = keep(&mut after, Enforce::Inject);
        refused.extend(faults.into_iter().map(|fault| (name, fault)));
        let mut found = Vec::new();
        pairs(before, &after, "", &mut found);
        for (before, after) in found {
            if before == after {
                left += 1;
                continue;
            }
            fenced += 1;
            oracle::reversible_text(&fence, before, after).unwrap();
            let (before, after) = (
                plain(inner(before), &variable),
                plain(inner(after), &variable),
            );
            let judged = oracle::judge(&fence, &before, &after).unwrap();
            looked_at += usize::from(judged);
            if !judged {
                println!("not looked at: {before}");
            }
        }
        let mut again = after.clone();
        assert_eq!(keep(&mut again, Enforce::Inject), [], "{name}");
        assert_eq!(again, after);
        assert_eq!(keep(&mut again, Enforce::Require), [], "{name}");
    }
    println!(
        "{} dashboards; {fenced} queries fenced, {looked_at} looked at by both parsers, {left} left",
        dashboards.len()
    );
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(dashboards.len() > 100 && fenced > 3000 && left < 30);
    assert_eq!(looked_at, fenced);
}
