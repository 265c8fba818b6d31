//! What a run of the binary left behind, and how to read it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A run that ended.
pub struct Ran {
    command: String,
    /// -1 where a signal ended it.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            command: format!("{command:?}"),
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            command,
            code,
            stdout,
            stderr,
        } = self;
        write!(f, "{command}: exit {code}\n{stdout}{stderr}")
    }
}

/// `<action> <id>` of each change.
pub fn changes(plan: &Value) -> Vec<String> {
    lines(plan, "changes", |_| String::new())
}

/// `<action> <id>: <reason>` of everything held.
pub fn held(plan: &Value) -> Vec<String> {
    lines(plan, "held", |held| format!(": {}", text(&held["reason"])))
}

/// `<action> <id>: <result>` of everything applied.
pub fn applied(apply: &Value) -> Vec<String> {
    lines(apply, "applied", |done| {
        format!(": {}", text(&done["result"]))
    })
}

fn lines(value: &Value, list: &str, rest: impl Fn(&Value) -> String) -> Vec<String> {
    let entries = value[list].as_array();
    let entries = entries.unwrap_or_else(|| panic!("no {list}: {value:#}"));
    let line = |entry: &Value| {
        let (action, id) = (text(&entry["action"]), text(&entry["id"]));
        format!("{action} {id}{}", rest(entry))
    };
    entries.iter().map(line).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

/// The details of everything held, in one text.
pub fn details(plan: &Value) -> String {
    let held = plan["held"].as_array().unwrap();
    let details: Vec<&str> = held.iter().map(|held| text(&held["detail"])).collect();
    details.join("\n")
}

/// The keys of an object, in order.
#[track_caller]
pub fn keys(value: &Value) -> Vec<&str> {
    let object = value.as_object();
    let object = object.unwrap_or_else(|| panic!("no object: {value}"));
    object.keys().map(String::as_str).collect()
}

/// What tells an untouched file: bytes, inode, time of change.
#[derive(Clone, PartialEq, Eq)]
pub struct Touch {
    bytes: Vec<u8>,
    inode: u64,
    modified: (i64, i64),
}

impl std::fmt::Debug for Touch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            bytes,
            inode,
            modified,
        } = self;
        let length = bytes.len();
        write!(f, "{length} bytes, inode {inode}, modified {modified:?}")
    }
}

/// Every file below a folder.
pub fn touches(folder: &Path) -> BTreeMap<PathBuf, Touch> {
    let mut found = BTreeMap::new();
    collect(folder, &mut found);
    found
}

fn collect(folder: &Path, found: &mut BTreeMap<PathBuf, Touch>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
            continue;
        }
        let meta = path.metadata().unwrap();
        // The daemon's socket: there is nothing to read.
        if meta.file_type().is_socket() {
            continue;
        }
        let touch = Touch {
            bytes: fs::read(&path).unwrap(),
            inode: meta.ino(),
            modified: (meta.mtime(), meta.mtime_nsec()),
        };
        found.insert(path, touch);
    }
}

/// Panics where two looks at a folder differ, and names the files.
#[track_caller]
pub fn same(before: &BTreeMap<PathBuf, Touch>, after: &BTreeMap<PathBuf, Touch>) {
    let paths = before.keys().chain(after.keys());
    let differ: Vec<_> = paths
        .filter(|path| before.get(*path) != after.get(*path))
        .map(|path| (path, before.get(path), after.get(path)))
        .collect();
    assert!(differ.is_empty(), "{differ:#?}");
}
