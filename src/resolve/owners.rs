//! Who owns what is declared, and whose file may say what.

use std::sync::Arc;

use super::Resolver;
use super::bounds::told;
use super::placement::describe;
use crate::model::definition::GroupDefinition;
use crate::model::{Code, Diagnostic, EntityRef, Meta, RepoPath, RuleSet};

impl Resolver<'_> {
    /// The owner of what a definition makes of a file: the one it names, else that of its component, else of the
    /// nearest `catalog-info.yaml` up the tree, else the tenant's.
    pub(super) fn owner(&self, meta: &Meta, file: &RepoPath) -> Option<Arc<str>> {
        if let Some(said) = &meta.owner {
            return Some(said.value.as_str().into());
        }
        let tenant = self.tenant(file)?;
        Some(tenant.owner.value.to_string().into())
    }

    pub(super) fn owner_of_component(&self, _component: &EntityRef) -> Option<EntityRef> {
        None
    }

    pub(super) fn is_below(&self, _group: &EntityRef, _ancestor: &EntityRef) -> bool {
        false
    }

    /// Why a set may not take in a file that a group stands in: it is another tenant's, or the platform's. The
    /// platform's sets may take in any.
    pub(super) fn foreign_file(
        &mut self,
        set: &RuleSet,
        group: &GroupDefinition,
    ) -> Option<String> {
        let what = describe(set);
        self.foreign(&set.meta, &group.place.file, &what)
    }

    pub(super) fn foreign(&mut self, meta: &Meta, file: &RepoPath, what: &str) -> Option<String> {
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
