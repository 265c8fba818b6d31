//! The room as a whole: files in, declarations and diagnostics out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Files, Loaded, assemble, parse};
use crate::model::definition::{GroupDefinition, RuleSet};
use crate::model::{
    BlobId, Code, Diagnostic, Entry, Place, RepoPath, Revision, Severity, Snapshot, Spec,
};

pub(crate) fn path(text: &str) -> RepoPath {
    RepoPath::new(text).unwrap()
}

fn parsed(files: &[(&str, &str)]) -> Files {
    let parsed = files.iter().map(|(name, text)| {
        let path = path(name);
        let file = Arc::new(parse(&path, text.as_bytes()));
        (path, file)
    });
    parsed.collect()
}

fn snapshot(files: &[(&str, &str)]) -> Snapshot {
    let entry = Entry {
        blob: BlobId([0; 20]),
        size: 1,
    };
    let files = files.iter().map(|(name, _)| (path(name), entry));
    Snapshot {
        repository: "platform".into(),
        revision: Revision::Unversioned,
        files: files.collect::<BTreeMap<_, _>>(),
        diagnostics: Vec::new(),
    }
}

fn load(files: &[(&str, &str)]) -> Loaded {
    load_after(files, &[])
}

fn load_after(files: &[(&str, &str)], last_good: &[(&str, &str)]) -> Loaded {
    assemble(&snapshot(files), &parsed(files), &parsed(last_good))
}

/// Severity, code, line of each.
fn said(loaded: &Loaded) -> Vec<(&'static str, &'static str, u32)> {
    let said = loaded.diagnostics.iter().map(|diagnostic| {
        let line = diagnostic
            .place
            .as_ref()
            .and_then(crate::model::Place::line);
        (
            diagnostic.severity.as_str(),
            diagnostic.code.as_str(),
            line.unwrap_or(0),
        )
    });
    said.collect()
}

fn only_set(loaded: &Loaded) -> &RuleSet {
    assert_eq!(loaded.declared.rule_sets.len(), 1, "{loaded:#?}");
    &loaded.declared.rule_sets[0]
}

fn names(set: &RuleSet) -> Vec<(&str, bool, bool)> {
    let names = set.groups.iter().map(|group: &GroupDefinition| {
        (
            group.name.as_str(),
            group.validity.is_valid(),
            group.spec.is_some(),
        )
    });
    names.collect()
}

const SET: &str = "
apiVersion: trueup.dev/v1alpha1
kind: RuleSet
metadata: { name: node }
spec:
  targets: env=prod
  owner: team-a
  files: [\"rules/*.yaml\"]
";

const RULES: &str = "
groups:
  - name: node
    interval: 1m
    rules:
      - alert: Down
        expr: up == 0
        for: 5m
        labels: { severity: page }
        annotations:
          summary: \"{{ $labels.instance }} is down\"
  - name: records
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
";

const BROKEN_GROUP: &str = "
groups:
  - name: node
    rules:
      - alert: Down
        expr: up ==
  - name: records
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
";

#[test]
fn a_set_takes_in_its_files() {
    let loaded = load(&[("set.yaml", SET), ("rules/node.yaml", RULES)]);
    assert_eq!(said(&loaded), []);
    let set = only_set(&loaded);
    assert_eq!(names(set), [("node", true, true), ("records", true, true)]);
    assert_eq!(set.meta.owner.as_deref(), Some("team-a"));
    assert_eq!(set.meta.namespace, "default");
    let Some(Spec::RuleGroup(group)) = set.groups[0].spec.as_deref() else {
        panic!("no spec")
    };
    assert_eq!(group.rules[0].printed.as_deref(), Some("up == 0"));
    assert_eq!((loaded.files, loaded.documents, loaded.skipped), (2, 2, 0));
    assert_eq!(loaded.good.len(), 2);
    assert!(loaded.broken.is_empty() && loaded.declared.blocks.is_empty());
}

#[test]
fn an_unchanged_file_gives_the_same_pointers() {
    let files = [("set.yaml", SET), ("rules/node.yaml", RULES)];
    let parsed = parsed(&files);
    let first = assemble(&snapshot(&files), &parsed, &Files::new());
    let second = assemble(&snapshot(&files), &parsed, &Files::new());
    let spec = |loaded: &Loaded| loaded.declared.rule_sets[0].groups[0].spec.clone().unwrap();
    assert!(Arc::ptr_eq(&spec(&first), &spec(&second)));
}

#[test]
fn a_broken_group_stays_at_its_last_good_state() {
    let now = [("set.yaml", SET), ("rules/node.yaml", BROKEN_GROUP)];
    let loaded = load(&now);
    assert_eq!(said(&loaded), [("error", "promql_invalid", 6)]);
    assert_eq!(
        names(only_set(&loaded)),
        [("node", false, false), ("records", true, true)]
    );
    assert!(loaded.broken.contains(&path("rules/node.yaml")));

    let loaded = load_after(&now, &[("rules/node.yaml", RULES)]);
    assert_eq!(
        names(only_set(&loaded)),
        [("node", false, true), ("records", true, true)]
    );
    assert!(loaded.declared.blocks.is_empty());
}

#[test]
fn rules_that_no_set_places_only_warn() {
    let loaded = load(&[("rules/node.yaml", BROKEN_GROUP)]);
    assert_eq!(said(&loaded), [("warning", "promql_invalid", 6)]);
    assert!(loaded.broken.is_empty() && loaded.good.is_empty());
}

#[test]
fn text_that_is_not_yaml() {
    let helm = "a: {{ .Values.x }}\n  b: [\n";
    let code = |loaded: &Loaded| (loaded.diagnostics[0].severity, loaded.diagnostics[0].code);
    // Nobody depends on it.
    let loaded = load(&[("charts/x.yaml", helm)]);
    assert_eq!(code(&loaded), (Severity::Warning, Code::YamlUnparsed));
    assert!(loaded.declared.blocks.is_empty());
    // A set refers to it.
    let loaded = load(&[("set.yaml", SET), ("rules/x.yaml", helm)]);
    assert_eq!(code(&loaded), (Severity::Error, Code::YamlInvalid));
    assert_eq!(loaded.declared.blocks.len(), 1);
    // It has a last good text.
    let loaded = load_after(
        &[("x.yaml", helm), ("rules/a.yaml", RULES)],
        &[("x.yaml", SET)],
    );
    assert_eq!(loaded.diagnostics.len(), 1);
    assert_eq!(code(&loaded), (Severity::Error, Code::YamlInvalid));
    let set = only_set(&loaded);
    assert!(!set.validity.is_valid() && set.groups.len() == 2);
    assert!(loaded.declared.blocks.is_empty());
    // It names a group of ours.
    let ours = format!("apiVersion: trueup.dev/v1alpha1\n{helm}");
    let loaded = load(&[("x.yaml", &ours)]);
    assert_eq!(code(&loaded), (Severity::Error, Code::YamlInvalid));
    assert_eq!(loaded.declared.blocks.len(), 1);
}

#[test]
fn a_file_that_is_too_large_to_read_proves_nothing() {
    let mut snapshot = snapshot(&[("b.yaml", SET)]);
    let place = Place::whole(path("a.yaml"));
    let too_large = Diagnostic::warning(Code::FileTooLarge, place, "too large");
    snapshot.diagnostics.push(too_large);
    let blocked = |loaded: &Loaded| {
        let mut blocks = loaded.declared.blocks.iter();
        blocks.any(|block| block.detail == "a.yaml: too large")
    };
    let files = parsed(&[("b.yaml", SET)]);
    assert!(blocked(&assemble(&snapshot, &files, &Files::new())));
    let before = parsed(&[("a.yaml", SET)]);
    let loaded = assemble(&snapshot, &files, &before);
    assert!(!blocked(&loaded));
    assert_eq!(loaded.declared.rule_sets.len(), 2);
    snapshot.diagnostics[0].code = Code::SymbolicLink;
    assert!(!blocked(&assemble(&snapshot, &files, &Files::new())));
}

#[test]
fn a_rule_file_that_cannot_be_read_stands_at_its_last_good_text() {
    let set = "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata: {name: s}\nspec:\n  \
               targets: a=b\n  files: [\"*.rules.yaml\"]\n";
    let rules = "groups:\n- name: g\n  rules:\n  - {alert: A, expr: up}\n";
    for code in [Code::FileTooLarge, Code::LfsPointer, Code::SymbolicLink] {
        let mut snapshot = snapshot(&[("set.yaml", set)]);
        let place = Place::whole(path("a.rules.yaml"));
        let refused = Diagnostic::warning(code, place, "not read");
        snapshot.diagnostics.push(refused);
        let files = parsed(&[("set.yaml", set)]);
        let loaded = assemble(&snapshot, &files, &parsed(&[("a.rules.yaml", rules)]));
        let group = &only_set(&loaded).groups[0];
        assert!(group.spec.is_some() && !group.validity.is_valid());
        assert!(loaded.declared.blocks.is_empty());
        assert_eq!(loaded.diagnostics[0].severity, Severity::Error);
        // Nobody knows what was in it.
        let loaded = assemble(&snapshot, &files, &Files::new());
        assert_eq!(loaded.declared.blocks[0].detail, "a.rules.yaml: not read");
        assert_eq!(loaded.declared.blocks.len(), 1);
    }
}

#[test]
fn a_platform_that_cannot_be_read_makes_everything_unknown() {
    let mut snapshot = snapshot(&[("set.yaml", SET)]);
    let place = Place::whole(path("trueup.yaml"));
    let refused = Diagnostic::warning(Code::SymbolicLink, place, "not read");
    snapshot.diagnostics.push(refused);
    let loaded = assemble(&snapshot, &parsed(&[("set.yaml", SET)]), &Files::new());
    assert_eq!(
        loaded.declared.unknown.as_deref(),
        Some("trueup.yaml: not read")
    );
}
