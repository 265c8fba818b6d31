//! A cycle in which nothing changed, on a Grafana with 1,000 dashboards of 40 KB; and the memory that 10,000 of
//! them take.

mod server;

use std::net::SocketAddr;
use std::path::Path;

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use trueup::model::Inventory;
use trueup::model::capabilities::Dialect;
use trueup::provider::Depth;
use trueup::reconcile::memo::ParseMemo;
use trueup::reconcile::{Declaration, cycle, lane};
use trueup::settings::Settings;
use trueup::source::{Source, Want};
use trueup::state::StateView;

use super::measure::{Figure, Limit, turns};
use super::repository;
use server::{FOLDER, INSTANCE, Server};

const TURNS: usize = 9;
const CONCURRENCY: usize = 8;

pub(crate) fn run() -> Vec<Figure> {
    let boards = boards(1_000);
    let size = boards
        .iter()
        .map(|board| board.to_string().len())
        .sum::<usize>();
    println!(
        "{} dashboards, {} bytes on average",
        boards.len(),
        size / boards.len()
    );
    let whats = [
        (
            Dialect::Resource,
            "a cycle without a change, 1,000 dashboards, resource dialect, in a running daemon",
        ),
        (Dialect::Classic, "the same in the classic dialect"),
    ];
    whats
        .map(|(dialect, what)| cycle_without_change(dialect, what, &boards))
        .into()
}

/// Peak memory of a process that plans 10,000 dashboards, all as they should be.
pub(crate) fn memory() -> Vec<Figure> {
    let boards = boards(10_000);
    for dialect in [Dialect::Resource, Dialect::Classic] {
        let scratch = tempfile::tempdir().unwrap();
        let server = Server::start(dialect, &boards);
        write(scratch.path(), &boards, server.address);
        let peak = super::memory::peak(
            std::process::Command::new(env!("CARGO_BIN_EXE_trueup"))
                .args(["plan", "--config", "trueup.yaml"])
                .current_dir(scratch.path()),
            "nothing to change, 10001 unchanged.",
        );
        println!(
            "`trueup plan`, 10,000 dashboards of 40 KB, {dialect:?}: peak {peak} MiB (limit 250 MiB)"
        );
    }
    Vec::new()
}

fn cycle_without_change(dialect: Dialect, what: &'static str, boards: &[Value]) -> Figure {
    let scratch = tempfile::tempdir().unwrap();
    let server = Server::start(dialect, boards);
    write(scratch.path(), boards, server.address);
    let settings = Settings::load(&scratch.path().join("trueup.yaml")).unwrap();
    let state = StateView::open(&scratch.path().join("none.db")).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let declaration = runtime.block_on(declare(&settings, &state, scratch.path()));
    let mut lanes = lane::readers(&settings);
    let client = reqwest::Client::new();
    let (floor, ours) = turns(
        TURNS,
        || runtime.block_on(fetch(&client, &server)),
        || {
            let observations = runtime
                .block_on(cycle::observe(&lanes, Depth::Full, &state))
                .unwrap();
            let inventory = Inventory::default();
            let related = cycle::relate(&lanes, observations, &declaration, &inventory);
            let plan = cycle::compare(&mut lanes, &related, &declaration, &inventory, &[]);
            assert_eq!(
                (plan.unchanged(), plan.changes().len()),
                (boards.len() + 1, 0)
            );
            plan
        },
    );
    Figure {
        what,
        floor_is: "a bare client that asks for the same bodies, eight at once, and drops them",
        floor,
        ours,
        // A real server takes twenty times as long as this one to answer; there the ratio is 1.1.
        limit: Limit::None,
    }
}

async fn declare(settings: &Settings, state: &StateView, scratch: &Path) -> Declaration {
    let source = Source::folder(
        &scratch.join("platform"),
        None,
        "platform",
        &settings.limits,
    );
    let main = Want::Rev("main".to_owned());
    let snapshot = source.snapshot(main).await.unwrap();
    let mut memo = ParseMemo::default();
    cycle::declare(settings, &source, snapshot, &mut memo, state)
        .await
        .unwrap()
}

/// What the product asks for, but for its few small questions.
async fn fetch(client: &reqwest::Client, server: &Server) -> usize {
    let get = |path: &String| {
        let request = client.get(format!("http://{}{path}", server.address));
        async move { request.send().await.unwrap().bytes().await.unwrap().len() }
    };
    // Pages come one after the other; each names the next.
    let at_once = if server.bodies[0].starts_with("/apis") {
        1
    } else {
        CONCURRENCY
    };
    let sizes = stream::iter(&server.bodies)
        .map(get)
        .buffer_unordered(at_once);
    sizes.fold(0, async |sum, size| sum + size).await
}

fn write(scratch: &Path, boards: &[Value], address: SocketAddr) {
    let set = format!(
        "apiVersion: trueup.dev/v1alpha1\nkind: DashboardSet\nmetadata: {{ name: boards }}\n\
         spec: {{ targets: env=prod, folder: {FOLDER}, files: [\"boards/*.json\"] }}\n"
    );
    let mut files = vec![("set.yaml".to_owned(), set)];
    for board in boards {
        let name = format!("boards/{}.json", board["uid"].as_str().unwrap());
        files.push((name, board.to_string()));
    }
    repository::packed(&scratch.join("platform"), &files);
    let settings = format!(
        "instance: {INSTANCE}\nrepository: {{ url: platform }}\ntargets:\n  - name: grafana\n    \
         provider: grafana\n    labels: {{ env: prod }}\n    url: http://{address}\n"
    );
    std::fs::write(scratch.join("trueup.yaml"), settings).unwrap();
}

/// Dashboards of about 40 KB; the same number gives the same ones.
fn boards(count: usize) -> Vec<Value> {
    (0..count).map(board).collect()
}

fn board(index: usize) -> Value {
    let source = json!({"type": "prometheus", "uid": "$source"});
    let panels: Vec<Value> = (1..=34)
        .map(|id| {
            let query = format!(
                "sum by (route, code) (rate(http_requests_total{{job=\"service-{index}\", panel=\"{id}\"}}[5m]))"
            );
            json!({
                "id": id, "type": "timeseries", "title": format!("Requests of route {id}, by code"),
                "description": "Errors are answered within the hour, whoever is on call; see the handbook.",
                "datasource": source, "gridPos": {"h": 8, "w": 12, "x": 12 * (id % 2), "y": 8 * (id / 2)},
                "fieldConfig": {
                    "defaults": {
                        "unit": "reqps", "color": {"mode": "palette-classic"}, "decimals": 2, "min": 0,
                        "custom": {"drawStyle": "line", "fillOpacity": 10, "lineWidth": 1, "showPoints": "never", "spanNulls": false},
                        "thresholds": {"mode": "absolute", "steps": [{"color": "green"}, {"color": "red", "value": 80 + id}]},
                    },
                    "overrides": [{"matcher": {"id": "byName", "options": "5xx"}, "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": "red"}}]}],
                },
                "options": {"legend": {"displayMode": "table", "placement": "bottom", "calcs": ["mean", "max"]}, "tooltip": {"mode": "multi"}},
                "targets": [{"refId": "A", "expr": query, "legendFormat": "{{route}} {{code}}", "datasource": source, "interval": "", "instant": false}],
            })
        })
        .collect();
    json!({
        "uid": format!("board-{index}"), "title": format!("Service {index}"), "tags": ["team"], "schemaVersion": 39,
        "time": {"from": "now-6h", "to": "now"}, "refresh": "1m", "annotations": {"list": []},
        "templating": {"list": [{"name": "source", "type": "datasource", "query": "prometheus"}]}, "panels": panels,
    })
}
