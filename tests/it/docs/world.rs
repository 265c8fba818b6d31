//! Where a page is played: a home, servers of its own, and what a page calls them.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::root;
use crate::fake::grafana::{Flavor, Grafana, Role};
use crate::support::prometheus::{Options, Server};

pub struct World {
    scratch: TempDir,
    /// What the pages call it, and what it is here.
    swaps: Vec<(&'static str, String)>,
    /// Left running; the last one is `$DAEMON` for what is run later.
    running: Vec<Child>,
    _servers: (Server, Server, Grafana),
}

/// What stands in `/etc/alertmanager/alertmanager.yml` before anybody thought of Trueup.
const ALERTMANAGER: &str = "global:\n  slack_api_url: https://hooks.slack.example.com/T0/B0/x\nroute:\n  \
    receiver: ops\nreceivers:\n  - name: ops\n    slack_configs:\n      - channel: \"#ops\"\n";

impl World {
    pub fn new() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let path = scratch.path().join(name);
            fs::create_dir(&path).unwrap();
            path.display().to_string()
        };
        let (rules, home) = (folder("rules"), folder("home"));
        let prometheus = Server::prometheus_with(Path::new(&rules), &Options::default());
        let alertmanager = Server::alertmanager(ALERTMANAGER);
        let grafana = Grafana::start(Flavor::Resource124);
        fs::write(format!("{home}/grafana-token"), grafana.token(Role::Admin)).unwrap();
        grafana.hand_made_dashboard("nodes", "Nodes of old", None);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = |port: u16| format!("127.0.0.1:{port}");
        let config = alertmanager.scratch.path().display().to_string();
        let swaps = vec![
            ("/etc/prometheus/rules.d/trueup", rules),
            ("/etc/alertmanager", config),
            ("/var/lib/trueup", folder("state")),
            ("/home/ada", home),
            ("127.0.0.1:9090", address(prometheus.port)),
            ("127.0.0.1:9093", address(alertmanager.port)),
            ("127.0.0.1:3000", grafana.url().replace("http://", "")),
            ("127.0.0.1:9797", listener.local_addr().unwrap().to_string()),
        ];
        Self {
            scratch,
            swaps,
            running: Vec::new(),
            _servers: (prometheus, alertmanager, grafana),
        }
    }

    /// With the places of this world in the place of the page's.
    pub fn here(&self, text: &str) -> String {
        let swaps = self.swaps.iter();
        swaps.fold(text.to_owned(), |text, (said, is)| text.replace(said, is))
    }

    fn there(&self, text: &str) -> String {
        let swaps = self.swaps.iter();
        swaps.fold(text.to_owned(), |text, (said, is)| text.replace(is, said))
    }

    pub fn home(&self) -> PathBuf {
        self.scratch.path().join("home")
    }

    /// What a command prints; a hidden one must go well.
    pub fn run(&mut self, command: &str, hidden: bool) -> String {
        let text = self.here(command);
        if let Some(left) = text.strip_suffix(" &") {
            let mut shell = self.command("sh");
            shell.args(["-c", &format!("exec {left}")]);
            self.running
                .push(shell.stdout(Stdio::null()).spawn().unwrap());
            return String::new();
        }
        let strict = if hidden { "set -e; " } else { "" };
        let mut shell = self.command("timeout");
        shell.args(["60", "sh", "-c", &format!("{strict}{{ {text}\n}} 2>&1")]);
        let output = shell.output().unwrap();
        let said = self.there(&String::from_utf8(output.stdout).unwrap());
        assert!(!hidden || output.status.success(), "{command}\n{said}");
        said
    }

    fn command(&self, program: &str) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let binary = Path::new(env!("CARGO_BIN_EXE_trueup")).parent().unwrap();
        let daemon = self.running.last().map(|child| child.id().to_string());
        let mut command = Command::new(program);
        command
            .current_dir(self.home())
            .env("PATH", format!("{}:{path}", binary.display()))
            .env("HOME", self.home())
            .env("EXAMPLE", root().join("platform-repo-example"))
            .env("DAEMON", daemon.unwrap_or_default())
            .envs([
                ("USER", "ada"),
                ("EMAIL", "ada@example.com"),
                ("NO_COLOR", "1"),
            ])
            .envs(["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"].map(|name| (name, "Ada")))
            .env_remove("SUDO_USER")
            .stdin(Stdio::null());
        command
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for child in &mut self.running {
            child.kill().ok();
            child.wait().ok();
        }
    }
}
