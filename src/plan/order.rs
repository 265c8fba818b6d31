//! What comes before what.

use std::collections::BTreeMap;

use super::{Peer, TargetInput, TargetPlan, Wanted};
use crate::model::{
    Action, Change, Held, HeldReason, Observation, ResourceId, ResourceKind, TargetName,
};

/// Creates, updates and adoptions by id, which is also the order in which one needs the other: kinds, and
/// folders before what is in them. Then deletes: kinds the other way, and folders after what is in them.
pub(super) fn within(changes: &mut [Change]) {
    changes.sort_by(|a, b| {
        let last = |change: &Change| change.action == Action::Delete;
        let goes_last = last(a).cmp(&last(b));
        let ids = match a.action {
            Action::Delete => b.id.kind.cmp(&a.id.kind).then_with(|| match a.id.kind {
                ResourceKind::Folder => b.id.cmp(&a.id),
                ResourceKind::RuleGroup
                | ResourceKind::DataSource
                | ResourceKind::Dashboard
                | ResourceKind::Route => a.id.cmp(&b.id),
            }),
            Action::Create | Action::Update | Action::Adopt => a.id.cmp(&b.id),
        };
        goes_last.then(ids)
    });
}

/// What was moved from one target to another is deleted only where its new place has it: such a delete
/// waits for the creates of this plan, and is held where those are.
pub(super) fn across_targets(
    targets: &mut [TargetPlan],
    inputs: &[TargetInput<'_>],
    peers: &[Peer<'_>],
) {
    let deletes = targets.iter().flat_map(|target| &target.changes);
    if !deletes.into_iter().any(|c| c.action == Action::Delete) {
        return;
    }
    let mut homes = homes(targets, inputs);
    for peer in peers {
        for id in peer.desired.keys() {
            let home = if peer.live.contains(id) {
                Home::There
            } else {
                Home::NotYet
            };
            let name = peer.target.clone();
            homes.entry(key(id)).or_default().insert(name, home);
        }
    }
    for target in targets {
        let mut kept = Vec::with_capacity(target.changes.len());
        for mut change in std::mem::take(&mut target.changes) {
            let new_homes = match change.action {
                Action::Delete => homes.get(&key(&change.id)),
                Action::Create | Action::Update | Action::Adopt => None,
            };
            let Some(new_homes) = new_homes else {
                kept.push(change);
                continue;
            };
            let stuck = new_homes.iter().find(|(_, home)| **home == Home::NotYet);
            if let Some((name, _)) = stuck {
                target.held.push(wait_for(&change, name));
                continue;
            }
            let coming = new_homes.iter().filter(|(_, home)| **home == Home::Coming);
            change.after = coming.map(|(name, _)| name.clone()).collect();
            kept.push(change);
        }
        target.changes = kept;
    }
}

/// Whether a target that should have something does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Home {
    There,
    /// This plan makes it.
    Coming,
    /// It is held, or the target is not known.
    NotYet,
}

type Key = (ResourceKind, std::sync::Arc<str>);

/// Where something is wanted, by target: their order is not that of the input.
type Homes = BTreeMap<Key, BTreeMap<TargetName, Home>>;

fn key(id: &ResourceId) -> Key {
    (id.kind, id.name.clone())
}

/// For everything wanted, on which targets it is wanted and whether it is there.
fn homes(targets: &[TargetPlan], inputs: &[TargetInput<'_>]) -> Homes {
    let mut homes = Homes::new();
    let moved: std::collections::BTreeSet<Key> = targets
        .iter()
        .flat_map(|target| &target.changes)
        .filter(|change| change.action == Action::Delete)
        .map(|change| key(&change.id))
        .collect();
    for input in inputs {
        let plan = targets.iter().find(|plan| plan.target == input.target.name);
        for (id, wanted) in &input.wanted {
            if !moved.contains(&key(id)) {
                continue;
            }
            let planned = plan.is_some_and(|plan| plan.changes.iter().any(|c| c.id == *id));
            let live = match input.observation {
                Observation::Known(observed) => observed.live.contains_key(id),
                Observation::Unknown { .. } => false,
            };
            let home = match wanted {
                Wanted::Normalised(_) if live => Home::There,
                Wanted::Normalised(_) if planned => Home::Coming,
                Wanted::Normalised(_) | Wanted::Unsupported { .. } => Home::NotYet,
            };
            let name = input.target.name.clone();
            homes.entry(key(id)).or_default().insert(name, home);
        }
    }
    homes
}

fn wait_for(change: &Change, target: &TargetName) -> Held {
    Held {
        target: change.id.target.clone(),
        id: Some(change.id.clone()),
        action: Some(change.action),
        reason: HeldReason::DependsOn,
        detail: format!("it moves to {target}, which does not have it yet"),
        owner: change.owner.clone(),
        source: change.source.clone(),
    }
}
