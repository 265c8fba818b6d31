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
    resource("resource_dashboards::a_stale_version_is_409", conflict),
    resource(
        "resource_dashboards::an_update_of_a_deleted_one_is_500",
        vanished,
    ),
    resource(
        "resource_dashboards::an_update_makes_what_is_missing",
        upsert,
    ),
    resource(
        "resource_dashboards::an_identical_update_is_none",
        identical,
    ),
    resource(
        "resource_dashboards::the_manager_alone_makes_no_generation",
        manager_only,
    ),
    resource("resource_dashboards::a_move_makes_a_generation", moved),
    resource(
        "resource_dashboards::annotations_are_kept_and_can_go",
        annotations,
    ),
    resource(
        "resource_dashboards::a_classic_save_drops_the_manager",
        classic_save,
    ),
    resource(
        "resource_dashboards::a_classic_save_of_a_provisioned_one_is_400",
        provisioned,
    ),
    resource("resource_dashboards::delete_preconditions", preconditions),
    resource("resource_dashboards::a_dry_run_does_nothing", dry_run),
    resource(
        "resource_dashboards::messages_are_in_the_versions",
        messages,
    ),
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

fn path(scene: &Scene, name: &str) -> String {
    format!("{PATH}/{}", scene.uid(name))
}

pub(super) fn create(scene: &Scene, name: &str, annotations: &Value, spec: &Value) -> Value {
    scene.remove_later(path(scene, name));
    let body = body(&scene.uid(name), annotations, spec);
    scene.server.post(PATH, &body).expect(201)
}

fn put(scene: &Scene, name: &str, annotations: &Value, spec: &Value) -> Value {
    let body = body(&scene.uid(name), annotations, spec);
    scene.server.put(&path(scene, name), &body).expect(200)
}

fn read(scene: &Scene, name: &str) -> Value {
    scene.server.get(&path(scene, name)).expect(200)
}

/// `generation` and `resourceVersion`.
fn state(object: &Value) -> (Value, Value) {
    let metadata = &object["metadata"];
    (
        metadata["generation"].clone(),
        metadata["resourceVersion"].clone(),
    )
}

/// Those that are not the server's own.
fn own_annotations(object: &Value) -> Map<String, Value> {
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

fn conflict(server: &Server) {
    let scene = server.scene();
    let made = create(&scene, "d", &managed(), &json!({"title": "d"}));
    let mut update = body(&scene.uid("d"), &managed(), &json!({"title": "e"}));
    update["metadata"]["resourceVersion"] = made["metadata"]["resourceVersion"].clone();
    let changed = server.put(&path(&scene, "d"), &update).expect(200);
    assert_eq!(changed["metadata"]["generation"], 2);
    assert_ne!(
        changed["metadata"]["resourceVersion"],
        made["metadata"]["resourceVersion"]
    );
    update["spec"]["title"] = "f".into();
    let status = server
        .put(&path(&scene, "d"), &update)
        .refused(409, "the object has been modified");
    assert_eq!(
        (&status["reason"], &status["code"]),
        (&json!("Conflict"), &json!(409))
    );
    assert_eq!(read(&scene, "d")["spec"]["title"], "e");
    // Without one the last one wins.
    assert_eq!(
        put(&scene, "d", &managed(), &json!({"title": "g"}))["metadata"]["generation"],
        3
    );
}

/// The trap: a conflict that does not say so.
fn vanished(server: &Server) {
    let scene = server.scene();
    let made = create(&scene, "d", &json!({}), &json!({"title": "d"}));
    server.delete(&path(&scene, "d")).expect(200);
    let mut update = body(&scene.uid("d"), &json!({}), &json!({"title": "e"}));
    update["metadata"]["resourceVersion"] = made["metadata"]["resourceVersion"].clone();
    server.put(&path(&scene, "d"), &update).refused(
        500,
        "resourceVersion should not be set on objects to be created",
    );
    // One that was made again is another one.
    let again = create(&scene, "d", &json!({}), &json!({"title": "d"}));
    assert_ne!(again["metadata"]["uid"], made["metadata"]["uid"]);
    update["metadata"]
        .as_object_mut()
        .unwrap()
        .remove("resourceVersion");
    update["metadata"]["uid"] = made["metadata"]["uid"].clone();
    server
        .put(&path(&scene, "d"), &update)
        .refused(500, "UID in precondition");
}

fn upsert(server: &Server) {
    let scene = server.scene();
    scene.remove_later(path(&scene, "d"));
    let new = body(&scene.uid("d"), &json!({}), &json!({"title": "d"}));
    server.put(&path(&scene, "d"), &new).expect(201);
    assert_eq!(read(&scene, "d")["metadata"]["generation"], 1);
}

fn identical(server: &Server) {
    let scene = server.scene();
    let spec = json!({"title": "d", "panels": [{"id": 1}], "nothing": null});
    create(&scene, "d", &managed(), &spec);
    let before = read(&scene, "d");
    let answer = put(&scene, "d", &managed(), &spec);
    // What it answers has no version to go on with.
    assert!(answer["metadata"].get("resourceVersion").is_none());
    let whole = server.put(&path(&scene, "d"), &before).expect(200);
    assert!(whole["metadata"].get("resourceVersion").is_none());
    assert_eq!(state(&read(&scene, "d")), state(&before));
}

fn manager_only(server: &Server) {
    let scene = server.scene();
    create(&scene, "d", &json!({}), &json!({"title": "d"}));
    let before = state(&read(&scene, "d"));
    put(&scene, "d", &managed(), &json!({"title": "d"}));
    let after = state(&read(&scene, "d"));
    assert_eq!(after.0, before.0);
    assert_ne!(after.1, before.1);
}

fn moved(server: &Server) {
    let scene = server.scene();
    let folder = scene.folder("f", None);
    create(&scene, "d", &json!({}), &json!({"title": "d"}));
    let annotations = json!({"grafana.app/folder": folder["uid"]});
    assert_eq!(
        put(&scene, "d", &annotations, &json!({"title": "d"}))["metadata"]["generation"],
        2
    );
    assert_eq!(scene.read("d")["meta"]["folderUid"], folder["uid"]);
    // The annotation left out is the root.
    put(&scene, "d", &json!({}), &json!({"title": "d"}));
    assert_eq!(scene.read("d")["meta"]["folderUid"], "");
}

fn annotations(server: &Server) {
    let scene = server.scene();
    let mut sent = managed();
    sent["trueup.dev/anything"] = "kept".into();
    sent["grafana.app/sourcePath"] = "a/b.json".into();
    create(&scene, "d", &sent, &json!({"title": "d"}));
    assert_eq!(Value::Object(own_annotations(&read(&scene, "d"))), sent);
    for kind in ["terraform", "plugin", "trueup"] {
        sent["grafana.app/managedBy"] = kind.into();
        put(&scene, "d", &sent, &json!({"title": "d"}));
        assert_eq!(Value::Object(own_annotations(&read(&scene, "d"))), sent);
    }
    put(&scene, "d", &json!({}), &json!({"title": "d"}));
    assert!(own_annotations(&read(&scene, "d")).is_empty());
    // Another manager's annotation does not protect: that is for the client to see.
    server.delete(&path(&scene, "d")).expect(200);
}

/// Also one that changes nothing, and makes no version.
fn classic_save(server: &Server) {
    let scene = server.scene();
    let folder = scene.folder("f", None);
    let mut sent = managed();
    sent["grafana.app/folder"] = folder["uid"].clone();
    create(&scene, "d", &sent, &json!({"title": "d"}));
    let spec = json!({"uid": scene.uid("d"), "title": "d", "version": 1});
    assert_eq!(scene.dashboard(&spec, Some(&folder))["version"], 1);
    let object = read(&scene, "d");
    assert_eq!(
        Value::Object(own_annotations(&object)),
        json!({"grafana.app/folder": folder["uid"]})
    );
    assert_eq!(object["metadata"]["generation"], 1);
    assert_eq!(object["spec"], json!({"title": "d"}));
}

fn provisioned(server: &Server) {
    let scene = server.scene();
    let annotations =
        json!({"grafana.app/managedBy": "classic-file-provisioning", "grafana.app/managerId": "x"});
    create(&scene, "d", &annotations, &json!({"title": "d"}));
    assert_eq!(scene.read("d")["meta"]["provisioned"], true);
    let save = scene.save(
        &json!({"uid": scene.uid("d"), "title": "e", "version": 1}),
        None,
    );
    server
        .post("/api/dashboards/db", &save)
        .refused(400, "Cannot save provisioned dashboard");
    server
        .delete(&format!("/api/dashboards/uid/{}", scene.uid("d")))
        .refused(400, "provisioned dashboard cannot be deleted");
    // The resource API does not care.
    server.delete(&path(&scene, "d")).expect(200);
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

fn messages(server: &Server) {
    let scene = server.scene();
    create(
        &scene,
        "d",
        &json!({"grafana.app/message": "first"}),
        &json!({"title": "d"}),
    );
    put(
        &scene,
        "d",
        &json!({"grafana.app/message": "second"}),
        &json!({"title": "e"}),
    );
    assert_eq!(
        own_annotations(&read(&scene, "d"))["grafana.app/message"],
        "second"
    );
    let all = server
        .get(&format!("/api/dashboards/uid/{}/versions", scene.uid("d")))
        .expect(200);
    let messages: Vec<_> = all["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["message"].clone())
        .collect();
    assert_eq!(messages, ["second", "first"]);
}

/// The trap: made without `grant-permissions` at the root, only administrators see it.
fn granted(server: &Server) {
    let scene = server.scene();
    create(&scene, "d", &json!({}), &json!({"title": "d"}));
    create(
        &scene,
        "e",
        &json!({"grafana.app/grant-permissions": "default"}),
        &json!({"title": "e"}),
    );
    assert!(own_annotations(&read(&scene, "e")).is_empty());
    let token = server.token(Role::Viewer, &scene);
    server
        .ask_as(&token, "GET", &path(&scene, "d"), None, &[])
        .expect(403);
    server
        .ask_as(&token, "GET", &path(&scene, "e"), None, &[])
        .expect(200);
}
