//! Exit codes: one case for each row of the contract.

use std::fs;
use std::time::Duration;

use libtest_mimic::Trial;

use super::ran::{Ran, held};
use super::repository::group;
use super::running::Daemon;
use super::world::{Target, World};
use crate::fake::prometheus::FakePrometheus;
use crate::support::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test("e2e::codes::done", &[], done),
        test(
            "e2e::codes::not_ours_and_paused_are_no_failure",
            &[],
            harmless,
        ),
        test("e2e::codes::broken_settings", &[], settings),
        test(
            "e2e::codes::an_unknown_key_has_a_suggestion",
            &[],
            unknown_key,
        ),
        test("e2e::codes::the_lock_names_its_holder", &[], lock),
        test("e2e::codes::errors_in_files", &[], errors),
        test("e2e::codes::an_unknown_scope", &[], unknown_scope),
        test("e2e::codes::pending_changes", &[], pending),
        test("e2e::codes::a_failed_change", &[], failed),
        test("e2e::codes::wrong_usage", &[], usage),
        test("e2e::codes::no_repository", &[], no_repository),
    ]
}

fn done() {
    let world = World::shop();
    world.bare(&["check", "platform"]).expect(0);
    for command in ["render", "plan", "apply", "apply", "plan"] {
        world.run(command, &[]).expect(0);
    }
    for argument in ["--help", "--version"] {
        let ran = world.bare(&[argument]).expect(0);
        assert!(!ran.stdout.is_empty() && ran.stderr.is_empty(), "{ran}");
    }
    // A warning alone changes nothing.
    world
        .platform
        .write("chart.yaml", "a: {{ .Values.a }}\nb: [\n");
    world.platform.commit("A template");
    let ran = world.bare(&["check", "platform"]).expect(0);
    assert!(ran.stdout.contains("1 warning"), "{ran}");
    world.run("plan", &[]).expect(0);
    world.run("apply", &[]).expect(0);
}

fn harmless() {
    let mut world = World::shop();
    world.set_targets([
        Target::files("one"),
        Target::files("two").with("paused: true"),
    ]);
    fs::write(
        world.rules("one").join("default.shop.yaml"),
        "groups: []\n# mine\n",
    )
    .unwrap();
    let plan = world.run("plan", &["--format", "json"]).expect(0).json();
    assert_eq!(held(&plan).len(), 4, "{plan:#}");
    world.apply_to(0, &[]);
    assert_eq!(world.text("one"), "groups: []\n# mine\n");
    assert_eq!(world.files("two").len(), 0);
}

fn settings() {
    let world = World::shop();
    fs::write(world.settings(), "instance: UPPER\n").unwrap();
    for command in ["render", "plan", "apply", "run"] {
        let ran = world.run(command, &[]).expect(1);
        assert!(ran.stdout.is_empty(), "{ran}");
        assert!(ran.stderr.contains("trueup.yaml"), "{ran}");
    }
    let config = world.settings();
    let config = config.to_str().unwrap();
    world
        .bare(&["check", "platform", "--config", config])
        .expect(1);
    world.bare(&["plan", "--config", "nowhere.yaml"]).expect(1);
}

fn unknown_key() {
    let mut world = World::shop();
    world.set(|setup| setup.more = "guards: { max_deletes: 1 }".into());
    let ran = world.run("plan", &[]).expect(1);
    assert!(ran.stderr.contains("guards"), "{ran}");
    assert!(ran.stderr.contains("guard"), "{ran}");
    assert!(ran.stderr.contains("trueup.yaml:6"), "{ran}");
}

fn lock() {
    let world = World::shop();
    let mut daemon = Daemon::start(&world);
    let holder = daemon.id().to_string();
    for command in ["apply", "run"] {
        let ran = world.run(command, &[]).expect(1);
        assert!(ran.stderr.contains(&holder), "{ran}");
    }
    assert_eq!(daemon.terminate(), Some(0));
    world.run("apply", &[]).expect(0);
}

fn errors() {
    let world = World::shop();
    world
        .platform
        .write("rules/c.yaml", group("c", "C", "up =="));
    world.platform.commit("A fault");
    world.bare(&["check", "platform"]).expect(1);
    for command in ["render", "plan"] {
        world.run(command, &[]).expect(1);
    }
    // Pending changes do not hide an error.
    world.run("plan", &["--exit-code"]).expect(1);
    let apply = world.apply_to(1, &[]);
    assert_eq!(
        held(&apply),
        ["create one/rule_group/default/shop/c: invalid"]
    );
    assert_eq!(apply["applied"].as_array().unwrap().len(), 2);
}

fn unknown_scope() {
    let mut world = World::shop();
    let down = Target::server("down", "http://127.0.0.1:9").with("timeout: 200ms");
    world.set_targets([Target::files("one"), down]);
    world.run("plan", &[]).expect(1);
    let apply = world.apply_to(1, &[]);
    assert_eq!(held(&apply), ["- down: scope_unknown"]);
    assert_eq!(world.files("down").len(), 0);
    // The other target does not wait for it.
    assert_eq!(world.files("one").len(), 1);
    world.run("plan", &["--target", "one"]).expect(0);
}

fn pending() {
    let world = World::shop();
    world.run("plan", &["--exit-code"]).expect(2);
    world.run("plan", &[]).expect(0);
    world.apply();
    world.run("plan", &["--exit-code"]).expect(0);
}

fn failed() {
    let mut world = World::shop();
    let rules = world.path("rules-one");
    let fake = FakePrometheus::start(&rules);
    fake.refuse(&["AisDown"]);
    world.set_targets([Target::server("one", &fake.url())]);
    let apply = world.apply_to(1, &[]);
    let outcomes = super::ran::applied(&apply);
    assert_eq!(
        outcomes,
        [
            "create one/rule_group/default/shop/a: failed",
            "create one/rule_group/default/shop/b: done",
        ]
    );
    assert!(apply["applied"][0]["error"].is_string());
}

fn usage() {
    let world = World::shop();
    let config = world.settings();
    let config = config.to_str().unwrap();
    let wrong: &[&[&str]] = &[
        &[],
        &["nonsense"],
        &["plan"],
        &["plan", "--config", config, "--nonsense"],
        &["plan", "--config", config, "--format", "xml"],
        &["plan", "--config", config, "--target", "nobody"],
        &["plan", "--config", config, "--allow-deletes", "1"],
        &["apply", "--config", config, "--target", "nobody"],
        &["apply", "--config", config, "--allow-deletes", "many"],
        &["apply", "--config", config, "--allow-dirty"],
        &["render", "--config", config, "extra"],
        &["check", "one", "two"],
    ];
    for arguments in wrong {
        let ran = world.bare(arguments).expect(64);
        assert!(ran.stdout.is_empty() && !ran.stderr.is_empty(), "{ran}");
    }
    let ran = world.bare(&["plan", "--config", config, "--target", "nobody"]);
    assert!(ran.stderr.contains("one"), "{ran}");
    assert!(!world.state_folder().exists());
}

fn no_repository() {
    let mut world = World::shop();
    world.apply();
    world.set(|setup| setup.url = "nowhere".into());
    let fails = |ran: Ran| {
        let ran = ran.expect(1);
        assert!(ran.stderr.contains("nowhere"), "{ran}");
    };
    for command in ["render", "plan", "apply"] {
        fails(world.run(command, &[]));
    }
    let began = std::time::Instant::now();
    world.bare(&["check", "nowhere"]).expect(1);
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(world.files("one").len(), 1);
}
