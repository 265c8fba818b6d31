//! Quiet when nothing changed; what people change by hand is seen, named, and put right.

use serde_json::{Value, json};

use super::scene::Scene;
use super::server::Kind;
use crate::e2e::running::{Daemon, PATIENCE, target};
use crate::e2e::world::Target;
use crate::support::wait_until;

pub fn quiet(kind: Kind) {
    let scene = Scene::with_boards(kind, 3);
    assert_eq!(scene.server.boards().len(), 3);
    let folder = scene.server.folder(scene.folder_title());
    for board in scene.server.boards().values() {
        assert_eq!(board.folder, folder);
    }
    scene.is_quiet();
    scene.world.delete_state();
    scene.is_quiet();
    // All there is fits on one page of each list, which costs so much and no more.
    scene.world.apply();
    let asked = scene.server.proxy.take();
    assert!(!scene.server.modern || asked.len() <= 11, "{asked:?}");
    // A commit that touches one writes one.
    scene.write_board(1, "up == 1");
    scene.world.platform.commit("One query");
    let before = scene.server.boards();
    let applied = scene.world.apply();
    assert_eq!(
        applied["applied"][0]["id"], "grafana/dashboard/d1",
        "{applied}"
    );
    assert_eq!(fields(&applied), ["/panels/id=1/targets/refId=A/expr"]);
    assert_eq!(scene.server.proxy.take_writes().len(), 1);
    let after = scene.server.boards();
    assert_eq!(
        after["d1"].body["panels"][0]["targets"][0]["expr"],
        "up == 1"
    );
    assert_eq!(after["d1"].folder, folder);
    for uid in ["d0", "d2"] {
        assert_eq!(after[uid], before[uid]);
    }
    scene.is_quiet();
}

fn fields(plan: &Value) -> Vec<String> {
    let changes = plan["changes"].as_array().unwrap().iter();
    let fields = changes.flat_map(|change| change["fields"].as_array().unwrap());
    fields
        .map(|field| field["path"].as_str().unwrap().to_owned())
        .collect()
}

/// What a person does to a dashboard.
type Hand = fn(&mut Value);

/// Hands with the path that the plan names.
fn hands() -> Vec<(&'static str, Hand)> {
    vec![
        ("/title", |body| body["title"] = json!("Mine")),
        ("/panels/id=1/title", |body| {
            body["panels"][0]["title"] = json!("Mine");
        }),
        ("/panels/id=2", |body| {
            _ = body["panels"].as_array_mut().unwrap().pop();
        }),
        ("/panels/id=1/targets/refId=A/expr", |body| {
            body["panels"][0]["targets"][0]["expr"] = json!("down");
        }),
        ("/templating/list/name=source/query", |body| {
            body["templating"]["list"][0]["query"] = json!("loki");
        }),
        ("/tags", |body| {
            let tags = body["tags"].as_array_mut().unwrap();
            tags.retain(|tag| tag != "team");
        }),
    ]
}

pub fn edits(kind: Kind) {
    let scene = Scene::with_boards(kind, 3);
    let declared = scene.server.boards();
    for (path, hand) in hands() {
        scene.server.edit("d1", hand);
        let plan = scene.world.plan(&[]);
        assert_eq!(fields(&plan), [path], "{plan}");
        let text = scene.world.run("plan", &[]).expect(0).stdout;
        assert!(text.contains("[drift: changed on the server]"), "{text}");
        scene.server.proxy.take();
        scene.world.apply();
        assert_eq!(scene.server.proxy.take_writes().len(), 1, "{path}");
        let boards = scene.server.boards();
        assert_eq!(
            stripped(&boards["d1"].body),
            stripped(&declared["d1"].body),
            "{path}"
        );
        assert_eq!(boards["d0"], declared["d0"]);
        scene.is_quiet();
    }
    moved(&scene);
}

/// Into another folder, and back.
fn moved(scene: &Scene) {
    scene.server.hand_made_folder("elsewhere", "Elsewhere");
    let board = scene.server.board("d1");
    scene.server.save(&board.body, "elsewhere");
    assert_eq!(scene.server.board("d1").folder, "elsewhere");
    assert_eq!(fields(&scene.world.plan(&[])), ["/folder"]);
    scene.world.apply();
    assert_eq!(scene.server.board("d1").folder, board.folder);
    assert!(scene.server.folders().contains_key("elsewhere"));
    scene.is_quiet();
}

/// Without what a server counts.
fn stripped(body: &Value) -> Value {
    let mut body = body.clone();
    for field in ["id", "version"] {
        body.as_object_mut().unwrap().remove(field);
    }
    body
}

pub fn reported(kind: Kind) {
    let mut scene = Scene::with_boards(kind, 2);
    let target = Target::grafana("grafana", &scene.server.keys()).with("drift: report");
    scene.world.set_targets([target]);
    scene
        .server
        .edit("d1", |body| body["title"] = json!("Mine"));
    scene.server.proxy.take();
    let applied = scene.world.apply();
    assert_eq!(applied["held"][0]["reason"], "paused");
    let detail = applied["held"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("/title"), "{detail}");
    assert_eq!(scene.server.proxy.take_writes(), []);
    assert_eq!(scene.server.board("d1").title, "Mine");
}

/// In the resource dialect; the classic one has no bodies in bulk.
pub fn cost(kind: Kind) {
    let requests = |count| {
        let scene = Scene::with_boards(kind, count);
        scene.write_board(0, "up == 2");
        scene.world.platform.commit("One query");
        scene.server.proxy.take();
        scene.world.apply();
        let passed = scene.server.proxy.take();
        let writes = passed
            .iter()
            .filter(|passed| passed.method != "GET")
            .count();
        (scene.server.modern, passed.len(), writes)
    };
    let (modern, few, writes) = requests(5);
    let (_, many, as_many) = requests(40);
    assert_eq!((writes, as_many), (1, 1));
    if modern {
        assert_eq!(few, many);
    } else {
        assert_eq!(few + 35, many);
    }
}

/// A commit is live without anybody's doing, and a hand's edit goes away within an interval.
pub fn daemon(kind: Kind) {
    let mut scene = Scene::with_boards(kind, 2);
    scene
        .world
        .set(|setup| "1s".clone_into(&mut setup.interval));
    let mut daemon = Daemon::start(&scene.world);
    scene.write_board(0, "up == 7");
    scene.world.platform.commit("One query");
    let expr = |uid: &str| scene.server.board(uid).body["panels"][0]["targets"][0]["expr"].clone();
    wait_until("the commit is live", PATIENCE, || expr("d0") == "up == 7");
    scene.server.edit("d1", |body| {
        body["panels"][0]["targets"][0]["expr"] = json!("mine");
    });
    wait_until("the edit is undone", PATIENCE, || expr("d1") == "up");
    assert_eq!(daemon.terminate(), Some(0));
    scene.is_quiet();
}

/// In a running daemon a commit that changes one dashboard asks for that one, in either dialect.
pub fn daemon_cost(kind: Kind) {
    let requests = |count| {
        let scene = Scene::with_boards(kind, count);
        let mut daemon = Daemon::start(&scene.world);
        let synced = |status: &Value| target(status, "grafana")["state"] == "synced";
        daemon.wait("it is synced", synced);
        scene.write_board(0, "up == 7");
        scene.server.proxy.take();
        let commit = scene.world.platform.commit("One query");
        daemon.wait_target("grafana", "synced", &commit);
        let board = scene.server.board("d0");
        assert_eq!(board.body["panels"][0]["targets"][0]["expr"], "up == 7");
        let asked = scene.server.proxy.take().len();
        // What was just written is not taken from memory.
        scene.write_board(1, "up == 8");
        let commit = scene.world.platform.commit("Another query");
        daemon.wait_target("grafana", "synced", &commit);
        assert_eq!(scene.server.proxy.take_writes().len(), 1);
        assert_eq!(daemon.terminate(), Some(0));
        asked
    };
    assert_eq!(requests(3), requests(20));
}

/// Who may only look is given plans; what it cannot see of them is said, and what it cannot do fails by itself.
pub fn viewer(kind: Kind) {
    let mut scene = Scene::with_boards(kind, 2);
    let token = scene.server.viewer_token();
    scene.world.set_env("TRUEUP_E2E_VIEWER", &token);
    let keys = format!(
        "url: \"{}\", org_id: {}, auth: {{ token_env: TRUEUP_E2E_VIEWER }}",
        scene.server.proxy.url(),
        scene.server.org_id
    );
    scene.world.set_targets([Target::grafana("grafana", &keys)]);
    scene.write_board(1, "up == 5");
    scene.world.platform.commit("One query");
    let before = scene.server.boards();
    let plan = scene.world.plan(&[]);
    assert_eq!(plan["changes"][0]["id"], "grafana/dashboard/d1", "{plan}");
    assert_eq!(
        (plan["held"].clone(), plan["unchanged"].clone()),
        (json!([]), json!(3))
    );
    let applied = scene.world.apply_to(1, &[]);
    let error = applied["applied"][0]["error"].as_str().unwrap();
    assert!(error.contains("403"), "{error}");
    assert!(!error.contains(&token));
    assert_eq!(scene.server.boards(), before);
    // Data sources are shown to viewers since access control came (9), before to nobody but admins.
    scene.world.platform.write(
        "source.yaml",
        "apiVersion: trueup.dev/v1alpha1\nkind: DataSource\nmetadata: { name: m }\n\
         spec: { targets: env=prod, uid: m, type: prometheus, url: \"http://p:9090\" }\n",
    );
    scene.world.platform.commit("A data source");
    let plan = scene.world.plan(&[]);
    if scene.server.shows(&token, "/api/datasources") {
        assert_eq!(plan["changes"].as_array().unwrap().len(), 2);
        return;
    }
    assert_eq!(plan["held"][0]["reason"], "scope_unknown", "{plan}");
    let detail = plan["held"][0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("data_source: "), "{detail}");
    assert_eq!(plan["changes"].as_array().unwrap().len(), 1);
}
