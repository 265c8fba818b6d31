//! The verdict of `check` on rules against the real `promtool check rules`.

mod broken;
mod corpus;
mod odd;

use std::process::Command;
use std::sync::Arc;

use libtest_mimic::Trial;
use trueup::load::{Files, Given, Loaded, assemble, parse};
use trueup::model::{BlobId, Diagnostic, Entry, RepoPath, Revision, Snapshot};

pub fn tests() -> Vec<Trial> {
    let tests = [broken::tests(), odd::tests(), corpus::tests()];
    tests.into_iter().flatten().collect()
}

const SET: &str = "apiVersion: trueup.dev/v1alpha1
kind: RuleSet
metadata: { name: all }
spec: { targets: env=prod, files: [rules.yaml] }
";

/// What is said about a rule file that a set places.
fn load_rules(text: &[u8]) -> Loaded {
    load(&[("rules.yaml", text), ("set.yaml", SET.as_bytes())])
}

fn load(files: &[(&str, &[u8])]) -> Loaded {
    let entry = Entry {
        blob: BlobId([0; 20]),
        size: 0,
    };
    let path = |name: &str| RepoPath::new(name).unwrap();
    let snapshot = Snapshot {
        repository: "platform".into(),
        revision: Revision::Unversioned,
        files: files.iter().map(|(name, _)| (path(name), entry)).collect(),
        diagnostics: Vec::new(),
    };
    let parsed = files.iter().map(|(name, text)| {
        let path = path(name);
        let file = Arc::new(parse(&path, text));
        (path, file)
    });
    assemble(
        &snapshot,
        &parsed.collect(),
        &Files::new(),
        &Given::default(),
    )
}

fn errors(loaded: &Loaded) -> Vec<&Diagnostic> {
    let diagnostics = loaded.diagnostics.iter();
    diagnostics
        .filter(|diagnostic| diagnostic.is_error())
        .collect()
}

/// Whether `promtool` accepts a rule file, and what it says.
fn promtool(text: &[u8]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.yaml");
    std::fs::write(&file, text).unwrap();
    let output = Command::new("promtool")
        .args(["check", "rules"])
        .arg(&file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.success(), said)
}
