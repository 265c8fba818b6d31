//! Two tenants with the same alerts on the same names of metrics, on a real Prometheus and a real Alertmanager.

use std::collections::BTreeSet;
use std::fs;

use libtest_mimic::Trial;
use serde_json::Value;

use crate::e2e::alertmanager::inbox::{Inbox, Labels};
use crate::e2e::ran::{applied, held};
use crate::e2e::running::PATIENCE;
use crate::e2e::world::{Target, World};
use crate::support::exchange::{Incoming, Listening, Reply};
use crate::support::prometheus::{Options, Server};
use crate::support::{Need, test, wait_until};

pub fn tests() -> Vec<Trial> {
    let needs = [
        Need::Program("prometheus"),
        Need::Program("prometheus-alertmanager"),
    ];
    vec![test(
        "e2e::tenants::real::each_ones_alerts_are_its_own",
        &needs,
        own_alerts,
    )]
}

/// A tenant with a fence of its name, whose alerts carry it.
pub fn tenant(name: &str) -> String {
    format!(
        "apiVersion: trueup.dev/v1alpha1\nkind: Tenant\nmetadata: {{ name: {name} }}\nspec:\n  \
         owner: group:default/{name}\n  paths: ['teams/{name}/**']\n  targets: env=prod\n  metrics:\n    \
         matchers: ['namespace=~\"{name}-.*\"']\n    labels: {{ team: {name} }}\n"
    )
}

/// What an exporter of everybody's shows.
const SERIES: &str = "errors{namespace=\"payments-a\"} 1
errors{namespace=\"payments-b\"} 2
errors{namespace=\"search-a\"} 3
errors{namespace=\"nobody\"} 4
errors 5
queue{namespace=\"search-a\"} 1
queue{namespace=\"search-b\",team=\"payments\"} 1
";

/// The same text for both, but for the recorded name, which each writes and both read.
const RULES: &str = "groups:
- name: all
  rules:
  - { record: errors:max, expr: 'max by (namespace) (errors)' }
  - { alert: Errors, expr: errors > 0 }
  - { alert: Recorded, expr: 'errors:max > 0' }
  - { alert: Sum, expr: sum(errors) > 0 }
  - { alert: NoQueue, expr: absent(queue) }
  - { alert: Widened, expr: 'queue{namespace=~\".*\"} > 0' }
";

/// Name and namespace of each alert that is a team's.
const PAYMENTS: &[(&str, &str)] = &[
    ("Errors", "payments-a"),
    ("Errors", "payments-b"),
    ("Recorded", "payments-a"),
    ("Recorded", "payments-b"),
    ("Sum", ""),
    ("NoQueue", ""),
];

const SEARCH: &[(&str, &str)] = &[
    ("Errors", "search-a"),
    ("Recorded", "search-a"),
    ("Sum", ""),
    ("Widened", "search-a"),
    ("Widened", "search-b"),
];

type Alert = (String, String, String);

/// Team, name and namespace.
fn alert(labels: &Labels) -> Alert {
    let of = |name: &str| labels.get(name).cloned().unwrap_or_default();
    (of("team"), of("alertname"), of("namespace"))
}

fn wanted(team: &str, alerts: &[(&str, &str)]) -> BTreeSet<Alert> {
    let alerts = alerts.iter();
    alerts
        .map(|(name, namespace)| (team.to_owned(), (*name).to_owned(), (*namespace).to_owned()))
        .collect()
}

fn exporter() -> Listening {
    Listening::start(|mut stream| async move {
        Incoming::read(&mut stream).await?;
        Reply::text(200, SERIES).write(&mut stream).await
    })
}

fn write(world: &World, inbox: &Inbox) {
    let platform = &world.platform;
    platform
        .write(
            "trueup.yaml",
            "apiVersion: trueup.dev/v1alpha1\nkind: Platform\nmetadata: { name: acme }\n\
             spec: { defaults: { targets: env=prod } }\n",
        )
        .write("platform/tenants.yaml", [tenant("payments"), tenant("search")].join("---\n"))
        .write(
            "platform/am.yaml",
            format!(
                "route: {{ receiver: rest, group_by: ['...'], group_wait: 10ms, group_interval: 100ms, repeat_interval: 1s }}\n\
                 receivers: [ {{ name: rest, webhook_configs: [ {{ url: '{}' }} ] }} ]\n",
                inbox.url("/rest")
            ),
        );
    for team in ["payments", "search"] {
        // Both routes stand in one namespace, and take whatever they get.
        platform
            .write(
                &format!("teams/{team}/set.yaml"),
                format!(
                    "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata: {{ name: {team} }}\nspec: {{ files: [rules.yaml] }}\n"
                ),
            )
            .write(&format!("teams/{team}/rules.yaml"), RULES)
            .write(
                &format!("teams/{team}/routing.yaml"),
                format!(
                    "apiVersion: monitoring.coreos.com/v1beta1\nkind: AlertmanagerConfig\nmetadata: {{ name: {team} }}\n\
                     spec:\n  route: {{ receiver: all, matchers: [ {{ name: alertname, value: '.*', matchType: '=~' }} ] }}\n  \
                     receivers: [ {{ name: all, webhookConfigs: [ {{ url: '{}' }} ] }} ]\n",
                    inbox.url(&format!("/{team}"))
                ),
            );
    }
    platform.commit("Two tenants");
}

fn own_alerts() {
    let mut world = World::new();
    let inbox = Inbox::start();
    let exporter = exporter();
    let alertmanager =
        Server::alertmanager("route: { receiver: old }\nreceivers: [ { name: old } ]\n");
    let address = exporter.url().trim_start_matches("http://").to_owned();
    let options = Options {
        alertmanager: Some(alertmanager.port),
        more: format!(
            "scrape_configs:\n- job_name: all\n  scrape_interval: 1s\n  honor_labels: true\n  \
             static_configs: [ {{ targets: ['{address}'] }} ]\n"
        ),
        ..Options::default()
    };
    let prometheus = Server::prometheus_with(&world.path("rules-one"), &options);
    world.set_targets([
        Target::server("one", &prometheus.url()),
        Target::alertmanager(
            "am",
            &format!(
                "url: \"{}\", config_file: \"{}\", base_file: platform/am.yaml, adopt: true",
                alertmanager.url(),
                alertmanager.alertmanager_file().display()
            ),
        ),
    ]);
    write(&world, &inbox);
    let apply = world.apply();
    assert_eq!(applied(&apply).len(), 5, "{:?}", applied(&apply));
    assert_eq!(held(&apply), [""; 0]);

    let all: BTreeSet<Alert> = wanted("payments", PAYMENTS)
        .union(&wanted("search", SEARCH))
        .cloned()
        .collect();
    let fire = || {
        let alerts: Value =
            serde_json::from_str(&prometheus.get("/api/v1/alerts")).unwrap_or_default();
        let alerts = alerts["data"]["alerts"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let labels = alerts
            .iter()
            .map(|alert| serde_json::from_value(alert["labels"].clone()).unwrap());
        labels
            .map(|labels: Labels| alert(&labels))
            .collect::<BTreeSet<Alert>>()
    };
    wait_until("everything fires", PATIENCE, || fire().is_superset(&all));
    // Whatever fired before its series were scraped is over: `absent` of what is there.
    wait_until("nothing else fires", PATIENCE, || fire() == all);
    let told = |path: &str| -> BTreeSet<Alert> {
        let told = inbox.told();
        told.keys()
            .filter(|(at, _)| at == path)
            .map(|(_, labels)| alert(labels))
            .collect()
    };
    let often = |path: &str, alerts: &BTreeSet<Alert>| {
        let told = inbox.told();
        alerts.iter().all(|wanted| {
            let times = told
                .iter()
                .filter(|((at, labels), _)| at == path && alert(labels) == *wanted);
            times.map(|(_, times)| times).sum::<usize>() >= 2
        })
    };
    let (payments, search) = (wanted("payments", PAYMENTS), wanted("search", SEARCH));
    wait_until("each was told of its own, twice", PATIENCE, || {
        often("/payments", &payments) && often("/search", &search)
    });
    // Before a queue was scraped the other team may have been told that it has none.
    let early: BTreeSet<Alert> = wanted("search", &[("NoQueue", "")]);
    assert_eq!(told("/payments"), payments);
    assert_eq!(
        told("/search")
            .difference(&early)
            .cloned()
            .collect::<BTreeSet<_>>(),
        search
    );
    assert_eq!(told("/rest"), BTreeSet::new());
    assert!(
        fs::read_to_string(alertmanager.alertmanager_file())
            .unwrap()
            .contains("team=\"payments\"")
    );
    println!(
        "{} alerts of payments, {} of search",
        payments.len(),
        search.len()
    );
}
