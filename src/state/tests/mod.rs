//! The state file as its users see it.

mod cycles;
mod file;
mod memory;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use super::State;
use crate::model::{
    CommitId, Hash, InventoryEntry, RepoPath, ResourceId, ResourceKind, SourceRef, TargetName,
};

/// A folder that goes away, and the path of a state file in it.
fn scratch() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("var/trueup.db");
    (folder, path)
}

fn opened() -> (tempfile::TempDir, State) {
    let (folder, path) = scratch();
    let state = State::open(&path).unwrap();
    (folder, state)
}

fn target(name: &str) -> TargetName {
    TargetName::new(name).unwrap()
}

fn id(name: &str) -> ResourceId {
    ResourceId::new(target("prometheus-eu"), ResourceKind::RuleGroup, name)
}

fn source() -> SourceRef {
    SourceRef {
        repository: Arc::from("platform"),
        file: Arc::from("teams/a/rules.yaml"),
        line: 7,
    }
}

fn entry(content: &str) -> InventoryEntry {
    InventoryEntry {
        hash: Hash::of(content.as_bytes()),
        owner: Some(Arc::from("team-a")),
        source: source(),
        revision: Some(commit(1).to_string()),
    }
}

fn commit(number: u8) -> CommitId {
    CommitId([number; 20])
}

fn path(text: &str) -> RepoPath {
    RepoPath::new(text).unwrap()
}

/// Seconds after a fixed moment.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}
