//! The pages for people: what they say that a terminal shows, it shows.
//!
//! A page is a script that is run in a scratch world, with real servers of its own:
//! - a block whose first line is `# path` is written to that file; `# path, more` is appended to it;
//! - in a `console` block what follows `$ ` is run (`> ` goes on, ` &` stays), and the rest is what it prints;
//! - a comment that begins with `<!-- $` is run too, must go well, and is shown to nobody.
//!
//! Where a page names a server or a folder of the machine, the world's is taken. What differs from run to run (times,
//! commits) is not compared. `UPDATE=1 cargo test docs::` writes the pages anew.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use libtest_mimic::Trial;
use regex::Regex;
use tempfile::TempDir;

use crate::fake::grafana::{Flavor, Grafana, Role};
use crate::support::prometheus::{Options, Server};
use crate::support::{Need, test};

const PAGES: [&str; 4] = [
    "README.md",
    "docs/service-owner.md",
    "docs/platform-engineer.md",
    "docs/on-call.md",
];
/// Pages that run nothing; their links are looked at, too.
const OTHERS: [&str; 5] = [
    "docs/architecture.md",
    "CONTRIBUTING.md",
    "BENCHMARKS.md",
    "deploy/README.md",
    "platform-repo-example/README.md",
];

pub fn tests() -> Vec<Trial> {
    let needs = [
        Need::Program("prometheus"),
        Need::Program("prometheus-alertmanager"),
        Need::Program("amtool"),
        Need::Program("git"),
        Need::Program("curl"),
    ];
    let pages = PAGES.map(|page| {
        test(&format!("docs::{page}_is_true"), &needs, move || {
            is_true(page);
        })
    });
    let links = test("docs::links_lead_somewhere", &[], links);
    pages.into_iter().chain([links]).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn is_true(page: &str) {
    let file = root().join(page);
    let text = fs::read_to_string(&file).unwrap();
    let shown = World::new().play(&text);
    let (old, new) = (masked(&text), masked(&shown));
    if old == new {
        return;
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, shown).unwrap();
        return;
    }
    let mut both = old.lines().zip(new.lines()).enumerate();
    let (at, (said, is)) = both.find(|(_, (said, is))| said != is).unwrap();
    let context: Vec<&str> = new.lines().skip(at.saturating_sub(5)).take(25).collect();
    panic!(
        "{page} line {}, without what differs from run to run:\n  it says {said:?}\n  it is   {is:?}\n\n{}\n\n\
         UPDATE=1 cargo test docs:: writes it anew",
        at + 1,
        context.join("\n")
    );
}

/// Without what differs from run to run.
fn masked(text: &str) -> String {
    let masks = [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z", "TIME"),
        (r"\b[0-9a-f]{7,64}\b", "HASH"),
        (r"\b\d+ (s|min|h)( ago\b|\b)", "AGO"),
        (r#"\b(cycle|duration_ms)("?[=:])\d+"#, "$1$2N"),
        (r"\((ada|uid) ?\d*\)", "(uid)"),
        (r" {2,}", " "),
    ];
    masks.iter().fold(text.to_owned(), |text, (mask, with)| {
        let mask = Regex::new(mask).unwrap();
        mask.replace_all(&text, *with).into_owned()
    })
}

struct World {
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
    fn new() -> Self {
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
        let own = listener.local_addr().unwrap().to_string();
        let swaps = vec![
            ("/etc/prometheus/rules.d/trueup", rules),
            (
                "/etc/alertmanager",
                alertmanager.scratch.path().display().to_string(),
            ),
            ("/var/lib/trueup", folder("state")),
            ("/home/ada", home),
            ("127.0.0.1:9090", format!("127.0.0.1:{}", prometheus.port)),
            ("127.0.0.1:9093", format!("127.0.0.1:{}", alertmanager.port)),
            (
                "127.0.0.1:3000",
                grafana.url().trim_start_matches("http://").to_owned(),
            ),
            ("127.0.0.1:9797", own),
        ];
        Self {
            scratch,
            swaps,
            running: Vec::new(),
            _servers: (prometheus, alertmanager, grafana),
        }
    }

    fn here(&self, text: &str) -> String {
        let swaps = self.swaps.iter();
        swaps.fold(text.to_owned(), |text, (said, is)| text.replace(said, is))
    }

    fn there(&self, text: &str) -> String {
        let swaps = self.swaps.iter();
        swaps.fold(text.to_owned(), |text, (said, is)| text.replace(is, said))
    }

    /// The page with what its commands print now.
    fn play(mut self, page: &str) -> String {
        let mut out = String::new();
        let mut lines = page.lines().peekable();
        while let Some(line) = lines.next() {
            writeln!(out, "{line}").unwrap();
            let mut block = |end: &str| {
                let mut found = Vec::new();
                while let Some(line) = lines.next_if(|line| *line != end) {
                    found.push(line);
                }
                found
            };
            if let Some(first) = line.strip_prefix("<!-- $ ") {
                let script = match first.strip_suffix(" -->") {
                    Some(whole) => whole.to_owned(),
                    None => {
                        let rest = block("-->");
                        rest.iter()
                            .for_each(|line| writeln!(out, "{line}").unwrap());
                        format!("{first}\n{}", rest.join("\n"))
                    }
                };
                self.run(&script, true);
            } else if line == "```console" {
                for command in commands(&block("```")) {
                    writeln!(out, "$ {}", command.replace('\n', "\n> ")).unwrap();
                    out.push_str(&self.run(&command, false));
                }
            } else if line.starts_with("```") && line.len() > 3 {
                let found = block("```");
                found
                    .iter()
                    .for_each(|line| writeln!(out, "{line}").unwrap());
                self.write(&found);
            } else if line == "```" {
                // What cannot be run, or the end of what was.
            }
        }
        out
    }

    fn home(&self) -> PathBuf {
        self.scratch.path().join("home")
    }

    /// Writes a block to the file that its first line names, if it names one.
    fn write(&self, block: &[&str]) {
        let first = block.first().and_then(|first| first.strip_prefix("# "));
        let Some(name) = first.and_then(|first| first.split([':', ',']).next()) else {
            return;
        };
        if name.contains(' ') || !name.contains('.') {
            return;
        }
        let is_more = first.is_some_and(|first| first.starts_with(&format!("{name},")));
        let path = self.home().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut options = OpenOptions::new();
        let options = options.create(true).append(is_more).truncate(!is_more);
        let mut file = options.write(true).open(path).unwrap();
        writeln!(file, "{}", self.here(&block[1..].join("\n"))).unwrap();
    }

    fn run(&mut self, command: &str, hidden: bool) -> String {
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
        command.current_dir(self.home()).stdin(Stdio::null());
        for (name, value) in [
            ("PATH", format!("{}:{path}", binary.display())),
            ("HOME", self.home().display().to_string()),
            (
                "EXAMPLE",
                root().join("platform-repo-example").display().to_string(),
            ),
            ("DAEMON", daemon.unwrap_or_default()),
            ("USER", "ada".to_owned()),
            ("NO_COLOR", "1".to_owned()),
            ("GIT_AUTHOR_NAME", "Ada".to_owned()),
            ("GIT_COMMITTER_NAME", "Ada".to_owned()),
            ("EMAIL", "ada@example.com".to_owned()),
        ] {
            command.env(name, value);
        }
        command.env_remove("SUDO_USER");
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

/// What is typed in a block.
fn commands(block: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in block {
        if let Some(command) = line.strip_prefix("$ ") {
            found.push(command.to_owned());
        } else if let (Some(more), Some(last)) = (line.strip_prefix("> "), found.last_mut()) {
            write!(last, "\n{more}").unwrap();
        }
    }
    found
}

/// To files that are there, and to headings of them.
fn links() {
    let link = Regex::new(r"\]\(([^)#:]*)(#[^)]*)?\)").unwrap();
    for page in PAGES.iter().chain(&OTHERS) {
        let file = root().join(page);
        let text = fs::read_to_string(&file).unwrap();
        for found in link.captures_iter(&text) {
            let to = match &found[1] {
                "" => file.clone(),
                path => file.parent().unwrap().join(path),
            };
            assert!(to.exists(), "{page}: {}", &found[0]);
            let Some(heading) = found.get(2).map(|found| &found.as_str()[1..]) else {
                continue;
            };
            let there = fs::read_to_string(&to).unwrap();
            let mut headings = there.lines().filter(|line| line.starts_with('#'));
            assert!(
                headings.any(|line| anchor(line) == heading),
                "{page}: {}",
                &found[0]
            );
        }
    }
}

/// What GitHub makes of a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
