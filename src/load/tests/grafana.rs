//! Dashboards, folders, data sources.

use super::{Loaded, Spec, load, load_after};
use crate::model::definition::Validity;
use crate::model::grafana::InFolder;

const SET: &str = "apiVersion: trueup.dev/v1alpha1\nkind: DashboardSet\nmetadata: { name: nodes }\n\
                   spec:\n  targets: env=prod\n  folder: Infra/Nodes\n  inputs: { DS: prom }\n  files: [\"d/*.json\"]\n";
const BOARD: &str = r#"{"uid": "abc", "title": "A", "panels": [{"id": 1, "datasource": "${DS}"}],
    "__inputs": [{"name": "DS", "type": "datasource"}]}"#;

fn said(loaded: &Loaded) -> Vec<String> {
    let found = loaded.diagnostics.iter();
    let found = found.map(|d| format!("{} {}", d.code.as_str(), d.place.as_ref().unwrap()));
    found.collect()
}

#[test]
fn a_set_places_dashboards() {
    let loaded = load(&[("set.yaml", SET), ("d/a.json", BOARD)]);
    assert_eq!(said(&loaded), [""; 0]);
    let [object] = loaded.declared.objects.as_slice() else {
        panic!("{:?}", loaded.declared.objects)
    };
    assert_eq!(object.name, "abc");
    assert_eq!(object.validity, Validity::Valid);
    let Some(Spec::Dashboard(dashboard)) = &object.spec else {
        panic!()
    };
    assert!(
        matches!(&dashboard.folder, InFolder::Path { path, .. } if path.as_str() == "Infra/Nodes")
    );
    assert_eq!(dashboard.rendered()["panels"][0]["datasource"], "prom");
    let references: Vec<_> = object.references.iter().map(|(name, _)| name).collect();
    assert_eq!(references, ["prom"]);
}

#[test]
fn what_no_set_places_is_a_warning() {
    let broken = r#"{"uid": "a b", "title": "A", "panels": []}"#;
    let loaded = load(&[("a.json", broken)]);
    assert_eq!(said(&loaded), ["invalid_name a.json:1:9"]);
    assert!(!loaded.diagnostics[0].is_error());
    let placed = load(&[("set.yaml", SET), ("d/a.json", broken)]);
    assert!(placed.diagnostics[0].is_error());
    assert_eq!(
        placed.declared.blocks.len(),
        1,
        "{:?}",
        placed.declared.blocks
    );
}

/// A mistake in a set must not turn its dashboards' mistakes into warnings.
#[test]
fn a_set_at_fault_still_places_its_files() {
    let broken = r#"{"uid": "a b", "title": "A", "panels": []}"#;
    let nameless = SET.replace("{ name: nodes }", "{}");
    let at_fault = SET.replace("targets: env=prod", "targets: [1]");
    for set in [nameless, at_fault] {
        let loaded = load(&[("set.yaml", &set), ("d/a.json", broken)]);
        let board = loaded.diagnostics.iter().find(|diagnostic| {
            let place = diagnostic.place.as_ref();
            place.is_some_and(|place| place.to_string().starts_with("d/a.json"))
        });
        assert!(board.unwrap().is_error(), "{set}\n{:?}", said(&loaded));
        assert!(said(&loaded).iter().any(|line| line.contains("set.yaml")));
    }
}

#[test]
fn a_missing_uid_is_made_of_names_and_said() {
    let loaded = load(&[
        ("set.yaml", SET),
        ("d/a.json", r#"{"title": "A", "panels": []}"#),
    ]);
    assert_eq!(said(&loaded), ["uid_missing d/a.json"]);
    let name = &loaded.declared.objects[0].name;
    assert_eq!(
        *name,
        crate::model::grafana::dashboard_uid("default", "nodes", "a.json")
    );
}

#[test]
fn an_input_without_a_value_holds_its_dashboard() {
    let set = SET.replace("  inputs: { DS: prom }\n", "");
    let loaded = load(&[("set.yaml", &set), ("d/a.json", BOARD)]);
    assert_eq!(said(&loaded), ["input_missing d/a.json:2:27"]);
    assert!(matches!(
        loaded.declared.objects[0].validity,
        Validity::Invalid { .. }
    ));
    assert_eq!(loaded.declared.objects[0].spec, None);
}

#[test]
fn a_broken_file_stands_at_its_last_good_text() {
    let good = load(&[("set.yaml", SET), ("d/a.json", BOARD)]);
    let now = [("set.yaml", SET), ("d/a.json", "{\"title\": ")];
    let loaded = load_after(&now, &[("set.yaml", SET), ("d/a.json", BOARD)]);
    let [object] = loaded.declared.objects.as_slice() else {
        panic!()
    };
    assert!(
        matches!(&object.validity, Validity::Invalid { detail } if detail.contains("d/a.json"))
    );
    assert_eq!(object.spec, good.declared.objects[0].spec);
    assert!(loaded.declared.blocks.is_empty());
    // Without one nobody knows which dashboard it was.
    assert_eq!(load(&now).declared.blocks.len(), 1);
}

#[test]
fn a_pattern_that_matches_nothing_blocks_deletes() {
    let loaded = load(&[("set.yaml", SET)]);
    assert_eq!(said(&loaded), ["files_empty set.yaml:8:11"]);
    assert_eq!(loaded.declared.blocks.len(), 1);
    assert_eq!(loaded.declared.dashboard_sets.len(), 1);
}

#[test]
fn folders_and_data_sources_are_read() {
    let text = "apiVersion: trueup.dev/v1alpha1\nkind: Folder\nmetadata: { name: nodes }\n\
                spec: { targets: a=b, path: Infra/Nodes, title: Nodes!, uid: infra-nodes }\n---\n\
                apiVersion: trueup.dev/v1alpha1\nkind: DataSource\nmetadata: { name: prometheus }\n\
                spec:\n  targets: a=b\n  uid: prom\n  type: prometheus\n  url: http://p:9090\n  jsonData: { httpMethod: POST, n: 5 }\n\
                \x20 secureJsonData: { basicAuthPassword: { secret: { name: prom, key: password } } }\n";
    let loaded = load(&[("a.yaml", text)]);
    assert_eq!(said(&loaded), [""; 0]);
    let names: Vec<_> = loaded
        .declared
        .objects
        .iter()
        .map(|o| o.name.as_str())
        .collect();
    assert_eq!(names, ["Infra/Nodes", "prom"]);
    let Some(Spec::DataSource(source)) = &loaded.declared.objects[1].spec else {
        panic!()
    };
    assert_eq!(&*source.name, "prometheus");
    assert_eq!(
        source.fields["jsonData"],
        serde_json::json!({"httpMethod": "POST", "n": 5})
    );
    assert_eq!(&*source.secrets["basicAuthPassword"].key, "password");
}

#[test]
fn secrets_in_the_clear_and_paths_that_lead_away_are_refused() {
    let of = |secure: &str| {
        let text = format!(
            "apiVersion: trueup.dev/v1alpha1\nkind: DataSource\nmetadata: {{ name: p }}\n\
             spec:\n  targets: a=b\n  uid: prom\n  type: x\n  secureJsonData: {{ k: {secure} }}\n"
        );
        said(&load(&[("a.yaml", &text)]))
    };
    assert_eq!(of("hunter2"), ["wrong_type a.yaml:8:24"]);
    assert_eq!(
        of("{ secret: { name: .., key: k } }"),
        ["invalid_name a.yaml:8:42"]
    );
    assert_eq!(
        of("{ secret: { name: a/b, key: k } }"),
        ["invalid_name a.yaml:8:42"]
    );
    assert_eq!(of("{ secret: { name: a } }"), ["missing_field a.yaml:8:34"]);
}

#[test]
fn grafanas_own_form_is_read() {
    let text = "apiVersion: dashboard.grafana.app/v1beta1\nkind: Dashboard\n\
                metadata:\n  name: Abc_1\n  annotations: { trueup.dev/targets: a=b, grafana.app/folder: f1 }\n\
                spec: { title: T, uid: other, panels: [] }\n";
    let loaded = load(&[("a.yaml", text)]);
    assert_eq!(said(&loaded), [""; 0]);
    let Some(Spec::Dashboard(dashboard)) = &loaded.declared.objects[0].spec else {
        panic!()
    };
    assert_eq!(dashboard.folder, InFolder::Uid("f1".into()));
    assert_eq!(
        dashboard.body.json(),
        serde_json::json!({"title": "T", "panels": []})
    );
}

#[test]
fn unknown_fields_of_ours_are_errors() {
    let text = SET.replace("folder:", "foldr:");
    let loaded = load(&[("set.yaml", &text), ("d/a.json", BOARD)]);
    assert_eq!(said(&loaded), ["unknown_field set.yaml:6:3"]);
    assert!(loaded.declared.objects.is_empty());
    assert_eq!(loaded.declared.blocks.len(), 1);
}
