//! What a fence promises: no definition catches, mutes, inhibits or ends the routing of another's alerts.

use fastrand::Rng;
use trueup::model::alertmanager::{
    Base, InhibitRule, Labels, Matcher, Operator, Part, Route, Routing, compose,
};
use trueup::provider::alertmanager::wire::{Written, read, write};

use super::generate;

/// Receivers that an alert reaches, without those of the definition `id`.
fn without(base: &Base, parts: &[Part], id: &str, alert: &Labels) -> Vec<String> {
    let whole = compose(base, parts);
    let own = format!("{id}/");
    let reached = whole
        .ways(alert)
        .into_iter()
        .map(|way| way.receiver.to_owned());
    reached.filter(|name| !name.starts_with(&own)).collect()
}

fn is_inside(part: &Part, alert: &Labels) -> bool {
    let (namespace, _) = part.id.split_once('/').unwrap();
    alert
        .get("namespace")
        .is_some_and(|value| value == namespace)
}

/// Holds the promise for one definition among others, and alerts.
fn check(base: &Base, parts: &[Part], alerts: &[Labels], what: &str) {
    for (index, part) in parts.iter().enumerate() {
        let mut others = parts.to_vec();
        others.remove(index);
        for alert in alerts.iter().filter(|alert| !is_inside(part, alert)) {
            // Not caught, not ended, not taken away from the platform.
            let whole = compose(base, parts);
            let all: Vec<&str> = whole.ways(alert).iter().map(|way| way.receiver).collect();
            let kept = without(base, &others, &part.id, alert);
            assert_eq!(all, kept, "{what}: {} reaches {alert:?}", part.id);
            for rule in &part.inhibit_rules {
                for other in alerts {
                    assert!(
                        !rule.inhibits(alert, other),
                        "{what}: {} by {alert:?}",
                        part.id
                    );
                    assert!(
                        !rule.inhibits(other, alert),
                        "{what}: {} of {alert:?}",
                        part.id
                    );
                }
            }
        }
        // Those inside do not end what others get: the platform's own routes are tried all the same.
        for alert in alerts.iter().filter(|alert| is_inside(part, alert)) {
            let theirs = without(base, parts, &part.id, alert);
            let root = base.route.receiver.as_deref().unwrap();
            for receiver in without(base, &others, &part.id, alert) {
                // What nobody takes is the root's; this one took it.
                let taken = receiver == root && !theirs.contains(&receiver);
                assert!(
                    theirs.contains(&receiver) || taken,
                    "{what}: {} keeps {alert:?} from {receiver}",
                    part.id
                );
            }
        }
        is_closed(part, what);
    }
}

/// Every name that a part uses is its own.
fn is_closed(part: &Part, what: &str) {
    let own = format!("{}/", part.id);
    let names = part.receivers.iter().map(|receiver| &receiver.name);
    let names = names.chain(part.time_intervals.iter().map(|interval| &interval.name));
    let routes = part.route.iter().flat_map(Route::all);
    let used = routes.flat_map(|route| {
        let intervals = route.mute_time_intervals.iter();
        let intervals = intervals.chain(&route.active_time_intervals);
        intervals.chain(&route.receiver)
    });
    for name in names.chain(used) {
        assert!(
            name.starts_with(&own),
            "{what}: {name} is not of {}",
            part.id
        );
    }
}

pub fn holds() {
    let cases = if std::env::var_os("TRUEUP_LONG").is_some() {
        5000
    } else {
        500
    };
    let mut caught = 0;
    for seed in 0..cases {
        let rng = &mut Rng::with_seed(seed);
        let base = generate::base(rng);
        let routings = generate::routings(rng);
        let parts = generate::parts(&routings);
        let alerts: Vec<Labels> = (0..12).map(|_| generate::alert(rng)).collect();
        check(&base, &parts, &alerts, &format!("seed {seed}"));
        let whole = compose(&base, &parts);
        let by_parts = |alert: &&Labels| {
            let mut ways = whole.ways(alert).into_iter();
            ways.any(|way| way.receiver.contains('/'))
        };
        caught += alerts.iter().filter(by_parts).count();
    }
    assert!(
        caught > 500,
        "only {caught} alerts were taken by a definition at all"
    );
}

fn matchers(texts: &[&str]) -> Vec<Matcher> {
    texts
        .iter()
        .map(|text| Matcher::parse(text).unwrap())
        .collect()
}

/// Matchers of the source and of the target, and the labels that must be equal.
type Inhibit<'a> = (&'a [&'a str], &'a [&'a str], &'a [&'a str]);

/// A definition of the namespace `b` that tries to reach further.
fn attack(route: Option<Route>, inhibit: &[Inhibit<'_>]) -> Routing {
    let mut routing = generate::routing(&mut Rng::with_seed(7), "b", "attack");
    let rules = inhibit.iter().map(|(source, target, equal)| InhibitRule {
        source: matchers(source),
        target: matchers(target),
        equal: equal.iter().map(|label| (*label).to_owned()).collect(),
    });
    routing.inhibit_rules = rules.collect();
    routing.route = route;
    routing
}

fn to(receiver: &str, texts: &[&str]) -> Route {
    Route {
        receiver: Some(receiver.to_owned()),
        matchers: matchers(texts),
        ..Route::default()
    }
}

pub fn hostile() {
    let muted = Route {
        mute_time_intervals: vec!["night".to_owned()],
        ..to("x", &[])
    };
    let below = |child: Route| Route {
        routes: vec![child],
        ..to("x", &[])
    };
    let routes = [
        to("x", &[]),
        to("x", &["namespace=a"]),
        to("x", &["namespace=~.*"]),
        to("x", &["namespace=~\"a|b|c\""]),
        to("x", &["namespace!=b"]),
        to("x", &["namespace=\"\""]),
        to("x", &["alertname=~.+"]),
        to("x", &["severity=page"]),
        // A receiver of another, by its name in the whole.
        to("a/one/x", &[]),
        to("default", &[]),
        to("pager", &["severity=page"]),
        to("../../a/one/x", &[]),
        muted.clone(),
        below(to("x", &["namespace=a"])),
        below(to("x", &[])),
        below(to("a/one/x", &["namespace=~.*"])),
        below(Route {
            continues: true,
            ..to("x", &["namespace!~b"])
        }),
        below(muted),
    ];
    let inhibits: [&[Inhibit<'_>]; 6] = [
        &[(&[], &[], &[])],
        &[(&["severity=page"], &["severity!=page"], &[])],
        &[(&["namespace=a"], &["namespace=c"], &[])],
        &[(&["alertname=~.*"], &["namespace=~.*"], &["namespace"])],
        &[(&["namespace!=b"], &["namespace!=b"], &[])],
        &[(&["namespace=b"], &["namespace=a"], &["team"])],
    ];
    let routes = routes.into_iter().map(|route| attack(Some(route), &[]));
    let inhibits = inhibits.into_iter().map(|rules| attack(None, rules));
    let attacks: Vec<Routing> = routes.chain(inhibits).collect();
    assert!(attacks.len() >= 20);
    let rng = &mut Rng::with_seed(1);
    let alerts: Vec<Labels> = (0..200).map(|_| generate::alert(rng)).collect();
    for (index, attack) in attacks.into_iter().enumerate() {
        for seed in 0..20 {
            let rng = &mut Rng::with_seed(seed);
            let base = generate::base(rng);
            let mut routings = vec![
                generate::routing(rng, "a", "one"),
                generate::routing(rng, "c", "one"),
            ];
            routings.push(attack.clone());
            let parts = generate::parts(&routings);
            check(
                &base,
                &parts,
                &alerts,
                &format!("attack {index}, seed {seed}"),
            );
        }
    }
}

pub fn same_bytes() {
    for seed in 0..100 {
        let rng = &mut Rng::with_seed(seed);
        let base = generate::base(rng);
        let mut parts = generate::parts(&generate::routings(rng));
        let text = |parts: &[Part]| write(&[], &base, parts, &|_| Written::Value(String::new()));
        let (first, whole) = (text(&parts), compose(&base, &parts));
        rng.shuffle(&mut parts);
        assert_eq!(text(&parts), first);
        assert_eq!(compose(&base, &parts), whole);
    }
    // By namespace first: as one text, `a-b/x` would come before `a/x`.
    let named = |namespace: &str| Routing {
        namespace: namespace.into(),
        ..attack(Some(to("x", &[])), &[])
    };
    let parts = [named("a-b"), named("a")].map(|routing| Part::new(&routing, &[]));
    let base = generate::base(&mut Rng::with_seed(0));
    let text = write(&[], &base, &parts, &|_| Written::Value(String::new()));
    let comments: Vec<&str> = text
        .lines()
        .filter_map(|l| l.strip_prefix("  # "))
        .collect();
    assert_eq!(comments[..2], [parts[1].id.as_str(), parts[0].id.as_str()]);
    assert_eq!(read(&text).unwrap().pieces.len(), 2);
    let fence = Matcher::new("namespace", Operator::Equal, "b").unwrap();
    let part = Part::new(&attack(Some(to("x", &[])), &[]), &[fence]);
    assert!(part.route.unwrap().continues);
}
