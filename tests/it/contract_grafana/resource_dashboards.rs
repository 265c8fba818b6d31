//! Dashboards by the resource API, in v0alpha1: written and read back as they are.

use serde_json::{Map, Value, json};

use super::server::{Scene, Server};
use super::{Article, resource};
use crate::fake::grafana::Role;

pub(super) const ARTICLES: &[Article] = &[
    resource("resource_dashboards::reads_back_as_written", reads_back),
    resource("resource_dashboards::v1beta1_fills_it_up", filled_up),
    resource("resource_dashboards::a_missing_one_is_404", missing),
    resource("resource_dashboards::a_name_is_made_once", exists),
    resource("resource_dashboards::refuses_what_is_no_dashboard", refused),
    resource("resource_dashboards::a_missing_folder", no_folder),
    resource("resource_dashboards::delete_preconditions", preconditions),
    resource("resource_dashboards::a_dry_run_does_nothing", dry_run),
    resource(
        "resource_dashboards::at_the_root_only_granted_ones_are_seen",
        granted,
    ),
];

pub(super) const PATH: &str = "/apis/dashboard.grafana.app/v0alpha1/namespaces/default/dashboards";

pub(super) fn managed() -> Value {
    json!({"grafana.app/managedBy": "kubectl", "grafana.app/managerId": "trueup:acme"})
}

pub(super) fn body(name: &str, annotations: &Value, spec: &Value) -> Value {
    json!({"metadata": {"name": name, "annotations": annotations}, "spec": spec})
}

pub(super) fn path(scene: &Scene, name: &str) -> String {
    format!("{PATH}/{}", scene.uid(name))
}

pub(super) fn create(scene: &Scene, name: &str, annotations: &Value, spec: &Value) -> Value {
    scene.remove_later(path(scene, name));
    let body = body(&scene.uid(name), annotations, spec);
    scene.server.post(PATH, &body).expect(201)
}

pub(super) fn put(scene: &Scene, name: &str, annotations: &Value, spec: &Value) -> Value {
    let body = body(&scene.uid(name), annotations, spec);
    scene.server.put(&path(scene, name), &body).expect(200)
}

pub(super) fn read(scene: &Scene, name: &str) -> Value {
    scene.server.get(&path(scene, name)).expect(200)
}

/// Those that are not the server's own.
pub(super) fn own_annotations(object: &Value) -> Map<String, Value> {
    let mut all = object["metadata"]["annotations"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    all.retain(|key, _| {
        !["createdBy", "updatedBy", "updatedTimestamp"]
            .contains(&key.trim_start_matches("grafana.app/"))
    });
    all
}

fn reads_back(server: &Server) {
    let scene = server.scene();
    let spec = json!({
        "title": "  as it is ", "uid": "other", "version": 9, "schemaVersion": 16, "nothing": null, "empty": {},
        "panels": [{"id": 1, "type": "graph", "datasource": null, "alert": null}], "gnetId": null,
        "whole": 1.0, "html": "<&>", "tags": [],
    });
    let made = create(&scene, "d", &json!({}), &spec);
    let mut expected = spec.clone();
    let fields = expected.as_object_mut().unwrap();
    fields.remove("uid");
    fields.remove("version");
    fields["whole"] = 1.into();
    assert_eq!(made["spec"], expected);
    let object = read(&scene, "d");
    assert_eq!(object["spec"], expected);
    assert_eq!(object["kind"], "Dashboard");
    assert_eq!(object["apiVersion"], "dashboard.grafana.app/v0alpha1");
    let metadata = &object["metadata"];
    assert_eq!(
        (&metadata["name"], &metadata["namespace"]),
        (&json!(scene.uid("d")), &json!("default"))
    );
    assert_eq!(metadata["generation"], 1);
    assert_eq!(
        metadata["resourceVersion"],
        made["metadata"]["resourceVersion"]
    );
    assert!(metadata["uid"].is_string() && metadata["creationTimestamp"].is_string());
    assert!(metadata["annotations"]["grafana.app/createdBy"].is_string());
    // By the other API it is the same one, with the uid that it is found by.
    let classic = scene.read("d");
    assert_eq!(classic["dashboard"]["uid"], scene.uid("d"));
    assert_eq!(classic["dashboard"]["schemaVersion"], 16);
}

fn filled_up(server: &Server) {
    let scene = server.scene();
    create(&scene, "d", &json!({}), &json!({"title": "d"}));
    let path = path(&scene, "d").replace("v0alpha1", "v1beta1");
    let object = server.get(&path).expect(200);
    for key in [
        "annotations",
        "editable",
        "time",
        "templating",
        "schemaVersion",
    ] {
        assert!(object["spec"].get(key).is_some(), "{key}");
    }
    assert_eq!(object["status"]["conversion"]["storedVersion"], "v0alpha1");
    assert_eq!(read(&scene, "d")["spec"], json!({"title": "d"}));
}

fn missing(server: &Server) {
    let scene = server.scene();
    let path = path(&scene, "none");
    for answer in [server.get(&path), server.delete(&path)] {
        let status = answer.refused(404, "not found");
        assert_eq!(
            (&status["kind"], &status["reason"]),
            (&json!("Status"), &json!("NotFound"))
        );
        assert_eq!(status["details"]["name"], scene.uid("none"));
        assert_eq!(status["details"]["kind"], "dashboards");
    }
}

fn exists(server: &Server) {
    let scene = server.scene();
    create(&scene, "d", &json!({}), &json!({"title": "d"}));
    let again = body(&scene.uid("d"), &json!({}), &json!({"title": "other"}));
    let status = server.post(PATH, &again).refused(409, "already exists");
    assert_eq!(status["reason"], "AlreadyExists");
    assert_eq!(read(&scene, "d")["spec"]["title"], "d");
}

fn refused(server: &Server) {
    let scene = server.scene();
    let post = |name: &str, spec: Value| server.post(PATH, &body(name, &json!({}), &spec));
    post(&scene.uid("d"), json!({"title": ""})).refused(400, "Dashboard title cannot be empty");
    post("a.b", json!({"title": "d"})).refused(400, "uid contains illegal characters");
    post(&"u".repeat(41), json!({"title": "d"})).refused(400, "uid too long, max 40 characters");
    post("", json!({"title": "d"})).refused(422, "name or generateName is required");
    post(&scene.uid("d"), json!("x")).expect(400);
    post(&scene.uid("d"), json!({"title": "d", "refresh": "1s"}))
        .refused(400, "refresh interval is too low");
    let mut other = body(&scene.uid("d"), &json!({}), &json!({"title": "d"}));
    other["kind"] = "Folder".into();
    server.post(PATH, &other).expect(400);
    other["kind"] = "Dashboard".into();
    other["apiVersion"] = "dashboard.grafana.app/v1beta1".into();
    server
        .post(PATH, &other)
        .refused(400, "does not match the expected API version");
    let named = body("another", &json!({}), &json!({"title": "d"}));
    server
        .put(&path(&scene, "d"), &named)
        .refused(400, "does not match the name on the URL");
}

fn no_folder(server: &Server) {
    let scene = server.scene();
    let spec = json!({"title": "d"});
    for folder in [scene.uid("none"), "general".to_owned()] {
        let annotations = json!({"grafana.app/folder": folder});
        let status = server
            .post(PATH, &body(&scene.uid("d"), &annotations, &spec))
            .refused(404, "not found");
        assert_eq!(
            (&status["reason"], &status["details"]["kind"]),
            (&json!("NotFound"), &json!("folders"))
        );
    }
    create(&scene, "d", &json!({}), &spec);
    let annotations = json!({"grafana.app/folder": scene.uid("none")});
    let moved = body(&scene.uid("d"), &annotations, &spec);
    server
        .put(&path(&scene, "d"), &moved)
        .refused(500, "access denied to folder");
}

fn preconditions(server: &Server) {
    let scene = server.scene();
    let made = create(&scene, "d", &json!({}), &json!({"title": "d"}));
    let delete = |preconditions: Value| {
        let body = json!({"preconditions": preconditions});
        server.ask("DELETE", &path(&scene, "d"), Some(&body))
    };
    for (wrong, text) in [
        (
            json!({"resourceVersion": "1"}),
            "the ResourceVersion in the precondition",
        ),
        (
            json!({"uid": "11111111-1111-1111-1111-111111111111"}),
            "the UID in the precondition",
        ),
    ] {
        let status = delete(wrong).refused(409, text);
        assert_eq!(status["reason"], "Conflict");
    }
    read(&scene, "d");
    let metadata = &made["metadata"];
    let right = json!({"resourceVersion": metadata["resourceVersion"], "uid": metadata["uid"]});
    let status = delete(right).expect(200);
    assert_eq!(
        (&status["status"], &status["details"]["uid"]),
        (&json!("Success"), &metadata["uid"])
    );
    server.get(&path(&scene, "d")).expect(404);
}

fn dry_run(server: &Server) {
    let scene = server.scene();
    let new = body(&scene.uid("d"), &json!({}), &json!({"title": "d"}));
    server.post(&format!("{PATH}?dryRun=All"), &new).expect(201);
    server.get(&path(&scene, "d")).expect(404);
    create(&scene, "d", &json!({}), &json!({"title": "d"}));
    server
        .delete(&format!("{}?dryRun=All", path(&scene, "d")))
        .expect(200);
    read(&scene, "d");
}

/// The trap: of one made without `grant-permissions` at the root only administrators know. Whoever made
/// it with less can neither read nor change it; a list does not show it, and its name is taken.
fn granted(server: &Server) {
    let scene = server.scene();
    let grant = json!({"grafana.app/grant-permissions": "default"});
    create(&scene, "d", &json!({}), &json!({"title": "d"}));
    create(&scene, "e", &grant, &json!({"title": "e"}));
    assert!(own_annotations(&read(&scene, "e")).is_empty());
    for role in [Role::Viewer, Role::Editor] {
        let token = server.token(role, &scene);
        let status = |name: &str| {
            server
                .ask_as(&token, "GET", &path(&scene, name), None, &[])
                .status
        };
        assert_eq!((status("d"), status("e")), (403, 200), "{role:?}");
    }
    let token = server.token(Role::Editor, &scene);
    let ask = |method: &str, name: &str, annotations: &Value, title: &str| {
        let target = if method == "POST" {
            PATH.to_owned()
        } else {
            path(&scene, name)
        };
        let body = body(&scene.uid(name), annotations, &json!({"title": title}));
        let body = Some(&body).filter(|_| method != "DELETE");
        server.ask_as(&token, method, &target, body, &[]).status
    };
    for (name, annotations, allowed) in [("x", &json!({}), false), ("y", &grant, true)] {
        scene.remove_later(path(&scene, name));
        assert_eq!(ask("POST", name, annotations, "made"), 201);
        let expected = if allowed {
            [409, 200, 200]
        } else {
            [409, 403, 403]
        };
        let found = [
            ask("POST", name, annotations, "again"),
            ask("PUT", name, annotations, "changed"),
            ask("DELETE", name, annotations, ""),
        ];
        assert_eq!(found, expected, "{name}");
    }
}
