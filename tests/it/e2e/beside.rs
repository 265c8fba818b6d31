//! Commands beside a running daemon, and what they leave: nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;

use libtest_mimic::Trial;

use super::ran::{Ran, Touch, same, touches};
use super::repository::group;
use super::running::Daemon;
use super::world::{Target, World};
use crate::fake::prometheus::FakePrometheus;
use crate::support::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test("e2e::beside::readers_write_nothing", &[], nothing_written),
        test("e2e::beside::readers_make_no_state", &[], no_state),
        test("e2e::beside::readers_beside_a_daemon", &[], beside_daemon),
        test("e2e::beside::plan_needs_no_state", &[], plan_without_state),
        test(
            "e2e::beside::plan_makes_no_write_request",
            &[],
            no_write_request,
        ),
        test("e2e::beside::no_colour", &[], no_colour),
    ]
}

fn all(world: &World) -> BTreeMap<PathBuf, Touch> {
    // In `-shm` SQLite's readers note where they read; it is memory, and gone with the daemon.
    let mut all = touches(&world.path("."));
    all.retain(|path, _| !path.ends_with("daemon.log") && !path.ends_with("trueup.db-shm"));
    all
}

fn read_all(world: &World) {
    for command in ["render", "plan"] {
        for source in [
            &[][..],
            &["--rev", "HEAD~0"],
            &["--rev", "main"],
            &["--repo", "platform"],
            &["--repo", "platform", "--rev", "main"],
        ] {
            let ran = world.run(command, source);
            // Not every revision is known; writing nothing is the point here.
            assert!(ran.code <= 1, "{ran}");
        }
    }
    world.bare(&["check", "platform"]).expect(0);
}

fn nothing_written() {
    let mut world = World::shop();
    for url in ["platform".to_owned(), world.platform.file_url()] {
        world.set(|setup| setup.url = url);
        world.apply();
        world.platform.replace("rules/a.yaml", "== 0", "== 1");
        world.platform.commit("Pending");
        let before = all(&world);
        read_all(&world);
        same(&before, &all(&world));
        world.platform.replace("rules/a.yaml", "== 1", "== 0");
        world.platform.commit("Back");
    }
}

fn no_state() {
    let mut world = World::shop();
    for url in ["platform".to_owned(), world.platform.file_url()] {
        world.set(|setup| setup.url = url);
        let before = all(&world);
        read_all(&world);
        same(&before, &all(&world));
        assert!(!world.state_folder().exists());
    }
}

fn beside_daemon() {
    let mut world = World::shop();
    for url in ["platform".to_owned(), world.platform.file_url()] {
        world.set(|setup| setup.url = url);
        let mut daemon = Daemon::start(&world);
        daemon.wait_target("one", "synced", &world.platform.head());
        let before = all(&world);
        read_all(&world);
        same(&before, &all(&world));
        let plan = world.run("plan", &["--exit-code"]).expect(0);
        assert!(plan.stdout.contains("2 unchanged"), "{plan}");
        assert_eq!(daemon.terminate(), Some(0));
    }
}

fn plan_without_state() {
    let world = World::shop();
    world.apply();
    world.platform.replace("rules/a.yaml", "== 0", "== 1");
    world.platform.write("rules/c.yaml", group("c", "C", "up"));
    world.platform.commit("One changed, one new");
    let with = world.run("plan", &["--format", "json"]).expect(0);
    world.delete_state();
    let without = world.run("plan", &["--format", "json"]).expect(0);
    assert_eq!(with.stdout, without.stdout);
    assert_eq!(with.json()["changes"].as_array().unwrap().len(), 2);
}

fn no_write_request() {
    let mut world = World::shop();
    let fake = FakePrometheus::start(&world.path("rules-one"));
    world.set_targets([Target::server("one", &fake.url())]);
    world.run("plan", &["--exit-code"]).expect(2);
    world.run("render", &[]).expect(0);
    let requests = fake.take();
    assert!(!requests.is_empty());
    assert!(requests.iter().all(|request| request.method == "GET"));
    assert_eq!(world.files("one").len(), 0);
}

fn no_colour() {
    let world = World::shop();
    world
        .platform
        .write("rules/c.yaml", group("c", "C", "up =="));
    world.platform.commit("A fault to be shown");
    for variable in ["NO_COLOR", "CLICOLOR_FORCE"] {
        for (command, config) in [("check", false), ("plan", true), ("render", true)] {
            let mut command = if config {
                world.with_config(command, &[])
            } else {
                world.command(&[command, "platform"])
            };
            let ran = Ran::of(command.env(variable, "1"));
            let plain = |text: &str| !text.contains('\u{1b}');
            // Neither goes to a terminal here.
            assert!(
                plain(&ran.stdout) && plain(&ran.stderr),
                "{variable}: {ran}"
            );
        }
    }
}
