//! Every expression of the corpus: rules here, dashboards where variables are understood.

use std::path::{Path, PathBuf};

use serde_yaml::Value;

use super::{Fence, oracle};

/// Where the corpus is, if it is anywhere.
pub(crate) fn folder() -> Option<PathBuf> {
    std::env::var_os("TRUEUP_CORPUS").map(PathBuf::from)
}

/// All files below a folder, sorted.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path)
            } else {
                found.push(path)
            }
        }
    }
    found.sort();
    found
}

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

/// The expressions of all rules.
fn rules(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for path in files(folder) {
        let yaml = path
            .extension()
            .is_some_and(|kind| kind == "yaml" || kind == "yml");
        let Some(text) = yaml.then(|| std::fs::read_to_string(&path).unwrap()) else {
            continue;
        };
        for document in serde_yaml::Deserializer::from_str(&text) {
            let Ok(value) = <Value as serde::Deserialize>::deserialize(document) else {
                break;
            };
            expressions(&value, &mut found);
        }
    }
    found
}

#[test]
fn every_selector_of_every_rule_is_fenced() {
    let Some(folder) = folder() else {
        return;
    };
    let fence = Fence::parse(&[r#"tenant_of=~"payments-.*""#]).unwrap();
    let rules = rules(&folder);
    let (mut looked_at, mut refused) = (0, Vec::new());
    for expr in &rules {
        match fence.inject(expr) {
            Ok(fenced) => {
                looked_at += usize::from(oracle::judge(&fence, expr, &fenced).unwrap());
                oracle::reversible(&fence, expr, &fenced).unwrap();
                let selects = crate::model::promql::parse::read(expr).1.selectors.len();
                assert_eq!(fence.require(expr).is_ok(), selects == 0, "{expr}");
            }
            Err(faults) => refused.push((expr, faults)),
        }
    }
    println!(
        "{} rules, {looked_at} looked at by both parsers",
        rules.len()
    );
    assert!(rules.len() > 1200, "{}", rules.len());
    assert!(looked_at * 100 >= rules.len() * 99, "{looked_at}");
    assert!(refused.is_empty(), "{refused:#?}");
}
