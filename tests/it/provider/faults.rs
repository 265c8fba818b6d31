//! Servers that are slow, answer half, or are something else.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use trueup::model::capabilities::Flavor;
use trueup::model::{OutcomeResult, TargetName};
use trueup::provider::prometheus::Prometheus;
use trueup::provider::{Depth, Reader, Scope};
use trueup::settings::{HttpAuth, PrometheusSettings, SecretSource, Tls};

use super::world::{Setup, World, alert, error_of, group, results, scratch, simple};
use crate::fake::prometheus::{FakePrometheus, Fault};
use crate::support::exchange::Reply;
use crate::support::{block_on, test};

pub fn tests() -> Vec<Trial> {
    vec![
        test("provider::faults::half_an_answer_is_unknown", &[], half),
        test("provider::faults::no_server_is_unknown", &[], nobody),
        test("provider::faults::passing_faults_are_retried", &[], passing),
        test("provider::faults::another_product_is_unknown", &[], product),
        test(
            "provider::faults::patterns_that_miss_are_unknown",
            &[],
            patterns,
        ),
        test(
            "provider::faults::accepted_and_not_listed_is_said",
            &[],
            not_listed,
        ),
        test("provider::faults::bad_ca_file_is_unknown", &[], bad_ca),
        test(
            "provider::faults::lifecycle_disabled_has_its_message",
            &[],
            lifecycle,
        ),
        test(
            "provider::faults::unhealthy_rules_are_warnings",
            &[],
            unhealthy,
        ),
        test(
            "provider::faults::secrets_are_fresh_and_never_shown",
            &[],
            secrets,
        ),
        test(
            "provider::faults::older_servers_hold_newer_fields",
            &[],
            older,
        ),
    ]
}

fn fake() -> (FakePrometheus, World) {
    let directory = scratch();
    let fake = FakePrometheus::start(directory.path());
    let setup = Setup {
        timeout: Duration::from_millis(1500),
        ..Setup::new(directory, Some(fake.url()))
    };
    (fake, setup.world())
}

fn half() {
    block_on(async {
        let (fake, world) = fake();
        world.settle(&vec![("a/one", simple("G"))]).await;
        let slow = Fault::Delay(Duration::from_secs(4));
        let cases = [
            (Fault::Half, "the answer broke off"),
            (Fault::Close, "the connection broke"),
            (slow, "no whole answer within 1.5s"),
            (
                Fault::Reply(Reply::html(200)),
                "an HTML page where the API's answer should be",
            ),
            (
                Fault::Reply(Reply::html(500)),
                "500 Internal Server Error: an HTML page (\"Sign in\")",
            ),
            (
                Fault::Reply(Reply::text(401, "who?")),
                "401 Unauthorized: who?; give a valid credential",
            ),
            (
                Fault::Reply(Reply::text(302, "").with_header("Location", "http://u:p@sso/login")),
                "redirects to http://sso/login",
            ),
            (
                Fault::Reply(Reply::text(200, "{\"status\":\"error\",\"error\":\"no\"}")),
                "no",
            ),
        ];
        for path in [
            "/api/v1/rules",
            "/api/v1/status/config",
            "/api/v1/status/buildinfo",
        ] {
            for (fault, text) in &cases {
                fake.fail(path, fault.clone(), 1);
                let reason = world.unknown().await;
                assert!(reason.contains(text), "{path} {text}: {reason}");
                assert!(reason.contains(path), "{reason}");
                fake.fail_no_more();
            }
        }
        assert_eq!(world.known().await.live.len(), 1);
    });
}

fn nobody() {
    block_on(async {
        // Port 9 (discard) has no server.
        let url = "http://user:hunter2@127.0.0.1:9/prometheus/".to_owned();
        let world = Setup::new(scratch(), Some(url)).world();
        let reason = world.unknown().await;
        assert!(
            reason.contains("http://127.0.0.1:9/prometheus/api"),
            "{reason}"
        );
        assert!(reason.contains("cannot connect: "), "{reason}");
        assert!(!reason.contains("hunter2"), "{reason}");
        assert!(!format!("{:?}", world.provider).contains("hunter2"));
    });
}

fn passing() {
    block_on(async {
        let (fake, world) = fake();
        let busy = Reply::text(429, "slow down").with_header("Retry-After", "1");
        fake.fail("/api/v1/rules", Fault::Reply(busy), 1);
        fake.fail(
            "/api/v1/status/buildinfo",
            Fault::Reply(Reply::text(503, "starting")),
            2,
        );
        let began = Instant::now();
        world.known().await;
        assert!(began.elapsed() >= Duration::from_secs(1));
        let long = Reply::text(429, "slow down").with_header("Retry-After", "3600");
        fake.fail("/api/v1/rules", Fault::Reply(long), 1);
        let reason = world.unknown().await;
        assert!(
            reason.contains("429 Too Many Requests: slow down"),
            "{reason}"
        );
    });
}

fn product() {
    block_on(async {
        let (fake, world) = fake();
        let flavor = Flavor::Vmalert;
        let url = Some(fake.url());
        let other = Setup {
            flavor,
            ..Setup::new(world.directory.clone(), url)
        }
        .world();
        let reason = other.unknown().await;
        assert!(
            reason.contains("does not answer as vmalert does"),
            "{reason}"
        );
    });
}

fn patterns() {
    block_on(async {
        let (fake, world) = fake();
        fake.set_rule_files(&["/elsewhere/*.yml"]);
        let reason = world.unknown().await;
        let wanted = format!(
            "add `{}/*.yaml` to `rule_files`",
            world.directory.path().display()
        );
        assert!(reason.contains(&wanted), "{reason}");
        assert!(reason.contains("it has: /elsewhere/*.yml"), "{reason}");
        fake.set_rule_files(&["rules/*"]);
        let reason = world.unknown().await;
        assert!(reason.contains("half written"), "{reason}");
        // Another mount of the same directory.
        fake.set_rule_files(&["/no/such/directory/here/*.yaml"]);
        world.settle(&vec![("a/one", simple("G"))]).await;
        // One that exists here is not ours, unless the server has files of ours already.
        fake.set_rule_files(&["/etc/*.yaml"]);
        world.settle(&vec![("a/one", simple("G"))]).await;
        world.sync(&vec![]).await;
        assert!(world.unknown().await.contains("no `rule_files` pattern"));
    });
}

fn not_listed() {
    block_on(async {
        // A server that reads another directory, and whose configuration does not tell.
        let elsewhere = scratch();
        let fake = FakePrometheus::start(elsewhere.path());
        fake.set_rule_files(&["rules/*.yaml"]);
        let world = Setup::new(scratch(), Some(fake.url())).world();
        let declared = vec![("a/one", simple("G"))];
        let outcomes = world.sync(&declared).await;
        let error = error_of(&outcomes);
        let path = world.directory.path().display().to_string();
        assert!(
            error.contains("does not list the group \"G\" of a.one.yaml"),
            "{error}"
        );
        assert!(error.contains(&format!("does it read {path}?")), "{error}");
        let open = world.journal.open();
        assert_eq!(open.len(), 1);
        assert!(
            open[0].1.prior.is_empty(),
            "what was accepted is not taken back"
        );
        // The directory is mounted where the server reads it.
        let text = world.read("a.one.yaml");
        std::fs::write(elsewhere.path().join("a.one.yaml"), text).unwrap();
        world.settle(&declared).await;
    });
}

fn bad_ca() {
    block_on(async {
        let directory = scratch();
        let file = directory.path().join("ca.pem");
        let settings = PrometheusSettings {
            flavor: Flavor::Prometheus,
            url: Some("https://127.0.0.1:9".into()),
            rules_dir: directory.path().to_owned(),
            auth: None,
            tls: Tls {
                ca_file: Some(file.clone()),
            },
        };
        let target = TargetName::new("prom").unwrap();
        let provider = Prometheus::new(
            "acme".into(),
            target,
            &settings,
            Duration::from_secs(1),
            None,
        );
        let reader = provider.reader();
        for content in [None, Some("no certificate")] {
            if let Some(content) = content {
                std::fs::write(&file, content).unwrap();
            }
            let scope = Scope {
                depth: Depth::Full,
                pending: &[],
            };
            let observation = format!("{:?}", reader.observe(scope).await);
            assert!(
                observation.contains("cannot use the CA file"),
                "{observation}"
            );
        }
    });
}

fn lifecycle() {
    block_on(async {
        let (fake, world) = fake();
        world.settle(&vec![("a/one", simple("G"))]).await;
        let files = world.files();
        fake.set_lifecycle(false);
        let declared = vec![("a/one", simple("H"))];
        let outcomes = world.sync(&declared).await;
        assert!(error_of(&outcomes).contains("start the server with --web.enable-lifecycle"));
        let contents = |files: std::collections::BTreeMap<String, (Vec<u8>, _)>| {
            files
                .into_iter()
                .map(|(name, (content, _))| (name, content))
                .collect::<Vec<_>>()
        };
        assert_eq!(contents(world.files()), contents(files));
        assert_eq!(fake.running(), ["a.one.yaml/G"]);
        assert_eq!(world.journal.open(), []);
        fake.set_lifecycle(true);
        world.settle(&declared).await;
    });
}

fn unhealthy() {
    block_on(async {
        let (fake, world) = fake();
        let declared = vec![("a/one", simple("G"))];
        world.settle(&declared).await;
        fake.set_unhealthy("AlertG", "many-to-many matching not allowed");
        let observed = world.known().await;
        assert_eq!(
            observed.diagnostics[0].message,
            "prom: rule AlertG of group G fails to evaluate: many-to-many matching not allowed"
        );
        assert_eq!(observed.diagnostics.len(), 1);
        assert_eq!(world.plan(&declared).await, []);
    });
}

fn secrets() {
    block_on(async {
        let (fake, world) = fake();
        let file = world.path("token");
        let settings = PrometheusSettings {
            flavor: Flavor::Prometheus,
            url: Some(fake.url()),
            rules_dir: world.directory.path().to_owned(),
            auth: Some(HttpAuth::Bearer(SecretSource::File(file.clone()))),
            tls: Tls::default(),
        };
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        let provider = Prometheus::new(
            "acme".into(),
            TargetName::new("prom").unwrap(),
            &settings,
            Duration::from_secs(5),
            Some(Arc::new(move |event| {
                seen.lock()
                    .unwrap()
                    .push((event.method, event.status_class()));
            })),
        );
        let reader = provider.reader();
        let observe = || {
            let scope = Scope {
                depth: Depth::Full,
                pending: &[],
            };
            reader.observe(scope)
        };
        let before = format!("{:?}", observe().await);
        assert!(before.contains("cannot read the secret file"), "{before}");
        for token in ["first", "second"] {
            std::fs::write(&file, format!("{token}\n")).unwrap();
            fake.take();
            assert!(!format!("{:?} {reader:?}", observe().await).contains(token));
            let used = fake.take();
            let wanted = format!("Bearer {token}");
            assert!(!used.is_empty());
            assert!(
                used.iter()
                    .all(|request| request.authorization.as_ref() == Some(&wanted))
            );
        }
        let requests = requests.lock().unwrap();
        assert_eq!(
            requests
                .iter()
                .filter(|request| **request == ("GET", "2xx"))
                .count(),
            6
        );
    });
}

fn older() {
    block_on(async {
        let (fake, world) = fake();
        fake.set_version("2.41.0");
        let observed = world.known().await;
        let mut rule = alert("A", "up");
        rule.keep_firing_for = trueup::model::PromDuration::parse("5m").ok();
        let spec = trueup::model::Spec::RuleGroup(group("G", vec![rule]));
        let error = world
            .reader
            .normalise(&spec, &observed.capabilities)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "keep_firing_for needs Prometheus 2.42, and the server is Prometheus 2.41.0"
        );
        let outcomes = world.sync(&vec![("a/one", simple("G"))]).await;
        assert_eq!(results(&outcomes), [("a/one/G", OutcomeResult::Done)]);
    });
}
