//! The room as a whole: files in, declarations and diagnostics out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Files, Given, Loaded, assemble, parse};
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
    assemble(
        &snapshot(files),
        &parsed(files),
        &parsed(last_good),
        &Given::default(),
    )
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
            &*group.name,
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
    assert_eq!(set.meta.owner.as_ref().map(|o| &*o.value), Some("team-a"));
    assert_eq!(set.meta.namespace, "default");
    let Some(Spec::RuleGroup(_)) = set.groups[0].spec.as_deref() else {
        panic!("no spec")
    };
    assert_eq!((loaded.files, loaded.documents, loaded.skipped), (2, 2, 0));
    assert_eq!(loaded.good.len(), 2);
    assert!(loaded.broken.is_empty() && loaded.declared.blocks.is_empty());
}

#[test]
fn an_unchanged_file_gives_the_same_pointers() {
    let files = [("set.yaml", SET), ("rules/node.yaml", RULES)];
    let parsed = parsed(&files);
    let first = assemble(&snapshot(&files), &parsed, &Files::new(), &Given::default());
    let second = assemble(&snapshot(&files), &parsed, &Files::new(), &Given::default());
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
    assert!(blocked(&assemble(
        &snapshot,
        &files,
        &Files::new(),
        &Given::default()
    )));
    let before = parsed(&[("a.yaml", SET)]);
    let loaded = assemble(&snapshot, &files, &before, &Given::default());
    assert!(!blocked(&loaded));
    assert_eq!(loaded.declared.rule_sets.len(), 2);
    snapshot.diagnostics[0].code = Code::SymbolicLink;
    assert!(!blocked(&assemble(
        &snapshot,
        &files,
        &Files::new(),
        &Given::default()
    )));
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
        let loaded = assemble(
            &snapshot,
            &files,
            &parsed(&[("a.rules.yaml", rules)]),
            &Given::default(),
        );
        let group = &only_set(&loaded).groups[0];
        assert!(group.spec.is_some() && !group.validity.is_valid());
        assert!(loaded.declared.blocks.is_empty());
        assert_eq!(loaded.diagnostics[0].severity, Severity::Error);
        // Nobody knows what was in it.
        let loaded = assemble(&snapshot, &files, &Files::new(), &Given::default());
        assert_eq!(loaded.declared.blocks[0].detail, "a.rules.yaml: not read");
        assert_eq!(loaded.declared.blocks.len(), 1);
    }
}

const PLATFORM: &str = "
apiVersion: trueup.dev/v1alpha1
kind: Platform
metadata: { name: acme }
spec:
  exclude: [\"charts/**\"]
  defaults: { targets: env=prod }
";

#[test]
fn a_platform_narrows_and_places() {
    let files = [
        ("charts/x.yaml", "{{ template }}\na: [\n"),
        ("trueup.yaml", PLATFORM),
    ];
    let loaded = load(&files);
    assert_eq!(said(&loaded), []);
    let platform = loaded.declared.platform.unwrap();
    assert_eq!(
        platform.default_targets.unwrap().value.to_string(),
        "env=prod"
    );
    assert_eq!(loaded.files, 1);
    assert_eq!(loaded.declared.unknown, None);
}

#[test]
fn a_platform_that_is_refused_makes_everything_unknown() {
    let mut snapshot = snapshot(&[("set.yaml", SET)]);
    let place = Place::whole(path("trueup.yaml"));
    let refused = Diagnostic::warning(Code::SymbolicLink, place, "not read");
    snapshot.diagnostics.push(refused);
    let loaded = assemble(
        &snapshot,
        &parsed(&[("set.yaml", SET)]),
        &Files::new(),
        &Given::default(),
    );
    assert_eq!(
        loaded.declared.unknown.as_deref(),
        Some("trueup.yaml: not read")
    );
}

#[test]
fn a_platform_that_cannot_be_read_makes_everything_unknown() {
    let twice = format!("{PLATFORM}---{PLATFORM}");
    let unknown_field = PLATFORM.replace("exclude", "excludes");
    let broken = [
        ("trueup.yaml", "a: [\n"),
        ("trueup.yaml", unknown_field.as_str()),
        ("trueup.yaml", twice.as_str()),
        // Moved: without its settings everything would be placed differently.
        ("config/trueup.yaml", PLATFORM),
        ("trueup.yml", PLATFORM),
    ];
    for (name, text) in broken {
        let loaded = load(&[(name, text), ("set.yaml", SET), ("rules/a.yaml", RULES)]);
        assert!(loaded.declared.unknown.is_some(), "{name}: {text}");
        assert!(loaded.declared.platform.is_none());
        assert_eq!(loaded.diagnostics.len(), 1, "{:#?}", loaded.diagnostics);
    }
    // In the snapshot, and not handed in.
    let snapshot = snapshot(&[("trueup.yaml", "")]);
    let loaded = assemble(&snapshot, &Files::new(), &Files::new(), &Given::default());
    assert!(loaded.declared.unknown.is_some());
}

#[test]
fn a_pattern_without_files_holds_deletes() {
    let loaded = load(&[("set.yaml", SET)]);
    assert_eq!(said(&loaded), [("error", "files_empty", 8)]);
    assert_eq!(loaded.declared.blocks.len(), 1);
    // Only what is hidden or excluded matches: that is said.
    let loaded = load(&[
        ("set.yaml", &SET.replace("*.yaml", "*.txt")),
        ("rules/a.txt", ""),
    ]);
    assert!(
        loaded.diagnostics[0].message.contains("not read"),
        "{loaded:#?}"
    );
}

#[test]
fn a_group_twice_in_a_set_is_left_to_those_who_know_which_was_first() {
    let loaded = load(&[
        ("set.yaml", SET),
        ("rules/a.yaml", RULES),
        ("rules/b.yaml", RULES),
    ]);
    assert_eq!(said(&loaded), []);
    assert_eq!(only_set(&loaded).groups.len(), 4);
}

#[test]
fn a_file_in_two_sets_is_fine() {
    let other = SET.replace("name: node", "name: other");
    let loaded = load(&[("a.yaml", SET), ("b.yaml", &other), ("rules/a.yaml", RULES)]);
    assert_eq!(said(&loaded), []);
    assert_eq!(loaded.declared.rule_sets.len(), 2);
}

#[test]
fn a_broken_set_is_shown_where_it_stands_today() {
    let good = "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata: { name: a }\n\
        spec: { targets: env=prod, groups: [] }\n";
    let moved = format!(
        "# moved\n{}",
        good.replace("groups: []", "groups: [], fles: []")
    );
    let loaded = load_after(&[("set.yaml", &moved)], &[("set.yaml", good)]);
    let set = &loaded.declared.rule_sets[0];
    assert!(!set.validity.is_valid());
    assert_eq!(set.meta.place.line(), Some(4));
}

#[test]
fn a_broken_set_stands_at_its_last_good_text() {
    let broken = SET.replace("owner", "ownr");
    let now = [("set.yaml", broken.as_str()), ("rules/a.yaml", RULES)];
    let loaded = load(&now);
    assert_eq!(said(&loaded), [("error", "unknown_field", 7)]);
    let set = only_set(&loaded);
    assert!(!set.validity.is_valid() && set.groups.is_empty());
    assert!(loaded.broken.contains(&path("set.yaml")));
    assert!(loaded.good.contains(&path("rules/a.yaml")));

    let loaded = load_after(&now, &[("set.yaml", SET)]);
    let set = only_set(&loaded);
    assert!(!set.validity.is_valid() && set.groups.len() == 2);
    assert_eq!(set.meta.owner.as_ref().map(|o| &*o.value), Some("team-a"));
}

#[test]
fn a_definition_without_a_name_blocks_or_stands() {
    let nameless = SET.replace("{ name: node }", "{}");
    let now = [("set.yaml", nameless.as_str()), ("rules/a.yaml", RULES)];
    let loaded = load(&now);
    assert_eq!(said(&loaded), [("error", "missing_field", 4)]);
    assert_eq!(loaded.declared.blocks.len(), 1);
    assert!(loaded.declared.rule_sets.is_empty());
    let loaded = load_after(&now, &[("set.yaml", SET)]);
    assert!(loaded.declared.blocks.is_empty());
    assert!(!only_set(&loaded).validity.is_valid());
}

#[test]
fn groups_without_a_name_block_or_stand() {
    let nameless = RULES.replace("name: records", "nam: records");
    let now = [("set.yaml", SET), ("rules/a.yaml", nameless.as_str())];
    let loaded = load(&now);
    assert_eq!(names(only_set(&loaded)), [("node", true, true)]);
    assert_eq!(loaded.declared.blocks.len(), 1);
    let loaded = load_after(&now, &[("rules/a.yaml", RULES)]);
    assert_eq!(
        names(only_set(&loaded)),
        [("node", true, true), ("records", false, true)]
    );
    assert!(loaded.declared.blocks.is_empty());
}

#[test]
fn a_broken_rule_file_that_was_renamed_blocks() {
    let now = [("set.yaml", SET), ("rules/new.yaml", "groups: [\n")];
    let loaded = load_after(&now, &[("rules/old.yaml", RULES)]);
    assert_eq!(loaded.declared.blocks.len(), 1);
    let loaded = load_after(&now, &[("rules/new.yaml", RULES)]);
    assert!(loaded.declared.blocks.is_empty());
    assert_eq!(
        names(only_set(&loaded)),
        [("node", false, true), ("records", false, true)]
    );
}

#[test]
fn a_file_that_is_no_rule_file_is_an_error_in_a_set() {
    let own = SET.replace("rules/*.yaml", "*.yaml");
    let loaded = load(&[("set.yaml", &own)]);
    assert_eq!(said(&loaded), [("error", "invalid_value", 0)]);
    assert_eq!(loaded.declared.blocks.len(), 1);
}

#[test]
fn prometheus_rules_and_lists_of_them() {
    let one = "
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: node
  namespace: monitoring
  labels: { a: b }
  creationTimestamp: null
  annotations: { trueup.dev/targets: env=prod, trueup.dev/owner: team-a, trueup.dev/adopt: \"true\" }
spec:
  groups:
  - name: node
    rules:
    - alert: Down
      expr: 1
";
    let loaded = load(&[("a.yaml", one)]);
    assert_eq!(said(&loaded), []);
    let set = only_set(&loaded);
    assert_eq!(set.meta.namespace, "monitoring");
    assert!(set.meta.adopt && set.meta.targets.is_some());
    let items = one
        .replace('\n', "\n    ")
        .replacen("\n    apiVersion", "\n  - apiVersion", 1);
    let list = format!("apiVersion: v1\nkind: List\nitems:{items}");
    let loaded = load(&[("a.yaml", &list)]);
    assert_eq!(said(&loaded), []);
    assert_eq!(names(only_set(&loaded)), [("node", true, true)]);
    let misspelled = one.replace("trueup.dev/targets", "trueup.dev/target");
    let loaded = load(&[("a.yaml", &misspelled)]);
    assert_eq!(said(&loaded), [("error", "unknown_field", 9)]);
    assert!(
        loaded.diagnostics[0]
            .hint
            .as_ref()
            .unwrap()
            .contains("trueup.dev/targets")
    );
}

#[test]
fn entities_have_a_last_good_text() {
    let entity = |kind: &str, name: &str| {
        format!(
            "apiVersion: backstage.io/v1alpha1\nkind: {kind}\nmetadata: {{ name: {name} }}\nspec: {{ owner: a }}\n"
        )
    };
    let loaded = load(&[
        ("bad.yaml", &entity("System", "x-")),
        ("good.yaml", &entity("System", "x")),
        ("unknown.yaml", &entity("Sistem", "x")),
    ]);
    assert_eq!(loaded.broken, [path("bad.yaml")].into());
    assert_eq!(
        loaded.good,
        [path("good.yaml"), path("unknown.yaml")].into()
    );
    assert_eq!(
        said(&loaded),
        [("error", "invalid_name", 3), ("warning", "unknown_kind", 2)]
    );
}

#[test]
fn kinds_that_are_not_ours_or_not_yet() {
    let document = |version: &str, kind: &str| format!("apiVersion: {version}\nkind: {kind}\n");
    let cases = [
        ("apps/v1", "Deployment", None, (0, 1)),
        (
            "backstage.io/v1alpha1",
            "Component",
            Some(("error", "missing_field", 1)),
            (1, 0),
        ),
        ("dashboard.grafana.app/v1", "Playlist", None, (1, 0)),
        (
            "monitoring.coreos.com/v1alpha1",
            "AlertmanagerConfig",
            Some(("error", "missing_field", 1)),
            (1, 0),
        ),
        (
            "trueup.dev/v1alpha1",
            "DashboardSet",
            Some(("error", "missing_field", 1)),
            (1, 0),
        ),
        (
            "trueup.dev/v1alpha1",
            "Tenant",
            Some(("error", "missing_field", 1)),
            (1, 0),
        ),
        (
            "trueup.dev/v1alpha1",
            "Rulset",
            Some(("error", "unknown_kind", 2)),
            (1, 0),
        ),
        (
            "trueup.dev/v9",
            "RuleSet",
            Some(("error", "unknown_kind", 1)),
            (1, 0),
        ),
    ];
    for (version, kind, expected, counts) in cases {
        let loaded = load(&[("a.yaml", &document(version, kind))]);
        assert_eq!(said(&loaded).first().copied(), expected, "{version} {kind}");
        assert_eq!(
            (loaded.documents, loaded.skipped),
            counts,
            "{version} {kind}"
        );
    }
    let dashboard = load(&[("a.json", "{\"title\": \"x\", \"panels\": []}")]);
    assert_eq!((dashboard.documents, dashboard.skipped), (1, 0));
}

#[test]
fn what_would_explode_is_refused() {
    let ten = |item: &str| [item; 10].join(", ");
    let level = |n: u32| format!("a{n}: &a{n} [{}]", ten(&format!("*a{}", n - 1)));
    let levels: Vec<String> = (1..9).map(level).collect();
    let bomb = format!(
        "groups: []\na0: &a0 [{}]\n{}\n",
        ten("x"),
        levels.join("\n")
    );
    let deep = format!("groups: {}{}\n", "[".repeat(200), "]".repeat(200));
    let lines: Vec<String> = (0..150).map(|n| format!("{}a:", " ".repeat(n))).collect();
    let folder = format!("groups: []\n{}\n", lines.join("\n"));
    for text in [bomb, deep, folder] {
        let loaded = load(&[("set.yaml", SET), ("rules/a.yaml", &text)]);
        assert_eq!(
            loaded.diagnostics[0].code,
            Code::TooComplex,
            "{:#?}",
            loaded.diagnostics
        );
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_at_their_place() {
    let file = parse(
        &path("a.yaml"),
        b"apiVersion: trueup.dev/v1alpha1\nkind: \xff\n",
    );
    let fault = file.syntax.unwrap();
    assert!(fault.names_us);
    assert_eq!(fault.diagnostic.code, Code::NotUtf8);
    assert_eq!(fault.diagnostic.place.unwrap().line(), Some(2));
}

mod generated {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for name in ["a.yaml", "a.json"] {
                parse(&path(name), &bytes);
            }
        }

        #[test]
        fn no_rules_make_it_panic(
            lines in proptest::collection::vec("( {0,6}(- )?(groups|name|rules|expr|alert|<<|labels|\\?|)(: ?)?[\\[\\]{}\"'|>&*!%@#a-z0-9:$. \t-]{0,12}\r?\n)", 0..12),
        ) {
            let text = format!("groups:\n{}", lines.concat());
            let files = [("set.yaml", SET), ("rules/a.yaml", text.as_str())];
            load(&files);
        }

        #[test]
        fn no_expression_or_template_makes_it_panic(
            expr in "[a-z(){}\\[\\]\"'`\\\\=~!<>0-9:., \n\t@#é+*/^%-]{0,40}",
            template in "(\\{\\{-?|-?\\}\\}|[a-z$.|\"'`(), :=0-9é\n]){0,30}",
        ) {
            let quote = |text: &str| serde_json::to_string(text).unwrap();
            let text = format!(
                "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: {}\n    annotations: {{ x: {} }}\n",
                quote(&expr),
                quote(&template),
            );
            for diagnostic in load(&[("set.yaml", SET), ("rules/a.yaml", &text)]).diagnostics {
                prop_assert!(diagnostic.hint.is_some(), "{:?}", diagnostic);
                let line = diagnostic.place.unwrap().line().unwrap();
                prop_assert!((5..=6).contains(&line), "line {}", line);
            }
        }

        #[test]
        fn what_is_printed_prints_the_same(
            name in "[a-z]{1,5}", value in "[a-zé\\\\\"\n]{0,6}", number in any::<f64>(), range in 1u32..100_000,
        ) {
            let value = serde_json::to_string(&value).unwrap();
            let expr = format!("sum by (a) (rate({name}x{{b={value}}}[{range}s])) > {number:?} or -{name}y");
            if let Some(once) = crate::model::promql::print(&expr) {
                let twice = crate::model::promql::print(&once);
                prop_assert_eq!(Some(once), twice);
            }
        }
    }
}

mod alertmanager;
mod base;
mod grafana;
