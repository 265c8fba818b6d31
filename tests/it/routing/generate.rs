//! Generated definitions and alerts, small and dense, so that much overlaps.

use fastrand::Rng;
use trueup::model::alertmanager::{
    Base, InhibitRule, Labels, Matcher, Operator, Part, Receiver, Route, Routing, TimeInterval,
    Value,
};

const LABELS: &[&str] = &["alertname", "job", "namespace", "severity", "team"];
const VALUES: &[&str] = &[
    "a",
    "b",
    "c",
    "ab",
    "page",
    "x y",
    "q\"uote",
    "back\\slash",
    "yes",
    "0",
];
const REGEXES: &[&str] = &[
    "a|b", ".*", ".+", "", "a.*", "[ab]+", "(a|page)", "x y", "\\w", "[^a]",
];
pub const NAMESPACES: &[&str] = &["a", "b", "c"];

fn one<'a>(rng: &mut Rng, of: &[&'a str]) -> &'a str {
    of[rng.usize(..of.len())]
}

/// Any matcher that Alertmanager takes.
pub fn matcher(rng: &mut Rng) -> Matcher {
    let name = one(rng, LABELS);
    let operator = Operator::ALL[rng.usize(..4)];
    let value = match operator {
        Operator::Equal | Operator::NotEqual if rng.u8(..8) == 0 => "",
        Operator::Equal | Operator::NotEqual => one(rng, VALUES),
        Operator::Matches | Operator::MatchesNot => one(rng, REGEXES),
    };
    Matcher::new(name, operator, value).unwrap()
}

fn matchers(rng: &mut Rng, most: usize) -> Vec<Matcher> {
    (0..rng.usize(..=most)).map(|_| matcher(rng)).collect()
}

/// An alert; not every label is there.
pub fn alert(rng: &mut Rng) -> Labels {
    let mut labels = Labels::new();
    for name in LABELS {
        if rng.u8(..4) > 0 {
            labels.insert((*name).to_owned(), one(rng, VALUES).to_owned());
        }
    }
    if rng.bool() {
        let namespace = one(rng, NAMESPACES).to_owned();
        labels.insert("namespace".to_owned(), namespace);
    }
    labels
}

struct Names {
    receivers: Vec<String>,
    intervals: Vec<String>,
}

fn route(rng: &mut Rng, names: &Names, depth: usize) -> Route {
    let receiver = (depth == 0 || rng.bool())
        .then(|| names.receivers[rng.usize(..names.receivers.len())].clone());
    let some = |rng: &mut Rng| {
        let picked = names.intervals.iter().filter(|_| rng.u8(..3) == 0);
        picked.cloned().collect::<Vec<_>>()
    };
    let children = if depth < 3 { rng.usize(..3) } else { 0 };
    let mut grouped = vec!["job".to_owned()];
    grouped.truncate(rng.usize(..2));
    Route {
        receiver,
        matchers: matchers(rng, 2),
        continues: rng.bool(),
        group_wait: rng.bool().then(|| "30s".to_owned()),
        group_interval: rng.bool().then(|| "5m".to_owned()),
        repeat_interval: rng.bool().then(|| "4h".to_owned()),
        group_by: grouped,
        mute_time_intervals: some(rng),
        active_time_intervals: some(rng),
        routes: (0..children)
            .map(|_| route(rng, names, depth + 1))
            .collect(),
    }
}

fn inhibit_rule(rng: &mut Rng) -> InhibitRule {
    let mut side = || {
        let mut side = matchers(rng, 1);
        side.push(matcher(rng));
        side
    };
    let (source, target) = (side(), side());
    let equal = LABELS.iter().filter(|_| rng.u8(..3) == 0);
    InhibitRule {
        source,
        target,
        equal: equal.map(|label| (*label).to_owned()).collect(),
    }
}

/// A definition of a namespace.
pub fn routing(rng: &mut Rng, namespace: &str, name: &str) -> Routing {
    let names = Names {
        receivers: ["x", "y"][..rng.usize(1..=2)]
            .iter()
            .map(|name| (*name).to_owned())
            .collect(),
        intervals: ["night", "weekend"][..rng.usize(..=2)]
            .iter()
            .map(|name| (*name).to_owned())
            .collect(),
    };
    let receivers = names.receivers.iter().map(|name| Receiver {
        name: name.clone(),
        integrations: vec![(
            "webhook_configs",
            vec![Value::Map(vec![
                ("url".to_owned(), Value::text("http://127.0.0.1:9/hook")),
                ("send_resolved".to_owned(), Value::Bool(rng.bool())),
            ])],
        )],
    });
    let receivers = receivers.collect();
    let interval = Value::List(vec![Value::Map(vec![(
        "weekdays".to_owned(),
        Value::List(vec![Value::text("saturday"), Value::text("sunday")]),
    )])]);
    let time_intervals = names.intervals.iter().map(|name| TimeInterval {
        name: name.clone(),
        intervals: interval.clone(),
    });
    Routing {
        namespace: namespace.into(),
        name: name.into(),
        route: (rng.u8(..6) > 0).then(|| route(rng, &names, 0)),
        receivers,
        inhibit_rules: (0..rng.usize(..3)).map(|_| inhibit_rule(rng)).collect(),
        time_intervals: time_intervals.collect(),
        needs: Vec::new(),
    }
}

/// Definitions of several namespaces.
pub fn routings(rng: &mut Rng) -> Vec<Routing> {
    let mut routings = Vec::new();
    for namespace in NAMESPACES {
        for name in ["one", "two"] {
            if rng.u8(..3) > 0 {
                routings.push(routing(rng, namespace, name));
            }
        }
    }
    routings
}

/// The fence of a namespace.
pub fn fence(namespace: &str) -> Vec<Matcher> {
    vec![Matcher::new("namespace", Operator::Equal, namespace).unwrap()]
}

pub fn parts(routings: &[Routing]) -> Vec<Part> {
    let parts = routings.iter();
    parts
        .map(|routing| Part::new(routing, &fence(&routing.namespace)))
        .collect()
}

/// A platform's own file.
pub fn base(rng: &mut Rng) -> Base {
    let own = [
        "  - receiver: pager\n    matchers: [ severity=\"page\" ]\n    continue: true\n",
        "  - receiver: pager\n    match_re: { team: \"a|b\" }\n    routes:\n    - { receiver: default, match: { job: a } }\n",
        "  - receiver: default\n    matchers: [ 'job!~\"a.*\"' ]\n",
    ];
    let own: String = own.into_iter().filter(|_| rng.bool()).collect();
    let routes = if own.is_empty() {
        String::new()
    } else {
        format!("  routes:\n{own}")
    };
    let inhibit = if rng.bool() {
        "inhibit_rules:\n- source_match: { severity: page }\n  target_matchers: [ severity=~\"a|b\" ]\n  equal: [job]\n"
    } else {
        ""
    };
    let text = format!(
        "global:\n  resolve_timeout: 5m\nroute:\n  receiver: default\n  group_by: [alertname]\n{routes}{inhibit}receivers:\n- name: default\n- name: pager\n  webhook_configs:\n  - url: http://127.0.0.1:9/pager\n"
    );
    let json: serde_json::Value = serde_yaml::from_str(&text).unwrap();
    Base::new(Value::from(&json)).unwrap()
}
