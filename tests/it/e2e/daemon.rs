//! The daemon: when it acts, what it says, and how it ends.

use std::fs;
use std::time::Duration;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::ran::keys;
use super::repository::{Platform, group, rule_set};
use super::running::{Daemon, PATIENCE, target};
use super::world::{Target, World};
use crate::support::prometheus::Server;
use crate::support::proxy::{Fault, Proxy};
use crate::support::{Need, test, wait_until};

pub fn tests() -> Vec<Trial> {
    let server = [Need::Program("prometheus")];
    vec![
        test("e2e::daemon::a_commit_is_seen_at_once", &[], watched),
        test("e2e::daemon::a_commit_is_seen_by_polling", &[], polled),
        test("e2e::daemon::status_and_health", &[], status),
        test("e2e::daemon::one_line_a_change_and_one_a_cycle", &[], log),
        test(
            "e2e::daemon::a_repository_that_comes_later",
            &[],
            repository_later,
        ),
        test(
            "e2e::daemon::a_server_that_comes_later",
            &server,
            server_later,
        ),
        test("e2e::daemon::drift_that_is_only_reported", &[], drift),
        test("e2e::daemon::a_broken_file_is_said_and_held", &[], broken),
        test(
            "e2e::daemon::sigterm_finishes_the_change_in_hand",
            &server,
            sigterm,
        ),
    ]
}

fn change(world: &World, threshold: &str) -> String {
    let rules = group("a", "AisDown", &format!("up == {threshold}"));
    world.platform.write("rules/a.yaml", rules);
    world.platform.commit(&format!("Threshold {threshold}"))
}

fn watched() {
    let mut world = World::shop();
    // Nothing but the watcher can bring it about.
    world.set(|setup| setup.repository = "poll: 1h".into());
    let mut daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &world.platform.head());
    for threshold in ["1", "2", "3"] {
        let head = change(&world, threshold);
        daemon.wait_target("one", "synced", &head);
        assert!(world.text("one").contains(&format!("up == {threshold}")));
    }
    assert_eq!(daemon.terminate(), Some(0));
}

fn polled() {
    let mut world = World::shop();
    let url = world.platform.file_url();
    world.set(|setup| setup.url = url);
    world.set(|setup| setup.repository = "poll: 200ms".into());
    let mut daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &world.platform.head());
    let head = change(&world, "1");
    daemon.wait_target("one", "synced", &head);
    // Also what is not a descendant.
    let head = world.platform.recreate("A new history");
    daemon.wait_target("one", "synced", &head);
    assert_eq!(daemon.terminate(), Some(0));
}

fn status() {
    let mut world = World::shop();
    world.set_targets([
        Target::files("one"),
        Target::files("two").with("paused: true"),
        Target::server("down", "http://127.0.0.1:9").with("timeout: 200ms"),
    ]);
    fs::write(
        world.rules("one").join("default.shop.yaml"),
        "groups: []\n# mine\n",
    )
    .unwrap();
    let mut daemon = Daemon::start(&world);
    let shown = daemon.wait("all were looked at", |status| {
        let targets = status["targets"].as_array();
        targets.is_some_and(|all| all.iter().all(|target| target["state"] != "pending"))
    });
    assert_eq!(
        keys(&shown),
        ["schema", "instance", "version", "repository", "targets"]
    );
    assert_eq!(shown["schema"], "trueup.dev/status/v1");
    assert_eq!(shown["instance"], "acme");
    let repository = &shown["repository"];
    assert_eq!(
        keys(repository),
        ["name", "url", "branch", "revision", "fetched_at", "error"]
    );
    assert_eq!(repository["revision"], world.platform.head());
    assert_eq!(repository["branch"], "main");
    assert_eq!(repository["error"], Value::Null);
    let states: Vec<_> = shown["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| (&target["name"], &target["state"]))
        .map(|(name, state)| format!("{} {}", name.as_str().unwrap(), state.as_str().unwrap()))
        .collect();
    assert_eq!(states, ["down unknown", "one synced", "two paused"]);
    for target in shown["targets"].as_array().unwrap() {
        let expected = [
            "name",
            "provider",
            "version",
            "state",
            "last_success",
            "revision",
            "counts",
            "held",
            "failed",
        ];
        assert_eq!(keys(target)[..expected.len()], expected);
        assert_eq!(
            keys(&target["counts"]),
            ["synced", "drifted", "held", "failed"]
        );
        assert_eq!(target["provider"], "prometheus");
    }
    let one = target(&shown, "one");
    assert_eq!(one["counts"]["held"], 2);
    assert_eq!(one["held"][0]["reason"], "not_ours");
    assert!(target(&shown, "down")["held"][0]["detail"].is_string());
    assert_eq!(target(&shown, "down")["last_success"], Value::Null);

    assert_eq!(daemon.get("/healthz").unwrap().0, 200);
    assert_eq!(daemon.get("/nowhere").unwrap().0, 404);
    assert_eq!(daemon.terminate(), Some(0));
}

fn log() {
    let world = World::shop();
    let first = world.platform.head();
    let mut daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &first);
    let second = change(&world, "1");
    daemon.wait_target("one", "synced", &second);
    assert_eq!(daemon.terminate(), Some(0));

    let changes = daemon.lines("change applied");
    let ids: Vec<_> = changes
        .iter()
        .map(|line| (&line["action"], &line["id"], &line["revision"]))
        .collect();
    let (a, b) = (
        json!("one/rule_group/default/shop/a"),
        json!("one/rule_group/default/shop/b"),
    );
    let (create, update) = (json!("create"), json!("update"));
    let (first, second) = (json!(first), json!(second));
    assert_eq!(
        ids,
        [
            (&create, &a, &first),
            (&create, &b, &first),
            (&update, &a, &second)
        ]
    );
    let last = &changes[2];
    assert_eq!(last["target"], "one");
    assert_eq!(last["kind"], "rule_group");
    assert_eq!(last["result"], "done");
    assert_eq!(last["file"], "rules/a.yaml");
    assert_eq!(last["line"], 2);
    assert_eq!(last["author"], "Ada Lovelace");
    assert!(last["duration_ms"].is_u64());

    let cycles = daemon.lines("cycle finished");
    assert_eq!(cycles.len(), 2, "{cycles:#?}");
    assert_eq!(cycles[1]["cycle"], last["cycle"]);
    assert_eq!(cycles[1]["revision"], second);
    assert_eq!(cycles[1]["result"], "done");
    let message = cycles[1]["message"].as_str().unwrap();
    assert_eq!(message, "cycle finished: 1 applied, 1 unchanged");

    // Nothing but the contract's fields and those of every line.
    let known = [
        "timestamp",
        "level",
        "message",
        "cycle",
        "revision",
        "target",
        "kind",
        "id",
        "action",
        "result",
        "owner",
        "file",
        "line",
        "author",
        "duration_ms",
        "reason",
        "error",
    ];
    for line in daemon.log() {
        assert!(keys(&line).iter().all(|key| known.contains(key)), "{line}");
    }
    assert_eq!(daemon.log().len(), daemon.raw_log().lines().count());
}

fn repository_later() {
    for mirrored in [false, true] {
        let mut world = World::new();
        let later = world.path("later");
        let url = if mirrored {
            format!("file://{}", later.display())
        } else {
            "later".to_owned()
        };
        world.set(|setup| setup.url = url);
        world.set(|setup| setup.repository = "poll: 200ms".into());
        let mut daemon = Daemon::start(&world);
        let status = daemon.wait("the repository is missed", |status| {
            status["repository"]["error"].is_string()
        });
        assert_eq!(status["repository"]["revision"], Value::Null);
        assert_eq!(target(&status, "one")["state"], "pending");
        let platform = Platform::new(later);
        daemon.wait("it has no commit", |status| {
            let error = status["repository"]["error"].as_str();
            error.is_some_and(|error| error.contains("no commit"))
        });
        platform.write("set.yaml", rule_set("s", "rules.yaml"));
        platform.write("rules.yaml", group("g", "A", "up"));
        let head = platform.commit("Here it is");
        let status = daemon.wait_target("one", "synced", &head);
        assert_eq!(status["repository"]["error"], Value::Null);
        assert_eq!(world.files("one").len(), 1);
        assert_eq!(daemon.lines("repository can be read again").len(), 1);
        assert_eq!(daemon.terminate(), Some(0));
    }
}

fn server_later() {
    let mut world = World::shop();
    let server = Server::prometheus(&world.path("rules-late"));
    let proxy = Proxy::start(server.port);
    proxy.set_policy(|_| Fault::Drop);
    let late = Target::server("late", &proxy.url()).with("timeout: 1s");
    world.set_targets([late, Target::files("one")]);
    let head = world.platform.head();
    let mut daemon = Daemon::start(&world);
    // The one does not wait for the other.
    daemon.wait_target("one", "synced", &head);
    let status = daemon.wait("it is missed", |status| {
        target(status, "late")["state"] == "unknown"
    });
    assert_eq!(
        target(&status, "late")["held"][0]["reason"],
        "scope_unknown"
    );
    let head = change(&world, "1");
    daemon.wait_target("one", "synced", &head);
    assert_eq!(world.files("late").len(), 0);
    proxy.set_policy(|_| Fault::None);
    // By its own retries: the interval is an hour.
    daemon.wait_target("late", "synced", &head);
    assert_eq!(server.groups().len(), 2);
    assert_eq!(daemon.lines("target failing").len(), 1);
    assert_eq!(daemon.lines("target ok again").len(), 1);
    assert_eq!(daemon.terminate(), Some(0));
}

fn drift() {
    let mut world = World::shop();
    world.set_targets([Target::files("one").with("drift: report")]);
    world.set(|setup| setup.interval = "300ms".into());
    let head = world.platform.head();
    let mut daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &head);
    let file = world.rules("one").join("default.shop.yaml");
    let good = fs::read_to_string(&file).unwrap();
    let edited = good.replace("job=\"a\"", "job=\"z\"");
    fs::write(&file, &edited).unwrap();
    let status = daemon.wait("it is seen", |status| {
        target(status, "one")["state"] == "drifted"
    });
    let counts = &target(&status, "one")["counts"];
    assert_eq!(counts["drifted"], 1);
    assert_eq!(counts["synced"], 1);
    assert_eq!(fs::read_to_string(&file).unwrap(), edited);
    fs::write(&file, good).unwrap();
    daemon.wait_target("one", "synced", &head);
    // Said once, however many cycles saw it.
    assert_eq!(daemon.lines("held: ").len(), 1);
    assert_eq!(daemon.terminate(), Some(0));
}

fn broken() {
    let world = World::shop();
    let mut daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &world.platform.head());
    world
        .platform
        .write("rules/a.yaml", group("a", "AisDown", "up =="));
    world.platform.replace("rules/b.yaml", "== 0", "== 1");
    let head = world.platform.commit("Half of it is broken");
    let state = daemon.wait_target("one", "held", &head);
    let entry = &target(&state, "one")["held"][0];
    assert_eq!(entry["id"], "one/rule_group/default/shop/a");
    assert_eq!(entry["reason"], "invalid");
    assert!(entry["detail"].as_str().unwrap().contains("rules/a.yaml"));
    let text = world.text("one");
    assert!(
        text.contains("job=\"a\"") && text.contains("== 1"),
        "{text}"
    );
    let head = change(&world, "7");
    daemon.wait_target("one", "synced", &head);
    assert_eq!(daemon.terminate(), Some(0));
}

fn sigterm() {
    let mut world = World::shop();
    let server = Server::prometheus(&world.path("rules-one"));
    let proxy = Proxy::start(server.port);
    world.set_targets([Target::server("one", &proxy.url())]);
    let mut daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &world.platform.head());
    proxy.take();
    let slow = Duration::from_secs(1);
    proxy.set_policy(move |request| match request.path() {
        "/-/reload" => Fault::Delay(slow),
        _ => Fault::None,
    });
    change(&world, "42");
    wait_until("the file is written", PATIENCE, || {
        world.text("one").contains("up == 42")
    });
    // The server has not been told yet.
    assert_eq!(daemon.terminate(), Some(0));
    assert_eq!(server.rule("AisDown").unwrap()["query"], "up == 42");
    let done = daemon.lines("change applied");
    assert_eq!(done.last().unwrap()["action"], "update", "{done:?}");
    proxy.take();
    assert_eq!(world.apply()["unchanged"], 2);
    assert_eq!(proxy.take_writes(), []);
}
