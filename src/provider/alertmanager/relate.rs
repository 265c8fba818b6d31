//! What shows only beside what is declared: secrets that are not there, routes that have nothing to stand in, and
//! alerts that would reach nobody in particular.

use std::collections::{BTreeMap, BTreeSet};

use super::{Site, normalise};
use crate::model::alertmanager::route::is_page;
use crate::model::alertmanager::{BASE, Fenced, Labels, LiveRouting, Whole};
use crate::model::diagnostic::Severity;
use crate::model::live::Refusal;
use crate::model::{
    Code, Diagnostic, HeldReason, Observed, Ownership, ResourceId, ResourceKind, Spec,
};
use crate::provider::Beside;

/// Of more alerts than these the first are told.
const TOLD: usize = 10;

pub(super) fn relate(site: &Site, mut observed: Observed, beside: Beside<'_>) -> Observed {
    let base = ResourceId::new(site.target.clone(), ResourceKind::Route, BASE);
    let live_base = observed.live.get(&base);
    let has_base = beside.desired.contains_key(&base)
        || live_base.is_some_and(|live| live.ownership == Ownership::Ours);
    for (id, resource) in beside.desired {
        let Spec::Route(fenced) = &*resource.spec else {
            continue;
        };
        let refusal = if let Some(detail) = normalise::missing_secret(site, fenced) {
            Some((HeldReason::Invalid, detail))
        } else if has_base {
            None
        } else {
            let detail = "the platform's own part that it stands in, base_file, is not there";
            Some((HeldReason::DependsOn, detail.to_owned()))
        };
        if let Some((reason, detail)) = refusal {
            let refusal = Refusal { reason, detail };
            observed.refused.insert(id.clone(), refusal);
        }
    }
    if !beside.desired.contains_key(&base) {
        keep_undeclared(&mut observed, beside);
    }
    let found = only_default(site, &observed, beside);
    observed.diagnostics.extend(found);
    observed
}

/// A commit without the platform's own part is no commit of a whole repository: what is missing beside proves nothing.
fn keep_undeclared(observed: &mut Observed, beside: Beside<'_>) {
    for (id, live) in &mut observed.live {
        if !beside.desired.contains_key(id) {
            let why = "it is no longer declared, but absence proves nothing while base_file, the platform's own part, is not there";
            live.keep = Some(why.to_owned());
        }
    }
}

/// Alerts that fire, should wake somebody, and would reach only the receiver of what nobody takes.
fn only_default(site: &Site, observed: &Observed, beside: Beside<'_>) -> Vec<Diagnostic> {
    let Some(routing) = &observed.routing else {
        return Vec::new();
    };
    let Some(alerts) = &routing.alerts else {
        return Vec::new();
    };
    let whole = declared(routing, beside);
    let mut by_name: BTreeMap<&str, (usize, &Labels)> = BTreeMap::new();
    for labels in alerts.iter().filter(|labels| is_page(labels)) {
        if whole.only_default(labels) {
            let name = labels.get("alertname").map_or("", String::as_str);
            by_name.entry(name).or_insert((0, labels)).0 += 1;
        }
    }
    let receiver = whole.base.receiver.as_deref().unwrap_or_default();
    let found = by_name.iter().take(TOLD).map(|(name, (count, labels))| {
        let shown: Vec<String> = labels
            .iter()
            .filter(|(label, _)| *label != "alertname")
            .take(5)
            .map(|(label, value)| format!("{label}={value:?}"))
            .collect();
        Diagnostic {
            place: None,
            severity: Severity::Warning,
            code: Code::OnlyDefaultReceiver,
            message: format!(
                "{}: no route takes {count} firing {} {name}, such as {{{}}}: only {receiver:?} gets {}",
                site.target,
                if *count == 1 { "alert" } else { "alerts" },
                shown.join(", "),
                if *count == 1 { "it" } else { "them" },
            ),
            hint: Some("add a route for that to an AlertmanagerConfig of its owner".into()),
            related: Vec::new(),
        }
    });
    found.collect()
}

/// The routing as it will be: what is declared, and of what is not the live one.
fn declared(routing: &LiveRouting, beside: Beside<'_>) -> Whole {
    let mut whole = routing.whole.clone();
    for (id, resource) in beside.desired {
        match &*resource.spec {
            Spec::RouteBase(base) => whole.base = base.route.clone(),
            Spec::Route(fenced) => put(&mut whole, &id.name, fenced),
            Spec::RuleGroup(_) | Spec::Folder(_) | Spec::DataSource(_) | Spec::Dashboard(_) => {}
        }
    }
    let declared: BTreeSet<&str> = beside.desired.keys().map(|id| &*id.name).collect();
    whole
        .parts
        .retain(|name, _| declared.contains(name.as_str()));
    whole
}

fn put(whole: &mut Whole, name: &str, fenced: &Fenced) {
    match fenced.part().route {
        Some(route) => _ = whole.parts.insert(name.to_owned(), route),
        None => _ = whole.parts.remove(name),
    }
}
