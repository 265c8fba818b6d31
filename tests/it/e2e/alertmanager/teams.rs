//! Rules and routing of two teams from one repository, on a real Prometheus and a real Alertmanager.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::inbox::{Labels, labels};
use super::scene::{BASE, Scene};
use crate::e2e::ran::applied;
use crate::e2e::running::PATIENCE;
use crate::e2e::world::Target;
use crate::support::prometheus::{Options, Server};
use crate::support::wait_until;

/// A page goes to two receivers; tickets of the database to those who know it.
const PAYMENTS: &str = "\
route:
  receiver: chat
  routes:
  - receiver: pager
    continue: true
    matchers: [ { name: severity, value: page } ]
  - receiver: tickets
    matchers: [ { name: severity, value: 'page|ticket', matchType: '=~' } ]
    routes:
    - { receiver: db, matchers: [ { name: component, value: db } ] }
";

const SEARCH: &str = "\
route:
  receiver: chat
  routes:
  - receiver: pager
    matchers: [ { name: severity, value: page } ]
  - receiver: nights
    matchers:
    - { name: severity, value: info }
    - { name: alertname, value: 'Slow|Queue', matchType: '!~' }
";

/// Every alert, and who is to get it, and nobody else. Both teams use the same names.
const ALERTS: &[(&str, &[&str])] = &[
    (
        "alertname=HighErrors,namespace=payments,severity=page",
        &["/payments/pager", "/payments/tickets"],
    ),
    (
        "alertname=HighErrors,namespace=payments,severity=ticket",
        &["/payments/tickets"],
    ),
    (
        "alertname=HighErrors,namespace=payments,severity=info",
        &["/payments/chat"],
    ),
    (
        "alertname=Slow,namespace=payments,severity=page,component=db",
        &["/payments/pager", "/payments/db"],
    ),
    (
        "alertname=Slow,namespace=payments,severity=ticket,component=db",
        &["/payments/db"],
    ),
    (
        "alertname=Down,namespace=payments,severity=page",
        &["/payments/pager", "/payments/tickets"],
    ),
    (
        "alertname=Down,namespace=payments,severity=info,platform=yes",
        &["/payments/chat", "/platform/oncall"],
    ),
    ("alertname=Queue,namespace=payments", &["/payments/chat"]),
    (
        "alertname=HighErrors,namespace=search,severity=page",
        &["/search/pager"],
    ),
    (
        "alertname=HighErrors,namespace=search,severity=ticket",
        &["/search/chat"],
    ),
    (
        "alertname=HighErrors,namespace=search,severity=info",
        &["/search/nights"],
    ),
    (
        "alertname=Slow,namespace=search,severity=page,component=db",
        &["/search/pager"],
    ),
    (
        "alertname=Slow,namespace=search,severity=info",
        &["/search/chat"],
    ),
    (
        "alertname=Down,namespace=search,severity=page",
        &["/search/pager"],
    ),
    (
        "alertname=Down,namespace=search,severity=info,platform=yes",
        &["/search/nights", "/platform/oncall"],
    ),
    ("alertname=Queue,namespace=search", &["/search/chat"]),
    (
        "alertname=HighErrors,namespace=nobody,severity=page",
        &["/platform/default"],
    ),
    (
        "alertname=HighErrors,severity=ticket",
        &["/platform/default"],
    ),
    (
        "alertname=Slow,namespace=payments-eu,severity=info",
        &["/platform/default"],
    ),
    (
        "alertname=Down,namespace=xpayments,severity=page",
        &["/platform/default"],
    ),
    (
        "alertname=Down,namespace=Payments,severity=page",
        &["/platform/default"],
    ),
    (
        "alertname=Down,severity=ticket,platform=yes",
        &["/platform/oncall"],
    ),
    (
        "alertname=Queue,namespace=search/web,severity=info",
        &["/platform/default"],
    ),
    (
        "alertname=Queue,namespace=nobody,severity=page,platform=yes",
        &["/platform/oncall"],
    ),
];

/// The rules of those alerts that fit, below `indent`.
fn groups(indent: &str, fits: impl Fn(&Labels) -> bool) -> String {
    let mut text = format!("{indent}groups:\n{indent}- name: all\n{indent}  rules:\n");
    for (alert, _) in ALERTS {
        let mut labels = labels(alert);
        if fits(&labels) {
            let name = labels.remove("alertname").unwrap();
            write!(
                text,
                "{indent}  - alert: {name}\n{indent}    expr: vector(1)\n{indent}    labels: {{ "
            )
            .unwrap();
            for (label, value) in labels {
                write!(text, "{label}: \"{value}\", ").unwrap();
            }
            text.push_str("}\n");
        }
    }
    text
}

fn write(scene: &Scene) {
    let of = |team: &'static str| {
        move |labels: &Labels| labels.get("namespace").is_some_and(|n| n == team)
    };
    let rest = |labels: &Labels| !of("payments")(labels) && !of("search")(labels);
    let platform = &scene.world.platform;
    platform.write(
        "teams/payments/set.yaml",
        "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\n\
         metadata: { namespace: payments, name: alerts }\nspec: { files: [rules.yaml] }\n",
    );
    platform.write("teams/payments/rules.yaml", groups("", of("payments")));
    platform.write(
        "teams/search/rules.yaml",
        format!(
            "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\n\
             metadata: {{ namespace: search, name: alerts }}\nspec:\n{}",
            groups("  ", of("search"))
        ),
    );
    platform.write(
        "platform/rules.yaml",
        format!(
            "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata: {{ name: platform }}\nspec:\n{}",
            groups("  ", rest)
        ),
    );
    for (team, route, receivers) in [
        ("payments", PAYMENTS, ["chat", "pager", "tickets", "db"]),
        ("search", SEARCH, ["chat", "pager", "nights", "unused"]),
    ] {
        let receivers =
            receivers.map(|receiver| scene.receiver(receiver, &format!("/{team}/{receiver}")));
        let spec = format!("{route}receivers:\n{}", receivers.concat());
        scene.write(team, "routing", &spec);
    }
    // What is told is told again, so that nothing that comes late is missed.
    platform.replace(
        BASE,
        "group_interval: 100ms",
        "group_interval: 100ms\n  repeat_interval: 1s",
    );
    platform.commit("Two teams");
}

/// `/payments/chat` is the receiver `payments/routing/chat`, `/platform/default` is `default`.
fn receiver(path: &str) -> String {
    let (team, name) = path[1..].split_once('/').unwrap();
    if team == "platform" {
        name.to_owned()
    } else {
        format!("{team}/routing/{name}")
    }
}

pub fn own_alerts() {
    let mut scene = Scene::new();
    let rules = scene.world.path("rules-one");
    let prometheus = Server::prometheus_with(
        &rules,
        &Options {
            alertmanager: Some(scene.server.port),
            ..Options::default()
        },
    );
    let am = scene.target("adopt: true");
    scene
        .world
        .set_targets([Target::server("one", &prometheus.url()), am]);
    write(&scene);
    let plan = scene.world.apply();
    assert_eq!(
        applied(&plan),
        [
            "adopt am/route/base_file: done",
            "create am/route/payments/routing: done",
            "create am/route/search/routing: done",
            "create one/rule_group/default/platform/all: done",
            "create one/rule_group/payments/alerts/all: done",
            "create one/rule_group/search/alerts/all: done",
        ]
    );

    let wanted: BTreeSet<(String, Labels)> = ALERTS
        .iter()
        .flat_map(|(alert, paths)| paths.iter().map(|path| ((*path).to_owned(), labels(alert))))
        .collect();
    wait_until("everybody was told of everything twice", PATIENCE, || {
        let told = scene.inbox.told();
        wanted
            .iter()
            .all(|pair| told.get(pair).is_some_and(|times| *times >= 2))
    });
    let told: BTreeSet<_> = scene.inbox.told().into_keys().collect();
    assert_eq!(told, wanted);

    // The server, and its tool, say the same of each.
    let live: Vec<Value> = serde_json::from_str(&scene.server.get("/api/v2/alerts")).unwrap();
    assert_eq!(live.len(), ALERTS.len());
    let live: BTreeMap<Labels, BTreeSet<String>> = live
        .iter()
        .map(|alert| {
            let labels = serde_json::from_value(alert["labels"].clone()).unwrap();
            let receivers = alert["receivers"].as_array().unwrap().iter();
            let names = receivers.map(|receiver| receiver["name"].as_str().unwrap().to_owned());
            (labels, names.collect())
        })
        .collect();
    for (alert, paths) in ALERTS {
        let alert = labels(alert);
        let names: BTreeSet<String> = paths.iter().map(|path| receiver(path)).collect();
        assert_eq!(live[&alert], names, "{alert:?}");
        let routed: BTreeSet<String> = scene.routed(&alert).into_iter().collect();
        assert_eq!(routed, names, "{alert:?}");
    }
    scene.is_quiet();
    println!("{} alerts, {} ways", ALERTS.len(), wanted.len());
}
