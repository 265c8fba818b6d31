//! What stands in `deploy/`: it fits together, and says the truth about the daemon.

mod cluster;
mod contract;
mod package;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use libtest_mimic::Trial;

use crate::support::{Need, program, test};

pub fn tests() -> Vec<Trial> {
    let own = vec![
        test(
            "deploy::alerts_are_valid",
            &[Need::Program("promtool")],
            || promtool("check", "trueup.rules.yaml"),
        ),
        test(
            "deploy::alerts_fire_when_they_should",
            &[Need::Program("promtool")],
            || promtool("test", "trueup.rules.test.yaml"),
        ),
        test("deploy::alerts_help", &[], alerts_help),
        test(
            "deploy::example_has_the_same_files",
            &[],
            example_has_the_same_files,
        ),
    ];
    [own, cluster::tests(), contract::tests(), package::tests()]
        .into_iter()
        .flatten()
        .collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The documents of a YAML file.
fn documents(path: &str) -> Vec<serde_json::Value> {
    let text = read(path);
    let documents = serde_yaml::Deserializer::from_str(&text);
    documents
        .map(|document| {
            serde::Deserialize::deserialize(document)
                .unwrap_or_else(|error| panic!("{path}: {error}"))
        })
        .collect()
}

/// The rules of the daemon's own alerts.
fn alerts() -> Vec<serde_json::Value> {
    let file = documents("deploy/alerts/trueup.rules.yaml").remove(0);
    let groups = file["groups"].as_array().unwrap().clone();
    let rules = groups
        .iter()
        .map(|group| group["rules"].as_array().unwrap());
    rules.flatten().cloned().collect()
}

fn promtool(verb: &str, file: &str) {
    let output = Command::new(program("promtool").unwrap())
        .args([verb, "rules"])
        .arg(root().join("deploy/alerts").join(file))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// Whoever is woken is told what it means and what to do, and finds more under the alert's name.
fn alerts_help() {
    let runbook = read("deploy/README.md");
    let tests = read("deploy/alerts/trueup.rules.test.yaml");
    let alerts = alerts();
    assert_eq!(alerts.len(), 7);
    for alert in alerts {
        let name = alert["alert"].as_str().unwrap();
        let severity = alert["labels"]["severity"].as_str().unwrap();
        assert!(["page", "ticket"].contains(&severity), "{name}: {severity}");
        let annotations = &alert["annotations"];
        let description = annotations["description"].as_str().unwrap();
        assert!(annotations["summary"].is_string(), "{name}");
        assert!(description.contains("Next: "), "{name}: {description}");
        let link = format!("deploy/README.md#{}", name.to_lowercase());
        assert_eq!(annotations["runbook"], link, "{name}");
        assert!(runbook.contains(&format!("\n### {name}\n")), "{name}");
        assert!(
            tests.contains(&format!("\"{name}\"")) || tests.contains(&format!("alertname: {name}")),
            "no test lets {name} fire"
        );
    }
}

/// A repository cannot refer to what is outside of it.
fn example_has_the_same_files() {
    let example = "platform-repo-example/infrastructure/trueup";
    for (ours, theirs) in [
        ("alerts/trueup.rules.yaml", "rules/trueup.rules.yaml"),
        ("dashboards/trueup.json", "grafana/trueup.json"),
    ] {
        let (ours, theirs) = (format!("deploy/{ours}"), format!("{example}/{theirs}"));
        assert!(
            read(&ours) == read(&theirs),
            "cp {ours} {theirs} # they differ"
        );
    }
}
