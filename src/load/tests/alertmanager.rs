//! `AlertmanagerConfig`: what is read, and each fault at its line.

use std::sync::Arc;

use rstest::rstest;

use super::{Loaded, Spec, load, load_after, said};
use crate::model::Version;
use crate::model::alertmanager::{Fenced, Operator, Routing, Value};
use crate::model::definition::Validity;

/// The spec starts in line 5.
fn head(version: &str) -> String {
    format!(
        "apiVersion: monitoring.coreos.com/{version}\nkind: AlertmanagerConfig\n\
         metadata: {{ name: team, namespace: shop, annotations: {{ trueup.dev/targets: env=prod }} }}\nspec:\n"
    )
}

fn alpha(spec: &str) -> Loaded {
    load(&[("a.yaml", &(head("v1alpha1") + spec))])
}

fn beta(spec: &str) -> Loaded {
    load(&[("a.yaml", &(head("v1beta1") + spec))])
}

/// Line and code of what is wrong.
fn faults(loaded: &Loaded) -> Vec<(u32, &'static str)> {
    let said = said(loaded).into_iter();
    said.map(|(_, code, line)| (line, code)).collect()
}

fn routing(loaded: &Loaded) -> Arc<Routing> {
    assert_eq!(faults(loaded), [], "{:#?}", loaded.diagnostics);
    let [object] = loaded.declared.objects.as_slice() else {
        panic!("{:?}", loaded.declared.objects)
    };
    let Some(Spec::Route(Fenced { routing, .. })) = &object.spec else {
        panic!("{object:?}")
    };
    Arc::clone(routing)
}

const GOOD: &str = r#"
  route:
    receiver: hook
    groupBy: [job, severity]
    groupWait: 30s
    groupInterval: 5m
    repeatInterval: 4h
    continue: true
    matchers: [ { name: team, value: shop, matchType: "=" } ]
    muteTimeIntervals: [night]
    routes:
    - receiver: hook
      continue: true
      matchers: [ { name: severity, value: page|ticket, matchType: "=~" }, { name: job, value: "" } ]
      activeTimeIntervals: [night]
      routes: [ { matchers: [ { name: zone, value: a, matchType: "!=" } ] } ]
  receivers:
  - name: hook
    webhookConfigs: [ { url: "http://127.0.0.1:9/hook", maxAlerts: 5, sendResolved: false } ]
  inhibitRules:
  - sourceMatch: [ { name: severity, value: page } ]
    targetMatch: [ { name: severity, value: ticket, matchType: "!~" } ]
    equal: [job]
  timeIntervals:
  - name: night
    timeIntervals:
    - times: [ { startTime: "22:00", endTime: "24:00" }, { startTime: "00:00", endTime: "06:00" } ]
      weekdays: ["Monday:5", saturday]
      daysOfMonth: [ { start: 1, end: -1 }, { start: 3, end: 3 } ]
      months: ["january:3", "12"]
      years: ["2026:2028", "2030"]
"#;

#[test]
fn a_definition_becomes_routing() {
    let routing = routing(&beta(GOOD));
    assert_eq!(routing.id(), "shop/team");
    let route = routing.route.as_ref().unwrap();
    assert_eq!(route.receiver.as_deref(), Some("hook"));
    assert_eq!(route.group_by, ["job", "severity"]);
    assert_eq!(route.repeat_interval.as_deref(), Some("4h"));
    assert_eq!(route.mute_time_intervals, ["night"]);
    let below = &route.routes[0];
    let written: Vec<String> = below.matchers.iter().map(ToString::to_string).collect();
    assert_eq!(written, ["severity=~\"page|ticket\"", "job=\"\""]);
    assert!(below.continues);
    assert_eq!(below.routes[0].receiver, None);
    assert_eq!(below.routes[0].matchers[0].operator(), Operator::NotEqual);
    let rule = &routing.inhibit_rules[0];
    assert_eq!(rule.equal, ["job"]);
    assert_eq!(rule.target[0].to_string(), "severity!~\"ticket\"");
    assert!(routing.needs.is_empty());
    assert!(!routing.has_secrets());
}

#[test]
fn ranges_of_time_are_written_with_names() {
    let routing = routing(&beta(GOOD));
    let period = &routing.time_intervals[0].intervals.items()[0];
    let texts = |field: &str| {
        let items = period.get(field).unwrap().items().iter();
        items
            .map(|item| item.as_text().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(texts("weekdays"), ["monday:friday", "saturday"]);
    assert_eq!(texts("days_of_month"), ["1:-1", "3"]);
    assert_eq!(texts("months"), ["january:march", "december"]);
    assert_eq!(texts("years"), ["2026:2028", "2030"]);
    let times = period.get("times").unwrap().items();
    assert_eq!(times[0].get("end_time").unwrap().as_text(), Some("24:00"));
}

#[test]
fn the_older_version_has_fields_of_its_own() {
    let spec = GOOD
        .replace(
            "  timeIntervals:\n  - name",
            "  muteTimeIntervals:\n  - name",
        )
        .replace(
            "{ name: job, value: \"\" }",
            "{ name: job, value: a.*, regex: true }",
        );
    let routing = routing(&alpha(&spec));
    let below = &routing.route.as_ref().unwrap().routes[0];
    assert_eq!(below.matchers[1].to_string(), "job=~\"a.*\"");
    assert_eq!(routing.time_intervals[0].name, "night");
    // Neither knows the other's.
    assert_eq!(faults(&alpha(GOOD))[0].1, "invalid_value");
    assert!(faults(&alpha(GOOD)).iter().any(|f| f.1 == "unknown_field"));
    assert!(
        faults(&beta(&spec))
            .iter()
            .filter(|f| f.1 == "unknown_field")
            .count()
            == 2
    );
}

#[test]
fn it_is_unplaced_without_a_selector_and_needs_a_route_no_more_than_receivers() {
    let text = head("v1beta1") + "  inhibitRules: []\n";
    let loaded = load(&[("a.yaml", &text)]);
    let routing = routing(&loaded);
    assert_eq!((&routing.route, routing.receivers.len()), (&None, 0));
    let object = &loaded.declared.objects[0];
    assert!(!object.origin.is_ours());
    assert_eq!(object.name, "shop/team");
}

#[test]
fn a_broken_definition_keeps_its_last_good_text() {
    let good = head("v1beta1") + GOOD;
    let bad = good.replace("groupWait: 30s", "groupWait: soon");
    let loaded = load_after(&[("a.yaml", &bad)], &[("a.yaml", &good)]);
    assert_eq!(faults(&loaded), [(9, "invalid_duration")]);
    let object = &loaded.declared.objects[0];
    assert!(matches!(object.validity, Validity::Invalid { .. }));
    assert!(object.spec.is_some());
}

/// All faults of one document are told in one run.
#[test]
fn all_faults_are_told() {
    let loaded = beta(
        "  route:\n    receiver: hok\n    groupWait: soon\n    groupBy: [a, a, ...]\n    routes:\n    - { receiver: x, bogus: 1 }\n\
         \x20 receivers:\n  - name: hook\n    webhookConfigs: [ {} ]\n  - { name: hook }\n",
    );
    let expected = [
        (6, "invalid_value"),
        (7, "invalid_duration"),
        (8, "invalid_value"),
        (8, "invalid_value"),
        (10, "unknown_field"),
        (10, "invalid_value"),
        (13, "missing_field"),
        (14, "duplicate_name"),
    ];
    let mut found = faults(&loaded);
    let mut expected = expected.to_vec();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "{:#?}", loaded.diagnostics);
}

const HOOK: &str = "  receivers: [ { name: hook } ]\n";

#[rstest]
#[case::no_receiver("  route: {}\n", &[(5, "missing_field")])]
#[case::empty_receiver("  route: { receiver: \"\" }\n", &[(5, "missing_field")])]
#[case::another_s_receiver("  route: { receiver: a/one/hook }\n", &[(5, "invalid_value")])]
#[case::zero_interval("  route: { receiver: hook, groupInterval: 0s }\n", &[(5, "invalid_duration")])]
#[case::zero_repeat("  route: { receiver: hook, repeatInterval: \"0\" }\n", &[(5, "invalid_duration")])]
#[case::empty_wait("  route: { receiver: hook, groupWait: \"\" }\n", &[(5, "invalid_duration")])]
#[case::wait_of_zero("  route: { receiver: hook, groupWait: 0s }\n", &[])]
#[case::all_labels("  route: { receiver: hook, groupBy: [\"...\"] }\n", &[])]
#[case::bad_label("  route: { receiver: hook, groupBy: [a-b] }\n", &[(5, "invalid_label")])]
#[case::no_interval("  route: { receiver: hook, muteTimeIntervals: [night] }\n", &[(5, "invalid_value")])]
#[case::matcher_name(
    "  route:\n    receiver: hook\n    matchers:\n    - name: a-b\n      value: x\n",
    &[(8, "invalid_label")]
)]
#[case::matcher_regex(
    "  route:\n    receiver: hook\n    matchers:\n    - name: a\n      value: (\n      matchType: =~\n",
    &[(9, "invalid_value")]
)]
#[case::matcher_type(
    "  route:\n    receiver: hook\n    matchers:\n    - name: a\n      matchType: ==\n",
    &[(9, "invalid_value")]
)]
#[case::matcher_without_name("  route: { receiver: hook, matchers: [ { value: x } ] }\n", &[(5, "missing_field")])]
#[case::continue_as_text("  route: { receiver: hook, continue: \"yes\" }\n", &[(5, "wrong_type")])]
#[case::deep(
    "  route:\n    receiver: hook\n    routes:\n    - routes:\n      - routes:\n        - { receiver: hoook }\n",
    &[(10, "invalid_value")]
)]
#[case::equal("  inhibitRules: [ { equal: [\"a b\"] } ]\n", &[(5, "invalid_label")])]
#[case::snake_case("  inhibit_rules: []\n", &[(5, "unknown_field")])]
fn routes(#[case] spec: &str, #[case] expected: &[(u32, &str)]) {
    let loaded = beta(&(spec.to_owned() + HOOK));
    assert_eq!(faults(&loaded), expected, "{:#?}", loaded.diagnostics);
}

#[test]
fn the_nearest_name_is_offered() {
    let hint = |spec: &str| {
        let loaded = beta(&(spec.to_owned() + HOOK));
        loaded.diagnostics[0].hint.clone().unwrap()
    };
    assert_eq!(
        hint("  route: { receiver: hok }\n"),
        "Did you mean \"hook\"?"
    );
    assert_eq!(hint("  rout: {}\n"), "Did you mean \"route\"?");
    let hint = hint("  route: { receiver: hook, activeTimeIntervals: [x] }\n");
    assert!(hint.contains("spec.timeIntervals"), "{hint}");
}

#[test]
fn a_regex_that_has_no_effect_is_a_warning() {
    let loaded = alpha(
        "  receivers: [ { name: hook } ]\n  route:\n    receiver: hook\n    matchers:\n\
         \x20   - { name: a, value: b, matchType: \"=\", regex: true }\n",
    );
    assert_eq!(said(&loaded), [("warning", "invalid_value", 9)]);
}

#[rstest]
#[case("times: [ { startTime: \"09:00\", endTime: \"17:00\" } ]", true)]
#[case("times: [ { startTime: \"17:00\", endTime: \"09:00\" } ]", false)]
#[case("times: [ { startTime: \"09:00\", endTime: \"09:00\" } ]", false)]
#[case("times: [ { startTime: \"9:00\", endTime: \"17:00\" } ]", false)]
#[case("times: [ { startTime: \"09:00\", endTime: \"24:01\" } ]", false)]
#[case("times: [ { startTime: \"09:60\", endTime: \"17:00\" } ]", false)]
#[case("times: [ { startTime: \"09:00\" } ]", false)]
#[case("weekdays: [\"0:6\"]", true)]
#[case("weekdays: [\"saturday:sunday\"]", false)]
#[case("weekdays: [\"mon\"]", false)]
#[case("weekdays: [\"7\"]", false)]
#[case("weekdays: [\"monday:tuesday:friday\"]", false)]
#[case("daysOfMonth: [ { start: -5, end: -1 } ]", true)]
#[case("daysOfMonth: [ { start: 0, end: 5 } ]", false)]
#[case("daysOfMonth: [ { start: 1, end: 32 } ]", false)]
#[case("daysOfMonth: [ { start: -1, end: 5 } ]", false)]
#[case("daysOfMonth: [ { start: 5, end: 1 } ]", false)]
#[case("daysOfMonth: [ { start: 30, end: -5 } ]", false)]
#[case("daysOfMonth: [ \"1:5\" ]", false)]
#[case("months: [\"1:12\"]", true)]
#[case("months: [\"0:3\"]", false)]
#[case("months: [\"december:january\"]", false)]
#[case("years: [\"2026\"]", true)]
#[case("years: [\"2028:2026\"]", false)]
#[case("years: [soon]", false)]
#[case("location: Europe/Berlin", false)]
fn periods(#[case] period: &str, #[case] good: bool) {
    let spec = format!("  timeIntervals:\n  - name: x\n    timeIntervals:\n    - {period}\n");
    let loaded = beta(&spec);
    let lines: Vec<u32> = faults(&loaded).iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [8][usize::from(good)..], "{:#?}", loaded.diagnostics);
}

#[rstest]
#[case(
    "  timeIntervals: [ { name: x, timeIntervals: [] } ]\n",
    "missing_field"
)]
#[case(
    "  timeIntervals: [ { timeIntervals: [ { years: [\"2026\"] } ] } ]\n",
    "missing_field"
)]
#[case("  receivers: [ { name: \"\" } ]\n", "invalid_name")]
#[case("  receivers: [ {} ]\n", "missing_field")]
#[case("  receivers: { name: x }\n", "wrong_type")]
#[case(
    "  timeIntervals: [ { name: x, timeIntervals: [ {} ] }, { name: x, timeIntervals: [ {} ] } ]\n",
    "duplicate_name"
)]
fn named_things(#[case] spec: &str, #[case] code: &str) {
    assert_eq!(faults(&beta(spec)), [(5, code)]);
}

/// One integration, in line 7.
fn integration(version: &str, kind: &str, fields: &str) -> Loaded {
    let spec = format!("  receivers:\n  - name: x\n    {kind}: [ {{ {fields} }} ]\n");
    load(&[("a.yaml", &(head(version) + &spec))])
}

const KEY: &str = "{ name: s, key: k }";

#[rstest]
#[case("webhookConfigs", "url: \"http://x\"", None)]
#[case("webhookConfigs", "urlSecret: KEY", None)]
#[case("webhookConfigs", "", Some("missing_field"))]
#[case("webhookConfigs", "url: \"\"", Some("missing_field"))]
#[case("webhookConfigs", "urlSecrt: KEY", Some("unknown_field"))]
#[case(
    "webhookConfigs",
    "url: \"http://x\", urlSecret: KEY",
    Some("invalid_value")
)]
#[case("webhookConfigs", "url: \"ftp://x\"", Some("invalid_value"))]
#[case("webhookConfigs", "url: \"{{ .x }}\"", None)]
#[case("webhookConfigs", "url: \"http://x/{{ .x\"", Some("template_invalid"))]
#[case(
    "webhookConfigs",
    "urll: \"http://x\", urlSecret: KEY",
    Some("unknown_field")
)]
#[case(
    "webhookConfigs",
    "url: \"http://x\", maxAlerts: -1",
    Some("invalid_value")
)]
#[case(
    "webhookConfigs",
    "url: \"http://x\", maxAlerts: many",
    Some("wrong_type")
)]
#[case(
    "webhookConfigs",
    "url: \"http://x\", timeout: 5",
    Some("invalid_duration")
)]
#[case(
    "webhookConfigs",
    "url: \"http://x\", sendResolved: maybe",
    Some("wrong_type")
)]
#[case("webhookConfigs", "urlSecret: { name: s }", Some("missing_field"))]
#[case("webhookConfigs", "urlSecret: { key: k }", Some("missing_field"))]
#[case(
    "webhookConfigs",
    "urlSecret: { name: ../b, key: k }",
    Some("invalid_name")
)]
#[case(
    "webhookConfigs",
    "urlSecret: { name: s, key: a/b }",
    Some("invalid_name")
)]
#[case(
    "webhookConfigs",
    "urlSecret: { name: \"..\", key: k }",
    Some("invalid_name")
)]
#[case(
    "webhookConfigs",
    "urlSecret: { name: s, key: k, optional: true }",
    Some("unknown_field")
)]
#[case("webhookConfigs", "urlSecret: hunter2", Some("wrong_type"))]
#[case("pagerdutyConfigs", "severity: page", Some("missing_field"))]
#[case("pagerdutyConfigs", "routingKey: KEY", None)]
#[case(
    "pagerdutyConfigs",
    "serviceKey: KEY, details: [ { key: a, value: b }, { key: a, value: c } ]",
    Some("duplicate_key")
)]
#[case("emailConfigs", "from: a@b", Some("missing_field"))]
#[case("emailConfigs", "to: a@b, smarthost: mail", Some("invalid_value"))]
#[case(
    "emailConfigs",
    "to: a@b, headers: [ { key: Subject, value: b }, { key: subject, value: c } ]",
    Some("duplicate_key")
)]
#[case("victoropsConfigs", "apiKey: KEY", Some("missing_field"))]
#[case(
    "victoropsConfigs",
    "routingKey: a, customFields: [ { key: entity_id, value: b } ]",
    Some("invalid_name")
)]
#[case("pushoverConfigs", "userKey: KEY", Some("missing_field"))]
#[case(
    "pushoverConfigs",
    "userKey: KEY, token: KEY, html: true, monospace: true",
    Some("invalid_value")
)]
#[case(
    "pushoverConfigs",
    "userKey: KEY, tokenFile: /etc/shadow",
    Some("invalid_value")
)]
#[case("snsConfigs", "subject: a", Some("missing_field"))]
#[case("snsConfigs", "topicARN: a, phoneNumber: b", Some("invalid_value"))]
#[case(
    "snsConfigs",
    "topicARN: a, sigv4: { accessKey: KEY }",
    Some("missing_field")
)]
#[case("telegramConfigs", "chatID: 1", Some("missing_field"))]
#[case("telegramConfigs", "botToken: KEY", Some("missing_field"))]
#[case("telegramConfigs", "botToken: KEY, chatID: 0", Some("invalid_value"))]
#[case("telegramConfigs", "botToken: KEY, chatID: -5", None)]
#[case(
    "telegramConfigs",
    "botToken: KEY, chatID: 5, parseMode: html",
    Some("invalid_value")
)]
#[case("webexConfigs", "roomID: a", Some("missing_field"))]
#[case("wechatConfigs", "messageType: html", Some("invalid_value"))]
#[case("discordConfigs", "title: a", Some("missing_field"))]
#[case("discordConfigs", "apiURL: { name: s, key: k, optional: false }", None)]
#[case("msteamsConfigs", "title: a", Some("missing_field"))]
#[case("msteamsv2Configs", "title: a", Some("missing_field"))]
#[case("rocketchatConfigs", "token: KEY", Some("missing_field"))]
#[case(
    "slackConfigs",
    "actions: [ { type: button, text: a } ]",
    Some("missing_field")
)]
#[case("slackConfigs", "fields: [ { title: a } ]", Some("missing_field"))]
#[case(
    "opsgenieConfigs",
    "responders: [ { type: team } ]",
    Some("missing_field")
)]
#[case("opsgenieConfigs", "responders: [ { name: no, type: team } ]", None)]
#[case(
    "opsgenieConfigs",
    "responders: [ { id: a, type: Robot } ]",
    Some("invalid_value")
)]
#[case("opsgenieConfigs", "updateAlerts: true", Some("unknown_field"))]
#[case("jiraConfigs", "project: a", Some("unknown_field"))]
fn integrations(#[case] kind: &str, #[case] fields: &str, #[case] code: Option<&str>) {
    let loaded = integration("v1beta1", kind, &fields.replace("KEY", KEY));
    let expected: Vec<_> = code.into_iter().map(|code| (7, code)).collect();
    assert_eq!(faults(&loaded), expected, "{:#?}", loaded.diagnostics);
}

#[rstest]
#[case("bearerTokenSecret: KEY", None)]
#[case("basicAuth: { username: KEY, password: KEY }", None)]
#[case("basicAuth: { username: KEY }", Some("missing_field"))]
#[case(
    "authorization: { credentials: KEY }, bearerTokenSecret: KEY",
    Some("invalid_value")
)]
#[case(
    "authorization: { type: Basic, credentials: KEY }",
    Some("invalid_value")
)]
#[case("authorization: { type: Bearer }", Some("missing_field"))]
#[case(
    "oauth2: { clientId: { secret: KEY }, clientSecret: KEY, tokenUrl: \"http://x\" }",
    None
)]
#[case(
    "oauth2: { clientId: { configMap: KEY }, clientSecret: KEY, tokenUrl: \"http://x\" }",
    Some("invalid_value")
)]
#[case(
    "oauth2: { clientId: { secret: KEY }, clientSecret: KEY }",
    Some("missing_field")
)]
#[case(
    "tlsConfig: { ca: { secret: KEY }, minVersion: TLS12, maxVersion: TLS13 }",
    None
)]
#[case(
    "tlsConfig: { minVersion: TLS13, maxVersion: TLS12 }",
    Some("invalid_value")
)]
#[case("tlsConfig: { minVersion: TLS14 }", Some("invalid_value"))]
#[case("tlsConfig: { keySecret: KEY }", Some("missing_field"))]
#[case(
    "tlsConfig: { ca: { configMap: { name: a, key: b } } }",
    Some("invalid_value")
)]
#[case("proxyURL: \"socks5://x:1080\"", None)]
#[case("proxyUrl: x", Some("invalid_value"))]
#[case("noProxy: x", Some("missing_field"))]
#[case(
    "proxyUrl: \"http://x\", proxyURL: \"http://x\"",
    Some("invalid_value")
)]
#[case(
    "proxyFromEnvironment: true, proxyUrl: \"http://x\"",
    Some("invalid_value")
)]
#[case("proxyFromEnvironment: true, proxyConnectHeader: { A: [ KEY ] }", None)]
#[case(
    "proxyFromEnvironment: true, proxyConnectHeader: { A: [] }",
    Some("invalid_value")
)]
#[case("followRedirect: true", Some("unknown_field"))]
fn http(#[case] fields: &str, #[case] code: Option<&str>) {
    let fields = format!("url: \"http://x\", httpConfig: {{ {fields} }}");
    let loaded = integration("v1beta1", "webhookConfigs", &fields.replace("KEY", KEY));
    let expected: Vec<_> = code.into_iter().map(|code| (7, code)).collect();
    assert_eq!(faults(&loaded), expected, "{:#?}", loaded.diagnostics);
}

#[test]
fn the_older_version_takes_optional_secrets() {
    let fields = "urlSecret: { name: s, key: k, optional: true }";
    let routing = routing(&integration("v1alpha1", "webhookConfigs", fields));
    assert!(routing.has_secrets());
    let (kind, settings) = &routing.receivers[0].integrations[0];
    assert_eq!(*kind, "webhook_configs");
    let Some(Value::Secret(secret)) = settings[0].get("url") else {
        panic!("{settings:?}")
    };
    assert_eq!(&*secret.secret.namespace, "shop");
    let file = secret.file.unwrap();
    assert_eq!(
        (file.field, file.since),
        ("url_file", Version::new(0, 26, 0))
    );
}

#[test]
fn newer_fields_are_noted_with_place_and_version() {
    let fields = "url: \"http://x\", timeout: 5s, httpConfig: { proxyFromEnvironment: true }";
    let routing_ = routing(&integration("v1beta1", "webhookConfigs", fields));
    let needs = |routing: &Routing| {
        let needs = routing.needs.iter();
        let needs = needs.map(|need| (need.field.clone(), need.since.minor));
        needs.collect::<Vec<_>>()
    };
    let at = "receivers[0].webhookConfigs[0]";
    let expected = [
        (format!("{at}.timeout"), 28),
        (format!("{at}.httpConfig.proxyFromEnvironment"), 26),
    ];
    assert_eq!(needs(&routing_), expected);
    let teams = routing(&integration(
        "v1beta1",
        "msteamsConfigs",
        "webhookUrl: { name: s, key: k }",
    ));
    assert_eq!(
        needs(&teams),
        [("receivers[0].msteamsConfigs".to_owned(), 26)]
    );
}

/// Whoever writes a secret into the repository must not find it in a message, too.
#[test]
fn a_secret_in_the_clear_is_not_repeated() {
    let loaded = integration("v1beta1", "pagerdutyConfigs", "routingKey: hunter2");
    assert!(!format!("{:?}", loaded.diagnostics).contains("hunter2"));
}
