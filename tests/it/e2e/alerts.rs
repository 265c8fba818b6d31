//! Alerts that fire go on firing: their state survives everything that does not concern them.

use std::fs;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use serde_json::Value;

use super::repository::{group, groups, rule_set};
use super::running::{Daemon, PATIENCE, target};
use super::world::{Target, World};
use crate::support::prometheus::Server;
use crate::support::proxy::Proxy;
use crate::support::{Need, test, wait_until};

pub fn tests() -> Vec<Trial> {
    let server = [Need::Program("prometheus")];
    vec![
        test(
            "e2e::alerts::an_edited_file_comes_back_and_others_keep_firing",
            &server,
            edited,
        ),
        test(
            "e2e::alerts::a_firing_alert_outlives_commit_restart_and_rename",
            &server,
            outlives,
        ),
    ]
}

/// Since when an alert fires.
fn active_at(server: &Server, alert: &str) -> Option<String> {
    let alerts: Value = serde_json::from_str(&server.get("/api/v1/alerts")).ok()?;
    let mut all = alerts["data"]["alerts"].as_array()?.iter();
    let found = all.find(|found| found["labels"]["alertname"] == alert)?;
    (found["state"] == "firing").then(|| found["activeAt"].as_str().map(str::to_owned))?
}

fn wait_firing(server: &Server, alert: &str) -> String {
    let mut since = None;
    wait_until(&format!("{alert} fires"), PATIENCE, || {
        since = active_at(server, alert);
        since.is_some()
    });
    since.unwrap()
}

/// A daemon's world with a real server: the set `s` of `rules/*.yaml`.
fn world() -> (World, Server, Proxy) {
    let mut world = World::new();
    let server = Server::prometheus(&world.path("rules-one"));
    let proxy = Proxy::start(server.port);
    world.set_targets([Target::server("one", &proxy.url())]);
    world
        .platform
        .write("set.yaml", rule_set("s", "rules/*.yaml"));
    (world, server, proxy)
}

fn edited() {
    let (mut world, server, proxy) = world();
    let interval = Duration::from_secs(2);
    world.set(|setup| setup.interval = "2s".into());
    let three = [
        ("a", "Edited", "vector(1)"),
        ("b", "Beside", "vector(2)"),
        ("c", "Below", "vector(3)"),
    ];
    world.platform.write("rules/all.yaml", groups(&three));
    let head = world.platform.commit("Three alerts");
    let daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &head);
    wait_firing(&server, "Edited");
    let (beside, below) = (
        wait_firing(&server, "Beside"),
        wait_firing(&server, "Below"),
    );

    let file = world.rules("one").join("default.s.yaml");
    let good = fs::read_to_string(&file).unwrap();
    proxy.take();
    fs::write(&file, good.replace("vector(1)", "vector(0) > 1")).unwrap();
    let began = Instant::now();
    wait_until("the file is as it was", PATIENCE, || {
        fs::read_to_string(&file).is_ok_and(|text| text == good)
    });
    // One interval, and what one pass takes on a busy machine.
    let took = began.elapsed();
    assert!(took < interval + Duration::from_secs(2), "{took:?}");
    wait_until("the log says that it was drift", PATIENCE, || {
        let changes = daemon.lines("change applied");
        changes.iter().any(|line| line["reason"] == "drift")
    });
    assert_eq!(proxy.take_writes().len(), 1);
    assert_eq!(active_at(&server, "Beside"), Some(beside.clone()));
    assert_eq!(active_at(&server, "Below"), Some(below.clone()));

    // A file that is lost, or cut short, comes back as well.
    for damage in ["", "# trueup instance=acme set=default/s\ngroups: ["] {
        match damage {
            "" => fs::remove_file(&file).unwrap(),
            text => fs::write(&file, text).unwrap(),
        }
        wait_until("the file is as it was", PATIENCE, || {
            fs::read_to_string(&file).is_ok_and(|text| text == good)
        });
    }
    // The server is only reloaded when the file is back, so it never noticed.
    daemon.wait_target("one", "synced", &head);
    assert_eq!(active_at(&server, "Beside"), Some(beside));
    assert_eq!(active_at(&server, "Below"), Some(below));
}

fn outlives() {
    let (world, server, proxy) = world();
    world
        .platform
        .write("rules/a.yaml", group("a", "Firing", "vector(1)"));
    world
        .platform
        .write("rules/b.yaml", group("b", "Other", "vector(2)"));
    let head = world.platform.commit("Two alerts");
    let mut daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &head);
    let since = wait_firing(&server, "Firing");
    let still = |what: &str| {
        assert_eq!(
            active_at(&server, "Firing").as_ref(),
            Some(&since),
            "{what}"
        );
    };

    world
        .platform
        .replace("rules/b.yaml", "vector(2)", "vector(3)");
    let head = world.platform.commit("The other one");
    daemon.wait_target("one", "synced", &head);
    wait_until("the other one is reloaded", PATIENCE, || {
        server
            .rule("Other")
            .is_some_and(|rule| rule["query"] == "vector(3)")
    });
    still("after a commit to its neighbour");

    proxy.take();
    assert_eq!(daemon.terminate(), Some(0));
    let mut daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &head);
    assert_eq!(proxy.take_writes(), []);
    still("after a restart");

    world.platform.rename("rules/a.yaml", "rules/z.yaml");
    let head = world.platform.commit("A better name");
    let status = daemon.wait_target("one", "synced", &head);
    assert_eq!(target(&status, "one")["counts"]["synced"], 2);
    assert_eq!(proxy.take_writes(), []);
    still("after a rename");

    // Restarted without any memory.
    assert_eq!(daemon.terminate(), Some(0));
    world.delete_state();
    let daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &head);
    assert_eq!(proxy.take_writes(), []);
    still("after a restart without state");
}
