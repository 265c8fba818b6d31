//! What Alertmanager would refuse of the platform's own file, as far as routing goes (`config/config.go` of 0.25,
//! `UnmarshalYAML` of `Config`), and names that only definitions may have.

use std::collections::BTreeSet;

use super::compose::{Base, BaseError};
use super::route::Route;
use super::value::Value;

/// Everything that is wrong with a base, in the order of the file.
pub fn check(base: &Base) -> Vec<BaseError> {
    let mut faults = Vec::new();
    let receivers = names(&base.file, "receivers", &mut faults);
    let mut intervals = names(&base.file, "mute_time_intervals", &mut faults);
    intervals.extend(names(&base.file, "time_intervals", &mut faults));
    let root = &base.route;
    if root.receiver.is_none() {
        faults.push(fault(
            "route",
            "it needs a receiver: who gets what nobody else takes",
        ));
    }
    if !root.matchers.is_empty() {
        faults.push(fault(
            "route",
            "the first route takes every alert and can have no matchers",
        ));
    }
    if root.continues {
        faults.push(fault("route", "the first route cannot have continue"));
    }
    let known = Known {
        receivers,
        intervals,
    };
    known.route(root, "route", &mut faults);
    faults
}

fn fault(at: &str, detail: impl Into<String>) -> BaseError {
    BaseError {
        at: at.to_owned(),
        detail: detail.into(),
    }
}

/// The names of a list's items.
fn names<'b>(file: &'b Value, field: &str, faults: &mut Vec<BaseError>) -> BTreeSet<&'b str> {
    let items = file.get(field).map_or(&[][..], Value::items);
    let mut names = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let at = format!("{field}[{index}]");
        match item.get("name").and_then(Value::as_text) {
            None | Some("") => faults.push(fault(&at, "it needs a name")),
            Some(name) if is_definitions(name) => faults.push(fault(
                &at,
                format!("{name:?} is of the form that names of definitions have; rename it"),
            )),
            Some(name) if !names.insert(name) => {
                faults.push(fault(&at, format!("the name {name:?} stands twice")));
            }
            Some(_) => {}
        }
    }
    names
}

/// `<namespace>/<name>/<x>`
fn is_definitions(name: &str) -> bool {
    name.splitn(3, '/').filter(|part| !part.is_empty()).count() == 3
}

struct Known<'b> {
    receivers: BTreeSet<&'b str>,
    intervals: BTreeSet<&'b str>,
}

impl Known<'_> {
    fn route(&self, route: &Route, at: &str, faults: &mut Vec<BaseError>) {
        if let Some(name) = &route.receiver
            && !self.receivers.contains(name.as_str())
        {
            let detail = format!("there is no receiver {name:?}");
            faults.push(fault(at, detail));
        }
        let intervals = [&route.mute_time_intervals, &route.active_time_intervals];
        for name in intervals.into_iter().flatten() {
            if !self.intervals.contains(name.as_str()) {
                let detail = format!("there is no time interval {name:?}");
                faults.push(fault(at, detail));
            }
        }
        for (index, below) in route.routes.iter().enumerate() {
            self.route(below, &format!("{at}.routes[{index}]"), faults);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn faults(text: &str) -> Vec<String> {
        let json: serde_json::Value = serde_yaml::from_str(text).unwrap();
        let base = Base::new(Value::from(&json)).unwrap();
        check(&base).iter().map(ToString::to_string).collect()
    }

    #[rstest]
    #[case("{ receiver: a, routes: [{ receiver: b }] }", &[])]
    #[case("{ group_wait: 1s }", &["route: it needs a receiver: who gets what nobody else takes"])]
    #[case("{ receiver: c }", &["route: there is no receiver \"c\""])]
    #[case("{ receiver: a, matchers: [x=y] }", &["route: the first route takes every alert and can have no matchers"])]
    #[case("{ receiver: a, continue: true }", &["route: the first route cannot have continue"])]
    #[case(
        "{ receiver: a, routes: [{ routes: [{ receiver: c, mute_time_intervals: [n] }] }] }",
        &[
            "route.routes[0].routes[0]: there is no receiver \"c\"",
            "route.routes[0].routes[0]: there is no time interval \"n\"",
        ]
    )]
    fn routes_lead_to_what_is_there(#[case] route: &str, #[case] expected: &[&str]) {
        let text = format!("route: {route}\nreceivers: [{{ name: a }}, {{ name: b }}]\n");
        assert_eq!(faults(&text), expected);
    }

    #[test]
    fn names_are_unique_and_no_definitions() {
        let text = "route: { receiver: a }\nreceivers: [{ name: a }, { name: a }, {}, { name: n/d/x }, { name: n/d }]\n";
        let expected = [
            "receivers[1]: the name \"a\" stands twice",
            "receivers[2]: it needs a name",
            "receivers[3]: \"n/d/x\" is of the form that names of definitions have; rename it",
        ];
        assert_eq!(faults(text), expected);
    }
}
