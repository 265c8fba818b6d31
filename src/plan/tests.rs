mod grafana;

use std::collections::BTreeMap;

use super::*;
use crate::model::Tenants;
use crate::model::capabilities::Product;
use crate::model::hold::Covers;
use crate::model::live::{Live, Observed, Occupied, Ownership, UnknownPart};
use crate::model::target::DriftPolicy;
use crate::model::{Action, Canonical, Capabilities, RuleGroup, SourceRef, Spec};

const LIMITS: Limits = Limits {
    max_deletes: 10,
    max_delete_percent: 30,
};

/// A target with what is wanted, live and remembered, built up a line at a time.
struct World {
    target: Target,
    wanted: BTreeMap<ResourceId, Wanted>,
    observed: Observed,
    inventory: BTreeMap<ResourceId, InventoryEntry>,
    invalid: Vec<Invalid>,
    blocks: Vec<Block>,
}

fn rules(text: &str) -> Canonical {
    let items = text.split(' ').filter(|rule| !rule.is_empty()).map(|rule| {
        let (name, expr) = rule.split_once(':').unwrap_or((rule, "up"));
        let (name, severity) = name.split_once('@').unwrap_or((name, "page"));
        let labels = Canonical::map([("severity", Canonical::text(severity))]);
        let fields = [
            ("alert", Canonical::text(name)),
            ("expr", Canonical::text(expr)),
            ("labels", labels),
        ];
        (format!("alert={name}"), Canonical::map(fields))
    });
    Canonical::map([("rules", Canonical::keyed(items))])
}

fn source() -> SourceRef {
    SourceRef {
        repository: "platform".into(),
        file: "rules.yaml".into(),
        line: 4,
    }
}

impl World {
    fn new() -> Self {
        Self::named("eu")
    }

    fn named(name: &str) -> Self {
        Self {
            target: Target {
                name: TargetName::new(name).unwrap(),
                aliases: vec![],
                labels: BTreeMap::new(),
                kinds: &[ResourceKind::RuleGroup],
                paused: None,
                drift: DriftPolicy::Revert,
                owner_tag: false,
                composing: None,
            },
            wanted: BTreeMap::new(),
            observed: Observed {
                capabilities: Capabilities {
                    product: Product::Prometheus,
                    version: None,
                    grafana: None,
                },
                live: BTreeMap::new(),
                occupied: BTreeMap::new(),
                unknown: vec![],
                refused: BTreeMap::new(),
                routing: None,
                diagnostics: vec![],
            },
            inventory: BTreeMap::new(),
            invalid: vec![],
            blocks: vec![],
        }
    }

    fn id(&self, name: &str) -> ResourceId {
        ResourceId::new(self.target.name.clone(), ResourceKind::RuleGroup, name)
    }

    fn desired(&self, name: &str, text: &str, adopt: bool) -> Desired {
        let canonical = rules(text);
        Desired {
            resource: Arc::new(Resource {
                id: self.id(name),
                spec: Arc::new(Spec::RuleGroup(RuleGroup {
                    name: name.to_owned(),
                    interval: None,
                    query_offset: None,
                    limit: None,
                    labels: BTreeMap::new(),
                    partial_response_strategy: None,
                    rules: vec![],
                })),
                owner: None,
                component: None,
                source: source(),
                adopt,
            }),
            hash: canonical.hash(),
            canonical: crate::model::Form::tree(canonical),
        }
    }

    fn want(mut self, name: &str, text: &str) -> Self {
        let desired = self.desired(name, text, false);
        self.wanted
            .insert(self.id(name), Wanted::Normalised(desired));
        self
    }

    fn want_adopting(mut self, name: &str, text: &str) -> Self {
        let desired = self.desired(name, text, true);
        self.wanted
            .insert(self.id(name), Wanted::Normalised(desired));
        self
    }

    fn live(mut self, name: &str, text: &str, ownership: Ownership) -> Self {
        let canonical = rules(text);
        let id = self.id(name);
        let container = id.container().unwrap().to_owned();
        self.observed.occupied.entry(container).or_insert(Occupied {
            kind: ResourceKind::RuleGroup,
            ownership: ownership.clone(),
            description: "the file default.set.yaml".to_owned(),
            unreadable: false,
            version: Some("v1".to_owned()),
        });
        self.observed.live.insert(
            id,
            Live {
                hash: canonical.hash(),
                canonical: crate::model::Form::tree(canonical),
                version: Some("v1".to_owned()),
                ownership,
                residue: false,
                handle: None,
                title: None,
                keep: None,
                changed: None,
            },
        );
        self
    }

    fn ours(self, name: &str, text: &str) -> Self {
        self.live(name, text, Ownership::Ours)
    }

    fn applied(mut self, name: &str, text: &str) -> Self {
        let desired = self.desired(name, text, false);
        let entry = decide::entry(&desired, Some("c0"));
        self.inventory.insert(self.id(name), entry);
        self
    }

    fn invalid(mut self, covers: Covers) -> Self {
        self.invalid.push(Invalid {
            covers,
            detail: "rules.yaml:4:1: bad".to_owned(),
            source: source(),
            targets: vec![self.target.name.clone()],
        });
        self
    }

    fn plan(&self) -> TargetPlan {
        plan_all(&[self]).targets.remove(0)
    }
}

fn plan_all(worlds: &[&World]) -> Plan {
    plan_beside(worlds, &[])
}

fn plan_beside(worlds: &[&World], peers: &[Peer<'_>]) -> Plan {
    let observations: Vec<Observation> = worlds
        .iter()
        .map(|world| Observation::Known(world.observed.clone()))
        .collect();
    let inputs: Vec<TargetInput<'_>> = worlds
        .iter()
        .zip(&observations)
        .map(|(world, observation)| TargetInput {
            target: &world.target,
            wanted: world.wanted.clone(),
            observation,
            inventory: world.inventory.iter().collect(),
        })
        .collect();
    let common = Common {
        unknown: None,
        invalid: &worlds[0].invalid,
        blocks: &worlds[0].blocks,
        tenants: &Tenants::default(),
        revision: Some("c1"),
        peers,
    };
    plan(&inputs, common)
}

fn actions(plan: &TargetPlan) -> Vec<String> {
    let changes = plan.changes.iter();
    changes
        .map(|c| format!("{} {}", c.action.as_str(), c.id.name))
        .collect()
}

fn holds(plan: &TargetPlan) -> Vec<String> {
    let held = plan.held.iter();
    held.map(|held| {
        let id = held.id.as_ref().map_or("*", |id| &id.name);
        format!("{} {id}", held.reason.as_str())
    })
    .collect()
}

#[test]
fn equal_is_no_change_and_the_inventory_learns_it() {
    let plan = World::new().want("d/s/g", "A").ours("d/s/g", "A").plan();
    assert!(plan.changes.is_empty() && plan.held.is_empty());
    assert_eq!(plan.unchanged[&ResourceKind::RuleGroup], 1);
    assert_eq!(plan.bookkeeping.refresh.len(), 1);
    let known = World::new().want("d/s/g", "A").ours("d/s/g", "A");
    let plan = known.applied("d/s/g", "A").plan();
    assert_eq!(plan.bookkeeping, Bookkeeping::default());
}

#[test]
fn creates_updates_and_deletes_in_that_order() {
    let plan = World::new()
        .want("d/s/z", "A")
        .want("d/s/b", "A:up>1")
        .ours("d/s/b", "A:up>0")
        .ours("d/s/a", "C")
        .plan();
    assert_eq!(
        actions(&plan),
        ["update d/s/b", "create d/s/z", "delete d/s/a"]
    );
    assert_eq!(plan.changes[0].fields[0].path, "/rules/alert=A/expr");
    assert_eq!(plan.changes[0].expected.as_deref(), Some("v1"));
    assert_eq!(
        plan.changes[2].impact,
        ["alert C: removed, it resolves if it is firing"]
    );
}

#[test]
fn an_empty_state_plans_the_same() {
    let world = || {
        World::new()
            .want("d/s/a", "A")
            .ours("d/s/b", "A")
            .ours("d/s/a", "B")
    };
    let with = world().applied("d/s/b", "A").applied("d/s/a", "B").plan();
    assert_eq!(actions(&world().plan()), actions(&with));
}

#[test]
fn what_is_theirs_is_left_alone() {
    let theirs = Ownership::Theirs("Trueup instance other".to_owned());
    let world = World::new()
        .want("d/s/g", "A")
        .want("d/s/new", "A")
        .live("d/s/g", "A", theirs.clone())
        .live("d/t/g", "A", theirs);
    let plan = world.plan();
    assert!(plan.changes.is_empty());
    assert_eq!(holds(&plan), ["not_ours d/s/g", "not_ours d/s/new"]);
    assert!(plan.held[0].detail.contains("Trueup instance other"));
}

#[test]
fn nobodys_is_adopted_where_equal_or_on_purpose() {
    let equal = World::new()
        .want("d/s/g", "A")
        .live("d/s/g", "A", Ownership::Nobody);
    assert_eq!(actions(&equal.plan()), ["adopt d/s/g"]);
    let differs = World::new()
        .want("d/s/g", "A:2")
        .live("d/s/g", "A:1", Ownership::Nobody);
    let plan = differs.plan();
    assert_eq!(holds(&plan), ["not_ours d/s/g"]);
    assert!(plan.held[0].detail.contains("trueup.dev/adopt"));
    let asked = World::new()
        .want_adopting("d/s/g", "A:2")
        .live("d/s/g", "A:1", Ownership::Nobody);
    assert_eq!(actions(&asked.plan()), ["adopt d/s/g"]);
    let more = World::new()
        .want_adopting("d/s/g", "A")
        .live("d/s/g", "A", Ownership::Nobody)
        .live("d/s/other", "A", Ownership::Nobody);
    let plan = more.plan();
    assert_eq!(holds(&plan), ["not_ours d/s/g"]);
    assert!(plan.held[0].detail.contains("other"));
}

#[test]
fn nobodys_is_never_deleted() {
    let plan = World::new().live("d/s/g", "A", Ownership::Nobody).plan();
    assert!(plan.changes.is_empty() && plan.held.is_empty());
}

#[test]
fn a_block_holds_deletes_and_names_itself() {
    let mut world = World::new().want("d/s/a", "A").ours("d/s/b", "A");
    world.blocks.push(Block {
        detail: "rules/x.yaml does not parse".to_owned(),
        place: None,
    });
    let plan = world.plan();
    assert_eq!(actions(&plan), ["create d/s/a"]);
    assert_eq!(holds(&plan), ["invalid d/s/b"]);
    assert!(plan.held[0].detail.contains("rules/x.yaml"));
}

#[test]
fn what_an_invalid_definition_stands_for_stays() {
    let group = Covers::Resource {
        kind: ResourceKind::RuleGroup,
        name: "d/s/g".to_owned(),
    };
    let plan = World::new()
        .ours("d/s/g", "A")
        .ours("d/s/h", "A")
        .invalid(group)
        .plan();
    assert_eq!(actions(&plan), ["delete d/s/h"]);
    assert_eq!(holds(&plan), ["invalid d/s/g"]);
    let set = Covers::Container {
        kind: ResourceKind::RuleGroup,
        container: "d/s".to_owned(),
    };
    let plan = World::new().ours("d/s/g", "A").invalid(set.clone()).plan();
    assert_eq!(holds(&plan), ["invalid d/s/g"]);
    assert_eq!(
        holds(&World::new().invalid(set.clone()).plan()),
        ["invalid d/s"]
    );
    assert!(plan.changes.is_empty());
    // At its last good text nothing has to be done, and still somebody has to look at it.
    let plan = World::new()
        .ours("d/s/g", "A")
        .want("d/s/g", "A")
        .invalid(set)
        .plan();
    assert_eq!(holds(&plan), ["invalid d/s"]);
    assert_eq!(plan.held[0].action, Some(Action::Update));
    assert!(plan.changes.is_empty());
}

#[test]
fn unknown_is_not_empty() {
    let world = World::new().want("d/s/a", "A");
    let observation = Observation::Unknown {
        reason: "GET /api/v1/rules: 401".to_owned(),
    };
    let input = TargetInput {
        target: &world.target,
        wanted: world.wanted.clone(),
        observation: &observation,
        inventory: BTreeMap::new(),
    };
    let common = Common {
        unknown: None,
        invalid: &[],
        blocks: &[],
        tenants: &Tenants::default(),
        revision: None,
        peers: &[],
    };
    let plan = plan(&[input], common).targets.remove(0);
    assert!(plan.changes.is_empty() && !plan.known);
    assert_eq!(holds(&plan), ["scope_unknown *"]);
}

#[test]
fn an_unknown_part_is_left_alone_and_the_rest_goes_on() {
    let mut world = World::new().want("d/s/a", "A").want("d/t/a", "A");
    world.observed.unknown.push(UnknownPart {
        kind: ResourceKind::RuleGroup,
        container: Some("d/s".to_owned()),
        reason: "permission denied".to_owned(),
    });
    let plan = world.plan();
    assert_eq!(actions(&plan), ["create d/t/a"]);
    assert_eq!(holds(&plan), ["scope_unknown *"]);
}

#[test]
fn a_hand_edit_is_drift_and_is_reverted_or_reported() {
    let world = || {
        World::new()
            .want("d/s/g", "A:1")
            .applied("d/s/g", "A:1")
            .ours("d/s/g", "A:2")
    };
    let plan = world().plan();
    assert!(plan.changes[0].drift);
    let mut reporting = world();
    reporting.target.drift = DriftPolicy::Report;
    let plan = reporting.plan();
    assert!(plan.changes.is_empty());
    assert_eq!(holds(&plan), ["paused d/s/g"]);
    assert!(plan.held[0].detail.contains("/rules/alert=A/expr"));
    let mut committed = World::new()
        .want("d/s/g", "A:3")
        .applied("d/s/g", "A:1")
        .ours("d/s/g", "A:2");
    committed.target.drift = DriftPolicy::Report;
    assert_eq!(actions(&committed.plan()), ["update d/s/g"]);
}

#[test]
fn a_paused_target_changes_nothing() {
    let mut world = World::new().want("d/s/g", "A").ours("d/s/h", "A");
    world.target.paused = Some("paused".into());
    let plan = world.plan();
    assert!(plan.changes.is_empty());
    assert_eq!(holds(&plan), ["paused d/s/g", "paused d/s/h"]);
}

#[test]
fn changed_labels_reset_an_alert_and_changed_expressions_do_not() {
    let world = World::new()
        .want("d/s/g", "A@page:1 B:2")
        .ours("d/s/g", "A@warn:1 B:1");
    let plan = world.plan();
    assert_eq!(
        plan.changes[0].impact,
        ["alert A: state resets (labels change)"]
    );
}

#[test]
fn a_moved_alert_is_not_called_removed() {
    let plan = World::new().want("d/t/g", "A").ours("d/s/g", "A B").plan();
    assert_eq!(
        plan.changes[1].impact,
        [
            "alert A: state resets (moves to d/t/g)",
            "alert B: removed, it resolves if it is firing"
        ]
    );
}

#[test]
fn the_guard_counts_and_can_be_told() {
    let mut world = World::new().want("d/s/keep", "A");
    for index in 0..11 {
        world = world.ours(&format!("d/s/g{index}"), "A");
    }
    let (plan, approved) = approve(plan_all(&[&world]), LIMITS, &Allowance::default());
    assert_eq!(actions(&plan.targets[0]), ["create d/s/keep"]);
    assert!(
        plan.targets[0].held[0]
            .detail
            .contains("--allow-deletes 11")
    );
    assert_eq!(approved.into_targets()[0].changes().len(), 1);
    for (flag, trailer, through) in [
        (Some(11), None, true),
        (None, Some(11), true),
        (Some(10), Some(3), false),
    ] {
        let allowance = Allowance {
            flag,
            without_trailers: false,
            by_target: trailer
                .map(|n| (world.target.name.clone(), n))
                .into_iter()
                .collect(),
        };
        let (_, approved) = approve(plan_all(&[&world]), LIMITS, &allowance);
        let approved = approved.into_targets().remove(0);
        assert_eq!(approved.changes().len() == 12, through);
        assert_eq!(approved.used_allowance(), through);
    }
}

#[test]
fn the_guard_knows_shares_and_emptiness() {
    let mut many = World::new();
    for index in 0..10 {
        let name = format!("d/s/g{index}");
        many = many.ours(&name, "A");
        if index > 3 {
            many = many.want(&name, "A");
        }
    }
    let (plan, _) = approve(plan_all(&[&many]), LIMITS, &Allowance::default());
    assert_eq!(plan.held().len(), 4);
    assert!(plan.held()[0].detail.contains("max_delete_percent"));
    let two = World::new().ours("d/s/a", "A").ours("d/s/b", "A");
    let (plan, _) = approve(plan_all(&[&two]), LIMITS, &Allowance::default());
    assert!(plan.held()[0].detail.contains("empty"));
    let one = World::new().ours("d/s/a", "A");
    let (plan, _) = approve(plan_all(&[&one]), LIMITS, &Allowance::default());
    assert_eq!(plan.changes().len(), 1);
}

#[test]
fn an_update_that_guts_a_group_counts_as_deletes() {
    let strict = Limits {
        max_deletes: 2,
        ..LIMITS
    };
    let world = World::new()
        .want("d/s/g", "A B C")
        .ours("d/s/g", "A B C D E F");
    let (plan, _) = approve(plan_all(&[&world]), strict, &Allowance::default());
    assert_eq!(holds(&plan.targets[0]), ["over_limit d/s/g"]);
    let world = World::new()
        .want("d/s/g", "A B C D")
        .ours("d/s/g", "A B C D E F");
    assert_eq!(world.plan().changes[0].counts_as_deletes, 0);
}

#[test]
fn an_interrupted_delete_is_not_counted_again() {
    let mut world = World::new();
    for index in 0..11 {
        world = world.ours(&format!("d/s/g{index}"), "A");
    }
    world
        .observed
        .live
        .values_mut()
        .for_each(|live| live.residue = true);
    let (plan, _) = approve(plan_all(&[&world]), LIMITS, &Allowance::default());
    assert_eq!(plan.changes().len(), 11);
}

#[test]
fn a_move_deletes_only_after_the_new_home_has_it() {
    let from = World::named("a").ours("d/s/g", "A");
    let to = World::named("b").want("d/s/g", "A");
    let moved = plan_all(&[&from, &to]);
    let delete = &moved.targets[0].changes[0];
    assert_eq!(delete.after.first(), Some(&to.target.name));
    let stuck = World::named("b").want("d/s/g", "A:1").live(
        "d/s/x",
        "A",
        Ownership::Theirs("x".to_owned()),
    );
    let plan = plan_all(&[&from, &stuck]);
    assert_eq!(holds(&plan.targets[0]), ["depends_on d/s/g"]);
    let desired = BTreeMap::from([match &to.wanted[&to.id("d/s/g")] {
        Wanted::Normalised(desired) => (to.id("d/s/g"), desired.resource.clone()),
        Wanted::Unsupported { .. } => panic!("normalised above"),
    }]);
    for (live, held) in [(BTreeSet::new(), 1), (BTreeSet::from([to.id("d/s/g")]), 0)] {
        let peer = Peer {
            target: &to.target.name,
            desired: &desired,
            live: &live,
        };
        assert_eq!(plan_beside(&[&from], &[peer]).held().len(), held);
    }
    let there = World::named("b").want("d/s/g", "A").ours("d/s/g", "A");
    let plan = plan_all(&[&from, &there]);
    assert!(plan.targets[0].changes[0].after.is_empty());
}

#[test]
fn deletes_of_one_container_are_made_together() {
    let from = World::named("a")
        .ours("d/s/comes", "A")
        .ours("d/s/there", "A")
        .ours("d/t/x", "A")
        .ours("d/t/y", "A")
        .want("d/t/y", "A");
    let to = World::named("b")
        .want("d/s/comes", "A")
        .want("d/s/there", "A")
        .ours("d/s/there", "A");
    let allowance = Allowance {
        flag: Some(9),
        ..Allowance::default()
    };
    let (_, approved) = approve(plan_all(&[&from, &to]), LIMITS, &allowance);
    let from = approved.into_targets().remove(0);
    let names = |part: &ApprovedTarget| {
        let changes = part.changes().iter();
        changes.map(|c| c.id.name.to_string()).collect::<Vec<_>>()
    };
    let (now, later) = from.split_waiting();
    assert_eq!(names(&now), ["d/t/x"]);
    // The second expects the file as the first one found it.
    assert_eq!(names(&later), ["d/s/comes", "d/s/there"]);
    let (ready, stuck) = later.split(|change| change.after.is_empty());
    assert_eq!(names(&ready), ["d/s/there"]);
    assert_eq!(names(&stuck), ["d/s/comes"]);
}

#[test]
fn a_damaged_file_is_rewritten_or_removed_whole_or_not_at_all() {
    let damage = |mut world: World| {
        world.observed.occupied.insert(
            "d/s".to_owned(),
            Occupied {
                kind: ResourceKind::RuleGroup,
                ownership: Ownership::Ours,
                description: "the file d.s.yaml".to_owned(),
                unreadable: true,
                version: Some("v9".to_owned()),
            },
        );
        world
    };
    let plan = damage(World::new().want("d/s/g", "A").applied("d/s/g", "A")).plan();
    assert_eq!(actions(&plan), ["create d/s/g"]);
    assert!(plan.changes[0].drift);
    assert_eq!(plan.changes[0].expected.as_deref(), Some("v9"));
    let plan = damage(World::new().applied("d/s/g", "A")).plan();
    assert_eq!(actions(&plan), ["delete d/s/g"]);
    let invalid = Covers::Resource {
        kind: ResourceKind::RuleGroup,
        name: "d/s/h".to_owned(),
    };
    let plan = damage(World::new().want("d/s/g", "A").invalid(invalid)).plan();
    assert!(plan.changes.is_empty());
}

#[test]
fn the_digest_tells_what_would_be_done_and_nothing_else() {
    let world = || World::new().want("d/s/g", "A").ours("d/s/h", "A");
    let first = digest(&plan_all(&[&world()]));
    assert_eq!(first, digest(&plan_all(&[&world().applied("d/s/h", "A")])));
    assert_ne!(first, digest(&plan_all(&[&world().want("d/s/i", "A")])));
    assert_eq!(first.len(), 64);
}

#[test]
fn one_threshold_is_three_lines() {
    let world = World::new().want("d/s/g", "A:up>2").ours("d/s/g", "A:up>1");
    assert_eq!(
        display::text(&plan_all(&[&world])),
        "~ eu/rule_group/d/s/g  (rules.yaml:4)\n    \
         /rules/alert=A/expr: up>1 -> up>2\n\
         1 to update, 0 unchanged.\n"
    );
}

#[test]
fn two_hundred_changes_fit_a_screen() {
    let mut world = World::new();
    for index in 0..200 {
        let name = format!("d/s{index:03}/g");
        world = world.want(&name, "A:up>2").ours(&name, "A:up>1");
    }
    assert_eq!(
        display::text(&plan_all(&[&world])),
        "~ eu/rule_group  200 objects: d/s000/g, d/s001/g, d/s002/g and 197 more\n    \
         each /rules/alert=*/expr\n\
         200 to update, 0 unchanged.\n"
    );
}
