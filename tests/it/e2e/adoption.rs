//! What is nobody's, what is somebody else's, and targets that are left alone on purpose.

use std::fs;

use libtest_mimic::Trial;

use super::ran::{changes, details, held, touches};
use super::repository::group;
use super::world::{Target, World};
use crate::support::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test("e2e::adoption::equal_is_adopted_silently", &[], equal),
        test("e2e::adoption::different_is_refused", &[], different),
        test("e2e::adoption::the_annotation_lets_it", &[], annotation),
        test("e2e::adoption::more_than_is_declared_is_refused", &[], more),
        test("e2e::adoption::somebody_elses_marker", &[], theirs),
        test("e2e::adoption::a_copy_of_our_file_is_not_ours", &[], copy),
        test("e2e::adoption::foreign_files_are_left_alone", &[], foreign),
        test("e2e::adoption::paused", &[], paused),
        test("e2e::adoption::drift_is_only_reported", &[], drift),
    ]
}

const FILE: &str = "default.shop.yaml";

/// The shop, and in its file what somebody wrote there.
fn world(text: &str) -> World {
    let world = World::shop();
    fs::write(world.rules("one").join(FILE), text).unwrap();
    world
}

fn both(expr: &str) -> String {
    format!(
        "groups:\n- name: a\n  rules:\n  - alert: AisDown\n    expr: {expr}\n- name: b\n  rules:\n  \
         - alert: BisDown\n    expr: up{{job=\"b\"}} == 0\n"
    )
}

fn equal() {
    let world = world(&both("up{job='a'}   ==   0"));
    let apply = world.apply();
    assert_eq!(
        changes(&apply),
        [
            "adopt one/rule_group/default/shop/a",
            "adopt one/rule_group/default/shop/b"
        ]
    );
    let text = world.text("one");
    assert!(
        text.starts_with("# trueup instance=acme set=default/shop\n"),
        "{text}"
    );
    assert_eq!(changes(&world.apply()).len(), 0);
}

fn different() {
    let text = both("up == 5");
    let world = world(&text);
    let before = touches(&world.rules("one"));
    let apply = world.apply_to(0, &[]);
    assert_eq!(changes(&apply).len(), 0);
    assert_eq!(held(&apply).len(), 2);
    assert!(held(&apply)[0].ends_with(": not_ours"));
    assert!(details(&apply).contains("trueup.dev/adopt"), "{apply:#}");
    // Nor is it deleted when nobody declares it any more.
    world.platform.remove("set.yaml");
    world.platform.commit("No set");
    world.apply_to(0, &[]);
    assert_eq!(touches(&world.rules("one")), before);
}

fn annotation() {
    let world = world(&both("up == 5"));
    let adopt = "{ name: shop, annotations: { trueup.dev/adopt: \"true\" } }";
    world.platform.replace("set.yaml", "{ name: shop }", adopt);
    world.platform.commit("Take it over");
    let plan = world.plan(&[]);
    let change = &plan["changes"][0];
    assert_eq!(change["action"], "adopt");
    assert_eq!(change["fields"][0]["before"], "up == 5");
    assert!(
        change["impact"][0]
            .as_str()
            .unwrap()
            .contains("becomes ours")
    );
    world.apply();
    assert!(!world.text("one").contains("up == 5"));
    assert_eq!(changes(&world.apply()).len(), 0);
}

fn more() {
    let text = both("up{job=\"a\"} == 0") + "- name: mine\n  rules: []\n";
    let world = world(&text);
    let adopt = "{ name: shop, annotations: { trueup.dev/adopt: \"true\" } }";
    world.platform.replace("set.yaml", "{ name: shop }", adopt);
    world.platform.commit("Take it over");
    let apply = world.apply_to(0, &[]);
    assert_eq!(held(&apply).len(), 2);
    assert!(details(&apply).contains("mine"), "{apply:#}");
    assert_eq!(world.text("one"), text);
}

fn theirs() {
    let marker = "# trueup instance=other set=default/shop\n";
    let world = world(&(marker.to_owned() + &both("up{job=\"a\"} == 0")));
    let before = touches(&world.rules("one"));
    let apply = world.apply_to(0, &[]);
    assert_eq!(held(&apply).len(), 2);
    assert!(details(&apply).contains("other"), "{apply:#}");
    assert_eq!(touches(&world.rules("one")), before);
}

fn copy() {
    let world = World::shop();
    world.apply();
    // A backup beside it: its marker names another file.
    let folder = world.rules("one");
    fs::copy(folder.join(FILE), folder.join("default.backup.yaml")).unwrap();
    let before = touches(&folder);
    assert_eq!(changes(&world.apply()).len(), 0);
    assert_eq!(touches(&folder), before);
}

fn foreign() {
    let world = World::shop();
    let folder = world.rules("one");
    for (name, text) in [
        ("mine.yaml", "groups: []\n"),
        ("notes.txt", "notes"),
        (".hidden.yaml", "groups: ["),
        (
            "default.other.yaml",
            "# trueup instance=other set=default/other\ngroups: []\n",
        ),
        ("broken.yaml", "groups: ["),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    let foreign = touches(&folder);
    world.apply();
    world.platform.remove("rules/b.yaml");
    world.platform.commit("b is over");
    world.apply();
    let mut after = touches(&folder);
    assert!(after.remove(&folder.join(FILE)).is_some());
    super::ran::same(&foreign, &after);
}

fn paused() {
    let mut world = World::shop();
    world.apply();
    world.set_targets([Target::files("one").with("paused: true")]);
    world.platform.replace("rules/a.yaml", "== 0", "== 1");
    world.platform.write("rules/b.yaml", "groups: []\n");
    world.platform.write("rules/c.yaml", group("c", "C", "up"));
    world.platform.commit("One of each");
    let before = touches(&world.rules("one"));
    let apply = world.apply_to(0, &[]);
    assert_eq!(
        held(&apply),
        [
            "update one/rule_group/default/shop/a: paused",
            "delete one/rule_group/default/shop/b: paused",
            "create one/rule_group/default/shop/c: paused"
        ]
    );
    world.run("plan", &["--exit-code"]).expect(0);
    assert_eq!(touches(&world.rules("one")), before);
    world.set_targets([Target::files("one")]);
    assert_eq!(changes(&world.apply()).len(), 3);
}

fn drift() {
    let mut world = World::shop();
    world.apply();
    world.set_targets([Target::files("one").with("drift: report")]);
    let file = world.rules("one").join(FILE);
    let edited = fs::read_to_string(&file).unwrap().replace("== 0", "== 9");
    fs::write(&file, &edited).unwrap();
    let apply = world.apply_to(0, &[]);
    assert_eq!(changes(&apply).len(), 0);
    assert_eq!(held(&apply).len(), 2);
    assert!(
        details(&apply).contains("/rules/alert=AisDown/expr"),
        "{apply:#}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), edited);
    // What the commit changes is applied all the same, and nothing else.
    world.platform.replace("rules/a.yaml", "== 0", "== 1");
    world.platform.commit("Another threshold");
    let apply = world.apply_to(0, &[]);
    assert_eq!(changes(&apply), ["update one/rule_group/default/shop/a"]);
    assert_eq!(
        held(&apply),
        ["update one/rule_group/default/shop/b: paused"]
    );
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("== 1") && text.contains("== 9"), "{text}");
    // Back to `revert`, it is put right.
    world.set_targets([Target::files("one")]);
    world.apply();
    assert!(!world.text("one").contains("== 9"));
}
