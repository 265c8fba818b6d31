//! A mirror over ssh.

use std::fs;
use std::path::PathBuf;

use libtest_mimic::Trial;
use trueup::model::Revision;
use trueup::settings::{GitAuth, Repository};
use trueup::source::SourceError;

use super::fixture::{WorkTree, World, git, paths, with_auth};
use super::sshd::{NEEDS, Sshd};
use crate::support::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test("source::ssh::clones_and_follows", NEEDS, clones_and_follows),
        test("source::ssh::revisions", NEEDS, revisions),
        test("source::ssh::host_keys", NEEDS, host_keys),
        test("source::ssh::wrong_key", NEEDS, wrong_key),
        test("source::ssh::no_such_repository", NEEDS, no_such_repository),
        test("source::ssh::sha256", NEEDS, sha256),
    ]
}

fn served(world: &World) -> (WorkTree, Sshd, Repository) {
    let origin = world.origin();
    let bare = world.bare(&origin);
    let sshd = Sshd::start(world);
    let settings = sshd.settings(&bare);
    (origin, sshd, settings)
}

fn clones_and_follows() {
    let world = World::new();
    let (origin, _sshd, settings) = served(&world);
    let source = world.open(&settings);
    let snapshot = source.head().unwrap();
    assert_eq!(snapshot.revision, Revision::Commit(origin.head()));
    assert_eq!(source.text(&snapshot, "rules.yaml"), "groups: []\n");
    source.head().unwrap();

    for n in 0..50 {
        origin.commit_index(&format!("Commit {n}"));
    }
    origin.write("second.yaml", "a: 1\n");
    origin.commit("Second");
    origin.push();
    assert_eq!(
        paths(&source.head().unwrap()),
        ["rules.yaml", "second.yaml"]
    );

    origin.git(["reset", "-q", "--hard", "HEAD~40"]);
    origin.write("third.yaml", "a: 1\n");
    origin.commit("Third");
    origin.push();
    assert_eq!(paths(&source.head().unwrap()), ["rules.yaml", "third.yaml"]);
}

fn revisions() {
    let world = World::new();
    let (origin, _sshd, settings) = served(&world);
    origin.git(["checkout", "-q", "-b", "topic"]);
    let topic = origin.commit_index("Topic");
    origin.git(["push", "-q", "served", "topic"]);
    let source = world.open(&settings);
    for rev in [&topic.to_string()[..10], "topic"] {
        let snapshot = source.rev(rev).unwrap();
        assert_eq!(snapshot.revision, Revision::Commit(topic));
    }
    let error = source.rev(&"1".repeat(40)).unwrap_err();
    assert!(
        matches!(error, SourceError::RevisionMissing { .. }),
        "{error}"
    );
}

fn host_keys() {
    let world = World::new();
    let (_, sshd, settings) = served(&world);
    let empty = world.path("empty");
    fs::write(&empty, "").unwrap();
    let with = |known_hosts_file: PathBuf| {
        let auth = GitAuth::SshKey {
            key_file: sshd.key_file.clone(),
            known_hosts_file,
        };
        world
            .open(&with_auth(settings.clone(), auth))
            .head()
            .unwrap_err()
    };
    let unknown = with(empty.clone());
    assert!(
        matches!(unknown, SourceError::HostKeyUnknown { .. }),
        "{unknown}"
    );
    assert!(
        unknown.to_string().contains(empty.to_str().unwrap()),
        "{unknown}"
    );
    let changed = with(sshd.changed_host());
    assert!(
        matches!(changed, SourceError::HostKeyChanged { .. }),
        "{changed}"
    );
    let missing = with(world.path("nowhere"));
    assert!(matches!(missing, SourceError::Read { .. }), "{missing}");
}

fn wrong_key() {
    let world = World::new();
    let (_, sshd, settings) = served(&world);
    let auth = GitAuth::SshKey {
        key_file: sshd.another_key(),
        known_hosts_file: sshd.known_hosts_file.clone(),
    };
    let error = world.open(&with_auth(settings, auth)).head().unwrap_err();
    assert!(
        matches!(error, SourceError::Authentication { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("repository.auth"), "{error}");
}

fn no_such_repository() {
    let world = World::new();
    let (_, sshd, _) = served(&world);
    let error = world
        .open(&sshd.settings(&world.path("it's not there")))
        .head()
        .unwrap_err();
    assert!(
        matches!(error, SourceError::RepositoryNotFound { .. }),
        "{error}"
    );
}

fn sha256() {
    let world = World::new();
    let origin = world.path("sha256");
    git(
        world.folder.path(),
        [
            "init",
            "-q",
            "-b",
            "main",
            "--object-format=sha256",
            origin.to_str().unwrap(),
        ],
    );
    git(&origin, ["commit", "-q", "--allow-empty", "-m", "First"]);
    let sshd = Sshd::start(&world);
    let error = world.open(&sshd.settings(&origin)).head().unwrap_err();
    assert!(
        matches!(error, SourceError::UnsupportedFormat { .. }),
        "{error}"
    );
}
