//! The daemon's own alerts in a real Prometheus that scrapes a real daemon: each fires for its fault, and for nothing
//! else. Hours are seconds here; [`SHORTENED`] says which.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::e2e::repository::group;
use crate::e2e::running::{Daemon, PATIENCE, target};
use crate::e2e::world::{Target, World};
use crate::fake::prometheus::FakePrometheus;
use crate::support::prometheus::{Options, Server, free_port};
use crate::support::proxy::{Fault, Proxy};
use crate::support::wait_until;

/// What stands in `deploy/alerts/trueup.rules.yaml`, and what stands for it. Seconds do for what takes the daemon
/// minutes, as it looks every 300 ms instead of every five minutes.
const SHORTENED: [(&str, &str); 7] = [
    ("for: 15m", "for: 2s"),
    ("for: 30m", "for: 2s"),
    ("for: 1h", "for: 2s"),
    ("> 3600", "> 3"),
    ("[15m]", "[3s]"),
    ("[1d]", "[3s]"),
    ("[1h] offset 1d", "[2s] offset 3s"),
];

/// One target for each fault that a target can have, and one that has none.
const TARGETS: [&str; 6] = ["calm", "deletes", "down", "held", "paused", "refused"];

/// Longer than any alert of [`SHORTENED`] waits, and a while, in evaluations of 200 ms.
const LONG: f64 = 28.0;
const A_WHILE: f64 = 10.0;

struct Watch {
    world: World,
    daemon: Daemon,
    prometheus: Server,
    down: Proxy,
    refused: FakePrometheus,
    /// Lives behind the proxy.
    _behind: FakePrometheus,
}

pub fn alerts() {
    let mut watch = Watch::new();
    watch.quiet();
    watch.faults_of_targets();
    watch.repository();
    watch.absent();
    assert_eq!(watch.daemon.terminate(), Some(0));
}

impl Watch {
    fn new() -> Self {
        let mut world = World::new();
        world.set_targets(TARGETS.map(Target::files));
        let servers = ["down", "refused"].map(|name| FakePrometheus::start(&world.rules(name)));
        let [behind, refused] = servers;
        let down = Proxy::start(behind.url().rsplit(':').next().unwrap().parse().unwrap());
        world.set_targets(TARGETS.map(|name| {
            let target = match name {
                "down" => Target::server(name, &down.url()).with("timeout: 1s"),
                "refused" => Target::server(name, &refused.url()),
                _ => Target::files(name),
            };
            target.labelled(&format!("who: {name}"))
        }));
        let url = world.platform.file_url();
        world.set(|setup| {
            setup.url = url;
            // Prometheus finds it there again after a restart.
            setup.port = free_port();
            setup.repository = "poll: 300ms".into();
            setup.interval = "300ms".into();
            setup.more = "guard: { max_deletes: 1 }".into();
        });
        for name in TARGETS {
            let set = format!(
                "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata: {{ name: {name} }}\n\
                 spec: {{ targets: who={name}, files: [ '{name}/*.yaml' ] }}\n"
            );
            world.platform.write(&format!("{name}.yaml"), set);
            for file in ["a", "b", "c"] {
                let rules = group(&format!("{name}-{file}"), "Down", "up == 0");
                world.platform.write(&format!("{name}/{file}.yaml"), rules);
            }
        }
        world.platform.commit("All is well");
        let daemon = Daemon::start(&world);
        let prometheus = prometheus(&world, daemon.port);
        let watch = Self {
            world,
            daemon,
            prometheus,
            down,
            refused,
            _behind: behind,
        };
        watch.all_is_well();
        // It takes a Prometheus seconds to begin to scrape.
        wait_until("it is scraped", PATIENCE, || {
            let up = watch.prometheus.get("/api/v1/query?query=up==1");
            up.contains("\"trueup\"")
        });
        watch.resolved("the time before");
        watch
    }

    fn all_is_well(&self) {
        let head = self.world.platform.head();
        for name in TARGETS {
            self.daemon.wait_target(name, "synced", &head);
        }
    }

    /// `<alert> <target>` of what fires.
    fn firing(&self) -> BTreeSet<String> {
        let answer: Value = serde_json::from_str(&self.prometheus.get("/api/v1/alerts")).unwrap();
        let alerts = answer["data"]["alerts"].as_array().unwrap().iter();
        let firing = alerts.filter(|alert| alert["state"] == "firing");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let named = firing.map(|alert| &alert["labels"]);
        named
            .map(|labels| format!("{} {}", text(&labels["alertname"]), text(&labels["target"])))
            .map(|name| name.trim_end().to_owned())
            .collect()
    }

    /// Waits until exactly these fire; no other one does on the way. Then they go on, and no other one comes.
    fn expect(&self, what: &str, alerts: &[&str], long: f64) {
        let expected: BTreeSet<String> = alerts.iter().map(|&name| name.to_owned()).collect();
        let looked = || {
            let firing = self.firing();
            assert!(
                firing.is_subset(&expected),
                "{what}: {firing:?}\n{}",
                self.told()
            );
            firing
        };
        let waited = || format!("{what}: {expected:?}, not {:?}", self.firing());
        let began = std::time::Instant::now();
        while looked() != expected {
            assert!(began.elapsed() < PATIENCE, "{}\n{}", waited(), self.told());
            std::thread::sleep(Duration::from_millis(50));
        }
        let until = self.evaluations() + long;
        wait_until("more evaluations", PATIENCE, || {
            assert_eq!(looked(), expected, "{what}");
            self.evaluations() >= until
        });
    }

    /// Waits until nothing fires any more.
    fn resolved(&self, what: &str) {
        wait_until(&format!("{what} is over"), PATIENCE, || {
            self.firing().is_empty()
        });
    }

    fn evaluations(&self) -> f64 {
        let metrics = self.prometheus.get("/metrics");
        let name = "prometheus_rule_group_iterations_total{";
        let line = metrics.lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| line.rsplit(' ').next()?.parse().ok());
        value.unwrap_or_default()
    }

    fn told(&self) -> String {
        let status = self.daemon.status();
        format!(
            "{status:#}\n{}",
            self.daemon.get("/metrics").unwrap_or_default().1
        )
    }

    fn quiet(&mut self) {
        self.expect("a quiet run", &[], A_WHILE);
        self.world
            .platform
            .write("calm/a.yaml", group("calm-a", "Down", "up == 1"));
        self.world.platform.commit("As always");
        self.all_is_well();
        assert_eq!(self.daemon.terminate(), Some(0));
        self.daemon = Daemon::start(&self.world);
        self.all_is_well();
        self.expect("a commit and a restart", &[], LONG);
    }

    /// All at once, each on its own target: none shows on another.
    fn faults_of_targets(&mut self) {
        self.down.set_policy(|_| Fault::Drop);
        self.refused.refuse(&["refused-a"]);
        self.world.run("pause", &["paused"]).expect(0);
        let head = self.world.platform.head();
        let platform = &self.world.platform;
        platform.remove("deletes/a.yaml").remove("deletes/b.yaml");
        platform.write("held/a.yaml", group("held-a", "Down", "up =="));
        platform.write("refused/a.yaml", group("refused-a", "Down", "up == 1"));
        platform.commit("Not as always");
        self.expect(
            "faults of targets",
            &[
                "TrueupDeletesPending deletes",
                "TrueupHeld held",
                "TrueupPausedLong paused",
                "TrueupTargetFailing refused",
                "TrueupTargetStale down",
            ],
            A_WHILE,
        );
        self.down.set_policy(|_| Fault::None);
        self.refused.refuse(&[]);
        self.world.run("resume", &["paused"]).expect(0);
        self.world.platform.reset(&head);
        self.resolved("all of it");
        self.all_is_well();
    }

    /// Out of reach, what was read last is kept true; where it says nothing, nobody knows what is to be.
    fn repository(&mut self) {
        let (there, gone) = (self.world.path("platform/.git"), self.world.path("gone"));
        fs::rename(&there, &gone).unwrap();
        self.expect("no repository", &["TrueupRepositoryUnreadable"], A_WHILE);
        let calm = target(&self.daemon.status(), "calm")["state"].clone();
        assert_eq!(calm, "synced");
        fs::rename(&gone, &there).unwrap();
        self.resolved("that");
        self.world.platform.rename_branch("main", "other");
        let stale = TARGETS.map(|name| format!("TrueupTargetStale {name}"));
        let stale = stale.iter().map(String::as_str);
        let all: Vec<&str> = stale.chain(["TrueupRepositoryUnreadable"]).collect();
        self.expect("no branch", &all, A_WHILE);
        self.world.platform.rename_branch("other", "main");
        self.resolved("that");
        self.all_is_well();
    }

    fn absent(&mut self) {
        assert_eq!(self.daemon.terminate(), Some(0));
        wait_until("it is missed", PATIENCE, || {
            let firing = self.firing();
            firing.iter().any(|name| name == "TrueupAbsent")
        });
        assert_eq!(self.firing().len(), 1, "{:?}", self.firing());
        self.daemon = Daemon::start(&self.world);
        self.resolved("that");
        self.all_is_well();
        self.expect("it is back", &[], A_WHILE);
    }
}

/// A Prometheus with the daemon's own alerts, that scrapes what the file names.
fn prometheus(world: &World, port: u16) -> Server {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/alerts/trueup.rules.yaml");
    let mut rules = fs::read_to_string(rules).unwrap();
    for (from, to) in SHORTENED {
        assert!(rules.contains(from), "{from}");
        rules = rules.replace(from, to);
    }
    let folder = world.path("alerts");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("trueup.yaml"), rules).unwrap();
    let options = Options {
        evaluation_interval: "200ms",
        more: format!(
            "scrape_configs:\n- job_name: trueup\n  scrape_interval: 200ms\n  scrape_timeout: 200ms\n  \
             static_configs: [ {{ targets: [ '127.0.0.1:{port}' ] }} ]\n"
        ),
        ..Options::default()
    };
    Server::prometheus_with(&folder, &options)
}
