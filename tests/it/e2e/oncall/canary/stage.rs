//! Three targets whose credentials are canaries, and a net that nothing of them may pass.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, Mutex};

use super::loader::Loader;
use crate::e2e::repository::{group, rule_set};
use crate::e2e::running::{Daemon, PATIENCE};
use crate::e2e::world::{Target, World};
use crate::fake::grafana::{Flavor, Grafana, Role};
use crate::fake::prometheus::FakePrometheus;
use crate::support::exchange::Incoming;
use crate::support::proxy::{Fault, Proxy};
use crate::support::wait_until;

pub const PASSWORD: &str = "canary-password-c41f";
pub const WEBHOOK: &str = "canary-webhook-77b0";
pub const SERVER: &str = "canary-server-09ee";

/// In every secret that is not a server's own, and in nothing else.
const CANARY: &str = "canary";

const SOURCE: &str = "\
apiVersion: trueup.dev/v1alpha1
kind: DataSource
metadata: { name: metrics }
spec:
  targets: env=prod
  uid: metrics
  name: Metrics
  type: prometheus
  url: http://metrics:0
  secureJsonData: { basicAuthPassword: { secret: { name: prom, key: password } } }
";

const RECEIVER: &str = "\
apiVersion: monitoring.coreos.com/v1beta1
kind: AlertmanagerConfig
metadata: { namespace: default, name: pager }
spec:
  route: { receiver: x, repeatInterval: 10h }
  receivers:
  - name: x
    pushoverConfigs:
    - { userKey: { name: pager, key: user }, token: { name: pager, key: key } }
";

pub struct Stage {
    pub world: World,
    pub grafana: Grafana,
    pub loader: Loader,
    _prometheus: FakePrometheus,
    proxies: Vec<Proxy>,
    /// What must not be seen, beside what begins with `canary`.
    hidden: Arc<Mutex<BTreeSet<String>>>,
    said: RefCell<String>,
    changes: usize,
}

impl Stage {
    /// All is declared, and nothing is live.
    pub fn new() -> Self {
        let mut world = World::new();
        world.set_targets([Target::files("rules")]);
        let config = world.path("alertmanager.yml");
        fs::write(
            &config,
            "route: { receiver: old }\nreceivers: [ { name: old } ]\n",
        )
        .unwrap();
        let (grafana, loader) = (Grafana::start(Flavor::Resource124), Loader::start(&config));
        let prometheus = FakePrometheus::start(&world.rules("rules"));
        let port = |url: &str| url.rsplit(':').next().unwrap().parse().unwrap();
        let proxies = [
            Proxy::start(port(&grafana.url())),
            Proxy::start(port(&prometheus.url())),
            Proxy::start(loader.listening.port),
        ];
        let token = grafana.token(Role::Admin);
        let mut stage = Self {
            world,
            grafana,
            loader,
            _prometheus: prometheus,
            proxies: proxies.into(),
            hidden: Arc::default(),
            said: RefCell::default(),
            changes: 0,
        };
        for (file, value) in [
            ("grafana-token", &*token),
            ("password", PASSWORD),
            ("webhook", WEBHOOK),
            ("server-token", SERVER),
            ("secrets/default/prom/password", "canary-source-1"),
            ("secrets/default/pager/key", "canary-receiver-1"),
            ("secrets/default/pager/user", "canary-user"),
        ] {
            stage.put(file, value);
        }
        stage.set_up();
        stage.no_more_faults();
        stage
    }

    fn set_up(&mut self) {
        let [grafana, rules, pager] = &self.proxies[..] else {
            unreachable!()
        };
        let basic = "auth: { username: ann, password_file: password }, timeout: 300ms";
        let token = "auth: { token_file: grafana-token }, secrets_dir: secrets, timeout: 300ms";
        let config = self.world.path("alertmanager.yml").display().to_string();
        let targets = [
            Target::grafana("grafana", &format!("url: \"{}\", {token}", grafana.url())),
            Target::server("rules", &rules.url()).with(basic),
            Target::alertmanager(
                "pager",
                &format!(
                    "url: \"{}\", config_file: \"{config}\", base_file: base.yaml, adopt: true, \
                     secrets_dir: secrets, fence_label: namespace, {basic}",
                    pager.url()
                ),
            ),
        ];
        self.world.set_targets(targets);
        self.world.set(|setup| {
            setup.server = "token_file: server-token, \
                            webhook: { kind: github, secret_file: webhook }"
                .into();
        });
        self.set_log("info");
        let files = [
            (
                "trueup.yaml",
                "apiVersion: trueup.dev/v1alpha1\nkind: Platform\nmetadata: { name: acme }\n\
                 spec: { defaults: { targets: env=prod } }\n",
            ),
            (
                "base.yaml",
                "route: { receiver: default }\nreceivers: [ { name: default } ]\n",
            ),
            ("set.yaml", &rule_set("shop", "rules/*.yaml")),
            ("rules/a.yaml", &group("a", "AisDown", "up == 0")),
            ("source.yaml", SOURCE),
            ("pager.yaml", RECEIVER),
        ];
        for (path, text) in files {
            self.world.platform.write(path, text);
        }
        self.world.platform.commit("All of it");
    }

    pub fn set_log(&mut self, level: &str) {
        let log = format!("log: {{ format: json, level: {level} }}");
        self.world.set(|setup| setup.more = log);
    }

    /// The level of the running daemon.
    pub fn set_level(&mut self, daemon: &Daemon, level: &str) {
        let before = fs::read_to_string(self.world.settings()).unwrap();
        self.set_log(level);
        let taken = fs::read_to_string(self.world.settings()).unwrap() == before
            || level == "error"
            || level == "warn";
        // What it says at such a level is nothing.
        wait_until("the level is taken", PATIENCE, || {
            let history = || self.world.run("history", &[]).stdout;
            taken && !daemon.raw_log().is_empty() || history().contains(&format!("> {level}\n"))
        });
    }

    /// Starts a daemon, and waits until it has looked at everything.
    pub fn start(&self) -> Daemon {
        let daemon = Daemon::start(&self.world);
        self.run("sync", &[]);
        self.is_live();
        daemon
    }

    /// Writes a secret, which must not be seen from now on.
    pub fn put(&self, file: &str, value: &str) {
        self.hidden.lock().unwrap().insert(value.to_owned());
        let file = self.world.path(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, value).unwrap();
    }

    /// A commit that has something written to every target.
    pub fn change(&mut self) {
        let (from, to) = (self.changes, self.changes + 1);
        self.changes = to;
        let change = |path, from: String, to: String| {
            self.world.platform.replace(path, &from, &to);
        };
        change(
            "rules/a.yaml",
            format!("up == {from}"),
            format!("up == {to}"),
        );
        change(
            "source.yaml",
            format!("metrics:{from}"),
            format!("metrics:{to}"),
        );
        change("pager.yaml", format!("1{from}h"), format!("1{to}h"));
        self.world.platform.commit(&format!("Change {to}"));
    }

    /// From now on every request, or every one that writes, goes wrong.
    pub fn fail_by(&self, fault: Fault, only_writes: bool) {
        self.set_policy(move |request| {
            let reads = ["GET", "HEAD"].contains(&&*request.method);
            if reads && only_writes {
                Fault::None
            } else {
                fault
            }
        });
    }

    pub fn no_more_faults(&self) {
        self.set_policy(|_| Fault::None);
    }

    /// Whatever is sent as a credential is a secret as it was sent, too.
    fn set_policy(&self, policy: impl Fn(&Incoming) -> Fault + Clone + Send + 'static) {
        for proxy in &self.proxies {
            let (policy, hidden) = (policy.clone(), self.hidden.clone());
            proxy.set_policy(move |request| {
                if let Some(sent) = request.header("authorization") {
                    let (_, sent) = sent.split_once(' ').unwrap();
                    hidden.lock().unwrap().insert(sent.to_owned());
                }
                policy(request)
            });
        }
    }

    /// Runs a command; what it said.
    #[track_caller]
    pub fn run(&self, command: &str, arguments: &[&str]) -> String {
        let ran = self.world.run(command, arguments).to_string();
        self.keep(&format!("{command} {arguments:?}"), &ran);
        ran
    }

    /// Runs all commands in all their forms.
    #[track_caller]
    pub fn ask_everything(&self) -> String {
        let mut said = String::new();
        for (command, formats) in [
            ("status", &["text", "json"][..]),
            ("history", &["text", "json"]),
            ("render", &["text", "json"]),
            ("plan", &["text", "json", "markdown"]),
        ] {
            for format in formats {
                said += &self.run(command, &["--format", format]);
            }
        }
        for id in [
            "grafana/data_source/metrics",
            "pager/route/default/pager",
            "rules/rule_group/default/shop/a",
        ] {
            said += &self.run("explain", &[id]);
            said += &self.run("explain", &[id, "--format", "json"]);
        }
        said += &self.run("check", &["platform"]);
        said += &self.run("routes", &["alertname=A", "namespace=default"]);
        said
    }

    /// Notes what was said.
    #[track_caller]
    pub fn keep(&self, by: &str, said: &str) {
        self.is_clean(by, said.as_bytes());
        self.said.borrow_mut().push_str(said);
    }

    pub fn said(&self) -> String {
        self.said.borrow().clone()
    }

    /// Searches what a daemon shows and keeps.
    #[track_caller]
    pub fn look_at(&self, daemon: &Daemon) {
        let log = daemon.raw_log();
        self.is_clean("the log", log.as_bytes());
        self.look_at_state();
    }

    /// All that is kept between runs, and the rules; nothing of it is a live server's.
    #[track_caller]
    pub fn look_at_state(&self) {
        let folders = [self.world.state_folder(), self.world.rules("rules")];
        let entries = folders
            .iter()
            .flat_map(|folder| fs::read_dir(folder).unwrap());
        let paths = entries.map(|entry| entry.unwrap().path());
        let files: Vec<_> = paths.filter(|path| path.is_file()).collect();
        assert!(files.iter().any(|path| path.ends_with("trueup.db")));
        for path in files {
            let bytes = fs::read(&path).unwrap_or_default();
            self.is_clean(&path.display().to_string(), &bytes);
        }
    }

    #[track_caller]
    fn is_clean(&self, what: &str, bytes: &[u8]) {
        let hidden = self.hidden.lock().unwrap();
        let text = String::from_utf8_lossy(bytes);
        for secret in hidden.iter().map(String::as_str).chain([CANARY]) {
            let line = || text.lines().find(|line| line.contains(secret));
            assert!(
                !text.contains(secret),
                "{secret} is in {what}:\n{:?}",
                line()
            );
        }
    }

    /// The live servers have what they need.
    #[track_caller]
    pub fn is_live(&self) {
        let value = |file: &str| fs::read_to_string(self.world.path(file)).unwrap();
        let sources = self.grafana.sources();
        let live = sources.get("Metrics");
        let live = live.unwrap_or_else(|| panic!("not live:\n{}", self.said()));
        let value_there = &live.secrets["basicAuthPassword"];
        assert_eq!(*value_there, value("secrets/default/prom/password"));
        let file = value("alertmanager.yml");
        assert!(file.contains(&value("secrets/default/pager/key")), "{file}");
    }
}
