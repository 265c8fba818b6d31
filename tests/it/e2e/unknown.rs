//! A repository that says nothing is not one that declares nothing.

use libtest_mimic::Trial;
use serde_json::json;

use super::ran::{changes, details, held, touches};
use super::repository::{Platform, rule_set};
use super::running::Daemon;
use super::world::{Target, World};
use crate::support::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test("e2e::unknown::broken_platform", &[], broken_platform),
        test("e2e::unknown::emptied_repository", &[], emptied),
        test("e2e::unknown::only_other_files", &[], only_other_files),
        test("e2e::unknown::missing_branch", &[], missing_branch),
        test("e2e::unknown::branch_without_commit", &[], no_commit),
        test("e2e::unknown::wrong_folder", &[], wrong_folder),
        test("e2e::unknown::another_repository", &[], another_repository),
        test("e2e::unknown::target_taken_out", &[], orphaned),
        test(
            "e2e::unknown::branch_vanishes_under_the_daemon",
            &[],
            daemon,
        ),
    ]
}

/// Both ways to read a local repository, with the shop live.
fn worlds() -> [World; 2] {
    [false, true].map(|mirrored| {
        let mut world = World::shop();
        if mirrored {
            let url = world.platform.file_url();
            world.set(|setup| setup.url = url);
        }
        world.apply();
        world
    })
}

/// `apply` fails, naming `why`, and nothing is touched; with and without memory.
#[track_caller]
fn nothing_is_touched(world: &World, why: &str) {
    let before = touches(&world.rules("one"));
    for forget in [false, true] {
        if forget {
            world.delete_state();
        }
        let ran = world.run("apply", &[]).expect(1);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains(why), "{ran}");
        assert_eq!(touches(&world.rules("one")), before, "{ran}");
        world.run("plan", &[]).expect(1);
    }
}

fn broken_platform() {
    let good = "apiVersion: trueup.dev/v1alpha1\nkind: Platform\nmetadata: { name: acme }\nspec:\n  \
                exclude: [\"charts/**\"]\n";
    for (broken, why) in [
        ("a: [", "trueup.yaml"),
        (&*good.replace("exclude", "exlcude"), "exlcude"),
        (&*format!("{good}---\n{good}"), "already a Platform"),
    ] {
        let world = World::shop();
        world.platform.write("trueup.yaml", good);
        world.platform.commit("A platform");
        world.apply();
        world.platform.write("trueup.yaml", broken);
        world.platform.write("rules/b.yaml", "groups: []\n");
        world.platform.replace("rules/a.yaml", "== 0", "== 1");
        world.platform.commit("A broken platform");
        let apply = world.apply_to(1, &[]);
        assert_eq!(held(&apply), ["- one: scope_unknown"], "{apply:#}");
        assert_eq!(changes(&apply).len(), 0);
        assert!(details(&apply).contains(why), "{apply:#}");
        nothing_is_touched(&world, why);
    }
}

fn emptied() {
    for world in worlds() {
        for path in ["set.yaml", "rules/a.yaml", "rules/b.yaml"] {
            world.platform.remove(path);
        }
        world.platform.commit("Oops");
        nothing_is_touched(&world, "no files");
    }
}

fn only_other_files() {
    let world = World::shop();
    world.apply();
    for path in ["set.yaml", "rules/a.yaml", "rules/b.yaml"] {
        world.platform.remove(path);
    }
    world.platform.write("README.md", "Moved elsewhere");
    world.platform.commit("Moved elsewhere");
    // That is a declaration; the guard stands before it.
    let apply = world.apply_to(1, &[]);
    assert_eq!(held(&apply).len(), 2);
    assert!(details(&apply).contains("empty"), "{apply:#}");
    assert_eq!(world.files("one").len(), 1);
}

fn missing_branch() {
    for mut world in worlds() {
        world.set(|setup| setup.branch = "mian".into());
        nothing_is_touched(&world, "mian");
        world.set(|setup| setup.branch = "main".into());
        world.platform.rename_branch("main", "trunk");
        nothing_is_touched(&world, "trunk");
    }
}

fn no_commit() {
    for mut world in worlds() {
        let empty = Platform::new(world.path("empty"));
        let mirrored = world.url().starts_with("file://");
        let url = if mirrored {
            empty.file_url()
        } else {
            "empty".to_owned()
        };
        world.set(|setup| setup.url = url);
        nothing_is_touched(&world, "no commit");
    }
}

fn wrong_folder() {
    for mut world in worlds() {
        world.set(|setup| setup.repository = "path: rulez".into());
        nothing_is_touched(&world, "rulez");
    }
}

fn another_repository() {
    let mut world = World::shop();
    world.apply();
    // The same names, declared elsewhere: nothing is lost, and nothing of ours becomes somebody else's.
    let other = Platform::new(world.path("other"));
    other.write("set.yaml", rule_set("shop", "rules.yaml"));
    other.write("rules.yaml", super::repository::group("a", "AisDown", "up"));
    other.commit("Another shop");
    world.set(|setup| setup.url = "other".into());
    let plan = world.plan(&[]);
    assert_eq!(
        changes(&plan),
        [
            "update one/rule_group/default/shop/a",
            "delete one/rule_group/default/shop/b"
        ]
    );
}

fn orphaned() {
    let mut world = World::shop();
    world.set_targets([Target::files("one"), Target::files("two")]);
    world.apply();
    world.set_targets([Target::files("one")]);
    let two = touches(&world.path("rules-two"));
    assert_eq!(two.len(), 1);
    for _ in 0..2 {
        let apply = world.apply();
        assert_eq!(apply["orphaned"], json!({"two": 2}));
        assert_eq!(touches(&world.path("rules-two")), two);
    }
    let text = world.run("plan", &[]).expect(0).stdout;
    assert!(text.contains("orphaned: 2 objects on two"), "{text}");
    // Back again, it is as it was.
    world.set_targets([Target::files("one"), Target::files("two")]);
    let apply = world.apply();
    assert_eq!(apply["orphaned"], json!({}));
    assert_eq!(apply["unchanged"], 4);
    assert_eq!(touches(&world.path("rules-two")), two);
}

fn daemon() {
    for mut world in worlds() {
        world.set(|setup| setup.repository = "poll: 200ms".into());
        world.set(|setup| setup.interval = "300ms".into());
        let head = world.platform.head();
        let mut daemon = Daemon::start(&world);
        daemon.wait_target("one", "synced", &head);
        let before = touches(&world.rules("one"));
        world.platform.rename_branch("main", "trunk");
        let status = daemon.wait("the branch is missed", |status| {
            let said = status["repository"]["error"].as_str();
            let unknown = &super::running::target(status, "one")["state"];
            said.is_some_and(|said| said.contains("main")) && unknown == "unknown"
        });
        assert_eq!(status["repository"]["revision"], head);
        assert_eq!(touches(&world.rules("one")), before);
        world.platform.rename_branch("trunk", "main");
        let status = daemon.wait_target("one", "synced", &head);
        assert_eq!(status["repository"]["error"], serde_json::Value::Null);
        assert_eq!(touches(&world.rules("one")), before);
        assert_eq!(daemon.terminate(), Some(0));
    }
}
