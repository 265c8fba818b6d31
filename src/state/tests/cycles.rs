use std::time::Duration;

use rusqlite::Connection;

use super::*;
use crate::model::change::Desired;
use crate::model::{
    Action, Canonical, Change, CycleCounts, CycleResult, Outcome, OutcomeResult, Resource,
    RuleGroup, Spec,
};
use crate::state::{Applied, Batch, CycleRecord};

fn group() -> RuleGroup {
    RuleGroup {
        name: "group".to_owned(),
        interval: None,
        query_offset: None,
        limit: None,
        labels: std::collections::BTreeMap::new(),
        partial_response_strategy: None,
        rules: Vec::new(),
    }
}

fn change(name: &str, action: Action) -> Change {
    let id = id(name);
    let desired = (action != Action::Delete).then(|| Desired {
        resource: Arc::new(Resource {
            id: id.clone(),
            spec: Arc::new(Spec::RuleGroup(group())),
            owner: Some(Arc::from("team-a")),
            component: None,
            source: source(),
            adopt: false,
        }),
        canonical: crate::model::Form::tree(Canonical::Null),
        hash: Hash::of(name.as_bytes()),
    });
    Change {
        id,
        action,
        tenant: None,
        owner: Some(Arc::from("team-a")),
        source: Some(source()),
        fields: Vec::new(),
        impact: Vec::new(),
        desired,
        live_hash: None,
        expected: None,
        counts_as_deletes: 0,
        drift: false,
        after: Vec::new(),
    }
}

fn outcome(change: &Change, result: OutcomeResult) -> Outcome {
    Outcome {
        id: change.id.clone(),
        action: change.action,
        result,
        error: (result != OutcomeResult::Done).then(|| "HTTP 500".to_owned()),
        duration: Duration::from_millis(12),
    }
}

fn record(state: &State, cycle: i64, seconds: i64, what: &[(Change, OutcomeResult)]) {
    let outcomes: Vec<Outcome> = what
        .iter()
        .map(|(change, result)| outcome(change, *result))
        .collect();
    let changes: Vec<Applied<'_>> = what
        .iter()
        .zip(&outcomes)
        .map(|((change, _), outcome)| Applied {
            change,
            outcome,
            author: Some("Ada"),
        })
        .collect();
    let revision = commit(1).to_string();
    state
        .record(&Batch {
            cycle,
            at: at(seconds),
            revision: Some(&revision),
            changes: &changes,
        })
        .unwrap();
}

fn cycle(number: i64, seconds: i64, done: u64) -> CycleRecord {
    CycleRecord {
        number,
        revision: Some(commit(1).to_string()),
        started: at(seconds),
        ended: at(seconds + 1),
        repeats: 1,
        result: CycleResult::Done,
        counts: CycleCounts {
            done,
            unchanged: 4,
            ..CycleCounts::default()
        },
    }
}

fn count(state: &State, table: &str) -> i64 {
    let connection: &Connection = &state.lock();
    connection
        .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
            row.get(0)
        })
        .unwrap()
}

#[test]
fn the_inventory_follows_what_is_done_and_only_that() {
    let (_folder, state) = opened();
    let [x, y, z] = ["default/a/x", "default/a/y", "default/a/z"];
    state
        .refresh(&[(id(y), entry("y")), (id(z), entry("z"))])
        .unwrap();
    record(
        &state,
        1,
        0,
        &[
            (change(x, Action::Create), OutcomeResult::Done),
            (change(y, Action::Update), OutcomeResult::Failed),
            (change(z, Action::Delete), OutcomeResult::Done),
            (
                change("default/a/w", Action::Create),
                OutcomeResult::Skipped,
            ),
        ],
    );
    let entries = state.inventory().unwrap().entries;
    assert_eq!(entries.keys().cloned().collect::<Vec<_>>(), [id(x), id(y)]);
    assert_eq!(
        entries[&id(x)],
        InventoryEntry {
            hash: Hash::of(x.as_bytes()),
            ..entry("")
        }
    );
    assert_eq!(entries[&id(y)], entry("y"));
    assert_eq!(
        count(&state, "changes"),
        3,
        "what was not tried leaves no trace"
    );
    assert_eq!(state.last_cycle().unwrap(), 1);
}

#[test]
fn history_says_what_who_when_and_from_where() {
    let (_folder, state) = opened();
    let change = change("default/a/x", Action::Delete);
    record(&state, 4, 2, &[(change, OutcomeResult::Failed)]);
    let line: String = state
        .lock()
        .query_row(
            "SELECT concat_ws(' ', cycle, at, target, kind, name, action, drift, result, error, duration_ms,
                 revision, author, owner, repository, file, line) FROM changes",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(
        line,
        format!(
            "4 1800000002000 prometheus-eu rule_group default/a/x delete 0 failed HTTP 500 12 {} Ada team-a \
             platform teams/a/rules.yaml 7",
            commit(1)
        )
    );
}

#[test]
fn equal_quiet_cycles_are_one_row_that_is_updated() {
    let (_folder, path) = scratch();
    let state = State::open(&path).unwrap();
    state.end_cycle(&cycle(1, 0, 1)).unwrap();
    for number in 2..=500 {
        state.end_cycle(&cycle(number, number * 60, 0)).unwrap();
    }
    let last = CycleRecord {
        started: at(120),
        repeats: 499,
        ..cycle(500, 30_000, 0)
    };
    assert_eq!(state.recent_cycles(9).unwrap(), [last, cycle(1, 0, 1)]);
    assert_eq!(state.last_cycle().unwrap(), 500);
    drop(state);
    assert!(path.metadata().unwrap().len() < 100_000);
}

#[test]
fn a_quiet_cycle_that_finds_something_else_is_a_row_of_its_own() {
    let (_folder, state) = opened();
    state.end_cycle(&cycle(1, 0, 0)).unwrap();
    let mut held = cycle(2, 60, 0);
    held.result = CycleResult::Held;
    held.counts.held = 1;
    state.end_cycle(&held).unwrap();
    state.end_cycle(&cycle(3, 120, 0)).unwrap();
    let numbers: Vec<i64> = state
        .recent_cycles(2)
        .unwrap()
        .iter()
        .map(|cycle| cycle.number)
        .collect();
    assert_eq!(numbers, [3, 2]);
}

#[test]
fn history_is_kept_for_a_while_only() {
    const DAY: i64 = 86_400;
    let (_folder, state) = opened();
    let changes = |name| [(change(name, Action::Create), OutcomeResult::Done)];
    record(&state, 1, 0, &changes("default/a/x"));
    record(&state, 2, 50 * DAY, &changes("default/a/y"));
    for number in 1..=1_005 {
        state.end_cycle(&cycle(number, number, 1)).unwrap();
    }
    assert_eq!(
        (count(&state, "cycles"), count(&state, "changes")),
        (1_000, 2)
    );
    state.end_cycle(&cycle(1_006, 91 * DAY, 1)).unwrap();
    assert_eq!(
        (count(&state, "cycles"), count(&state, "changes")),
        (1_000, 1)
    );
}

#[test]
fn where_nothing_is_new_nothing_is_written() {
    let (_folder, path) = scratch();
    let state = State::open(&path).unwrap();
    let entries = [(id("default/a/x"), entry("x"))];
    let name = target("prometheus-eu");
    let progress = crate::state::TargetState {
        revision: Some(commit(1)),
        last_success: Some(at(0)),
    };
    let write = || {
        state.refresh(&entries).unwrap();
        state.set_target_state(&name, &progress).unwrap();
        state.forget(&[id("default/a/gone")]).unwrap();
        state.rename_target(&target("old"), &name).unwrap();
    };
    write();
    let wal = path.with_file_name("trueup.db-wal");
    let before = std::fs::read(&wal).unwrap();
    write();
    assert!(
        std::fs::read(&wal).unwrap() == before,
        "the -wal file has grown"
    );
}
