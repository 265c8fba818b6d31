//! Data sources.

use serde_json::{Value, json};

use super::server::{Scene, Server};
use super::{Article, alerting, both, legacy, resource};

pub(super) const ARTICLES: &[Article] = &[
    both("sources::read_back_without_their_secrets", reads_back),
    both("sources::listed_without_their_secrets", listed),
    both("sources::a_missing_one_is_404", missing),
    both("sources::names_and_uids_are_made_once", clash),
    both(
        "sources::an_update_keeps_what_secrets_it_does_not_name",
        keeps_secrets,
    ),
    legacy("sources::an_empty_secret_stays_set", empty_secret_stays),
    alerting("sources::an_empty_secret_is_gone", empty_secret_goes),
    both("sources::an_update_takes_all_but_a_user", emptied),
    legacy("sources::an_update_cannot_empty_a_url", url_sticks),
    both("sources::the_version_begins_again", version),
    resource("sources::a_version_behind_is_409", behind),
    both("sources::a_taken_name_cannot_be_taken", rename),
    legacy("sources::no_update_by_uid", no_put_by_uid),
    alerting("sources::updated_by_uid", put_by_uid),
    both("sources::refuses_what_is_no_source", refused),
    both("sources::deleted_by_uid", deleted),
];

fn source(scene: &Scene, name: &str) -> Value {
    json!({
        "uid": scene.uid(name), "name": scene.title(name), "type": "prometheus", "access": "proxy",
        "url": "http://prometheus:9090", "user": "user", "database": "db", "basicAuth": true,
        "basicAuthUser": "basic", "withCredentials": true, "isDefault": false,
        "jsonData": {"httpMethod": "POST", "trueup": {"instance": "acme"}, "n": 1, "nothing": null},
    })
}

fn make(scene: &Scene, name: &str) -> Value {
    let mut body = source(scene, name);
    body["secureJsonData"] =
        json!({"basicAuthPassword": "hidden-one", "httpHeaderValue1": "hidden-two"});
    scene.remove_later(format!("/api/datasources/uid/{}", scene.uid(name)));
    scene.server.post("/api/datasources", &body).expect(200)
}

fn read(scene: &Scene, name: &str) -> Value {
    scene
        .server
        .get(&format!("/api/datasources/uid/{}", scene.uid(name)))
        .expect(200)
}

/// Updates by number, which both have.
fn update(scene: &Scene, name: &str, body: &Value) -> Value {
    let path = format!("/api/datasources/{}", read(scene, name)["id"]);
    scene.server.put(&path, body).expect(200);
    read(scene, name)
}

fn reads_back(server: &Server) {
    let scene = server.scene();
    let made = make(&scene, "s");
    assert_eq!(made["message"], "Datasource added");
    assert_eq!(made["datasource"]["uid"], scene.uid("s"));
    let read = read(&scene, "s");
    for (key, value) in source(&scene, "s").as_object().unwrap() {
        if key != "isDefault" {
            assert_eq!(&read[key], value, "{key}");
        }
    }
    assert_eq!(
        read["secureJsonFields"],
        json!({"basicAuthPassword": true, "httpHeaderValue1": true})
    );
    assert_eq!(read["readOnly"], false);
    assert_eq!(read["version"], 1);
    assert!(!read.to_string().contains("hidden-"));
    let by_id = server
        .get(&format!("/api/datasources/{}", made["id"]))
        .expect(200);
    assert_eq!(by_id, read);
}

fn listed(server: &Server) {
    let scene = server.scene();
    make(&scene, "s");
    let all = server.get("/api/datasources").expect(200);
    let listed = all
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["uid"] == scene.uid("s"))
        .unwrap();
    assert_eq!(listed["jsonData"], source(&scene, "s")["jsonData"]);
    assert_eq!(listed["readOnly"], false);
    // So that each must be read to know whether its secrets are set.
    for key in [
        "secureJsonFields",
        "version",
        "basicAuthUser",
        "withCredentials",
    ] {
        assert!(listed.get(key).is_none(), "{key}");
    }
}

fn missing(server: &Server) {
    let scene = server.scene();
    for path in [
        format!("/api/datasources/uid/{}", scene.uid("none")),
        "/api/datasources/987654".to_owned(),
    ] {
        server.get(&path).refused(404, "Data source not found");
        server.delete(&path).refused(404, "Data source not found");
    }
}

fn clash(server: &Server) {
    let scene = server.scene();
    make(&scene, "s");
    let mut same_name = source(&scene, "s");
    same_name["uid"] = scene.uid("t").into();
    server
        .post("/api/datasources", &same_name)
        .refused(409, "data source with the same name already exists");
    let mut same_uid = source(&scene, "s");
    same_uid["name"] = scene.title("t").into();
    server
        .post("/api/datasources", &same_uid)
        .refused(409, "data source with the same uid already exists");
    let mut other_case = source(&scene, "t");
    other_case["name"] = scene.title("s").to_uppercase().into();
    scene.remove_later(format!("/api/datasources/uid/{}", scene.uid("t")));
    server.post("/api/datasources", &other_case).expect(200);
}

fn keeps_secrets(server: &Server) {
    let scene = server.scene();
    make(&scene, "s");
    let both = json!({"basicAuthPassword": true, "httpHeaderValue1": true});
    let mut changed = source(&scene, "s");
    changed["url"] = "http://other:9090".into();
    let now = update(&scene, "s", &changed);
    assert_eq!(
        (&now["url"], &now["secureJsonFields"]),
        (&changed["url"], &both)
    );
    changed["secureJsonData"] = json!({"basicAuthPassword": "new"});
    assert_eq!(update(&scene, "s", &changed)["secureJsonFields"], both);
}

fn empty_secret(server: &Server) -> Value {
    let scene = server.scene();
    make(&scene, "s");
    let mut changed = source(&scene, "s");
    changed["secureJsonData"] = json!({"httpHeaderValue1": ""});
    update(&scene, "s", &changed)["secureJsonFields"].clone()
}

fn empty_secret_stays(server: &Server) {
    assert_eq!(
        empty_secret(server),
        json!({"basicAuthPassword": true, "httpHeaderValue1": true})
    );
}

fn empty_secret_goes(server: &Server) {
    assert_eq!(empty_secret(server), json!({"basicAuthPassword": true}));
}

/// What is left out is emptied, but for `basicAuthUser`: it can be replaced, and never taken away.
fn emptied(server: &Server) {
    let scene = server.scene();
    make(&scene, "s");
    let bare = json!({
        "uid": scene.uid("s"), "name": scene.title("s"), "type": "prometheus", "access": "proxy",
        "url": "http://prometheus:9090",
    });
    let now = update(&scene, "s", &bare);
    assert_eq!(now["jsonData"], json!({}));
    assert_eq!(
        (&now["user"], &now["basicAuth"]),
        (&json!(""), &json!(false))
    );
    assert_eq!(now["withCredentials"], false);
    assert_eq!(now["basicAuthUser"], "basic");
    let kept = if server.is_classic() { "db" } else { "" };
    assert_eq!(now["database"], kept);
}

fn url_sticks(server: &Server) {
    let scene = server.scene();
    make(&scene, "s");
    let mut changed = source(&scene, "s");
    changed["url"] = "".into();
    assert_eq!(
        update(&scene, "s", &changed)["url"],
        "http://prometheus:9090"
    );
}

/// It is one more than the one sent, and so no evidence that nothing was changed.
fn version(server: &Server) {
    let scene = server.scene();
    make(&scene, "s");
    let mut body = source(&scene, "s");
    assert_eq!(update(&scene, "s", &body)["version"], 1);
    assert_eq!(update(&scene, "s", &body)["version"], 1);
    body["version"] = 9.into();
    assert_eq!(update(&scene, "s", &body)["version"], 10);
}

fn behind(server: &Server) {
    let scene = server.scene();
    let made = make(&scene, "s");
    let mut body = source(&scene, "s");
    body["version"] = 9.into();
    update(&scene, "s", &body);
    body["version"] = 3.into();
    let path = format!("/api/datasources/{}", made["id"]);
    server
        .put(&path, &body)
        .refused(409, "already been updated by someone else");
}

fn rename(server: &Server) {
    let scene = server.scene();
    make(&scene, "s");
    let other = make(&scene, "t");
    let mut body = source(&scene, "t");
    body["name"] = scene.title("s").into();
    let answer = server.put(&format!("/api/datasources/{}", other["id"]), &body);
    assert!([409, 500].contains(&answer.status), "{answer:?}");
    assert!(
        answer.text.contains("Failed to update datasource"),
        "{answer:?}"
    );
    assert_eq!(read(&scene, "t")["name"], scene.title("t"));
    body["name"] = scene.title("u").into();
    assert_eq!(update(&scene, "t", &body)["name"], scene.title("u"));
}

fn no_put_by_uid(server: &Server) {
    let scene = server.scene();
    make(&scene, "s");
    let path = format!("/api/datasources/uid/{}", scene.uid("s"));
    server
        .put(&path, &source(&scene, "s"))
        .refused(404, "Not found");
}

fn put_by_uid(server: &Server) {
    let scene = server.scene();
    make(&scene, "s");
    let mut body = source(&scene, "s");
    body["url"] = "http://other:9090".into();
    let path = format!("/api/datasources/uid/{}", scene.uid("s"));
    let answer = server.put(&path, &body).refused(200, "Datasource updated");
    assert_eq!(answer["datasource"]["url"], "http://other:9090");
    let none = format!("/api/datasources/uid/{}", scene.uid("none"));
    server
        .put(&none, &body)
        .refused(404, "Data source not found");
}

fn refused(server: &Server) {
    let scene = server.scene();
    for key in ["type", "access"] {
        let mut body = source(&scene, "s");
        body.as_object_mut().unwrap().remove(key);
        let answer = server.post("/api/datasources", &body);
        assert!([400, 422].contains(&answer.status), "{answer:?}");
    }
    let mut body = source(&scene, "s");
    body["url"] = "not a url".into();
    server
        .post("/api/datasources", &body)
        .refused(400, "Validation error, invalid URL");
}

fn deleted(server: &Server) {
    let scene = server.scene();
    make(&scene, "s");
    let path = format!("/api/datasources/uid/{}", scene.uid("s"));
    server.delete(&path).refused(200, "Data source deleted");
    server.get(&path).expect(404);
}
