//! What changes of routes do to the alerts that fire now: whom they reach afterwards, and whom no longer.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::alertmanager::route::is_page;
use crate::model::alertmanager::{BASE, Labels, LiveRouting, Whole};
use crate::model::{Action, Change, ResourceKind, Spec};

/// Of more alerts than these the first are named.
const NAMED: usize = 3;

/// Adds to changes of routes what all of them together do, each to the one that does it.
pub(super) fn fill(changes: &mut [Change], routing: &LiveRouting) {
    let mut routes: Vec<&mut Change> = changes
        .iter_mut()
        .filter(|change| change.id.kind == ResourceKind::Route)
        .collect();
    let Some(alerts) = &routing.alerts else {
        if let Some(first) = routes.first_mut() {
            let line = "which alerts move is not known: the server does not list those that fire";
            first.impact.push(line.to_owned());
        }
        return;
    };
    if routes.is_empty() {
        return;
    }
    let before = &routing.whole;
    let mut after = before.clone();
    for change in &routes {
        make(change, &mut after);
    }
    let mut effects: Vec<Effect<'_>> = routes.iter().map(|_| Effect::default()).collect();
    for labels in alerts {
        let name = labels.get("alertname").map_or("", String::as_str);
        let (old, new) = (before.receivers(labels), after.receivers(labels));
        for receiver in new.difference(&old) {
            for at in doers(&routes, receiver, before, &after, labels) {
                effects[at].gained(receiver, name);
            }
        }
        for receiver in old.difference(&new) {
            for at in doers(&routes, receiver, before, &after, labels) {
                effects[at].lost(receiver, name);
                if is_page(labels) && after.only_default(labels) && !before.only_default(labels) {
                    effects[at].dropped.insert(name);
                }
            }
        }
    }
    for (change, effect) in routes.iter_mut().zip(effects) {
        change.impact.extend(effect.lines());
    }
}

/// Which changes, by their indices, make an alert reach a receiver, or no longer: that of the definition whose
/// receiver it is, else that of the platform's own part, else those of definitions that take the alert, or did.
fn doers(
    changes: &[&mut Change],
    receiver: &str,
    before: &Whole,
    after: &Whole,
    labels: &Labels,
) -> Vec<usize> {
    let owns = |change: &Change| {
        let rest = receiver.strip_prefix(&*change.id.name);
        rest.is_some_and(|rest| rest.starts_with('/'))
    };
    let is_base = |change: &Change| &*change.id.name == BASE;
    let first = |holds: &dyn Fn(&Change) -> bool| changes.iter().position(|change| holds(change));
    if let Some(at) = first(&owns).or_else(|| first(&is_base)) {
        return vec![at];
    }
    let takes = |whole: &Whole, change: &Change| {
        let route = whole.parts.get(&*change.id.name);
        route.is_some_and(|route| !route.ways_below(labels, "").is_empty())
    };
    let all = changes.iter().enumerate();
    all.filter(|(_, change)| takes(before, change) || takes(after, change))
        .map(|(at, _)| at)
        .collect()
}

/// Makes one change.
fn make(change: &Change, whole: &mut Whole) {
    let name = &*change.id.name;
    let spec = change
        .desired
        .as_ref()
        .map(|desired| &*desired.resource.spec);
    match (change.action, spec) {
        (_, Some(Spec::RouteBase(base))) => whole.base = base.route.clone(),
        (_, Some(Spec::Route(fenced))) => match fenced.part().route {
            Some(route) => _ = whole.parts.insert(name.to_owned(), route),
            None => _ = whole.parts.remove(name),
        },
        (Action::Delete, _) => _ = whole.parts.remove(name),
        (Action::Create | Action::Update | Action::Adopt, _) => {}
    }
}

/// Whom alerts reach, by receiver, with the names of the alerts.
type Reached<'a> = BTreeMap<String, Vec<&'a str>>;

#[derive(Default)]
struct Effect<'a> {
    gained: Reached<'a>,
    lost: Reached<'a>,
    /// Alerts that should wake somebody, and that nobody takes any more.
    dropped: BTreeSet<&'a str>,
}

impl<'a> Effect<'a> {
    fn gained(&mut self, receiver: &str, alert: &'a str) {
        let names = self.gained.entry(receiver.to_owned()).or_default();
        names.push(alert);
    }

    fn lost(&mut self, receiver: &str, alert: &'a str) {
        let names = self.lost.entry(receiver.to_owned()).or_default();
        names.push(alert);
    }

    fn lines(&self) -> Vec<String> {
        let of = |reached: &Reached<'_>, verb: &str| {
            let lines = reached.iter().map(|(receiver, names)| {
                let alerts = if names.len() == 1 { "alert" } else { "alerts" };
                format!(
                    "{} firing {alerts} {verb} {receiver}: {}",
                    names.len(),
                    listed(names)
                )
            });
            lines.collect::<Vec<_>>()
        };
        let mut lines = of(&self.gained, "will reach");
        lines.extend(of(&self.lost, "will no longer reach"));
        if !self.dropped.is_empty() {
            let names: Vec<&str> = self.dropped.iter().copied().collect();
            lines.push(format!(
                "WARNING: nobody takes {} any more, which should wake somebody; only the default receiver is left",
                listed(&names)
            ));
        }
        lines
    }
}

/// Names, each once.
fn listed(names: &[&str]) -> String {
    let unique: BTreeSet<&str> = names.iter().copied().collect();
    let shown: Vec<&str> = unique.iter().take(NAMED).copied().collect();
    let more = match unique.len().saturating_sub(NAMED) {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::alertmanager::{Base, Fenced, Matcher, Route, Routing, Value};
    use crate::model::change::Desired;
    use crate::model::{Canonical, Form, Resource, ResourceId, SourceRef, TargetName};

    fn labels(name: &str, namespace: &str, severity: &str) -> Labels {
        [
            ("alertname", name),
            ("namespace", namespace),
            ("severity", severity),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    fn route(receiver: &str, matchers: &[&str], routes: Vec<Route>) -> Route {
        Route {
            receiver: Some(receiver.to_owned()),
            matchers: matchers
                .iter()
                .map(|m| Matcher::parse(m).unwrap())
                .collect(),
            routes,
            ..Route::default()
        }
    }

    /// A definition of a namespace whose pages have a receiver of their own.
    fn definition(namespace: &str, pages: bool) -> Fenced {
        let below = pages.then(|| route("pager", &["severity=page"], Vec::new()));
        let routing = Routing {
            namespace: namespace.into(),
            name: "alerts".into(),
            route: Some(route("hook", &[], below.into_iter().collect())),
            receivers: Vec::new(),
            inhibit_rules: Vec::new(),
            time_intervals: Vec::new(),
            needs: Vec::new(),
        };
        let fence = format!("namespace={namespace}");
        Fenced {
            routing: Arc::new(routing),
            fence: vec![Matcher::parse(&fence).unwrap()],
        }
    }

    fn change(name: &str, action: Action, spec: Option<Spec>) -> Change {
        let target = TargetName::new("am").unwrap();
        let id = ResourceId::new(target, ResourceKind::Route, name);
        let canonical = Canonical::Null;
        let desired = spec.map(|spec| Desired {
            hash: canonical.hash(),
            canonical: Form::tree(canonical),
            resource: Arc::new(Resource {
                id: id.clone(),
                spec: Arc::new(spec),
                owner: None,
                component: None,
                source: SourceRef {
                    repository: "platform".into(),
                    file: "a.yaml".into(),
                    line: 1,
                },
                adopt: false,
            }),
        });
        Change {
            id,
            action,
            tenant: None,
            owner: None,
            source: None,
            fields: Vec::new(),
            impact: Vec::new(),
            desired,
            live_hash: None,
            expected: None,
            counts_as_deletes: 0,
            drift: false,
            after: Vec::new(),
        }
    }

    fn live(parts: &[Fenced]) -> LiveRouting {
        let parts = parts.iter().map(|fenced| {
            let part = fenced.part();
            (part.id, part.route.unwrap())
        });
        LiveRouting {
            whole: Whole {
                base: route(
                    "default",
                    &[],
                    vec![route("audit", &["audit=yes"], Vec::new())],
                ),
                parts: parts.collect(),
            },
            alerts: Some(vec![
                labels("High", "a", "page"),
                labels("High", "b", "page"),
                labels("Slow", "a", "warning"),
            ]),
        }
    }

    fn impacts(mut changes: Vec<Change>, routing: &LiveRouting) -> Vec<Vec<String>> {
        fill(&mut changes, routing);
        changes.into_iter().map(|change| change.impact).collect()
    }

    #[test]
    fn a_new_definition_takes_alerts_from_the_default() {
        let spec = Spec::Route(definition("a", true));
        let changes = vec![change("a/alerts", Action::Create, Some(spec))];
        let expected = [
            "1 firing alert will reach a/alerts/hook: Slow",
            "1 firing alert will reach a/alerts/pager: High",
            "2 firing alerts will no longer reach default: High, Slow",
        ];
        assert_eq!(impacts(changes, &live(&[])), [expected]);
    }

    #[test]
    fn what_nobody_takes_any_more_is_warned_of() {
        let changes = vec![
            change("a/alerts", Action::Delete, None),
            change(
                "b/alerts",
                Action::Update,
                Some(Spec::Route(definition("b", true))),
            ),
        ];
        let routing = live(&[definition("a", false), definition("b", false)]);
        let found = impacts(changes, &routing);
        let dropped = [
            "2 firing alerts will reach default: High, Slow",
            "2 firing alerts will no longer reach a/alerts/hook: High, Slow",
            "WARNING: nobody takes High any more, which should wake somebody; only the default receiver is left",
        ];
        assert_eq!(found[0], dropped);
        let moved = [
            "1 firing alert will reach b/alerts/pager: High",
            "1 firing alert will no longer reach b/alerts/hook: High",
        ];
        assert_eq!(found[1], moved);
    }

    #[test]
    fn the_platforms_part_answers_for_its_own_receivers() {
        let base = Base {
            file: Value::default(),
            route: route("fallback", &[], Vec::new()),
            inhibit_rules: Vec::new(),
        };
        let spec = Spec::RouteBase(Arc::new(base));
        let changes = vec![change(BASE, Action::Update, Some(spec))];
        let expected = [
            "1 firing alert will reach fallback: High",
            "1 firing alert will no longer reach default: High",
        ];
        assert_eq!(
            impacts(changes, &live(&[definition("a", true)])),
            [expected]
        );
    }

    #[test]
    fn without_a_list_of_alerts_it_says_so() {
        let mut routing = live(&[]);
        routing.alerts = None;
        let found = impacts(vec![change("a/alerts", Action::Delete, None)], &routing);
        assert!(found[0][0].contains("not known"), "{found:?}");
    }
}
