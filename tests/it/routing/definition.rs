//! Definitions as the text that people write, through the room `load`.

use std::collections::BTreeMap;
use std::sync::Arc;

use fastrand::Rng;
use serde_json::{Value as Json, json};
use trueup::load::{Files, Given, Loaded, assemble, parse};
use trueup::model::alertmanager::{
    InhibitRule, Matcher, Receiver, Route, Routing, TimeInterval, Value,
};
use trueup::model::{BlobId, Entry, RepoPath, Revision, Snapshot, Spec};

use super::generate;

/// What one file declares.
pub fn load(text: &str) -> Loaded {
    let path = RepoPath::new("a.yaml").unwrap();
    let entry = Entry {
        blob: BlobId([0; 20]),
        size: 1,
    };
    let snapshot = Snapshot {
        repository: "platform".into(),
        revision: Revision::Unversioned,
        files: BTreeMap::from([(path.clone(), entry)]),
        diagnostics: Vec::new(),
    };
    let file = Arc::new(parse(&path, text.as_bytes()));
    assemble(
        &snapshot,
        &Files::from(vec![(path, file)]),
        &Files::new(),
        &Given::default(),
    )
}

/// The definitions of one file that is good.
pub fn routings(text: &str) -> Vec<Routing> {
    let loaded = load(text);
    assert!(
        loaded.diagnostics.is_empty(),
        "{:#?}\n{text}",
        loaded.diagnostics
    );
    let objects = loaded.declared.objects.iter();
    let routings = objects.map(|object| match &object.spec {
        Some(Spec::Route(fenced)) => Routing::clone(&fenced.routing),
        other => panic!("{other:?}"),
    });
    routings.collect()
}

/// The same definitions, written as text and read again.
pub fn reread(definitions: &[Routing]) -> Vec<Routing> {
    let mut text = String::new();
    for (index, routing) in definitions.iter().enumerate() {
        let version = ["v1alpha1", "v1beta1"][index % 2];
        text.push_str("---\n");
        text.push_str(&serde_yaml::to_string(&document(routing, version)).unwrap());
    }
    routings(&text)
}

fn document(routing: &Routing, version: &str) -> Json {
    let intervals = match version {
        "v1alpha1" => "muteTimeIntervals",
        _ => "timeIntervals",
    };
    json!({
        "apiVersion": format!("monitoring.coreos.com/{version}"),
        "kind": "AlertmanagerConfig",
        "metadata": { "name": &*routing.name, "namespace": &*routing.namespace },
        "spec": {
            "route": routing.route.as_ref().map(route),
            "receivers": routing.receivers.iter().map(receiver).collect::<Vec<_>>(),
            "inhibitRules": routing.inhibit_rules.iter().map(inhibit_rule).collect::<Vec<_>>(),
            intervals: routing.time_intervals.iter().map(time_interval).collect::<Vec<_>>(),
        },
    })
}

fn route(route: &Route) -> Json {
    json!({
        "receiver": route.receiver,
        "matchers": matchers(&route.matchers),
        "continue": route.continues,
        "groupWait": route.group_wait,
        "groupInterval": route.group_interval,
        "repeatInterval": route.repeat_interval,
        "groupBy": route.group_by,
        "muteTimeIntervals": route.mute_time_intervals,
        "activeTimeIntervals": route.active_time_intervals,
        "routes": route.routes.iter().map(self::route).collect::<Vec<_>>(),
    })
}

fn matchers(matchers: &[Matcher]) -> Json {
    let matchers = matchers.iter().map(|matcher| {
        json!({
            "name": matcher.name(),
            "value": matcher.value(),
            "matchType": matcher.operator().as_str(),
        })
    });
    matchers.collect()
}

/// Of those that are generated.
fn receiver(receiver: &Receiver) -> Json {
    let hooks = receiver.integrations.iter().flat_map(|(_, hooks)| hooks);
    let hooks = hooks.map(|hook| {
        let resolved = hook.get("send_resolved") == Some(&Value::Bool(true));
        json!({ "url": hook.get("url").unwrap().as_text(), "sendResolved": resolved })
    });
    json!({ "name": receiver.name, "webhookConfigs": hooks.collect::<Vec<_>>() })
}

fn inhibit_rule(rule: &InhibitRule) -> Json {
    json!({
        "sourceMatch": matchers(&rule.source),
        "targetMatch": matchers(&rule.target),
        "equal": rule.equal,
    })
}

fn time_interval(interval: &TimeInterval) -> Json {
    let periods = interval.intervals.items().iter().map(|period| {
        let days = period.get("weekdays").unwrap().items().iter();
        let days: Vec<_> = days.map(|day| day.as_text()).collect();
        json!({ "weekdays": days })
    });
    json!({ "name": interval.name, "timeIntervals": periods.collect::<Vec<_>>() })
}

pub fn reads_back() {
    for seed in 0..500 {
        let routings = generate::routings(&mut Rng::with_seed(seed));
        assert_eq!(reread(&routings), routings, "seed {seed}");
    }
}
