//! Every dashboard of the corpus, fenced, and its queries looked at with another parser than ours.

use serde_json::Value;

use super::mask::mask;
use super::variables::Variables;
use super::{Enforce, Fence, fence_dashboard};
use crate::model::promql::fence::corpus::{files, folder};
use crate::model::promql::fence::oracle;

fn add(text: &str, name: String, found: &mut Vec<(String, Value)>) {
    let Ok(body) = serde_json::from_str::<Value>(text) else {
        return;
    };
    if body.get("panels").or(body.get("rows")).is_some() {
        found.push((name, body));
    }
}

/// All dashboards: files, and texts in lists of `ConfigMap`s.
fn dashboards() -> Option<Vec<(String, Value)>> {
    let folder = folder()?;
    let mut found = Vec::new();
    for path in files(&folder) {
        let name = path.strip_prefix(&folder).unwrap().display().to_string();
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        if name.ends_with(".json") {
            add(&text, name, &mut found);
        } else if name.contains("ashboard") && name.ends_with(".yaml") {
            let list: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
            let items = list.get("items").and_then(|items| items.as_sequence());
            for item in items.into_iter().flatten() {
                let data = item.get("data").and_then(|data| data.as_mapping());
                for (key, text) in data.into_iter().flatten() {
                    let (key, text) = (key.as_str().unwrap(), text.as_str().unwrap());
                    add(text, format!("{name}#{key}"), &mut found);
                }
            }
        }
    }
    Some(found)
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

#[test]
fn every_query_of_every_dashboard_is_fenced() {
    let Some(dashboards) = dashboards() else {
        return;
    };
    let fence = Fence::parse(&[r#"tenant_of=~"payments-.*""#]).unwrap();
    let (mut whole, mut queries, mut looked_at, mut kept) = (0, 0, 0, 0);
    let mut refused = Vec::new();
    for (name, before) in &dashboards {
        let mut after = before.clone();
        let faults = fence_dashboard(&mut after, &fence, Enforce::Inject, &|_| None);
        whole += usize::from(faults.is_empty());
        refused.extend(faults.into_iter().map(|fault| (name, fault)));
        let variables = Variables::of(before, &|_| None);
        let mut found = Vec::new();
        pairs(before, &after, "", &mut found);
        for (before, after) in found {
            if before == after {
                kept += 1;
                continue;
            }
            let (before, after) = (inner(before), inner(after));
            let masked = |text: &str| mask(text, &variables).unwrap().text;
            queries += 1;
            looked_at +=
                usize::from(oracle::judge(&fence, &masked(before), &masked(after)).unwrap());
        }
        let again = fence_dashboard(&mut after.clone(), &fence, Enforce::Inject, &|_| None);
        assert_eq!(
            again.is_empty(),
            fence_dashboard(&mut after, &fence, Enforce::Require, &|_| None).is_empty()
        );
    }
    println!(
        "{whole} of {} dashboards; {queries} queries fenced, {looked_at} looked at by both parsers, {kept} left",
        dashboards.len()
    );
    for (name, fault) in &refused {
        println!("{name} {} {} {}", fault.pointer, fault.message, fault.hint);
    }
    assert!(looked_at > 3000, "{looked_at}");
    assert!(whole * 100 >= dashboards.len() * 95, "{whole}");
}
