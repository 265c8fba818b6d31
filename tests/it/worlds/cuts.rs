//! Cutting a pass at every step at which a crash could: the next one converges to what an uncut one makes.

use std::fs;

use proptest::prelude::*;
use trueup::provider::Depth;

use super::git::Git;
use super::hold;
use super::machine::{Cut, Machine, runtime, scratch};
use super::repo::{edits, repo};
use super::whole::{SITES, check_pass, put_foreign_files};

fn cut() -> impl Strategy<Value = Cut> {
    prop_oneof![
        (0..9_usize).prop_map(Cut::Asking),
        Just(Cut::BeforeBegin),
        Just(Cut::AfterBegin),
        Just(Cut::BeforeEnd),
        Just(Cut::AfterEnd),
        Just(Cut::BeforeRecord),
        (0..5_usize).prop_map(Cut::Recorded),
        Just(Cut::BeforeRemember),
    ]
}

/// One or two cuts in one commit, the last of them with a half-written file left behind.
pub fn converge() {
    let runtime = runtime();
    let worlds = (
        repo(),
        edits(),
        prop::collection::vec(cut(), 1..3),
        any::<bool>(),
    );
    hold(45, &worlds, |(repo, commit, cuts, at_first)| {
        let folders = [scratch(), scratch()];
        let mut gits = folders.each_ref().map(|folder| Git::new(folder.path()));
        for git in &mut gits {
            git.hold(&repo.texts());
        }
        let [mut machine, mut twin] = folders
            .each_ref()
            .map(|folder| Machine::new(folder.path(), &runtime, SITES));
        for folder in &folders {
            for (name, _) in SITES {
                put_foreign_files(&folder.path().join(name));
            }
        }
        let mut after = repo.clone();
        if !at_first {
            check_pass(&machine.pass(&runtime, Depth::Full));
            check_pass(&twin.pass(&runtime, Depth::Full));
            for edit in &commit {
                after.edit(edit);
            }
            for git in &mut gits {
                git.hold(&after.texts());
            }
        }
        for cut in cuts {
            machine.pass_cut(&runtime, Depth::Full, cut);
            machine.restart();
        }
        let half = folders[0].path().join("eu/default.s4.yaml.acme.trueup-tmp");
        fs::write(&half, "# trueup instance=acme set=def").unwrap();

        let last = machine.pass(&runtime, Depth::Full);
        check_pass(&last);
        check_pass(&twin.pass(&runtime, Depth::Full));
        // A write is what sweeps; nothing to write is no reason to.
        if last
            .outcomes
            .iter()
            .any(|outcome| outcome.id.target.as_str() == "eu")
        {
            assert!(!half.exists(), "what a crash left is still there");
        }
        _ = fs::remove_file(&half);
        for (site, _) in SITES {
            assert_eq!(machine.rules(site).texts(), twin.rules(site).texts());
        }
        let known = |machine: &Machine| machine.state().inventory().unwrap();
        assert_eq!(known(&machine), known(&twin));
        let good = |machine: &Machine| machine.state().good_blobs("platform").unwrap();
        assert_eq!(good(&machine), good(&twin));
        for (site, _) in SITES {
            let site = trueup::model::TargetName::new(site).unwrap();
            let pending = machine.state().pending_intents(&site).unwrap();
            assert!(
                pending.is_empty() || !last.plan.held().is_empty(),
                "{pending:?}"
            );
        }
        let quiet = machine.pass(&runtime, Depth::Full);
        assert!(
            quiet.plan.changes().is_empty(),
            "{:#?}",
            quiet.plan.changes()
        );
    });
}
