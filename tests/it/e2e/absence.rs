//! "When absence may delete", line by line: what is no longer declared is deleted only where its absence
//! proves something.

use libtest_mimic::Trial;

use super::ran::{changes, details, held};
use super::repository::{group, groups, rule_set};
use super::world::World;
use crate::support::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test("e2e::absence::proves_something", &[], deletes),
        test(
            "e2e::absence::broken_file_with_last_good_text",
            &[],
            last_good,
        ),
        test(
            "e2e::absence::broken_file_without_last_good_text",
            &[],
            no_last_good,
        ),
        test("e2e::absence::new_broken_file", &[], new_broken),
        test("e2e::absence::broken_and_renamed", &[], renamed),
        test("e2e::absence::pattern_matches_nothing", &[], files_empty),
        test(
            "e2e::absence::selector_matches_no_target",
            &[],
            targets_empty,
        ),
        test("e2e::absence::broken_set", &[], broken_set),
        test("e2e::absence::oversize_file", &[], oversize),
        test("e2e::absence::file_becomes_a_pointer", &[], pointer),
        test("e2e::absence::broken_expression", &[], expression),
        test(
            "e2e::absence::force_push_loses_the_last_good_text",
            &[],
            force_push,
        ),
        test(
            "e2e::absence::force_push_that_also_breaks_a_file",
            &[],
            force_push_breaks,
        ),
    ]
}

const BROKEN: &str = "groups:\n- name: a\n  rules: [\n";
const A: &str = "one/rule_group/default/shop/a";
const B: &str = "one/rule_group/default/shop/b";

/// The shop with both groups live, and a third one in a set of its own.
fn live() -> World {
    let world = World::shop();
    world
        .platform
        .write("other/set.yaml", rule_set("other", "rules.yaml"))
        .write("other/rules.yaml", group("o", "Other", "up"));
    world.platform.commit("Another set");
    world.apply();
    assert_eq!(world.files("one").len(), 2);
    world
}

/// Takes away the group `b`, whose delete then is or is not held.
fn drop_b(world: &World) {
    world.platform.write("rules/b.yaml", "groups: []\n");
    world.platform.commit("b is over");
}

/// Nothing was deleted, and the reason names `blocker`.
#[track_caller]
fn nothing_is_deleted(world: &World, blocker: &str) {
    let apply = world.apply_to(1, &[]);
    let deletes = changes(&apply);
    assert!(
        deletes.iter().all(|change| !change.starts_with("delete")),
        "{apply:#}"
    );
    assert!(
        held(&apply).contains(&format!("delete {B}: invalid")),
        "{apply:#}"
    );
    assert!(details(&apply).contains(blocker), "{apply:#}");
    for alert in ["AisDown", "BisDown", "Other"] {
        assert!(world.text("one").contains(alert), "{alert}: {apply:#}");
    }
    // Nor is it when it is looked at without memory.
    world.delete_state();
    let apply = world.apply_to(1, &[]);
    assert!(
        held(&apply).contains(&format!("delete {B}: invalid")),
        "{apply:#}"
    );
    assert!(world.text("one").contains("BisDown"));
}

fn deletes() {
    let world = live();
    drop_b(&world);
    let apply = world.apply();
    assert_eq!(changes(&apply), [format!("delete {B}")]);
    assert!(world.text("one").contains("AisDown"));
    assert!(!world.text("one").contains("BisDown"));
}

fn last_good() {
    let world = live();
    world.platform.write("rules/a.yaml", BROKEN);
    drop_b(&world);
    // The last good text stands in for the file, so that the absence of `b` proves something.
    let apply = world.apply_to(1, &[]);
    assert_eq!(changes(&apply), [format!("delete {B}")]);
    assert_eq!(held(&apply), [format!("update {A}: invalid")]);
    assert!(details(&apply).contains("rules/a.yaml"));
    assert!(world.text("one").contains("AisDown"));
    assert!(!world.text("one").contains("BisDown"));
    // It stays so, and what somebody changes is put back to the last good text.
    let file = world.rules("one").join("default.shop.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("== 0", "== 7")).unwrap();
    let apply = world.apply_to(1, &[]);
    assert_eq!(changes(&apply), [format!("update {A}")]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    world
        .platform
        .write("rules/a.yaml", group("a", "Mended", "up"));
    world.platform.commit("Mended");
    world.apply();
    assert!(world.text("one").contains("Mended"));
}

fn no_last_good() {
    let world = live();
    world.delete_state();
    world.platform.write("rules/a.yaml", BROKEN);
    drop_b(&world);
    nothing_is_deleted(&world, "rules/a.yaml");
    world
        .platform
        .write("rules/a.yaml", group("a", "Mended", "up"));
    world.platform.commit("Mended");
    let apply = world.apply();
    assert_eq!(
        changes(&apply),
        [format!("update {A}"), format!("delete {B}")].map(String::from)
    );
}

fn new_broken() {
    let world = live();
    world.platform.write("rules/c.yaml", BROKEN);
    drop_b(&world);
    nothing_is_deleted(&world, "rules/c.yaml");
}

fn renamed() {
    let world = live();
    world.platform.rename("rules/a.yaml", "rules/z.yaml");
    world.platform.write("rules/z.yaml", BROKEN);
    drop_b(&world);
    // What `a.yaml` declared may be meant to stand in `z.yaml`.
    let apply = world.apply_to(1, &[]);
    assert!(
        held(&apply).contains(&format!("delete {A}: invalid")),
        "{apply:#}"
    );
    nothing_is_deleted(&world, "rules/z.yaml");
    world
        .platform
        .write("rules/z.yaml", group("a", "AisDown", "up{job=\"a\"} == 0"));
    world.platform.commit("Mended");
    assert_eq!(changes(&world.apply()), [format!("delete {B}")]);
}

fn files_empty() {
    let world = live();
    let set = rule_set("other", "rulez.yaml");
    world.platform.write("other/set.yaml", set);
    drop_b(&world);
    let apply = world.apply_to(1, &[]);
    let other = "delete one/rule_group/default/other/o: invalid".to_owned();
    assert!(held(&apply).contains(&other), "{apply:#}");
    nothing_is_deleted(&world, "other/set.yaml");
    // The folder of the rules moved away from under the set.
    let world = live();
    world.platform.rename("rules", "rulez");
    world.platform.commit("A better name");
    let apply = world.apply_to(1, &[]);
    assert_eq!(changes(&apply).len(), 0, "{apply:#}");
    for id in [A, B] {
        assert!(
            held(&apply).contains(&format!("delete {id}: invalid")),
            "{apply:#}"
        );
    }
}

fn targets_empty() {
    let world = live();
    world
        .platform
        .replace("other/set.yaml", "env=prod", "env=prdo");
    drop_b(&world);
    nothing_is_deleted(&world, "env=prdo");
    // A target that loses its label takes everything away at once.
    let mut world = live();
    let unlabelled = super::world::Target::files("one").labelled("env: test");
    world.set_targets([unlabelled]);
    let apply = world.apply_to(1, &[]);
    assert_eq!(changes(&apply).len(), 0, "{apply:#}");
    assert_eq!(world.files("one").len(), 2);
}

fn broken_set() {
    let world = live();
    world.platform.replace("other/set.yaml", "files:", "flies:");
    drop_b(&world);
    // The set can be named, so what stands is known; it is held, and `b` may go.
    let apply = world.apply_to(1, &[]);
    assert_eq!(changes(&apply), [format!("delete {B}")]);
    assert_eq!(
        held(&apply),
        ["update one/rule_group/default/other: invalid"]
    );
    assert!(details(&apply).contains("flies"), "{apply:#}");
    assert!(world.text("one").contains("Other"));
    // One that cannot be named may be any.
    let world = live();
    world.delete_state();
    world
        .platform
        .replace("other/set.yaml", "name: other", "nmae: other");
    drop_b(&world);
    nothing_is_deleted(&world, "other/set.yaml");
}

fn oversize() {
    let mut world = live();
    world.set(|setup| setup.more = "limits: { file_size: 400 }".into());
    let long = format!("{}# {}\n", group("a", "Long", "up"), "x".repeat(400));
    world.platform.write("rules/a.yaml", long);
    drop_b(&world);
    let apply = world.apply_to(1, &[]);
    assert!(details(&apply).contains("rules/a.yaml"), "{apply:#}");
    assert!(world.text("one").contains("AisDown"), "{apply:#}");
    // Without a last good text nothing is known of it.
    let mut world = live();
    world.set(|setup| setup.more = "limits: { file_size: 400 }".into());
    world.delete_state();
    let long = format!("{}# {}\n", group("a", "Long", "up"), "x".repeat(400));
    world.platform.write("rules/a.yaml", long);
    drop_b(&world);
    nothing_is_deleted(&world, "rules/a.yaml");
}

fn pointer() {
    let world = live();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:\
                   4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";
    world.platform.write("rules/a.yaml", pointer);
    world.platform.commit("Large files");
    let apply = world.apply_to(1, &[]);
    assert_eq!(changes(&apply).len(), 0, "{apply:#}");
    assert!(world.text("one").contains("AisDown"), "{apply:#}");
    world.delete_state();
    let apply = world.apply_to(1, &[]);
    assert_eq!(changes(&apply).len(), 0, "{apply:#}");
    assert!(world.text("one").contains("AisDown"), "{apply:#}");
}

fn expression() {
    let world = World::new();
    world
        .platform
        .write("set.yaml", rule_set("s", "rules.yaml"));
    let three = [
        ("a", "A", "up == 1"),
        ("b", "B", "up == 1"),
        ("c", "C", "up == 1"),
    ];
    world.platform.write("rules.yaml", groups(&three));
    world.platform.commit("Three groups");
    world.apply();
    // In one file: a changes, b breaks, c goes.
    let changed = [("a", "A", "up == 2"), ("b", "B", "up ==")];
    world.platform.write("rules.yaml", groups(&changed));
    world.platform.commit("One of each");
    let apply = world.apply_to(1, &[]);
    assert_eq!(
        changes(&apply),
        [
            "update one/rule_group/default/s/a",
            "delete one/rule_group/default/s/c"
        ]
    );
    assert_eq!(held(&apply), ["update one/rule_group/default/s/b: invalid"]);
    let text = world.text("one");
    assert!(
        text.contains("up == 2") && text.contains("up == 1"),
        "{text}"
    );
    assert!(!text.contains("alert: C"), "{text}");
    // Without memory b is not known, and stays as it is live.
    world.delete_state();
    let apply = world.apply_to(1, &[]);
    assert_eq!(changes(&apply).len(), 0, "{apply:#}");
    assert_eq!(world.text("one"), text);
}

/// The last good text is kept in the state file, however the repository forgets it.
fn force_push() {
    for mirrored in [false, true] {
        let mut world = live();
        if mirrored {
            let url = world.platform.file_url();
            world.set(|setup| setup.url = url);
        }
        world.apply();
        world.platform.write("rules/a.yaml", BROKEN);
        world.platform.commit("Broken");
        let apply = world.apply_to(1, &[]);
        assert_eq!(held(&apply), [format!("update {A}: invalid")]);

        world
            .platform
            .recreate("A new history, as broken as the old one");
        remove_mirror(&world);
        let apply = world.apply_to(1, &[]);
        assert_eq!(changes(&apply).len(), 0, "{apply:#}");
        assert_eq!(held(&apply), [format!("update {A}: invalid")]);
        // It is known well enough to be written anew.
        let file = world.rules("one").join("default.shop.yaml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        world.apply_to(1, &[]);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        // And the rest goes on.
        drop_b(&world);
        let apply = world.apply_to(1, &[]);
        assert_eq!(changes(&apply), [format!("delete {B}")]);
    }
}

fn force_push_breaks() {
    for mirrored in [false, true] {
        let mut world = live();
        if mirrored {
            let url = world.platform.file_url();
            world.set(|setup| setup.url = url);
            world.apply();
        }
        world.platform.write("rules/a.yaml", BROKEN);
        world.platform.write("rules/b.yaml", "groups: []\n");
        world.platform.recreate("A new history, and broken");
        remove_mirror(&world);
        nothing_is_deleted(&world, "rules/a.yaml");
    }
}

/// Leaves of the state's folder only the state.
fn remove_mirror(world: &World) {
    for entry in std::fs::read_dir(world.state_folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            std::fs::remove_dir_all(path).unwrap();
        }
    }
}
