//! A Prometheus that does on demand what a real one does by accident.
//!
//! It loads rule files when told to, as Prometheus 2.42 does: strictly, all or nothing; a refusal is a
//! 500 that names no file, and the old rules keep running. Answers were taken from that version.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::support::exchange::{Incoming, Listening, Reply};

const REFUSED: &str = "failed to reload config: one or more errors occurred while applying the new configuration (--config.file=\"prometheus.yml\")\n";

/// What goes wrong with a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This answer, and nothing is done.
    Reply(Reply),
    /// It is done, and half of the answer is sent.
    Half,
    /// It is done after a while.
    Delay(Duration),
    /// The connection is closed, and nothing is done.
    Close,
    /// It is done, and the connection is closed.
    CloseAfter,
}

/// One request as it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub method: String,
    /// Without its query.
    pub path: String,
    /// `None` where it was not answered whole.
    pub status: Option<u16>,
    pub authorization: Option<String>,
}

#[derive(Debug)]
pub struct FakePrometheus {
    listening: Listening,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    directory: PathBuf,
    rule_files: Vec<String>,
    version: String,
    lifecycle: bool,
    /// Names of groups and rules that are refused though they are valid.
    refused: Vec<String>,
    /// By path; the first that fits is used as often as its count says.
    faults: Vec<(String, Fault, usize)>,
    running: BTreeMap<String, File>,
    /// Rules that fail to evaluate, with the error.
    unhealthy: BTreeMap<String, String>,
    recorded: Vec<Recorded>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    groups: Vec<Group>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    #[serde(default)]
    #[allow(dead_code, reason = "known to the server, and told to nobody")]
    interval: Option<String>,
    #[serde(default)]
    limit: i64,
    #[serde(default)]
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    alert: Option<String>,
    record: Option<String>,
    expr: String,
    #[serde(default, rename = "for")]
    #[allow(dead_code, reason = "known to the server, and told to nobody")]
    for_: Option<String>,
    #[serde(default)]
    #[allow(dead_code, reason = "known to the server, and told to nobody")]
    keep_firing_for: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

impl Rule {
    fn name(&self) -> Option<&str> {
        match (&self.alert, &self.record) {
            (Some(name), None) | (None, Some(name)) if !name.is_empty() => Some(name),
            _ => None,
        }
    }
}

impl FakePrometheus {
    /// Reads `<directory>/*.yaml`, now and at each reload.
    pub fn start(directory: &Path) -> Self {
        let mut state = State {
            directory: directory.to_owned(),
            rule_files: vec![format!("{}/*.yaml", directory.display())],
            version: "2.42.0".into(),
            lifecycle: true,
            refused: vec![],
            faults: vec![],
            running: BTreeMap::new(),
            unhealthy: BTreeMap::new(),
            recorded: vec![],
        };
        state.load().unwrap();
        let state = Arc::new(Mutex::new(state));
        let shared = state.clone();
        let listening = Listening::start(move |stream| serve(stream, shared.clone()));
        Self { listening, state }
    }

    pub fn url(&self) -> String {
        self.listening.url()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What `/api/v1/status/config` shows; what is read does not change.
    pub fn set_rule_files(&self, patterns: &[&str]) {
        self.state().rule_files = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
    }

    pub fn set_version(&self, version: &str) {
        self.state().version = version.to_owned();
    }

    pub fn set_lifecycle(&self, enabled: bool) {
        self.state().lifecycle = enabled;
    }

    /// From now on, groups and rules of these names are refused.
    pub fn refuse(&self, names: &[&str]) {
        self.state().refused = names.iter().map(|&name| name.to_owned()).collect();
    }

    /// From now on, this rule fails to evaluate.
    pub fn set_unhealthy(&self, rule: &str, error: &str) {
        let mut state = self.state();
        state.unhealthy.insert(rule.to_owned(), error.to_owned());
    }

    /// The next `times` requests of this path go wrong.
    pub fn fail(&self, path: &str, fault: Fault, times: usize) {
        self.state().faults.push((path.to_owned(), fault, times));
    }

    pub fn fail_no_more(&self) {
        self.state().faults.clear();
    }

    /// The groups that it runs: `<file>/<group>`, sorted.
    pub fn running(&self) -> Vec<String> {
        let state = self.state();
        let files = state.running.iter();
        files
            .flat_map(|(file, content)| {
                content
                    .groups
                    .iter()
                    .map(move |group| format!("{file}/{}", group.name))
            })
            .collect()
    }

    /// The expression that it runs for the rule of this name.
    pub fn expr(&self, name: &str) -> Option<String> {
        let state = self.state();
        let mut rules = state
            .running
            .values()
            .flat_map(|file| &file.groups)
            .flat_map(|group| &group.rules);
        rules
            .find(|rule| rule.name() == Some(name))
            .map(|rule| rule.expr.clone())
    }

    /// All requests since the last call.
    pub fn take(&self) -> Vec<Recorded> {
        std::mem::take(&mut self.state().recorded)
    }

    /// The statuses of the reloads since the last call.
    pub fn take_reloads(&self) -> Vec<Option<u16>> {
        let recorded = self.take().into_iter();
        recorded
            .filter(|request| request.path == "/-/reload")
            .map(|request| request.status)
            .collect()
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) -> io::Result<()> {
    let Some(request) = Incoming::read(&mut stream).await? else {
        return Ok(());
    };
    let fault = state.lock().unwrap().fault(request.path());
    if let Some(Fault::Delay(delay)) = &fault {
        sleep(*delay).await;
    }
    let reply = {
        let mut state = state.lock().unwrap();
        let reply = match &fault {
            Some(Fault::Close) => None,
            Some(Fault::Reply(reply)) => Some(reply.clone()),
            _ => Some(state.answer(&request)),
        };
        let answered = reply
            .as_ref()
            .filter(|_| !matches!(fault, Some(Fault::Half | Fault::CloseAfter)));
        let status = answered.map(|reply| reply.status);
        state.recorded.push(Recorded {
            method: request.method.clone(),
            path: request.path().to_owned(),
            status,
            authorization: request.header("authorization"),
        });
        reply
    };
    match (reply, fault) {
        (None, _) | (_, Some(Fault::CloseAfter)) => Ok(()),
        (Some(reply), Some(Fault::Half)) => reply.write_half(&mut stream).await,
        (Some(reply), _) => reply.write(&mut stream).await,
    }
}

impl State {
    fn fault(&mut self, path: &str) -> Option<Fault> {
        let fits = |(at, _, times): &&mut (String, Fault, usize)| at == path && *times > 0;
        let (_, fault, times) = self.faults.iter_mut().find(fits)?;
        *times -= 1;
        Some(fault.clone())
    }

    fn answer(&mut self, request: &Incoming) -> Reply {
        let data = match (&*request.method, request.path()) {
            ("POST" | "PUT", "/-/reload") => return self.reload(),
            (_, "/-/reload") => return Reply::text(405, "Only POST or PUT requests allowed"),
            ("GET", "/api/v1/status/buildinfo") => json!({"version": self.version}),
            ("GET", "/api/v1/status/config") => json!({"yaml": self.config()}),
            ("GET", "/api/v1/rules") => self.rules(),
            ("GET", "/-/ready") => return Reply::text(200, "Prometheus Server is Ready.\n"),
            ("GET", _) => return Reply::text(404, "404 page not found\n"),
            _ => return Reply::text(405, "Method Not Allowed\n"),
        };
        Reply::json(200, &json!({"status": "success", "data": data}))
    }

    fn reload(&mut self) -> Reply {
        if !self.lifecycle {
            return Reply::text(403, "Lifecycle API is not enabled.");
        }
        match self.load() {
            Ok(()) => Reply::text(200, ""),
            Err(_) => Reply::text(500, REFUSED),
        }
    }

    /// All or nothing.
    fn load(&mut self) -> Result<(), String> {
        let mut running = BTreeMap::new();
        for entry in std::fs::read_dir(&self.directory).map_err(|error| error.to_string())? {
            let path = entry.map_err(|error| error.to_string())?.path();
            if path.extension().is_none_or(|extension| extension != "yaml") {
                continue;
            }
            let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
            let document = serde_yaml::Deserializer::from_str(&text).next();
            let file = match document {
                Some(document) => Option::<File>::deserialize(document),
                None => Ok(None),
            };
            let file = file.map_err(|error| error.to_string())?.unwrap_or_default();
            self.check(&file)?;
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            running.insert(name, file);
        }
        self.running = running;
        Ok(())
    }

    fn check(&self, file: &File) -> Result<(), String> {
        let refused = |name: &str| self.refused.iter().any(|refused| refused == name);
        let mut names = Vec::new();
        for group in &file.groups {
            if group.name.is_empty() || names.contains(&&group.name) || refused(&group.name) {
                return Err(format!("group {}", group.name));
            }
            names.push(&group.name);
            for rule in &group.rules {
                let name = rule
                    .name()
                    .ok_or("one of 'record' and 'alert' must be set")?;
                if rule.expr.is_empty() || refused(name) {
                    return Err(format!("rule {name}"));
                }
            }
        }
        Ok(())
    }

    fn config(&self) -> String {
        use std::fmt::Write;
        let mut yaml = "global:\n  scrape_interval: 15s\n".to_owned();
        if !self.rule_files.is_empty() {
            yaml.push_str("rule_files:\n");
        }
        for pattern in &self.rule_files {
            writeln!(yaml, "- '{pattern}'").unwrap();
        }
        yaml
    }

    fn rules(&self) -> Value {
        let groups = self.running.iter().flat_map(|(file, content)| {
            content
                .groups
                .iter()
                .map(move |group| self.group(file, group))
        });
        json!({"groups": groups.collect::<Vec<_>>()})
    }

    fn group(&self, file: &str, group: &Group) -> Value {
        let rules: Vec<Value> = group.rules.iter().map(|rule| self.rule(rule)).collect();
        // The server's own mount, which need not be ours.
        let file = format!("/etc/prometheus/rules/{file}");
        json!({"name": group.name, "file": file, "rules": rules, "limit": group.limit})
    }

    fn rule(&self, rule: &Rule) -> Value {
        let name = rule.name().unwrap_or_default();
        let mut shown = json!({
            "name": name,
            "query": rule.expr,
            "labels": rule.labels,
            "annotations": rule.annotations,
            "health": "unknown",
            "type": if rule.alert.is_some() { "alerting" } else { "recording" },
        });
        if let Some(error) = self.unhealthy.get(name) {
            shown["health"] = "err".into();
            shown["lastError"] = error.as_str().into();
        }
        shown
    }
}
