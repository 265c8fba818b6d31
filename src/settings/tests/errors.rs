use rstest::rstest;

use super::*;

fn errors(text: &str) -> String {
    match parse(text) {
        Ok(_) => panic!("accepted:\n{text}"),
        Err(errors) => errors.replace("/etc/trueup/trueup.yaml:", ""),
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once_in_the_files_order() {
    let text = "\
instance: Acme
repository:
  url: http://git.example.com/platform.git
  poll: 5m1h
  branch: refs/heads/main
targets:
  - name: Prometheus
    provider: prometheus
    rules_dir: rules
    labels: { env: '***' }
    concurrency: 0
limits: { file_size: 4MB }
guard: { max_delete_percent: 101 }
server: { listen: ':9797' }
";
    let expected = [
        "1:11: instance: \"Acme\" is not a name of an instance (use 1 to 31 of a-z, 0-9 and -, and begin with a letter or digit)",
        "3:8: repository.url: http:// is neither private nor protected from change on the way (use https:// or ssh://)",
        "4:9: repository.poll: \"5m1h\": not a valid duration: write numbers with units from large to small, such as 1h30m",
        "5:11: repository.branch: it is a whole ref (write main)",
        "7:11: targets[0].name: \"Prometheus\" is not a name of a target (use a-z, 0-9 and -, with a letter or digit at both ends)",
        "10:20: targets[0].labels.env: \"***\" is not the value of a Kubernetes label (use at most 63 letters, digits, -, _ and ., with a letter or digit at both ends)",
        "11:18: targets[0].concurrency: 0: write 1 to 256",
        "12:22: limits.file_size: \"4MB\": write a size such as 512KiB, 4MiB or 1GiB",
        "13:30: guard.max_delete_percent: 101 is more than all (write a percentage from 0 to 100)",
        "14:19: server.listen: \":9797\" is not an IP address and a port (write 127.0.0.1:9797, or 0.0.0.0:9797 to be reached from elsewhere)",
    ];
    assert_eq!(errors(text).lines().collect::<Vec<_>>(), expected);
}

#[rstest]
#[case::unknown_at_the_top("instanse: x\n", "7:1: instanse: unknown key (did you mean instance?)")]
#[case::unknown_and_far(
    "colour: x\n",
    "7:1: colour: unknown key (known here: instance, repository, targets, reconcile, guard, limits, state, server, log)"
)]
#[case::twice("instance: x\n", "7:1: instance: the key stands twice: remove one")]
#[case::second_document("---\nx: 1\n", "7:1: there is a second document: settings are one")]
#[case::bad_yaml("x: [1\n", "8:1: while parsing a flow sequence, expected ',' or ']'")]
#[case::control_character("x: é\u{0}\n", "7:5: the control character U+0000 is not allowed")]
#[case::tab(
    "reconcile:\n\tinterval: 5m\n",
    "8:2: tabs disallowed within this context (block indentation)"
)]
#[case::duration_without_unit(
    "reconcile: { interval: 60 }\n",
    "7:24: reconcile.interval: expected a duration with its unit, such as 60s or 1h30m, found 60"
)]
#[case::wrong_type(
    "guard: { max_deletes: many }\n",
    "7:23: guard.max_deletes: expected a whole number, found a text"
)]
#[case::negative(
    "guard: { max_deletes: -1 }\n",
    "7:23: guard.max_deletes: expected a whole number, found -1"
)]
#[case::not_a_mapping("guard: 10\n", "7:8: guard: expected a mapping, found 10")]
#[case::unknown_variant(
    "log: { level: loud }\n",
    "7:15: log.level: \"loud\" is not known (write one of error, warn, info, debug, trace)"
)]
#[case::zero_interval(
    "reconcile: { interval: 0s }\n",
    "7:24: reconcile.interval: it must be longer than 0"
)]
#[case::webhook(
    "server:\n  webhook: { kind: github, secret: canary }\n",
    "8:28: server.webhook.secret: secrets are not written into the settings (name the file that holds it: secret_file)"
)]
#[case::webhook_kind(
    "server:\n  webhook: { kind: bitbucket, secret_file: s }\n",
    "8:20: server.webhook.kind: \"bitbucket\" is not known (write one of github, gitlab, gitea)"
)]
#[case::webhook_without_secret(
    "server:\n  webhook: { kind: gitea }\n",
    "8:3: server.webhook: the key secret_file is missing"
)]
#[case::webhook_paths(
    "server:\n  webhook: { kind: gitea, secret_file: '' }\n  token_file: ~/t\n",
    "8:40: server.webhook.secret_file: the path is empty\n9:15: server.token_file: ~ is not expanded (write the whole path)"
)]
#[case::server_token(
    "server: { token: canary }\n",
    "7:11: server.token: secrets are not written into the settings (name the file that holds it: token_file)"
)]
#[case::half_a_certificate(
    "server:\n  tls: { cert_file: a }\n",
    "8:3: server.tls: the key key_file is missing"
)]
#[case::certificate_key(
    "server:\n  tls: { cert_file: a, keyfile: b }\n",
    "8:24: server.tls.keyfile: unknown key (did you mean key_file?)"
)]
#[case::certificate_paths(
    "server:\n  tls: { cert_file: '', key_file: ~/key }\n",
    "8:21: server.tls.cert_file: the path is empty\n8:35: server.tls.key_file: ~ is not expanded (write the whole path)"
)]
#[case::yes(
    "guard: { trailer: yes }\n",
    "7:19: guard.trailer: expected true or false, found a text"
)]
#[case::null("state: { path: }\n", "7:14: state.path: the path is empty")]
#[case::list("log: [json]\n", "7:6: log: expected a mapping, found a list")]
#[case::home(
    "state: { path: ~/trueup.db }\n",
    "7:16: state.path: ~ is not expanded (write the whole path)"
)]
fn top_level(#[case] lines: &str, #[case] expected: &str) {
    assert_eq!(errors(&format!("{MINIMAL}{lines}")), expected);
}

#[rstest]
#[case::unknown(
    "flavour: thanos",
    "7:5: targets[0].flavour: unknown key (did you mean flavor?)"
)]
#[case::nested(
    "tls: { cafile: x }",
    "7:12: targets[0].tls.cafile: unknown key (did you mean ca_file?)"
)]
#[case::label_twice(
    "labels: { env: a, env: b }",
    "7:23: targets[0].labels.env: the key stands twice: remove one"
)]
#[case::flavor(
    "flavor: mimir",
    "7:13: targets[0].flavor: \"mimir\" is not known (write one of prometheus, thanos, vmalert)"
)]
#[case::literal_secret(
    "auth: { token: canary }",
    "7:13: targets[0].auth.token: secrets are not written into the settings (name the file or variable that holds it: token_file or token_env)"
)]
#[case::literal_password(
    "auth: { username: me, password: canary }",
    "7:27: targets[0].auth.password: secrets are not written into the settings (name the file or variable that holds it: password_file or password_env)"
)]
#[case::two_secrets(
    "url: http://x\nauth: { token_file: a, token_env: B }",
    "8:11: targets[0].auth: token_file and token_env: keep one"
)]
#[case::mixed(
    "url: http://x\nauth: { token_file: a, username: me, password_env: B }",
    "8:11: targets[0].auth: a token and a username or password (write token_file or token_env, or username with password_file or password_env)"
)]
#[case::half(
    "url: http://x\nauth: { username: me }",
    "8:11: targets[0].auth: a username without a password (write token_file or token_env, or username with password_file or password_env)"
)]
#[case::secret_as_auth(
    "url: http://x\nauth: canary",
    "8:11: targets[0].auth: expected a mapping, found a text"
)]
#[case::pasted_secret(
    "url: http://x\nauth: { token_env: 'canary=' }",
    "8:24: targets[0].auth.token_env: it is not the name of an environment variable (write its name alone, such as GIT_TOKEN)"
)]
#[case::url_of_parts(
    "url: me:canary@x:9090",
    "7:10: targets[0].url: it is not the address of a server (write http://host:port or https://host)"
)]
#[case::empty_auth(
    "url: http://x\nauth: {}",
    "8:11: targets[0].auth: it says nothing (write token_file or token_env, or username with password_file or password_env)"
)]
#[case::variable(
    "url: http://x\nauth: { token_env: $TOKEN }",
    "8:24: targets[0].auth.token_env: it is not the name of an environment variable (write its name alone, such as GIT_TOKEN)"
)]
#[case::auth_without_url(
    "auth: { token_file: a }",
    "7:11: targets[0].auth: it has no effect without url"
)]
#[case::ca_without_https(
    "url: http://x\ntls: { ca_file: a }",
    "8:21: targets[0].tls.ca_file: it has no effect without an https url"
)]
#[case::url_with_password(
    "url: http://me:canary@x",
    "7:10: targets[0].url: it holds a user name or password (move them to auth: username and password_file, or token_file)"
)]
#[case::url_without_scheme(
    "url: localhost:9090",
    "7:10: targets[0].url: it is not the address of a server (write http://host:port or https://host)"
)]
#[case::alias_is_the_name(
    "aliases: [prometheus-eu]",
    "7:15: targets[0].aliases[0]: the name prometheus-eu is taken by targets[0].name"
)]
#[case::grafana_key(
    "org_id: 1",
    "7:13: targets[0].org_id: a prometheus target has no org_id (take it out)"
)]
fn of_a_target(#[case] lines: &str, #[case] expected: &str) {
    let errors = errors(&with_target(lines));
    assert_eq!(errors, expected);
    assert!(!errors.contains("canary"));
}

#[rstest]
#[case::git(
    "url: git://git.example.com/a",
    "3:8: repository.url: git:// is neither private nor protected from change on the way (use https:// or ssh://)"
)]
#[case::other(
    "url: ftp://git.example.com/a",
    "3:8: repository.url: ftp:// is not supported (use https://, ssh://, user@host:path, file:// or a local path)"
)]
#[case::password(
    "url: https://me:canary@git.example.com/a",
    "3:8: repository.url: it holds a user name or password (move them to repository.auth: token_file, or username and password_file)"
)]
#[case::ssh_password(
    "url: ssh://me:canary@git.example.com/a\nauth: { ssh_key_file: a, known_hosts_file: b }",
    "3:8: repository.url: it holds a password (use repository.auth.ssh_key_file)"
)]
#[case::token_in_query(
    "url: https://git.example.com/a?token=canary",
    "3:8: repository.url: ? and # have no place in it"
)]
#[case::scp_password(
    "url: me:canary@git.example.com:a\nauth: { ssh_key_file: a, known_hosts_file: b }",
    "3:8: repository.url: it holds a password (use repository.auth.ssh_key_file)"
)]
#[case::option(
    "url: -oProxyCommand=x:y\nauth: { ssh_key_file: a, known_hosts_file: b }",
    "3:8: repository.url: user, host and path must not begin with a dash"
)]
#[case::ssh_without_key(
    "url: git@git.example.com:a",
    "3:3: repository.auth: it is missing: ssh needs a key (write ssh_key_file and known_hosts_file)"
)]
#[case::ssh_with_token(
    "url: git@git.example.com:a\nauth: { token_file: a }",
    "4:9: repository.auth: tokens and passwords do not sign in over ssh (use ssh_key_file and known_hosts_file)"
)]
#[case::https_with_key(
    "url: https://git.example.com/a\nauth: { ssh_key_file: a, known_hosts_file: b }",
    "4:9: repository.auth: an ssh key cannot sign in over https (use a token, or username and password_file, or an ssh address)"
)]
#[case::half_a_key(
    "url: git@git.example.com:a\nauth: { ssh_key_file: a }",
    "4:9: repository.auth: ssh_key_file and known_hosts_file go together"
)]
#[case::local_with_auth(
    "url: /srv/a\nauth: { token_file: a }",
    "4:9: repository.auth: it has no effect: nobody asks who reads a local repository"
)]
#[case::file_with_host(
    "url: file://host/a",
    "3:8: repository.url: write file:// and an absolute path: file:///srv/git/platform"
)]
#[case::home(
    "url: ~/platform",
    "3:8: repository.url: ~ is not expanded (write the whole path)"
)]
#[case::path(
    "url: /srv/a\npath: ../b",
    "4:9: repository.path: it is not a folder inside the repository (write a path without .. that does not begin with /, or . for the root)"
)]
#[case::branch(
    "url: /srv/a\nbranch: a..b",
    "4:11: repository.branch: \"a..b\" cannot be the name of a branch"
)]
#[case::no_url("branch: main", "2:1: repository: the key url is missing")]
fn of_the_repository(#[case] lines: &str, #[case] expected: &str) {
    let errors = errors(&with_repository(lines));
    assert_eq!(errors, expected);
    assert!(!errors.contains("canary"));
}

#[rstest]
#[case::nothing(
    "",
    "7:5: targets[1]: an alertmanager target needs config_file (name the file that the server reads, such as /etc/alertmanager/alertmanager.yml)\n7:5: targets[1]: an alertmanager target needs base_file (name a file of the repository with route and receivers: who gets what nobody else takes)"
)]
#[case::files_only("    config_file: a.yml\n    base_file: p/am.yaml\n", "")]
#[case::keys_of_another(
    "    config_file: a.yml\n    base_file: p/am.yaml\n    rules_dir: r\n    org_id: 1\n",
    "11:16: targets[1].rules_dir: an alertmanager target has no rules_dir (take it out)\n12:13: targets[1].org_id: an alertmanager target has no org_id (take it out)"
)]
#[case::fence(
    "    config_file: a.yml\n    base_file: p/am.yaml\n    fence_label: a-b\n",
    "11:18: targets[1].fence_label: \"a-b\" is not the name of a label (write one that your alerts have, such as namespace)"
)]
#[case::base_outside(
    "    config_file: a.yml\n    base_file: ../am.yaml\n",
    "10:16: targets[1].base_file: \"../am.yaml\" is not the path of a YAML file in the repository (write it relative to repository.path, without hidden folders, such as platform/alertmanager.yaml)"
)]
#[case::same_file(
    "    config_file: a.yml\n    base_file: p/am.yaml\n  - name: am2\n    provider: alertmanager\n    config_file: ./a.yml\n    base_file: p/am.yaml\n",
    "13:18: targets[2].config_file: /etc/trueup/a.yml is the file of am too (give each target its own)"
)]
#[case::auth_without_url(
    "    config_file: a.yml\n    base_file: p/am.yaml\n    auth: { token_env: T }\n",
    "11:11: targets[1].auth: it has no effect without url"
)]
fn of_an_alertmanager(#[case] lines: &str, #[case] expected: &str) {
    let text = format!("{MINIMAL}  - name: am\n    provider: alertmanager\n{lines}");
    let found = match Settings::parse(&text, Path::new("/etc/trueup/trueup.yaml")) {
        Ok(_) => String::new(),
        Err(_) => errors(&text),
    };
    assert_eq!(found, expected);
}

#[rstest]
#[case::without_url(
    "",
    "7:5: targets[1]: a grafana target needs url (write its address, such as http://127.0.0.1:3000)"
)]
#[case::keys_of_another(
    "    url: http://g\n    rules_dir: r\n    flavor: thanos\n",
    "10:16: targets[1].rules_dir: a grafana target has no rules_dir (take it out)\n11:13: targets[1].flavor: a grafana target has no flavor (take it out)"
)]
#[case::organisation(
    "    url: http://g\n    org_id: 0\n",
    "10:13: targets[1].org_id: organisations count from 1"
)]
#[case::same_organisation(
    "    url: http://g/\n  - name: g2\n    provider: grafana\n    url: http://g\n    org_id: 1\n",
    "12:10: targets[2].url: organisation 1 of http://g is the target g too (take one of them out, or give it another org_id)"
)]
#[case::other_organisation(
    "    url: http://g\n  - name: g2\n    provider: grafana\n    url: http://g\n    org_id: 2\n",
    ""
)]
fn of_a_grafana(#[case] lines: &str, #[case] expected: &str) {
    let text = format!("{MINIMAL}  - name: g\n    provider: grafana\n{lines}");
    let found = match Settings::parse(&text, Path::new("trueup.yaml")) {
        Ok(_) => String::new(),
        Err(_) => errors(&text),
    };
    assert_eq!(found, expected);
}

#[test]
fn a_column_counts_characters() {
    let text = with_target("labels: { zone: \"ü\", env: \"*\" }");
    let errors = errors(&text);
    let places: Vec<&str> = errors.lines().map(|line| &line[..5]).collect();
    assert_eq!(places, ["7:21:", "7:31:"], "{errors}");
}

#[test]
fn an_empty_file_says_what_is_missing() {
    assert_eq!(errors(""), " the key instance is missing");
    assert_eq!(errors("# nothing\n"), " the key instance is missing");
}

proptest::proptest! {
    /// A slip of the finger is an error or a setting, never a panic.
    #[test]
    fn any_text_is_read_or_refused(
        start in 0..MINIMAL.len(),
        length in 0..20_usize,
        inserted in "[\\PC\\n\\t]{0,6}|[-{}:\\[\\],&*!?|>'\"#%@` \\n]{0,6}",
    ) {
        let end = (start + length).min(MINIMAL.len());
        let text = [&MINIMAL[..start], inserted.as_str(), &MINIMAL[end..]].concat();
        if let Err(errors) = Settings::parse(&text, Path::new("trueup.yaml")) {
            proptest::prop_assert!(!errors.errors.is_empty());
        }
    }
}
