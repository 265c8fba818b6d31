//! What holds of every plan, on worlds in memory.

use proptest::prelude::*;
use trueup::model::target::DriftPolicy;
use trueup::model::{Action, Change, HeldReason, Ownership};
use trueup::plan::{Allowance, Limits, Plan, approve, digest};

use super::hold;
use super::memory::{World, container, id, key_of, name, site_of, world};

const CASES: u32 = 400;

const NO_LIMITS: Limits = Limits {
    max_deletes: u32::MAX,
    max_delete_percent: 100,
};

fn in_order(world: &World) -> Vec<usize> {
    (0..world.sites.len()).collect()
}

/// The changes that are approved under limits that allow all.
fn approved(plan: Plan) -> Vec<Change> {
    let any = Allowance {
        flag: Some(u32::MAX),
        ..Allowance::default()
    };
    let (_, approved) = approve(plan, NO_LIMITS, &any);
    let targets = approved.into_targets();
    targets
        .iter()
        .flat_map(|target| target.changes().to_vec())
        .collect()
}

/// Once applied, a plan is empty: with the inventory, and without any. In a calm world nothing of ours is left that is
/// not wanted.
pub fn quiet() {
    hold(CASES, &(world(), any::<bool>()), |(world, calm)| {
        let mut world = if calm { world.calm() } else { world };
        let order = in_order(&world);
        // What was moved to another target may be held until that has it: then once more.
        for _ in 0..2 {
            let plan = world.plan(&order, true);
            world.apply(&approved(plan));
        }
        for with_inventory in [true, false] {
            let plan = world.plan(&order, with_inventory);
            let kept = |change: &&Change| {
                // Without an inventory nobody knows that a difference is drift, which is only reported.
                with_inventory || world.sites[site_of(&change.id)].drift == DriftPolicy::Revert
            };
            let changes: Vec<_> = plan.changes().into_iter().filter(kept).collect();
            assert!(changes.is_empty(), "{changes:#?}");
        }
        let plan = world.plan(&order, true);
        for (at, site) in world.sites.iter().enumerate().filter(|_| calm) {
            for key in site.live.keys() {
                let ours = site.owners[usize::from(key.0)] == Ownership::Ours;
                let id = id(at, *key);
                // Where it moves to may have no place for it.
                let waits = plan.held().iter().any(|held| held.id.as_ref() == Some(&id));
                let wanted = site.wanted.contains_key(key);
                assert!(!ours || wanted || waits, "{id} was left behind");
            }
        }
    });
}

/// The order in which targets are handed in does not show.
pub fn order() {
    let worlds = world().prop_flat_map(|world| {
        let order = Just(in_order(&world)).prop_shuffle();
        (Just(world), order)
    });
    hold(CASES, &worlds, |(world, order)| {
        let (one, other) = (
            world.plan(&in_order(&world), true),
            world.plan(&order, true),
        );
        assert_eq!(one, other);
        assert_eq!(digest(&one), digest(&other));
    });
}

/// Only ours is updated or deleted, only nobody's is adopted, and what is in the way of a create is not somebody's.
pub fn ours() {
    hold(CASES, &world(), |world| {
        let plan = world.plan(&in_order(&world), true);
        for change in plan.changes() {
            let site = &world.sites[site_of(&change.id)];
            let key = key_of(&change.id);
            let there = site.live.keys().any(|(set, _)| *set == key.0);
            let owner = there.then(|| &site.owners[usize::from(key.0)]);
            let allowed: &[Option<&Ownership>] = match change.action {
                Action::Create => &[None, Some(&Ownership::Ours), Some(&Ownership::Nobody)],
                Action::Update | Action::Delete => &[Some(&Ownership::Ours)],
                Action::Adopt => &[Some(&Ownership::Nobody)],
            };
            assert!(
                allowed.contains(&owner),
                "{:?} {}: it is {owner:?}",
                change.action,
                change.id
            );
            assert_eq!(
                change.action == Action::Create,
                !site.live.contains_key(&key)
            );
            // What is made in a file that is nobody's is part of taking it over.
            if (change.action, owner) == (Action::Create, Some(&Ownership::Nobody)) {
                assert!(
                    site.adopt,
                    "{} would take over a file that nobody asked for",
                    change.id
                );
            }
        }
    });
}

/// What is not known is not changed; nothing is deleted while absence proves nothing; invalid and paused things stay.
pub fn unknown() {
    hold(CASES, &world(), |world| {
        let plan = world.plan(&in_order(&world), true);
        for change in plan.changes() {
            let site = &world.sites[site_of(&change.id)];
            let (set, group) = key_of(&change.id);
            let id = &change.id;
            assert!(!world.unknown, "{id}: the repository is unknown");
            assert!(!site.unknown, "{id}: the target is unknown");
            assert!(
                !site.unknown_sets.contains(&set),
                "{id}: the set is unknown"
            );
            assert!(!site.paused, "{id}: the target is paused");
            let delete = change.action == Action::Delete;
            assert!(
                !(delete && world.blocked),
                "{id}: deleted while something is broken"
            );
            for (invalid, of, _) in &world.invalid {
                let covers = *invalid == set && of.is_none_or(|of| of == group);
                assert!(
                    !(delete && covers),
                    "{id}: deleted while its definition is wrong"
                );
            }
        }
        // Whoever is left out is told why.
        for (at, site) in world.sites.iter().enumerate() {
            let held = plan.held();
            let mut told = held
                .iter()
                .filter(|held| held.target == name(at) && held.reason == HeldReason::ScopeUnknown);
            if site.unknown || world.unknown {
                assert_eq!(told.count(), 1);
            } else {
                for set in &site.unknown_sets {
                    let named = format!("{}:", container(*set));
                    assert!(told.any(|held| held.detail.starts_with(&named)));
                }
            }
        }
    });
}

/// Deletes within the limits go, or as many as were allowed; else none go, all of them are held, and everything else
/// goes on.
pub fn guard() {
    let limits = (0..6_u32, 0..100_u32);
    let worlds = (
        world(),
        limits,
        prop::option::of(0..8_u32),
        prop::option::of(0..8_u32),
    );
    hold(CASES, &worlds, |(world, (most, percent), flag, trailer)| {
        let before = world.plan(&in_order(&world), true);
        let limits = Limits {
            max_deletes: most,
            max_delete_percent: percent,
        };
        let allowance = Allowance {
            flag,
            without_trailers: false,
            by_target: trailer.map(|count| (name(0), count)).into_iter().collect(),
        };
        let (after, approved) = approve(before.clone(), limits, &allowance);
        let approved = approved.into_targets();
        for ((before, after), approved) in before.targets.iter().zip(&after.targets).zip(&approved)
        {
            assert_eq!(after.changes, approved.changes());
            let count =
                |changes: &[Change]| changes.iter().map(|c| c.counts_as_deletes).sum::<u32>();
            let gone = count(&after.changes);
            let trailer = trailer.filter(|_| before.target == name(0));
            let allowed = flag.max(trailer).unwrap_or(0);
            let owned = u32::try_from(before.owned).unwrap();
            let in_limits = gone <= most && (owned < 10 || gone * 100 <= percent * owned);
            assert!(
                in_limits || gone <= allowed,
                "{gone} of {owned} with {allowed} allowed"
            );
            assert!(
                gone == 0 || gone == count(&before.changes),
                "some deletes, and not others"
            );
            let deletes = after
                .changes
                .iter()
                .filter(|c| c.action == Action::Delete)
                .count();
            let made = after.changes.iter().any(|c| c.action == Action::Create);
            let emptied = deletes >= 2 && deletes == before.owned && !made;
            assert!(!emptied || gone <= allowed, "the target would be empty");
            for change in &before.changes {
                let goes = after.changes.contains(change);
                let held = after.held.iter().any(|held| {
                    held.id.as_ref() == Some(&change.id) && held.reason == HeldReason::OverLimit
                });
                assert!(goes != held, "{} is lost, or both held and made", change.id);
                assert!(
                    goes || change.counts_as_deletes > 0,
                    "{} is no delete",
                    change.id
                );
            }
        }
    });
}
