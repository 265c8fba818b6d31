use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::init::{Form, subscriber};
use super::*;
use crate::model::{
    Action, Change, Code, Commit, CommitId, CycleCounts, CycleResult, Diagnostic, Held, HeldReason,
    LogLevel, Outcome, OutcomeResult, Place, Position, RepoPath, ResourceId, ResourceKind,
    SourceRef, Span, TargetName,
};

/// Whatever else a line may hold is not in the contract.
const FIELDS: [&str; 17] = [
    "timestamp",
    "level",
    "message",
    "cycle",
    "revision",
    "target",
    "kind",
    "id",
    "action",
    "result",
    "owner",
    "file",
    "line",
    "author",
    "duration_ms",
    "reason",
    "error",
];

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What `work` logs.
fn captured(form: Form, level: LogLevel, work: impl FnOnce()) -> String {
    let captured = Captured::default();
    let writer = captured.clone();
    let (subscriber, _level) = subscriber(form, level, move || writer.clone());
    tracing::subscriber::with_default(subscriber, work);
    let bytes = captured.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

/// The lines that `work` logs, without their times, which must be RFC 3339 in UTC.
fn lines(level: LogLevel, work: impl FnOnce()) -> Vec<Value> {
    captured(Form::Json, level, work)
        .lines()
        .map(|line| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            let fields = line.as_object_mut().unwrap();
            let odd: Vec<_> = fields
                .keys()
                .filter(|key| !FIELDS.contains(&key.as_str()))
                .collect();
            assert!(odd.is_empty(), "not in the contract: {odd:?}");
            let time = fields.shift_remove("timestamp").unwrap();
            let time = time.as_str().unwrap();
            assert!(
                time.ends_with('Z') && time.parse::<jiff::Timestamp>().is_ok(),
                "{time}"
            );
            line
        })
        .collect()
}

fn target() -> TargetName {
    TargetName::new("prometheus-eu").unwrap()
}

fn change(drift: bool) -> Change {
    Change {
        id: ResourceId::new(target(), ResourceKind::RuleGroup, "default/a/x y"),
        action: Action::Update,
        tenant: None,
        owner: Some(Arc::from("team-a")),
        source: Some(SourceRef {
            repository: Arc::from("platform"),
            file: Arc::from("teams/a/rules.yaml"),
            line: 7,
        }),
        fields: Vec::new(),
        impact: Vec::new(),
        desired: None,
        live_hash: None,
        expected: None,
        counts_as_deletes: 0,
        drift,
        after: Vec::new(),
    }
}

fn end(change: &Change, result: OutcomeResult, error: Option<&str>) {
    let outcome = Outcome {
        id: change.id.clone(),
        action: change.action,
        result,
        error: error.map(str::to_owned),
        duration: Duration::from_millis(12),
    };
    ChangeEnded {
        cycle: 4,
        revision: Some("abc"),
        change,
        outcome: &outcome,
        author: Some("Ada"),
        repeated: false,
    }
    .emit();
}

#[test]
fn a_change_is_one_line_with_the_contracts_fields() {
    let lines = lines(LogLevel::Info, || {
        end(&change(false), OutcomeResult::Done, None);
        end(&change(true), OutcomeResult::Failed, Some("HTTP 500: no"));
        end(&change(false), OutcomeResult::Skipped, Some("cancelled"));
    });
    let done = json!({
        "level": "INFO", "message": "change applied", "cycle": 4, "revision": "abc",
        "target": "prometheus-eu", "kind": "rule_group",
        "id": "prometheus-eu/rule_group/default/a/x y", "action": "update", "result": "done",
        "owner": "team-a", "file": "teams/a/rules.yaml", "line": 7, "author": "Ada",
        "duration_ms": 12,
    });
    let mut failed = done.clone();
    failed["level"] = json!("ERROR");
    failed["message"] = json!("change failed");
    failed["result"] = json!("failed");
    failed["reason"] = json!("drift");
    failed["error"] = json!("HTTP 500: no");
    assert_eq!(lines, [done, failed], "what was not tried is for debugging");
}

#[test]
fn a_cycle_is_one_line_that_says_what_it_did() {
    let target = TargetName::new("prometheus-eu").unwrap();
    let cycle = |result, counts| CycleFinished {
        cycle: 5,
        target: &target,
        revision: Some("abc"),
        result,
        counts,
        duration: Duration::from_millis(30),
    };
    let quiet = CycleCounts {
        unchanged: 40,
        ..CycleCounts::default()
    };
    let busy = CycleCounts {
        done: 2,
        failed: 1,
        held: 3,
        ..quiet
    };
    let lines = lines(LogLevel::Info, || {
        cycle(CycleResult::Done, quiet).emit();
        cycle(CycleResult::Failed, busy).emit();
    });
    assert_eq!(
        lines,
        [
            json!({
                "level": "INFO", "message": "cycle finished: 40 unchanged", "cycle": 5,
                "target": "prometheus-eu",
                "revision": "abc", "result": "done", "duration_ms": 30,
            }),
            json!({
                "level": "WARN",
                "message": "cycle finished: 2 applied, 1 failed, 3 held, 40 unchanged",
                "cycle": 5, "target": "prometheus-eu", "revision": "abc", "result": "failed",
                "duration_ms": 30,
            }),
        ]
    );
}

#[test]
fn what_repeats_is_said_once() {
    let target = target();
    let lines = lines(LogLevel::Info, || {
        for repeated in [false, true] {
            let error = "connection refused";
            TargetFailing {
                cycle: 1,
                target: &target,
                error,
                repeated,
            }
            .emit();
            FetchFailed {
                error,
                duration: Duration::ZERO,
                repeated,
            }
            .emit();
        }
        TargetRecovered {
            cycle: 3,
            target: &target,
        }
        .emit();
        FetchRecovered.emit();
    });
    let messages: Vec<&str> = lines
        .iter()
        .map(|line| line["message"].as_str().unwrap())
        .collect();
    assert_eq!(
        messages,
        [
            "target failing",
            "repository cannot be read: what is live stays as it is",
            "target ok again",
            "repository can be read again",
        ]
    );
    assert_eq!(lines[0]["error"], "connection refused");
}

#[test]
fn every_other_event_keeps_to_the_contracts_fields() {
    let held = Held {
        target: target(),
        id: Some(change(false).id),
        action: Some(Action::Delete),
        reason: HeldReason::Invalid,
        detail: "teams/a/rules.yaml:7 is not valid".to_owned(),
        owner: Some("group:default/team".into()),
        source: None,
    };
    let position = Position { line: 7, column: 3 };
    let span = Span {
        start: position,
        end: position,
    };
    let place = Place::new(RepoPath::new("a.yaml").unwrap(), span);
    let diagnostic = Diagnostic::error(Code::PromqlInvalid, place, "unexpected end");
    let commit = Commit {
        id: CommitId([1; 20]),
        author: "Ada".to_owned(),
        subject: "Raise the limit".to_owned(),
        trailers: Vec::new(),
    };
    let lines = lines(LogLevel::Trace, || {
        ChangeHeld {
            cycle: 1,
            revision: None,
            held: &held,
        }
        .emit();
        DeletesAllowed {
            cycle: 1,
            target: &target(),
            revision: Some("abc"),
            author: Some("Ada"),
            allowed: 20,
        }
        .emit();
        DiagnosticFound {
            revision: Some("abc"),
            diagnostic: &diagnostic,
        }
        .emit();
        RevisionFetched {
            commit: &commit,
            duration: Duration::ZERO,
        }
        .emit();
        SettingsLoaded {
            file: Path::new("trueup.yaml"),
            instance: "acme",
            targets: 1,
        }
        .emit();
        ListenStarted {
            address: ([127, 0, 0, 1], 9797).into(),
            tls: true,
        }
        .emit();
        ShuttingDown { reason: "SIGTERM" }.emit();
        Stopped { error: None }.emit();
    });
    assert_eq!(
        lines[0],
        json!({
            "level": "WARN", "message": "held: teams/a/rules.yaml:7 is not valid", "cycle": 1,
            "target": "prometheus-eu", "kind": "rule_group", "action": "delete",
            "id": "prometheus-eu/rule_group/default/a/x y", "owner": "group:default/team", "reason": "invalid",
        })
    );
    assert_eq!(
        lines[2],
        json!({
            "level": "ERROR", "message": "unexpected end", "revision": "abc", "file": "a.yaml",
            "line": 7, "reason": "promql_invalid",
        })
    );
    assert_eq!(lines.len(), 8);
}

#[test]
fn events_of_the_http_side_keep_to_them_too() {
    let lines = lines(LogLevel::Trace, || {
        AcceptFailed {
            error: &io::Error::other("no more files"),
        }
        .emit();
        HandshakeFailed { reason: "no TLS" }.emit();
        FileFailed {
            file: Path::new("cert.pem"),
            error: "no such file",
        }
        .emit();
        FileRenewed {
            file: Path::new("cert.pem"),
        }
        .emit();
        WebhookReceived { looks: true }.emit();
        WebhookReceived { looks: false }.emit();
        WebhookIgnored {
            reason: "another branch",
        }
        .emit();
        WebhookRefused {
            reason: "the signature is wrong",
            more: 3,
        }
        .emit();
    });
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line["level"].as_str(), line["message"].as_str()))
        .map(|(level, message)| format!("{} {}", level.unwrap(), message.unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            "WARN an HTTP connection could not be accepted",
            "DEBUG a TLS handshake failed",
            "WARN a secret or certificate cannot be used",
            "INFO a secret or certificate was changed, and is in use",
            "INFO webhook: a push, looking at the repository",
            "DEBUG webhook: a push, which the look that waits already serves",
            "DEBUG webhook ignored",
            "WARN webhook refused, and 3 more since this was said",
        ]
    );
    assert_eq!(lines[2]["file"], "cert.pem");
}

/// A day in which names of everything come and go: the number of series is that of the settings.
#[test]
fn a_day_of_churn_adds_no_series() {
    const TARGETS: [&str; 3] = ["churn-a", "churn-b", "churn-c"];
    let kinds = [ResourceKind::RuleGroup, ResourceKind::Dashboard];
    let results = [OutcomeResult::Done, OutcomeResult::Failed];
    let actions = [
        Action::Create,
        Action::Update,
        Action::Adopt,
        Action::Delete,
    ];
    // A pass every five minutes, and as many commits.
    for pass in 0..288 {
        let commit = Commit {
            id: CommitId([u8::try_from(pass % 256).unwrap(); 20]),
            author: format!("Author {pass}"),
            subject: format!("Commit {pass}"),
            trailers: Vec::new(),
        };
        RevisionFetched {
            commit: &commit,
            duration: Duration::from_millis(pass),
        }
        .emit();
        for target in TARGETS.map(|name| TargetName::new(name).unwrap()) {
            for kind in kinds {
                for (action, result) in actions.into_iter().flat_map(|a| results.map(|r| (a, r))) {
                    let mut change = change(false);
                    change.id =
                        ResourceId::new(target.clone(), kind, format!("ns/set-{pass}/{pass}"));
                    change.action = action;
                    end(&change, result, Some(&format!("error {pass}")));
                }
            }
            TargetSeen {
                target: &target,
                resources: &kinds
                    .into_iter()
                    .map(|kind| (kind, metrics::Resources::default()))
                    .collect(),
                last_success: None,
                paused: false,
                pending_deletes: 0,
            }
            .emit();
            for status_class in ["2xx", "4xx", "5xx", "none"] {
                RequestEnded {
                    target: &target,
                    method: "GET",
                    status_class,
                    duration: Duration::from_millis(pass),
                }
                .emit();
            }
        }
    }
    let text = metrics::render();
    let series = text.lines().filter(|line| !line.starts_with('#'));
    let (ours, others): (Vec<_>, Vec<_>) =
        series.partition(|line| line.contains("target=\"churn-"));
    // Of each target: success, pause, deletes; kinds by states; changes; requests by class, as histograms.
    let each = 3 + 2 * 4 + 2 * 4 * 2 + 4 * (11 + 1 + 2);
    assert_eq!(ours.len(), TARGETS.len() * each, "{ours:#?}");
    let revisions = others.iter().filter(|line| line.contains("revision="));
    assert_eq!(revisions.count(), 1);
    assert!(!text.contains("set-") && !text.contains("Author"), "{text}");
}

#[test]
fn text_stays_one_line_an_event_whatever_others_say() {
    let commit = Commit {
        id: CommitId([1; 20]),
        author: "A\u{1b}[1mda".to_owned(),
        subject: "Raise\r\n2026 INFO fake \u{1b}[31mlimit".to_owned(),
        trailers: Vec::new(),
    };
    let text = captured(Form::Text { colour: false }, LogLevel::Info, || {
        let duration = Duration::ZERO;
        RevisionFetched {
            commit: &commit,
            duration,
        }
        .emit();
        end(
            &change(false),
            OutcomeResult::Failed,
            Some("no\n\u{1b}[31mred"),
        );
    });
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(!text.contains(['\u{1b}', '\r']), "{text}");
    assert!(text.contains(r#"target="prometheus-eu""#), "{text}");
}

#[test]
fn the_level_can_be_changed_while_it_logs() {
    let captured = Captured::default();
    let writer = captured.clone();
    let (subscriber, level) = subscriber(Form::Json, LogLevel::Warn, move || writer.clone());
    // Nobody logs through `init` here; nothing happens.
    set_level(LogLevel::Trace);
    tracing::subscriber::with_default(subscriber, || {
        let speak = |at: &str| {
            tracing::info!("info at {at}");
            tracing::debug!("debug at {at}");
            tracing::debug!(target: "hyper", "canary");
        };
        speak("warn");
        level.set(LogLevel::Debug);
        speak("debug");
        level.set(LogLevel::Info);
        speak("info");
        level.set(LogLevel::Error);
        speak("error");
        tracing::warn!(target: "notify", "canary");
    });
    let text = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    let messages: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["message"].clone())
        .collect();
    assert_eq!(
        messages,
        ["info at debug", "debug at debug", "info at info"]
    );
}

#[test]
fn of_libraries_only_warnings_are_shown() {
    let text = captured(Form::Json, LogLevel::Trace, || {
        tracing::debug!(target: "hyper", "authorization: canary");
        tracing::info!(target: "reqwest::connect", "canary");
        tracing::warn!(target: "notify", "watch lost");
    });
    assert!(
        text.contains("watch lost") && !text.contains("canary"),
        "{text}"
    );
    let text = captured(Form::Json, LogLevel::Error, || {
        tracing::warn!(target: "notify", "watch lost");
    });
    assert_eq!(text, "");
}
