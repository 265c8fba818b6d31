//! A classic save of what is there: versions, overwriting, folders, titles.

use serde_json::{Value, json};

use super::server::{Answer, Scene, Server};
use super::{Article, both, classic, resource};

pub(super) const ARTICLES: &[Article] = &[
    both("saves::only_the_current_version_is_taken", versions),
    both("saves::overwrite_asks_for_no_version", overwrite),
    classic(
        "saves::an_identical_save_is_a_version",
        identical_is_version,
    ),
    resource("saves::an_identical_save_is_none", identical_is_none),
    both("saves::without_a_folder_it_moves_to_the_root", to_root),
    both("saves::a_folder_by_uid", by_uid),
    both("saves::a_folder_that_is_not_there", no_folder),
    classic("saves::a_taken_title_is_412", taken),
    classic("saves::a_taken_title_overwrites_its_holder", takes_over),
    resource("saves::a_title_may_be_shared", shared),
    classic("saves::the_title_of_a_folder_is_taken", folder_title),
    classic("saves::the_uid_of_a_folder_is_taken", folder_uid),
    resource("saves::a_folder_may_have_the_same_uid", folder_uid_shared),
];

fn save(scene: &Scene, spec: Value, folder: Option<&Value>, overwrite: bool) -> Answer {
    let mut spec = spec;
    if spec.get("uid").is_none() {
        spec["uid"] = scene.uid("d").into();
    }
    if spec.get("title").is_none() {
        spec["title"] = scene.title("d").into();
    }
    let mut body = scene.save(&spec, folder);
    body["overwrite"] = overwrite.into();
    scene.server.post("/api/dashboards/db", &body)
}

fn versions(server: &Server) {
    let scene = server.scene();
    save(&scene, json!({}), None, false).expect(200);
    for wrong in [
        json!({"n": 1}),
        json!({"n": 1, "version": 0}),
        json!({"n": 1, "version": 99}),
    ] {
        let body = save(&scene, wrong, None, false).refused(412, "changed by someone else");
        assert_eq!(body["status"], "version-mismatch");
    }
    let saved = save(&scene, json!({"n": 1, "version": 1}), None, false).expect(200);
    assert_eq!(saved["version"], 2);
    save(&scene, json!({"n": 2, "version": 1}), None, false).expect(412);
    assert_eq!(scene.read("d")["dashboard"]["n"], 1);
}

fn overwrite(server: &Server) {
    let scene = server.scene();
    save(&scene, json!({}), None, false).expect(200);
    let saved = save(&scene, json!({"n": 1}), None, true).expect(200);
    assert_eq!(saved["version"], 2);
}

fn identical(server: &Server) -> Value {
    let scene = server.scene();
    let folder = scene.folder("f", None);
    save(&scene, json!({"n": 1}), Some(&folder), false).expect(200);
    save(&scene, json!({"n": 1, "version": 1}), Some(&folder), false).expect(200)["version"].clone()
}

fn identical_is_version(server: &Server) {
    assert_eq!(identical(server), 2);
}

fn identical_is_none(server: &Server) {
    assert_eq!(identical(server), 1);
}

fn to_root(server: &Server) {
    let scene = server.scene();
    let folder = scene.folder("f", None);
    save(&scene, json!({}), Some(&folder), false).expect(200);
    assert_eq!(scene.read("d")["meta"]["folderId"], folder["id"]);
    save(&scene, json!({"version": 1}), None, false).expect(200);
    assert_eq!(scene.read("d")["meta"]["folderId"], 0);
}

/// Where `meta` has no `folderUid`, a save knows none either, and puts the dashboard at the root.
fn by_uid(server: &Server) {
    let scene = server.scene();
    let folder = scene.folder("f", None);
    let only_uid = json!({"uid": folder["uid"]});
    save(&scene, json!({}), Some(&only_uid), false).expect(200);
    let meta = scene.read("d")["meta"].clone();
    let expected = if meta.get("folderUid").is_some() {
        folder["id"].clone()
    } else {
        json!(0)
    };
    assert_eq!(meta["folderId"], expected);
}

fn no_folder(server: &Server) {
    let scene = server.scene();
    let answer = save(&scene, json!({}), Some(&json!({"id": 987_654_321})), false);
    assert!([400, 404].contains(&answer.status), "{answer:?}");
    assert!(
        answer.text.to_lowercase().contains("folder not found"),
        "{answer:?}"
    );
    server
        .get(&format!("/api/dashboards/uid/{}", scene.uid("d")))
        .expect(404);
}

fn taken(server: &Server) {
    let scene = server.scene();
    let (one, two) = (scene.folder("f", None), scene.folder("g", None));
    save(&scene, json!({}), Some(&one), false).expect(200);
    for title in [scene.title("d"), scene.title("d").to_uppercase()] {
        let other = json!({"uid": scene.uid("e"), "title": title});
        let body = save(&scene, other, Some(&one), false).refused(412, "same name");
        assert_eq!(body["status"], "name-exists");
    }
    // In another folder it is free.
    save(&scene, json!({"uid": scene.uid("e")}), Some(&two), false).expect(200);
}

/// The trap: `overwrite` is about the title too, and the holder may be anybody's.
fn takes_over(server: &Server) {
    let scene = server.scene();
    let folder = scene.folder("f", None);
    save(&scene, json!({"by": "holder"}), Some(&folder), false).expect(200);
    let other = json!({"uid": scene.uid("e"), "by": "other"});
    let saved = save(&scene, other, Some(&folder), true).expect(200);
    assert_eq!(saved["uid"], scene.uid("d"));
    assert_eq!(scene.read("d")["dashboard"]["by"], "other");
}

fn shared(server: &Server) {
    let scene = server.scene();
    let folder = scene.folder("f", None);
    for uid in ["d", "e"] {
        save(&scene, json!({"uid": scene.uid(uid)}), Some(&folder), false).expect(200);
    }
    assert_eq!(
        scene.read("d")["dashboard"]["title"],
        scene.read("e")["dashboard"]["title"]
    );
}

fn folder_title(server: &Server) {
    let scene = server.scene();
    let folder = scene.folder("f", None);
    for place in [None, Some(&folder)] {
        let named = json!({"title": scene.title("f")});
        save(&scene, named, place, false).refused(400, "cannot be the same as folder");
    }
}

fn folder_uid(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    let spec = json!({"uid": scene.uid("f")});
    save(&scene, spec, None, false).refused(400, "cannot be changed to a folder");
}

fn folder_uid_shared(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    save(&scene, json!({"uid": scene.uid("f")}), None, false).expect(200);
    server
        .get(&format!("/api/folders/{}", scene.uid("f")))
        .expect(200);
    scene.read("f");
}
