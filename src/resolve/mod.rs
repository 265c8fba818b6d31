//! Placement, identity and references: definitions become resources on targets.
//!
//! Knows no server and does no IO. What it cannot place or tell apart becomes a diagnostic, and holds
//! only what depends on it.

mod bounds;
mod fence;
mod fenced;
mod folders;
mod identity;
mod memo;
mod objects;
mod owners;
mod placement;
mod quotas;
mod routing;
mod whose;

use std::collections::BTreeMap;
use std::sync::Arc;

use fence::Bounds;
pub use memo::FenceMemo;
use memo::{Fences, NewlyFenced};
use placement::Definition;
pub use placement::Placing;
use rayon::prelude::*;
pub use routing::base_files;
use whose::Whose;

use crate::catalog::Catalog;
use crate::model::definition::{Declared, GroupDefinition, Validity};
use crate::model::hold::Covers;
use crate::model::{
    Block, Diagnostic, EntityRef, Hash, Invalid, Inventory, Place, Resource, ResourceId,
    ResourceKind, RuleSet, SourceRef, TargetName, Unlocated,
};

/// What should exist, by target, and what is known to be wrong.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    /// Why nothing at all can be said; nothing is done then.
    pub unknown: Option<String>,
    pub desired: BTreeMap<TargetName, BTreeMap<ResourceId, Arc<Resource>>>,
    /// Sorted by what they cover.
    pub invalid: Vec<Invalid>,
    /// Deletes are held while there is one.
    pub blocks: Vec<Block>,
    pub diagnostics: Vec<Diagnostic>,
    /// Those whose exact places have to be looked up in the texts of their files.
    pub unlocated: Vec<Unlocated>,
}

impl Resolved {
    /// How many resources of each kind there are, over all targets.
    pub fn counts(&self) -> BTreeMap<ResourceKind, usize> {
        let mut counts = BTreeMap::new();
        for id in self.desired.values().flat_map(BTreeMap::keys) {
            *counts.entry(id.kind).or_default() += 1;
        }
        counts
    }
}

/// What declared is held against.
#[derive(Clone, Copy, Debug)]
pub struct Against<'a> {
    pub placing: &'a Placing<'a>,
    /// What was there before.
    pub inventory: &'a Inventory,
    /// Of the same commit.
    pub catalog: &'a Catalog,
    /// What was fenced before.
    pub fences: &'a FenceMemo,
}

/// Resolves what `repository` declares onto the targets.
///
/// The inventory tells which of two definitions with one name was there first; without an entry both
/// are held.
pub fn resolve(repository: &Arc<str>, declared: &Declared, against: Against<'_>) -> Resolved {
    let Against {
        placing,
        inventory,
        catalog,
        fences,
    } = against;
    let known = fences.begin();
    let bounds = fence::bounds(&declared.tenants);
    let sources = Sources::of(declared);
    let world = World {
        placing,
        inventory,
        catalog,
        bounds: &bounds,
        sources: &sources,
        platform: declared.platform.as_ref().and_then(|p| p.owner.as_ref()),
        fences: &known,
    };
    let resolver = || Resolver {
        repository,
        world,
        whose: Whose::new(&declared.tenants),
        out: Resolved::default(),
        made: Vec::new(),
        new: NewlyFenced::default(),
    };
    let mut whole = resolver();
    whole.out.unknown.clone_from(&declared.unknown);
    whole.out.blocks.clone_from(&declared.blocks);
    let refused = identity::clashing_sets(declared, inventory, &mut whole.out.diagnostics);
    let excess = whole.over_quota(declared);
    let parts = declared.rule_sets.par_chunks(PART).enumerate();
    let parts = parts.map(|(part, sets)| {
        let mut resolver = resolver();
        for (index, set) in (part * PART..).zip(sets) {
            let targets = resolver.place(declared, set);
            let clash = refused.get(&index).cloned();
            let kind = bounds::kind_of_set(set.kind);
            match clash.or_else(|| resolver.refused(&set.meta, kind)) {
                Some(detail) => resolver.hold_set(set, &detail, targets),
                None => resolver.set(set, &targets, &excess),
            }
        }
        resolver
    });
    for part in parts.collect::<Vec<_>>() {
        whole.take(part);
    }
    whole.foreign_entities(&declared.entities);
    whole.objects(declared, &excess);
    whole.bases(declared);
    let new = std::mem::take(&mut whole.new);
    let out = whole.finish();
    drop(known);
    fences.add(new);
    out
}

/// So many sets are resolved in one piece; more of them on all cores.
const PART: usize = 512;

/// What definitions are held against.
#[derive(Clone, Copy)]
struct World<'a> {
    placing: &'a Placing<'a>,
    inventory: &'a Inventory,
    catalog: &'a Catalog,
    /// In the order of the tenants.
    bounds: &'a [Bounds],
    sources: &'a Sources,
    /// Who owns what nobody else does.
    platform: Option<&'a EntityRef>,
    fences: &'a Fences<'a>,
}

/// What is known of the declared data sources.
struct Sources {
    /// The type of each, by its uid and by its name.
    types: BTreeMap<String, String>,
    /// Of all of them: what is made with them is known by it, without their being gone through each time.
    key: Hash,
}

impl Sources {
    fn of(declared: &Declared) -> Self {
        let types = objects::types_of_sources(declared);
        let key = Hash::of(format!("{types:?}").as_bytes());
        Self { types, key }
    }
}

struct Resolver<'a> {
    repository: &'a Arc<str>,
    world: World<'a>,
    whose: Whose<'a>,
    /// But for the resources.
    out: Resolved,
    made: Vec<Arc<Resource>>,
    new: NewlyFenced,
}

impl Resolver<'_> {
    /// Adds what another found.
    fn take(&mut self, other: Self) {
        let Resolved {
            unknown: _,
            desired: _,
            invalid,
            blocks,
            diagnostics,
            unlocated,
        } = other.out;
        self.out.invalid.extend(invalid);
        self.out.blocks.extend(blocks);
        self.out.diagnostics.extend(diagnostics);
        self.out.unlocated.extend(unlocated);
        self.made.extend(other.made);
        self.new.take(other.new);
    }

    fn finish(self) -> Resolved {
        let Self { mut out, made, .. } = self;
        out.invalid.sort_by(|a, b| a.covers.cmp(&b.covers));
        let mut by_target: BTreeMap<TargetName, Vec<(ResourceId, Arc<Resource>)>> = BTreeMap::new();
        for resource in made {
            let id = resource.id.clone();
            match by_target.get_mut(&id.target) {
                Some(on_target) => on_target.push((id, resource)),
                None => _ = by_target.insert(id.target.clone(), vec![(id, resource)]),
            }
        }
        for (target, mut resources) in by_target {
            resources.par_sort_by(|(a, _), (b, _)| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
            // A table is made at once of what is sorted.
            let mut resources = BTreeMap::from_iter(resources);
            out.desired
                .entry(target)
                .or_default()
                .append(&mut resources);
        }
        out
    }

    fn place(&mut self, declared: &Declared, set: &RuleSet) -> Vec<TargetName> {
        let definition = Definition::of_set(set);
        let default = placement::default(declared, self.tenant(&set.meta.place.file));
        let placing = self.world.placing;
        let mut placed = placement::place(definition, default, placing, ResourceKind::RuleGroup);
        if let Some((detail, outside)) = self.within_targets(definition, &mut placed) {
            self.hold_set(set, &detail, outside);
        }
        self.out.diagnostics.extend(placed.diagnostic);
        self.out.blocks.extend(placed.block);
        placed.targets
    }

    fn hold_set(&mut self, set: &RuleSet, detail: &str, targets: Vec<TargetName>) {
        self.out.invalid.push(Invalid {
            covers: Covers::Container {
                kind: ResourceKind::RuleGroup,
                container: container(set),
            },
            detail: detail.to_owned(),
            source: self.source(&set.meta.place),
            targets,
        });
    }

    fn set(&mut self, set: &RuleSet, targets: &[TargetName], excess: &BTreeMap<Place, String>) {
        if let Validity::Invalid { detail } = &set.validity {
            self.hold_set(set, detail, targets.to_vec());
        }
        let clashing =
            identity::clashing_groups(set, self.world.inventory, &mut self.out.diagnostics);
        for (index, group) in set.groups.iter().enumerate() {
            let refused = clashing.get(&index).or_else(|| excess.get(&group.place));
            let refused = refused.cloned().or_else(|| self.foreign_file(set, group));
            match (refused, &group.validity) {
                (Some(detail), _) => {
                    self.hold_group(set, group, &detail, targets);
                    continue;
                }
                (None, Validity::Invalid { detail }) => {
                    self.hold_group(set, group, detail, targets);
                }
                (None, Validity::Valid) => {}
            }
            self.group(set, group, targets);
        }
    }

    fn hold_group(
        &mut self,
        set: &RuleSet,
        group: &GroupDefinition,
        detail: &str,
        targets: &[TargetName],
    ) {
        self.out.invalid.push(Invalid {
            covers: Covers::Resource {
                kind: ResourceKind::RuleGroup,
                name: resource_name(set, group),
            },
            detail: detail.to_owned(),
            source: self.source(&group.place),
            targets: targets.to_vec(),
        });
    }

    /// One resource a target; of an invalid group it is the last good text that stands.
    fn group(&mut self, set: &RuleSet, group: &GroupDefinition, targets: &[TargetName]) {
        let owner = self.owner(&set.meta, &group.place.file);
        let component = self.component(&set.meta, &group.place.file);
        let spec = match self.fenced_group(group, owner.as_deref()) {
            Ok(Some(spec)) => spec,
            Ok(None) => return,
            Err(detail) => return self.hold_group(set, group, &detail, targets),
        };
        let name: Arc<str> = resource_name(set, group).into();
        let source = self.source(&group.place);
        for target in targets {
            let id = ResourceId::new(target.clone(), spec.kind(), name.clone());
            let resource = Resource {
                id,
                spec: spec.clone(),
                owner: Option::clone(&owner),
                component: component.clone(),
                source: source.clone(),
                adopt: set.meta.adopt,
            };
            self.made.push(Arc::new(resource));
        }
    }

    fn source(&self, place: &crate::model::Place) -> SourceRef {
        SourceRef {
            repository: self.repository.clone(),
            file: place.file.shared(),
            line: place.line().unwrap_or(1),
        }
    }
}

fn container(set: &RuleSet) -> String {
    format!("{}/{}", set.meta.namespace, set.meta.name)
}

fn resource_name(set: &RuleSet, group: &GroupDefinition) -> String {
    format!("{}/{}/{}", set.meta.namespace, set.meta.name, group.name)
}

#[cfg(test)]
mod tests;
