//! What people start from: the settings in `config/`, and the example repository.

use std::fs;
use std::path::PathBuf;

use libtest_mimic::Trial;
use trueup::model::Inventory;
use trueup::plan::{self, display};
use trueup::provider::Depth;
use trueup::reconcile::cycle::{self, Considered};
use trueup::reconcile::declare::{self, LastGood};
use trueup::reconcile::lane;
use trueup::reconcile::memo::ParseMemo;
use trueup::report::diagnostics;
use trueup::report::json::{self, Frame};
use trueup::resolve::Placing;
use trueup::settings::{Limits, Settings};
use trueup::source::{Source, Want};
use trueup::state::StateView;

use crate::fake::grafana::{Flavor, Grafana};
use crate::support::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test("examples::settings_are_valid", &[], settings_are_valid),
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
        declare::resolve(snapshot, loaded, memory, &placing, &Inventory::default())
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

/// Against a target that has nothing: as its reader sees it, and as programs do.
fn plan_of_the_repository() {
    let folder = tempfile::tempdir().unwrap();
    let grafana = Grafana::start(Flavor::Resource124);
    fs::write(folder.path().join("password"), "admin").unwrap();
    let text = format!(
        "instance: example\nrepository: {{ url: . }}\ntargets:\n  - {{ name: prometheus-eu, provider: prometheus, \
         labels: {{ env: prod, region: eu }}, rules_dir: {} }}\n  - {{ name: grafana-eu, provider: grafana, \
         labels: {{ env: prod, region: eu }}, url: \"{}\", auth: {{ username: admin, password_file: password }} }}\n",
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
