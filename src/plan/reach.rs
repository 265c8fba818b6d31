//! What changes of routes do to the alerts that fire now: whom they reach afterwards, and whom no longer.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::alertmanager::route::is_page;
use crate::model::alertmanager::{BASE, Labels, LiveRouting, Route, Whole};
use crate::model::{Action, Change, ResourceKind, Spec};

/// Of more alerts than these the first are named.
const NAMED: usize = 3;

/// Adds to every change of a route what it does by itself.
pub(super) fn fill(changes: &mut [Change], routing: &LiveRouting) {
    let routes = changes
        .iter_mut()
        .filter(|change| change.id.kind == ResourceKind::Route);
    let Some(alerts) = &routing.alerts else {
        if let Some(first) = routes.into_iter().next() {
            let line = "which alerts move is not known: the server does not list those that fire";
            first.impact.push(line.to_owned());
        }
        return;
    };
    for change in routes {
        let lines = Effect::of(change, &routing.whole, alerts).lines();
        change.impact.extend(lines);
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
    fn of(change: &Change, before: &Whole, alerts: &'a [Labels]) -> Self {
        let after = after(change, before);
        let mut effect = Self::default();
        let touched = alerts
            .iter()
            .filter(|labels| touches(change, before, &after, labels));
        for labels in touched {
            let name = labels.get("alertname").map_or("", String::as_str);
            let (old, new) = (before.receivers(labels), after.receivers(labels));
            for receiver in new.difference(&old) {
                let names = effect.gained.entry((*receiver).to_owned()).or_default();
                names.push(name);
            }
            for receiver in old.difference(&new) {
                let names = effect.lost.entry((*receiver).to_owned()).or_default();
                names.push(name);
            }
            if is_page(labels) && after.only_default(labels) && !before.only_default(labels) {
                effect.dropped.insert(name);
            }
        }
        effect
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

/// The whole with one change made.
fn after(change: &Change, before: &Whole) -> Whole {
    let mut whole = before.clone();
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
    whole
}

/// Whether a change can concern an alert: a definition's own route takes it, before or afterwards.
fn touches(change: &Change, before: &Whole, after: &Whole, labels: &Labels) -> bool {
    let name = &*change.id.name;
    let takes = |route: &Route| !route.ways_below(labels, "").is_empty();
    name == BASE
        || before.parts.get(name).is_some_and(takes)
        || after.parts.get(name).is_some_and(takes)
}
