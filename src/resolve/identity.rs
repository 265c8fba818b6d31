//! Two definitions that claim one name: the incumbent, whose source the inventory knows, stays; the
//! newcomer is invalid at its place. With neither known both are held.

use std::collections::{BTreeMap, BTreeSet};

use super::placement::describe;
use crate::model::definition::Declared;
use crate::model::{Code, Diagnostic, Inventory, Place, RuleSet};

/// Who claims a name: the place to name, and the files from which its resources may have come.
struct Claim {
    index: usize,
    place: Place,
    files: BTreeSet<String>,
}

/// Sets that may not be used because another has the same name; by index, with the reason.
pub(super) fn clashing_sets(
    declared: &Declared,
    inventory: &Inventory,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<usize, String> {
    let twice = twice(declared.rule_sets.iter().map(name));
    let mut by_name: BTreeMap<String, Vec<Claim>> = BTreeMap::new();
    for (index, set) in declared.rule_sets.iter().enumerate() {
        if !twice.contains(&name(set)) {
            continue;
        }
        let mut files = BTreeSet::from([set.meta.place.file.as_str().to_owned()]);
        files.extend(set.groups.iter().map(|g| g.place.file.as_str().to_owned()));
        by_name
            .entry(super::container(set))
            .or_default()
            .push(Claim {
                index,
                place: set.meta.place.clone(),
                files,
            });
    }
    if by_name.is_empty() {
        return BTreeMap::new();
    }
    let known = sources(inventory, |id| id.container().map(str::to_owned));
    let report = Report {
        code: Code::DuplicateName,
        what: &|index| describe(&declared.rule_sets[index]),
        hint: "rename one of them: RuleSet and PrometheusRule share one name space",
    };
    settle(&by_name, &known, &report, diagnostics)
}

/// Groups of one set that may not be used because another has the same name; by index.
pub(super) fn clashing_groups(
    set: &RuleSet,
    inventory: &Inventory,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<usize, String> {
    let twice = twice(set.groups.iter().map(|group| group.name.as_str()));
    let mut by_name: BTreeMap<String, Vec<Claim>> = BTreeMap::new();
    // Two in one file were reported where they stand, and are invalid already.
    let valid: BTreeSet<&str> = set
        .groups
        .iter()
        .filter(|group| group.validity.is_valid())
        .map(|group| group.name.as_str())
        .collect();
    for (index, group) in set.groups.iter().enumerate() {
        if !valid.contains(group.name.as_str()) || !twice.contains(group.name.as_str()) {
            continue;
        }
        by_name
            .entry(super::resource_name(set, group))
            .or_default()
            .push(Claim {
                index,
                place: group.place.clone(),
                files: BTreeSet::from([group.place.file.as_str().to_owned()]),
            });
    }
    if by_name.is_empty() {
        return BTreeMap::new();
    }
    let known = sources(inventory, |id| Some(id.name.to_string()));
    let report = Report {
        code: Code::DuplicateGroup,
        what: &|index| format!("group {:?} of {}", set.groups[index].name, describe(set)),
        hint: "rename one of them: a group's name is unique in its set",
    };
    settle(&by_name, &known, &report, diagnostics)
}

fn name(set: &RuleSet) -> (&str, &str) {
    (&set.meta.namespace, &set.meta.name)
}

/// The names that come more than once.
fn twice<N: Ord + Clone>(names: impl Iterator<Item = N>) -> BTreeSet<N> {
    let mut names: Vec<N> = names.collect();
    names.sort_unstable();
    let pairs = names.windows(2).filter(|pair| pair[0] == pair[1]);
    pairs.map(|pair| pair[0].clone()).collect()
}

/// From which files the inventory knows each name.
fn sources(
    inventory: &Inventory,
    name: impl Fn(&crate::model::ResourceId) -> Option<String>,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (id, entry) in &inventory.entries {
        if let Some(name) = name(id) {
            known
                .entry(name)
                .or_default()
                .insert(entry.source.file.to_string());
        }
    }
    known
}

/// How a clash is reported.
struct Report<'a> {
    code: Code,
    what: &'a dyn Fn(usize) -> String,
    hint: &'static str,
}

fn settle(
    by_name: &BTreeMap<String, Vec<Claim>>,
    known: &BTreeMap<String, BTreeSet<String>>,
    report: &Report<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<usize, String> {
    let mut refused = BTreeMap::new();
    for (name, claims) in by_name {
        let incumbent = incumbent(claims, known.get(name));
        for claim in claims {
            if incumbent == Some(claim.index) {
                continue;
            }
            let other = claims
                .iter()
                .find(|other| incumbent.map_or(other.index != claim.index, |i| i == other.index));
            let Some(other) = other else { continue };
            let what = (report.what)(claim.index);
            let message = match incumbent {
                Some(_) => format!("{what} is already declared at {}", other.place),
                None => format!("{what} is declared twice, also at {}", other.place),
            };
            refused.insert(claim.index, format!("{message} ({})", claim.place));
            diagnostics.push(
                Diagnostic::error(report.code, claim.place.clone(), message)
                    .with_hint(report.hint)
                    .with_related("the other one", other.place.clone()),
            );
        }
    }
    refused
}

/// The one claim that comes from a file which the inventory knows, if there is just one.
fn incumbent(claims: &[Claim], known: Option<&BTreeSet<String>>) -> Option<usize> {
    let known = known?;
    let mut incumbents = claims
        .iter()
        .filter(|claim| !claim.files.is_disjoint(known));
    match (incumbents.next(), incumbents.next()) {
        (Some(only), None) => Some(only.index),
        _ => None,
    }
}
