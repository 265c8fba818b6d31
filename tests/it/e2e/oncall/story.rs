//! What history and log tell, without what is different in every run.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use regex::Regex;
use serde_json::Value;

use super::office::TARGETS;
use crate::e2e::running::Daemon;
use crate::e2e::world::World;

pub struct Story {
    text: String,
    /// What each commit is called.
    commits: Vec<(String, String)>,
    log: usize,
    history: usize,
    masks: Vec<(Regex, &'static str)>,
}

impl Story {
    pub fn new(world: &World) -> Self {
        let folder = regex::escape(world.path("").to_str().unwrap());
        let masks = [
            (folder.as_str(), "/"),
            (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
            (r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "TIME"),
            (r"\(uid \d+\)", "(uid N)"),
            (r"\b\d+ (s|min) ago", "N s ago"),
            (r"\bin \d+ (s|min|h)\b", "in N s"),
            (&regex::escape(env!("CARGO_PKG_VERSION")), "VERSION"),
            (r"[0-9a-f]{64}", "HASH"),
            (
                r"the connection broke: (connection closed before message completed|Connection reset by peer \(os error \d+\))",
                "the connection broke: WHY",
            ),
        ];
        let masks = masks.map(|(pattern, name)| (Regex::new(pattern).unwrap(), name));
        Self {
            text: String::new(),
            commits: Vec::new(),
            log: 0,
            history: 0,
            masks: masks.into(),
        }
    }

    /// Calls a commit by this name from now on.
    pub fn name(&mut self, commit: &str, name: &str) {
        self.commits.push((commit.to_owned(), name.to_owned()));
    }

    /// A new daemon has a new log.
    pub fn new_log(&mut self) {
        self.log = 0;
    }

    /// What was told since the last step.
    pub fn tell(&mut self, step: &str, world: &World, daemon: &Daemon) {
        let log = daemon.log();
        let lines: Vec<_> = log[self.log..].iter().filter_map(line).collect();
        self.log = log.len();
        let past = world.run("history", &[]).expect(0).stdout;
        let past: Vec<_> = past.lines().map(str::to_owned).collect();
        let new = past[self.history..].iter();
        let new: Vec<_> = new.map(|line| (of_history(line), line.clone())).collect();
        self.history = past.len();
        writeln!(self.text, "\n=== {step}").unwrap();
        for (what, lines) in [("log", lines), ("history", new)] {
            writeln!(self.text, "--- {what}").unwrap();
            for line in ordered(lines) {
                let line = self.mask(&line);
                writeln!(self.text, "{line}").unwrap();
            }
        }
    }

    pub fn mask(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (commit, name) in &self.commits {
            for length in [40, 8, 7] {
                text = text.replace(&commit[..length], name);
            }
        }
        for (pattern, name) in &self.masks {
            text = pattern.replace_all(&text, *name).into_owned();
        }
        without_repeats(&text)
    }

    pub fn text(&self) -> &str {
        self.text.trim_start()
    }
}

/// A change that fails is tried again, as often as time allows: what is told of it twice in a row is told once.
fn without_repeats(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').collect();
    let repeats = |at: usize| at >= 2 && lines[at].contains("FAILED") && lines[at] == lines[at - 2];
    // And the error below it.
    let is_kept = |&at: &usize| !repeats(at) && (at == 0 || !repeats(at - 1));
    let kept = (0..lines.len()).filter(is_kept);
    kept.map(|at| lines[at]).collect::<Vec<_>>().join("\n")
}

/// Targets are served at the same time: what is told of each is in order, and of two of them in any. A line that stands
/// there already says nothing new.
fn ordered(mut lines: Vec<(String, String)>) -> Vec<String> {
    lines.sort_by_key(|(target, _)| target.clone());
    let mut seen = BTreeSet::new();
    let lines = lines.into_iter().map(|(_, line)| line);
    lines.filter(|line| seen.insert(line.clone())).collect()
}

/// The target of a line of the history; empty for what is about the daemon.
fn of_history(line: &str) -> String {
    let mut words = line.split_whitespace().skip(2);
    let target = words.next().unwrap_or_default();
    let target = target.split(['/', ':']).next().unwrap_or_default();
    if TARGETS.contains(&target) {
        target.to_owned()
    } else {
        String::new()
    }
}

/// A line of the log with its target; `None` for one of a cycle that changed nothing, of which there are as many as time
/// allows.
fn line(line: &Value) -> Option<(String, String)> {
    let message = line["message"].as_str().unwrap();
    if message.starts_with("cycle finished") && !message.contains("applied") {
        return None;
    }
    let mut text = format!("{:5} {message}", line["level"].as_str().unwrap());
    for (key, value) in line.as_object().unwrap() {
        let is_shown = !matches!(
            key.as_str(),
            "level" | "message" | "timestamp" | "cycle" | "duration_ms" | "target" | "kind"
        );
        if is_shown {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            write!(text, " {key}={value}").unwrap();
        }
    }
    let target = line["target"].as_str().unwrap_or_default();
    if !target.is_empty() {
        write!(text, " target={target}").unwrap();
    }
    Some((target.to_owned(), text))
}
