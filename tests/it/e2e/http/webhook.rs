//! Webhooks from outside: what makes a commit live, and what does nothing.

use std::time::Instant;

use libtest_mimic::Trial;
use serde_json::json;

use super::super::running::{Daemon, PATIENCE};
use super::{Hosted, SECRET, change, hooked, looks};
use crate::source::nginx::NEEDS;
use crate::support::exchange::send;
use crate::support::forge::{github, push, signature};
use crate::support::{test, wait_until};

pub fn tests() -> Vec<Trial> {
    vec![
        test("e2e::http::webhook::a_push_is_live_at_once", NEEDS, live),
        test("e2e::http::webhook::gitlab_and_gitea", NEEDS, other_forges),
        test(
            "e2e::http::webhook::nothing_else_does_anything",
            NEEDS,
            nothing,
        ),
        test("e2e::http::webhook::replays_cost_nothing", &[], replays),
    ]
}

/// Sends one as GitHub does.
fn deliver(daemon: &Daemon, event: &str, secret: &str, body: &str) -> (u16, String) {
    let headers = github(event, secret, body);
    let headers = headers.each_ref().map(|(name, value)| (*name, &**value));
    send(daemon.port, "POST", "/webhook", &headers, body).unwrap()
}

fn accepted() -> (u16, String) {
    (202, "accepted\n".to_owned())
}

fn live() {
    let hosted = Hosted::new("github");
    let mut daemon = Daemon::start(&hosted.world);
    daemon.wait_target("one", "synced", &hosted.world.platform.head());
    let body = push(&hosted.nginx.url("git"), "refs/heads/main").to_string();
    for threshold in 1..=3 {
        let head = hosted.change(threshold);
        let began = Instant::now();
        assert_eq!(deliver(&daemon, "push", SECRET, &body), accepted());
        daemon.wait_target("one", "synced", &head);
        println!("live {:?} after the push", began.elapsed());
    }
    assert!(hosted.world.text("one").contains("up == 3"));
    assert_eq!(daemon.lines("webhook: a push, looking").len(), 3);
    // At the start, and once for each push.
    assert_eq!(hosted.asked(), 4);
    assert_eq!(daemon.terminate(), Some(0));
    assert!(!daemon.raw_log().contains(SECRET));
}

fn other_forges() {
    for kind in ["gitlab", "gitea"] {
        let hosted = Hosted::new(kind);
        let mut daemon = Daemon::start(&hosted.world);
        daemon.wait_target("one", "synced", &hosted.world.platform.head());
        let head = hosted.change(1);
        let url = hosted.nginx.url("git");
        let (body, headers) = if kind == "gitlab" {
            let body = json!({
                "object_kind": "push",
                "event_name": "push",
                "ref": "refs/heads/main",
                "project": { "git_http_url": url, "path_with_namespace": "group/sub/x" },
            });
            let headers = [
                ("X-Gitlab-Event", "Push Hook".to_owned()),
                ("X-Gitlab-Token", SECRET.to_owned()),
            ];
            (body.to_string(), headers)
        } else {
            let body = push(&url, "refs/heads/main").to_string();
            let headers = [
                ("X-Gitea-Event", "push".to_owned()),
                ("X-Gitea-Signature", signature(SECRET, &body)),
            ];
            (body, headers)
        };
        let headers = headers.each_ref().map(|(name, value)| (*name, &**value));
        let answer = send(daemon.port, "POST", "/webhook", &headers, &body);
        assert_eq!(answer, Some(accepted()), "{kind}");
        daemon.wait_target("one", "synced", &head);
        assert_eq!(daemon.terminate(), Some(0));
        assert!(!daemon.raw_log().contains(SECRET));
    }
}

fn nothing() {
    let mut hosted = Hosted::new("github");
    let debug = "log: { level: debug }";
    hosted.world.set(|setup| setup.more = debug.into());
    let mut daemon = Daemon::start(&hosted.world);
    let first = hosted.world.platform.head();
    daemon.wait_target("one", "synced", &first);
    // Pushed already, so that a look by mistake would find it.
    let head = hosted.change(1);
    let (url, main) = (hosted.nginx.url("git"), "refs/heads/main");
    let good = push(&url, main).to_string();
    for _ in 0..3 {
        for secret in ["", "another", "canary-4b1d\n"] {
            assert_eq!(deliver(&daemon, "push", secret, &good).0, 401);
        }
        let unsigned = send(daemon.port, "POST", "/webhook", &[], &good);
        assert_eq!(unsigned.unwrap().0, 401);
        for (event, url, reference, answer) in [
            ("push", &*url, "refs/heads/b", "ignored: another branch\n"),
            ("push", "https://x/y", main, "ignored: another repository\n"),
            ("issues", &url, main, "ignored: the event issues\n"),
            ("ping", &url, main, "pong\n"),
        ] {
            let body = push(url, reference).to_string();
            let expected = (202, answer.to_owned());
            assert_eq!(deliver(&daemon, event, SECRET, &body), expected);
        }
    }
    assert_eq!(hosted.asked(), 1);
    assert_eq!(daemon.status()["repository"]["revision"], first);
    // Had one of them been heeded, its look would come before this one's.
    assert_eq!(deliver(&daemon, "push", SECRET, &good), accepted());
    daemon.wait_target("one", "synced", &head);
    assert_eq!(hosted.asked(), 2);
    assert_eq!(daemon.lines("webhook: a push").len(), 1);
    // Nobody fills the log.
    let refused = daemon.lines("webhook refused");
    assert_eq!(refused.len(), 1, "{refused:#?}");
    assert_eq!(refused[0]["level"], "WARN");
    let ignored = daemon.lines("webhook ignored");
    assert_eq!(ignored.len(), 9, "{ignored:#?}");
    assert!(ignored.iter().all(|line| line["level"] == "DEBUG"));
    assert_eq!(daemon.terminate(), Some(0));
    assert!(!daemon.raw_log().contains(SECRET));
}

fn replays() {
    let world = hooked("github");
    let mut daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &world.platform.head());
    let cycles = daemon.lines("cycle finished").len();
    let (before, began) = (looks(&daemon), Instant::now());
    let body = push(&world.platform.file_url(), "refs/heads/main").to_string();
    for _ in 0..200 {
        assert_eq!(deliver(&daemon, "push", SECRET, &body), accepted());
    }
    // The last of them is served by a look that begins after it.
    wait_until("the last is served", PATIENCE, || {
        looks(&daemon) >= before + 2.0
    });
    let made = looks(&daemon) - before;
    let took = began.elapsed();
    println!("200 replays: {made} looks in {took:?}");
    assert!(made <= 2.0 + took.as_secs_f64(), "{made} looks");
    // Nothing new, nothing done.
    assert_eq!(daemon.lines("cycle finished").len(), cycles);
    let told = daemon.lines("webhook: a push, looking").len();
    assert!(told <= 4, "{told} lines");
    let head = change(&world, 1);
    assert_eq!(deliver(&daemon, "push", SECRET, &body), accepted());
    daemon.wait_target("one", "synced", &head);
    assert_eq!(daemon.lines("cycle finished").len(), cycles + 1);
    assert_eq!(daemon.terminate(), Some(0));
}
