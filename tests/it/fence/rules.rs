//! The expressions of all rules of the corpus.

use std::fmt::Write as _;
use std::process::Command;

use serde_yaml::Value;
use trueup::model::promql::fence::Fence;

use super::{corpus, files, oracle};

fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Mapping(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text) if key.as_str() == Some("expr") => found.push(text.clone()),
                    value => expressions(value, found),
                }
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| expressions(item, found)),
        Value::Tagged(tagged) => expressions(&tagged.value, found),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn rules() -> Vec<String> {
    let mut found = Vec::new();
    for path in files(&corpus(), &["yaml", "yml"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        for document in serde_yaml::Deserializer::from_str(&text) {
            let Ok(value) = <Value as serde::Deserialize>::deserialize(document) else {
                break;
            };
            expressions(&value, &mut found);
        }
    }
    assert!(found.len() > 1200, "{}", found.len());
    found
}

fn fence() -> Fence {
    Fence::parse(&[r#"tenant_of=~"payments-.*""#]).unwrap()
}

pub fn every_selector() {
    let fence = fence();
    let rules = rules();
    let mut looked_at = 0;
    for expr in &rules {
        let fenced = fence.inject(expr).unwrap();
        looked_at += usize::from(oracle::judge(&fence, expr, &fenced).unwrap());
        oracle::reversible(&fence, expr, &fenced).unwrap();
        assert_eq!(fence.require(expr).is_ok(), *expr == fenced, "{expr}");
    }
    println!(
        "{} rules, {looked_at} of them looked at by both parsers",
        rules.len()
    );
    assert_eq!(looked_at, rules.len());
}

/// The parser that counts.
pub fn prometheus_takes_them() {
    let fence = fence();
    let mut file = String::from("groups:\n- name: fenced\n  rules:\n");
    for (index, expr) in rules().iter().enumerate() {
        let fenced = fence.inject(expr).unwrap();
        let quoted = serde_json::to_string(&*fenced).unwrap();
        writeln!(file, "  - {{record: \"r{index}\", expr: {quoted}}}").unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.yaml");
    std::fs::write(&path, file).unwrap();
    let told = Command::new("promtool")
        .args(["check", "rules"])
        .arg(&path)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&told.stderr);
    assert!(told.status.success(), "{text}");
}
