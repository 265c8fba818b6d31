//! What people start from: the settings in `config/`, and the example repository.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use libtest_mimic::Trial;
use trueup::load::schema;
use trueup::model::Inventory;
use trueup::plan::{self, display};
use trueup::provider::Depth;
use trueup::reconcile::cycle::{self, Considered};
use trueup::reconcile::declare::{self, LastGood};
use trueup::reconcile::lane;
use trueup::reconcile::memo::ParseMemo;
use trueup::report::diagnostics;
use trueup::report::json::{self, Frame};
use trueup::resolve::{FenceMemo, Placing};
use trueup::settings::{Limits, Settings};
use trueup::source::{Source, Want};
use trueup::state::StateView;

use crate::fake::grafana::{Flavor, Grafana};
use crate::support::{Need, program, test};

pub fn tests() -> Vec<Trial> {
    vec![
        test("examples::settings_are_valid", &[], settings_are_valid),
        test(
            "examples::schemas_are_this_versions",
            &[],
            schemas_are_this_versions,
        ),
        test("examples::kinds_name_schemas", &[], kinds_name_schemas),
        test(
            "examples::repository_checks_clean",
            &[],
            repository_checks_clean,
        ),
        test(
            "examples::plan_of_the_repository",
            &[],
            plan_of_the_repository,
        ),
        test(
            "examples::alertmanager_takes_the_routing",
            &[Need::Program("amtool")],
            alertmanager_takes_the_routing,
        ),
    ]
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn settings_are_valid() {
    let mut seen = 0;
    for entry in fs::read_dir(root().join("config")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "yaml") {
            Settings::load(&path).unwrap_or_else(|errors| panic!("{errors}"));
            seen += 1;
        }
    }
    assert!(seen >= 2, "only {seen} settings files in config/");
}

/// The JSON Schemas of our own kinds.
fn schemas_are_this_versions() {
    let folder = root().join("config/schema");
    let all = schema::schemas().into_iter();
    let all = all.map(|(kind, schema)| (kind.to_owned(), schema));
    for (name, schema) in all.chain([("trueup".to_owned(), schema::schema_of_all())]) {
        let path = folder.join(format!("{name}.schema.json"));
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &text).unwrap();
        }
        let stored = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            stored == text,
            "{} is not in step: run UPDATE=1 cargo test --test it -- schemas_are_this_versions",
            path.display()
        );
    }
}

/// Files of the example that hold our own kinds only name their schema for editors, and it is there.
fn kinds_name_schemas() {
    let mut folders = vec![root().join("platform-repo-example")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            if !text.contains("\napiVersion: trueup.dev/") {
                continue;
            }
            let first = text.lines().next().unwrap();
            let named = first.strip_prefix("# yaml-language-server: $schema=");
            let named = named.unwrap_or_else(|| panic!("{} names no schema", path.display()));
            assert!(folder.join(named).is_file(), "{}: {named}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 10, "{seen}");
}

fn example() -> Source {
    let path = root().join("platform-repo-example");
    Source::folder(&path, None, "platform", &Limits::default())
}

fn repository_checks_clean() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let declaration = runtime.block_on(async {
        let source = example();
        let snapshot = source.snapshot(Want::Head).await.unwrap();
        let mut memo = ParseMemo::default();
        let nothing = LastGood::default();
        let loaded = declare::load_tree(&source, &snapshot, &mut memo, &nothing, &[]).await;
        let (loaded, memory) = loaded.unwrap();
        let placing = Placing::each_selector(&loaded.declared);
        declare::resolve(
            snapshot,
            loaded,
            memory,
            &placing,
            &Inventory::default(),
            &FenceMemo::default(),
        )
    });
    let found = declaration.diagnostics();
    let shown = diagnostics::text(&found, &|_| None, false);
    assert!(!declaration.has_errors(), "\n{shown}");
    assert!(
        found
            .iter()
            .all(|found| found.severity == trueup::model::Severity::Info),
        "\n{shown}"
    );
}

/// An Alertmanager that runs elsewhere, and its file.
const ALERTMANAGER: &str = "{ name: alertmanager-eu, provider: alertmanager, labels: { env: prod, region: eu }, \
    config_file: alertmanager.yml, base_file: infrastructure/alertmanager.yaml, fence_label: namespace }";

/// Against targets that have nothing: as its reader sees it, and as programs do.
fn plan_of_the_repository() {
    let folder = tempfile::tempdir().unwrap();
    let grafana = Grafana::start(Flavor::Resource124);
    fs::write(folder.path().join("password"), "admin").unwrap();
    let text = format!(
        "instance: example\nrepository: {{ url: . }}\ntargets:\n  - {{ name: prometheus-eu, provider: prometheus, \
         labels: {{ env: prod, region: eu }}, rules_dir: {} }}\n  - {{ name: grafana-eu, provider: grafana, \
         labels: {{ env: prod, region: eu }}, url: \"{}\", auth: {{ username: admin, password_file: password }} }}\n  \
         - {ALERTMANAGER}\n",
        folder.path().display(),
        grafana.url()
    );
    let settings = Settings::parse(&text, &folder.path().join("trueup.yaml")).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (plan, found) = runtime.block_on(async {
        let state = StateView::open(&folder.path().join("none.db")).unwrap();
        let source = example();
        let mut lanes = lane::readers(&settings);
        let mut memo = ParseMemo::default();
        // Where the example lies in a work tree, its own commit is not the example's.
        let mut snapshot = source.snapshot(Want::Head).await.unwrap();
        snapshot.revision = trueup::model::Revision::Unversioned;
        let declaration = cycle::declare(&settings, &source, snapshot, &mut memo, &state);
        let declaration = declaration.await.unwrap();
        let observations = cycle::observe(&lanes, Depth::Full, &state).await.unwrap();
        let considered = Considered {
            settings: &settings,
            declaration: &declaration,
            inventory: &Inventory::default(),
            peers: &[],
            flag: None,
        };
        let prepared = cycle::prepare(&mut lanes, observations, &source, &state, considered);
        (prepared.await.unwrap().plan, declaration.diagnostics())
    });
    let digest = plan::digest(&plan);
    let frame = Frame {
        instance: &settings.instance,
        revision: None,
        digest: &digest,
        orphaned: &std::collections::BTreeMap::new(),
        diagnostics: &found,
    };
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("example_plan_text", display::text(&plan));
        insta::assert_json_snapshot!("example_plan_json", json::plan(&plan, frame));
    });
}

/// The composed file, against Alertmanager's own tool: it is taken, and alerts reach whom the example says.
fn alertmanager_takes_the_routing() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("trueup.yaml");
    // The first two are not asked; what is placed there needs them to be known.
    let text = format!(
        "instance: example\nrepository: {{ url: . }}\ntargets:\n  \
         - {{ name: prometheus-eu, provider: prometheus, labels: {{ env: prod }}, rules_dir: rules }}\n  \
         - {{ name: grafana-eu, provider: grafana, labels: {{ env: prod }}, url: \"http://127.0.0.1:9\" }}\n  \
         - {ALERTMANAGER}\n"
    );
    fs::write(&settings, text).unwrap();
    let applied = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args([
            "apply",
            "--allow-dirty",
            "--target",
            "alertmanager-eu",
            "--config",
        ])
        .arg(&settings)
        .arg("--repo")
        .arg(root().join("platform-repo-example"))
        .output()
        .unwrap();
    assert!(applied.status.success(), "{applied:?}");
    let amtool = program("amtool").unwrap();
    let file = folder.path().join("alertmanager.yml");
    let checked = Command::new(&amtool)
        .arg("check-config")
        .arg(&file)
        .output()
        .unwrap();
    assert!(checked.status.success(), "{checked:?}");
    let reached = |labels: &str| {
        let output = Command::new(&amtool)
            .args(["config", "routes", "test", "--config.file"])
            .arg(&file)
            .args(labels.split(' '))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let expected = [
        (
            "namespace=booking severity=page team=booking",
            "booking/routing/pager",
        ),
        ("team=booking severity=ticket", "booking/routing/chat"),
        (
            "team=payments severity=page provider=x",
            "payments/routing/pager",
        ),
        ("team=payments severity=ticket", "payments/routing/tickets"),
        (
            "team=fleet severity=page",
            "fleet/routing/harbour-telematics",
        ),
        ("alertname=Watchdog severity=none", "dead-mans-switch"),
        ("team=platform severity=page", "platform-pager"),
        // A team is told by the label that its tenant fixes, not by what its series are called.
        ("namespace=booking severity=page", "platform"),
    ];
    for (labels, receiver) in expected {
        assert_eq!(reached(labels), receiver, "{labels}");
    }
}
