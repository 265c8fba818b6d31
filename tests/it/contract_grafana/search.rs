//! Search: complete by pages, without bodies.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::resource_dashboards;
use super::server::{Scene, Server};
use super::{Article, both, classic, resource};

pub(super) const ARTICLES: &[Article] = &[
    both("search::pages_are_complete", pages),
    both("search::hits_name_their_folder", fields),
    both("search::all_tags_must_fit", tags),
    both("search::more_than_5000_is_422", limit),
    both("search::sees_what_was_just_done", fresh),
    classic("search::folders_by_number", by_number),
    resource("search::folders_by_uid", by_uid),
    resource("search::folders_name_their_parent", nested),
    resource("search::sees_what_the_resource_api_made", across),
];

fn uids(hits: &Value) -> BTreeSet<String> {
    let hits = hits.as_array().unwrap().iter();
    hits.map(|hit| hit["uid"].as_str().unwrap().to_owned())
        .collect()
}

fn dashboards(scene: &Scene, folder: &Value, names: &[&str]) -> BTreeSet<String> {
    let make = |name: &&str| {
        let tags = [scene.uid("tag"), (*name).to_owned()];
        let spec = json!({"uid": scene.uid(name), "title": scene.title(name), "tags": tags});
        scene.dashboard(&spec, Some(folder));
        scene.uid(name)
    };
    names.iter().map(make).collect()
}

fn pages(server: &Server) {
    let scene = server.scene();
    let made = dashboards(&scene, &scene.folder("f", None), &["a", "b", "c", "d", "e"]);
    let query = format!(
        "/api/search?type=dash-db&tag={}&limit=2&page=",
        scene.uid("tag")
    );
    let page = |number: usize| server.get(&format!("{query}{number}")).expect(200);
    let sizes: Vec<_> = (1..=4)
        .map(|number| page(number).as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [2, 2, 1, 0]);
    assert_eq!(
        (1..=3)
            .flat_map(|number| uids(&page(number)))
            .collect::<BTreeSet<_>>(),
        made
    );
}

fn fields(server: &Server) {
    let scene = server.scene();
    let folder = scene.folder("f", None);
    dashboards(&scene, &folder, &["d"]);
    let hits = server.get("/api/search?limit=5000").expect(200);
    let hit = |name: &str| {
        hits.as_array()
            .unwrap()
            .iter()
            .find(|hit| hit["uid"] == scene.uid(name))
            .unwrap()
            .clone()
    };
    let dashboard = hit("d");
    assert_eq!(dashboard["type"], "dash-db");
    assert_eq!(dashboard["title"], scene.title("d"));
    assert_eq!(dashboard["folderUid"], folder["uid"]);
    assert_eq!(dashboard["folderId"], folder["id"]);
    assert_eq!(dashboard["folderTitle"], folder["title"]);
    assert_eq!(dashboard["tags"].as_array().map(Vec::len), Some(2));
    assert!(dashboard.get("version").is_none() && dashboard.get("panels").is_none());
    assert_eq!(hit("f")["type"], "dash-folder");
    assert!(hit("f").get("folderUid").is_none());
    let folders = server
        .get("/api/search?type=dash-folder&limit=5000")
        .expect(200);
    assert!(uids(&folders).contains(&scene.uid("f")) && !uids(&folders).contains(&scene.uid("d")));
}

fn tags(server: &Server) {
    let scene = server.scene();
    let folder = scene.folder("f", None);
    dashboards(&scene, &folder, &["a", "b"]);
    let query = format!("/api/search?type=dash-db&tag={}", scene.uid("tag"));
    let both = server.get(&format!("{query}&tag=a")).expect(200);
    assert_eq!(uids(&both), [scene.uid("a")].into());
    assert!(uids(&server.get(&format!("{query}&tag=none")).expect(200)).is_empty());
}

fn limit(server: &Server) {
    server
        .get("/api/search?limit=5001")
        .refused(422, "Limit is above maximum allowed (5000)");
    server.get("/api/search?limit=5000").expect(200);
}

fn fresh(server: &Server) {
    let scene = server.scene();
    let made = dashboards(&scene, &scene.folder("f", None), &["d"]);
    let query = format!("/api/search?type=dash-db&tag={}", scene.uid("tag"));
    assert_eq!(uids(&server.get(&query).expect(200)), made);
    server
        .delete(&format!("/api/dashboards/uid/{}", scene.uid("d")))
        .expect(200);
    assert!(uids(&server.get(&query).expect(200)).is_empty());
}

fn by_number(server: &Server) {
    let scene = server.scene();
    let folder = scene.folder("f", None);
    let made = dashboards(&scene, &folder, &["a", "b"]);
    let found = server
        .get(&format!("/api/search?folderIds={}", folder["id"]))
        .expect(200);
    assert_eq!(uids(&found), made);
}

/// By number it finds nothing, which is not to be taken for an empty folder.
fn by_uid(server: &Server) {
    let scene = server.scene();
    let folder = scene.folder("f", None);
    let made = dashboards(&scene, &folder, &["a", "b"]);
    let found = server
        .get(&format!(
            "/api/search?type=dash-db&folderUIDs={}",
            scene.uid("f")
        ))
        .expect(200);
    assert_eq!(uids(&found), made);
    let found = server
        .get(&format!(
            "/api/search?type=dash-db&folderIds={}",
            folder["id"]
        ))
        .expect(200);
    assert!(uids(&found).is_empty());
}

fn nested(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    scene.folder("g", Some(&scene.uid("f")));
    let folders = server
        .get("/api/search?type=dash-folder&limit=5000")
        .expect(200);
    let mut all = folders.as_array().unwrap().iter();
    let inner = all.find(|hit| hit["uid"] == scene.uid("g")).unwrap();
    assert_eq!(inner["folderUid"], scene.uid("f"));
    assert_eq!(inner["folderTitle"], scene.title("f"));
}

fn across(server: &Server) {
    let scene = server.scene();
    let folder = scene.folder("f", None);
    let inside = json!({"grafana.app/folder": folder["uid"]});
    let spec = json!({"title": scene.title("d"), "tags": [scene.uid("tag")]});
    resource_dashboards::create(&scene, "d", &inside, &spec);
    let query = format!("/api/search?type=dash-db&tag={}", scene.uid("tag"));
    let hits = server.get(&query).expect(200);
    assert_eq!(uids(&hits), [scene.uid("d")].into());
    assert_eq!(hits[0]["folderUid"], folder["uid"]);
}
