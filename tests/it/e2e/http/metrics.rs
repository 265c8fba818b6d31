//! Metrics, as Prometheus and its tools see them.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use libtest_mimic::Trial;
use serde_json::Value;

use super::super::repository::{group, rule_set};
use super::super::running::Daemon;
use super::super::world::{Target, World};
use crate::support::certificates::issued;
use crate::support::prometheus::{Options, Server};
use crate::support::{Need, program, test, wait_until};

pub fn tests() -> Vec<Trial> {
    let server = [Need::Program("prometheus")];
    let secured = [Need::Program("prometheus"), Need::Program("openssl")];
    vec![
        test("e2e::http::metrics::prometheus_scrapes", &server, scraped),
        test(
            "e2e::http::metrics::prometheus_scrapes_by_https_with_a_token",
            &secured,
            scraped_by_https,
        ),
        test(
            "e2e::http::metrics::promtool_has_no_complaint",
            &[Need::Program("promtool")],
            promtool,
        ),
        test("e2e::http::metrics::churn_adds_no_series", &[], churn),
    ]
}

/// A Prometheus that scrapes the daemon; `more` lines say how.
fn prometheus(daemon: &Daemon, world: &World, more: &str) -> Server {
    let port = daemon.port;
    let options = Options {
        more: format!(
            "scrape_configs:\n- job_name: trueup\n  scrape_interval: 200ms\n  scrape_timeout: 200ms\n  \
             static_configs: [{{ targets: ['127.0.0.1:{port}'] }}]\n{more}"
        ),
        ..Options::default()
    };
    Server::prometheus_with(&world.rules("one"), &options)
}

/// The values of a query, with one label of each.
fn query(server: &Server, query: &str, label: &str) -> Vec<(String, String)> {
    let answer: Value =
        serde_json::from_str(&server.get(&format!("/api/v1/query?query={query}"))).unwrap();
    let series = answer["data"]["result"].as_array().cloned();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let pair = |one: &Value| (text(&one["metric"][label]), text(&one["value"][1]));
    series.iter().flatten().map(pair).collect()
}

fn scraped() {
    let world = World::shop();
    let mut daemon = Daemon::start(&world);
    let head = world.platform.head();
    daemon.wait_target("one", "synced", &head);
    let server = prometheus(&daemon, &world, "");
    let patience = Duration::from_secs(30);
    wait_until("it has scraped", patience, || {
        !query(&server, "trueup_build_info", "version").is_empty()
    });
    let pair = |label: &str, value: &str| [(label.to_owned(), value.to_owned())];
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(query(&server, "up", "job"), pair("trueup", "1"));
    assert_eq!(
        query(&server, "trueup_build_info", "version"),
        pair(version, "1")
    );
    assert_eq!(
        query(&server, "trueup_revision_info", "revision"),
        pair(&head, "1")
    );
    let changes = "trueup_changes_total%7Baction=%22create%22%7D";
    assert_eq!(query(&server, changes, "target"), pair("one", "2"));
    let since = "time()-trueup_target_last_success_timestamp_seconds%3C60";
    assert_eq!(query(&server, since, "target").len(), 1);
    assert_eq!(daemon.terminate(), Some(0));
}

fn scraped_by_https() {
    let mut world = World::shop();
    issued(&world.path("tls"));
    fs::write(world.path("token"), "canary-77aa").unwrap();
    world.set(|setup| {
        setup.server = "token_file: token, \
                        tls: { cert_file: tls/server.pem, key_file: tls/server.key }"
            .into();
    });
    let mut daemon = Daemon::start(&world);
    let lines = format!(
        "  scheme: https\n  tls_config: {{ ca_file: '{}' }}\n  authorization: {{ credentials_file: '{}' }}\n",
        world.path("tls/ca.pem").display(),
        world.path("token").display(),
    );
    let server = prometheus(&daemon, &world, &lines);
    wait_until("it has scraped", Duration::from_secs(30), || {
        !query(&server, "trueup_build_info", "version").is_empty()
    });
    assert_eq!(daemon.terminate(), Some(0));
    assert!(!daemon.raw_log().contains("canary"));
}

fn promtool() {
    let mut world = World::shop();
    world.set_targets([
        Target::files("one"),
        Target::server("down", "http://127.0.0.1:9").with("timeout: 200ms"),
    ]);
    let mut daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &world.platform.head());
    for threshold in 1..=3 {
        let rules = group("a", "AisDown", &format!("up == {threshold}"));
        world.platform.write("rules/a.yaml", rules);
        let head = world.platform.commit("Again");
        daemon.wait_target("one", "synced", &head);
    }
    daemon.wait("the other was asked", |status| {
        super::super::running::target(status, "down")["state"] == "unknown"
    });
    let (_, metrics) = daemon.get("/metrics").unwrap();
    assert!(metrics.contains("status_class=\"none\""), "{metrics}");
    let mut checking = Command::new(program("promtool").unwrap())
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = checking.stdin.take().unwrap();
    input.write_all(metrics.as_bytes()).unwrap();
    drop(input);
    let checked = checking.wait_with_output().unwrap();
    let told = [checked.stdout, checked.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    assert!(
        checked.status.success() && told.is_empty(),
        "{told}\n{metrics}"
    );
    assert_eq!(daemon.terminate(), Some(0));
}

/// The series, but for the commit that is live.
fn series(daemon: &Daemon) -> BTreeSet<String> {
    let (_, metrics) = daemon.get("/metrics").unwrap();
    let lines = metrics.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(name, _)| name.to_owned())
        .map(|name| match name.split_once("revision=") {
            Some((name, _)) => name.to_owned(),
            None => name,
        })
        .collect()
}

fn churn() {
    let world = World::shop();
    let mut daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &world.platform.head());
    let mut known = BTreeSet::new();
    for turn in 0..20 {
        // New names of everything: the set, its file, the group and the alert.
        world
            .platform
            .write("set.yaml", rule_set(&format!("set-{turn}"), "rules/*.yaml"));
        let rules = group(
            &format!("g{turn}"),
            &format!("Alert{turn}"),
            &format!("up == {turn}"),
        );
        world.platform.write("rules/a.yaml", rules);
        let head = world.platform.commit(&format!("Turn {turn}"));
        daemon.wait_target("one", "synced", &head);
        if turn == 1 {
            // By now it was created, deleted and done.
            known = series(&daemon);
        }
    }
    let now = series(&daemon);
    assert_eq!(now, known);
    println!("{} series after 20 turns", now.len());
    assert_eq!(daemon.terminate(), Some(0));
}
