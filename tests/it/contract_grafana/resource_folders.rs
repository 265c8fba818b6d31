//! Folders by the resource API.

use serde_json::{Value, json};

use super::resource_dashboards::{body, create as create_dashboard, managed};
use super::server::{Scene, Server};
use super::{Article, resource};

pub(super) const ARTICLES: &[Article] = &[
    resource("resource_folders::read_back_as_made", reads_back),
    resource("resource_folders::a_name_is_made_once", exists),
    resource("resource_folders::refuses_bad_names_and_titles", refused),
    resource("resource_folders::an_identical_update_is_none", identical),
    resource("resource_folders::a_stale_version_is_409", conflict),
    resource("resource_folders::a_move", moved),
    resource(
        "resource_folders::the_manager_alone_makes_no_generation",
        manager_only,
    ),
    resource(
        "resource_folders::a_classic_one_has_an_empty_description",
        described,
    ),
    resource(
        "resource_folders::a_classic_update_keeps_the_manager",
        classic_update,
    ),
    resource("resource_folders::only_an_empty_one_is_deleted", delete),
    resource("resource_folders::delete_preconditions", preconditions),
    resource(
        "resource_folders::counts_of_what_is_directly_inside",
        counts,
    ),
    resource("resource_folders::a_missing_one_is_404", missing),
];

pub(super) const PATH: &str = "/apis/folder.grafana.app/v1beta1/namespaces/default/folders";

fn path(scene: &Scene, name: &str) -> String {
    format!("{PATH}/{}", scene.uid(name))
}

pub(super) fn create(scene: &Scene, name: &str, parent: Option<&str>) -> Value {
    scene.remove_later(path(scene, name));
    let mut annotations = managed();
    if let Some(parent) = parent {
        annotations["grafana.app/folder"] = scene.uid(parent).into();
    }
    let body = body(
        &scene.uid(name),
        &annotations,
        &json!({"title": scene.title(name)}),
    );
    scene.server.post(PATH, &body).expect(201)
}

fn read(scene: &Scene, name: &str) -> Value {
    scene.server.get(&path(scene, name)).expect(200)
}

fn reads_back(server: &Server) {
    let scene = server.scene();
    let made = create(&scene, "f", None);
    create(&scene, "g", Some("f"));
    let folder = read(&scene, "f");
    assert_eq!(folder["kind"], "Folder");
    assert_eq!(folder["spec"], json!({"title": scene.title("f")}));
    assert_eq!(folder["metadata"]["generation"], 1);
    assert_eq!(
        folder["metadata"]["resourceVersion"],
        made["metadata"]["resourceVersion"]
    );
    let annotations = &folder["metadata"]["annotations"];
    assert_eq!(annotations["grafana.app/managerId"], "trueup:acme");
    assert!(annotations.get("grafana.app/folder").is_none());
    let child = read(&scene, "g");
    assert_eq!(
        child["metadata"]["annotations"]["grafana.app/folder"],
        scene.uid("f")
    );
    let classic = server
        .get(&format!("/api/folders/{}", scene.uid("g")))
        .expect(200);
    assert_eq!(
        (&classic["parentUid"], &classic["managedBy"]),
        (&json!(scene.uid("f")), &json!("kubectl"))
    );
    // What a folder has not, is dropped.
    let more = body(
        &scene.uid("h"),
        &json!({}),
        &json!({"title": "h", "more": 1}),
    );
    scene.remove_later(path(&scene, "h"));
    assert_eq!(
        server.post(PATH, &more).expect(201)["spec"],
        json!({"title": "h"})
    );
}

/// The trap: a 412, where dashboards have a 409 with a reason.
fn exists(server: &Server) {
    let scene = server.scene();
    create(&scene, "f", None);
    let again = body(&scene.uid("f"), &json!({}), &json!({"title": "other"}));
    server
        .post(PATH, &again)
        .refused(412, "the folder has been changed by someone else");
}

fn refused(server: &Server) {
    let scene = server.scene();
    let post = |name: &str, spec: Value| server.post(PATH, &body(name, &json!({}), &spec));
    post(&scene.uid("f"), json!({})).refused(400, "folder title cannot be empty");
    post("a.b", json!({"title": "f"})).refused(400, "uid contains illegal characters");
    post("general", json!({"title": "f"})).refused(500, "invalid uid for folder");
}

fn identical(server: &Server) {
    let scene = server.scene();
    create(&scene, "f", None);
    let before = read(&scene, "f");
    let answer = server.put(&path(&scene, "f"), &before).expect(200);
    assert!(answer["metadata"].get("resourceVersion").is_none());
    let after = read(&scene, "f");
    assert_eq!(
        after["metadata"]["resourceVersion"],
        before["metadata"]["resourceVersion"]
    );
    assert_eq!(after["metadata"]["generation"], 1);
}

fn conflict(server: &Server) {
    let scene = server.scene();
    let mut folder = create(&scene, "f", None);
    folder["spec"]["title"] = scene.title("g").into();
    assert_eq!(
        server.put(&path(&scene, "f"), &folder).expect(200)["metadata"]["generation"],
        2
    );
    folder["spec"]["title"] = scene.title("h").into();
    let status = server
        .put(&path(&scene, "f"), &folder)
        .refused(409, "the object has been modified");
    assert_eq!(status["reason"], "Conflict");
    assert_eq!(read(&scene, "f")["spec"]["title"], scene.title("g"));
}

fn moved(server: &Server) {
    let scene = server.scene();
    create(&scene, "f", None);
    create(&scene, "g", None);
    let to = |name: &str, parent: &str| {
        let annotations = json!({"grafana.app/folder": parent});
        let body = body(
            &scene.uid(name),
            &annotations,
            &json!({"title": scene.title(name)}),
        );
        server.put(&path(&scene, name), &body)
    };
    assert_eq!(
        to("g", &scene.uid("f")).expect(200)["metadata"]["generation"],
        2
    );
    to("f", &scene.uid("g")).refused(500, "circular reference");
    to("g", &scene.uid("none")).refused(500, "move target not found");
    let classic = server
        .get(&format!("/api/folders/{}", scene.uid("g")))
        .expect(200);
    assert_eq!(classic["parentUid"], scene.uid("f"));
}

/// Unlike a dashboard's save.
fn classic_update(server: &Server) {
    let scene = server.scene();
    create(&scene, "f", None);
    let renamed = json!({"title": scene.title("g"), "version": 1});
    server
        .put(&format!("/api/folders/{}", scene.uid("f")), &renamed)
        .expect(200);
    let folder = read(&scene, "f");
    assert_eq!(
        folder["metadata"]["annotations"]["grafana.app/managerId"],
        "trueup:acme"
    );
    assert_eq!(folder["metadata"]["generation"], 2);
}

fn delete(server: &Server) {
    let scene = server.scene();
    create(&scene, "f", None);
    create(&scene, "g", Some("f"));
    let status = server
        .delete(&path(&scene, "f"))
        .refused(400, "folder is not empty");
    assert_eq!(status["details"]["uid"], "folder.not-empty");
    server.delete(&path(&scene, "g")).expect(200);
    let inside = json!({"grafana.app/folder": scene.uid("f")});
    create_dashboard(&scene, "d", &inside, &json!({"title": "d"}));
    server
        .delete(&path(&scene, "f"))
        .refused(400, "folder is not empty");
    server
        .delete(&format!("/api/dashboards/uid/{}", scene.uid("d")))
        .expect(200);
    let status = server.delete(&path(&scene, "f")).expect(200);
    assert_eq!(status["status"], "Success");
    server.get(&path(&scene, "f")).expect(404);
}

fn preconditions(server: &Server) {
    let scene = server.scene();
    create(&scene, "f", None);
    let wrong = json!({"preconditions": {"resourceVersion": "1"}});
    let status = server
        .ask("DELETE", &path(&scene, "f"), Some(&wrong))
        .expect(409);
    assert_eq!(status["reason"], "Conflict");
    read(&scene, "f");
}

/// The trap: of what stands directly in it, where the classic counts are of all below.
fn counts(server: &Server) {
    let scene = server.scene();
    create(&scene, "f", None);
    create(&scene, "g", Some("f"));
    create(&scene, "h", Some("g"));
    let inside = json!({"grafana.app/folder": scene.uid("g")});
    create_dashboard(&scene, "d", &inside, &json!({"title": "d"}));
    let counts = |name: &str| {
        let answer = server
            .get(&format!("{}/counts", path(&scene, name)))
            .expect(200);
        ["folders", "dashboards", "alertrules"].map(|resource| -> i64 {
            let counts = answer["counts"].as_array().unwrap().iter();
            let fitting = counts.filter(|count| count["resource"] == resource);
            fitting.map(|count| count["count"].as_i64().unwrap()).sum()
        })
    };
    assert_eq!(counts("f"), [1, 0, 0]);
    assert_eq!(counts("g"), [1, 1, 0]);
    assert_eq!(counts("h"), [0, 0, 0]);
}

fn missing(server: &Server) {
    let scene = server.scene();
    let status = server.get(&path(&scene, "none")).refused(404, "not found");
    assert_eq!(
        (&status["reason"], &status["details"]["kind"]),
        (&json!("NotFound"), &json!("folders"))
    );
    server.delete(&path(&scene, "none")).expect(404);
}

/// So is one adopted: whether it was made by hand or not.
fn manager_only(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    let mut folder = read(&scene, "f");
    let before = folder["metadata"]["resourceVersion"].clone();
    for (key, value) in managed().as_object().unwrap() {
        folder["metadata"]["annotations"][key] = value.clone();
    }
    server.put(&path(&scene, "f"), &folder).expect(200);
    let after = read(&scene, "f");
    assert_eq!(after["metadata"]["generation"], 1);
    assert_ne!(after["metadata"]["resourceVersion"], before);
    let classic = server
        .get(&format!("/api/folders/{}", scene.uid("f")))
        .expect(200);
    assert_eq!(classic["managedBy"], "kubectl");
}

/// Where one of the resource API has none: no difference to be told.
fn described(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    create(&scene, "g", None);
    assert_eq!(read(&scene, "f")["spec"]["description"], "");
    assert!(read(&scene, "g")["spec"].get("description").is_none());
}
