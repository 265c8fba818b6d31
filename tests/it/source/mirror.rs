//! Mirrors, of repositories that are reached by `file://`.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use libtest_mimic::Trial;
use trueup::model::Revision;
use trueup::settings::{Repository, RepositoryUrl};
use trueup::source::SourceError;

use super::fixture::{WorkTree, World, git, paths, repository};
use crate::support::{Need, test};

const GIT: &[Need] = &[Need::Program("git")];

pub fn tests() -> Vec<Trial> {
    vec![
        test(
            "source::mirror::clones_and_follows",
            GIT,
            clones_and_follows,
        ),
        test("source::mirror::force_push", GIT, force_push),
        test(
            "source::mirror::serves_what_it_has_read",
            GIT,
            serves_what_it_has_read,
        ),
        test(
            "source::mirror::missing_branch_keeps_the_mirror",
            GIT,
            missing_branch,
        ),
        test(
            "source::mirror::another_branch_in_the_way",
            GIT,
            branch_in_the_way,
        ),
        test("source::mirror::no_commit_yet", GIT, no_commit_yet),
        test(
            "source::mirror::vanished_references_are_unknown",
            GIT,
            vanished,
        ),
        test("source::mirror::damage_is_cloned_over", GIT, damage),
        test(
            "source::mirror::damaged_contents_are_cloned_over",
            GIT,
            damaged_contents,
        ),
        test(
            "source::mirror::a_damaged_origin_is_reported",
            GIT,
            damaged_origin,
        ),
        test(
            "source::mirror::damaged_while_the_origin_is_away",
            GIT,
            damaged_and_alone,
        ),
        test(
            "source::mirror::references_of_strange_names",
            GIT,
            strange_references,
        ),
        test(
            "source::mirror::of_another_url_is_replaced",
            GIT,
            another_url,
        ),
        test(
            "source::mirror::a_copy_beside_the_daemon_writes_nothing",
            GIT,
            readonly,
        ),
        test(
            "source::mirror::a_copy_of_a_damaged_mirror",
            GIT,
            readonly_damaged,
        ),
        test(
            "source::mirror::many_fetches_stay_few_packs",
            GIT,
            many_fetches,
        ),
        test("source::mirror::stopped_answers_at_once", GIT, stopped),
    ]
}

fn served(world: &World) -> (WorkTree, Repository) {
    let origin = world.origin();
    let bare = world.bare(&origin);
    (origin, repository(RepositoryUrl::File(bare)))
}

fn clones_and_follows() {
    let world = World::new();
    let (origin, settings) = served(&world);
    let source = world.open(&settings);
    let snapshot = source.head().unwrap();
    assert_eq!(snapshot.revision, Revision::Commit(origin.head()));
    assert_eq!(source.text(&snapshot, "rules.yaml"), "groups: []\n");

    origin.write("second.yaml", "a: 1\n");
    origin.commit("Second");
    // Not pushed: nothing new.
    assert_eq!(paths(&source.head().unwrap()), ["rules.yaml"]);
    origin.push();
    let snapshot = source.head().unwrap();
    assert_eq!(snapshot.revision, Revision::Commit(origin.head()));
    assert_eq!(paths(&snapshot), ["rules.yaml", "second.yaml"]);

    // Another process with the same mirror downloads nothing.
    let packs = packs(&world.mirror());
    drop(source);
    assert_eq!(paths(&world.open(&settings).head().unwrap()).len(), 2);
    assert_eq!(self::packs(&world.mirror()), packs);
}

fn force_push() {
    let world = World::new();
    let (origin, settings) = served(&world);
    origin.write("second.yaml", "a: 1\n");
    let lost = origin.commit("Second");
    origin.push();
    let source = world.open(&settings);
    source.head().unwrap();

    origin.git(["reset", "-q", "--hard", "HEAD~1"]);
    origin.write("other.yaml", "a: 1\n");
    let kept = origin.commit("Other");
    origin.push();
    let snapshot = source.head().unwrap();
    assert_eq!(snapshot.revision, Revision::Commit(kept));
    assert_eq!(paths(&snapshot), ["other.yaml", "rules.yaml"]);
    // What was applied last is still known, so the commits between can be told.
    let commits = source
        .wait(source.source.commits(Some(lost), kept))
        .unwrap();
    assert_eq!(commits.len(), 1);
}

fn serves_what_it_has_read() {
    let world = World::new();
    let (_, settings) = served(&world);
    let source = world.open(&settings);
    let snapshot = source.head().unwrap();
    let bare = world.path("served/platform.git");
    fs::rename(&bare, world.path("gone")).unwrap();

    let error = source.head().unwrap_err();
    assert!(
        matches!(error, SourceError::NotARepository { .. }),
        "{error}"
    );
    assert_eq!(source.text(&snapshot, "rules.yaml"), "groups: []\n");

    fs::rename(world.path("gone"), &bare).unwrap();
    source.head().unwrap();
}

fn missing_branch() {
    let world = World::new();
    let (origin, settings) = served(&world);
    let source = world.open(&settings);
    source.head().unwrap();
    let bare = world.path("served/platform.git");
    git(&bare, ["branch", "-m", "main", "trunk"]);
    let error = source.head().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no branch main; there are trunk"),
        "{error}"
    );
    git(&bare, ["branch", "-m", "trunk", "main"]);
    assert_eq!(
        source.head().unwrap().revision,
        Revision::Commit(origin.head())
    );
}

fn branch_in_the_way() {
    let world = World::new();
    let (_, settings) = served(&world);
    let bare = world.path("served/platform.git");
    world.open(&settings).head().unwrap();
    git(&bare, ["branch", "-m", "main", "main/next"]);
    let settings = Repository {
        branch: "main/next".to_owned(),
        ..settings
    };
    world.open(&settings).head().unwrap();
}

fn no_commit_yet() {
    let world = World::new();
    let bare = world.path("served.git");
    git(
        world.folder.path(),
        ["init", "-q", "--bare", bare.to_str().unwrap()],
    );
    let error = world
        .open(&repository(RepositoryUrl::File(bare)))
        .head()
        .unwrap_err();
    assert!(matches!(error, SourceError::NoCommits { .. }), "{error}");
}

fn vanished() {
    let world = World::new();
    let (origin, settings) = served(&world);
    world.open(&settings).head().unwrap();
    let bare = world.path("served/platform.git");
    git(&bare, ["update-ref", "-d", "refs/heads/main"]);

    let error = world.open(&settings).head().unwrap_err();
    assert!(
        matches!(error, SourceError::ReferencesVanished { .. }),
        "{error}"
    );
    origin.push();
    world.open(&settings).head().unwrap();
}

fn damage() {
    type Damage = fn(&Path);
    let world = World::new();
    let (origin, settings) = served(&world);
    let ways: [(&str, Damage); 7] = [
        ("packs gone", |mirror| {
            delete_packs(mirror);
        }),
        ("packs emptied", |mirror| overwrite(mirror, |_| Vec::new())),
        ("packs cut", |mirror| {
            overwrite(mirror, |bytes| bytes[..bytes.len() / 2].to_vec());
        }),
        ("packs scrambled", |mirror| {
            overwrite(mirror, |bytes| {
                bytes.iter().map(|byte| byte ^ 0x5a).collect()
            });
        }),
        ("no HEAD", |mirror| {
            fs::remove_file(mirror.join("HEAD")).unwrap();
        }),
        ("no configuration", |mirror| {
            fs::write(mirror.join("config"), "[").unwrap();
        }),
        ("a reference to nowhere", |mirror| {
            let zeros = "0123456789".repeat(4);
            fs::write(mirror.join("refs/heads/main"), format!("{zeros}\n")).unwrap();
            delete_packs(mirror);
        }),
    ];
    for (name, damage) in ways {
        world.open(&settings).head().unwrap();
        damage(&world.mirror());
        let source = world.open(&settings);
        let snapshot = source
            .head()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(snapshot.revision, Revision::Commit(origin.head()), "{name}");
        assert_eq!(
            source.text(&snapshot, "rules.yaml"),
            "groups: []\n",
            "{name}"
        );
    }
}

/// Damage inside of a blob shows only when it is read.
fn damaged_contents() {
    let world = World::new();
    let (origin, settings) = served(&world);
    let noise: Vec<u8> = (0..9_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    origin.write("noise.bin", &noise);
    origin.commit("Noise");
    origin.push();
    world.open(&settings).head().unwrap();
    overwrite(&world.mirror(), |bytes| {
        let mut bytes = bytes.to_vec();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 16].fill(0xff);
        bytes
    });
    let source = world.open(&settings);
    let snapshot = source.head().unwrap();
    let blob = snapshot.files[&super::fixture::repo_path("noise.bin")].blob;
    assert_eq!(source.read(vec![blob]), [Some(noise)]);
}

/// What the mirror has is not given up for an origin that is damaged itself.
fn damaged_origin() {
    let world = World::new();
    let origin = world.origin();
    let source = world.open(&repository(RepositoryUrl::File(origin.path.clone())));
    let snapshot = source.head().unwrap();
    origin.write("second.yaml", "a: 1\n");
    origin.commit("Second");
    let tree = origin.git(["rev-parse", "HEAD^{tree}"]);
    let (start, rest) = tree.trim().split_at(2);
    origin.remove(&format!(".git/objects/{start}/{rest}"));

    source.head().unwrap_err();
    assert_eq!(source.text(&snapshot, "rules.yaml"), "groups: []\n");
}

fn damaged_and_alone() {
    let world = World::new();
    let (_, settings) = served(&world);
    world.open(&settings).head().unwrap();
    let bare = world.path("served/platform.git");
    fs::rename(&bare, world.path("gone")).unwrap();
    delete_packs(&world.mirror());
    world.open(&settings).head().unwrap_err();
    assert!(world.mirror().exists());
    fs::rename(world.path("gone"), &bare).unwrap();
    world.open(&settings).head().unwrap();
}

fn strange_references() {
    let world = World::new();
    let origin = world.origin();
    let id = origin.head().to_string();
    let name = OsStr::from_bytes(b"refs/heads/bad-\xff");
    origin.git([OsStr::new("update-ref"), name, OsStr::new(&id)]);
    let blob = origin.git(["rev-parse", "HEAD:rules.yaml"]);
    origin.git(["tag", "blob", blob.trim()]);

    let source = world.open(&repository(RepositoryUrl::File(origin.path.clone())));
    assert_eq!(paths(&source.head().unwrap()), ["rules.yaml"]);
    let error = source.rev("blob").unwrap_err();
    assert!(error.to_string().contains("leads to no commit"), "{error}");
}

fn another_url() {
    let world = World::new();
    let (origin, settings) = served(&world);
    let old = origin.head();
    world.open(&settings).head().unwrap();

    let other = world.empty("other");
    other.write("other.yaml", "a: 1\n");
    other.commit("Other");
    let settings = repository(RepositoryUrl::File(other.path.clone()));
    let source = world.open(&settings);
    assert_eq!(paths(&source.head().unwrap()), ["other.yaml"]);
    let error = source.rev(&old.to_string()).unwrap_err();
    assert!(
        matches!(error, SourceError::RevisionMissing { .. }),
        "{error}"
    );
}

fn readonly() {
    let world = World::new();
    let (origin, settings) = served(&world);
    // Without a mirror there is nothing to borrow, and none is made.
    assert_eq!(
        paths(&world.open_readonly(&settings).head().unwrap()),
        ["rules.yaml"]
    );
    assert!(!world.mirror().exists());

    let daemon = world.open(&settings);
    daemon.head().unwrap();
    origin.write("second.yaml", "a: 1\n");
    origin.commit("Second");
    origin.push();
    let before = listing(&world.mirror());
    let source = world.open_readonly(&settings);
    let snapshot = source.head().unwrap();
    assert_eq!(snapshot.revision, Revision::Commit(origin.head()));
    assert_eq!(source.text(&snapshot, "rules.yaml"), "groups: []\n");
    assert_eq!(source.text(&snapshot, "second.yaml"), "a: 1\n");
    drop(source);
    assert_eq!(listing(&world.mirror()), before);
}

fn readonly_damaged() {
    let world = World::new();
    let (_, settings) = served(&world);
    world.open(&settings).head().unwrap();
    overwrite(&world.mirror(), |bytes| bytes[..bytes.len() / 2].to_vec());
    let before = listing(&world.mirror());
    let snapshot = world.open_readonly(&settings).head().unwrap();
    assert_eq!(paths(&snapshot), ["rules.yaml"]);
    assert_eq!(listing(&world.mirror()), before);
}

fn many_fetches() {
    let world = World::new();
    let origin = world.origin();
    let settings = repository(RepositoryUrl::File(origin.path.clone()));
    let source = world.open(&settings);
    let mut known = Vec::new();
    for n in 0..40 {
        origin.write("rules.yaml", format!("n: {n}\n"));
        origin.commit("Next");
        known.push(source.head().unwrap());
    }
    drop(source);
    let leftovers = [
        "objects/pack/pack_git2_a1b2c3",
        "join-a1b2c3/pack/pack-1.idx",
    ]
    .map(|name| world.mirror().join(name));
    for file in &leftovers {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "cut").unwrap();
    }
    let source = world.open(&settings);
    source.head().unwrap();
    for file in &leftovers {
        assert!(!file.exists(), "{}", file.display());
    }
    let count = packs(&world.mirror()).len();
    assert!(count < 32, "{count} packs");
    for (n, snapshot) in known.iter().enumerate() {
        assert_eq!(source.text(snapshot, "rules.yaml"), format!("n: {n}\n"));
    }
    git(&world.mirror(), ["fsck", "--strict"]);
}

fn stopped() {
    let world = World::new();
    let (_, settings) = served(&world);
    let source = world.open(&settings);
    source.head().unwrap();
    source.source.shutdown();
    assert_eq!(source.head().unwrap_err(), SourceError::Stopped);
}

/// The pack files of a repository.
fn packs(mirror: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(mirror.join("objects/pack")).unwrap();
    let mut packs: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "pack"))
        .collect();
    packs.sort();
    packs
}

fn delete_packs(mirror: &Path) {
    for pack in packs(mirror) {
        fs::remove_file(pack).unwrap();
    }
}

fn overwrite(mirror: &Path, change: impl Fn(&[u8]) -> Vec<u8>) {
    for pack in packs(mirror) {
        let bytes = fs::read(&pack).unwrap();
        // Another file in its place, since somebody may have the old one mapped.
        fs::remove_file(&pack).unwrap();
        fs::write(&pack, change(&bytes)).unwrap();
    }
}

/// Every file of a folder with its bytes.
fn listing(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(listing(&path));
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}
