use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::model::{Action, BlobId, Intent, Journal as _};
use crate::state::{KeptText, TargetState};

#[test]
fn the_inventory_remembers_and_forgets() {
    let (_folder, state) = opened();
    let x = (id("default/a/x"), entry("x"));
    let y = (id("default/a/y"), entry("y"));
    state.refresh(&[x.clone(), y.clone()]).unwrap();
    let changed = (
        x.0.clone(),
        InventoryEntry {
            owner: None,
            ..entry("x2")
        },
    );
    state.refresh(std::slice::from_ref(&changed)).unwrap();
    assert_eq!(
        state.inventory().unwrap().entries,
        BTreeMap::from([changed.clone(), y.clone()])
    );
    state.forget(&[x.0]).unwrap();
    assert_eq!(state.inventory().unwrap().entries, BTreeMap::from([y]));
}

#[test]
fn each_target_has_its_own_progress() {
    let (_folder, state) = opened();
    let name = target("prometheus-eu");
    assert_eq!(state.target_state(&name).unwrap(), TargetState::default());
    let known = TargetState {
        revision: Some(commit(3)),
        last_success: Some(at(5)),
    };
    state.set_target_state(&name, &known).unwrap();
    assert_eq!(state.target_state(&name).unwrap(), known);
    assert_eq!(
        state.target_state(&target("other")).unwrap(),
        TargetState::default()
    );
}

#[test]
fn a_trailer_counts_once_a_target() {
    let (_folder, state) = opened();
    let (eu, us) = (target("prometheus-eu"), target("prometheus-us"));
    assert!(!state.trailer_used(&eu, commit(1)).unwrap());
    state.mark_trailer_used(&eu, commit(1), 20, at(0)).unwrap();
    state.mark_trailer_used(&eu, commit(1), 20, at(9)).unwrap();
    assert!(state.trailer_used(&eu, commit(1)).unwrap());
    assert!(!state.trailer_used(&eu, commit(2)).unwrap());
    assert!(!state.trailer_used(&us, commit(1)).unwrap());
}

#[test]
fn a_renamed_target_takes_everything_along() {
    let (_folder, state) = opened();
    let (old, new) = (target("prometheus-eu"), target("prom-eu"));
    state.refresh(&[(id("default/a/x"), entry("x"))]).unwrap();
    state
        .set_target_state(
            &old,
            &TargetState {
                revision: Some(commit(3)),
                last_success: None,
            },
        )
        .unwrap();
    state.mark_trailer_used(&old, commit(1), 20, at(0)).unwrap();
    let intent = Intent {
        target: old.clone(),
        changes: vec![(id("default/a/x"), Action::Update)],
        prior: Vec::new(),
    };
    state.begin(&intent).unwrap();

    assert!(state.rename_target(&old, &new).unwrap());
    assert!(
        !state.rename_target(&old, &new).unwrap(),
        "nothing is left to move"
    );

    let moved = ResourceId {
        target: new.clone(),
        ..id("default/a/x")
    };
    assert!(state.inventory().unwrap().entries.contains_key(&moved));
    assert_eq!(state.target_state(&new).unwrap().revision, Some(commit(3)));
    assert!(state.trailer_used(&new, commit(1)).unwrap());
    assert_eq!(
        state.pending(&new).unwrap()[0].1.changes,
        [(moved, Action::Update)]
    );
}

#[test]
fn what_is_known_under_the_new_name_stays() {
    let (_folder, state) = opened();
    let new = target("prom-eu");
    let theirs = ResourceId {
        target: new.clone(),
        ..id("default/a/x")
    };
    state
        .refresh(&[
            (id("default/a/x"), entry("old")),
            (theirs.clone(), entry("new")),
        ])
        .unwrap();
    state.rename_target(&target("prometheus-eu"), &new).unwrap();
    assert_eq!(
        state.inventory().unwrap().entries,
        BTreeMap::from([(theirs, entry("new"))])
    );
}

#[test]
fn last_good_texts_are_kept_while_a_file_is_held() {
    let (_folder, state) = opened();
    let (first, second) = (BlobId([1; 20]), BlobId([2; 20]));
    let changed = BTreeMap::from([(path("a.yaml"), first), (path("b.yaml"), first)]);
    state
        .set_good("platform", &changed, &BTreeSet::new())
        .unwrap();
    let kept = KeptText {
        blob: first,
        text: b"groups: []\n".to_vec(),
    };
    state.keep_text("platform", &path("a.yaml"), &kept).unwrap();
    assert_eq!(state.good_blobs("platform").unwrap(), changed);
    assert_eq!(
        state.kept_texts("platform").unwrap(),
        BTreeMap::from([(path("a.yaml"), kept)])
    );
    assert!(state.good_blobs("other").unwrap().is_empty());

    // Good again, and one gone.
    let changed = BTreeMap::from([(path("a.yaml"), second)]);
    state
        .set_good("platform", &changed, &BTreeSet::from([path("b.yaml")]))
        .unwrap();
    assert_eq!(state.good_blobs("platform").unwrap(), changed);
    assert!(state.kept_texts("platform").unwrap().is_empty());
}

#[test]
fn a_file_that_is_good_again_as_it_was_is_no_longer_kept() {
    let (_folder, state) = opened();
    let kept = KeptText {
        blob: BlobId([1; 20]),
        text: b"x".to_vec(),
    };
    state.keep_text("platform", &path("a.yaml"), &kept).unwrap();
    let changed = BTreeMap::from([(path("a.yaml"), kept.blob)]);
    state
        .set_good("platform", &changed, &BTreeSet::new())
        .unwrap();
    assert!(state.kept_texts("platform").unwrap().is_empty());
}
