//! The model of routing, and the text of the composed file, against Alertmanager's own tool.

use std::path::{Path, PathBuf};
use std::process::Command;

use fastrand::Rng;
use trueup::model::alertmanager::{Labels, compose};
use trueup::provider::alertmanager::wire::{Written, write};

use super::generate;
use crate::support::program;

fn amtool() -> Command {
    Command::new(program("amtool").unwrap())
}

/// A composed file of its own definitions, and the names of the receivers that alerts reach by the model.
fn composed(seed: u64, folder: &Path) -> (PathBuf, impl Fn(&Labels) -> Vec<String> + use<>) {
    let rng = &mut Rng::with_seed(seed);
    let base = generate::base(rng);
    let parts = generate::parts(&generate::routings(rng));
    let text = write(&[], &base, &parts, &|_| Written::Value(String::new()));
    let file = folder.join(format!("{seed}.yml"));
    std::fs::write(&file, text).unwrap();
    let whole = compose(&base, &parts);
    let reached = move |alert: &Labels| {
        let ways = whole.ways(alert);
        ways.iter().map(|step| step.receiver.to_owned()).collect()
    };
    (file, reached)
}

pub fn routes_alike() {
    const FILES: u64 = 100;
    const ALERTS: u64 = 10;
    let folder = tempfile::tempdir().unwrap();
    let mut several = 0;
    for seed in 0..FILES {
        let (file, reached) = composed(seed, folder.path());
        let rng = &mut Rng::with_seed(seed + 1_000_000);
        for _ in 0..ALERTS {
            let alert = generate::alert(rng);
            let expected = reached(&alert);
            several += usize::from(expected.len() > 1);
            let labels = alert.iter().map(|(name, value)| {
                format!(
                    "{name}=\"{}\"",
                    value.replace('\\', "\\\\").replace('"', "\\\"")
                )
            });
            let output = amtool()
                .args(["config", "routes", "test", "--config.file"])
                .arg(&file)
                .args(labels)
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "seed {seed}, {alert:?}: {output:?}"
            );
            let said = String::from_utf8(output.stdout).unwrap();
            let found: Vec<&str> = said.trim().split(',').collect();
            assert_eq!(found, expected, "seed {seed}, {alert:?}");
        }
    }
    assert!(several > 100, "only {several} alerts reached more than one");
}

pub fn takes_composed_files() {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> = (0..1000)
        .map(|seed| composed(seed, folder.path()).0)
        .collect();
    for part in files.chunks(100) {
        let output = amtool().arg("check-config").args(part).output().unwrap();
        assert!(
            output.status.success(),
            "{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
