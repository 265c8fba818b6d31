//! Two worlds that differ in one place.

use std::collections::BTreeSet;
use std::fs;

use proptest::prelude::*;
use proptest::sample::Index;
use trueup::model::{Action, Change, Hash, RepoPath};
use trueup::provider::Depth;

use super::git::Git;
use super::hold;
use super::machine::{Machine, Passed, runtime, scratch};
use super::repo::{Edit, Repo, edits, repo};
use super::whole::{SITES, check_pass};

/// What a plan does; without its deletes where those may wait.
fn changes(passed: &Passed, deletes: bool) -> BTreeSet<(String, Action, Option<Hash>)> {
    let changes = passed.plan.changes();
    let counted = |change: &&&Change| deletes || change.action != Action::Delete;
    let key = |change: &&Change| {
        let desired = change.desired.as_ref().map(|desired| desired.hash);
        (change.id.to_string(), change.action, desired)
    };
    changes.iter().filter(counted).map(key).collect()
}

/// The names of the groups of a set's file.
fn groups(repo: &Repo, folder: u8, file: u8) -> Vec<String> {
    let set = repo.sets.get(&folder);
    let file = set.and_then(|set| Some((set.name, set.files.get(&file)?)));
    let groups = file.into_iter().flat_map(|(set, file)| {
        let groups = file.groups.iter();
        groups.map(move |group| format!("default/s{set}/g{}", group.name))
    });
    groups.collect()
}

/// The same commit with and without a file broken: what is not in the file is written just the same, and what is in it
/// stays. Where the file was good before, deletes go on, too.
pub fn bad_file() {
    let runtime = runtime();
    let worlds = (repo(), edits(), any::<Index>(), any::<Index>());
    hold(40, &worlds, |(mut repo, commit, set, file)| {
        let folders = [scratch(), scratch()];
        let mut gits = folders.each_ref().map(|folder| Git::new(folder.path()));
        let mut machines = folders
            .each_ref()
            .map(|folder| Machine::new(folder.path(), &runtime, SITES));
        for (machine, git) in machines.iter_mut().zip(&mut gits) {
            git.hold(&repo.texts());
            check_pass(&machine.pass(&runtime, Depth::Full));
        }
        let original = repo.clone();
        for edit in &commit {
            repo.edit(edit);
        }
        gits[0].hold(&repo.texts());
        let good = repo.clone();
        repo.edit(&Edit::BreakFile(set, file));
        gits[1].hold(&repo.texts());
        let differs = |folder: &u8, file: &u8| {
            let broken = |repo: &Repo| repo.sets[folder].files[file].broken;
            broken(&good) != broken(&repo)
        };
        let files = good.sets.iter().flat_map(|(folder, set)| {
            let names = set.files.keys();
            names.map(move |name| (*folder, *name))
        });
        let Some((folder, file)) = files
            .into_iter()
            .find(|(folder, file)| differs(folder, file))
        else {
            return;
        };
        let mut touched: BTreeSet<String> = groups(&good, folder, file).into_iter().collect();
        touched.extend(groups(&original, folder, file));
        let path = RepoPath::new(&format!("sets/{folder}/rules/{file}.yaml")).unwrap();
        let known = machines[1].state().good_blobs("platform").unwrap();
        let was_good = known.contains_key(&path);

        let passed = machines
            .each_mut()
            .map(|machine| machine.pass(&runtime, Depth::Full));
        passed.iter().for_each(check_pass);
        let [with, without] = passed.each_ref().map(|passed| changes(passed, was_good));
        for (id, action, _) in with.symmetric_difference(&without) {
            let name = id.splitn(3, '/').nth(2).unwrap_or_default();
            assert!(
                touched.contains(name),
                "{} {id} depends on another file than {path}",
                action.as_str()
            );
        }
    });
}

/// A rule edited in a rules directory is one change, of its group, whose fields name the rule.
pub fn one_change() {
    let runtime = runtime();
    hold(
        40,
        &(repo(), any::<Index>(), any::<Index>()),
        |(repo, which, line)| {
            let folder = scratch();
            let mut machine = Machine::new(folder.path(), &runtime, SITES);
            Git::new(folder.path()).hold(&repo.texts());
            check_pass(&machine.pass(&runtime, Depth::Full));
            let files: Vec<_> = SITES
                .iter()
                .flat_map(|(site, _)| {
                    let names = machine.rules(site).0.into_keys();
                    names.map(|name| (*site, name)).collect::<Vec<_>>()
                })
                .collect();
            let Some((site, name)) = (!files.is_empty()).then(|| which.get(&files)) else {
                return;
            };
            let path = folder.path().join(site).join(name);
            let text = fs::read_to_string(&path).unwrap();
            let lines: Vec<&str> = text.lines().collect();
            let exprs: Vec<usize> = (0..lines.len())
                .filter(|at| lines[*at].contains("expr: "))
                .collect();
            let Some(&at) = (!exprs.is_empty()).then(|| line.get(&exprs)) else {
                return;
            };
            // In these files the name of a rule stands on the line before its expression.
            let alert = lines[at - 1].split("alert: ").nth(1).unwrap();
            let mut edited = lines.clone();
            let expr = lines[at].replace("up <", "up > ");
            edited[at] = &expr;
            let edited = edited.join("\n") + "\n";
            fs::write(&path, &edited).unwrap();

            let passed = machine.pass(&runtime, Depth::Full);
            let changes = passed.plan.changes();
            assert_eq!(changes.len(), 1, "{changes:#?}");
            let change = changes[0];
            assert_eq!(
                (change.action, change.id.target.as_str()),
                (Action::Update, *site)
            );
            let container = change.id.container().unwrap_or_default().replace('/', ".");
            assert_eq!(*name, format!("{container}.yaml"));
            let paths: Vec<&str> = change
                .fields
                .iter()
                .map(|field| field.path.as_str())
                .collect();
            assert_eq!(paths.len(), 1, "{paths:?}");
            let rule = paths[0]
                .strip_prefix("/rules/alert=")
                .and_then(|path| path.strip_suffix("/expr"));
            let rule = rule.map(|rule| rule.split('#').next().unwrap_or_default());
            assert_eq!(rule, Some(alert), "{paths:?}");
            assert!(change.drift);
            // And back: as it was, to the byte.
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        },
    );
}
