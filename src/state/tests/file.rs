use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::*;
use crate::model::{Action, Intent, Journal as _, PriorFile};
use crate::state::{StateError, StateView};

fn intent() -> Intent {
    Intent {
        target: target("prometheus-eu"),
        changes: vec![
            (id("default/a/b/c d"), Action::Create),
            (id("default/a/z"), Action::Delete),
        ],
        prior: vec![
            PriorFile {
                name: "default.a.yaml".to_owned(),
                content: Some(b"groups: []\xff".to_vec()),
            },
            PriorFile {
                name: "default.b.yaml".to_owned(),
                content: None,
            },
        ],
    }
}

fn files_beside(path: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn an_intent_that_did_not_end_is_there_after_a_crash() {
    let (_folder, path) = scratch();
    let state = State::open(&path).unwrap();
    let first = state.begin(&intent()).unwrap();
    let second = state.begin(&intent()).unwrap();
    state.end(first).unwrap();
    drop(state);

    let state = State::open(&path).unwrap();
    let pending = state.pending(&target("prometheus-eu")).unwrap();
    assert_eq!(pending, [(second, intent())]);
    assert_eq!(state.pending(&target("other")).unwrap(), []);
    state.end(second).unwrap();
    assert!(
        state.begin(&intent()).unwrap() > second,
        "numbers are not given again"
    );
}

#[test]
fn what_was_begun_is_on_disk_before_begin_returns() {
    let (_folder, path) = scratch();
    let state = State::open(&path).unwrap();
    let number = state.begin(&intent()).unwrap();
    // The files as a killed process leaves them: the -wal not yet merged.
    let copied = tempfile::tempdir().unwrap();
    for suffix in ["", "-wal"] {
        let name = format!("trueup.db{suffix}");
        std::fs::copy(path.with_file_name(&name), copied.path().join(&name)).unwrap();
    }
    let copied = copied.path().join("trueup.db");
    let seen = StateView::open(&copied).unwrap();
    assert_eq!(
        seen.pending_intents(&target("prometheus-eu")).unwrap(),
        [(number, intent())]
    );
    let after = State::open(&copied).unwrap();
    assert_eq!(
        after.pending(&target("prometheus-eu")).unwrap(),
        [(number, intent())]
    );
}

#[test]
fn a_second_writer_is_told_who_has_it() {
    let (_folder, path) = scratch();
    let state = State::open(&path).unwrap();
    let error = State::open(&path).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains(&format!("in use by process {}", std::process::id())),
        "{text}"
    );
    assert!(text.contains("state.path"), "{text}");
    drop(state);
    State::open(&path).unwrap();
}

#[test]
fn only_this_user_may_read_it() {
    let (_folder, path) = scratch();
    let state = State::open(&path).unwrap();
    state.begin(&intent()).unwrap();
    for name in [
        "trueup.db",
        "trueup.db-wal",
        "trueup.db-shm",
        "trueup.db.lock",
    ] {
        let meta = path.with_file_name(name).metadata().unwrap();
        assert_eq!(meta.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_view_of_a_missing_file_is_empty_and_makes_none() {
    let (folder, path) = scratch();
    let view = StateView::open(&path).unwrap();
    assert!(view.inventory().unwrap().entries.is_empty());
    assert_eq!(view.last_cycle().unwrap(), 0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_view_works_beside_a_writer() {
    let (_folder, path) = scratch();
    let state = State::open(&path).unwrap();
    state.refresh(&[(id("default/a/x"), entry("x"))]).unwrap();
    let view = StateView::open(&path).unwrap();
    state.refresh(&[(id("default/a/y"), entry("y"))]).unwrap();
    assert_eq!(view.inventory().unwrap().entries.len(), 1, "of one moment");
    let later = StateView::open(&path).unwrap();
    assert_eq!(later.inventory().unwrap().entries.len(), 2);
}

#[test]
fn a_link_leads_to_the_same_lock_and_content() {
    let (folder, path) = scratch();
    let state = State::open(&path).unwrap();
    state.refresh(&[(id("default/a/x"), entry("x"))]).unwrap();
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let error = State::open(&link).unwrap_err();
    assert!(matches!(error, StateError::Locked { .. }), "{error}");
    let view = StateView::open(&link).unwrap();
    assert_eq!(view.inventory().unwrap().entries.len(), 1);
}

#[test]
fn another_programs_file_is_not_changed() {
    let (_folder, path) = scratch();
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    let theirs = rusqlite::Connection::open(&path).unwrap();
    theirs.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(theirs);
    let before = std::fs::read(&path).unwrap();
    let error = State::open(&path).unwrap_err();
    assert!(matches!(error, StateError::Foreign { .. }), "{error}");
    assert!(std::fs::read(&path).unwrap() == before);
}

#[test]
fn a_view_after_a_clean_stop_leaves_no_files_behind() {
    let (_folder, path) = scratch();
    let odd = path.with_file_name("true up?#%.db");
    let state = State::open(&odd).unwrap();
    state.refresh(&[(id("default/a/x"), entry("x"))]).unwrap();
    drop(state);
    let before = files_beside(&odd);
    let view = StateView::open(&odd).unwrap();
    assert_eq!(view.inventory().unwrap().entries.len(), 1);
    assert_eq!(files_beside(&odd), before);
    assert_eq!(before, ["true up?#%.db", "true up?#%.db.lock"]);
}

#[test]
fn a_damaged_file_says_what_to_do() {
    let (_folder, path) = scratch();
    let state = State::open(&path).unwrap();
    let entries: Vec<_> = (0..500)
        .map(|number| (id(&format!("default/a/{number}")), entry("x")))
        .collect();
    state.refresh(&entries).unwrap();
    drop(state);
    let length = path.metadata().unwrap().len();
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(8192)).unwrap();
    file.write_all(&vec![0x5a; usize::try_from(length).unwrap() - 8192])
        .unwrap();
    let error = State::open(&path).unwrap_err();
    assert!(matches!(error, StateError::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains("away"), "{error}");
}

#[test]
fn a_file_that_is_no_database_is_left_as_it_is() {
    let (_folder, path) = scratch();
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "settings: these\n".repeat(100)).unwrap();
    let error = State::open(&path).unwrap_err();
    assert!(matches!(error, StateError::Corrupt { .. }), "{error}");
    let error = StateView::open(&path).unwrap_err();
    assert!(matches!(error, StateError::Corrupt { .. }), "{error}");
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .starts_with("settings")
    );
}
