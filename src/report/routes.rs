//! Which way an alert takes through the declared routing, for people and as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};

use super::diagnostics;
use crate::model::alertmanager::live::Way;
use crate::model::alertmanager::{BASE, Labels, Matcher, Route, Whole};
use crate::model::{Diagnostic, Resource, ResourceId, SourceRef, Spec, TargetName};

/// The declared routing of one target.
#[derive(Debug)]
pub struct Routing<'a> {
    target: &'a TargetName,
    whole: Whole,
    /// By the name of the resource.
    sources: BTreeMap<&'a str, &'a SourceRef>,
    /// How each receiver notifies, by its name: `webhook`.
    receivers: BTreeMap<String, Vec<String>>,
}

/// One way, with all routes on it.
struct Traced<'a> {
    /// The name of the resource.
    name: &'a str,
    source: Option<&'a SourceRef>,
    routes: Vec<&'a Route>,
    receiver: &'a str,
}

impl<'a> Routing<'a> {
    /// `None` where there is no base to put definitions in.
    pub fn of(
        target: &'a TargetName,
        desired: &'a BTreeMap<ResourceId, Arc<Resource>>,
    ) -> Option<Self> {
        let base = desired.values().find_map(|r| match &*r.spec {
            Spec::RouteBase(base) => Some(base),
            _ => None,
        })?;
        let mut routing = Self {
            target,
            whole: Whole::new(base),
            sources: BTreeMap::new(),
            receivers: BTreeMap::new(),
        };
        let own = base
            .file
            .get("receivers")
            .map_or(&[][..], |own| own.items());
        for receiver in own {
            let name = receiver.get("name").and_then(|name| name.as_text());
            let kinds = receiver.entries().iter().map(|(field, _)| field.as_str());
            routing.receiver(name.unwrap_or_default(), kinds);
        }
        for (id, resource) in desired {
            routing.sources.insert(&id.name, &resource.source);
            let Spec::Route(fenced) = &*resource.spec else {
                continue;
            };
            let part = fenced.part();
            for receiver in &part.receivers {
                let kinds = receiver.integrations.iter().map(|(kind, _)| *kind);
                routing.receiver(&receiver.name, kinds);
            }
            if let Some(route) = part.route {
                routing.whole.parts.insert(part.id, route);
            }
        }
        Some(routing)
    }

    fn receiver<'k>(&mut self, name: &str, kinds: impl Iterator<Item = &'k str>) {
        let kinds = kinds.filter_map(|kind| kind.strip_suffix("_configs"));
        let kinds = kinds.map(str::to_owned).collect();
        self.receivers.insert(name.to_owned(), kinds);
    }

    fn traced(&self, labels: &Labels) -> Vec<Traced<'_>> {
        let ways = self.whole.ways(labels);
        ways.iter().filter_map(|way| self.trace(way)).collect()
    }

    fn trace(&self, way: &Way<'_>) -> Option<Traced<'_>> {
        let (name, first) = match way.part {
            Some(part) => {
                let (name, route) = self.whole.parts.get_key_value(part)?;
                (name.as_str(), route)
            }
            None => (BASE, &self.whole.base),
        };
        let routes = (0..=way.path.len()).filter_map(|depth| first.at(&way.path[..depth]));
        let routes: Vec<&Route> = routes.collect();
        let mut receivers = routes
            .iter()
            .rev()
            .filter_map(|route| route.receiver.as_deref());
        let default = self.whole.base.receiver.as_deref().unwrap_or_default();
        Some(Traced {
            name,
            source: self.sources.get(name).copied(),
            receiver: receivers.next().unwrap_or(default),
            routes,
        })
    }

    /// For a terminal; ends with a line feed.
    pub fn text(&self, labels: &Labels) -> String {
        let alert: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}={value:?}"))
            .collect();
        let mut out = format!("{}: {{{}}}\n", self.target, alert.join(", "));
        let traced = self.traced(labels);
        let mut shown: Option<&str> = None;
        for way in &traced {
            if shown != Some(way.name) {
                let _ = write!(out, "  {}", way.name);
                if let Some(source) = way.source {
                    let _ = write!(out, "  ({}:{})", source.file, source.line);
                }
                out.push('\n');
                shown = Some(way.name);
            }
            self.way(&mut out, way);
        }
        if self.whole.only_default(labels) {
            out.push_str("  nobody takes it: only the default receiver gets it\n");
        }
        let receivers: BTreeSet<&str> = traced.iter().map(|way| way.receiver).collect();
        let receivers: Vec<String> = receivers.iter().map(|name| self.named(name)).collect();
        let _ = writeln!(out, "  receivers: {}", receivers.join(", "));
        out
    }

    fn way(&self, out: &mut String, way: &Traced<'_>) {
        let own = format!("{}/", way.name);
        let short = |name: &str| name.strip_prefix(&*own).unwrap_or(name).to_owned();
        for (depth, route) in way.routes.iter().enumerate() {
            let indent = "  ".repeat(depth);
            let _ = write!(
                out,
                "    {indent}{{{}}}",
                matchers(&route.matchers).join(", ")
            );
            if depth + 1 == way.routes.len() {
                let kinds = self.kinds(way.receiver);
                let _ = write!(out, " -> {}{kinds}", short(way.receiver));
            }
            for (names, word) in [
                (&route.mute_time_intervals, "muted during"),
                (&route.active_time_intervals, "only during"),
            ] {
                if !names.is_empty() {
                    let names: Vec<String> = names.iter().map(|name| short(name)).collect();
                    let _ = write!(out, ", {word} {}", names.join(", "));
                }
            }
            out.push('\n');
        }
    }

    fn named(&self, receiver: &str) -> String {
        format!("{receiver}{}", self.kinds(receiver))
    }

    /// " (webhook, email)"
    fn kinds(&self, receiver: &str) -> String {
        match self.receivers.get(receiver).map(Vec::as_slice) {
            None => String::new(),
            Some([]) => " (notifies nobody)".to_owned(),
            Some(kinds) => format!(" ({})", kinds.join(", ")),
        }
    }

    fn json(&self, labels: &Labels) -> Value {
        let traced = self.traced(labels);
        let receivers: BTreeSet<&str> = traced.iter().map(|way| way.receiver).collect();
        let receivers = receivers.iter().map(|name| {
            let kinds = self.receivers.get(*name);
            json!({ "name": name, "integrations": kinds })
        });
        let receivers: Vec<Value> = receivers.collect();
        let ways: Vec<Value> = traced.iter().map(Traced::json).collect();
        json!({
            "target": self.target.to_string(),
            "ways": ways,
            "receivers": receivers,
            "only_default": self.whole.only_default(labels),
        })
    }
}

impl Traced<'_> {
    fn json(&self) -> Value {
        let routes = self.routes.iter().map(|route| {
            json!({
                "matchers": matchers(&route.matchers),
                "receiver": route.receiver,
                "mute_time_intervals": route.mute_time_intervals,
                "active_time_intervals": route.active_time_intervals,
            })
        });
        json!({
            "name": self.name,
            "source": self.source.map(super::json::source),
            "routes": routes.collect::<Vec<_>>(),
            "receiver": self.receiver,
        })
    }
}

fn matchers(matchers: &[Matcher]) -> Vec<String> {
    matchers.iter().map(ToString::to_string).collect()
}

/// `trueup.dev/routes/v1`
pub fn json(
    routings: &[Routing<'_>],
    labels: &Labels,
    revision: Option<&str>,
    found: &[Diagnostic],
) -> Value {
    let targets: Vec<Value> = routings
        .iter()
        .map(|routing| routing.json(labels))
        .collect();
    json!({
        "schema": "trueup.dev/routes/v1",
        "revision": revision,
        "labels": labels,
        "targets": targets,
        "diagnostics": diagnostics::json(found),
    })
}
