//! What the fake has beside the contract: faults, seeds, and what people do meanwhile.

use std::time::Duration;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::fake::grafana::{Fault, Flavor, Grafana, Role, SourceStands, Stands};
use crate::support::{block_on, test};

pub(super) fn tests() -> Vec<Trial> {
    let trial = |name: &str, run: fn()| test(&format!("contract_grafana::fake::{name}"), &[], run);
    vec![
        trial("faults_come_as_often_as_planned", faults),
        trial("broken_answers", broken),
        trial("requests_are_recorded", recorded),
        trial("a_person_edits", edits),
        trial("what_is_provisioned_is_guarded", provisioned),
        trial("read_only_sources", read_only),
        trial("rules_stand_in_folders", rules),
        trial("organisations_are_apart", organisations),
    ]
}

const BOTH: [Flavor; 2] = [Flavor::Classic75, Flavor::Resource124];

/// Status and body; `None` where there was no whole answer.
fn ask(server: &Grafana, method: &str, path: &str, body: Option<Value>) -> Option<(u16, String)> {
    let url = format!("{}{path}", server.url());
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    block_on(async {
        let client = reqwest::Client::builder()
            .timeout(Duration::from_millis(500))
            .build();
        let mut request = client
            .unwrap()
            .request(method, url)
            .basic_auth("admin", Some("admin"));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.ok()?;
        Some((response.status().as_u16(), response.text().await.ok()?))
    })
}

fn get(server: &Grafana, path: &str) -> Option<(u16, String)> {
    ask(server, "GET", path, None)
}

fn faults() {
    let server = Grafana::start(Flavor::Classic75);
    server.hand_made_dashboard("d", "D", None);
    let path = "/api/dashboards/uid/d";
    for (fault, status) in [
        (Fault::status(401), 401),
        (Fault::status(403), 403),
        (Fault::status(412), 412),
        (Fault::too_many(3), 429),
        (Fault::status(500), 500),
        (Fault::locked(), 500),
        (Fault::status(503), 503),
        (Fault::html(200), 200),
        (Fault::html(502), 502),
    ] {
        server.fault("/api/dashboards", fault.clone(), 2);
        for _ in 0..2 {
            let (found, body) = get(&server, path).unwrap();
            assert_eq!(found, status, "{fault:?}");
            assert!(!body.contains("\"meta\""), "{fault:?}");
        }
        assert_eq!(get(&server, path).unwrap().0, 200, "{fault:?}");
    }
    // Of one method only, and elsewhere not at all.
    server.fault_on("DELETE", "/api/", Fault::locked(), 1);
    assert_eq!(get(&server, path).unwrap().0, 200);
    let (status, body) = ask(&server, "DELETE", path, None).unwrap();
    assert_eq!(
        (status, &*body),
        (500, "{\"message\":\"database is locked\"}")
    );
    assert!(server.dashboard("d").is_some());
}

fn broken() {
    let server = Grafana::start(Flavor::Resource124);
    server.hand_made_dashboard("d", "D", None);
    let path = "/api/dashboards/uid/d";
    server.fault("/", Fault::Half, 1);
    assert_eq!(get(&server, path), None);
    server.fault("/", Fault::Close, 1);
    assert_eq!(ask(&server, "DELETE", path, None), None);
    assert!(server.dashboard("d").is_some());
    server.fault("/", Fault::Delay(Duration::from_secs(2)), 1);
    assert_eq!(get(&server, path), None);
    server.fault("/", Fault::CloseAfter, 1);
    assert_eq!(ask(&server, "DELETE", path, None), None);
    assert!(server.dashboard("d").is_none());
    server.fault("/", Fault::Close, 5);
    server.no_more_faults();
    assert_eq!(get(&server, "/api/org").unwrap().0, 200);
}

fn recorded() {
    for flavor in BOTH {
        let server = Grafana::start(flavor);
        get(&server, "/api/search?limit=5");
        ask(
            &server,
            "POST",
            "/api/folders",
            Some(json!({"uid": "f", "title": "F"})),
        );
        get(&server, "/apis/dashboard.grafana.app");
        get(&server, "/api/annotations");
        let requests = server.requests();
        assert_eq!(
            (&*requests[0].path, &*requests[0].query),
            ("/api/search", "limit=5")
        );
        let writes = server.writes();
        assert_eq!(writes.len(), 1);
        assert_eq!((&*writes[0].method, writes[0].status), ("POST", Some(200)));
        // To ask for the resource API is no mistake; what nobody has, is one.
        let unknown = server.unknown();
        assert_eq!(unknown.len(), 1);
        assert_eq!(
            (&*unknown[0].path, unknown[0].status),
            ("/api/annotations", Some(404))
        );
        server.clear();
        assert!(server.requests().is_empty());
    }
}

fn edits() {
    for flavor in BOTH {
        let server = Grafana::start(flavor);
        server.hand_made_folder("f", "F", None);
        let spec = json!({"title": "D", "panels": []});
        server.managed_dashboard("d", spec, Some("f"), ("kubectl", "trueup:acme"));
        server.edit_dashboard("d", |dashboard| dashboard["title"] = "edited".into());
        let now: Stands = server.dashboard("d").unwrap();
        assert_eq!(
            (&*now.title, now.version, now.folder.as_deref()),
            ("edited", 2, Some("f"))
        );
        assert!(now.annotations.is_empty());
        server.move_dashboard("d", None);
        server.rename_folder("f", "G");
        assert_eq!(server.dashboards()["d"].folder, None);
        assert_eq!(server.folders()["f"].title, "G");
        server.remove_dashboard("d");
        assert!(server.dashboards().is_empty());
    }
}

fn provisioned() {
    for flavor in BOTH {
        let server = Grafana::start(flavor);
        server.provisioned_dashboard("d", "D", None);
        let (_, body) = get(&server, "/api/dashboards/uid/d").unwrap();
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["meta"]["provisioned"], true);
        assert_eq!(body["meta"]["provisionedExternalId"], "d.json");
        assert_eq!(
            ask(&server, "DELETE", "/api/dashboards/uid/d", None)
                .unwrap()
                .0,
            400
        );
        let save = json!({"dashboard": {"uid": "d", "title": "E"}, "overwrite": true});
        let (status, _) = ask(&server, "POST", "/api/dashboards/db", Some(save)).unwrap();
        // 7.5 takes it, until its file is read again.
        assert_eq!(
            status,
            if flavor == Flavor::Classic75 {
                200
            } else {
                400
            }
        );
    }
}

/// 12.4 guards them; 7.5 says that they are, and lets them be changed and deleted.
fn read_only() {
    for flavor in BOTH {
        let server = Grafana::start(flavor);
        let source = json!({
            "uid": "s", "name": "S", "type": "prometheus", "access": "proxy", "url": "http://p",
            "secureJsonData": {"password": "hidden"},
        });
        server.hand_made_source(&source, true);
        let (_, body) = get(&server, "/api/datasources/uid/s").unwrap();
        let shown: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            (&shown["readOnly"], &shown["secureJsonFields"]),
            (&json!(true), &json!({"password": true}))
        );
        server.edit_source("s", &json!({"url": "http://other"}));
        let stands: SourceStands = server.sources()["S"].clone();
        assert_eq!(
            (&stands.fields["url"], stands.version),
            (&json!("http://other"), 2)
        );
        assert_eq!(stands.secrets["password"], "hidden");
        let path = format!("/api/datasources/{}", shown["id"]);
        let status = |method: &str| ask(&server, method, &path, Some(source.clone())).unwrap().0;
        let expected = if flavor == Flavor::Classic75 {
            200
        } else {
            403
        };
        assert_eq!((status("PUT"), status("DELETE")), (expected, expected));
    }
}

fn rules() {
    let server = Grafana::start(Flavor::Resource124);
    server.managed_folder("f", "F", None, ("terraform", "x"));
    server.hand_made_folder("g", "G", Some("f"));
    let rule = server.alert_rule("g");
    let (status, _) = ask(&server, "DELETE", "/api/folders/f", None).unwrap();
    assert_eq!(status, 400);
    assert_eq!(server.alert_rules(), [rule]);
    let viewer = server.token(Role::Viewer);
    assert!(viewer.starts_with("glsa_"));
}

fn organisations() {
    for flavor in BOTH {
        let server = Grafana::start(flavor);
        server.hand_made_dashboard("one", "One", None);
        let found = block_on(async {
            let client = reqwest::Client::new();
            let save = json!({"dashboard": {"uid": "two", "title": "Two"}});
            let url = format!("{}/api/dashboards/db", server.url());
            let asked = |request: reqwest::RequestBuilder| {
                let request = request.basic_auth("admin", Some("admin"));
                request.header("X-Grafana-Org-Id", "2")
            };
            asked(client.post(url).json(&save)).send().await.unwrap();
            let url = format!("{}/api/search", server.url());
            asked(client.get(url))
                .send()
                .await
                .unwrap()
                .text()
                .await
                .unwrap()
        });
        assert!(found.contains("\"two\"") && !found.contains("\"one\""));
        assert_eq!(server.dashboards_of(2), ["two"]);
        assert_eq!(server.dashboards_of(1), ["one"]);
    }
}
