//! Alert rules that stand in folders, and what protects them.

use serde_json::{Value, json};

use super::server::{Scene, Server};
use super::{Article, alerting, legacy, resource};

pub(super) const ARTICLES: &[Article] = &[
    legacy("rules::no_ruler", none),
    resource("rules::listed_with_the_uid_of_their_folder", listed),
    resource("rules::counted_in_every_folder_above", counted),
    alerting("rules::name_their_folder", named),
    alerting("rules::a_folder_with_one_is_not_deleted", protected),
    resource("rules::one_below_protects_as_well", protected_below),
    resource("rules::of_a_missing_folder_are_refused", missing),
];

const RULES: &str = "/api/ruler/grafana/api/v1/rules";

fn none(server: &Server) {
    server.get(RULES).refused(404, "Not found");
}

/// Makes a rule in a folder; its uid.
fn rule(scene: &Scene, folder: &str) -> Value {
    let title = scene.title(&format!("rule of {folder}"));
    let data = json!([{
        "refId": "A", "relativeTimeRange": {"from": 600, "to": 0}, "datasourceUid": "__expr__",
        "model": {"type": "math", "expression": "1 > 2", "refId": "A"},
    }]);
    let alert = json!({
        "title": title, "condition": "A", "no_data_state": "NoData", "exec_err_state": "Error", "data": data,
    });
    let group = json!({"name": "group", "interval": "1m", "rules": [{"for": "1m", "grafana_alert": alert}]});
    // Older servers name the folder by its title.
    let place = if scene.server.is_classic() {
        scene.title(folder).replace(' ', "%20")
    } else {
        scene.uid(folder)
    };
    scene
        .server
        .post(&format!("{RULES}/{place}"), &group)
        .expect(202);
    let all = found(&scene.server.get(RULES).expect(200));
    let here = all.into_iter().find(|(uid, _)| *uid == scene.uid(folder));
    here.unwrap().1
}

/// `(uid of the folder, uid of the rule)` of all rules in an answer.
fn found(answer: &Value) -> Vec<(Value, Value)> {
    let groups = answer
        .as_object()
        .unwrap()
        .values()
        .flat_map(|groups| groups.as_array().unwrap());
    let rules = groups.flat_map(|group| group["rules"].as_array().unwrap());
    rules
        .map(|rule| &rule["grafana_alert"])
        .map(|alert| (alert["namespace_uid"].clone(), alert["uid"].clone()))
        .collect()
}

fn listed(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    scene.folder("g", Some(&scene.uid("f")));
    let uid = rule(&scene, "g");
    let expected = (json!(scene.uid("g")), uid);
    let all = server.get(RULES).expect(200);
    assert!(found(&all).contains(&expected));
    // The key is the path of titles, and so not one folder's alone.
    assert!(
        all.get(format!("{}/{}", scene.title("f"), scene.title("g")))
            .is_some()
    );
    let here = server
        .get(&format!("{RULES}/{}", scene.uid("g")))
        .expect(202);
    assert_eq!(found(&here), [expected]);
    let above = server
        .get(&format!("{RULES}/{}", scene.uid("f")))
        .expect(202);
    assert_eq!(above, json!({}));
}

fn counted(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    scene.folder("g", Some(&scene.uid("f")));
    rule(&scene, "g");
    for name in ["f", "g"] {
        let counts = server
            .get(&format!("/api/folders/{}/counts", scene.uid(name)))
            .expect(200);
        assert_eq!(counts["alertrule"], 1, "{name}");
    }
}

fn named(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    let uid = rule(&scene, "f");
    let all = server.get(RULES).expect(200);
    assert!(found(&all).contains(&(json!(scene.uid("f")), uid)));
    assert!(all.get(scene.title("f")).is_some());
}

fn protected(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    let uid = rule(&scene, "f");
    let path = format!("/api/folders/{}", scene.uid("f"));
    server.delete(&path).refused(400, "older cannot be deleted");
    server.get(&path).expect(200);
    assert!(found(&server.get(RULES).expect(200)).contains(&(json!(scene.uid("f")), uid)));
    server
        .delete(&format!("{path}?forceDeleteRules=true"))
        .expect(200);
    server.get(&path).expect(404);
}

fn protected_below(server: &Server) {
    let scene = server.scene();
    scene.folder("f", None);
    scene.folder("g", Some(&scene.uid("f")));
    let uid = rule(&scene, "g");
    for name in ["f", "g"] {
        let path = format!("/api/folders/{}", scene.uid(name));
        server.delete(&path).refused(400, "folder is not empty");
        let path = format!(
            "/apis/folder.grafana.app/v1beta1/namespaces/default/folders/{}",
            scene.uid(name)
        );
        server.delete(&path).refused(400, "folder is not empty");
    }
    let rules = server
        .get(&format!("{RULES}/{}", scene.uid("g")))
        .expect(202);
    assert_eq!(found(&rules), [(json!(scene.uid("g")), uid)]);
    server
        .delete(&format!(
            "/api/folders/{}?forceDeleteRules=true",
            scene.uid("f")
        ))
        .expect(200);
    server
        .get(&format!("{RULES}/{}", scene.uid("g")))
        .expect(403);
}

fn missing(server: &Server) {
    let scene = server.scene();
    let path = format!("{RULES}/{}", scene.uid("none"));
    server.get(&path).refused(403, "Access denied");
    server
        .post(&path, &json!({"name": "group", "rules": []}))
        .refused(403, "Access denied");
}
