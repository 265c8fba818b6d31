//! Who owns what is declared, and whose file may say what.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Resolver;
use super::bounds::{owner_breach, told};
use super::placement::Definition;
use crate::model::definition::GroupDefinition;
use crate::model::entity::{DEFAULT_NAMESPACE, Relation, Stated};
use crate::model::{Code, Diagnostic, Entity, EntityRef, Meta, Place, RepoPath, RuleSet};

pub(super) fn component_ref(text: &str) -> Option<EntityRef> {
    EntityRef::parse(text, Some("Component"), DEFAULT_NAMESPACE).ok()
}

impl Resolver<'_> {
    /// The owner of what a definition makes of a file: the one it names, else that of its component, else of the
    /// nearest `catalog-info.yaml` up the tree, else the tenant's.
    pub(super) fn owner(&self, meta: &Meta, file: &RepoPath) -> Option<Arc<str>> {
        let catalog = self.world.catalog;
        if let Some(said) = &meta.owner {
            // By the name that the catalog has for it; where that knows no such owner, as it was written.
            let known = catalog.resolve_owner(&said.value, DEFAULT_NAMESPACE).ok();
            let known = known.filter(|owner| owner.exists);
            return Some(match known {
                Some(owner) => owner.reference.to_string().into(),
                None => said.value.as_str().into(),
            });
        }
        let component = meta.component.as_ref();
        let component = component.and_then(|said| component_ref(&said.value));
        let owner = component.and_then(|component| catalog.owner_of_component(&component));
        let owner = owner.or_else(|| catalog.nearest_owner(file));
        let tenant = self.tenant(file).map(|tenant| &tenant.owner.value);
        // Of what stands above a tenant's folder, or pretends to, the owner is not the tenant's.
        let owner = owner.filter(|owner| tenant.is_none_or(|own| self.may_own(owner, own)));
        let owner = owner.or(tenant).or(self.world.platform);
        Some(owner?.to_string().into())
    }

    /// What of the catalog a definition belongs to: what it names, else whatever the nearest `catalog-info.yaml`
    /// describes.
    pub(super) fn component(&self, meta: &Meta, file: &RepoPath) -> Option<EntityRef> {
        match &meta.component {
            Some(said) => component_ref(&said.value),
            None => Some(self.world.catalog.nearest(file)?.reference.clone()),
        }
    }

    /// Warns of an owner or a component that the catalog does not have. Where there is no catalog nobody can tell.
    pub(super) fn dangling_owner(&mut self, meta: &Meta) {
        let catalog = self.world.catalog;
        if catalog.is_empty() {
            return;
        }
        let owner = meta.owner.as_ref().and_then(|said| {
            let owner = catalog.resolve_owner(&said.value, DEFAULT_NAMESPACE).ok()?;
            (!owner.exists).then_some(("owner", said, owner.reference))
        });
        let component = meta.component.as_ref().and_then(|said| {
            let component = component_ref(&said.value)?;
            let absent = catalog.get(&component).is_none();
            absent.then_some(("component", said, component))
        });
        for (what, said, absent) in owner.into_iter().chain(component) {
            let message = format!("the {what} {absent} is not in the catalog");
            let hint = match catalog.near().nearest(&absent) {
                Some(near) => format!("Did you mean {near}?"),
                None => "Name an entity of the catalog, or declare it.".to_owned(),
            };
            let place = Place::new(meta.place.file.clone(), said.span);
            let diagnostic = Diagnostic::warning(Code::DanglingReference, place, message);
            self.out.diagnostics.push(diagnostic.with_hint(hint));
        }
    }

    /// Whether something of a tenant's may be said to be somebody's.
    pub(super) fn may_own(&self, owner: &EntityRef, own: &EntityRef) -> bool {
        owner == own || self.is_below(owner, own)
    }

    /// Reports entities in tenants' files that name an owner who is none of theirs.
    pub(super) fn foreign_entities(&mut self, entities: &[Arc<Entity>]) {
        if self.world.bounds.is_empty() {
            return;
        }
        for entity in entities {
            let Some(tenant) = self.tenant(&entity.place.file) else {
                continue;
            };
            let owners = entity.stated.iter();
            let owners = owners.filter(|stated| stated.relation == Relation::OwnedBy);
            for stated in owners {
                let place = Place::new(entity.place.file.clone(), stated.span);
                let said = stated.to.to_string();
                let breach = owner_breach(self, tenant, Some(&stated.to), &said, place);
                self.out.diagnostics.extend(breach);
            }
        }
    }

    /// Whether a group is one below another, as far as a tenant may say so: its own word counts, and so does that of
    /// a parent which the platform declares. Were a tenant's word for its children enough, it could adopt anybody.
    pub(super) fn is_below(&self, group: &EntityRef, ancestor: &EntityRef) -> bool {
        let catalog = self.world.catalog;
        let mut seen = BTreeSet::from([group.clone()]);
        let mut waiting = vec![group.clone()];
        while let Some(child) = waiting.pop() {
            let Some(entity) = catalog.get(&child) else {
                continue;
            };
            for link in catalog.links(&child) {
                if link.relation != Relation::ChildOf {
                    continue;
                }
                let says =
                    |stated: &Stated| stated.relation == Relation::ChildOf && stated.to == *link.to;
                let by_platform = catalog
                    .get(link.to)
                    .is_some_and(|parent| self.tenant(&parent.place.file).is_none());
                if !entity.stated.iter().any(says) && !by_platform {
                    continue;
                }
                if link.to == ancestor {
                    return true;
                }
                if seen.insert(link.to.clone()) {
                    waiting.push(link.to.clone());
                }
            }
        }
        false
    }

    /// Why a set may not take in a file that a group stands in: it is another tenant's, or the platform's. The
    /// platform's sets may take in any.
    pub(super) fn foreign_file(
        &mut self,
        set: &RuleSet,
        group: &GroupDefinition,
    ) -> Option<String> {
        self.foreign(&set.meta, &group.place.file, Definition::of_set(set))
    }

    pub(super) fn foreign(
        &mut self,
        meta: &Meta,
        file: &RepoPath,
        what: Definition<'_>,
    ) -> Option<String> {
        let tenant = self.tenant(&meta.place.file)?;
        let other = self.tenant(file);
        if other.is_some_and(|other| other.name == tenant.name) {
            return None;
        }
        let whose = match other {
            Some(other) => format!("tenant {:?}", other.name),
            None => "the platform".to_owned(),
        };
        let message = format!("{what} takes in {file}, which belongs to {whose}");
        let diagnostic = Diagnostic::error(Code::TenantBoundary, meta.place.clone(), message)
            .with_hint("Take in files of the tenant only.");
        let detail = told(&diagnostic);
        self.out.diagnostics.push(diagnostic);
        Some(detail)
    }
}
