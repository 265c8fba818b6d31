//! Folders by the classic API.

use serde_json::{Value, json};

use super::server::{Answer, Server};
use super::{Article, both, classic, resource};

pub(super) const ARTICLES: &[Article] = &[
    both("folders::read_back_as_made", reads_back),
    both("folders::a_missing_one_is_404", missing),
    both("folders::a_uid_is_made_once", same_uid),
    classic("folders::a_title_is_made_once", same_title),
    resource("folders::a_title_may_be_shared", shared_title),
    both("folders::refuses_bad_uids_and_titles", refused),
    both("folders::only_the_current_version_is_updated", versions),
    classic(
        "folders::an_identical_update_is_a_version",
        identical_is_version,
    ),
    resource("folders::an_identical_update_is_none", identical_is_none),
    classic("folders::a_parent_is_ignored", not_nested),
    resource("folders::nested_with_their_parents", nested),
    resource("folders::four_may_be_above_one", depth),
    resource("folders::made_in_one_that_is_not_there", orphan),
    classic("folders::a_list_has_no_pages", no_pages),
    resource("folders::listed_by_parent_in_pages", pages),
    both("folders::a_delete_takes_the_dashboards_along", delete_takes),
    resource("folders::a_delete_takes_the_folders_along", delete_nested),
    resource("folders::counts_of_all_below", counts),
];

fn path(uid: &str) -> String {
    format!("/api/folders/{uid}")
}

fn reads_back(server: &Server) {
    let scene = server.scene();
    let made = scene.folder("f", None);
    let read = server.get(&path(&scene.uid("f"))).expect(200);
    for key in ["id", "uid", "title", "url", "version"] {
        assert_eq!(read[key], made[key], "{key}");
    }
    assert_eq!(read["uid"], scene.uid("f"));
    assert_eq!(read["title"], scene.title("f"));
    assert_eq!(read["version"], 1);
    assert!(read["id"].is_i64());
    assert!(read.get("parentUid").is_none_or(|parent| *parent == ""));
}

fn missing(server: &Server) {
    let scene = server.scene();
    let none = path(&scene.uid("none"));
    let body = server.get(&none).refused(404, "folder not found");
    assert_eq!(body["status"], "not-found");
    server
        .put(&none, &json!({"title": "x", "overwrite": true}))
        .refused(404, "folder not found");
    server.delete(&none).refused(404, "not found");
}

fn same_uid(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    let again = json!({"uid": scene.uid("f"), "title": scene.title("other")});
    server
        .post("/api/folders", &again)
        .refused(412, "the folder has been changed by someone else");
    assert_eq!(
        server.get(&path(&scene.uid("f"))).expect(200)["title"],
        scene.title("f")
    );
}

fn same_title(server: &Server) {
    let scene = server.scene();
    let taken = |answer: &Answer| {
        assert!([400, 409].contains(&answer.status), "{answer:?}");
        assert!(
            answer.text.contains("with the same name already exists"),
            "{answer:?}"
        );
    };
    scene.folder("f", None);
    scene.folder("g", None);
    for title in [scene.title("f"), scene.title("f").to_uppercase()] {
        let other = json!({"uid": scene.uid("h"), "title": title});
        taken(&server.post("/api/folders", &other));
    }
    let renamed = json!({"title": scene.title("f"), "version": 1});
    taken(&server.put(&path(&scene.uid("g")), &renamed));
    // A dashboard at the root has a title as well.
    scene.dashboard(
        &json!({"uid": scene.uid("d"), "title": scene.title("d")}),
        None,
    );
    let other = json!({"uid": scene.uid("h"), "title": scene.title("d")});
    server
        .post("/api/folders", &other)
        .refused(400, "cannot be the same as one of its dashboards");
    let other = json!({"uid": scene.uid("d"), "title": scene.title("h")});
    server
        .post("/api/folders", &other)
        .refused(400, "Dashboard cannot be changed to a folder");
    server
        .post("/api/folders", &json!({"title": "General"}))
        .refused(400, "already exists");
}

fn shared_title(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    let other = json!({"uid": scene.uid("g"), "title": scene.title("f")});
    scene.remove_later(path(&scene.uid("g")));
    server.post("/api/folders", &other).expect(200);
}

fn refused(server: &Server) {
    let scene = server.scene();
    let post =
        |uid: &str, title: &str| server.post("/api/folders", &json!({"uid": uid, "title": title}));
    post(&scene.uid("f"), "").refused(400, "folder title cannot be empty");
    post("a b", &scene.title("f")).refused(400, "uid contains illegal characters");
    post("a.b", &scene.title("f")).refused(400, "uid contains illegal characters");
    post(&"u".repeat(41), &scene.title("f")).refused(400, "uid too long, max 40 characters");
}

fn versions(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    let path = path(&scene.uid("f"));
    let title =
        |name: &str, version: Value| json!({"title": scene.title(name), "version": version});
    for wrong in [Value::Null, json!(0), json!(77)] {
        server
            .put(&path, &title("g", wrong))
            .refused(412, "changed by someone else");
    }
    let renamed = server.put(&path, &title("g", json!(1))).expect(200);
    assert_eq!(
        (&renamed["title"], &renamed["version"]),
        (&json!(scene.title("g")), &json!(2))
    );
    assert_eq!(renamed["uid"], scene.uid("f"));
    server.put(&path, &title("h", json!(1))).expect(412);
    let forced = json!({"title": scene.title("h"), "overwrite": true});
    assert_eq!(server.put(&path, &forced).expect(200)["version"], 3);
    server
        .put(&path, &json!({"title": "", "overwrite": true}))
        .refused(400, "title cannot be empty");
}

fn identical(server: &Server) -> Value {
    let scene = server.scene();
    scene.folder("f", None);
    let same = json!({"title": scene.title("f"), "version": 1});
    server.put(&path(&scene.uid("f")), &same).expect(200)["version"].clone()
}

fn identical_is_version(server: &Server) {
    assert_eq!(identical(server), 2);
}

fn identical_is_none(server: &Server) {
    assert_eq!(identical(server), 1);
}

fn not_nested(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    let child = scene.folder("g", Some(&scene.uid("f")));
    assert!(child.get("parentUid").is_none_or(|parent| *parent == ""));
    assert!(child.get("parents").is_none());
    server
        .get(&format!("{}/counts", path(&scene.uid("f"))))
        .refused(404, "Not found");
}

fn nested(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    scene.folder("g", Some(&scene.uid("f")));
    scene.folder("h", Some(&scene.uid("g")));
    let read = server.get(&path(&scene.uid("h"))).expect(200);
    assert_eq!(read["parentUid"], scene.uid("g"));
    let parents: Vec<_> = read["parents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|above| above["uid"].clone())
        .collect();
    assert_eq!(parents, [json!(scene.uid("f")), json!(scene.uid("g"))]);
}

fn depth(server: &Server) {
    let scene = server.scene();
    scene.folder("0", None);
    for level in 1..=4 {
        scene.folder(
            &level.to_string(),
            Some(&scene.uid(&(level - 1).to_string())),
        );
    }
    let deeper = json!({"uid": scene.uid("5"), "title": "5", "parentUid": scene.uid("4")});
    server
        .post("/api/folders", &deeper)
        .refused(500, "max depth exceeded, max depth is 4");
}

/// The trap: it is made, and stands nowhere.
fn orphan(server: &Server) {
    let scene = server.scene();
    let made = scene.folder("f", Some(&scene.uid("none")));
    assert_eq!(made["parentUid"], scene.uid("none"));
    assert!(made.get("parents").is_none());
    let roots = server.get("/api/folders?limit=5000").expect(200);
    assert!(
        roots
            .as_array()
            .unwrap()
            .iter()
            .all(|root| root["uid"] != scene.uid("f"))
    );
}

/// The trap: whoever pages never comes to an end.
fn no_pages(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    scene.folder("g", None);
    let all = server.get("/api/folders?limit=5000").expect(200);
    let has = |name: &str| {
        all.as_array()
            .unwrap()
            .iter()
            .any(|root| root["uid"] == scene.uid(name))
    };
    assert!(has("f") && has("g"));
    let beyond = server.get("/api/folders?limit=1&page=9999").expect(200);
    assert!(beyond.as_array().unwrap().len() <= 1);
}

fn pages(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    for name in ["a", "b", "c"] {
        scene.folder(name, Some(&scene.uid("f")));
    }
    let query = format!("/api/folders?parentUid={}&limit=2&page=", scene.uid("f"));
    let page = |number: usize| {
        let page = server.get(&format!("{query}{number}")).expect(200);
        page.as_array()
            .unwrap()
            .iter()
            .map(|child| child["uid"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let mut found = [page(1), page(2), page(3)].concat();
    found.sort();
    assert_eq!(found, ["a", "b", "c"].map(|name| scene.uid(name)));
    assert_eq!((page(1).len(), page(3).len()), (2, 0));
    let none = format!("/api/folders?parentUid={}", scene.uid("none"));
    server.get(&none).refused(404, "folder not found");
}

/// The trap: it asks nothing. Its answer may have no body.
fn delete_takes(server: &Server) {
    let scene = server.scene();
    let folder = scene.folder("f", None);
    scene.dashboard(
        &json!({"uid": scene.uid("d"), "title": scene.title("d")}),
        Some(&folder),
    );
    server.delete(&path(&scene.uid("f"))).expect(200);
    server.get(&path(&scene.uid("f"))).expect(404);
    server
        .get(&format!("/api/dashboards/uid/{}", scene.uid("d")))
        .expect(404);
}

fn delete_nested(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    let inner = scene.folder("g", Some(&scene.uid("f")));
    scene.dashboard(
        &json!({"uid": scene.uid("d"), "title": scene.title("d")}),
        Some(&inner),
    );
    server
        .delete(&path(&scene.uid("f")))
        .refused(200, "deleted");
    server.get(&path(&scene.uid("g"))).expect(404);
    server
        .get(&format!("/api/dashboards/uid/{}", scene.uid("d")))
        .expect(404);
}

fn counts(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    let inner = scene.folder("g", Some(&scene.uid("f")));
    scene.dashboard(
        &json!({"uid": scene.uid("d"), "title": scene.title("d")}),
        Some(&inner),
    );
    let counts = |name: &str| {
        server
            .get(&format!("{}/counts", path(&scene.uid(name))))
            .expect(200)
    };
    let of = |dashboards: i64, folders: i64| json!({"alertrule": 0, "dashboard": dashboards, "folder": folders, "librarypanel": 0});
    assert_eq!(counts("f"), of(1, 1));
    assert_eq!(counts("g"), of(1, 0));
    // One that is not there counts as empty, and is not refused.
    assert_eq!(counts("none"), of(0, 0));
}
