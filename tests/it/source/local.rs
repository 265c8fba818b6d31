//! Repositories that are read where they are.

use libtest_mimic::Trial;
use trueup::model::{CommitId, Revision};
use trueup::settings::{Repository, RepositoryUrl};
use trueup::source::SourceError;

use super::fixture::{WorkTree, World, paths, repo_path, repository};
use crate::support::{Need, test};

const GIT: &[Need] = &[Need::Program("git")];

pub fn tests() -> Vec<Trial> {
    vec![
        test(
            "source::local::reads_commits_not_the_work_tree",
            GIT,
            reads_commits,
        ),
        test("source::local::follows_the_branch", GIT, follows_the_branch),
        test("source::local::reads_a_sub_path", GIT, reads_a_sub_path),
        test(
            "source::local::names_the_branches_there_are",
            GIT,
            missing_branch,
        ),
        test("source::local::no_commit_yet", GIT, no_commit_yet),
        test(
            "source::local::an_empty_commit_is_an_error",
            GIT,
            empty_commit,
        ),
        test("source::local::not_a_repository", GIT, not_a_repository),
        test(
            "source::local::unsupported_formats",
            GIT,
            unsupported_formats,
        ),
        test("source::local::damaged_objects_are_reported", GIT, damaged),
        test("source::local::commits_with_trailers", GIT, commits),
        test("source::local::says_what_to_watch", GIT, watch_paths),
        test("source::local::many_blobs_in_one_request", GIT, many_blobs),
        another_owner(),
    ]
}

pub fn local(origin: &WorkTree) -> Repository {
    repository(RepositoryUrl::Local(origin.path.clone()))
}

fn reads_commits() {
    let world = World::new();
    let origin = world.origin();
    origin.write("rules.yaml", "changed\n");
    origin.write("new.yaml", "new\n");

    let source = world.open(&local(&origin));
    let snapshot = source.head().unwrap();
    assert_eq!(&*snapshot.repository, "platform");
    assert_eq!(snapshot.revision, Revision::Commit(origin.head()));
    assert_eq!(paths(&snapshot), ["rules.yaml"]);
    assert_eq!(source.text(&snapshot, "rules.yaml"), "groups: []\n");
    assert!(!world.mirror().exists());
}

fn follows_the_branch() {
    let world = World::new();
    let origin = world.origin();
    let source = world.open(&local(&origin));
    source.head().unwrap();

    origin.write("teams/a.yaml", "a: 1\n");
    let second = origin.commit("Second");
    let snapshot = source.head().unwrap();
    assert_eq!(snapshot.revision, Revision::Commit(second));
    assert_eq!(paths(&snapshot), ["rules.yaml", "teams/a.yaml"]);
}

fn reads_a_sub_path() {
    let world = World::new();
    let origin = world.origin();
    origin.write("clusters/eu/a.yaml", "a: 1\n");
    origin.commit("Second");

    let mut settings = local(&origin);
    settings.path = Some(repo_path("clusters/eu"));
    let snapshot = world.open(&settings).head().unwrap();
    assert_eq!(paths(&snapshot), ["a.yaml"]);

    for path in ["clusters/us", "rules.yaml", "rules.yaml/x"] {
        settings.path = Some(repo_path(path));
        let error = world.open(&settings).head().unwrap_err();
        assert!(matches!(error, SourceError::PathMissing { .. }), "{error}");
        assert!(error.to_string().contains(path), "{error}");
    }
}

fn missing_branch() {
    let world = World::new();
    let origin = world.origin();
    origin.git(["branch", "release"]);
    origin.git(["branch", "-m", "main", "master"]);
    let error = world.open(&local(&origin)).head().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{} has no branch main; there are master, release",
            origin.path.display()
        )
    );
}

fn no_commit_yet() {
    let world = World::new();
    let origin = world.empty("origin");
    let error = world.open(&local(&origin)).head().unwrap_err();
    assert!(matches!(error, SourceError::NoCommits { .. }), "{error}");
}

fn empty_commit() {
    let world = World::new();
    let origin = world.origin();
    let source = world.open(&local(&origin));
    source.head().unwrap();
    origin.remove("rules.yaml");
    origin.commit("Nothing left");
    let error = source.head().unwrap_err();
    assert!(matches!(error, SourceError::Empty { .. }), "{error}");
}

fn not_a_repository() {
    let world = World::new();
    let mut settings = repository(RepositoryUrl::Local(world.path("nowhere")));
    let error = world.open(&settings).head().unwrap_err();
    assert!(
        matches!(error, SourceError::NotARepository { .. }),
        "{error}"
    );

    // Nor is a folder inside of one.
    let origin = world.origin();
    origin.write("sub/a.yaml", "a: 1\n");
    settings.url = RepositoryUrl::Local(origin.path.join("sub"));
    let error = world.open(&settings).head().unwrap_err();
    assert!(
        matches!(error, SourceError::NotARepository { .. }),
        "{error}"
    );
}

fn unsupported_formats() {
    let world = World::new();
    let sha256 = world.path("sha256");
    super::fixture::git(
        world.folder.path(),
        [
            "init",
            "-q",
            "--object-format=sha256",
            sha256.to_str().unwrap(),
        ],
    );
    let reftable = world.origin();
    reftable.git(["config", "core.repositoryformatversion", "1"]);
    reftable.git(["config", "extensions.refStorage", "reftable"]);

    for (path, format) in [(sha256, "SHA-256"), (reftable.path, "reftable")] {
        for url in [
            RepositoryUrl::Local(path.clone()),
            RepositoryUrl::File(path.clone()),
        ] {
            let error = world.open(&repository(url)).head().unwrap_err();
            assert!(
                matches!(error, SourceError::UnsupportedFormat { .. }),
                "{error}"
            );
            assert!(error.to_string().contains(format), "{error}");
        }
    }
}

fn damaged() {
    let world = World::new();
    let origin = world.origin();
    let tree = origin.git(["rev-parse", "HEAD^{tree}"]);
    let (start, rest) = tree.trim().split_at(2);
    let object = format!(".git/objects/{start}/{rest}");
    origin.remove(&object);
    let error = world.open(&local(&origin)).head().unwrap_err();
    assert!(matches!(error, SourceError::Corrupt { .. }), "{error}");
}

fn commits() {
    let world = World::new();
    let origin = world.origin();
    let first = origin.head();
    let second =
        origin.commit_index("Second\n\nWhy.\n\nTrueup-Allow-Deletes: 12\nReviewed-by: R\n");
    let third = origin.commit_index("Third");

    let source = world.open(&local(&origin));
    let ask = |after, upto| source.wait(source.source.commits(after, upto));
    let found = ask(Some(first), third).unwrap();
    let short: Vec<_> = found.iter().map(|c| (c.id, c.subject.as_str())).collect();
    assert_eq!(short, [(third, "Third"), (second, "Second")]);
    assert_eq!(found[1].author, "Ann Author");
    assert_eq!(
        found[1].trailers,
        [
            ("Trueup-Allow-Deletes".to_owned(), "12".to_owned()),
            ("Reviewed-by".to_owned(), "R".to_owned())
        ]
    );

    let unknown = CommitId([7; 20]);
    for after in [None, Some(unknown)] {
        let only = ask(after, third).unwrap();
        assert_eq!(only.len(), 1);
        assert_eq!(only[0].id, third);
    }
    assert_eq!(ask(Some(third), third).unwrap(), []);
    let error = ask(None, unknown).unwrap_err();
    assert!(
        matches!(error, SourceError::RevisionMissing { .. }),
        "{error}"
    );
}

fn watch_paths() {
    let world = World::new();
    let origin = world.origin();
    let git = origin.path.join(".git").canonicalize().unwrap();
    for url in [
        RepositoryUrl::Local(origin.path.clone()),
        RepositoryUrl::File(origin.path.clone()),
    ] {
        let watched = world.open(&repository(url)).source.watch_paths().unwrap();
        assert_eq!(watched.canonicalize().unwrap(), git);
    }
    let elsewhere = RepositoryUrl::Https("https://git.example.com/p".to_owned());
    assert_eq!(
        world.open(&repository(elsewhere)).source.watch_paths(),
        None
    );
}

fn many_blobs() {
    let world = World::new();
    let origin = world.origin();
    for n in 0..900 {
        origin.write(&format!("{}/{n}.yaml", n % 7), format!("n: {n}\n"));
    }
    origin.commit("Many");
    let source = world.open(&local(&origin));
    let snapshot = source.head().unwrap();
    let mut wanted: Vec<_> = snapshot.files.values().map(|entry| entry.blob).collect();
    wanted.push(trueup::model::BlobId([9; 20]));
    let read = source.read(wanted);
    assert_eq!(read.len(), 902);
    assert_eq!(read.iter().filter(|bytes| bytes.is_none()).count(), 1);
    assert_eq!(read[901], None);
}

/// Every repository that is mounted into a container is somebody else's.
fn another_owner() -> Trial {
    let name = "source::local::a_repository_of_another_user";
    let run = || {
        let world = World::new();
        let origin = world.origin();
        chown(&origin.path.join(".git"));
        chown(&origin.path);
        for url in [
            RepositoryUrl::Local(origin.path.clone()),
            RepositoryUrl::File(origin.path.clone()),
        ] {
            let snapshot = world.open(&repository(url)).head().unwrap();
            assert_eq!(paths(&snapshot), ["rules.yaml"]);
        }
        let snapshot = world.folder(&origin.path, None).head().unwrap();
        assert_eq!(paths(&snapshot), ["rules.yaml"]);
    };
    let trial = test(name, GIT, run);
    if is_root() {
        return trial;
    }
    trial.with_kind("needs root").with_ignored_flag(true)
}

fn chown(path: &std::path::Path) {
    const NOBODY: u32 = 65_534;
    std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            chown(&entry.unwrap().path());
        }
    }
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
