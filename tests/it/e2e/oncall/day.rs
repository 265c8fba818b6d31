//! A day in the life of one daemon, and what history and log tell of it, line by line.

use std::fs;

use rusqlite::Connection;

use super::office::{BOARD, Office};
use super::story::Story;
use crate::e2e::repository::group;
use crate::e2e::running::{Daemon, PATIENCE, target};
use crate::support::proxy::Fault;
use crate::support::wait_until;

pub fn day() {
    let mut office = Office::new();
    let mut story = Story::new(&office.world);
    story.name(&office.world.platform.head(), "COMMIT-1");
    let mut daemon = office.start();
    story.tell("the first start", &office.world, &daemon);

    commits(&office, &daemon, &mut story);
    dead_target(&office, &daemon, &mut story);
    bad_commit(&office, &daemon, &mut story);
    rotation(&office, &daemon, &mut story);
    pause(&office, &daemon, &mut story);
    new_settings(&mut office, &daemon, &mut story);

    assert_eq!(daemon.terminate(), Some(0));
    story.tell("it is told to stop", &office.world, &daemon);
    story.new_log();
    daemon = office.start();
    story.tell("it is started again", &office.world, &daemon);
    daemon = crash(&office, daemon, &mut story);
    upgrade(&office, daemon, &mut story);

    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!("a_day_in_the_life", story.text());
    });
}

fn commits(office: &Office, daemon: &Daemon, story: &mut Story) {
    office.write_board("up == 1");
    office.write_rule("up == 1");
    let head = office.world.platform.commit_by("Bob", "A threshold");
    story.name(&head, "COMMIT-2");
    office.settled(daemon);
    story.tell("a commit of Bob's", &office.world, daemon);

    office.edit_rules();
    office.edit_board();
    office.world.run("sync", &[]).expect(0);
    let (rules, board) = (office.world.text("rules"), office.grafana.dashboard("d0"));
    assert!(
        rules.contains("BisDown") && !rules.contains("Silenced"),
        "{rules}"
    );
    assert_eq!(board.unwrap().title, "Board 0");
    story.tell("somebody edits the servers", &office.world, daemon);
}

/// The others do not wait for it, and it is as declared again once it is back.
fn dead_target(office: &Office, daemon: &Daemon, story: &mut Story) {
    office.set_dead(true);
    office.write_board("up == 2");
    office.write_rule("up == 2");
    let head = office.world.platform.commit_by("Bob", "Another threshold");
    story.name(&head, "COMMIT-3");
    daemon.wait_target("rules", "synced", &head);
    daemon.wait_target("pager", "synced", &head);
    daemon.wait("it is missed", |status| {
        target(status, "grafana")["state"] == "unknown"
    });
    story.tell("Grafana is gone, and Bob commits", &office.world, daemon);
    office.set_dead(false);
    office.settled(daemon);
    story.tell("Grafana is back", &office.world, daemon);
}

/// What is wrong in it is held and told once, the rest of it goes on.
fn bad_commit(office: &Office, daemon: &Daemon, story: &mut Story) {
    office.write_rule("up ==");
    let platform = &office.world.platform;
    platform.write("rules/b.yaml", group("b", "BisDown", "up == 7"));
    let head = platform.commit_by("Carl", "In a hurry");
    story.name(&head, "COMMIT-4");
    daemon.wait_target("rules", "held", &head);
    for _ in 0..3 {
        office.world.run("sync", &[]).expect(1);
    }
    assert!(office.world.text("rules").contains("up == 7"));
    story.tell("Carl breaks a file", &office.world, daemon);
    office.write_rule("up == 4");
    let head = office.world.platform.commit_by("Carl", "With care");
    story.name(&head, "COMMIT-5");
    office.settled(daemon);
    story.tell("Carl puts it right", &office.world, daemon);
}

/// The token that is in use is revoked, and another one put in its file.
fn rotation(office: &Office, daemon: &Daemon, story: &mut Story) {
    let revoked = fs::read_to_string(office.world.path("grafana-token")).unwrap();
    office.proxy.set_policy(move |request| {
        let sent = request.header("authorization").unwrap_or_default();
        if sent.ends_with(&revoked) {
            Fault::Status(401)
        } else {
            Fault::None
        }
    });
    office.world.run("sync", &[]).expect(1);
    story.tell("its token is revoked", &office.world, daemon);
    let process = daemon.id();
    office.rotate();
    office.settled(daemon);
    assert_eq!(daemon.id(), process);
    story.tell("it has another token", &office.world, daemon);
}

fn pause(office: &Office, daemon: &Daemon, story: &mut Story) {
    let world = &office.world;
    world
        .run(
            "pause",
            &["grafana", "--for", "2h", "--reason", "a migration"],
        )
        .expect(0);
    office.write_board("up == 5");
    let head = world.platform.commit("During a pause");
    story.name(&head, "COMMIT-6");
    daemon.wait("it waits", |status| {
        let grafana = target(status, "grafana");
        grafana["held"][0]["id"] == BOARD && grafana["state"] == "paused"
    });
    daemon.wait_target("rules", "synced", &head);
    daemon.wait_target("pager", "synced", &head);
    story.tell("Anna pauses Grafana, and Ada commits", world, daemon);
    world.run("resume", &["grafana"]).expect(0);
    office.settled(daemon);
    story.tell("Anna ends the pause", world, daemon);
}

fn new_settings(office: &mut Office, daemon: &Daemon, story: &mut Story) {
    office.world.set(|setup| setup.interval = "2h".into());
    wait_until("they are in force", PATIENCE, || {
        let history = office.world.run("history", &[]).stdout;
        history.contains("reconcile.interval: 1h -> 2h")
    });
    office.world.run("sync", &[]).expect(0);
    story.tell("the settings are changed", &office.world, daemon);
}

/// Killed between a write and its answer; the next one finds out, and goes on.
fn crash(office: &Office, daemon: Daemon, story: &mut Story) -> Daemon {
    let mut written = false;
    office.proxy.set_policy(move |request| {
        // It never hears what became of it.
        let fault = match (&*request.method, written) {
            ("PUT", _) => Fault::DropAnswer,
            (_, true) => Fault::Delay(PATIENCE),
            (_, false) => Fault::None,
        };
        written |= request.method == "PUT";
        fault
    });
    let version = || office.grafana.dashboard("d0").unwrap().version;
    let before = version();
    office.write_board("up == 6");
    let head = office.world.platform.commit("Before a crash");
    story.name(&head, "COMMIT-7");
    wait_until("it is written", PATIENCE, || version() > before);
    daemon.wait_target("rules", "synced", &head);
    drop(daemon);
    office.set_dead(false);
    // What it wrote down at last depends on the moment.
    story.new_log();
    let daemon = office.start();
    story.tell(
        "it is killed while it writes, and started again",
        &office.world,
        &daemon,
    );
    daemon
}

/// A state file of the version before: as it was then, it has no pauses and no events.
fn upgrade(office: &Office, mut daemon: Daemon, story: &mut Story) {
    let changes = |text: &str| {
        let is_change = |line: &&str| line.contains('/') && line.contains(" by ");
        text.lines()
            .filter(is_change)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let before = office.world.run("history", &[]).expect(0).stdout;
    assert_eq!(daemon.terminate(), Some(0));
    let file = office.world.state_folder().join("trueup.db");
    let version = || {
        let state = Connection::open(&file).unwrap();
        state
            .query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!(version(), 2);
    let state = Connection::open(&file).unwrap();
    state
        .execute_batch(
            "DROP INDEX changes_id; DROP TABLE events; DROP TABLE pauses; PRAGMA user_version = 1;",
        )
        .unwrap();
    drop(state);
    // Whoever only looks leaves it as it is.
    let looked = office.world.run("history", &[]).expect(0).stdout;
    assert_eq!((changes(&looked), version()), (changes(&before), 1));
    office.proxy.take();
    daemon = office.start();
    assert_eq!(office.proxy.take_writes(), []);
    let after = office.world.run("history", &[]).expect(0).stdout;
    assert_eq!(changes(&after), changes(&before));
    let said = office.world.run("pause", &["rules"]).expect(0).stdout;
    assert!(said.starts_with("rules is paused by anna"), "{said}");
    assert_eq!(daemon.terminate(), Some(0));
    assert_eq!(version(), 2);
    let words: Vec<_> = after.lines().map(|line| story.mask(line)).collect();
    let started = words.last().unwrap();
    assert_eq!(started, "TIME  started trueup: version VERSION");
}
