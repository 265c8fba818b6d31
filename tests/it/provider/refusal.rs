//! Reloads that the server refuses: one bad rule costs only itself, within the budget of reloads.

use libtest_mimic::Trial;
use trueup::model::{Action, OutcomeResult};

use super::world::{Declared, Setup, World, alert, error_of, group, scratch, simple};
use crate::fake::prometheus::FakePrometheus;
use crate::support::{block_on, test};

pub fn tests() -> Vec<Trial> {
    vec![
        test(
            "provider::refusal::one_among_300_fails_alone",
            &[],
            one_among_300,
        ),
        test(
            "provider::refusal::a_single_change_is_the_culprit",
            &[],
            single,
        ),
        test("provider::refusal::several_culprits_converge", &[], several),
        test(
            "provider::refusal::several_culprits_converge_without_memory",
            &[],
            forgetful,
        ),
        test(
            "provider::refusal::what_was_broken_before_is_said",
            &[],
            broken_before,
        ),
        test(
            "provider::refusal::a_corrected_culprit_is_applied",
            &[],
            corrected,
        ),
        test(
            "provider::refusal::an_adopted_file_stands_or_falls_whole",
            &[],
            adopted,
        ),
    ]
}

fn fake() -> (FakePrometheus, World) {
    let directory = scratch();
    let fake = FakePrometheus::start(directory.path());
    let world = Setup::new(directory, Some(fake.url())).world();
    (fake, world)
}

fn numbered(n: usize) -> Declared {
    let sets = ["a/one", "a/two", "b/three", "b/four"];
    (0..n)
        .map(|at| (sets[at % sets.len()], simple(&format!("{at:03}"))))
        .collect()
}

fn failed(outcomes: &[trueup::model::Outcome]) -> Vec<&str> {
    let failed = outcomes
        .iter()
        .filter(|outcome| outcome.result != OutcomeResult::Done);
    failed.map(|outcome| &*outcome.id.name).collect()
}

fn one_among_300() {
    block_on(async {
        for culprit in [0, 1, 137, 299] {
            let (fake, world) = fake();
            let declared = numbered(300);
            let name = format!("{culprit:03}");
            fake.refuse(&[&format!("Alert{name}")]);
            let outcomes = world.sync(&declared).await;
            assert_eq!(
                failed(&outcomes),
                [format!("{}/{name}", declared[culprit].0)]
            );
            let words = "500 Internal Server Error: failed to reload config";
            assert!(
                error_of(&outcomes).contains(words),
                "{}",
                error_of(&outcomes)
            );
            assert_eq!(fake.running().len(), 299);
            let reloads = fake.take_reloads();
            // The first, the proof of what was restored, and ⌈log₂ 300⌉ + 1 more.
            assert!(reloads.len() <= 2 + 9 + 1, "{reloads:?}");
            assert_eq!(reloads.last(), Some(&Some(200)));
            assert_eq!(world.journal.open(), []);
            let rest: Declared = declared
                .into_iter()
                .filter(|(_, group)| group.name != name)
                .collect();
            assert_eq!(world.plan(&rest).await, []);
        }
    });
}

fn single() {
    block_on(async {
        let (fake, world) = fake();
        world.settle(&vec![("a/one", simple("G"))]).await;
        let before = world.read("a.one.yaml");
        fake.take();
        fake.refuse(&["Bad"]);
        let outcomes = world
            .sync(&vec![("a/one", group("G", vec![alert("Bad", "up")]))])
            .await;
        assert_eq!(failed(&outcomes), ["a/one/G"]);
        assert_eq!(fake.take_reloads(), [Some(500), Some(200)]);
        assert_eq!(world.read("a.one.yaml"), before);
        assert_eq!(world.journal.open(), []);
    });
}

/// Cycles until only the culprits are left, with the budget kept in each.
async fn cycles(fake: &FakePrometheus, world: &mut World, forget: bool, limit: usize) {
    let declared = numbered(40);
    let culprits = ["003", "004", "020", "039"];
    let names: Vec<String> = culprits.iter().map(|name| format!("Alert{name}")).collect();
    fake.refuse(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for _ in 0..limit {
        let outcomes = world.sync(&declared).await;
        let reloads = fake.take_reloads();
        assert!(reloads.len() <= 2 + 6 + 1, "{reloads:?}");
        let done = failed(&outcomes);
        if fake.running().len() == 36 {
            assert!(
                done.iter()
                    .all(|name| culprits.contains(&&name[name.len() - 3..]))
            );
            return;
        }
        if forget {
            world.writer = world.provider.writer();
        }
    }
    panic!("only {:?} after {limit} cycles", fake.running());
}

fn several() {
    block_on(async {
        let (fake, mut world) = fake();
        cycles(&fake, &mut world, false, 5).await;
    });
}

fn forgetful() {
    block_on(async {
        let (fake, mut world) = fake();
        cycles(&fake, &mut world, true, 60).await;
    });
}

fn broken_before() {
    block_on(async {
        let (fake, world) = fake();
        world.settle(&vec![("a/one", simple("G"))]).await;
        std::fs::write(world.path("handmade.yaml"), "groups: {").unwrap();
        fake.take();
        let declared = vec![("a/one", simple("G")), ("a/two", simple("H"))];
        let outcomes = world.sync(&declared).await;
        assert!(error_of(&outcomes).contains("refuses also what was there before"));
        assert_eq!(fake.take_reloads(), [Some(500), Some(500)]);
        assert!(!world.path("a.two.yaml").exists());
        std::fs::remove_file(world.path("handmade.yaml")).unwrap();
        world.settle(&declared).await;
    });
}

fn corrected() {
    block_on(async {
        let (fake, world) = fake();
        fake.refuse(&["Alert001"]);
        let outcomes = world.sync(&numbered(5)).await;
        assert_eq!(failed(&outcomes).len(), 1);
        // The same again: refused again, and alone.
        fake.take();
        let outcomes = world.sync(&numbered(5)).await;
        assert_eq!((outcomes.len(), failed(&outcomes).len()), (1, 1));
        assert_eq!(fake.take_reloads(), [Some(500), Some(200)]);
        fake.refuse(&[]);
        world.settle(&numbered(5)).await;
    });
}

fn adopted() {
    block_on(async {
        let (fake, world) = fake();
        let text = "groups:\n- {name: G, rules: []}\n- {name: H, rules: []}\n";
        std::fs::write(world.path("a.one.yaml"), text).unwrap();
        fake.refuse(&["Bad"]);
        let declared = vec![
            ("a/one", group("G", vec![alert("Bad", "up")])),
            ("a/one", group("H", vec![])),
            ("a/two", simple("I")),
        ];
        let changes = world.plan(&declared).await;
        assert_eq!(changes[0].action, Action::Adopt);
        let outcomes = world.apply(&changes).await;
        assert_eq!(failed(&outcomes), ["a/one/G", "a/one/H"]);
        assert_eq!(world.read("a.one.yaml"), text);
        assert_eq!(
            fake.running(),
            ["a.one.yaml/G", "a.one.yaml/H", "a.two.yaml/I"]
        );
    });
}
