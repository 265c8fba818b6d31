//! A rule that only the server refuses, among three hundred good ones.

use std::fmt::Write as _;

use libtest_mimic::Trial;

use super::ran::{changes, details};
use super::repository::rule_set;
use super::world::{Target, World};
use crate::fake::prometheus::FakePrometheus;
use crate::support::test;

const SETS: usize = 30;
const GROUPS: usize = 10;
const ALL: usize = SETS * GROUPS;

pub fn tests() -> Vec<Trial> {
    vec![
        test("e2e::culprit::one_of_new_ones", &[], new_ones),
        test("e2e::culprit::one_of_changed_ones", &[], changed_ones),
    ]
}

/// Three hundred groups of one alert; `culprit` is called `Bad`.
fn write(world: &World, version: usize, culprit: Option<usize>) {
    for set in 0..SETS {
        let mut text = "groups:\n".to_owned();
        for group in 0..GROUPS {
            let number = set * GROUPS + group;
            let name = match culprit {
                Some(culprit) if culprit == number => "Bad".to_owned(),
                _ => format!("A{number}"),
            };
            let rule = format!("  - alert: {name}\n    expr: up == {version}\n");
            write!(text, "- name: g{group}\n  rules:\n{rule}").unwrap();
        }
        let set = format!("s{set}");
        world
            .platform
            .write(&format!("{set}/set.yaml"), rule_set(&set, "rules.yaml"))
            .write(&format!("{set}/rules.yaml"), text);
    }
    world.platform.commit(&format!("Version {version}"));
}

fn world() -> (World, FakePrometheus) {
    let mut world = World::new();
    let fake = FakePrometheus::start(&world.path("rules-one"));
    fake.refuse(&["Bad"]);
    world.set_targets([Target::server("one", &fake.url())]);
    (world, fake)
}

/// Applies; the culprit fails, and nothing else does. How many reloads that took.
fn only_one_fails(world: &World, fake: &FakePrometheus, culprit: usize) -> usize {
    world.bare(&["check", "platform"]).expect(0);
    fake.take();
    let apply = world.apply_to(1, &[]);
    let reloads = fake.take_reloads();
    let outcomes = apply["applied"].as_array().unwrap();
    assert_eq!(outcomes.len(), ALL);
    let failed: Vec<_> = outcomes
        .iter()
        .filter(|outcome| outcome["result"] != "done")
        .collect();
    assert_eq!(failed.len(), 1, "{failed:#?}");
    let id = format!("default/s{}/g{}", culprit / GROUPS, culprit % GROUPS);
    assert_eq!(failed[0]["id"], format!("one/rule_group/{id}"));
    assert_eq!(failed[0]["result"], "failed");
    let error = failed[0]["error"].as_str().unwrap();
    assert!(error.contains("refuses"), "{error}");
    reloads.len()
}

/// The refused reload, one that proves that the former files are accepted, and the search.
fn bound() -> usize {
    2 + usize::try_from(ALL.next_power_of_two().ilog2()).unwrap() + 1
}

fn new_ones() {
    for culprit in [0, ALL - 1] {
        let (world, fake) = world();
        write(&world, 1, Some(culprit));
        let reloads = only_one_fails(&world, &fake, culprit);
        assert!(reloads <= bound(), "{reloads} reloads");
        println!("culprit {culprit}: {reloads} reloads");
        assert_eq!(fake.running().len(), ALL - 1);
        assert_eq!(fake.expr("Bad"), None);

        // It is tried again, alone, and still fails.
        let apply = world.apply_to(1, &[]);
        assert_eq!(changes(&apply).len(), 1);
        assert_eq!(fake.running().len(), ALL - 1);

        write(&world, 1, None);
        fake.take();
        let apply = world.apply();
        assert_eq!(changes(&apply).len(), 1, "{}", details(&apply));
        assert_eq!(fake.take_reloads(), [Some(200)]);
        assert_eq!(fake.running().len(), ALL);
    }
}

fn changed_ones() {
    let (world, fake) = world();
    write(&world, 1, None);
    world.apply();
    let culprit = 211;
    write(&world, 2, Some(culprit));
    let reloads = only_one_fails(&world, &fake, culprit);
    assert!(reloads <= bound(), "{reloads} reloads");
    // Of the culprit, the former version keeps running.
    assert_eq!(fake.running().len(), ALL);
    assert_eq!(fake.expr("A211").as_deref(), Some("up == 1"));
    assert_eq!(fake.expr("A210").as_deref(), Some("up == 2"));
    assert_eq!(fake.expr("A0").as_deref(), Some("up == 2"));
    write(&world, 3, None);
    world.apply();
    assert_eq!(fake.expr("A211").as_deref(), Some("up == 3"));
}
