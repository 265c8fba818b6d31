//! What a change does beyond its fields, for people.
//!
//! Prometheus keeps an alert's state through a reload where group, file, alert name and the rule's
//! labels stay (`Group.CopyState`, 2.42); vmalert where also the expression stays (`HashRule`, 1.79).

use std::collections::{BTreeMap, BTreeSet};

use super::reach;
use crate::model::capabilities::Product;
use crate::model::live::Observed;
use crate::model::{Canonical, Change, ResourceId, ResourceKind};

/// Adds to every change of a target what it does to alerts; sorted by alert.
pub(super) fn fill(changes: &mut [Change], observed: &Observed) {
    if let Some(routing) = &observed.routing {
        reach::fill(changes, routing);
    }
    let homes = homes(changes, observed);
    for change in changes {
        let lines = match change.id.kind {
            ResourceKind::RuleGroup => {
                let before = observed.live.get(&change.id);
                let before = before.map(|live| live.canonical.open());
                let after = change.desired.as_ref();
                let after = after.map(|desired| desired.canonical.open());
                let product = observed.capabilities.product;
                alerts(before.as_deref(), after.as_deref(), product, &homes)
            }
            ResourceKind::Folder
            | ResourceKind::DataSource
            | ResourceKind::Dashboard
            | ResourceKind::Route => Vec::new(),
        };
        change.impact.extend(lines);
    }
}

/// Alerts that a group gets which did not have them, with the group.
type Homes = BTreeMap<String, ResourceId>;

fn homes(changes: &[Change], observed: &Observed) -> Homes {
    let mut homes = Homes::new();
    for change in changes {
        let Some(desired) = &change.desired else {
            continue;
        };
        if change.id.kind != ResourceKind::RuleGroup {
            continue;
        }
        let live = observed.live.get(&change.id);
        let had = live
            .map(|live| identities(&live.canonical.open()))
            .unwrap_or_default();
        for name in identities(&desired.canonical.open()).into_keys() {
            if !had.contains_key(&name) {
                homes.entry(name).or_insert_with(|| change.id.clone());
            }
        }
    }
    homes
}

/// What identifies an alert's state, and what would tell why it changed.
#[derive(Clone, PartialEq)]
struct Identity {
    labels: String,
    expr: String,
}

fn alerts(
    before: Option<&Canonical>,
    after: Option<&Canonical>,
    product: Product,
    homes: &Homes,
) -> Vec<String> {
    let Some(before) = before else {
        return Vec::new();
    };
    let old = identities(before);
    let new = after.map(identities).unwrap_or_default();
    let mut lines = Vec::new();
    for (name, olds) in &old {
        let Some(news) = new.get(name) else {
            lines.push(match homes.get(name) {
                Some(home) => format!("alert {name}: state resets (moves to {})", home.name),
                None => format!("alert {name}: removed, it resolves if it is firing"),
            });
            continue;
        };
        let labels_kept = olds
            .iter()
            .all(|one| news.iter().any(|other| one.labels == other.labels));
        let expr_kept = olds.iter().all(|one| news.contains(one));
        if !labels_kept {
            lines.push(format!("alert {name}: state resets (labels change)"));
        } else if product == Product::Vmalert && !expr_kept {
            lines.push(format!(
                "alert {name}: state resets (vmalert knows a rule by its expression)"
            ));
        }
    }
    lines
}

fn identities(group: &Canonical) -> BTreeMap<String, Vec<Identity>> {
    let mut found: BTreeMap<String, Vec<Identity>> = BTreeMap::new();
    let Some(Canonical::Keyed(rules)) = group.get("rules") else {
        return found;
    };
    for (_, rule) in rules {
        let Some(Canonical::Text(name)) = rule.get("alert") else {
            continue;
        };
        let text = |field| rule.get(field).map(|value| value.to_json().to_string());
        found.entry(name.to_string()).or_default().push(Identity {
            labels: format!(
                "{:?}{:?}",
                group
                    .get("labels")
                    .map(|labels| labels.to_json().to_string()),
                text("labels")
            ),
            expr: text("expr").unwrap_or_default(),
        });
    }
    found
}

/// How many deletes an update amounts to: the rules taken away, where they are half of the group or
/// more; else none.
pub(super) fn counts_as_deletes(before: &Canonical, after: &Canonical) -> u32 {
    let (Some(Canonical::Keyed(old)), Some(Canonical::Keyed(new))) =
        (before.get("rules"), after.get("rules"))
    else {
        return 0;
    };
    let kept: BTreeSet<&str> = new.iter().map(|(key, _)| &**key).collect();
    let gone = old.iter().filter(|(key, _)| !kept.contains(&**key)).count();
    if gone > 0 && gone * 2 >= old.len() {
        u32::try_from(gone).unwrap_or(u32::MAX)
    } else {
        0
    }
}
