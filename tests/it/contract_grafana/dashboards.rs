//! What a dashboard is when it is read back by the classic API, and how one is found missing.

use serde_json::{Value, json};

use super::server::Server;
use super::{Article, both, classic, resource};

pub(super) const ARTICLES: &[Article] = &[
    both("dashboards::reads_back_as_written", reads_back),
    both("dashboards::meta_names_the_folder", meta),
    classic("dashboards::numbers_are_kept", numbers_kept),
    resource("dashboards::numbers_become_doubles", numbers_doubled),
    both("dashboards::titles_are_trimmed", trimmed),
    both("dashboards::a_missing_one_is_404", missing),
    both("dashboards::deleted_and_made_again", deleted),
    both("dashboards::versions_have_messages", versions),
    both("dashboards::refuses_what_is_no_dashboard", refused),
];

/// What real dashboards have, and nothing that a server might mend.
fn rich(uid: &str, title: &str) -> Value {
    json!({
        "uid": uid, "title": title, "tags": ["b", "a"], "schemaVersion": 27, "timezone": "browser",
        "panels": [
            {"id": 2, "type": "timeseries", "title": "<a> & \u{2028} ü", "datasource": null,
             "gridPos": {"h": 8, "w": 12, "x": 0, "y": 0},
             "targets": [{"refId": "A", "expr": "rate(x[5m]) > 0.1", "legendFormat": ""}]},
            {"id": 1, "type": "row", "collapsed": true, "panels": [{"id": 3, "type": "text"}]},
        ],
        "templating": {"list": [{"name": "v", "type": "query", "query": "label_values(x)"}]},
        "time": {"from": "now-6h", "to": "now"}, "refresh": "", "links": [], "unknown": {"a": [1, null]},
        "empty": {}, "nothing": null, "small": 0.25, "negative": -3,
    })
}

fn reads_back(server: &Server) {
    let scene = server.scene();
    let folder = scene.folder("f", None);
    let sent = rich(&scene.uid("d"), &scene.title("d"));
    let answer = scene.dashboard(&sent, Some(&folder));
    assert_eq!(answer["status"], "success");
    assert_eq!(answer["version"], 1);
    assert_eq!(answer["uid"], sent["uid"]);
    let mut read = scene.read("d")["dashboard"].clone();
    assert!(read["id"].is_i64());
    assert_eq!(read["version"], 1);
    read.as_object_mut()
        .unwrap()
        .retain(|key, _| !["id", "version"].contains(&key.as_str()));
    assert_eq!(read, sent);
}

fn meta(server: &Server) {
    let scene = server.scene();
    let folder = scene.folder("f", None);
    scene.dashboard(
        &json!({"uid": scene.uid("d"), "title": scene.title("d")}),
        Some(&folder),
    );
    scene.dashboard(
        &json!({"uid": scene.uid("r"), "title": scene.title("r")}),
        None,
    );
    let meta = scene.read("d")["meta"].clone();
    assert_eq!(meta["folderId"], folder["id"]);
    assert_eq!(meta["folderTitle"], folder["title"]);
    assert_eq!(meta["version"], 1);
    assert_eq!(meta["isFolder"], false);
    assert_eq!(meta["provisioned"], false);
    for key in ["created", "updated", "createdBy", "updatedBy"] {
        assert!(
            meta[key].as_str().is_some_and(|text| !text.is_empty()),
            "{key}"
        );
    }
    // By uid only where the server says so.
    assert!(
        meta.get("folderUid")
            .is_none_or(|uid| *uid == folder["uid"])
    );
    assert_ne!(server.is_classic(), meta.get("apiVersion").is_some());
    let meta = scene.read("r")["meta"].clone();
    assert_eq!(meta["folderId"], 0);
    assert_eq!(meta["folderUrl"], "");
    assert!(meta.get("folderUid").is_none_or(|uid| *uid == ""));
}

fn numbers(server: &Server) -> (String, String) {
    let scene = server.scene();
    let spec = json!({
        "uid": scene.uid("d"), "title": scene.title("d"), "whole": 1.0, "big": 12_345_678_901_234_567_890_u64,
    });
    scene.dashboard(&spec, None);
    let read = scene.read("d");
    let read = &read["dashboard"];
    (read["whole"].to_string(), read["big"].to_string())
}

fn numbers_kept(server: &Server) {
    let (whole, big) = numbers(server);
    assert_eq!(
        (whole.as_str(), big.as_str()),
        ("1.0", "12345678901234567890")
    );
}

fn numbers_doubled(server: &Server) {
    let (whole, big) = numbers(server);
    assert_eq!(
        (whole.as_str(), big.as_str()),
        ("1", "12345678901234567000")
    );
}

fn trimmed(server: &Server) {
    let scene = server.scene();
    let title = format!("  {}  ", scene.title("d"));
    scene.dashboard(&json!({"uid": scene.uid("d"), "title": title}), None);
    assert_eq!(scene.read("d")["dashboard"]["title"], title.trim());
}

fn missing(server: &Server) {
    let scene = server.scene();
    let path = format!("/api/dashboards/uid/{}", scene.uid("none"));
    server.get(&path).refused(404, "Dashboard not found");
    server.delete(&path).refused(404, "Dashboard not found");
}

fn deleted(server: &Server) {
    let scene = server.scene();
    let spec = json!({"uid": scene.uid("d"), "title": scene.title("d")});
    scene.dashboard(&spec, None);
    let path = format!("/api/dashboards/uid/{}", scene.uid("d"));
    server.delete(&path).refused(200, "deleted");
    server.get(&path).expect(404);
    assert_eq!(scene.dashboard(&spec, None)["version"], 1);
}

fn versions(server: &Server) {
    let scene = server.scene();
    for (version, message) in [(0, "first"), (1, "second")] {
        let spec = json!({"uid": scene.uid("d"), "title": scene.title("d"), "version": version, "n": version});
        let mut save = scene.save(&spec, None);
        save["message"] = message.into();
        server.post("/api/dashboards/db", &save).expect(200);
    }
    let path = if server.is_classic() {
        format!(
            "/api/dashboards/id/{}/versions",
            scene.read("d")["dashboard"]["id"]
        )
    } else {
        format!("/api/dashboards/uid/{}/versions", scene.uid("d"))
    };
    let all = server.get(&format!("{path}?limit=10")).expect(200);
    // A list, or an object with one.
    let list = all.get("versions").unwrap_or(&all).as_array().unwrap();
    let shown: Vec<_> = list
        .iter()
        .map(|one| (one["version"].clone(), one["message"].clone()))
        .collect();
    assert_eq!(
        shown,
        [
            (json!(2), json!("second")),
            (json!(1), json!("Initial save"))
        ]
    );
    assert!(list[0]["createdBy"].is_string() && list[0]["created"].is_string());
    let one = server.get(&format!("{path}/1")).expect(200);
    assert_eq!(one["data"]["title"], scene.title("d"));
    assert_eq!(one["message"], "first");
    assert_eq!(one["data"]["n"], 0);
    assert_eq!(
        server
            .get(&format!("{path}?limit=1"))
            .json()
            .get("versions")
            .map_or(1, |all| all.as_array().unwrap().len()),
        1
    );
}

fn refused(server: &Server) {
    let scene = server.scene();
    let title = scene.title("d");
    let post =
        |dashboard: Value| server.post("/api/dashboards/db", &json!({"dashboard": dashboard}));
    for empty in [
        json!({}),
        json!({"title": ""}),
        json!({"title": "  "}),
        json!("x"),
    ] {
        post(empty).refused(400, "title cannot be empty");
    }
    post(json!({"uid": "a b", "title": title})).refused(400, "uid contains illegal characters");
    post(json!({"uid": "a.b", "title": title})).refused(400, "uid contains illegal characters");
    post(json!({"uid": "u".repeat(41), "title": title}))
        .refused(400, "uid too long, max 40 characters");
    let unknown =
        post(json!({"id": 987_654_321, "title": title})).refused(404, "Dashboard not found");
    assert_eq!(unknown["status"], "not-found");
    let none = server.post("/api/dashboards/db", &json!({}));
    assert!([400, 422].contains(&none.status), "{none:?}");
}
