//! What of a commit is a file, and what is said about the rest.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use libtest_mimic::Trial;
use trueup::model::{Code, Severity};
use trueup::settings::{Limits, RepositoryUrl};
use trueup::source::{Source, SourceError, Want};

use super::fixture::{WorkTree, World, diagnostics, paths};
use super::local::local;
use crate::support::{Need, test};

const GIT: &[Need] = &[Need::Program("git")];

pub fn tests() -> Vec<Trial> {
    vec![
        test(
            "source::trees::only_regular_files_of_a_commit",
            GIT,
            of_a_commit,
        ),
        test(
            "source::trees::only_regular_files_of_a_work_tree",
            GIT,
            of_a_work_tree,
        ),
        test(
            "source::trees::only_regular_files_of_a_folder",
            GIT,
            of_a_folder,
        ),
        test("source::trees::only_links_is_an_error", GIT, only_links),
        test("source::trees::too_many_files_is_an_error", GIT, too_many),
    ]
}

/// A work tree with all that is not a plain file.
fn strange(world: &World) -> WorkTree {
    let origin = world.origin();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    origin.write("lfs.yaml", pointer);
    origin.write("lfs.bin", pointer);
    origin.write("large.yaml", vec![b'#'; 10_001]);
    origin.write("large.bin", vec![0; 10_001]);
    origin.write("fits.yaml", vec![b'#'; 10_000]);
    origin.write("run.sh", "#!/bin/sh\n");
    origin.write("Grüße/ä.yaml", "a: 1\n");
    for name in [&b"bad-\xff.yaml"[..], b"bad-\xff.bin"] {
        let path = origin.path.join(OsStr::from_bytes(name));
        std::fs::write(path, "a: 1\n").unwrap();
    }
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(to, origin.path.join(name)).unwrap();
    };
    link("rules.yaml", "link.yaml");
    link("/etc", "etc");
    link("rules.yaml", ".hidden.yaml");
    origin
}

const FILES: [&str; 5] = [
    "Grüße/ä.yaml",
    "fits.yaml",
    "lfs.bin",
    "rules.yaml",
    "run.sh",
];
const SAID: [&str; 4] = [
    "bad-\u{fffd}.yaml not_utf8",
    "large.yaml file_too_large",
    "lfs.yaml lfs_pointer",
    "link.yaml symbolic_link",
];

fn of_a_commit() {
    let world = World::new();
    let origin = strange(&world);
    let id = origin.head().to_string();
    let submodule = format!("160000,{id},vendor/lib");
    origin.git(["add", "-A"]);
    origin.git(["update-index", "--chmod=+x", "run.sh"]);
    origin.git(["update-index", "--add", "--cacheinfo", &submodule]);
    origin.commit_index("Strange");

    let snapshot = world.open(&local(&origin)).head().unwrap();
    assert_eq!(paths(&snapshot), FILES);
    let mut said = SAID.to_vec();
    said.push("vendor/lib submodule");
    assert_eq!(diagnostics(&snapshot), said);
    for diagnostic in &snapshot.diagnostics {
        let expected = match diagnostic.code {
            Code::Submodule => Severity::Info,
            _ => Severity::Warning,
        };
        assert_eq!(diagnostic.severity, expected);
        assert!(diagnostic.hint.is_some());
    }
}

fn of_a_work_tree() {
    let world = World::new();
    let origin = strange(&world);
    // A repository of its own inside, as `git submodule` leaves it, and one that nobody declared.
    let id = origin.head().to_string();
    for name in ["vendor/lib", "vendor/own"] {
        let inner = world.empty(&format!("origin/{name}"));
        inner.write("inner.yaml", "a: 1\n");
        inner.commit("Inner");
    }
    let submodule = format!("160000,{id},vendor/lib");
    origin.git(["update-index", "--add", "--cacheinfo", &submodule]);

    let snapshot = world.folder(&origin.path, None).head().unwrap();
    assert_eq!(paths(&snapshot), FILES);
    let mut said = SAID.to_vec();
    said.extend(["vendor/lib submodule", "vendor/own submodule"]);
    assert_eq!(diagnostics(&snapshot), said);
}

fn of_a_folder() {
    let world = World::new();
    let origin = strange(&world);
    std::fs::remove_dir_all(origin.path.join(".git")).unwrap();
    let snapshot = world.folder(&origin.path, None).head().unwrap();
    assert_eq!(paths(&snapshot), FILES);
    assert_eq!(diagnostics(&snapshot), SAID);
}

fn only_links() {
    let world = World::new();
    let origin = world.origin();
    origin.remove("rules.yaml");
    std::os::unix::fs::symlink("/etc/hosts", origin.path.join("link.yaml")).unwrap();
    origin.commit("Only a link");
    for source in [
        world.open(&local(&origin)),
        world.folder(&origin.path, None),
    ] {
        let error = source.head().unwrap_err();
        assert!(matches!(error, SourceError::Empty { .. }), "{error}");
    }
}

fn too_many() {
    let world = World::new();
    let origin = world.origin();
    origin.write("second.txt", "");
    origin.commit("Second");
    let few = Limits {
        file_size: 100,
        files: 1,
    };
    let handle = world.runtime.handle().clone();
    let settings = super::fixture::repository(RepositoryUrl::Local(origin.path.clone()));
    for source in [
        Source::open(&settings, &world.state(), &few, handle),
        Source::folder(&origin.path, None, "platform", &few),
    ] {
        let error = world
            .runtime
            .block_on(source.snapshot(Want::Head))
            .unwrap_err();
        assert!(
            matches!(error, SourceError::TooManyFiles { limit: 1, .. }),
            "{error}"
        );
    }
}
