//! Whether it is ready, and who may know more.

use std::fs;

use libtest_mimic::Trial;

use super::super::repository::{Platform, group, rule_set};
use super::super::running::{Daemon, PATIENCE};
use super::super::world::{Target, World};
use crate::support::exchange::send;
use crate::support::{test, wait_until};

pub fn tests() -> Vec<Trial> {
    vec![
        test(
            "e2e::http::readiness::every_target_was_looked_at",
            &[],
            ready,
        ),
        test("e2e::http::readiness::a_token_from_outside", &[], token),
    ]
}

fn ready() {
    let mut world = World::new();
    let later = world.path("later");
    world.set(|setup| {
        setup.url = "later".into();
        setup.repository = "poll: 100ms".into();
        setup.targets = vec![
            Target::files("one"),
            // Out of reach is looked at.
            Target::server("down", "http://127.0.0.1:9").with("timeout: 200ms"),
        ];
    });
    let mut daemon = Daemon::start(&world);
    let unready = daemon.get("/readyz").unwrap();
    let expected = "not ready: not looked at yet: down, one\n";
    assert_eq!(unready, (503, expected.to_owned()));
    assert_eq!(daemon.get("/healthz").unwrap().0, 200);
    let platform = Platform::new(later);
    platform.write("set.yaml", rule_set("s", "rules.yaml"));
    platform.write("rules.yaml", group("g", "A", "up"));
    platform.commit("Here it is");
    wait_until("it is ready", PATIENCE, || {
        daemon.get("/readyz") == Some((200, "ready\n".to_owned()))
    });
    assert_eq!(daemon.terminate(), Some(0));
}

fn token() {
    let mut world = World::shop();
    fs::write(world.path("token"), "canary-9e02\n").unwrap();
    world.set(|setup| setup.server = "token_file: token".into());
    let mut daemon = Daemon::start(&world);
    let bearer = [("Authorization", "Bearer canary-9e02")];
    let status = |headers: &[_]| send(daemon.port, "GET", "/status", headers, "").unwrap();
    assert_eq!(status(&[]).0, 401);
    assert_eq!(status(&bearer).0, 200);
    assert_eq!(daemon.get("/metrics").unwrap().0, 401);
    assert_eq!(daemon.get("/healthz").unwrap().0, 200);
    assert_eq!(daemon.get("/webhook").unwrap().0, 405);
    assert_eq!(daemon.terminate(), Some(0));
    assert!(!daemon.raw_log().contains("canary"));
}
