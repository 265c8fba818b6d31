//! Laws of dashboards: what is equal has no difference, and a plan names each panel that changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use trueup::model::Tenants;
use trueup::model::capabilities::{Dialect, Grafana as Features, Product};
use trueup::model::change::Desired;
use trueup::model::grafana::{Dashboard, DashboardBody, DashboardFormat, InFolder};
use trueup::model::target::DriftPolicy;
use trueup::model::{
    Capabilities, Form, Live, Observation, Observed, Ownership, Resource, ResourceId, ResourceKind,
    SourceRef, Spec, Target, TargetName,
};
use trueup::plan::{Common, TargetInput, Wanted, display, plan};
use trueup::provider::Reader;
use trueup::provider::grafana::{Grafana, GrafanaReader};
use trueup::settings::{GrafanaSettings, Tls};

const CASES: u32 = 200;

fn capabilities(dialect: Dialect) -> Capabilities {
    let modern = dialect == Dialect::Resource;
    Capabilities {
        product: Product::Grafana,
        version: None,
        grafana: Some(Features {
            dialect,
            nested_folders: modern,
            shared_titles: modern,
        }),
    }
}

fn target() -> TargetName {
    TargetName::new("grafana").unwrap()
}

fn reader() -> GrafanaReader {
    let settings = GrafanaSettings {
        url: "http://127.0.0.1:9".to_owned(),
        auth: None,
        tls: Tls::default(),
        org_id: 1,
        tenants: BTreeMap::new(),
        owner_tag: false,
        secrets_dir: None,
    };
    let timeout = Duration::from_secs(1);
    Grafana::new("acme".into(), target(), &settings, timeout, 1, None).reader()
}

/// Panels by id, and what else a dashboard has.
fn board() -> impl Strategy<Value = Value> {
    let panel = ("[A-C]", "[a-c]{1,2}", 0..3_u8, 0..2_u8);
    let panels = prop::collection::btree_map(1..7_u8, panel, 0..5);
    let variables = prop::collection::btree_map("[x-z]", "[a-b]", 0..3);
    (panels, variables, "[A-B]", any::<bool>()).prop_map(|(panels, variables, title, editable)| {
        let panels: Vec<Value> = panels
            .into_iter()
            .map(|(id, (title, query, limit, width))| {
                json!({
                    "id": id, "type": "timeseries", "title": title,
                    "gridPos": {"x": 0, "y": id, "w": 6 + width, "h": 8},
                    "fieldConfig": {"defaults": {"thresholds": {"steps": [{"value": null}, {"value": limit}]}}},
                    "targets": [{"refId": "A", "expr": query}]
                })
            })
            .collect();
        let variables: Vec<Value> = variables
            .into_iter()
            .map(|(name, query)| json!({"name": name, "type": "query", "query": query}))
            .collect();
        json!({
            "title": title, "editable": editable, "panels": panels, "templating": {"list": variables}
        })
    })
}

/// With every object's keys the other way round, and what a server counts.
fn as_served(value: &Value) -> Value {
    fn turned(value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let fields = fields.iter().rev();
                let fields = fields.map(|(key, value)| (key.clone(), turned(value)));
                Value::Object(fields.collect::<Map<_, _>>())
            }
            Value::Array(items) => items.iter().map(turned).collect(),
            leaf => leaf.clone(),
        }
    }
    let mut served = turned(value);
    served["id"] = json!(17);
    served["version"] = json!(3);
    served
}

fn spec(body: &Value) -> Spec {
    Spec::Dashboard(Dashboard {
        uid: "a".into(),
        title: "A".into(),
        folder: InFolder::General,
        inputs: Arc::default(),
        owner: None,
        body: Arc::new(DashboardBody::new(DashboardFormat::Classic, body)),
    })
}

/// The text of the plan that makes `after` of `before`.
fn planned(reader: &GrafanaReader, dialect: Dialect, before: &Value, after: &Value) -> String {
    let capabilities = capabilities(dialect);
    let id = ResourceId::new(target(), ResourceKind::Dashboard, "a");
    let live = reader.normalise(&spec(before), &capabilities).unwrap();
    let (canonical, hash) = Form::packed(&live);
    let live = Live {
        canonical,
        title: None,
        hash,
        version: Some("3".to_owned()),
        ownership: Ownership::Ours,
        residue: false,
        handle: None,
        keep: None,
        changed: None,
    };
    let spec = spec(after);
    let (canonical, hash) = Form::packed(&reader.normalise(&spec, &capabilities).unwrap());
    let resource = Resource {
        id: id.clone(),
        spec: Arc::new(spec),
        owner: None,
        component: None,
        source: SourceRef {
            repository: "platform".into(),
            file: "a.json".into(),
            line: 1,
        },
        adopt: false,
    };
    let desired = Desired {
        resource: Arc::new(resource),
        canonical,
        hash,
    };
    let observation = Observation::Known(Observed {
        capabilities,
        live: BTreeMap::from([(id.clone(), live)]),
        occupied: BTreeMap::new(),
        unknown: Vec::new(),
        refused: BTreeMap::new(),
        routing: None,
        diagnostics: Vec::new(),
    });
    let target = Target {
        name: target(),
        aliases: Vec::new(),
        labels: BTreeMap::new(),
        kinds: &[ResourceKind::Dashboard],
        paused: None,
        drift: DriftPolicy::Revert,
        owner_tag: false,
        composing: None,
    };
    let input = TargetInput {
        target: &target,
        wanted: BTreeMap::from([(id, Wanted::Normalised(desired))]),
        observation: &observation,
        inventory: BTreeMap::new(),
    };
    let common = Common {
        unknown: None,
        invalid: &[],
        blocks: &[],
        tenants: &Tenants::default(),
        revision: None,
        peers: &[],
    };
    display::text(&plan(&[input], common))
}

/// The ids of panels that are not the same on both sides.
fn changed(before: &Value, after: &Value) -> BTreeSet<u64> {
    let by_id = |board: &Value| -> BTreeMap<u64, Value> {
        let panels = board["panels"].as_array().unwrap().iter();
        panels
            .map(|panel| (panel["id"].as_u64().unwrap(), panel.clone()))
            .collect()
    };
    let (before, after) = (by_id(before), by_id(after));
    let ids: BTreeSet<u64> = before.keys().chain(after.keys()).copied().collect();
    ids.into_iter()
        .filter(|id| before.get(id) != after.get(id))
        .collect()
}

fn run(law: impl Fn(Value, Value) -> Result<(), TestCaseError>) {
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let outcome = runner.run(&(board(), board()), |(one, other)| law(one, other));
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

pub fn equal_ones_have_no_difference() {
    let reader = reader();
    run(|board, other| {
        for dialect in [Dialect::Classic, Dialect::Resource] {
            let text = planned(&reader, dialect, &as_served(&board), &board);
            prop_assert!(
                text.starts_with("nothing to change, 1 unchanged."),
                "{text}"
            );
            let quiet = planned(&reader, dialect, &board, &other).starts_with("nothing");
            prop_assert_eq!(quiet, board == other);
        }
        Ok(())
    });
}

pub fn plans_name_each_changed_panel() {
    let reader = reader();
    run(|before, after| {
        let text = planned(&reader, Dialect::Resource, &before, &after);
        for id in changed(&before, &after) {
            let named = text.lines().any(|line| {
                let line = line.trim_start();
                line.strip_prefix(&format!("panel {id}"))
                    .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
            });
            prop_assert!(named, "panel {id} is not named:\n{text}");
        }
        Ok(())
    });
}
