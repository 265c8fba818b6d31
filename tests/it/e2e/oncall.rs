//! What the on-call engineer does with a running daemon: looks, asks, stops it, and starts it again.

mod alarm;
mod canary;
mod day;
mod ending;
mod flat;
mod office;
mod settings;
mod story;
mod ten;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;

use libtest_mimic::Trial;
use serde_json::Value;

use super::ran::Ran;
use super::repository::group;
use super::running::{Daemon, PATIENCE, target};
use super::world::{Target, World};
use crate::support::{Need, test, wait_until};

pub fn tests() -> Vec<Trial> {
    vec![
        test("e2e::oncall::pause_and_resume", &[], pause),
        test("e2e::oncall::a_pause_ends_by_itself", &[], pause_ends),
        test("e2e::oncall::a_pause_without_a_daemon", &[], pause_offline),
        test("e2e::oncall::sync_is_now", &[], sync),
        test("e2e::oncall::questions_and_answers", &[], questions),
        test("e2e::oncall::explain_says_why", &[], explain),
        test("e2e::oncall::a_day_in_the_life", &[], day::day),
        test("e2e::oncall::ten_questions", &[], ten::questions),
        test(
            "e2e::oncall::its_own_alerts_fire",
            &[Need::Program("prometheus")],
            alarm::alerts,
        ),
        test("e2e::oncall::the_socket_is_ours_alone", &[], socket),
        test("e2e::oncall::systemd_is_told", &[], systemd),
        test(
            "e2e::oncall::settings_are_read_anew",
            &[],
            settings::read_anew,
        ),
        test(
            "e2e::oncall::settings_that_are_refused",
            &[],
            settings::refused,
        ),
        test(
            "e2e::oncall::settings_behind_a_link_that_is_swapped",
            &[],
            settings::swapped,
        ),
        test(
            "e2e::oncall::the_level_follows_the_settings",
            &[],
            settings::level,
        ),
        test("e2e::oncall::sync_during_a_reload", &[], settings::sync),
        test(
            "e2e::oncall::a_stop_says_what_still_runs",
            &[],
            ending::drained,
        ),
        test(
            "e2e::oncall::a_second_signal_ends_it_at_once",
            &[],
            ending::second_signal,
        ),
        test("e2e::oncall::memory_stays_flat", &[], flat::memory),
        test(
            "e2e::oncall::no_secret_is_out_after_faults",
            &[],
            canary::faults,
        ),
        test(
            "e2e::oncall::no_secret_is_out_after_refusals",
            &[],
            canary::refusals,
        ),
        test(
            "e2e::oncall::no_secret_is_out_without_tls",
            &[],
            canary::tls,
        ),
        test(
            "e2e::oncall::no_secret_is_out_of_git",
            crate::source::nginx::NEEDS,
            canary::git::token,
        ),
        test(
            "e2e::oncall::no_secret_is_out_of_settings",
            &[],
            canary::settings,
        ),
    ]
}

/// Another expression in the group `a`, committed.
pub fn change(world: &World, threshold: &str) -> String {
    let rules = group("a", "AisDown", &format!("up == {threshold}"));
    world.platform.write("rules/a.yaml", rules);
    world.platform.commit(&format!("Threshold {threshold}"))
}

fn is_live(world: &World, threshold: &str) -> bool {
    world.text("one").contains(&format!("up == {threshold}"))
}

fn state(daemon: &Daemon, name: &str) -> String {
    let status = daemon.status();
    target(&status, name)["state"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn pause() {
    let world = World::shop();
    let mut daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &world.platform.head());
    let said = world
        .run("pause", &["one", "--for", "2h", "--reason", "a migration"])
        .expect(0)
        .stdout;
    assert!(said.starts_with("one is paused by "), "{said}");
    assert!(
        said.contains(": a migration (trueup resume one ends it)"),
        "{said}"
    );
    daemon.wait("it is paused", |status| {
        target(status, "one")["state"] == "paused"
    });
    change(&world, "1");
    let held = |status: &Value| target(status, "one")["held"][0]["reason"] == "paused";
    let status = daemon.wait("the change is held", held);
    let detail = target(&status, "one")["held"][0]["detail"]
        .as_str()
        .unwrap();
    assert!(detail.contains("a migration"), "{detail}");
    assert!(!is_live(&world, "1"));
    // Whoever plans or applies beside the daemon is told the same.
    let plan = world.plan(&[]);
    assert_eq!(plan["held"][0]["reason"], "paused", "{plan:#}");
    let shown = world.run("status", &[]).expect(0).stdout;
    assert!(shown.contains("a migration"), "{shown}");
    world.run("resume", &["one"]).expect(0);
    daemon.wait_target("one", "synced", &world.platform.head());
    assert!(is_live(&world, "1"));
    let history = world.run("history", &[]).expect(0).stdout;
    let words: Vec<&str> = history
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1))
        .collect();
    assert_eq!(
        words,
        ["started", "create", "create", "paused", "resumed", "update"],
        "{history}"
    );
    world.run("pause", &["two"]).expect(64);
    world.run("pause", &["one", "--for", "soon"]).expect(64);
    assert_eq!(daemon.terminate(), Some(0));
}

fn pause_ends() {
    let world = World::shop();
    let mut daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &world.platform.head());
    world.run("pause", &["one", "--for", "2s"]).expect(0);
    let head = change(&world, "1");
    daemon.wait("it is paused", |status| {
        target(status, "one")["state"] == "paused"
    });
    // Nobody does anything.
    daemon.wait_target("one", "synced", &head);
    assert!(is_live(&world, "1"));
    assert_eq!(daemon.lines("the pause is over").len(), 1);
    assert_eq!(daemon.terminate(), Some(0));
    let history = world.run("history", &["--format", "json"]).expect(0).json();
    let entries = history["entries"].as_array().unwrap();
    let ended = entries.iter().find(|entry| entry["what"] == "resumed");
    assert_eq!(ended.unwrap()["detail"], "its time was over");
}

fn pause_offline() {
    let world = World::shop();
    let said = world.run("pause", &["one"]).expect(0).stdout;
    assert!(said.contains("No daemon runs here now"), "{said}");
    let apply = world.apply();
    assert_eq!(apply["held"][0]["reason"], "paused", "{apply:#}");
    let mut daemon = Daemon::start(&world);
    daemon.wait("it is paused", |status| {
        target(status, "one")["state"] == "paused"
    });
    world.run("resume", &["one"]).expect(0);
    daemon.wait_target("one", "synced", &world.platform.head());
    assert_eq!(daemon.terminate(), Some(0));
    assert!(
        world
            .run("resume", &["one"])
            .expect(0)
            .stdout
            .contains("was not paused")
    );
}

fn sync() {
    let mut world = World::shop();
    world.set_targets([Target::files("one"), Target::files("two")]);
    world.set(|setup| setup.repository = "poll: 1h".into());
    // No ref is watched in a mirror.
    let url = world.platform.file_url();
    world.set(|setup| setup.url = url);
    world.run("sync", &[]).expect(1);
    let mut daemon = Daemon::start(&world);
    let head = world.platform.head();
    daemon.wait_target("one", "synced", &head);
    daemon.wait_target("two", "synced", &head);
    let head = change(&world, "1");
    let said = world.run("sync", &[]).expect(0).stdout;
    assert!(said.contains(&head[..7]), "{said}");
    assert!(is_live(&world, "1"));
    // What was changed by hand is seen, too, and the answer waits for it.
    let file = world.rules("one").join("default.shop.yaml");
    fs::remove_file(&file).unwrap();
    world.run("sync", &["one"]).expect(0);
    assert!(file.is_file());
    world.run("sync", &["three"]).expect(64);
    assert_eq!(daemon.terminate(), Some(0));
}

fn questions() {
    let mut world = World::shop();
    world.set_targets([Target::files("one"), Target::files("two")]);
    let mut daemon = Daemon::start(&world);
    let first = world.platform.head();
    daemon.wait_target("one", "synced", &first);
    daemon.wait_target("two", "synced", &first);
    let second = change(&world, "1");
    daemon.wait_target("one", "synced", &second);
    daemon.wait_target("two", "synced", &second);
    // What changed on one since an hour ago, and who?
    let said = world
        .run("history", &["--target", "one", "--since", "1h"])
        .expect(0)
        .stdout;
    assert_eq!(said.matches(" create one/rule_group/").count(), 2, "{said}");
    assert_eq!(
        said.matches(" update one/rule_group/default/shop/a")
            .count(),
        1,
        "{said}"
    );
    assert!(!said.contains("two/"), "{said}");
    assert!(said.contains(&format!("  {} by ", &second[..7])), "{said}");
    // And this group?
    let id = "two/rule_group/default/shop/a";
    let json = world
        .run("history", &[id, "--format", "json"])
        .expect(0)
        .json();
    let entries = json["entries"].as_array().unwrap();
    let actions: Vec<_> = entries.iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["create", "update"]);
    assert_eq!(entries[1]["revision"], *second);
    let nothing = world
        .run("history", &["--since", "2d", "--until", "1d"])
        .expect(0);
    assert_eq!(nothing.stdout, "nothing happened then\n");
    world.run("history", &["--since", "never"]).expect(64);
    assert_eq!(daemon.terminate(), Some(0));
    // The daemon is gone: what it wrote down is told, and that it is gone.
    let said = world.run("status", &[]).expect(1).stdout;
    assert!(said.starts_with("no daemon runs"), "{said}");
    assert!(said.contains(&second[..7]), "{said}");
    let json = world.run("status", &["--format", "json"]).expect(1).json();
    assert_eq!(json["schema"], "trueup.dev/status/v1");
    // The variable stands for `--config`, and what is written out counts.
    let mut by_variable = world.command(&["status"]);
    by_variable.env("TRUEUP_CONFIG", world.settings());
    let said = Ran::of(&mut by_variable).expect(1).stdout;
    assert!(said.starts_with("no daemon runs"), "{said}");
    let mut both = world.with_config("status", &[]);
    let said = Ran::of(both.env("TRUEUP_CONFIG", "elsewhere.yaml"));
    assert!(said.expect(1).stdout.starts_with("no daemon runs"));
}

fn explain() {
    let world = World::shop();
    world.apply();
    let id = "one/rule_group/default/shop/a";
    let said = world.run("explain", &[id]).expect(0).stdout;
    for line in [
        "now       as declared",
        "declared  rules/a.yaml:2",
        "by        RuleSet default/shop (set.yaml:3:",
        "placed by its own selector, env=prod",
        ": Two groups",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    let head = change(&world, "1");
    let said = world.run("explain", &[id]).expect(1).stdout;
    assert!(said.contains("now       to be done: update\n"), "{said}");
    assert!(
        said.contains("differs   /rules/alert=AisDown/expr: "),
        "{said}"
    );
    assert!(
        said.contains(&format!("commit    {} by", &head[..8])),
        "{said}"
    );
    world.platform.write(
        "rules/a.yaml",
        "groups: [{ name: a, rules: [{ alert: A, expr: 'up ==' }] }]\n",
    );
    world.platform.commit("Broken");
    let json = world
        .run("explain", &[id, "--format", "json"])
        .expect(1)
        .json();
    assert_eq!(json["held"][0]["reason"], "invalid", "{json:#}");
    assert_eq!(json["commit"]["subject"], "Broken", "{json:#}");
    let said = world
        .run("explain", &["one/rule_group/default/shop/x"])
        .expect(1);
    assert!(
        said.stderr.contains("is declared nowhere"),
        "{}",
        said.stderr
    );
    world.run("explain", &["nonsense"]).expect(64);
    world.run("explain", &["two/rule_group/a/b/c"]).expect(64);
}

fn socket() {
    let world = World::shop();
    let path = world.state_folder().join("trueup.db.sock");
    let daemon = Daemon::start(&world);
    wait_until("there is a socket", PATIENCE, || path.exists());
    let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    daemon.wait_target("one", "synced", &world.platform.head());
    // Killed, it leaves the socket; the next one makes it anew.
    drop(daemon);
    assert!(path.exists());
    assert!(
        world
            .run("status", &[])
            .expect(1)
            .stdout
            .starts_with("no daemon runs")
    );
    let mut daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &world.platform.head());
    world.run("status", &[]).expect(0);
    assert_eq!(daemon.terminate(), Some(0));
    assert!(!path.exists());
}

fn systemd() {
    let mut world = World::shop();
    let path = world.path("notify.sock");
    let notify = UnixDatagram::bind(&path).unwrap();
    notify.set_read_timeout(Some(PATIENCE)).unwrap();
    world.set_env("NOTIFY_SOCKET", path.to_str().unwrap());
    world.set_env("WATCHDOG_USEC", "200000");
    let mut daemon = Daemon::start(&world);
    let next = || {
        let mut buffer = [0; 256];
        let length = notify.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    };
    let mut said = Vec::new();
    while said.iter().filter(|word| *word == "WATCHDOG=1").count() < 3
        || !said.contains(&"READY=1".to_owned())
    {
        said.push(next().trim().to_owned());
    }
    assert_ne!(state(&daemon, "one"), "pending");
    assert_eq!(daemon.terminate(), Some(0));
    while next().trim() != "STOPPING=1" {}
}
