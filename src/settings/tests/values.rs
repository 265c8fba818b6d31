use std::path::PathBuf;
use std::time::Duration;

use rstest::rstest;

use super::*;
use crate::model::capabilities::Flavor;
use crate::model::target::DriftPolicy;
use crate::model::{LogFormat, LogLevel, RepoPath};
use crate::settings::{
    GitAuth, Guard, HttpAuth, Limits, ProviderSettings, Reconcile, SecretSource, ServerTls,
    Webhook, WebhookKind,
};

#[test]
fn what_is_left_out_has_the_contracts_defaults() {
    let settings = settings(MINIMAL);
    let repository = &settings.repository;
    assert_eq!(
        (&*repository.name, &*repository.branch),
        ("platform", "main")
    );
    assert_eq!(
        (&repository.path, repository.poll),
        (&None, Duration::from_mins(1))
    );
    let target = &settings.targets[0];
    assert!(!target.paused);
    assert_eq!(target.drift, DriftPolicy::Revert);
    assert_eq!(
        (target.timeout, target.concurrency),
        (Duration::from_secs(10), 8)
    );
    let ProviderSettings::Prometheus(prometheus) = &target.provider else {
        panic!("not a prometheus")
    };
    assert_eq!(
        (prometheus.flavor, &prometheus.url),
        (Flavor::Prometheus, &None)
    );
    assert_eq!(
        settings.reconcile,
        Reconcile {
            interval: Duration::from_mins(5),
            drain: Duration::from_secs(30),
        }
    );
    assert_eq!(
        settings.guard,
        Guard {
            max_deletes: 10,
            max_delete_percent: 30,
            trailer: None,
        }
    );
    assert_eq!(
        settings.limits,
        Limits {
            file_size: 4 << 20,
            files: 200_000,
        }
    );
    assert_eq!(settings.server.listen.to_string(), "127.0.0.1:9797");
    assert_eq!(settings.server.webhook, None);
    assert_eq!(
        (&settings.server.token_file, &settings.server.tls),
        (&None, &None)
    );
    assert_eq!(
        (settings.log.format, settings.log.level),
        (LogFormat::Auto, LogLevel::Info)
    );
}

#[test]
fn relative_paths_start_from_the_files_folder() {
    let text = with_target(
        "url: https://prometheus.example.com/p/\nauth: { token_file: ./secrets/t }\ntls: { ca_file: /ca.pem }",
    );
    let settings = settings(&text);
    assert_eq!(settings.state, PathBuf::from("/etc/trueup/var/trueup.db"));
    let ProviderSettings::Prometheus(prometheus) = &settings.targets[0].provider else {
        panic!("not a prometheus")
    };
    assert_eq!(prometheus.rules_dir, PathBuf::from("/etc/trueup/rules"));
    assert_eq!(
        prometheus.url.as_deref(),
        Some("https://prometheus.example.com/p")
    );
    assert_eq!(prometheus.tls.ca_file, Some(PathBuf::from("/ca.pem")));
    let Some(HttpAuth::Bearer(SecretSource::File(file))) = &prometheus.auth else {
        panic!("{:?}", prometheus.auth);
    };
    assert_eq!(file, &PathBuf::from("/etc/trueup/secrets/t"));
}

#[rstest]
#[case(
    "https://git.example.com/a.git",
    "",
    "Https(\"https://git.example.com/a.git\")"
)]
#[case(
    "ssh://git@git.example.com:2222/a.git",
    "ssh",
    "Ssh(\"ssh://git@git.example.com:2222/a.git\")"
)]
#[case(
    "git@git.example.com:acme/a.git",
    "ssh",
    "Ssh(\"git@git.example.com:acme/a.git\")"
)]
#[case("git.example.com:a.git", "ssh", "Ssh(\"git.example.com:a.git\")")]
#[case("file:///srv/git/a%20b", "", "File(\"/srv/git/a b\")")]
#[case("/srv/git/a", "", "Local(\"/srv/git/a\")")]
#[case("../platform", "", "Local(\"/etc/trueup/../platform\")")]
#[case(".", "", "Local(\"/etc/trueup/\")")]
#[case("./a:b", "", "Local(\"/etc/trueup/a:b\")")]
fn addresses_are_read_as_git_reads_them(
    #[case] url: &str,
    #[case] auth: &str,
    #[case] expected: &str,
) {
    let auth = match auth {
        "ssh" => "\nauth: { ssh_key_file: key, known_hosts_file: hosts }",
        _ => "",
    };
    let settings = settings(&with_repository(&format!("url: {url}{auth}")));
    assert_eq!(format!("{:?}", settings.repository.url), expected);
}

#[test]
fn a_repository_has_its_own_ways_to_sign_in() {
    let https = "url: https://git.example.com/a.git\nauth:";
    let token = settings(&with_repository(&format!(
        "{https} {{ token_env: GIT_TOKEN }}"
    )));
    assert!(matches!(
        token.repository.auth,
        Some(GitAuth::Token(SecretSource::Env(name))) if name == "GIT_TOKEN"
    ));
    let password = settings(&with_repository(&format!(
        "{https} {{ username: bot, password_file: /p }}"
    )));
    assert!(matches!(
        password.repository.auth,
        Some(GitAuth::Password { username, password: SecretSource::File(_) }) if username == "bot"
    ));
}

#[rstest]
#[case(".", None)]
#[case("./", None)]
#[case("ops/", Some("ops"))]
#[case("./ops/prod", Some("ops/prod"))]
fn the_folder_may_be_written_as_people_do(#[case] path: &str, #[case] expected: Option<&str>) {
    let settings = settings(&with_repository(&format!("url: /r\npath: {path}")));
    assert_eq!(
        settings.repository.path.as_ref().map(RepoPath::as_str),
        expected
    );
}

#[test]
fn every_value_can_be_set() {
    let text = with_target(
        "flavor: vmalert\nurl: http://127.0.0.1:8880\nlabels: { env: prod, example.com/zone: \"\" }
paused: true\ndrift: report\naliases: [prom-eu]\ntimeout: 1m30s\nconcurrency: 2",
    ) + "reconcile: { interval: 1h30m, drain: 0s }
guard: { max_deletes: 0, max_delete_percent: 100, trailer: false }
limits: { file_size: 512, files: 9 }
state: { path: /var/lib/trueup/s.db }
server:
  listen: '[::]:0'
  webhook: { kind: gitlab, secret_file: hook }
  token_file: /run/token
  tls: { cert_file: tls/cert.pem, key_file: tls/key.pem }
log: { format: json, level: debug }
";
    let settings = settings(&text);
    let target = settings.targets[0].to_target();
    assert!(target.paused.is_some());
    assert_eq!(target.drift, DriftPolicy::Report);
    assert_eq!(target.aliases[0].as_str(), "prom-eu");
    assert_eq!(target.labels["example.com/zone"], "");
    assert_eq!(settings.targets[0].timeout, Duration::from_secs(90));
    assert_eq!(settings.reconcile.interval, Duration::from_mins(90));
    assert_eq!(settings.reconcile.drain, Duration::ZERO);
    assert_eq!(settings.guard.trailer, Some(false));
    assert_eq!(settings.limits.file_size, 512);
    assert_eq!(settings.state, PathBuf::from("/var/lib/trueup/s.db"));
    let server = &settings.server;
    assert_eq!(server.listen.to_string(), "[::]:0");
    assert_eq!(
        server.webhook,
        Some(Webhook {
            kind: WebhookKind::GitLab,
            secret_file: "/etc/trueup/hook".into(),
        })
    );
    assert_eq!(server.token_file, Some("/run/token".into()));
    assert_eq!(
        server.tls,
        Some(ServerTls {
            cert_file: "/etc/trueup/tls/cert.pem".into(),
            key_file: "/etc/trueup/tls/key.pem".into(),
        })
    );
    assert_eq!(
        (settings.log.format, settings.log.level),
        (LogFormat::Json, LogLevel::Debug)
    );
}

#[test]
fn no_secret_is_in_the_debug_form() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), "canary-4711\n").unwrap();
    let text = with_target("url: http://127.0.0.1:9090\nauth: { token_file: token }");
    let settings = Settings::parse(&text, &folder.path().join("trueup.yaml")).unwrap();
    let ProviderSettings::Prometheus(prometheus) = &settings.targets[0].provider else {
        panic!("not a prometheus")
    };
    let Some(HttpAuth::Bearer(source)) = &prometheus.auth else {
        panic!("{:?}", prometheus.auth);
    };
    let secret = source.read().unwrap();
    assert_eq!(secrecy::ExposeSecret::expose_secret(&secret), "canary-4711");
    assert!(!format!("{settings:?} {secret:?}").contains("canary"));
}
