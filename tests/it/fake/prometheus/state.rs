//! What the fake has loaded, and how it answers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Fault, Recorded};
use crate::support::exchange::{Incoming, Reply};

const REFUSED: &str = "failed to reload config: one or more errors occurred while applying the new configuration (--config.file=\"prometheus.yml\")\n";

#[derive(Debug)]
pub(super) struct State {
    pub(super) directory: PathBuf,
    pub(super) rule_files: Vec<String>,
    pub(super) version: String,
    pub(super) lifecycle: bool,
    /// Names of groups and rules that are refused though they are valid.
    pub(super) refused: Vec<String>,
    /// By path; the first that fits is used as often as its count says.
    pub(super) faults: Vec<(String, Fault, usize)>,
    pub(super) running: BTreeMap<String, File>,
    /// Rules that fail to evaluate, with the error.
    pub(super) unhealthy: BTreeMap<String, String>,
    pub(super) recorded: Vec<Recorded>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) groups: Vec<Group>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub(super) name: String,
    #[serde(default)]
    #[allow(dead_code, reason = "known to the server, and told to nobody")]
    interval: Option<String>,
    #[serde(default)]
    limit: i64,
    #[serde(default)]
    pub(super) rules: Vec<Rule>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    alert: Option<String>,
    record: Option<String>,
    pub(super) expr: String,
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
    pub(super) fn name(&self) -> Option<&str> {
        match (&self.alert, &self.record) {
            (Some(name), None) | (None, Some(name)) if !name.is_empty() => Some(name),
            _ => None,
        }
    }
}

impl State {
    pub(super) fn fault(&mut self, path: &str) -> Option<Fault> {
        let fits = |(at, _, times): &&mut (String, Fault, usize)| at == path && *times > 0;
        let (_, fault, times) = self.faults.iter_mut().find(fits)?;
        *times -= 1;
        Some(fault.clone())
    }

    pub(super) fn answer(&mut self, request: &Incoming) -> Reply {
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
    pub(super) fn load(&mut self) -> Result<(), String> {
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
