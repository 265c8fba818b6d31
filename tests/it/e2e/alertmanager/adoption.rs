//! A file that was there before, and one that is somebody else's.

use std::fs;

use serde_json::json;

use super::scene::{BEFORE, Scene};
use crate::e2e::ran::{applied, changes, details, held};

pub fn refused() {
    let scene = Scene::with("adopt: false");
    scene.write_team("payments", "web");
    scene.world.platform.commit("Routing");
    let before = scene.touch();
    let apply = scene.world.apply_to(0, &[]);
    assert_eq!(applied(&apply), [""; 0]);
    assert_eq!(
        held(&apply),
        [
            "update am/route/base_file: not_ours",
            "create am/route/payments/web: not_ours"
        ],
        "{apply:#}"
    );
    assert!(details(&apply).contains("adopt"), "{apply:#}");
    scene.world.run("plan", &["--exit-code"]).expect(0);
    assert_eq!(scene.touch(), before);
    assert_eq!(scene.take_reloads(), []);
    assert_eq!(scene.beside(), ["alertmanager.yml"]);
}

pub fn taken_over() {
    let scene = Scene::new();
    let old = "\
# by hand, for years
route:
  receiver: old
  group_wait: 7s
  routes:
  - { receiver: old, matchers: [ 'team=\"legacy\"' ] }
receivers:
- name: old
  webhook_configs: [ { url: 'http://127.0.0.1:9/old' } ]
inhibit_rules:
- { source_matchers: [ 'severity=\"critical\"' ], target_matchers: [ 'severity=\"warning\"' ] }
";
    fs::write(scene.file(), old).unwrap();
    scene.write_team("payments", "web");
    scene.world.platform.commit("Routing");
    let before = scene.touch();
    let plan = scene.world.plan(&[]);
    assert_eq!(
        changes(&plan),
        ["adopt am/route/base_file", "create am/route/payments/web"]
    );
    // What would be lost.
    let fields = plan["changes"][0]["fields"].as_array().unwrap();
    let lost = |path: &str| {
        let found = fields.iter().find(|field| field["path"] == path);
        let found = found.unwrap_or_else(|| panic!("no {path}: {fields:#?}"));
        found["before"].clone()
    };
    assert_eq!(lost("/route/group_wait"), "7s");
    assert!(
        lost("/receivers/name=old")
            .to_string()
            .contains("webhook_configs")
    );
    assert!(lost("/inhibit_rules").to_string().contains("critical"));
    assert!(
        lost("/route/routes/0/matchers/0")
            .to_string()
            .contains("legacy")
    );
    let text = scene.world.run("plan", &["--format", "markdown"]).stdout;
    assert!(text.contains("legacy") && text.contains("7s"), "{text}");
    assert_eq!(scene.touch(), before);

    scene.world.apply();
    assert_eq!(scene.take_reloads(), [Some(200)]);
    scene.is_quiet();
    let kept = scene
        .file()
        .with_file_name("alertmanager.yml.before-trueup");
    assert_eq!(fs::read_to_string(&kept).unwrap(), old);

    // Put in its place once more: the first one stays.
    fs::write(scene.file(), BEFORE).unwrap();
    assert_eq!(changes(&scene.world.apply())[0], "adopt am/route/base_file");
    assert_eq!(fs::read_to_string(&kept).unwrap(), old);
    scene.is_quiet();
}

pub fn of_another_instance() {
    let mut scene = Scene::new();
    scene.write_team("payments", "web");
    scene.world.set(|setup| setup.instance = "other".into());
    scene.live();
    scene.world.set(|setup| {
        setup.instance = "acme".into();
        setup.name = "second".into();
    });
    scene.take_reloads();
    let before = scene.touch();
    // Something to change, and something to delete.
    scene.write_team("search", "web");
    scene.remove("payments", "web");
    scene.world.platform.commit("Another team");
    let apply = scene.world.apply_to(0, &[]);
    assert_eq!(applied(&apply), [""; 0]);
    assert!(!held(&apply).is_empty());
    assert!(
        held(&apply).iter().all(|held| held.ends_with(": not_ours")),
        "{apply:#}"
    );
    assert!(
        details(&apply).contains("the Trueup instance other"),
        "{apply:#}"
    );
    assert_eq!(scene.touch(), before);
    assert_eq!(scene.take_reloads(), []);
}

/// A definition that is gone is deleted, and nothing else.
pub fn deleted() {
    let mut scene = Scene::new();
    for name in ["a", "b", "c"] {
        scene.write_team("team", name);
    }
    scene.live();
    let before = scene.text();
    scene.take_reloads();
    scene.remove("team", "b");
    let apply = scene.live();
    assert_eq!(applied(&apply), ["delete am/route/team/b: done"]);
    assert_eq!(scene.take_reloads(), [Some(200)]);
    let after = scene.text();
    assert!(!after.contains("team/b"), "{after}");
    let kept: Vec<&str> = after.lines().collect();
    let mut rest = before.lines();
    assert!(
        kept.iter().all(|line| rest.any(|other| other == *line)),
        "{after}"
    );
    scene.is_quiet();
    // More than the guard lets through.
    scene
        .world
        .set(|setup| setup.more = "guard: { max_deletes: 1 }".into());
    scene.remove("team", "a");
    scene.remove("team", "c");
    scene.world.platform.commit("No team");
    let apply = scene.world.apply_to(1, &[]);
    assert_eq!(apply["applied"], json!([]));
    assert_eq!(
        held(&apply),
        [
            "delete am/route/team/a: over_limit",
            "delete am/route/team/c: over_limit"
        ]
    );
    scene.world.apply_to(0, &["--allow-deletes", "2"]);
    assert!(!scene.text().contains("team/"));
    scene.is_quiet();
}
