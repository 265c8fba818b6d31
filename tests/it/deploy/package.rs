//! The image, the unit, and what a package is made of.

use std::process::Command;

use libtest_mimic::Trial;

use super::{read, root};
use crate::support::{Need, program, test};

pub fn tests() -> Vec<Trial> {
    vec![
        test(
            "deploy::image_fits_the_package",
            &[],
            image_fits_the_package,
        ),
        test("deploy::unit_has_its_places", &[], unit_has_its_places),
        test(
            "deploy::unit_is_hardened",
            &[Need::Program("systemd-analyze")],
            unit_is_hardened,
        ),
        test("deploy::completions_name_every_command", &[], completions),
        test("deploy::manual_has_every_command", &[], manual),
    ]
}

fn run(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The commands that `--help` lists.
fn commands() -> Vec<String> {
    let help = run(&["--help"]);
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    let names: Vec<_> = names
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect();
    assert!(names.len() >= 8, "{names:?}");
    names
}

fn completions() {
    for shell in ["bash", "zsh", "fish"] {
        let text = run(&["completions", shell]);
        for command in commands() {
            assert!(text.contains(&command), "{command} in {shell}");
        }
    }
    if let Some(bash) = program("bash") {
        let script = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(script.path(), run(&["completions", "bash"])).unwrap();
        let read = Command::new(bash)
            .arg("-n")
            .arg(script.path())
            .output()
            .unwrap();
        assert!(read.status.success(), "{read:?}");
    }
}

fn manual() {
    let folder = tempfile::tempdir().unwrap();
    run(&["man", folder.path().to_str().unwrap()]);
    let page = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let first = page("trueup.1");
    for command in commands() {
        let dashed = command.replace('-', "\\-");
        assert!(first.contains(&dashed), "{command}");
        assert!(
            page(&format!("trueup-{command}.1")).contains(".SH SYNOPSIS"),
            "{command}"
        );
    }
    assert!(!folder.path().join("trueup-man.1").exists());
}

fn image_fits_the_package() {
    let (image, manifest) = (read("deploy/Dockerfile"), read("Cargo.toml"));
    let field = |text: &str, start: &str| {
        let mut lines = text.lines();
        let value = lines.find_map(|line| line.strip_prefix(start)).unwrap();
        value.trim_matches('"').to_owned()
    };
    assert_eq!(
        field(&image, "ARG RUST_VERSION="),
        field(&manifest, "rust-version = ")
    );
    let (_, dist) = manifest.split_once("[profile.dist]\n").unwrap();
    let (dist, _) = dist.split_once("\n[").unwrap();
    // Without it nothing is stripped.
    assert!(dist.contains("debug = false"), "{dist}");
    // What the build copies is in its context.
    let ignored = read(".dockerignore");
    for kept in ignored.lines().filter_map(|line| line.strip_prefix('!')) {
        assert!(root().join(kept).exists(), "{kept}");
    }
    assert_eq!(ignored.lines().filter(|line| *line == "*").count(), 1);
}

/// What the unit may write is made by what stands beside it.
fn unit_has_its_places() {
    let unit = read("deploy/systemd/trueup.service");
    let folders = read("deploy/systemd/trueup.tmpfiles");
    let users = read("deploy/systemd/trueup.sysusers");
    let values = |key: &str| {
        let lines = unit.lines();
        let values = lines.filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        values.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(values("User"), ["trueup"]);
    assert!(users.contains("\nu trueup "), "{users}");
    let paths = values("ReadWritePaths");
    assert_eq!(paths.len(), 2);
    for path in paths {
        let path = path.trim_start_matches('-');
        let mut lines = folders
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>());
        let line = lines.find(|line| line.get(1) == Some(&path));
        assert_eq!(line.unwrap()[3], "trueup", "{path}");
    }
    let handed = values("LoadCredential").remove(0);
    let (_, folder) = handed.split_once(':').unwrap();
    assert!(folders.contains(&format!("d {folder} ")), "{folders}");
    // The change in hand is finished before it is killed.
    let stop: u64 = values("TimeoutStopSec")[0].parse().unwrap();
    assert!(stop > 30);
}

/// What the unit's comment promises.
fn unit_is_hardened() {
    let unit = root().join("deploy/systemd/trueup.service");
    let output = Command::new(program("systemd-analyze").unwrap())
        .args(["security", "--offline=true", "--no-pager", "--threshold=20"])
        .arg(unit)
        .output()
        .unwrap();
    // Above the threshold, which is ten times the score, it fails.
    assert!(output.status.success(), "{output:?}");
}
