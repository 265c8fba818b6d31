//! Backstage's own packages, as npm has them.

use std::io::Write;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::support::npm;

/// What `tests/run` installs.
pub const PACKAGES: &[&str] = &[
    "@backstage/catalog-model",
    "@backstage/plugin-scaffolder-common",
    "yaml",
];

pub const KINDS: &[&str] = &[
    "API",
    "AiResource",
    "Component",
    "Domain",
    "Group",
    "Location",
    "Resource",
    "System",
    "Template",
    "User",
];

#[derive(Debug, Deserialize)]
pub struct Answer {
    pub verdict: Verdict,
    pub kind: String,
    /// Shown where there is a difference.
    #[expect(dead_code, reason = "read by `Debug` alone")]
    pub why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Accepted,
    Rejected,
    /// The envelope is fine, and no validator takes the kind.
    Unknown,
    /// Not of Backstage's groups.
    Foreign,
}

/// What Backstage says of each text.
pub fn judge(texts: &[&str]) -> Vec<Answer> {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("reference.cjs");
    std::fs::write(&script, include_str!("reference.cjs")).unwrap();
    let mut node = Command::new("node")
        .arg(&script)
        .env("NODE_PATH", npm(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // It answers only when it has read everything.
    let question = serde_json::to_vec(texts).unwrap();
    node.stdin.take().unwrap().write_all(&question).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "node failed");
    let answers: Vec<Answer> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answers.len(), texts.len());
    answers
}
