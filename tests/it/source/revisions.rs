//! Revisions by name, in a repository that is read in place and in a mirror.

use libtest_mimic::Trial;
use trueup::model::{CommitId, Revision};
use trueup::settings::RepositoryUrl;
use trueup::source::SourceError;

use super::fixture::{Opened, World, repository};
use crate::support::{Need, test};

const GIT: &[Need] = &[Need::Program("git")];

pub fn tests() -> Vec<Trial> {
    vec![
        test("source::revisions::of_a_local_repository", GIT, local),
        test("source::revisions::of_a_mirror", GIT, mirror),
        test("source::revisions::of_a_folder", GIT, folder),
        test(
            "source::revisions::of_a_copy_beside_the_daemon",
            GIT,
            readonly,
        ),
    ]
}

struct History {
    first: CommitId,
    topic: CommitId,
    head: CommitId,
}

/// `main` with two commits, the tags `v1` (annotated) and `light` at the first, and a branch `topic/x`.
fn history(world: &World) -> (super::fixture::WorkTree, History) {
    let origin = world.origin();
    let first = origin.head();
    origin.git(["tag", "-a", "v1", "-m", "Version 1"]);
    origin.git(["tag", "light"]);
    origin.git(["checkout", "-q", "-b", "topic/x"]);
    origin.write("topic.yaml", "a: 1\n");
    let topic = origin.commit("Topic");
    origin.git(["checkout", "-q", "main"]);
    origin.write("second.yaml", "a: 1\n");
    let head = origin.commit("Second");
    (origin, History { first, topic, head })
}

fn check(source: &Opened<'_>, history: &History) {
    let History { first, topic, head } = history;
    let short = |id: &CommitId| id.to_string()[..9].to_owned();
    for (rev, commit) in [
        ("main".to_owned(), head),
        ("topic/x".to_owned(), topic),
        ("v1".to_owned(), first),
        ("light".to_owned(), first),
        ("refs/tags/v1".to_owned(), first),
        (first.to_string(), first),
        (topic.to_string(), topic),
        (short(topic), topic),
        (short(head), head),
    ] {
        let snapshot = source.rev(&rev).unwrap();
        assert_eq!(snapshot.revision, Revision::Commit(*commit), "{rev}");
        // And what was asked for can be read.
        source.text(&snapshot, "rules.yaml");
        source.wait(source.source.commits(None, *commit)).unwrap();
    }
    for rev in [
        "v11",
        "0123456789abcdef0123456789abcdef01234567",
        "..",
        "a b",
    ] {
        let error = source.rev(rev).unwrap_err();
        assert!(
            matches!(error, SourceError::RevisionMissing { .. }),
            "{rev}: {error}"
        );
    }
    let error = source.rev("v11").unwrap_err().to_string();
    assert!(error.contains("there are v1, "), "{error}");
}

fn local() {
    let world = World::new();
    let (origin, history) = history(&world);
    let settings = repository(RepositoryUrl::Local(origin.path.clone()));
    let source = world.open(&settings);
    check(&source, &history);
    assert_eq!(
        source.rev("main~1").unwrap().revision,
        Revision::Commit(history.first)
    );
}

fn mirror() {
    let world = World::new();
    let (origin, history) = history(&world);
    let settings = repository(RepositoryUrl::File(world.bare(&origin)));
    check(&world.open(&settings), &history);

    // A commit by its short id alone, in an empty mirror.
    std::fs::remove_dir_all(world.state()).unwrap();
    let topic = history.topic.to_string();
    let snapshot = world.open(&settings).rev(&topic[..8]).unwrap();
    assert_eq!(snapshot.revision, Revision::Commit(history.topic));
}

fn folder() {
    let world = World::new();
    let (origin, history) = history(&world);
    origin.write("rules.yaml", "dirty\n");
    check(&world.folder(&origin.path, None), &history);
}

fn readonly() {
    let world = World::new();
    let (origin, history) = history(&world);
    let settings = repository(RepositoryUrl::File(world.bare(&origin)));
    world.open(&settings).head().unwrap();
    check(&world.open_readonly(&settings), &history);
}
