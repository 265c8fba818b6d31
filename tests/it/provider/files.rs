//! The directory without a server: ownership, drift, adoption, what is left alone.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use libtest_mimic::Trial;
use trueup::model::{Action, Observation, OutcomeResult, Ownership};
use trueup::provider::Depth;

use super::world::{Setup, World, alert, error_of, group, results, scratch, simple};
use crate::support::{block_on, test};

pub fn tests() -> Vec<Trial> {
    vec![
        test(
            "provider::files::applied_twice_changes_nothing",
            &[],
            applied_twice,
        ),
        test(
            "provider::files::set_without_groups_has_no_file",
            &[],
            deletes,
        ),
        test(
            "provider::files::instances_leave_each_other_alone",
            &[],
            two_instances,
        ),
        test("provider::files::adopts_whole_files_only", &[], adoption),
        test("provider::files::hand_edit_is_drift", &[], hand_edit),
        test(
            "provider::files::unreadable_is_unknown_or_drift",
            &[],
            unreadable,
        ),
        test(
            "provider::files::missing_directory_is_unknown",
            &[],
            missing_directory,
        ),
        test(
            "provider::files::changed_since_observed_fails",
            &[],
            changed_since,
        ),
        test(
            "provider::files::left_over_temporary_is_removed",
            &[],
            left_over,
        ),
        test("provider::files::cancelled_before_a_file", &[], cancelled),
        test("provider::files::no_journal_no_write", &[], no_journal),
        test("provider::files::quick_sees_what_changed", &[], quick),
        test(
            "provider::files::cannot_write_fails_that_file",
            &[],
            cannot_write,
        ),
    ]
}

fn plain() -> World {
    Setup::new(scratch(), None).world()
}

fn applied_twice() {
    block_on(async {
        let world = plain();
        let declared = vec![
            ("a/one", simple("G")),
            ("a/one", simple("F")),
            ("b/two", simple("G")),
        ];
        world.settle(&declared).await;
        let files = world.files();
        assert_eq!(
            files.keys().collect::<Vec<_>>(),
            ["a.one.yaml", "b.two.yaml"]
        );
        let text = world.read("a.one.yaml");
        assert!(
            text.starts_with("# trueup instance=acme set=a/one\ngroups:\n- name: F\n"),
            "{text}"
        );
        world.settle(&declared).await;
        assert_eq!(world.files(), files);
        assert_eq!(world.journal.begun(), 1);
    });
}

fn deletes() {
    block_on(async {
        let world = plain();
        world
            .settle(&vec![("a/one", simple("G")), ("a/one", simple("F"))])
            .await;
        world.settle(&vec![("a/one", simple("F"))]).await;
        assert!(!world.read("a.one.yaml").contains("name: G"));
        world.settle(&vec![]).await;
        assert!(world.files().is_empty());
    });
}

fn two_instances() {
    block_on(async {
        let ours = plain();
        let theirs = Setup {
            instance: "other",
            ..Setup::new(ours.directory.clone(), None)
        }
        .world();
        ours.settle(&vec![("a/one", simple("G"))]).await;
        theirs.settle(&vec![("a/two", simple("G"))]).await;
        fs::copy(ours.path("a.one.yaml"), ours.path("a.copy.yaml")).unwrap();
        let files = ours.files();
        // Each declares the other's set and nothing else: the planner here is careless, the writer is not.
        for (world, set) in [(&ours, "a/two"), (&theirs, "a/one"), (&ours, "a/copy")] {
            let owner = &world.known().await.occupied[set].ownership;
            assert!(matches!(owner, Ownership::Theirs(_)), "{owner:?}");
            let mut changes = world
                .plan(&vec![(set, group("G", vec![alert("Other", "up")]))])
                .await;
            changes.retain(|change| change.id.container() == Some(set));
            let outcomes = world.apply(&changes).await;
            assert!(error_of(&outcomes).contains("belongs to "), "{outcomes:?}");
        }
        assert_eq!(ours.files(), files);
        ours.settle(&vec![]).await;
        theirs.settle(&vec![("a/two", simple("G"))]).await;
        assert_eq!(ours.files().len(), 2);
    });
}

fn adoption() {
    block_on(async {
        let world = plain();
        let text = "groups:\n- name: G\n  rules:\n  - alert: AlertG\n    expr: vector(0)>1\n- name: H\n  rules: []\n";
        fs::write(world.path("a.one.yaml"), text).unwrap();
        let half = vec![("a/one", simple("G"))];
        let changes = world.plan(&half).await;
        assert_eq!(changes[0].action, Action::Adopt);
        let outcomes = world.apply(&changes).await;
        assert!(
            error_of(&outcomes).contains("\"H\", which is not declared"),
            "{outcomes:?}"
        );
        assert_eq!(world.read("a.one.yaml"), text);
        world
            .settle(&vec![("a/one", simple("G")), ("a/one", group("H", vec![]))])
            .await;
        assert!(
            world
                .read("a.one.yaml")
                .starts_with("# trueup instance=acme")
        );
    });
}

fn hand_edit() {
    block_on(async {
        let world = plain();
        let declared = vec![("a/one", simple("G")), ("a/one", simple("H"))];
        world.settle(&declared).await;
        let good = world.read("a.one.yaml");
        // Another layout of the same is no difference.
        fs::write(
            world.path("a.one.yaml"),
            format!("{good}\n# checked by hand\n"),
        )
        .unwrap();
        assert_eq!(world.plan(&declared).await, []);
        for (from, to) in [
            ("vector(0) > 1", "vector(0) > 2"),
            ("  - alert: AlertG", "  - foo: bar\n    alert: AlertG"),
            ("name: H", "name: I"),
        ] {
            fs::write(world.path("a.one.yaml"), good.replace(from, to)).unwrap();
            assert_ne!(world.plan(&declared).await, [], "{to}");
            world.settle(&declared).await;
            assert_eq!(world.read("a.one.yaml"), good);
        }
    });
}

fn unreadable() {
    block_on(async {
        let world = plain();
        let declared = vec![("a/one", simple("G")), ("a/two", simple("G"))];
        world.settle(&declared).await;
        fs::write(world.path("a.bin.yaml"), [0xff, 0xfe]).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", world.path("a.link.yaml")).unwrap();
        fs::write(world.path("notes.txt"), "").unwrap();
        fs::write(
            world.path("a.one.yaml"),
            "# trueup instance=acme set=a/one\ngroups: {\n",
        )
        .unwrap();
        let observed = world.known().await;
        assert_eq!(observed.unknown[0].container.as_deref(), Some("a/bin"));
        assert_eq!(observed.unknown.len(), 1);
        assert_eq!(
            observed.occupied["a/link"].ownership,
            Ownership::Theirs("a symbolic link".into())
        );
        let one = &observed.occupied["a/one"];
        assert!(one.unreadable && one.ownership == Ownership::Ours);
        assert!(!observed.live.contains_key(&world.id("a/one", "G")));
        world.settle(&declared).await;
        assert_eq!(fs::read(world.path("a.bin.yaml")).unwrap(), [0xff, 0xfe]);
    });
}

fn missing_directory() {
    block_on(async {
        let world = plain();
        fs::remove_dir(world.directory.path()).unwrap();
        let reason = world.unknown().await;
        assert!(reason.contains("does not exist; make it"), "{reason}");
        fs::create_dir(world.directory.path()).unwrap();
    });
}

fn changed_since() {
    block_on(async {
        let world = plain();
        world
            .settle(&vec![("a/one", simple("G")), ("a/two", simple("G"))])
            .await;
        let declared = vec![("a/one", simple("H")), ("a/two", simple("H"))];
        let changes = world.plan(&declared).await;
        let edited = format!("{}\n# by hand\n", world.read("a.one.yaml"));
        fs::write(world.path("a.one.yaml"), &edited).unwrap();
        let outcomes = world.apply(&changes).await;
        let failed = outcomes
            .iter()
            .filter(|outcome| outcome.result == OutcomeResult::Failed);
        assert!(
            failed
                .clone()
                .all(|outcome| outcome.id.container() == Some("a/one"))
        );
        assert_eq!(failed.count(), 2);
        assert!(error_of(&outcomes).contains("changed since it was observed"));
        assert_eq!(world.read("a.one.yaml"), edited);
        world.settle(&declared).await;
    });
}

fn left_over() {
    block_on(async {
        let world = plain();
        let ours = world.path("a.one.yaml.acme.trueup-tmp");
        let theirs = world.path("a.one.yaml.other.trueup-tmp");
        fs::write(&ours, "half").unwrap();
        fs::write(&theirs, "half").unwrap();
        world.settle(&vec![("a/one", simple("G"))]).await;
        assert!(!ours.exists() && theirs.exists());
    });
}

fn cancelled() {
    block_on(async {
        let world = plain();
        world.cancelled.0.store(true, Ordering::SeqCst);
        let outcomes = world.sync(&vec![("a/one", simple("G"))]).await;
        assert_eq!(results(&outcomes), [("a/one/G", OutcomeResult::Skipped)]);
        assert!(world.files().is_empty());
        assert_eq!(world.journal.open(), []);
    });
}

fn no_journal() {
    block_on(async {
        let world = plain();
        world.journal.set_broken(true);
        let outcomes = world.sync(&vec![("a/one", simple("G"))]).await;
        assert_eq!(error_of(&outcomes), "cannot write the journal: disk full");
        assert!(world.files().is_empty());
    });
}

fn quick() {
    block_on(async {
        let world = plain();
        let declared = vec![("a/one", simple("G")), ("a/two", simple("G"))];
        world.settle(&declared).await;
        let live = |observation: Observation| match observation {
            Observation::Known(observed) => observed.live,
            Observation::Unknown { reason } => panic!("{reason}"),
        };
        // Time stamps prove something only once they are older than the clock's grain.
        tokio::time::sleep(Duration::from_millis(3100)).await;
        live(world.observe().await);
        let before = live(world.observe_at(Depth::Quick).await);
        let edited = world.read("a.one.yaml").replace("> 1", "> 2");
        fs::write(world.path("a.one.yaml"), edited).unwrap();
        let after = live(world.observe_at(Depth::Quick).await);
        let (one, two) = (world.id("a/one", "G"), world.id("a/two", "G"));
        assert_ne!(before[&one].hash, after[&one].hash);
        assert!(Arc::ptr_eq(
            &before[&two].canonical.open(),
            &after[&two].canonical.open()
        ));
    });
}

fn cannot_write() {
    block_on(async {
        let world = plain();
        // A directory where the temporary file would be made.
        fs::create_dir(world.path("a.one.yaml.acme.trueup-tmp")).unwrap();
        let outcomes = world
            .sync(&vec![("a/one", simple("G")), ("a/two", simple("G"))])
            .await;
        let expected = [
            ("a/one/G", OutcomeResult::Failed),
            ("a/two/G", OutcomeResult::Done),
        ];
        assert_eq!(results(&outcomes), expected);
        fs::remove_dir(world.path("a.one.yaml.acme.trueup-tmp")).unwrap();
        world
            .settle(&vec![("a/one", simple("G")), ("a/two", simple("G"))])
            .await;
    });
}
