//! Routes as people read them: who takes what, and who gets it.

use std::fmt::Write as _;

use serde_json::Value;

use crate::model::alertmanager::BASE;
use crate::model::{Change, FieldChange};

/// Of more routes than these the first are shown.
const ROUTES: usize = 8;

/// A definition that is made or goes, as a whole.
pub(super) fn whole(out: &mut String, change: &Change) {
    let own = Own::of(change);
    let mut shown = Shown {
        own: &own,
        receivers: Vec::new(),
        intervals: Vec::new(),
        rules: 0,
    };
    for FieldChange {
        path,
        before,
        after,
    } in &change.fields
    {
        let Some(value) = after.as_ref().or(before.as_ref()) else {
            continue;
        };
        shown.field(out, path, value);
    }
    shown.finish(out);
}

/// The path of a field, with names as the definition has them.
pub(super) fn path(change: &Change, path: &str) -> String {
    let own = Own::of(change);
    let shown = path.replace("~1", "/").replace("~0", "~");
    shown.replace(&format!("name={}", own.prefix), "name=")
}

/// Names of a definition stand in the whole behind its own.
struct Own {
    prefix: String,
}

impl Own {
    fn of(change: &Change) -> Self {
        let prefix = match &*change.id.name {
            BASE => String::new(),
            name => format!("{name}/"),
        };
        Self { prefix }
    }

    fn name<'a>(&self, name: &'a str) -> &'a str {
        name.strip_prefix(&*self.prefix).unwrap_or(name)
    }
}

struct Shown<'a> {
    own: &'a Own,
    receivers: Vec<String>,
    intervals: Vec<String>,
    rules: usize,
}

impl Shown<'_> {
    fn field(&mut self, out: &mut String, path: &str, value: &Value) {
        let name = value.get("name").and_then(Value::as_str);
        let name = self.own.name(name.unwrap_or_default());
        match path.split('/').nth(1).unwrap_or_default() {
            "route" => {
                let mut lines = Vec::new();
                self.route(value, 0, "", &mut lines);
                for line in lines.iter().take(ROUTES) {
                    let _ = writeln!(out, "    {line}");
                }
                if lines.len() > ROUTES {
                    let _ = writeln!(out, "    and {} more routes", lines.len() - ROUTES);
                }
            }
            "receivers" => self.receivers.push(receiver(name, value)),
            "time_intervals" | "mute_time_intervals" => self.intervals.push(name.to_owned()),
            "inhibit_rules" => {
                self.rules += value.as_array().map_or(1, Vec::len);
            }
            _ => {}
        }
    }

    /// `{severity="page"} -> pager`, and those below it.
    fn route(&self, route: &Value, depth: usize, inherited: &str, lines: &mut Vec<String>) {
        let texts = |field: &str| {
            let items = route.get(field).and_then(Value::as_array);
            let items = items.into_iter().flatten().filter_map(Value::as_str);
            items.map(str::to_owned).collect::<Vec<_>>()
        };
        let receiver = route.get("receiver").and_then(Value::as_str);
        let receiver = receiver.unwrap_or(inherited);
        let mut line = "  ".repeat(depth);
        let matchers = matchers(route, texts("matchers"));
        let _ = write!(line, "{{{matchers}}} -> {}", self.own.name(receiver));
        for (field, word) in [
            ("mute_time_intervals", "muted during"),
            ("active_time_intervals", "only during"),
        ] {
            let names = texts(field);
            let names: Vec<&str> = names.iter().map(|name| self.own.name(name)).collect();
            if !names.is_empty() {
                let _ = write!(line, ", {word} {}", names.join(", "));
            }
        }
        lines.push(line);
        let below = route.get("routes").and_then(Value::as_array);
        for route in below.into_iter().flatten() {
            self.route(route, depth + 1, receiver, lines);
        }
    }

    fn finish(self, out: &mut String) {
        for (what, names) in [
            ("receivers", self.receivers),
            ("time intervals", self.intervals),
        ] {
            if !names.is_empty() {
                let _ = writeln!(out, "    {what}: {}", names.join(", "));
            }
        }
        if self.rules > 0 {
            let rules = if self.rules == 1 { "rule" } else { "rules" };
            let _ = writeln!(out, "    {} inhibition {rules}", self.rules);
        }
    }
}

/// Also as old files have them.
fn matchers(route: &Value, written: Vec<String>) -> String {
    let mut all = Vec::new();
    for (field, operator) in [("match", "="), ("match_re", "=~")] {
        let pairs = route.get(field).and_then(Value::as_object);
        for (label, value) in pairs.into_iter().flatten() {
            let value = value.as_str().map_or(value.to_string(), str::to_owned);
            all.push(format!("{label}{operator}{value:?}"));
        }
    }
    all.extend(written);
    all.join(", ")
}

/// "pager (pagerduty, webhook)"
fn receiver(name: &str, receiver: &Value) -> String {
    let kinds = receiver
        .as_object()
        .into_iter()
        .flat_map(|fields| fields.keys());
    let kinds: Vec<&str> = kinds
        .filter_map(|field| field.strip_suffix("_configs"))
        .collect();
    match kinds.as_slice() {
        [] => format!("{name} (nobody)"),
        kinds => format!("{name} ({})", kinds.join(", ")),
    }
}
