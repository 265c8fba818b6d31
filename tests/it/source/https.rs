//! A mirror over https.

use std::fs;

use libtest_mimic::Trial;
use trueup::model::Revision;
use trueup::settings::{GitAuth, Repository, RepositoryUrl, SecretSource, Tls};
use trueup::source::SourceError;

use super::fixture::{WorkTree, World, git, paths, repository, with_auth};
use super::nginx::{NEEDS, Nginx, PASSWORD};
use crate::support::certificates::authority;
use crate::support::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test(
            "source::https::clones_and_follows",
            NEEDS,
            clones_and_follows,
        ),
        test(
            "source::https::many_rounds_of_negotiation",
            NEEDS,
            many_rounds,
        ),
        test("source::https::revisions", NEEDS, revisions),
        test(
            "source::https::token_and_password",
            NEEDS,
            token_and_password,
        ),
        test("source::https::wrong_credentials", NEEDS, wrong_credentials),
        test("source::https::follows_redirects", NEEDS, redirects),
        test(
            "source::https::credentials_stay_at_home",
            NEEDS,
            credentials_stay,
        ),
        test("source::https::certificates", NEEDS, certificates),
        test("source::https::answers_that_are_not_git", NEEDS, not_git),
        test("source::https::no_commit_yet_and_vanished", NEEDS, vanished),
        test("source::https::sha256", NEEDS, sha256),
    ]
}

fn served(world: &World) -> (WorkTree, Nginx) {
    let origin = world.origin();
    world.bare(&origin);
    (origin, Nginx::start(world, 1))
}

/// Settings for a location of the server, which is trusted.
pub fn at(nginx: &Nginx, location: &str) -> Repository {
    let mut settings = repository(RepositoryUrl::Https(nginx.url(location)));
    settings.tls = Tls {
        ca_file: Some(nginx.ca_file.clone()),
    };
    settings
}

fn secret(world: &World, text: &str) -> SecretSource {
    let file = world.path(&format!("secret-{}", text.len()));
    fs::write(&file, format!("{text}\n")).unwrap();
    SecretSource::File(file)
}

fn clones_and_follows() {
    let world = World::new();
    let (origin, nginx) = served(&world);
    let source = world.open(&at(&nginx, "git"));
    let snapshot = source.head().unwrap();
    assert_eq!(snapshot.revision, Revision::Commit(origin.head()));
    assert_eq!(source.text(&snapshot, "rules.yaml"), "groups: []\n");

    // Nothing new: one request for the references, and no more.
    let before = nginx.requests().len();
    source.head().unwrap();
    assert_eq!(nginx.requests().len(), before + 1);

    origin.write("second.yaml", "a: 1\n");
    origin.commit("Second");
    origin.push();
    let snapshot = source.head().unwrap();
    assert_eq!(paths(&snapshot), ["rules.yaml", "second.yaml"]);

    origin.git(["reset", "-q", "--hard", "HEAD~1"]);
    origin.write("third.yaml", "a: 1\n");
    origin.commit("Third");
    origin.push();
    let snapshot = source.head().unwrap();
    assert_eq!(snapshot.revision, Revision::Commit(origin.head()));
    assert_eq!(paths(&snapshot), ["rules.yaml", "third.yaml"]);
}

/// After a force-push, more than one round is needed to find what both sides have.
fn many_rounds() {
    let world = World::new();
    let (origin, nginx) = served(&world);
    for n in 0..100 {
        origin.commit_index(&format!("Commit {n}"));
    }
    origin.push();
    let source = world.open(&at(&nginx, "git"));
    source.head().unwrap();
    origin.git(["reset", "-q", "--hard", "HEAD~90"]);
    origin.write("other.yaml", "a: 1\n");
    origin.commit("Other");
    origin.push();
    git(
        &world.path("served/platform.git"),
        ["reflog", "expire", "--expire=now", "--all"],
    );
    git(
        &world.path("served/platform.git"),
        ["gc", "-q", "--prune=now"],
    );
    let before = nginx.requests().len();
    let snapshot = source.head().unwrap();
    assert_eq!(paths(&snapshot), ["other.yaml", "rules.yaml"]);
    let posts = nginx.requests()[before..]
        .iter()
        .filter(|line| line.starts_with("POST"))
        .count();
    assert!(posts > 1, "{posts}");
}

fn revisions() {
    let world = World::new();
    let origin = world.origin();
    let first = origin.head();
    world.bare(&origin);
    origin.git(["checkout", "-q", "-b", "topic"]);
    let topic = origin.commit_index("Topic");
    origin.git(["tag", "-a", "v1", "-m", "Version 1", "main"]);
    origin.git(["push", "-q", "served", "topic", "v1"]);
    // On no branch, and given out by its id by servers that allow it.
    let loose = origin.commit_index("Loose");
    origin.git(["push", "-q", "served", "topic:refs/pull/7/head"]);
    let bare = world.path("served/platform.git");

    let nginx = Nginx::start(&world, 1);
    let source = world.open(&at(&nginx, "git"));
    for (rev, commit) in [
        ("main".to_owned(), first),
        ("v1".to_owned(), first),
        (topic.to_string()[..10].to_owned(), topic),
        (topic.to_string(), topic),
        ("topic".to_owned(), topic),
        ("refs/pull/7/head".to_owned(), loose),
    ] {
        let snapshot = source.rev(&rev).unwrap();
        assert_eq!(snapshot.revision, Revision::Commit(commit), "{rev}");
    }
    drop(source);

    fs::remove_dir_all(world.state()).unwrap();
    git(&bare, ["update-ref", "-d", "refs/pull/7/head"]);
    let source = world.open(&at(&nginx, "git"));
    let error = source.rev(&loose.to_string()).unwrap_err();
    assert!(
        matches!(error, SourceError::RevisionMissing { .. }),
        "{error}"
    );
    git(&bare, ["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let snapshot = source.rev(&loose.to_string()).unwrap();
    assert_eq!(snapshot.revision, Revision::Commit(loose));
}

fn token_and_password() {
    let world = World::new();
    let (_, nginx) = served(&world);
    for auth in [
        GitAuth::Token(secret(&world, PASSWORD)),
        GitAuth::Password {
            username: "ann".to_owned(),
            password: secret(&world, PASSWORD),
        },
    ] {
        let settings = with_auth(at(&nginx, "private"), auth);
        assert!(!format!("{settings:?}").contains(PASSWORD));
        let snapshot = world.open(&settings).head().unwrap();
        assert_eq!(paths(&snapshot), ["rules.yaml"]);
        fs::remove_dir_all(world.state()).unwrap();
    }
}

fn wrong_credentials() {
    const WRONG: &str = "canary-wrong-token";
    let world = World::new();
    let (_, nginx) = served(&world);
    let token = || Some(GitAuth::Token(secret(&world, WRONG)));
    for (location, auth) in [
        ("private", None),
        ("private", token()),
        ("forbidden", token()),
    ] {
        let settings = Repository {
            auth,
            ..at(&nginx, location)
        };
        let source = world.open(&settings);
        let error = source.head().unwrap_err();
        assert!(
            matches!(error, SourceError::Authentication { .. }),
            "{error}"
        );
        let said = format!(
            "{error} {error:?} {source:?} {settings:?}",
            source = source.source
        );
        assert!(said.contains("repository.auth"), "{said}");
        for secret in [WRONG, "Basic ", "eC1hY2Nlc3MtdG9rZW46"] {
            assert!(!said.contains(secret), "{said}");
        }
    }
    // Nor does it lie in the mirror.
    let config = fs::read_to_string(world.mirror().join("config")).unwrap();
    assert!(!config.contains(WRONG), "{config}");

    let missing = GitAuth::Token(SecretSource::File(world.path("no-such-secret")));
    let error = world
        .open(&with_auth(at(&nginx, "private"), missing))
        .head();
    assert!(matches!(error, Err(SourceError::Secret(_))));
}

fn redirects() {
    let world = World::new();
    let (origin, nginx) = served(&world);
    for location in ["moved", "away"] {
        let source = world.open(&at(&nginx, location));
        assert_eq!(paths(&source.head().unwrap()), ["rules.yaml"]);
        fs::remove_dir_all(world.state()).unwrap();
    }
    for (location, said) in [("plain", "not https"), ("round", "more than 5 times")] {
        let error = world.open(&at(&nginx, location)).head().unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
    }
    drop(origin);
}

fn credentials_stay() {
    let world = World::new();
    let (_, nginx) = served(&world);
    let token = GitAuth::Token(secret(&world, PASSWORD));
    let seen = |location: &str| {
        let source = world.open(&with_auth(at(&nginx, location), token.clone()));
        source.head().unwrap();
        let requests = nginx.requests();
        let last = requests.last().unwrap().clone();
        assert!(last.starts_with("POST /git/"), "{last}");
        fs::remove_dir_all(world.state()).unwrap();
        last.contains("Basic ")
    };
    assert!(
        seen("moved"),
        "the same server is shown them after a redirect"
    );
    assert!(!seen("away"), "another one is not");
}

fn certificates() {
    let world = World::new();
    let (_, nginx) = served(&world);
    let other = authority(&world.path("other"), "ca");
    for ca_file in [None, Some(other)] {
        let settings = Repository {
            tls: Tls { ca_file },
            ..at(&nginx, "git")
        };
        let error = world.open(&settings).head().unwrap_err();
        assert!(matches!(error, SourceError::Certificate { .. }), "{error}");
        assert!(
            error.to_string().contains("repository.tls.ca_file"),
            "{error}"
        );
    }
    let empty = world.path("empty.pem");
    fs::write(&empty, "").unwrap();
    for ca_file in [world.path("nowhere.pem"), empty] {
        let name = ca_file.display().to_string();
        let settings = Repository {
            tls: Tls {
                ca_file: Some(ca_file),
            },
            ..at(&nginx, "git")
        };
        let error = world.open(&settings).head().unwrap_err();
        assert!(error.to_string().contains(&name), "{error}");
    }
}

fn not_git() {
    let world = World::new();
    let (_, nginx) = served(&world);
    let error = |location: &str| world.open(&at(&nginx, location)).head().unwrap_err();
    let login = error("login");
    assert!(matches!(login, SourceError::NotGit { .. }), "{login}");
    assert!(login.to_string().contains("text/html"), "{login}");
    let failing = error("failing");
    assert!(
        matches!(failing, SourceError::Unreachable { .. }),
        "{failing}"
    );
    assert!(failing.to_string().contains("503"), "{failing}");
    let nowhere = error("nowhere");
    assert!(
        matches!(nowhere, SourceError::RepositoryNotFound { .. }),
        "{nowhere}"
    );
}

fn vanished() {
    let world = World::new();
    let (origin, nginx) = served(&world);
    let bare = world.path("served/platform.git");
    git(&bare, ["update-ref", "-d", "refs/heads/main"]);
    let source = world.open(&at(&nginx, "git"));
    let error = source.head().unwrap_err();
    assert!(matches!(error, SourceError::NoCommits { .. }), "{error}");

    origin.push();
    let snapshot = source.head().unwrap();
    git(&bare, ["update-ref", "-d", "refs/heads/main"]);
    let error = source.head().unwrap_err();
    assert!(
        matches!(error, SourceError::ReferencesVanished { .. }),
        "{error}"
    );
    // The mirror has lost nothing.
    assert_eq!(source.text(&snapshot, "rules.yaml"), "groups: []\n");
}

fn sha256() {
    let world = World::new();
    let origin = world.path("served/platform.git");
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
    let nginx = Nginx::start(&world, 1);
    let error = world.open(&at(&nginx, "git")).head().unwrap_err();
    assert!(
        matches!(error, SourceError::UnsupportedFormat { .. }),
        "{error}"
    );
}
