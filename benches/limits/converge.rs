//! From a commit to the rules that a real Prometheus has loaded, beside doing it by hand.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use git2::{Oid, Repository};

use super::corpus;
use super::measure::{Figure, Limit};
use super::repository::{self, Tree};
use super::server::{self, Kept, Prometheus, request, until};

const TURNS: usize = 9;
/// Between turns: commits are not made in one breath, and servers settle after a reload.
const REST: Duration = Duration::from_secs(4);
const GROUPS: usize = 500;
const RULES: usize = 20;

pub(crate) fn run() -> Vec<Figure> {
    if !server::is_installed("prometheus") {
        println!("prometheus is not installed: not measured");
        return Vec::new();
    }
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| {
        let path = scratch.path().join(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    };
    let by_hand = Prometheus::start(&path("by-hand"));
    let kept_true = Prometheus::start(&path("kept-true"));
    let repository = Repository::init_bare(path("repository")).unwrap();
    let mut head = commit(&repository, 1, None);
    publish(&repository, head);
    let daemon = Daemon::start(scratch.path(), &kept_true);
    daemon.wait_for(head);
    let file = "team-0.files.yaml";
    let rendered = std::fs::read_to_string(kept_true.rules.join(file)).unwrap();
    println!(
        "one file of {} rules, {} bytes",
        GROUPS * RULES,
        rendered.len()
    );

    let mut figure = Figure {
        what: "commit → loaded by a real Prometheus, one file of 10,000 rules changed",
        floor_is: "writing that file by hand, and POST /-/reload",
        floor: Vec::new(),
        ours: Vec::new(),
        limit: Limit::Ratio(1.5),
    };
    let mut told = Vec::new();
    for turn in 0..=TURNS {
        // Never the same number written differently: that is no change.
        let threshold = 1_001 + 10 * turn;
        let text = rendered.replacen("> 0.1\n", &format!("> 0.{threshold}\n"), 1);
        std::thread::sleep(REST);
        let floor = write_by_hand(&by_hand, file, &text);
        head = commit(&repository, threshold, Some(head));
        std::thread::sleep(REST);
        kept_true.forget();
        let began = Instant::now();
        publish(&repository, head);
        let ours = kept_true.reloaded() - began;
        daemon.wait_for(head);
        let whole = began.elapsed();
        let shown = format!(" 0.{threshold}");
        assert!(by_hand.runs(&shown) && kept_true.runs(&shown));
        if turn > 0 {
            figure.floor.push(floor);
            figure.ours.push(ours);
            told.push(whole);
        }
    }
    let told = Figure {
        what: "the same, until the daemon has verified and says so in /status",
        floor: figure.floor.clone(),
        ours: told,
        limit: Limit::None,
        ..figure
    };
    vec![figure, told]
}

/// The commit of one set with one file, of which one rule depends on `threshold`.
fn commit(repository: &Repository, threshold: usize, parent: Option<Oid>) -> Oid {
    let files: Tree = vec![
        ("trueup.yaml".to_owned(), corpus::PLATFORM.to_owned()),
        ("team/set.yaml".to_owned(), corpus::set_of_files(0)),
        (
            "team/rules/all.yaml".to_owned(),
            corpus::large_file(GROUPS, RULES, threshold),
        ),
    ];
    repository::commit(repository, &files, parent)
}

fn publish(repository: &Repository, commit: Oid) {
    let main = "refs/heads/main";
    repository
        .reference(main, commit, true, "a change")
        .unwrap();
}

/// As somebody does it who has the server in front of them.
fn write_by_hand(server: &Prometheus, file: &str, text: &str) -> Duration {
    server.forget();
    let began = Instant::now();
    std::fs::write(server.rules.join(file), text).unwrap();
    let (status, _) = request(server.address, "POST", "/-/reload").unwrap();
    let took = server.reloaded() - began;
    assert_eq!(status, 200);
    took
}

/// `trueup run` on the repository of a folder.
pub(crate) struct Daemon {
    pub(crate) process: Kept,
    address: SocketAddr,
}

impl Daemon {
    fn start(folder: &Path, server: &Prometheus) -> Self {
        let target = format!(
            "url: http://{}\n    rules_dir: {}",
            server.address,
            server.rules.display()
        );
        Self::with_target(folder, &target)
    }

    pub(crate) fn with_target(folder: &Path, target: &str) -> Self {
        let address = server::free_port();
        let text = format!(
            "instance: bench\nrepository: {{ url: repository }}\nstate: {{ path: state/trueup.db }}\n\
             server: {{ listen: {address} }}\nlimits: {{ file_size: 16MiB }}\n\
             targets:\n  - name: prometheus\n    provider: prometheus\n    labels: {{ env: prod }}\n    {target}\n"
        );
        let settings = folder.join("trueup.yaml");
        std::fs::write(&settings, text).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_trueup"))
            .args(["run", "--config"])
            .arg(&settings)
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.join("daemon.log")).unwrap())
            .spawn()
            .unwrap();
        Self {
            process: Kept(process),
            address,
        }
    }

    /// Until the target is as this commit says.
    pub(crate) fn wait_for(&self, commit: Oid) {
        let commit = commit.to_string();
        until("the daemon", || {
            let Some((200, body)) = request(self.address, "GET", "/status") else {
                return false;
            };
            let status: serde_json::Value = serde_json::from_str(&body).unwrap();
            let target = &status["targets"][0];
            target["revision"] == commit.as_str() && target["state"] == "synced"
        });
    }
}
