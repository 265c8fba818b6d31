//! Real rule files on a real Prometheus: everything is loaded, and the second time nothing is touched.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use libtest_mimic::Trial;

use super::ran::{changes, held, touches};
use super::repository::rule_set;
use super::world::{Target, World};
use crate::support::prometheus::Server;
use crate::support::proxy::Proxy;
use crate::support::{Need, test};

const NEEDS: [Need; 2] = [Need::Env("TRUEUP_CORPUS"), Need::Program("prometheus")];

pub fn tests() -> Vec<Trial> {
    vec![test(
        "e2e::corpus::all_of_it_is_loaded_and_then_left_alone",
        &NEEDS,
        corpus,
    )]
}

/// Rule files as they are, each in a set of its own; and manifests. How many groups there are.
fn fill(world: &World) -> usize {
    let corpus = PathBuf::from(std::env::var_os("TRUEUP_CORPUS").unwrap());
    let mut groups = 0;
    let mut mixins = list(&corpus.join("mixins"));
    mixins.retain(|mixin| mixin.join("prometheus").is_dir());
    for mixin in &mixins {
        for file in list(&mixin.join("prometheus")) {
            let name = format!("{}-{}", base(mixin), base(&file).replace(".yaml", ""));
            let text = fs::read_to_string(&file).unwrap();
            groups += count(&text);
            world
                .platform
                .write(&format!("{name}/rules.yaml"), text)
                .write(&format!("{name}/set.yaml"), rule_set(&name, "rules.yaml"));
        }
    }
    for file in list(&corpus.join("kube-prometheus")) {
        let text = fs::read_to_string(&file).unwrap();
        if !text.contains("kind: PrometheusRule\n") {
            continue;
        }
        groups += count(&text);
        let path = format!("manifests/{}", base(&file));
        let placed = text.replacen(
            "metadata:\n",
            "metadata:\n  annotations: { trueup.dev/targets: env=prod }\n",
            1,
        );
        world.platform.write(&path, placed);
    }
    world.platform.commit("The corpus");
    groups
}

/// Counted without the product's own code.
fn count(text: &str) -> usize {
    let names = text.lines().map(|line| line.trim_start_matches([' ', '-']));
    let of_rules = |line: &&str| line.starts_with("rules:");
    names.filter(of_rules).count()
}

fn list(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn base(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn corpus() {
    let mut world = World::new();
    let rules = world.path("rules-one");
    let server = Server::prometheus(&rules);
    let proxy = Proxy::start(server.port);
    world.set_targets([Target::server("one", &proxy.url())]);
    let groups = fill(&world);
    assert!(groups > 100, "{groups}");

    let began = Instant::now();
    let first = world.apply();
    assert_eq!(first["applied"].as_array().unwrap().len(), groups);
    assert_eq!(server.groups().len(), groups);
    let writes = proxy.take_writes();
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert_eq!(writes[0].path, "/-/reload");
    println!("{groups} groups in {:?}", began.elapsed());

    let before = touches(&rules);
    let reloaded = server.metric("prometheus_config_last_reload_success_timestamp_seconds");
    let untouched = |what: &str| {
        let again = world.apply();
        assert!(
            changes(&again).is_empty() && held(&again).is_empty(),
            "{what}"
        );
        assert_eq!(again["unchanged"], groups, "{what}");
        assert_eq!(proxy.take_writes(), [], "{what}");
        assert_eq!(touches(&rules), before, "{what}");
        assert_eq!(
            server.metric("prometheus_config_last_reload_success_timestamp_seconds"),
            reloaded,
            "{what}"
        );
    };
    untouched("the second time");
    world.delete_state();
    untouched("with an empty state");
    world
        .platform
        .write("README.md", "Nothing to do with rules");
    world.platform.commit("An unrelated commit");
    untouched("after an unrelated commit");
}
