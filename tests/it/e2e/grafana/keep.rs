//! What is not ours survives everything.

use serde_json::json;

use super::scene::Scene;
use super::server::{Kind, Server};
use crate::fake::grafana::Fault as Answer;
use crate::support::proxy::Fault;

/// A folder of ours with a dashboard that somebody made in it.
pub fn content(kind: Kind) {
    let scene = Scene::with_boards(kind, 2);
    let folder = scene.server.folder(scene.folder_title());
    scene.server.hand_made("mine", "By hand", &folder);
    let mine = scene.server.board("mine");
    scene.is_quiet();
    // Its own removal from Git, with all the deletes that one could allow.
    scene.world.platform.remove("set.yaml");
    scene
        .world
        .platform
        .commit("Take it out\n\nTrueup-Allow-Deletes: 100");
    let applied = scene.world.apply_to(0, &["--allow-deletes", "100"]);
    let held = &applied["held"][0];
    assert_eq!(held["reason"], "not_ours", "{applied}");
    assert!(
        held["detail"].as_str().unwrap().contains("By hand"),
        "{held}"
    );
    assert_eq!(scene.server.board("mine"), mine);
    let boards: Vec<_> = scene.server.boards().into_keys().collect();
    assert_eq!(boards, ["mine"]);
    assert!(scene.server.folders().contains_key(&folder));
    // Once it is empty it goes.
    scene
        .server
        .send(reqwest::Method::DELETE, "/api/dashboards/uid/mine", None);
    scene.world.apply_to(0, &["--allow-deletes", "100"]);
    assert_eq!(scene.server.folders().len(), 0);
}

pub fn emptied(kind: Kind) {
    let scene = Scene::with_boards(kind, 2);
    let before = scene.server.boards();
    scene.world.platform.remove("set.yaml");
    for index in 0..2 {
        scene
            .world
            .platform
            .remove(&format!("boards/d{index}.json"));
    }
    scene.world.platform.commit("Nothing left");
    scene
        .world
        .run("apply", &["--allow-deletes", "100"])
        .expect(1);
    assert_eq!(scene.server.proxy.take_writes(), []);
    assert_eq!(scene.server.boards(), before);
}

/// A dashboard with a uid that is declared, made by somebody else, and different.
pub fn not_ours(kind: Kind) {
    let scene = Scene::new(kind);
    scene.server.hand_made_folder("theirs", "Theirs");
    scene.server.hand_made("d0", "By hand", "theirs");
    let theirs = scene.server.board("d0");
    scene.write_set("set.yaml", "boards", "Team/Boards");
    scene.write_board(0, "up");
    scene.write_board(1, "up");
    scene.world.platform.commit("Dashboards");
    let applied = scene.world.apply();
    assert_eq!(applied["held"][0]["id"], "grafana/dashboard/d0");
    assert_eq!(applied["held"][0]["reason"], "not_ours");
    assert_eq!(scene.server.board("d0"), theirs);
    assert!(scene.server.boards().contains_key("d1"));
    // On purpose it is taken over.
    let platform = &scene.world.platform;
    platform.replace(
        "set.yaml",
        "{ name: boards }",
        "{ name: boards, annotations: { trueup.dev/adopt: \"true\" } }",
    );
    platform.commit("Take it over");
    let applied = scene.world.apply();
    assert_eq!(applied["changes"][0]["action"], "adopt", "{applied}");
    assert_eq!(scene.server.board("d0").title, "Board 0");
    assert_eq!(applied["held"], json!([]));
    scene.is_quiet();
    assert!(scene.server.folders().contains_key("theirs"));
}

/// Where the server has alert rules in folders: one of ours that holds one stays.
pub fn alert_rules(kind: Kind) {
    let scene = Scene::with_boards(kind, 1);
    if !scene.server.modern {
        return;
    }
    let folder = scene.server.folder(scene.folder_title());
    let alert = json!({
        "title": "By hand", "condition": "A", "no_data_state": "NoData", "exec_err_state": "Error",
        "data": [{
            "refId": "A", "relativeTimeRange": {"from": 600, "to": 0}, "datasourceUid": "__expr__",
            "model": {"type": "math", "expression": "1 > 2", "refId": "A"},
        }],
    });
    let group =
        json!({"name": "g", "interval": "1m", "rules": [{"for": "1m", "grafana_alert": alert}]});
    let rules = "/api/ruler/grafana/api/v1/rules";
    scene.server.post(&format!("{rules}/{folder}"), &group);
    let before = scene.server.get(rules);
    scene.world.platform.remove("set.yaml");
    scene
        .world
        .platform
        .commit("Take it out\n\nTrueup-Allow-Deletes: 100");
    let applied = scene.world.apply_to(0, &["--allow-deletes", "100"]);
    let details = applied["held"].to_string();
    assert!(details.contains("alert rule"), "{details}");
    assert_eq!(scene.server.get(rules), before);
    assert!(scene.server.folders().contains_key(&folder));
    assert_eq!(scene.server.boards().len(), 0);
}

/// Where the server has library panels: a folder of ours that holds some stays, and goes when they have gone.
pub fn library_panels(kind: Kind) {
    let scene = Scene::with_boards(kind, 1);
    let server = &scene.server;
    if !has_library(server) {
        return;
    }
    let folder = server.folder(scene.folder_title());
    let uids = ["one", "two"].map(|name| library_panel(server, name, &folder));
    let before = server.get(LIBRARY);
    scene.world.platform.remove("set.yaml");
    scene
        .world
        .platform
        .commit("Take it out\n\nTrueup-Allow-Deletes: 100");
    let detail = || {
        let applied = scene.world.apply_to(0, &["--allow-deletes", "100"]);
        let held = &applied["held"][0];
        assert_eq!(held["reason"], "not_ours", "{applied}");
        held["detail"].as_str().unwrap().to_owned()
    };
    let told = detail();
    assert!(told.contains("it holds 2 library panels"), "{told}");
    if let Kind::Fake(_) = kind {
        server.fake().fault(LIBRARY, Answer::status(403), 100);
        let told = detail();
        server.fake().no_more_faults();
        assert!(
            told.contains("whether it holds library panels cannot be read"),
            "{told}"
        );
    }
    assert_eq!(server.get(LIBRARY), before);
    assert!(server.folders().contains_key(&folder));
    assert_eq!(server.boards().len(), 0);
    for uid in uids {
        server.send(reqwest::Method::DELETE, &format!("{LIBRARY}/{uid}"), None);
    }
    scene.world.apply_to(0, &["--allow-deletes", "100"]);
    assert_eq!(server.folders().len(), 0);
}

/// One that somebody makes while the folder's dashboards go, when it was seen to be empty.
pub fn library_panel_meanwhile(kind: Kind) {
    let scene = Scene::with_boards(kind, 1);
    if !has_library(&scene.server) {
        return;
    }
    let folder = scene.server.folder(scene.folder_title());
    scene.world.platform.remove("set.yaml");
    scene
        .world
        .platform
        .commit("Take it out\n\nTrueup-Allow-Deletes: 100");
    let (server, place) = (scene.server.clone(), folder.clone());
    scene.server.proxy.set_policy(move |request| {
        if request.method == "DELETE" && request.path().ends_with("/d0") {
            let (server, place) = (server.clone(), place.clone());
            let made = std::thread::spawn(move || library_panel(&server, "late", &place));
            made.join().unwrap();
        }
        Fault::None
    });
    let applied = scene.world.apply_to(1, &["--allow-deletes", "100"]);
    scene.server.proxy.set_policy(|_| Fault::None);
    let told = applied["applied"].to_string();
    assert!(
        told.contains("it is not empty: it holds 1 library panel"),
        "{told}"
    );
    let left = scene.server.get(LIBRARY);
    assert_eq!(left["result"]["elements"][0]["name"], "late", "{left}");
    assert!(scene.server.folders().contains_key(&folder));
    assert_eq!(scene.server.boards().len(), 0);
}

const LIBRARY: &str = "/api/library-elements";

fn has_library(server: &Server) -> bool {
    server.send(reqwest::Method::GET, LIBRARY, None).0 != 404
}

/// Makes a library panel as a person does; its uid.
fn library_panel(server: &Server, name: &str, folder: &str) -> String {
    let model = json!({"type": "text", "title": name});
    let panel = json!({"name": name, "kind": 1, "folderUid": folder, "model": model});
    let made = server.post(LIBRARY, &panel);
    made["result"]["uid"].as_str().unwrap().to_owned()
}

/// Where the server knows managers: what Terraform made is named with it.
pub fn managed(kind: Kind) {
    let scene = Scene::new(kind);
    if !scene.server.modern {
        return;
    }
    scene.server.managed("d0", "terraform", "prod");
    let before = scene.server.board("d0");
    scene.write_set("set.yaml", "boards", "Team/Boards");
    scene.write_board(0, "up");
    let platform = &scene.world.platform;
    platform.replace(
        "set.yaml",
        "{ name: boards }",
        "{ name: boards, annotations: { trueup.dev/adopt: \"true\" } }",
    );
    platform.commit("Even on purpose");
    let applied = scene.world.apply();
    assert_eq!(applied["held"][0]["reason"], "not_ours", "{applied}");
    let detail = applied["held"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("Terraform (prod)"), "{detail}");
    assert_eq!(scene.server.board("d0"), before);
}
