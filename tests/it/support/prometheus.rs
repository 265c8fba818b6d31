//! Real servers that read files, on free ports of loopback, with all their state in scratch folders.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::exchange::ask;
use super::wait_until;

const READY: Duration = Duration::from_secs(30);

/// A running server; killed, by its own process id, when it is dropped.
#[derive(Debug)]
pub struct Server {
    pub port: u16,
    /// Where the server keeps its own files.
    pub scratch: TempDir,
    child: Child,
}

/// How a Prometheus is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Patterns of `rule_files`; `<rules_dir>/*.yaml` where none are given.
    pub rule_files: Vec<String>,
    pub evaluation_interval: &'static str,
    pub lifecycle: bool,
    /// The port of an Alertmanager to tell.
    pub alertmanager: Option<u16>,
    /// More of its configuration.
    pub more: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rule_files: vec![],
            evaluation_interval: "1s",
            lifecycle: true,
            alertmanager: None,
            more: String::new(),
        }
    }
}

impl Server {
    /// A Prometheus with the rules of a directory, and nothing to scrape.
    pub fn prometheus(rules_dir: &Path) -> Self {
        Self::prometheus_with(rules_dir, &Options::default())
    }

    pub fn prometheus_with(rules_dir: &Path, options: &Options) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let config = scratch.path().join("prometheus.yml");
        fs::write(&config, prometheus_config(rules_dir, options)).unwrap();
        let storage = scratch.path().join("data");
        Self::start("prometheus", scratch, |command, address| {
            command
                .arg(format!("--config.file={}", config.display()))
                .arg(format!("--storage.tsdb.path={}", storage.display()))
                .arg(format!("--web.listen-address={address}"));
            if options.lifecycle {
                command.arg("--web.enable-lifecycle");
            }
            if options.alertmanager.is_some() {
                // What fires before it has found its Alertmanager is dropped, and sent again only then.
                command.arg("--rules.alert.resend-delay=1s");
            }
        })
    }

    /// A vmalert with the rules of a directory. Its data source is no server, so that rules evaluate to
    /// errors; it refuses recording rules, as one does that has nowhere to write them.
    pub fn vmalert(rules_dir: &Path) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let rules = rules_dir.join("*.yaml");
        Self::start("vmalert", scratch, |command, address| {
            command
                .arg(format!("-httpListenAddr={address}"))
                .arg(format!("-rule={}", rules.display()))
                .arg("-evaluationInterval=2s")
                .arg("-datasource.url=http://127.0.0.1:9")
                .arg("-notifier.url=http://127.0.0.1:9");
        })
    }

    /// An Alertmanager with this configuration, which stands in [`Server::alertmanager_file`].
    pub fn alertmanager(config: &str) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("alertmanager.yml");
        fs::write(&file, config).unwrap();
        let storage = scratch.path().join("data");
        Self::start("prometheus-alertmanager", scratch, |command, address| {
            command
                .arg(format!("--config.file={}", file.display()))
                .arg(format!("--storage.path={}", storage.display()))
                .arg(format!("--web.listen-address={address}"))
                .arg("--cluster.listen-address=");
        })
    }

    /// The file that [`Server::alertmanager`] reads.
    pub fn alertmanager_file(&self) -> PathBuf {
        self.scratch.path().join("alertmanager.yml")
    }

    fn start(program: &str, scratch: TempDir, arguments: impl Fn(&mut Command, &str)) -> Self {
        // Another process may take a free port before the server does; then another one is tried.
        for _ in 0..5 {
            let port = free_port();
            let log = File::create(scratch.path().join("log")).unwrap();
            let mut command = Command::new(super::program(program).unwrap());
            arguments(&mut command, &format!("127.0.0.1:{port}"));
            let mut child = command
                .stdin(Stdio::null())
                .stdout(log.try_clone().unwrap())
                .stderr(log)
                .spawn()
                .unwrap();
            let mut ended = false;
            wait_until(&format!("{program} is ready"), READY, || {
                ended = child.try_wait().unwrap().is_some();
                let ready = || ask(port, "GET", "/-/ready");
                ended || ready().is_some_and(|(status, _)| status == 200)
            });
            if !ended {
                return Self {
                    port,
                    scratch,
                    child,
                };
            }
        }
        let log = fs::read_to_string(scratch.path().join("log")).unwrap_or_default();
        panic!("{program} does not start:\n{log}");
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The configuration of a Prometheus.
    pub fn config_file(&self) -> PathBuf {
        self.scratch.path().join("prometheus.yml")
    }

    /// Asks the server directly.
    pub fn get(&self, target: &str) -> String {
        let answer = ask(self.port, "GET", target);
        answer.map(|(_, body)| body).unwrap_or_default()
    }

    /// The value of one of its own metrics; `name` with its labels.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let metrics = self.get("/metrics");
        let lines = || metrics.lines().filter_map(|line| line.rsplit_once(' '));
        lines()
            .find(|(key, _)| *key == name)
            .and_then(|(_, value)| value.parse().ok())
    }

    /// The groups that it runs: `<base name of the file>/<group>`, sorted.
    pub fn groups(&self) -> Vec<String> {
        let rules = self.rules();
        let groups = rules["data"]["groups"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let mut names: Vec<String> = groups
            .iter()
            .map(|group| {
                let file = group["file"].as_str().unwrap_or_default();
                let base = file.rsplit('/').next().unwrap_or_default();
                format!("{base}/{}", group["name"].as_str().unwrap_or_default())
            })
            .collect();
        names.sort();
        names
    }

    /// The rule of this name, as `/api/v1/rules` has it.
    pub fn rule(&self, name: &str) -> Option<serde_json::Value> {
        let rules = self.rules();
        let groups = rules["data"]["groups"].as_array()?;
        let mut all = groups
            .iter()
            .filter_map(|group| group["rules"].as_array())
            .flatten();
        all.find(|rule| rule["name"] == name).cloned()
    }

    fn rules(&self) -> serde_json::Value {
        serde_json::from_str(&self.get("/api/v1/rules")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A configuration that reads rules, and nothing else.
pub fn prometheus_config(rules_dir: &Path, options: &Options) -> String {
    use std::fmt::Write;
    let default = [format!("{}/*.yaml", rules_dir.display())];
    let patterns = match &options.rule_files[..] {
        [] => &default[..],
        patterns => patterns,
    };
    let interval = options.evaluation_interval;
    let mut config = format!("global:\n  evaluation_interval: {interval}\n");
    if let Some(port) = options.alertmanager {
        let address = format!("127.0.0.1:{port}");
        writeln!(
            config,
            "alerting: {{ alertmanagers: [ {{ static_configs: [ {{ targets: ['{address}'] }} ] }} ] }}"
        )
        .unwrap();
    }
    config.push_str("rule_files:\n");
    for pattern in patterns {
        writeln!(config, "- '{pattern}'").unwrap();
    }
    config.push_str(&options.more);
    config
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
