//! Data sources, and secrets that must show up nowhere.

use std::fs;

use serde_json::{Value, json};

use super::scene::Scene;
use super::server::Kind;
use crate::e2e::world::Target;

const CANARY: &str = "canary-5b1d70";
const ROTATED: &str = "canary-9e44c2";

const SOURCE: &str = "\
apiVersion: trueup.dev/v1alpha1
kind: DataSource
metadata: { name: metrics }
spec:
  targets: env=prod
  uid: metrics
  name: Metrics
  type: prometheus
  access: proxy
  url: http://prometheus:9090
  basicAuth: true
  basicAuthUser: grafana
  jsonData: { httpMethod: POST, timeInterval: 30s }
  secureJsonData: { basicAuthPassword: { secret: { name: prom, key: password } } }
";

fn scene(kind: Kind) -> Scene {
    let mut scene = Scene::new(kind);
    let keys = format!("{}, secrets_dir: secrets", scene.server.keys());
    scene.world.set_targets([Target::grafana("grafana", &keys)]);
    scene.world.platform.write("source.yaml", SOURCE);
    scene.world.platform.commit("A data source");
    scene
}

fn set_secret(scene: &Scene, value: &str) {
    let folder = scene.world.path("secrets/default/prom");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("password"), format!("{value}\n")).unwrap();
}

fn live(scene: &Scene) -> Value {
    let all = scene.server.get("/api/datasources");
    let mut all = all.as_array().unwrap().iter();
    let listed = all.find(|source| source["name"] == "Metrics").unwrap();
    // The list has no secrets' names.
    scene
        .server
        .get(&format!("/api/datasources/{}", listed["id"]))
}

/// All that was printed, and all that is remembered.
fn leaks_nothing(scene: &Scene, printed: &[String]) {
    let state = fs::read_dir(scene.world.state_folder()).unwrap();
    let mut texts: Vec<Vec<u8>> = printed.iter().map(|text| text.clone().into()).collect();
    texts.extend(state.map(|entry| fs::read(entry.unwrap().path()).unwrap_or_default()));
    for text in texts {
        let found = text.windows(6).position(|bytes| bytes == b"canary");
        assert_eq!(found, None, "a secret is out");
    }
}

pub fn secrets(kind: Kind) {
    let scene = scene(kind);
    let mut printed = Vec::new();
    let mut run = |command: &str, code: i32| {
        let ran = scene.world.run(command, &["--format", "json"]);
        printed.extend([ran.stdout.clone(), ran.stderr.clone()]);
        assert_eq!(ran.code, code, "{}{}", ran.stdout, ran.stderr);
        serde_json::from_str::<Value>(&ran.stdout).unwrap()
    };
    // Without its secret it is not made.
    let applied = run("apply", 1);
    assert!(
        applied["held"][0]["detail"]
            .as_str()
            .unwrap()
            .contains("secrets/default/prom/password"),
        "{applied}"
    );
    set_secret(&scene, CANARY);
    run("apply", 0);
    let made = live(&scene);
    assert_eq!(made["url"], "http://prometheus:9090");
    assert_eq!(made["jsonData"]["timeInterval"], "30s");
    assert_eq!(made["secureJsonFields"]["basicAuthPassword"], true);
    scene.server.proxy.take();
    assert_eq!(run("apply", 0)["applied"], json!([]));
    // Rotated, it is a change, and nothing of it is shown.
    set_secret(&scene, ROTATED);
    let plan = run("plan", 0);
    let field = &plan["changes"][0]["fields"][0];
    assert_eq!(field["path"], "/secureJsonData/basicAuthPassword");
    assert_eq!(field["after"], "(secret)");
    run("apply", 0);
    assert_eq!(run("apply", 0)["applied"], json!([]));
    assert_eq!(scene.server.proxy.take_writes().len(), 1);
    // Without a memory it cannot be told, and is left as it is.
    scene.world.delete_state();
    let applied = run("apply", 0);
    assert_eq!(applied["applied"], json!([]), "{applied}");
    assert_eq!(applied["diagnostics"][0]["code"], "secret_unverified");
    run("render", 0);
    leaks_nothing(&scene, &printed);
}

pub fn drift(kind: Kind) {
    let scene = scene(kind);
    set_secret(&scene, CANARY);
    scene.world.apply();
    let mut body = live(&scene);
    body["url"] = json!("http://elsewhere:9090");
    let id = body["id"].as_u64().unwrap();
    let (status, answer) = scene.server.send(
        reqwest::Method::PUT,
        &format!("/api/datasources/{id}"),
        Some(&body),
    );
    assert_eq!(status, 200, "{answer}");
    let plan = scene.world.plan(&[]);
    let paths: Vec<&str> = plan["changes"][0]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["path"].as_str().unwrap())
        .collect();
    assert_eq!(paths, ["/url"]);
    scene.world.apply();
    let after = live(&scene);
    assert_eq!(after["url"], "http://prometheus:9090");
    assert_eq!(after["secureJsonFields"]["basicAuthPassword"], true);
    scene.is_quiet();
    // Taken out, it goes; one that somebody made stays.
    scene.server.post("/api/datasources", &json!({"name": "Mine", "uid": "mine", "type": "loki", "url": "http://l", "access": "proxy"}));
    scene.world.platform.remove("source.yaml").write("x.yaml", "apiVersion: trueup.dev/v1alpha1\nkind: Folder\nmetadata: { name: x }\nspec: { targets: env=prod, path: X }\n");
    scene.world.platform.commit("Take it out");
    scene.world.apply();
    let sources = scene.server.get("/api/datasources");
    let names: Vec<&str> = sources
        .as_array()
        .unwrap()
        .iter()
        .map(|source| source["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Mine"]);
}

/// One of ours that somebody's dashboard uses is not deleted.
pub fn in_use(kind: Kind) {
    let scene = scene(kind);
    set_secret(&scene, CANARY);
    scene.world.apply();
    let source = json!({"type": "prometheus", "uid": "metrics"});
    let panel = json!({"id": 1, "type": "timeseries", "title": "P", "datasource": source});
    scene.server.save(
        &json!({"uid": "mine", "title": "By hand", "panels": [panel]}),
        "",
    );
    let folder = "apiVersion: trueup.dev/v1alpha1\nkind: Folder\nmetadata: { name: x }\n\
                  spec: { targets: env=prod, path: X }\n";
    scene
        .world
        .platform
        .remove("source.yaml")
        .write("x.yaml", folder);
    scene.world.platform.commit("Take it out");
    let applied = scene.world.apply();
    let held = &applied["held"][0];
    assert_eq!(
        (held["id"].as_str(), held["reason"].as_str()),
        (Some("grafana/data_source/metrics"), Some("not_ours")),
        "{applied}"
    );
    assert!(
        held["detail"].as_str().unwrap().contains("By hand"),
        "{held}"
    );
    assert_eq!(live(&scene)["uid"], "metrics");
    scene
        .server
        .send(reqwest::Method::DELETE, "/api/dashboards/uid/mine", None);
    assert_eq!(scene.world.apply()["applied"][0]["action"], "delete");
}
