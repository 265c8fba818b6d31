//! Two definitions that claim one name: the incumbent, whose source the inventory knows, stays; the
//! newcomer is invalid at its place. With neither known both are held.

use std::collections::{BTreeMap, BTreeSet};

use super::placement::{Definition, describe};
use crate::model::definition::{Declared, ObjectDefinition, ObjectOrigin};
use crate::model::{
    Code, Diagnostic, Inventory, Meta, Place, ResourceId, ResourceKind, RuleSet, Spec, TargetName,
};

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
        // Not those that it takes in of others: else it would have been there as long as they.
        let whose = owner(declared, &set.meta.place);
        let own = set.groups.iter().map(|group| &group.place);
        let own = own.filter(|place| whose.is_none() || owner(declared, place) == whose);
        files.extend(own.map(|place| place.file.as_str().to_owned()));
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
    let twice = twice(set.groups.iter().map(|group| &*group.name));
    let mut by_name: BTreeMap<String, Vec<Claim>> = BTreeMap::new();
    // Two in one file were reported where they stand, and are invalid already.
    let valid: BTreeSet<&str> = set
        .groups
        .iter()
        .filter(|group| group.validity.is_valid())
        .map(|group| &*group.name)
        .collect();
    for (index, group) in set.groups.iter().enumerate() {
        if !valid.contains(&*group.name) || !twice.contains(&*group.name) {
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

/// The tenant that a place belongs to.
fn owner<'d>(declared: &'d Declared, place: &Place) -> Option<&'d str> {
    let tenant = declared.tenants.of(&place.file);
    tenant.map(|tenant| &*tenant.name)
}

fn name(set: &RuleSet) -> (&str, &str) {
    (&set.meta.namespace, &set.meta.name)
}

/// Objects of one target, by their indices, that may not be used because another claims the same thing.
pub(super) fn clashing_objects(
    objects: &[&ObjectDefinition],
    inventory: &Inventory,
    target: &TargetName,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<usize, String> {
    let resource = |object: &ObjectDefinition| (object.origin.makes(), object.name.clone());
    let twice = twice(objects.iter().map(|object| resource(object)));
    let mut by_name: BTreeMap<String, Vec<Claim>> = BTreeMap::new();
    for (index, object) in objects.iter().enumerate() {
        if !twice.contains(&resource(object)) {
            continue;
        }
        let (kind, name) = resource(object);
        let files = [&object.place, &object.meta.place].map(|place| place.file.to_string());
        let claims = by_name.entry(format!("{kind}/{name}")).or_default();
        claims.push(Claim {
            index,
            place: object.place.clone(),
            files: BTreeSet::from(files),
        });
    }
    if by_name.is_empty() {
        return BTreeMap::new();
    }
    let known = sources(inventory, |id| {
        (id.target == *target).then(|| format!("{}/{}", id.kind, id.name))
    });
    let report = Report {
        code: Code::DuplicateUid,
        what: &|index| {
            let object = objects[index];
            let definition = Definition::of_object(object);
            format!(
                "{} {:?} of {definition}",
                object.origin.makes(),
                object.name
            )
        },
        hint: "give one of them another uid, path or name, or take it out",
    };
    settle(&by_name, &known, &report, diagnostics)
}

/// Folders of one target, by their indices, that may not be used because another claims the same uid.
pub(super) fn clashing_uids(
    objects: &[&ObjectDefinition],
    inventory: &Inventory,
    target: &TargetName,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<usize, String> {
    let uid = |object: &ObjectDefinition| match &object.spec {
        Some(Spec::Folder(folder)) => folder.uid.as_ref().map(ToString::to_string),
        _ => None,
    };
    let twice = twice(objects.iter().filter_map(|object| uid(object)));
    let mut by_uid: BTreeMap<String, Vec<Claim>> = BTreeMap::new();
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (index, object) in objects.iter().enumerate() {
        let Some(uid) = uid(object).filter(|uid| twice.contains(uid)) else {
            continue;
        };
        let id = ResourceId::new(target.clone(), ResourceKind::Folder, object.name.as_str());
        let source = inventory.entries.get(&id).map(|entry| &entry.source.file);
        let there = known.entry(uid.clone()).or_default();
        there.extend(source.map(ToString::to_string));
        by_uid.entry(uid).or_default().push(Claim {
            index,
            place: object.place.clone(),
            files: BTreeSet::from([object.place.file.to_string()]),
        });
    }
    let report = Report {
        code: Code::DuplicateUid,
        what: &|index| format!("the uid of {}", Definition::of_object(objects[index])),
        hint: "give one of them another uid, or leave it out",
    };
    settle(&by_uid, &known, &report, diagnostics)
}

/// Definitions of one name space with the same name, each with the reason why it may not be used. Nothing
/// that is live tells which was first.
///
/// Tenants have name spaces of their own, for else one could stop another by the name of a definition. What
/// theirs make is told apart by [`clashing_objects`].
pub(super) fn clashing_definitions(
    declared: &Declared,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<Place, String> {
    let sets = declared.dashboard_sets.iter();
    let sets = sets.map(|meta| (ObjectOrigin::DashboardSet, meta));
    let objects = declared.objects.iter();
    let objects = objects.filter(|object| object.origin != ObjectOrigin::DashboardSet);
    let objects = objects.map(|object| (object.origin, &object.meta));
    let mut by_name: BTreeMap<_, Vec<(ObjectOrigin, &Meta)>> = BTreeMap::new();
    for (origin, meta) in sets.chain(objects) {
        let whose = owner(declared, &meta.place);
        let name = (origin.makes(), &meta.namespace, &meta.name, whose);
        by_name.entry(name).or_default().push((origin, meta));
    }
    let mut refused = BTreeMap::new();
    let clashing = by_name.iter().filter(|(_, claims)| claims.len() > 1);
    for ((_, namespace, name, _), claims) in clashing {
        for (index, (origin, meta)) in claims.iter().enumerate() {
            let other = claims[usize::from(index == 0)].1;
            let message = format!(
                "{} {namespace}/{name} is declared twice, also at {}",
                origin.as_str(),
                other.place
            );
            refused.insert(meta.place.clone(), format!("{message} ({})", meta.place));
            diagnostics.push(
                Diagnostic::error(Code::DuplicateName, meta.place.clone(), message)
                    .with_hint("rename one of them")
                    .with_related("the other one", other.place.clone()),
            );
        }
    }
    refused
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
