//! Files on disk, in a work tree and outside.

use std::fs;

use libtest_mimic::Trial;
use trueup::model::Revision;
use trueup::source::SourceError;

use super::fixture::{World, paths};
use crate::support::{Need, test};

const GIT: &[Need] = &[Need::Program("git")];

pub fn tests() -> Vec<Trial> {
    vec![
        test(
            "source::folder::clean_and_dirty_work_trees",
            GIT,
            clean_and_dirty,
        ),
        test("source::folder::ignored_files_are_not_read", GIT, ignored),
        test(
            "source::folder::a_sub_folder_of_a_work_tree",
            GIT,
            sub_folder,
        ),
        test(
            "source::folder::an_ignored_folder_named_on_purpose",
            GIT,
            ignored_folder,
        ),
        test("source::folder::without_a_commit", GIT, without_a_commit),
        test("source::folder::without_git", &[], without_git),
        test("source::folder::a_single_file", &[], single_file),
        test("source::folder::nothing_there", &[], nothing_there),
        test(
            "source::folder::a_bare_repository_needs_a_revision",
            GIT,
            bare,
        ),
        test(
            "source::folder::a_repository_that_cannot_be_understood",
            GIT,
            unsupported,
        ),
    ]
}

fn clean_and_dirty() {
    let world = World::new();
    let origin = world.origin();
    let clean = Revision::Commit(origin.head());
    let dirty = Revision::Dirty(origin.head());
    let source = world.folder(&origin.path, None);
    assert_eq!(source.head().unwrap().revision, clean);

    // Touched is not changed.
    origin.write("rules.yaml", "groups: []\n");
    assert_eq!(source.head().unwrap().revision, clean);

    origin.write("rules.yaml", "groups: [x]\n");
    let snapshot = source.head().unwrap();
    assert_eq!(snapshot.revision, dirty);
    assert_eq!(source.text(&snapshot, "rules.yaml"), "groups: [x]\n");

    // Staged, but not committed.
    origin.git(["add", "rules.yaml"]);
    assert_eq!(source.head().unwrap().revision, dirty);
    origin.git(["checkout", "-q", "HEAD", "rules.yaml"]);
    assert_eq!(source.head().unwrap().revision, clean);

    origin.write("notes.txt", "untracked\n");
    let snapshot = source.head().unwrap();
    assert_eq!(snapshot.revision, dirty);
    assert_eq!(source.text(&snapshot, "notes.txt"), "untracked\n");

    origin.remove("rules.yaml");
    assert_eq!(paths(&source.head().unwrap()), ["notes.txt"]);
    origin.remove("notes.txt");
    let error = source.head().unwrap_err();
    assert!(matches!(error, SourceError::Empty { .. }), "{error}");
}

fn ignored() {
    let world = World::new();
    let origin = world.origin();
    origin.write(".gitignore", "build/\n*.local.yaml\n");
    origin.write("tracked.local.yaml", "a: 1\n");
    origin.git(["add", "-f", "tracked.local.yaml"]);
    origin.commit("Ignore");
    origin.write("build/out.yaml", "a: 1\n");
    origin.write("mine.local.yaml", "a: 1\n");
    let snapshot = world.folder(&origin.path, None).head().unwrap();
    assert_eq!(
        paths(&snapshot),
        [".gitignore", "rules.yaml", "tracked.local.yaml"]
    );
    assert_eq!(snapshot.revision, Revision::Commit(origin.head()));
}

fn sub_folder() {
    let world = World::new();
    let origin = world.origin();
    origin.write("clusters/eu/a.yaml", "a: 1\n");
    origin.write("clusters/eu-west/a.yaml", "a: 1\n");
    origin.commit("Second");
    // Dirty elsewhere does not matter here.
    origin.write("rules.yaml", "changed\n");
    origin.write("other.yaml", "new\n");

    let clean = Revision::Commit(origin.head());
    let by_path = world.folder(&origin.path.join("clusters/eu"), None);
    let by_sub_path = world.folder(&origin.path, Some("clusters/eu"));
    for source in [&by_path, &by_sub_path] {
        let snapshot = source.head().unwrap();
        assert_eq!(paths(&snapshot), ["a.yaml"]);
        assert_eq!(snapshot.revision, clean);
        assert_eq!(paths(&source.rev("main").unwrap()), ["a.yaml"]);
        let error = source.rev("main~1").unwrap_err();
        assert!(matches!(error, SourceError::PathMissing { .. }), "{error}");
    }
    origin.write("clusters/eu/b.yaml", "b: 1\n");
    for source in [&by_path, &by_sub_path] {
        let snapshot = source.head().unwrap();
        assert_eq!(paths(&snapshot), ["a.yaml", "b.yaml"]);
        assert_eq!(snapshot.revision, Revision::Dirty(origin.head()));
    }
    let error = world
        .folder(&origin.path, Some("clusters/us"))
        .head()
        .unwrap_err();
    assert!(matches!(error, SourceError::PathMissing { .. }), "{error}");
}

fn ignored_folder() {
    let world = World::new();
    let origin = world.origin();
    origin.write(".gitignore", "scratch/\n");
    origin.write("scratch/deep/a.yaml", "a: 1\n");
    for path in ["scratch", "scratch/deep"] {
        let snapshot = world.folder(&origin.path.join(path), None).head().unwrap();
        assert!(paths(&snapshot)[0].ends_with("a.yaml"));
    }
}

fn without_a_commit() {
    let world = World::new();
    let origin = world.empty("origin");
    origin.write("a.yaml", "a: 1\n");
    let source = world.folder(&origin.path, None);
    let snapshot = source.head().unwrap();
    assert_eq!(paths(&snapshot), ["a.yaml"]);
    assert_eq!(snapshot.revision, Revision::Unversioned);
}

fn without_git() {
    let world = World::new();
    let folder = world.path("plain");
    fs::create_dir_all(folder.join("deep/er")).unwrap();
    fs::write(folder.join("a.yaml"), "a: 1\n").unwrap();
    fs::write(folder.join("deep/er/b.json"), "{}").unwrap();
    fs::write(folder.join("deep/er/c.txt"), "text").unwrap();
    let source = world.folder(&folder, None);
    let snapshot = source.head().unwrap();
    assert_eq!(
        paths(&snapshot),
        ["a.yaml", "deep/er/b.json", "deep/er/c.txt"]
    );
    assert_eq!(snapshot.revision, Revision::Unversioned);
    assert_eq!(source.text(&snapshot, "deep/er/c.txt"), "text");

    // What is not kept in memory is looked at again.
    fs::write(folder.join("deep/er/c.txt"), "other").unwrap();
    let blob = snapshot.files[&super::fixture::repo_path("deep/er/c.txt")].blob;
    let error = source.wait(source.source.read(vec![blob])).unwrap_err();
    assert!(error.to_string().contains("changed while"), "{error}");

    let error = source.rev("main").unwrap_err();
    assert!(
        matches!(error, SourceError::NotARepository { .. }),
        "{error}"
    );
}

fn single_file() {
    let world = World::new();
    let file = world.path("rules.yaml");
    fs::write(&file, "groups: []\n").unwrap();
    let source = world.folder(&file, None);
    let snapshot = source.head().unwrap();
    assert_eq!(paths(&snapshot), ["rules.yaml"]);
    assert_eq!(source.text(&snapshot, "rules.yaml"), "groups: []\n");
}

fn nothing_there() {
    let world = World::new();
    let error = world
        .folder(&world.path("nowhere"), None)
        .head()
        .unwrap_err();
    assert!(matches!(error, SourceError::Read { .. }), "{error}");
    let error = world.folder(world.folder.path(), None).head().unwrap_err();
    assert!(matches!(error, SourceError::Empty { .. }), "{error}");
}

fn bare() {
    let world = World::new();
    let origin = world.origin();
    let bare = world.bare(&origin);
    let source = world.folder(&bare, None);
    let error = source.head().unwrap_err();
    assert!(matches!(error, SourceError::Bare { .. }), "{error}");
    assert_eq!(paths(&source.rev("main").unwrap()), ["rules.yaml"]);
}

fn unsupported() {
    let world = World::new();
    let origin = world.origin();
    origin.git(["config", "core.repositoryformatversion", "1"]);
    origin.git(["config", "extensions.refStorage", "reftable"]);
    let error = world.folder(&origin.path, None).head().unwrap_err();
    assert!(
        matches!(error, SourceError::UnsupportedFormat { .. }),
        "{error}"
    );
}
