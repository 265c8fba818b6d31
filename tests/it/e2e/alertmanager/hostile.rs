//! Whatever a definition says, everybody else is told of their alerts, and it is told of nobody else's.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::attacks::{Attack, Fate, attacks};
use super::inbox::{Labels, labels};
use super::scene::{BASE, Scene, definition, file};
use crate::e2e::ran::{applied, held};

/// Alerts of everybody else: the alert, the path that it must reach, and the receiver's name.
const OTHERS: &[(&str, &str, &str)] = &[
    (
        "alertname=Down,namespace=payments,severity=page",
        "/payments/web",
        "payments/web/x",
    ),
    (
        "alertname=Down,namespace=search,severity=warning",
        "/search/web",
        "search/web/x",
    ),
    (
        "alertname=Down,severity=page",
        "/platform/default",
        "default",
    ),
    (
        "alertname=Down,platform=yes,severity=warning",
        "/platform/oncall",
        "oncall",
    ),
    (
        "alertname=Down,namespace=mallory-eu,severity=page",
        "/platform/default",
        "default",
    ),
];

/// Alerts of the attacker's own, which may inhibit.
const OWN: &[&str] = &[
    "alertname=Down,namespace=mallory,severity=critical",
    "alertname=Down,namespace=mallory,severity=critical,platform=yes",
];

fn scene() -> Scene {
    let scene = Scene::new();
    // Intervals of the past, so that an attack on them would mute.
    scene.write_base(
        "time_intervals:\n- { name: offhours, time_intervals: [ { years: ['2000'] } ] }\n",
    );
    scene.world.platform.replace(
        BASE,
        "- receiver: oncall\n",
        "- receiver: oncall\n    mute_time_intervals: [ offhours ]\n",
    );
    let spec = format!(
        "route: {{ receiver: x, muteTimeIntervals: [nights] }}\n\
         timeIntervals: [ {{ name: nights, timeIntervals: [ {{ years: ['2000'] }} ] }} ]\nreceivers:\n{}",
        scene.receiver("x", "/payments/web")
    );
    scene.write("payments", "web", &spec);
    scene.write_team("search", "web");
    let secret = scene.world.path("secrets/mallory/own/url");
    fs::create_dir_all(secret.parent().unwrap()).unwrap();
    fs::write(secret, scene.inbox.url("/mallory/hook")).unwrap();
    scene.live();
    scene
}

/// The attack as the text of a file.
fn text(scene: &Scene, attack: &Attack, name: &str) -> String {
    let text = attack
        .text
        .replace("HOOK", &format!("'{}'", scene.inbox.url("/mallory/hook")));
    if text.starts_with("apiVersion") {
        return text;
    }
    definition("mallory", name, &text)
}

/// With a label that tells rounds apart.
fn in_round(alert: &str, round: usize) -> Labels {
    labels(&format!("{alert},round={round}"))
}

/// Fires everybody's alerts, and holds the promise.
fn nobody_notices(scene: &Scene, what: &str, round: usize) {
    let own: Vec<Labels> = OWN.iter().map(|alert| in_round(alert, round)).collect();
    scene.fire(&own);
    for alert in &own {
        scene.wait_known(alert);
    }
    let others: Vec<_> = OTHERS
        .iter()
        .map(|(alert, path, receiver)| (in_round(alert, round), *path, *receiver))
        .collect();
    let alerts: Vec<Labels> = others.iter().map(|(alert, _, _)| alert.clone()).collect();
    scene.fire(&alerts);
    for (alert, path, receiver) in &others {
        scene.wait_reached(what, alert, &[path]);
        assert_eq!(scene.routed(alert), [*receiver], "{what}: {alert:?}");
    }
    // The platform's own route for the attacker's alerts is tried, too.
    let routed = scene.routed(&own[1]);
    assert!(routed.contains(&"oncall".to_owned()), "{what}: {routed:?}");
    let live: Vec<Value> = serde_json::from_str(&scene.server.get("/api/v2/alerts")).unwrap();
    for (alert, _, receiver) in &others {
        let found = live
            .iter()
            .find(|found| found["labels"] == serde_json::json!(alert));
        let found = found.unwrap();
        assert_eq!(found["status"]["state"], "active", "{what}: {found}");
        assert_eq!(
            found["receivers"],
            serde_json::json!([{ "name": receiver }]),
            "{what}"
        );
    }
}

fn is_refused(scene: &Scene, attack: &Attack, path: &str, at: (u32, u32), words: &str) {
    let name = attack.name;
    let check = scene.world.bare(&["check", "platform", "--format", "json"]);
    assert_eq!(check.code, 1, "{name}: {check}");
    let check = check.json();
    let found = check["diagnostics"].as_array().unwrap();
    let fits = |d: &&Value| {
        d["severity"] == "error"
            && d["file"] == path
            && (d["line"] == at.0 && d["column"] == at.1)
            && d["message"].as_str().unwrap().contains(words)
    };
    assert!(
        found.iter().any(|d| fits(&d)),
        "{name}: no {at:?} {words:?}: {check:#}"
    );
    // `plan` says the same, and nothing else is held up.
    let plan = scene.world.plan(&[]);
    let said = plan["diagnostics"].as_array().unwrap();
    assert!(said.iter().any(|d| fits(&d)), "{name}: {plan:#}");
    let before = scene.touch();
    let apply = scene.world.run("apply", &["--format", "json"]).json();
    assert_eq!(applied(&apply), [""; 0], "{name}");
    assert!(
        held(&apply).iter().all(|held| held.ends_with(": invalid")),
        "{name}: {apply:#}"
    );
    assert_eq!(scene.touch(), before, "{name}");
    assert_eq!(scene.take_reloads(), [], "{name}");
}

pub fn one_by_one() {
    let scene = scene();
    let path = file("mallory", "attack");
    scene.proxy.take();
    let (mut harmless, mut refused) = (0, 0);
    for (round, attack) in attacks().iter().enumerate() {
        let name = attack.name;
        scene
            .world
            .platform
            .write(&path, text(&scene, attack, "attack"));
        scene.world.platform.commit(name);
        match attack.fate {
            Fate::Refused(line, column, words) => {
                is_refused(&scene, attack, &path, (line, column), words);
                refused += 1;
                scene.world.platform.remove(&path);
            }
            Fate::Harmless => {
                let check = scene.world.bare(&["check", "platform"]);
                assert_eq!(check.code, 0, "{name}: {check}");
                let apply = scene.world.run("apply", &[]);
                assert_eq!(apply.code, 0, "{name}: {apply}");
                assert!(scene.runs_the_file(), "{name}");
                nobody_notices(&scene, name, round);
                scene.is_quiet();
                harmless += 1;
                scene.world.platform.remove(&path);
                scene.live();
            }
        }
        scene.proxy.take();
    }
    told_of_its_own(&scene);
    println!("{harmless} harmless, {refused} refused");
    assert!(harmless >= 20 && refused >= 20);
}

pub fn all_at_once() {
    let scene = scene();
    let attacks = attacks();
    let harmless = attacks
        .iter()
        .filter(|attack| matches!(attack.fate, Fate::Harmless));
    let mut count = 0;
    for (index, attack) in harmless.enumerate() {
        let name = format!("attack{index}");
        let path = file("mallory", &name);
        scene
            .world
            .platform
            .write(&path, text(&scene, attack, &name));
        count += 1;
    }
    let apply = scene.live();
    assert_eq!(applied(&apply).len(), count);
    nobody_notices(&scene, "all of them", 0);
    told_of_its_own(&scene);
    scene.is_quiet();
}

/// Nobody was told of what is not theirs.
fn told_of_its_own(scene: &Scene) {
    let told = scene.inbox.told();
    let mut namespaces = BTreeSet::new();
    for (path, labels) in told.keys() {
        let namespace = labels.get("namespace").map_or("-", String::as_str);
        namespaces.insert((path.as_str(), namespace));
    }
    let expected = [
        ("/mallory/hook", "mallory"),
        ("/payments/web", "payments"),
        ("/platform/default", "-"),
        ("/platform/default", "mallory"),
        ("/platform/default", "mallory-eu"),
        ("/platform/oncall", "-"),
        ("/platform/oncall", "mallory"),
        ("/search/web", "search"),
    ];
    let unknown: Vec<_> = namespaces
        .iter()
        .filter(|pair| !expected.contains(pair))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(namespaces.contains(&("/mallory/hook", "mallory")));
}
