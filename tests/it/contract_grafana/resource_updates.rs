//! Updates of dashboards by the resource API: conflicts, generations, managers.

use serde_json::{Value, json};

use super::resource_dashboards::{body, create, managed, own_annotations, path, put, read};
use super::server::Server;
use super::{Article, resource};

pub(super) const ARTICLES: &[Article] = &[
    resource("resource_updates::a_stale_version_is_409", conflict),
    resource(
        "resource_updates::an_update_of_a_deleted_one_is_500",
        vanished,
    ),
    resource("resource_updates::an_update_makes_what_is_missing", upsert),
    resource("resource_updates::an_identical_update_is_none", identical),
    resource(
        "resource_updates::the_manager_alone_makes_no_generation",
        manager_only,
    ),
    resource("resource_updates::a_move_makes_a_generation", moved),
    resource(
        "resource_updates::annotations_are_kept_and_can_go",
        annotations,
    ),
    resource(
        "resource_updates::a_classic_save_drops_the_manager",
        classic_save,
    ),
    resource(
        "resource_updates::a_classic_save_of_a_provisioned_one_is_400",
        provisioned,
    ),
    resource("resource_updates::messages_are_in_the_versions", messages),
];

/// `generation` and `resourceVersion`.
fn state(object: &Value) -> (Value, Value) {
    let metadata = &object["metadata"];
    (
        metadata["generation"].clone(),
        metadata["resourceVersion"].clone(),
    )
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
    server
        .delete(&path(&scene, "d"))
        .refused(400, "provisioned dashboard cannot be deleted");
    // An update is taken, and then it is no file's any more.
    put(&scene, "d", &json!({}), &json!({"title": "e"}));
    server.delete(&path(&scene, "d")).expect(200);
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
    assert_eq!(messages, ["second", "Initial save"]);
}
