//! The status as people read it on a terminal: a line a target, then what waits or fails and why.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::Value;

use super::time::{ago, within};

/// `trueup.dev/status/v1` as text; with a target only what is about that.
pub(in crate::cli) fn text(status: &Value, now: Timestamp, target: Option<&str>) -> String {
    let mut out = String::new();
    repository(&mut out, &status["repository"], now);
    let targets: Vec<&Value> = chosen(status, target).collect();
    table(&mut out, &targets, now);
    for target in targets {
        details(&mut out, target, now);
    }
    out
}

/// Whether nothing failed, waits or is unknown.
pub(in crate::cli) fn is_well(status: &Value, target: Option<&str>) -> bool {
    status["repository"]["error"].is_null()
        && chosen(status, target).all(|target| {
            let state = target["state"].as_str().unwrap_or_default();
            matches!(state, "synced" | "paused" | "drifted")
        })
}

fn chosen<'s>(status: &'s Value, wanted: Option<&'s str>) -> impl Iterator<Item = &'s Value> {
    let targets = status["targets"].as_array().into_iter().flatten();
    targets.filter(move |target| wanted.is_none_or(|wanted| target["name"] == wanted))
}

fn repository(out: &mut String, repository: &Value, now: Timestamp) {
    let text = |field: &str| repository[field].as_str();
    let _ = write!(
        out,
        "repository {} ({}, {})",
        text("name").unwrap_or_default(),
        text("url").unwrap_or_default(),
        text("branch").unwrap_or_default()
    );
    if let Some(revision) = text("revision") {
        let _ = write!(out, " at {}", short(revision));
    }
    if let Some(at) = moment(&repository["fetched_at"]) {
        let _ = write!(out, ", looked at {}", ago(at, now));
    }
    out.push('\n');
    if let Some(error) = text("error") {
        let _ = writeln!(
            out,
            "  cannot be read, what is live stays as it is: {error}"
        );
    }
    out.push('\n');
}

fn table(out: &mut String, targets: &[&Value], now: Timestamp) {
    let mut rows = vec![
        [
            "TARGET",
            "STATE",
            "LAST SUCCESS",
            "COMMIT",
            "SYNCED",
            "DRIFTED",
            "HELD",
            "FAILED",
        ]
        .map(str::to_owned),
    ];
    for target in targets {
        let count = |name: &str| target["counts"][name].as_u64().unwrap_or(0).to_string();
        let text = |field: &str| target[field].as_str().unwrap_or("-").to_owned();
        let success = moment(&target["last_success"]).map(|at| ago(at, now));
        rows.push([
            text("name"),
            text("state"),
            success.unwrap_or_else(|| "never".to_owned()),
            target["revision"].as_str().map_or("-", short).to_owned(),
            count("synced"),
            count("drifted"),
            count("held"),
            count("failed"),
        ]);
    }
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..8).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(column, (cell, width))| {
            // Numbers to the right, words to the left.
            if column < 4 {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

fn details(out: &mut String, target: &Value, now: Timestamp) {
    let list = |field: &str| target[field].as_array().cloned().unwrap_or_default();
    let (held, failed, warnings) = (list("held"), list("failed"), list("warnings"));
    let (paused, unread) = (target["paused"].as_str(), &target["unread"]);
    let all = [&held, &failed, &warnings];
    if all.iter().all(|list| list.is_empty()) && paused.is_none() && unread.is_null() {
        return;
    }
    let _ = writeln!(out, "\n{}", target["name"].as_str().unwrap_or_default());
    if let Some(paused) = paused {
        let _ = writeln!(out, "  {paused}");
    }
    if !unread.is_null() {
        let _ = write!(out, "  cannot be read");
        since_and_next(out, unread, now);
        let error = unread["error"].as_str().unwrap_or_default();
        let _ = writeln!(out, "; nothing on it is changed meanwhile\n    {error}");
    }
    for failure in &failed {
        let text = |field: &str| failure[field].as_str().unwrap_or_default();
        let _ = write!(out, "  failed: {}{}", text("id"), owned(failure));
        since_and_next(out, failure, now);
        let _ = writeln!(out, "\n    {}", text("error"));
    }
    // Of the target as a whole it is said already.
    let whole =
        |entry: &&Value| entry["reason"] == "scope_unknown" && entry["id"] == target["name"];
    for entry in held
        .iter()
        .filter(|entry| unread.is_null() || !whole(entry))
    {
        let text = |field: &str| entry[field].as_str().unwrap_or_default();
        let what = [text("action"), text("id")].join(" ");
        let what = what.trim();
        let _ = writeln!(out, "  held ({}): {what}{}", text("reason"), owned(entry));
        let _ = writeln!(out, "    {}", text("detail"));
    }
    for warning in &warnings {
        let _ = writeln!(out, "  warning: {}", warning.as_str().unwrap_or_default());
    }
}

/// Whom to ask.
fn owned(entry: &Value) -> String {
    let owner = entry["owner"].as_str();
    owner.map(|owner| format!(" ({owner})")).unwrap_or_default()
}

fn since_and_next(out: &mut String, failure: &Value, now: Timestamp) {
    if let Some(since) = moment(&failure["since"]) {
        let _ = write!(out, ", since {}", ago(since, now));
    }
    if let Some(next) = moment(&failure["next_try"]) {
        let _ = write!(out, ", next try {}", within(next, now));
    }
}

fn moment(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// The beginning of a commit's id; `+dirty` and the like stay.
fn short(revision: &str) -> &str {
    let end = revision
        .char_indices()
        .find(|(_, c)| !c.is_ascii_hexdigit())
        .map_or(revision.len(), |(at, _)| at);
    if end >= 40 {
        revision.get(..7).unwrap_or(revision)
    } else {
        revision
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn status() -> Value {
        json!({
            "repository": {
                "name": "platform", "url": "https://git/x", "branch": "main",
                "revision": "3f2a91c0000000000000000000000000000000ff",
                "fetched_at": "2026-11-24T01:59:48.000Z", "error": null,
            },
            "targets": [
                { "name": "prometheus-eu", "state": "synced", "last_success": "2026-11-24T01:59:50.000Z",
                  "revision": "3f2a91c0000000000000000000000000000000ff",
                  "counts": { "synced": 41, "drifted": 0, "held": 0, "failed": 0 },
                  "held": [], "failed": [], "warnings": [] },
                { "name": "grafana-eu", "state": "failed", "last_success": null, "revision": null,
                  "counts": { "synced": 12, "drifted": 0, "held": 1, "failed": 1 },
                  "held": [{ "id": "grafana-eu/dashboard/x", "action": "delete", "reason": "over_limit",
                             "detail": "too many" }],
                  "failed": [{ "id": "grafana-eu/dashboard/y", "error": "HTTP 500",
                               "since": "2026-11-24T00:00:00.000Z", "next_try": "2026-11-24T02:00:30.000Z" }],
                  "warnings": ["rule x fails"] },
            ],
        })
    }

    #[test]
    fn a_screen_of_targets() {
        let now = "2026-11-24T02:00:00Z".parse().unwrap();
        insta::assert_snapshot!(text(&status(), now, None));
    }

    #[test]
    fn well_is_what_needs_nobody() {
        assert!(!is_well(&status(), None));
        assert!(is_well(&status(), Some("prometheus-eu")));
    }
}
