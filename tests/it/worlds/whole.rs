//! Whole passes over generated repositories: from files to files.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use trueup::model::Action;
use trueup::provider::Depth;

use super::git::Git;
use super::hold;
use super::machine::{Machine, Passed, Site, runtime, scratch};
use super::repo::{Repo, edits, repo};
use super::rules::Rules;

pub const SITES: &[Site] = &[
    ("eu", "env: prod, region: eu"),
    ("us", "env: prod, region: us"),
    ("dev", "env: dev, region: eu"),
];

/// What stands in a rules directory and is not ours; some of it where ours would be.
pub fn put_foreign_files(folder: &Path) {
    let other = "groups:\n- name: theirs\n  rules:\n  - record: a:b\n    expr: up\n";
    for (name, text) in [
        ("notes.txt", "do not touch".to_owned()),
        ("theirs.yml", other.to_owned()),
        ("default.s0.yaml", other.to_owned()),
        (
            "default.s1.yaml",
            format!("# trueup instance=other set=default/s1\n{other}"),
        ),
        (
            "default.copy.yaml",
            format!("# trueup instance=acme set=default/s2\n{other}"),
        ),
        ("default.s4.yaml.other.trueup-tmp", "half a fi".to_owned()),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    symlink("notes.txt", folder.join("default.s3.yaml")).unwrap();
}

/// What holds of every pass.
pub fn check_pass(passed: &Passed) {
    passed.assert_done();
    let blocked = !passed.declaration.resolved.blocks.is_empty();
    for change in passed.plan.changes() {
        assert!(
            !(blocked && change.action == Action::Delete),
            "deleted although absence proves nothing: {}",
            change.id
        );
    }
}

/// After an apply there is nothing to do, for the daemon and for somebody without its state; and what is not
/// ours is as it was.
pub fn quiet() {
    let runtime = runtime();
    hold(40, &(repo(), vec(edits(), 0..3)), |(mut repo, commits)| {
        let folder = scratch();
        let mut git = Git::new(folder.path());
        let mut machine = Machine::new(folder.path(), &runtime, SITES);
        for (name, _) in SITES {
            put_foreign_files(&folder.path().join(name));
        }
        for commit in std::iter::once(Vec::new()).chain(commits) {
            for edit in &commit {
                repo.edit(edit);
            }
            git.hold(&repo.texts());
            let before: Vec<Rules> = SITES.iter().map(|(name, _)| machine.rules(name)).collect();
            let first = machine.pass(&runtime, Depth::Full);
            check_pass(&first);
            let after: Vec<Rules> = SITES.iter().map(|(name, _)| machine.rules(name)).collect();
            for (after, before) in after.iter().zip(&before) {
                after.assert_only_ours_changed(before);
            }

            let second = machine.pass(&runtime, Depth::Quick);
            assert!(
                second.plan.changes().is_empty(),
                "{:#?}",
                second.plan.changes()
            );
            assert!(second.outcomes.is_empty());
            let same: Vec<Rules> = SITES.iter().map(|(name, _)| machine.rules(name)).collect();
            assert_eq!(after, same, "a file was touched though nothing changed");

            let stateless = machine.plan_without_state(&runtime);
            assert!(
                stateless.plan.changes().is_empty(),
                "{:#?}",
                stateless.plan.changes()
            );
        }
    });
}

/// The order in which targets are listed does not show in plans and files; the folders in which sets lie, and so the
/// order in which they are read, do not show in digest and files.
pub fn order() {
    let runtime = runtime();
    hold(25, &(repo(), edits()), |(mut repo, commit)| {
        let backwards: Vec<Site> = SITES.iter().rev().copied().collect();
        let folders = [scratch(), scratch(), scratch()];
        let mut gits = folders.each_ref().map(|folder| Git::new(folder.path()));
        let mut machines = [
            Machine::new(folders[0].path(), &runtime, SITES),
            Machine::new(folders[1].path(), &runtime, &backwards),
            Machine::new(folders[2].path(), &runtime, SITES),
        ];
        for edits in [Vec::new(), commit] {
            for edit in &edits {
                repo.edit(edit);
            }
            gits[0].hold(&repo.texts());
            gits[1].hold(&repo.texts());
            gits[2].hold(&mirrored(&repo).texts());
            let passed = machines
                .each_mut()
                .map(|machine| machine.pass(&runtime, Depth::Full));
            assert_eq!(passed[0].json, passed[1].json);
            for (other, machine) in passed.iter().zip(&machines).skip(1) {
                assert_eq!(passed[0].digest(), other.digest());
                for (site, _) in SITES {
                    assert_eq!(machines[0].rules(site).texts(), machine.rules(site).texts());
                }
            }
        }
    });
}

/// The same sets in folders whose order is the other way round.
fn mirrored(repo: &Repo) -> Repo {
    let sets = repo.sets.iter();
    Repo {
        sets: sets
            .map(|(folder, set)| (100 - folder, set.clone()))
            .collect(),
    }
}

/// A target, or a file on it, that cannot be read is left as it is; once it can be read it becomes what it would have
/// been.
pub fn unknown() {
    let runtime = runtime();
    let worlds = (repo(), edits(), any::<Index>(), any::<bool>());
    hold(30, &worlds, |(mut repo, commit, which, whole)| {
        let folders = [scratch(), scratch()];
        let mut gits = folders.each_ref().map(|folder| Git::new(folder.path()));
        let mut machines = folders
            .each_ref()
            .map(|folder| Machine::new(folder.path(), &runtime, SITES));
        for (machine, git) in machines.iter_mut().zip(&mut gits) {
            git.hold(&repo.texts());
            check_pass(&machine.pass(&runtime, Depth::Full));
        }
        for edit in &commit {
            repo.edit(edit);
        }
        for git in &mut gits {
            git.hold(&repo.texts());
        }
        let [machine, twin] = &mut machines;
        let (site, _) = SITES[which.index(SITES.len())];
        let folder = folders[0].path().join(site);
        let away = folders[0].path().join("away");
        let containers: Vec<String> = machine.rules(site).0.into_keys().collect();
        let file =
            (!containers.is_empty()).then(|| containers[which.index(containers.len())].clone());
        let good = file
            .as_ref()
            .map(|file| fs::read(folder.join(file)).unwrap());
        match (&file, whole) {
            (Some(file), false) => fs::write(folder.join(file), b"groups: \xFF").unwrap(),
            _ => fs::rename(&folder, &away).unwrap(),
        }

        let passed = machine.pass(&runtime, Depth::Full);
        for change in passed.plan.changes() {
            let here = change.id.target.as_str() == site;
            let container = change.id.container().unwrap_or_default().replace('/', ".");
            let in_file = file
                .as_ref()
                .is_none_or(|file| *file == format!("{container}.yaml"));
            assert!(
                !(here && (whole || in_file)),
                "{} is in what is unknown",
                change.id
            );
        }
        if let (Some(file), false) = (&file, whole) {
            let path = folder.join(file);
            assert_eq!(fs::read(&path).unwrap(), b"groups: \xFF");
            fs::write(&path, good.unwrap()).unwrap();
        } else {
            assert!(!folder.exists(), "a missing rules directory was made");
            fs::rename(&away, &folder).unwrap();
        }

        check_pass(&machine.pass(&runtime, Depth::Full));
        check_pass(&machine.pass(&runtime, Depth::Full));
        check_pass(&twin.pass(&runtime, Depth::Full));
        check_pass(&twin.pass(&runtime, Depth::Full));
        for (site, _) in SITES {
            assert_eq!(machine.rules(site).texts(), twin.rules(site).texts());
        }
    });
}
