//! Too many deletes are held, target by target, until somebody lets them through.

use libtest_mimic::Trial;

use super::ran::{changes, details, held};
use super::repository::{groups, rule_set};
use super::world::{Target, World};
use crate::support::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test("e2e::guard::holds_the_deletes_and_nothing_else", &[], holds),
        test("e2e::guard::flag", &[], flag),
        test("e2e::guard::trailer", &[], trailer),
        test("e2e::guard::trailer_counts_once", &[], once),
        test("e2e::guard::older_trailer_does_not_count", &[], older),
        test("e2e::guard::trailer_may_be_off", &[], off),
        test("e2e::guard::percent", &[], percent),
        test("e2e::guard::emptiness", &[], emptiness),
        test("e2e::guard::half_of_a_group_counts", &[], half_a_group),
        test("e2e::guard::each_target_by_itself", &[], each_target),
    ]
}

const NAMES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];

/// Declares the groups of these names, `up == 1` in each.
fn declare(world: &World, names: &[&str], message: &str) -> String {
    let all: Vec<_> = names.iter().map(|name| (*name, *name, "up == 1")).collect();
    world
        .platform
        .write("set.yaml", rule_set("s", "rules.yaml"));
    world.platform.write("rules.yaml", groups(&all));
    world.platform.commit(message)
}

/// Twelve groups live, and at most two deletes.
fn world(guard: &str) -> World {
    let mut world = World::new();
    world.set(|setup| setup.more = format!("guard: {{ {guard} }}"));
    declare(&world, &NAMES, "Twelve groups");
    world.apply();
    world
}

const TWO: &str = "max_deletes: 2, max_delete_percent: 100";

fn live(world: &World) -> usize {
    world.text("one").matches("- name: ").count()
}

fn holds() {
    let world = world(TWO);
    declare(&world, &NAMES[3..], "Three less");
    world.platform.replace(
        "rules.yaml",
        "alert: l\n    expr: up == 1",
        "alert: l\n    expr: up == 2",
    );
    world.platform.commit("And one changed");
    let apply = world.apply_to(1, &[]);
    assert_eq!(changes(&apply), ["update one/rule_group/default/s/l"]);
    assert_eq!(
        held(&apply),
        ["a", "b", "c"].map(|name| format!("delete one/rule_group/default/s/{name}: over_limit"))
    );
    assert!(details(&apply).contains("--allow-deletes 3"));
    assert!(details(&apply).contains("Trueup-Allow-Deletes: 3"));
    assert_eq!(live(&world), 12);
    assert!(world.text("one").contains("up == 2"));
    // Two are within the limit.
    declare(&world, &NAMES[2..], "Two less");
    world.apply();
    assert_eq!(live(&world), 10);
}

fn flag() {
    let world = world(TWO);
    declare(&world, &NAMES[3..], "Three less");
    world.apply_to(1, &["--allow-deletes", "2"]);
    assert_eq!(live(&world), 12);
    world.apply_to(0, &["--allow-deletes", "3"]);
    assert_eq!(live(&world), 9);
}

fn trailer() {
    let world = world(TWO);
    declare(&world, &NAMES[3..], "Three less\n\nTrueup-Allow-Deletes: 2");
    world.apply_to(1, &[]);
    assert_eq!(live(&world), 12);
    // A later commit may say it as well; the plan shows that it is let through.
    world.platform.write("README.md", "Decided");
    world
        .platform
        .commit("Decided\n\nTrueup-Allow-Deletes: 3\nReviewed-by: Ada");
    let plan = world.plan(&[]);
    assert_eq!(changes(&plan).len(), 3);
    assert_eq!(held(&plan).len(), 0);
    world.platform.write("README.md", "Decided again");
    world.platform.commit("Another commit before it is applied");
    world.apply();
    assert_eq!(live(&world), 9);
    declare(&world, &NAMES[6..], "Three more, without a word");
    world.apply_to(1, &[]);
    assert_eq!(live(&world), 9);
}

fn once() {
    let world = world(TWO);
    let first = world.platform.head();
    let second = declare(&world, &NAMES[3..], "Three less\n\nTrueup-Allow-Deletes: 3");
    world.apply();
    assert_eq!(live(&world), 9);
    // Back, and forth again: the same commit does not count a second time.
    world.platform.reset(&first);
    world.apply();
    assert_eq!(live(&world), 12);
    world.platform.reset(&second);
    let apply = world.apply_to(1, &[]);
    assert_eq!(held(&apply).len(), 3, "{apply:#}");
    assert_eq!(live(&world), 12);
}

fn older() {
    let world = world(TWO);
    world.platform.write("README.md", "Just in case");
    world
        .platform
        .commit("Just in case\n\nTrueup-Allow-Deletes: 12");
    world.apply();
    declare(&world, &NAMES[3..], "Three less");
    world.apply_to(1, &[]);
    assert_eq!(live(&world), 12);
}

fn off() {
    let world = world("max_deletes: 2, trailer: false");
    declare(&world, &NAMES[3..], "Three less\n\nTrueup-Allow-Deletes: 3");
    world.apply_to(1, &[]);
    assert_eq!(live(&world), 12);
}

fn percent() {
    let world = world("max_deletes: 10, max_delete_percent: 30");
    declare(&world, &NAMES[4..], "Four of twelve");
    let apply = world.apply_to(1, &[]);
    assert!(details(&apply).contains("max_delete_percent"), "{apply:#}");
    declare(&world, &NAMES[3..], "Three of twelve");
    world.apply();
    assert_eq!(live(&world), 9);
    // Below ten objects a share says little.
    declare(&world, &NAMES[7..], "Four of nine");
    world.apply();
    assert_eq!(live(&world), 5);
}

fn emptiness() {
    let world = world("max_deletes: 100, max_delete_percent: 100");
    world.platform.write("set.yaml", "a: 1\n");
    world.platform.write("rules.yaml", "a: 1\n");
    world.platform.commit("Nothing is declared");
    let apply = world.apply_to(1, &[]);
    assert!(
        details(&apply).contains("leave the target empty"),
        "{apply:#}"
    );
    assert_eq!(live(&world), 12);
    // All replaced by others is no emptiness.
    declare(&world, &["x", "y"], "Others");
    world.apply();
    assert_eq!(live(&world), 2);
    world.platform.write("set.yaml", "a: 1\n");
    world.platform.commit("Nothing is declared");
    world.apply_to(1, &[]);
    world.apply_to(0, &["--allow-deletes", "2"]);
    assert_eq!(world.files("one").len(), 0);
}

fn half_a_group() {
    let world = world("max_deletes: 2");
    let rules = |count: usize| {
        let rule = |n| format!("  - alert: R{n}\n    expr: up == {n}\n");
        let rules: String = (0..count).map(rule).collect();
        format!("groups:\n- name: big\n  rules:\n{rules}")
    };
    world
        .platform
        .write("big/set.yaml", rule_set("big", "rules.yaml"));
    world.platform.write("big/rules.yaml", rules(8));
    world.platform.commit("Eight rules");
    world.apply();
    world.platform.write("big/rules.yaml", rules(5));
    world.platform.commit("Five of them");
    world.apply();
    world.platform.write("big/rules.yaml", rules(2));
    world.platform.commit("Two of them");
    let apply = world.apply_to(1, &[]);
    assert_eq!(
        held(&apply),
        ["update one/rule_group/default/big/big: over_limit"]
    );
    assert!(world.text("one").contains("R4"));
    world.apply_to(0, &["--allow-deletes", "3"]);
    assert!(!world.text("one").contains("R4"));
}

fn each_target() {
    let mut world = World::new();
    world.set(|setup| setup.more = format!("guard: {{ {TWO} }}"));
    world.set_targets([Target::files("one"), Target::files("two")]);
    declare(&world, &NAMES, "Twelve groups");
    world.apply_to(0, &["--target", "one"]);
    declare(&world, &NAMES[3..], "Three less");
    let apply = world.apply_to(1, &[]);
    assert_eq!(held(&apply).len(), 3);
    // The other one never had them.
    assert_eq!(changes(&apply).len(), 9);
    assert_eq!(world.text("two").matches("- name: ").count(), 9);
    assert_eq!(live(&world), 12);
}
