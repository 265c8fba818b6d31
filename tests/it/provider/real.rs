//! A real Prometheus.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::Trial;
use tempfile::TempDir;
use trueup::model::{Action, OutcomeResult, Version};

use super::world::{Declared, Setup, World, alert, error_of, group, scratch, simple};
use crate::support::prometheus::{Options, Server};
use crate::support::proxy::Proxy;
use crate::support::{Need, block_on, test, wait_until};

const LONG: Duration = Duration::from_secs(20);

pub fn tests() -> Vec<Trial> {
    let needs = &[Need::Program("prometheus")];
    vec![
        test(
            "provider::real::one_reload_for_a_change_none_for_none",
            needs,
            reloads,
        ),
        test("provider::real::alert_keeps_its_state", needs, alert_state),
        test("provider::real::a_bad_group_is_found", needs, bad_group),
        test(
            "provider::real::odd_texts_arrive_as_written",
            needs,
            odd_texts,
        ),
        test("provider::real::adopts_equal_files", needs, adopts),
        test("provider::real::unloaded_file_is_loaded", needs, unloaded),
        test(
            "provider::real::relative_patterns_and_lifecycle",
            needs,
            lifecycle,
        ),
    ]
}

struct Real {
    server: Server,
    proxy: Proxy,
    world: World,
}

fn real_with(directory: Arc<TempDir>, options: &Options) -> Real {
    let server = Server::prometheus_with(directory.path(), options);
    let proxy = Proxy::start(server.port);
    let world = Setup::new(directory, Some(proxy.url())).world();
    Real {
        server,
        proxy,
        world,
    }
}

fn real() -> Real {
    real_with(scratch(), &Options::default())
}

fn reloads() {
    block_on(async {
        let Real {
            server,
            proxy,
            world,
        } = real();
        let one = vec![
            ("a/one", simple("G")),
            ("a/one", group("Empty", vec![])),
            ("b/two", simple("G")),
        ];
        let mut two = one.clone();
        two[0].1.rules.push(alert("Second", "vector(1) > 2"));
        two[0].1.interval = trueup::model::PromDuration::parse("90s").ok();
        let three = vec![("b/two", simple("G"))];
        for (declared, running) in [(&one, 3), (&two, 3), (&three, 1), (&vec![], 0)] {
            world.settle(declared).await;
            let writes = proxy.take_writes();
            assert_eq!(writes.len(), 1, "{writes:?}");
            assert_eq!(
                (&*writes[0].path, writes[0].status),
                ("/-/reload", Some(200))
            );
            assert_eq!(server.groups().len(), running, "{:?}", server.groups());
            let files = world.files();
            world.settle(declared).await;
            assert_eq!(proxy.take_writes(), []);
            assert_eq!(world.files(), files);
        }
        let version = world.known().await.capabilities.version;
        assert!(version >= Some(Version::new(2, 31, 0)), "{version:?}");
    });
}

fn alert_state() {
    block_on(async {
        let Real {
            server,
            proxy: _proxy,
            world,
        } = real();
        let firing = |annotation: &str, set: &'static str| {
            let mut rule = alert("Firing", "vector(1)");
            rule.annotations.insert("summary".into(), annotation.into());
            (set, group("G", vec![rule]))
        };
        world.settle(&vec![firing("one", "a/one")]).await;
        let since = || {
            let rule = server.rule("Firing")?;
            rule["alerts"][0]["activeAt"].as_str().map(str::to_owned)
        };
        wait_until("the alert fires", LONG, || since().is_some());
        let began = since();
        // Another group in the same file, and another file.
        world
            .settle(&vec![
                firing("one", "a/one"),
                ("a/one", simple("H")),
                ("b/two", simple("H")),
            ])
            .await;
        assert_eq!(since(), began);
        // Drift in another group of the file comes back without touching this one.
        let edited = world
            .read("a.one.yaml")
            .replace("vector(0) > 1", "vector(0) > 3");
        fs::write(world.path("a.one.yaml"), edited).unwrap();
        world
            .settle(&vec![
                firing("one", "a/one"),
                ("a/one", simple("H")),
                ("b/two", simple("H")),
            ])
            .await;
        assert_eq!(since(), began);
    });
}

fn bad_group() {
    block_on(async {
        let Real {
            server,
            proxy,
            world,
        } = real();
        let mut bad = alert("Bad", "up");
        // Valid YAML and PromQL, and refused: no such function in templates.
        bad.annotations
            .insert("summary".into(), "{{ nosuch $value }}".into());
        let mut declared: Declared = (0..9)
            .map(|at| ("a/one", simple(&at.to_string())))
            .collect();
        declared.push(("b/two", group("Bad", vec![bad])));
        let outcomes = world.sync(&declared).await;
        let failed: Vec<_> = outcomes
            .iter()
            .filter(|outcome| outcome.error.is_some())
            .collect();
        assert_eq!(failed.len(), 1, "{failed:?}");
        assert_eq!(&*failed[0].id.name, "b/two/Bad");
        assert_eq!(failed[0].result, OutcomeResult::Failed);
        assert!(error_of(&outcomes).contains("failed to reload config"));
        assert_eq!(server.groups().len(), 9);
        let reloads = proxy.take_writes();
        assert!(reloads.len() <= 2 + 4 + 1, "{reloads:?}");
        assert_eq!(
            server.metric("prometheus_config_last_reload_successful"),
            Some(1.0)
        );
        declared.pop();
        world.settle(&declared).await;
    });
}

fn odd_texts() {
    block_on(async {
        let Real {
            server,
            proxy: _proxy,
            world,
        } = real();
        let mut rule = alert("Odd", "sum by (job) (\n  rate(x[5m])  # why\n)\n> 1");
        for (at, text) in [
            "yes",
            "on",
            "null",
            "~",
            "1.10",
            "0x1f",
            "2020-01-01",
            "1:20",
            "=",
            "a: b #c",
            " x ",
            "",
            "line\n  two\n",
            "{{ $labels.job }}",
            "ünï €",
            "tab\there",
            "'\"\\",
        ]
        .into_iter()
        .enumerate()
        {
            rule.annotations
                .insert(format!("a{at:02}"), text.to_owned());
        }
        for key in ["y", "on", "null"] {
            rule.labels.insert(key.to_owned(), "1".to_owned());
        }
        let annotations = serde_json::to_value(&rule.annotations).unwrap();
        let labels = serde_json::to_value(&rule.labels).unwrap();
        world
            .settle(&vec![("a/one", group("- Odd: \"name\"", vec![rule]))])
            .await;
        let shown = server.rule("Odd").unwrap();
        assert_eq!(shown["annotations"], annotations);
        assert_eq!(shown["labels"], labels);
        assert_eq!(shown["query"], "sum by (job) (rate(x[5m])) > 1");
        assert!(world.read("a.one.yaml").contains("rate(x[5m])  # why\n"));
    });
}

fn adopts() {
    block_on(async {
        let directory = scratch();
        let text =
            "groups:\n- name: G\n  rules:\n  - {alert: AlertG, expr: vector(0)>1, for: 0s}\n";
        fs::write(directory.path().join("a.one.yaml"), text).unwrap();
        let Real {
            server: _server,
            proxy,
            world,
        } = real_with(directory, &Options::default());
        let declared = vec![("a/one", simple("G"))];
        assert_eq!(world.plan(&declared).await[0].action, Action::Adopt);
        world.settle(&declared).await;
        assert_eq!(proxy.take_writes().len(), 1);
    });
}

fn unloaded() {
    block_on(async {
        let Real {
            server,
            proxy,
            world,
        } = real();
        let files_only = Setup::new(world.directory.clone(), None).world();
        let declared = vec![("a/one", simple("G"))];
        files_only.settle(&declared).await;
        assert!(server.groups().is_empty());
        let files = world.files();
        let changes = world.plan(&declared).await;
        assert_eq!(changes[0].action, Action::Update);
        world.settle(&declared).await;
        assert_eq!(world.files(), files);
        assert_eq!(server.groups(), ["a.one.yaml/G"]);
        assert_eq!(proxy.take_writes().len(), 1);
    });
}

fn lifecycle() {
    block_on(async {
        let directory = scratch();
        let options = Options {
            rule_files: vec![
                "elsewhere/*.yaml".into(),
                format!("{}/*.y*ml", directory.path().display()),
            ],
            lifecycle: false,
            ..Options::default()
        };
        let Real {
            server: _server,
            proxy: _proxy,
            world,
        } = real_with(directory, &options);
        let outcomes = world.sync(&vec![("a/one", simple("G"))]).await;
        assert!(
            error_of(&outcomes).contains("--web.enable-lifecycle"),
            "{outcomes:?}"
        );
        assert!(world.files().is_empty());
    });
}
