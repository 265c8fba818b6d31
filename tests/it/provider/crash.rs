//! Cut short anywhere, and answers that never come: the next cycle converges.

use std::time::Duration;

use libtest_mimic::Trial;
use trueup::model::{Action, Intent, Journal, OutcomeResult, PriorFile};

use super::world::{Declared, Setup, World, alert, group, results, scratch, simple};
use crate::fake::prometheus::{FakePrometheus, Fault};
use crate::support::proxy::Proxy;
use crate::support::{block_on, test, wait_until};

pub fn tests() -> Vec<Trial> {
    vec![
        test(
            "provider::crash::between_rename_and_reload_converges",
            &[],
            before_reload,
        ),
        test(
            "provider::crash::interrupted_delete_is_residue",
            &[],
            residue,
        ),
        test(
            "provider::crash::before_the_end_is_noted_converges",
            &[],
            before_end,
        ),
        test(
            "provider::crash::pending_refused_restores_the_priors",
            &[],
            pending_refused,
        ),
        test(
            "provider::crash::reload_without_answer_is_unknown",
            &[],
            no_answer,
        ),
        test("provider::crash::at_any_moment_converges", &[], any_moment),
        test(
            "provider::crash::faulty_network_converges",
            &[],
            faulty_network,
        ),
    ]
}

fn fake() -> (FakePrometheus, World) {
    let directory = scratch();
    let fake = FakePrometheus::start(directory.path());
    let setup = Setup {
        timeout: Duration::from_millis(800),
        ..Setup::new(directory, Some(fake.url()))
    };
    (fake, setup.world())
}

/// Drops an apply of `declared` while its first reload has no answer yet, and is never carried out.
async fn cut_before_reload(fake: &FakePrometheus, world: &World, declared: &Declared) {
    let changes = world.plan(declared).await;
    fake.take();
    fake.fail("/-/reload", Fault::Close, 1);
    {
        let apply = world.apply(&changes);
        tokio::pin!(apply);
        tokio::select! {
            biased;
            () = async {
                while fake.take_reloads().is_empty() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            } => {}
            _ = &mut apply => {}
        }
    }
    fake.fail_no_more();
    assert_eq!(world.journal.open().len(), 1);
}

fn before_reload() {
    block_on(async {
        let (fake, world) = fake();
        world.settle(&vec![("a/one", simple("G"))]).await;
        // The same names, so that the server's list alone would not show it.
        let declared = vec![("a/one", group("G", vec![alert("AlertG", "vector(7)")]))];
        cut_before_reload(&fake, &world, &declared).await;
        assert_eq!(fake.expr("AlertG").as_deref(), Some("vector(0) > 1"));
        let files = world.files();
        let changes = world.plan(&declared).await;
        assert_eq!(changes[0].action, Action::Update);
        fake.take();
        world.settle(&declared).await;
        assert_eq!(fake.expr("AlertG").as_deref(), Some("vector(7)"));
        assert_eq!(fake.take_reloads(), [Some(200)]);
        assert_eq!(world.files(), files, "a pure reload");
    });
}

fn residue() {
    block_on(async {
        let (fake, world) = fake();
        world
            .settle(&vec![("a/one", simple("G")), ("a/one", simple("H"))])
            .await;
        for declared in [vec![("a/one", simple("G"))], vec![]] {
            cut_before_reload(&fake, &world, &declared).await;
            let live = world.known().await.live;
            assert_eq!(
                live.values().filter(|live| live.residue).count(),
                1,
                "{live:?}"
            );
            fake.take();
            world.settle(&declared).await;
            assert_eq!(fake.take_reloads(), [Some(200)]);
            assert_eq!(fake.running().len(), declared.len());
        }
    });
}

fn before_end() {
    block_on(async {
        let (fake, world) = fake();
        let one = vec![("a/one", simple("G"))];
        world
            .settle(&vec![("a/one", simple("G")), ("a/two", simple("H"))])
            .await;
        let intent = Intent {
            target: world.target.clone(),
            changes: vec![(world.id("a/two", "H"), Action::Delete)],
            prior: vec![PriorFile {
                name: "a.two.yaml".into(),
                content: Some(world.read("a.two.yaml").into_bytes()),
            }],
        };
        world.settle(&one).await;
        // All is done, and only the journal does not know.
        world.journal.begin(&intent).unwrap();
        assert_eq!(world.plan(&one).await, []);
        fake.take();
        world.settle(&one).await;
        assert_eq!(fake.take_reloads(), [Some(200)]);
        assert_eq!(fake.running(), ["a.one.yaml/G"]);
    });
}

fn pending_refused() {
    block_on(async {
        let (fake, world) = fake();
        world.settle(&vec![("a/one", simple("G"))]).await;
        let good = world.read("a.one.yaml");
        let declared = vec![("a/one", group("G", vec![alert("Bad", "up")]))];
        cut_before_reload(&fake, &world, &declared).await;
        assert!(world.read("a.one.yaml").contains("Bad"));
        fake.refuse(&["Bad"]);
        let outcomes = world.sync(&declared).await;
        assert_eq!(results(&outcomes), [("a/one/G", OutcomeResult::Failed)]);
        assert_eq!(world.read("a.one.yaml"), good);
        assert_eq!(world.journal.open(), []);
        // The same from the journal alone, as after a kill.
        let intent = Intent {
            target: world.target.clone(),
            changes: vec![(world.id("a/one", "G"), Action::Update)],
            prior: vec![PriorFile {
                name: "a.one.yaml".into(),
                content: Some(good.clone().into_bytes()),
            }],
        };
        std::fs::write(world.path("a.one.yaml"), good.replace("AlertG", "Bad")).unwrap();
        world.journal.begin(&intent).unwrap();
        world.sync(&declared).await;
        assert_eq!(world.read("a.one.yaml"), good);
        world.settle(&vec![("a/one", simple("G"))]).await;
    });
}

fn no_answer() {
    block_on(async {
        for fault in [
            Fault::CloseAfter,
            // Longer than the patience with a reload.
            Fault::Delay(Duration::from_secs(4)),
            Fault::Close,
        ] {
            let (fake, world) = fake();
            world.settle(&vec![("a/one", simple("G"))]).await;
            fake.fail("/-/reload", fault, 1);
            let declared = vec![("a/one", simple("H"))];
            let outcomes = world.sync(&declared).await;
            let error = outcomes[0].error.as_deref().unwrap();
            assert!(
                error.ends_with("is unknown, the next cycle observes again"),
                "{error}"
            );
            assert!(world.read("a.one.yaml").contains("name: H"), "not put back");
            assert_eq!(world.journal.open().len(), 1);
            wait_until("the late reload", Duration::from_secs(5), || {
                fake.take_reloads().is_empty()
            });
            world.settle(&declared).await;
            assert_eq!(fake.running(), ["a.one.yaml/H"]);
        }
    });
}

/// Cuts cycles short at random moments; a broken rule comes and goes.
fn any_moment() {
    block_on(async {
        let mut random = fastrand::Rng::with_seed(7);
        let (fake, world) = fake();
        fake.refuse(&["AlertBad"]);
        let sets = ["a/one", "a/two", "b/one"];
        for round in 0..40 {
            let mut declared: Declared = sets
                .iter()
                .map(|set| {
                    (
                        *set,
                        group("G", vec![alert("A", &format!("vector({round})"))]),
                    )
                })
                .filter(|_| random.bool())
                .collect();
            let good = declared.clone();
            if random.bool() {
                declared.push(("b/one", simple("Bad")));
            }
            let changes = world.plan(&declared).await;
            let moment = Duration::from_micros(random.u64(0..20_000));
            tokio::time::timeout(moment, world.apply(&changes))
                .await
                .ok();
            if round % 4 == 3 {
                // What was cut off may still be writing its last file.
                tokio::time::sleep(Duration::from_millis(50)).await;
                world.sync(&good).await;
                world.settle(&good).await;
                assert_eq!(fake.running().len(), good.len());
                let left = world
                    .files()
                    .into_keys()
                    .filter(|name| name.ends_with("-tmp"));
                assert_eq!(left.count(), 0);
            }
        }
    });
}

fn faulty_network() {
    block_on(async {
        let directory = scratch();
        let fake = FakePrometheus::start(directory.path());
        let port = fake.url().rsplit(':').next().unwrap().parse().unwrap();
        let proxy = Proxy::start(port);
        let setup = Setup {
            timeout: Duration::from_secs(1),
            ..Setup::new(directory, Some(proxy.url()))
        };
        let world = setup.world();
        let sets = ["a/one", "a/two", "b/one"];
        proxy.fail_a_third(11);
        for round in 0..30 {
            let declared: Declared = sets
                .iter()
                .enumerate()
                .filter(|(at, _)| (round >> at) & 1 == 0)
                .map(|(_, set)| {
                    (
                        *set,
                        group("G", vec![alert("A", &format!("vector({round})"))]),
                    )
                })
                .collect();
            world.observe().await;
            proxy.set_policy(|_| crate::support::proxy::Fault::None);
            let changes = world.plan(&declared).await;
            proxy.fail_a_third(round);
            world.apply(&changes).await;
            if round % 5 == 4 {
                proxy.set_policy(|_| crate::support::proxy::Fault::None);
                world.sync(&declared).await;
                world.settle(&declared).await;
                let expr = format!("vector({round})");
                assert!(declared.is_empty() || fake.expr("A") == Some(expr));
                assert_eq!(fake.running().len(), declared.len());
                proxy.fail_a_third(round + 100);
            }
        }
    });
}
