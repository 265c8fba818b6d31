//! What of an observation only shows beside what is declared.

mod folders;
mod sources;
#[cfg(test)]
mod tests;
mod titles;

use std::collections::BTreeSet;
use std::path::Path;

use crate::model::live::Refusal;
use crate::model::{HeldReason, Observed, ResourceId, ResourceKind, Spec, TargetName};
use crate::provider::Beside;

/// One observation beside one declaration.
pub(super) struct Relation<'a> {
    target: &'a TargetName,
    instance: &'a str,
    secrets_dir: Option<&'a Path>,
    observed: Observed,
    beside: Beside<'a>,
}

impl<'a> Relation<'a> {
    pub(super) fn new(
        target: &'a TargetName,
        instance: &'a str,
        secrets_dir: Option<&'a Path>,
        observed: Observed,
        beside: Beside<'a>,
    ) -> Self {
        Self {
            target,
            instance,
            secrets_dir,
            observed,
            beside,
        }
    }

    pub(super) fn done(mut self) -> Observed {
        self.relate_folders();
        self.relate_dashboards();
        self.relate_titles();
        self.relate_sources();
        self.forget_unneeded();
        self.observed
    }

    /// What may not be read and nobody declares or knows of is nobody's trouble.
    fn forget_unneeded(&mut self) {
        let declared = self.beside.desired.keys();
        let known = self.beside.inventory.entries.keys();
        let known = known.filter(|id| id.target == *self.target);
        let needed: BTreeSet<ResourceKind> = declared.chain(known).map(|id| id.kind).collect();
        self.observed
            .unknown
            .retain(|part| needed.contains(&part.kind));
    }

    fn id(&self, kind: ResourceKind, name: &str) -> ResourceId {
        ResourceId::new(self.target.clone(), kind, name)
    }

    fn wanted(&self) -> impl Iterator<Item = (&'a ResourceId, &'a Spec)> + use<'a> {
        let desired = self.beside.desired.iter();
        desired.map(|(id, resource)| (id, &*resource.spec))
    }

    fn refuse(&mut self, id: &ResourceId, reason: HeldReason, detail: String) {
        let refusal = Refusal { reason, detail };
        self.observed.refused.insert(id.clone(), refusal);
    }
}
