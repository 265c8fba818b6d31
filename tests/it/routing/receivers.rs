//! Every way to notify, with every field: read from text, written, and taken by Alertmanager's own tool.

use std::fmt::Write as _;
use std::process::Command;

use trueup::model::Version;
use trueup::model::alertmanager::{Base, Part, Routing, SecretValue, Value};
use trueup::provider::alertmanager::wire::{Written, write};

use super::definition;
use crate::support::program;

/// The Alertmanager of Debian.
const INSTALLED: Version = Version::new(0, 25, 0);

/// How one kind of receiver is reached, with fields that 0.25 knows, and newer ones.
const KINDS: &[(&str, &str, &str)] = &[
    (
        "discordConfigs",
        "{ sendResolved: true, apiURL: KEY, title: t, message: m, httpConfig: HTTP }",
        "{ apiURL: KEY, content: c, username: u, avatarURL: 'https://x/a.png' }",
    ),
    (
        "emailConfigs",
        "{ to: a@b, from: c@d, hello: h, smarthost: 'mail:587', authUsername: u, authPassword: KEY, \
         authSecret: KEY, authIdentity: i, headers: [ { key: Subject, value: s } ], html: '', text: t, \
         requireTLS: false, tlsConfig: { serverName: s, insecureSkipVerify: true } }",
        "{ to: a@b, forceImplicitTLS: true, threading: { threadByDate: Daily } }",
    ),
    (
        "msteamsConfigs",
        "",
        "{ webhookUrl: KEY, title: t, summary: s, text: x }",
    ),
    (
        "msteamsv2Configs",
        "",
        "{ webhookURL: KEY, title: t, text: x, httpConfig: HTTP }",
    ),
    (
        "opsgenieConfigs",
        "{ apiKey: KEY, apiURL: 'https://x/', message: m, description: d, source: s, tags: 'a,b', note: n, \
         priority: P1, details: [ { key: a, value: b } ], entity: e, actions: a, \
         responders: [ { name: n, type: Team }, { id: i, type: '{{ .x }}' } ] }",
        "",
    ),
    (
        "pagerdutyConfigs",
        "{ routingKey: KEY, serviceKey: KEY, url: 'https://x/', client: c, clientURL: 'https://x/', \
         description: d, severity: s, class: c, group: g, component: c, details: [ { key: a, value: b } ], \
         pagerDutyImageConfigs: [ { src: 'https://x/a.png', href: '{{ .x }}', alt: a } ], \
         pagerDutyLinkConfigs: [ { href: 'https://x/', alt: a } ], source: s }",
        "{ serviceKey: KEY, timeout: 5s }",
    ),
    (
        "pushoverConfigs",
        "{ userKey: KEY, token: KEY, title: t, message: m, url: 'https://x/', urlTitle: u, sound: s, \
         priority: '2', retry: 1m, expire: 1h, html: true }",
        "{ userKey: KEY, token: KEY, ttl: 1h, device: d, monospace: true }",
    ),
    (
        "rocketchatConfigs",
        "",
        "{ apiURL: 'https://x/', channel: c, token: KEY, tokenID: KEY, color: c, emoji: e, \
         iconURL: 'https://x/a.png', text: t, title: t, titleLink: l, \
         fields: [ { title: t, value: v, short: true } ], shortFields: true, imageURL: 'https://x/a.png', \
         thumbURL: 'https://x/a.png', linkNames: true, actions: [ { text: t, url: 'https://x/', msg: m } ] }",
    ),
    (
        "slackConfigs",
        "{ apiURL: KEY, channel: '#c', username: u, color: good, title: t, titleLink: l, pretext: p, text: t, \
         fields: [ { title: t, value: v, short: true } ], shortFields: true, footer: f, fallback: f, \
         callbackId: c, iconEmoji: ':x:', iconURL: i, imageURL: i, thumbURL: t, linkNames: true, \
         mrkdwnIn: [text], actions: [ { type: button, text: t, url: 'https://x/', style: s }, \
         { type: button, text: t, name: n, value: v, \
         confirm: { text: t, title: t, okText: o, dismissText: d } } ] }",
        "{ apiURL: KEY, timeout: 5s, messageText: m, updateMessage: true }",
    ),
    (
        "snsConfigs",
        "{ apiURL: 'https://x/', sigv4: { region: r, accessKey: KEY, secretKey: KEY, profile: p, roleArn: a }, \
         topicARN: 'arn:aws:sns:us-east-2:123456789012:My-Topic', subject: s, message: m, \
         attributes: { a: b } }",
        "{ phoneNumber: '1', useAWSHTTPClient: true, \
         sigv4: { region: r, roleArn: a, externalId: e, useFIPSSTSEndpoint: true } }",
    ),
    (
        "telegramConfigs",
        "{ apiURL: 'https://x', botToken: KEY, chatID: -1001, message: m, disableNotifications: true, \
         parseMode: MarkdownV2 }",
        "{ botToken: KEY, chatID: 1, messageThreadID: 5 }",
    ),
    (
        "victoropsConfigs",
        "{ apiKey: KEY, apiUrl: 'https://x/', routingKey: r, messageType: m, entityDisplayName: e, \
         stateMessage: s, monitoringTool: m, customFields: [ { key: a, value: b } ] }",
        "",
    ),
    (
        "webexConfigs",
        "{ apiURL: 'https://x/', message: m, roomID: r, httpConfig: { authorization: { credentials: KEY } } }",
        "",
    ),
    (
        "webhookConfigs",
        "{ url: 'https://x/', maxAlerts: 5, httpConfig: { basicAuth: { username: KEY, password: KEY } } }",
        "{ url: 'https://x/', timeout: 5s, payload: '{}', httpConfig: { proxyFromEnvironment: true, \
         proxyConnectHeader: { A: [ KEY ] } } }",
    ),
    (
        "wechatConfigs",
        "{ apiSecret: KEY, apiURL: 'https://x/', corpID: c, agentID: a, toUser: u, toParty: p, toTag: t, \
         message: m, messageType: markdown }",
        "",
    ),
];

/// As much of it as fits together.
const HTTP: &str = ": { oauth2: { clientId: { secret: KEY }, clientSecret: KEY, tokenUrl: 'https://x/', scopes: [s], \
    endpointParams: { a: b }, proxyUrl: 'http://x' }, tlsConfig: { minVersion: TLS12, ca: { secret: KEY }, cert: { secret: KEY }, keySecret: KEY }, \
    proxyURL: 'http://x', followRedirects: false, enableHttp2: false }";

/// The text of definitions, `default/team`, of each kind of receiver: each with the number of its secrets, which are
/// called `{ name: s, key: k0 }` and so on.
pub fn documents() -> Vec<(&'static str, String, usize)> {
    let mut found = Vec::new();
    for (kind, known, newer) in KINDS {
        for fields in [known, newer]
            .into_iter()
            .filter(|fields| !fields.is_empty())
        {
            let fields = fields.replace(": HTTP", HTTP);
            let mut parts = fields.split("KEY");
            let mut text = format!(
                "apiVersion: monitoring.coreos.com/v1beta1\nkind: AlertmanagerConfig\n\
                 metadata: {{ name: team }}\nspec:\n  route: {{ receiver: x }}\n  receivers:\n  - name: x\n    \
                 {kind}: [ {}",
                parts.next().unwrap()
            );
            let mut secrets = 0;
            for part in parts {
                write!(text, "{{ name: s, key: k{secrets} }}{part}").unwrap();
                secrets += 1;
            }
            text.push_str(" ]\n");
            found.push((*kind, text, secrets));
        }
    }
    found
}

/// A definition of each kind of receiver.
pub fn definitions() -> Vec<(String, Routing)> {
    let documents = documents().into_iter();
    let routings = documents.map(|(kind, text, _)| {
        let [routing] = <[Routing; 1]>::try_from(definition::routings(&text)).unwrap();
        (kind.to_owned(), routing)
    });
    routings.collect()
}

/// The whole, for a platform that has a default of its own.
fn written(routing: &Routing, secrets: &dyn Fn(&SecretValue) -> Written) -> String {
    let base = serde_json::json!({ "route": { "receiver": "default" }, "receivers": [ { "name": "default" } ] });
    let base = Base::new(Value::from(&base)).unwrap();
    write(&[], &base, &[Part::new(routing, &[])], secrets)
}

fn by_value(_: &SecretValue) -> Written {
    Written::Value("http://127.0.0.1:9/secret".to_owned())
}

/// As a file where the installed version takes one.
fn by_file(secret: &SecretValue) -> Written {
    match secret.file {
        Some(file) if file.since <= INSTALLED => Written::File {
            field: file.field.to_owned(),
            path: "/run/secrets/x".to_owned(),
        },
        _ => by_value(secret),
    }
}

pub fn are_written() {
    let mut all = String::new();
    for (kind, routing) in definitions() {
        let text = written(&routing, &by_file);
        let (_, receiver) = text.split_once("- name: default/team/x\n").unwrap();
        writeln!(all, "{kind}\n{receiver}").unwrap();
        for need in &routing.needs {
            writeln!(all, "{} since {}", need.field, need.since).unwrap();
        }
        all.push('\n');
    }
    insta::assert_snapshot!("receivers", all);
}

pub fn amtool_takes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alertmanager.yml");
    let mut taken = 0;
    for (kind, routing) in definitions() {
        let is_known = routing.needs.iter().all(|need| need.since <= INSTALLED);
        for secrets in [by_value as fn(&SecretValue) -> Written, by_file] {
            let text = written(&routing, &secrets);
            std::fs::write(&file, &text).unwrap();
            let output = Command::new(program("amtool").unwrap())
                .arg("check-config")
                .arg(&file)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            let said = format!(
                "{kind}: {}{said}\n{text}",
                String::from_utf8_lossy(&output.stdout)
            );
            assert_eq!(output.status.success(), is_known, "{said}");
            taken += usize::from(is_known);
        }
    }
    assert_eq!(taken, 2 * 12);
}
