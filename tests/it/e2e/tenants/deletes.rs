//! Whose faults hold whose deletes.

use libtest_mimic::Trial;

use super::held::scene;
use super::scene::rules;
use crate::e2e::ran::{applied, details, held};
use crate::support::test;

pub fn tests() -> Vec<Trial> {
    vec![test(
        "e2e::tenants::deletes::anothers_fault_holds_no_deletes",
        &[],
        deletes,
    )]
}

/// Files with which a tenant can be wrong.
fn faults() -> Vec<(&'static str, &'static str, String)> {
    let set = |spec: &str| {
        format!(
            "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata: {{ name: faulty }}\nspec: {{ {spec} }}\n"
        )
    };
    vec![
        (
            "no YAML",
            "faulty.yaml",
            "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\n  x: [\n".to_owned(),
        ),
        (
            "no JSON",
            "faulty.json",
            "{\"apiVersion\": \"trueup.dev/v1alpha1\", ".to_owned(),
        ),
        (
            "no text",
            "faulty.yaml",
            "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\n\0\n".to_owned(),
        ),
        (
            "too large",
            "faulty.yaml",
            format!("{}# {}\n", set("groups: []"), "x".repeat(70_000)),
        ),
        ("no file", "faulty.yaml", set("files: [nowhere.yaml]")),
        (
            "no target",
            "faulty.yaml",
            set("targets: env=nowhere, groups: []"),
        ),
        (
            "a wrong rule",
            "faulty.yaml",
            set("groups: [ { name: a, rules: [ { alert: A, expr: '(' } ] } ]"),
        ),
        (
            "a Tenant",
            "faulty.yaml",
            "apiVersion: trueup.dev/v1alpha1\nkind: Tenant\n  x: [\n".to_owned(),
        ),
    ]
}

fn deletes() {
    let mut scene = scene();
    scene
        .world
        .set(|setup| setup.more = "limits: { file_size: 64KiB }".into());
    let world = &scene.world;
    for (what, file, text) in faults() {
        let broken = format!("teams/payments/{file}");
        world.platform.write(&broken, text);
        world.platform.remove("teams/evil/more.yaml");
        world.platform.commit(what);
        let apply = world.run("apply", &["--format", "json"]).json();
        let done = applied(&apply);
        assert_eq!(
            done,
            ["delete prom/rule_group/evil/more/all: done"],
            "{what}: {}",
            details(&apply)
        );
        world
            .platform
            .remove(&broken)
            .write("teams/evil/more.yaml", rules("evil", "more", "up > 1"));
        world.platform.commit("As before");
        world.apply();
    }
    // Its own.
    world
        .platform
        .write("teams/payments/broken.yaml", &faults()[0].2)
        .remove("teams/payments/checkout.yaml");
    world.platform.commit("Less of payments'");
    let apply = world.run("apply", &["--format", "json"]).json();
    assert_eq!(applied(&apply), [""; 0]);
    assert_eq!(
        held(&apply),
        ["delete prom/rule_group/payments/checkout/all: invalid"]
    );
    assert!(
        details(&apply).contains("teams/payments/broken.yaml"),
        "{}",
        details(&apply)
    );
    // The platform's.
    world
        .platform
        .rename("teams/payments/broken.yaml", "platform/broken.yaml");
    for path in ["teams/evil/shown.yaml", "teams/evil/shown.json"] {
        world.platform.remove(path);
    }
    world.platform.commit("Broken for all");
    let apply = world.apply_to(1, &[]);
    assert_eq!(applied(&apply), [""; 0]);
    let said = held(&apply);
    for id in [
        "grafana/dashboard/evil-shown",
        "prom/rule_group/payments/checkout/all",
    ] {
        assert!(said.contains(&format!("delete {id}: invalid")), "{said:?}");
    }
    world.platform.remove("platform/broken.yaml");
    world.platform.commit("All is well");
    let apply = world.apply();
    let mut gone = applied(&apply);
    gone.sort();
    assert_eq!(
        gone,
        [
            "delete grafana/dashboard/evil-shown: done",
            "delete grafana/folder/Evil/Shown: done",
            "delete prom/rule_group/payments/checkout/all: done",
        ]
    );
}
