//! The platform's own part of an Alertmanager's configuration.

use rstest::rstest;

use super::{Given, Loaded, assemble, parsed, path, said, snapshot};
use crate::model::RepoPath;
use crate::model::definition::{AlertmanagerFile, Validity};

const GOOD: &str = "route: { receiver: a, group_wait: 10s }\nreceivers:\n- name: a\n  webhook_configs: [{ url: http://x }]\n";
const OTHER: &str = "route: { receiver: b }\nreceivers: [{ name: b }]\n";
const BROKEN: &str =
    "route:\n  receiver: a\n  routes:\n  - receiver: c\nreceivers: [{ name: a }]\n";

fn load(files: &[(&str, &str)], last_good: &[(&str, &str)], bases: &[&str]) -> Loaded {
    let bases: Vec<RepoPath> = bases.iter().map(|base| path(base)).collect();
    let given = Given {
        base_files: &bases,
        good: None,
    };
    assemble(&snapshot(files), &parsed(files), &parsed(last_good), &given)
}

fn base<'a>(loaded: &'a Loaded, file: &str) -> &'a AlertmanagerFile {
    &loaded.declared.alertmanager_files[&path(file)]
}

fn receiver(file: &AlertmanagerFile) -> Option<&str> {
    file.base.as_ref()?.route.receiver.as_deref()
}

#[test]
fn a_file_that_a_target_uses_is_declared() {
    let loaded = load(
        &[("am.yaml", GOOD), ("other.yaml", OTHER)],
        &[],
        &["am.yaml"],
    );
    assert_eq!(said(&loaded), []);
    assert_eq!(loaded.declared.alertmanager_files.len(), 1);
    assert_eq!(receiver(base(&loaded, "am.yaml")), Some("a"));
    assert!(base(&loaded, "am.yaml").validity.is_valid());
    assert!(loaded.good.contains(&path("am.yaml")));
    assert_eq!((loaded.documents, loaded.skipped), (2, 0));
}

#[test]
fn faults_are_errors_where_a_target_uses_the_file() {
    let files = [("am.yaml", BROKEN)];
    let loaded = load(&files, &[], &[]);
    assert_eq!(said(&loaded), [("warning", "invalid_value", 4)]);
    let loaded = load(&files, &[], &["am.yaml"]);
    assert_eq!(said(&loaded), [("error", "invalid_value", 4)]);
    let expected = "am.yaml:4:5: route.routes[0]: there is no receiver \"c\"";
    let detail = expected.to_owned();
    assert_eq!(
        base(&loaded, "am.yaml").validity,
        Validity::Invalid { detail }
    );
    assert_eq!(base(&loaded, "am.yaml").base, None);
    assert!(loaded.broken.contains(&path("am.yaml")));
}

#[rstest]
#[case::fault(BROKEN)]
#[case::syntax("route: {\n")]
#[case::another("a: 1\n")]
#[case::two_documents(&format!("{OTHER}---\n{OTHER}"))]
#[case::duplicate_key("route: { receiver: b }\nroute: { receiver: b }\nreceivers: [{ name: b }]\n")]
fn the_last_good_text_stands(#[case] now: &str) {
    let loaded = load(&[("am.yaml", now)], &[("am.yaml", GOOD)], &["am.yaml"]);
    let base = base(&loaded, "am.yaml");
    assert_eq!(receiver(base), Some("a"));
    assert!(!base.validity.is_valid());
    assert!(
        loaded
            .diagnostics
            .iter()
            .any(crate::model::Diagnostic::is_error),
        "{:?}",
        said(&loaded)
    );
}

#[test]
fn a_missing_file_is_not_there() {
    let loaded = load(&[("am.yaml", GOOD)], &[], &["elsewhere.yaml"]);
    assert!(loaded.declared.alertmanager_files.is_empty());
}

#[rstest]
#[case("x{1001}")]
#[case("(?=x)")]
fn expressions_are_those_of_go(#[case] regex: &str) {
    let text = format!(
        "route: {{ receiver: a, routes: [{{ match_re: {{ x: '{regex}' }} }}] }}\nreceivers: [{{ name: a }}]\n"
    );
    let loaded = load(&[("am.yaml", &text)], &[], &["am.yaml"]);
    assert_eq!(said(&loaded), [("error", "invalid_value", 1)]);
    let text = format!(
        "apiVersion: monitoring.coreos.com/v1beta1\nkind: AlertmanagerConfig\nmetadata: {{ name: a }}\nspec:\n  \
         route: {{ receiver: a, matchers: [{{ name: x, value: '{regex}', matchType: '=~' }}] }}\n  \
         receivers: [{{ name: a }}]\n"
    );
    let loaded = load(&[("routes.yaml", &text)], &[], &[]);
    assert_eq!(said(&loaded), [("error", "invalid_value", 5)]);
}

#[test]
fn words_that_readers_disagree_on_are_errors() {
    let text = "route: { receiver: a }\nreceivers:\n- name: a\n  webhook_configs:\n  - { url: 'yes', send_resolved: no }\n";
    let loaded = load(&[("am.yaml", text)], &[], &["am.yaml"]);
    assert_eq!(said(&loaded), [("error", "invalid_value", 5)]);
}
