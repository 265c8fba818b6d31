//! What the commands read, and how they name it; what `apply` may do with it.

use std::fs;

use libtest_mimic::Trial;
use serde_json::Value;

use super::ran::changes;
use super::repository::{group, rule_set};
use super::world::{Target, World};
use crate::support::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test("e2e::sources::the_head_of_the_branch", &[], head),
        test("e2e::sources::a_revision", &[], revision),
        test("e2e::sources::a_revision_is_fetched", &[], fetched),
        test("e2e::sources::a_work_tree", &[], work_tree),
        test("e2e::sources::a_folder_without_git", &[], folder),
        test(
            "e2e::sources::a_commit_of_a_work_tree",
            &[],
            commit_of_work_tree,
        ),
        test("e2e::sources::a_folder_of_the_repository", &[], sub_path),
        test("e2e::sources::check_reads_what_git_would", &[], check),
        test("e2e::sources::relative_paths", &[], relative),
        test("e2e::sources::a_dirty_tree_is_refused", &[], dirty),
        test("e2e::sources::one_target", &[], one_target),
        test("e2e::sources::the_expected_digest", &[], digest),
    ]
}

/// Revision, and the alert that stands in the group `a`.
fn rendered(world: &World, source: &[&str]) -> (Value, String) {
    let json = ["--format", "json"];
    let ran = world.run("render", &[&json, source].concat()).expect(0);
    let render = ran.json();
    let alert = &render["resources"][0]["body"]["rules"][0]["alert"];
    (
        render["revision"].clone(),
        alert.as_str().unwrap_or_default().to_owned(),
    )
}

/// A world whose commits differ in the name of the alert: `First`, `Second`; the work tree says `Third`.
fn history() -> (World, String, String) {
    let world = World::new();
    world.platform.write("set.yaml", rule_set("s", "a.yaml"));
    world.platform.write("a.yaml", group("a", "First", "up"));
    let first = world.platform.commit("First");
    world.platform.write("a.yaml", group("a", "Second", "up"));
    let second = world.platform.commit("Second");
    world.platform.write("a.yaml", group("a", "Third", "up"));
    (world, first, second)
}

fn head() {
    let (mut world, _, second) = history();
    let expected = (Value::from(second), "Second".to_owned());
    // In place, and through a mirror: never the work tree.
    assert_eq!(rendered(&world, &[]), expected);
    let url = world.platform.file_url();
    world.set(|setup| setup.url = url);
    assert_eq!(rendered(&world, &[]), expected);
    world.platform.branch("release");
    let third = world.platform.commit("Third");
    world.set(|setup| setup.branch = "release".into());
    assert_eq!(rendered(&world, &[]), expected);
    world.set(|setup| setup.branch = "main".into());
    assert_eq!(rendered(&world, &[]), (third.into(), "Third".to_owned()));
}

fn revision() {
    let (mut world, first, second) = history();
    world.platform.reset(&first);
    world.platform.branch("old");
    world.platform.tag("v1");
    world.platform.reset(&second);
    let url = world.platform.file_url();
    for url in ["platform".to_owned(), url] {
        world.set(|setup| setup.url = url);
        for rev in ["old", "v1", &first, &first[..8]] {
            let found = rendered(&world, &["--rev", rev]);
            assert_eq!(found, (first.clone().into(), "First".to_owned()), "{rev}");
        }
        let ran = world.run("render", &["--rev", "older"]).expect(1);
        assert!(
            ran.stderr.contains("older") && ran.stderr.contains("old,"),
            "{ran}"
        );
    }
}

fn fetched() {
    let (mut world, first, _) = history();
    let url = world.platform.file_url();
    world.set(|setup| setup.url = url);
    world.apply();
    let third = world.platform.commit("Third, after the mirror was made");
    let found = rendered(&world, &["--rev", &third]);
    assert_eq!(found, (third.clone().into(), "Third".to_owned()));
    let apply = world.apply_to(0, &["--rev", &first]);
    assert_eq!(apply["revision"], first);
    assert!(world.text("one").contains("First"));
}

fn work_tree() {
    let (world, _, second) = history();
    let dirty = Value::from(format!("{second}+dirty"));
    let source = ["--repo", "platform"];
    assert_eq!(rendered(&world, &source), (dirty, "Third".to_owned()));
    world.platform.reset(&second);
    assert_eq!(
        rendered(&world, &source),
        (second.clone().into(), "Second".to_owned())
    );
    // What is untracked counts; what is ignored does not.
    world.platform.write(".gitignore", "*.tmp.yaml\n");
    let third = world.platform.commit("Ignore some");
    world.platform.write("b.tmp.yaml", "a: [");
    assert_eq!(rendered(&world, &source).0, third);
    world.platform.write("b.yaml", "a: 1");
    assert_eq!(rendered(&world, &source).0, format!("{third}+dirty"));
}

fn folder() {
    let (world, ..) = history();
    fs::remove_dir_all(world.platform.folder().join(".git")).unwrap();
    let found = rendered(&world, &["--repo", "platform"]);
    assert_eq!(found, (Value::Null, "Third".to_owned()));
    // There is nothing that it could differ from.
    let apply = world.apply_to(0, &["--repo", "platform"]);
    assert_eq!(apply["revision"], Value::Null);
    assert!(world.text("one").contains("Third"));
}

fn commit_of_work_tree() {
    let (world, first, _) = history();
    let source = ["--repo", "platform", "--rev", &first];
    let expected = (first.clone().into(), "First".to_owned());
    assert_eq!(rendered(&world, &source), expected);
    let apply = world.apply_to(0, &source);
    assert_eq!(apply["revision"], first);
    assert!(world.text("one").contains("First"));
}

fn sub_path() {
    let mut world = World::new();
    let platform = &world.platform;
    platform.write("prod/set.yaml", rule_set("s", "a.yaml"));
    platform.write("prod/a.yaml", group("a", "Inside", "up"));
    platform.write("test/broken.yaml", "apiVersion: trueup.dev/v1alpha1\n: [");
    let head = platform.commit("Two folders");
    world.set(|setup| setup.repository = "path: prod".into());
    let source = |render: &World, source: &[&str]| {
        let render = render.run("render", &[&["--format", "json"], source].concat());
        let render = render.expect(0).json();
        let file = render["resources"][0]["source"]["file"].clone();
        (render["revision"].clone(), file)
    };
    let expected = (Value::from(head), Value::from("a.yaml"));
    assert_eq!(source(&world, &[]), expected);
    assert_eq!(source(&world, &["--repo", "platform"]), expected);
    let rev = ["--repo", "platform", "--rev", "main"];
    assert_eq!(source(&world, &rev), expected);
}

fn check() {
    let (world, ..) = history();
    world.platform.write(".gitignore", "ignored.yaml\n");
    world
        .platform
        .write("ignored.yaml", "apiVersion: trueup.dev/v1alpha1\n: [");
    world.bare(&["check", "platform"]).expect(0);
    world
        .platform
        .write("untracked.yaml", "apiVersion: trueup.dev/v1alpha1\n: [");
    world.bare(&["check", "platform"]).expect(1);
    // Without Git there is nothing that ignores.
    world.platform.remove("untracked.yaml");
    fs::remove_dir_all(world.platform.folder().join(".git")).unwrap();
    world.bare(&["check", "platform"]).expect(1);
}

fn relative() {
    let (world, _, second) = history();
    // Arguments are relative to the working directory, settings to their file.
    let elsewhere = world.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        super::ran::Ran::of(command.current_dir(&elsewhere))
    };
    run(&["check", "../platform"]).expect(0);
    let config = "../trueup.yaml";
    let json = run(&["render", "--config", config, "--format", "json"]);
    assert_eq!(json.expect(0).json()["revision"], second);
    run(&["apply", "--config", config]).expect(0);
    assert_eq!(world.files("one").len(), 1);
    let repo = ["--repo", "../platform", "--allow-dirty"];
    run(&[&["apply", "--config", config][..], &repo].concat()).expect(0);
    assert!(world.text("one").contains("Third"));
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    let mut command = world.command(&["check"]);
    let here = super::ran::Ran::of(command.current_dir(world.platform.folder()));
    assert!(here.expect(0).stdout.contains("2 files"));
}

fn dirty() {
    let (world, ..) = history();
    let ran = world.run("apply", &["--repo", "platform"]).expect(1);
    assert!(ran.stderr.contains("--allow-dirty"), "{ran}");
    assert_eq!(world.files("one").len(), 0);
    let apply = world.apply_to(0, &["--repo", "platform", "--allow-dirty"]);
    assert!(apply["revision"].as_str().unwrap().ends_with("+dirty"));
    assert!(world.text("one").contains("Third"));
}

fn one_target() {
    let mut world = World::shop();
    world.set_targets(["one", "two", "three"].map(Target::files));
    let plan = world.plan(&["--target", "two"]);
    assert_eq!(
        changes(&plan),
        [
            "create two/rule_group/default/shop/a",
            "create two/rule_group/default/shop/b"
        ]
    );
    world.apply_to(0, &["--target", "two", "--target", "three"]);
    assert_eq!(world.files("one").len(), 0);
    assert_eq!(world.files("two").len(), 1);
    assert_eq!(world.files("three").len(), 1);
}

fn digest() {
    let world = World::shop();
    let digest = world.plan(&[])["digest"].as_str().unwrap().to_owned();
    world.platform.replace("rules/a.yaml", "== 0", "== 1");
    world.platform.commit("Changed after it was approved");
    let ran = world.run("apply", &["--expect-digest", &digest]).expect(1);
    assert!(ran.stderr.contains("nothing was changed"), "{ran}");
    assert_eq!(world.files("one").len(), 0);
    let now = world.plan(&[])["digest"].as_str().unwrap().to_owned();
    assert!(ran.stderr.contains(&now), "{ran}");
    world.apply_to(0, &["--expect-digest", &now]);
    assert!(world.text("one").contains("== 1"));
}
