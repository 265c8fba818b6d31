//! What stands on Alertmanagers: the platform's own part, and the fences of the others.

use std::sync::Arc;

use super::Resolver;
use super::bounds::told;
use super::placement::Placing;
use crate::model::alertmanager::{BASE, Fenced, Matcher, Operator};
use crate::model::definition::{
    AlertmanagerFile, Declared, ObjectDefinition, ObjectOrigin, Validity,
};
use crate::model::hold::Covers;
use crate::model::target::Composing;
use crate::model::{
    Code, Diagnostic, Invalid, Place, RepoPath, Resource, ResourceId, ResourceKind, SourceRef,
    Spec, Target, TargetName,
};

/// The files that targets use as the platform's own part of a configuration, sorted.
pub fn base_files(targets: &[Target]) -> Vec<RepoPath> {
    let composing = targets
        .iter()
        .filter_map(|target| target.composing.as_ref());
    let mut files: Vec<RepoPath> = composing.map(|c| c.base_file.clone()).collect();
    files.sort();
    files.dedup();
    files
}

impl Resolver<'_> {
    /// The platform's own part of every target that has one.
    pub(super) fn bases(&mut self, declared: &Declared) {
        let Placing::Targets(targets) = self.world.placing else {
            return;
        };
        for target in *targets {
            if let Some(composing) = &target.composing {
                let file = declared.alertmanager_files.get(&composing.base_file);
                self.base(&target.name, composing, file);
            }
        }
    }

    fn base(
        &mut self,
        target: &TargetName,
        composing: &Composing,
        file: Option<&AlertmanagerFile>,
    ) {
        let path = &composing.base_file;
        let source = SourceRef {
            repository: self.repository.clone(),
            file: path.shared(),
            line: 1,
        };
        let detail = match file {
            None => Some(self.missing_base(target, path)),
            Some(_) if self.tenant(path).is_some() => Some(self.base_of_tenant(target, path)),
            Some(file) => match &file.validity {
                Validity::Valid => None,
                Validity::Invalid { detail } => Some(detail.clone()),
            },
        };
        if let Some(detail) = detail {
            self.out.invalid.push(Invalid {
                covers: Covers::Resource {
                    kind: ResourceKind::Route,
                    name: BASE.to_owned(),
                },
                detail,
                source: source.clone(),
                targets: vec![target.clone()],
            });
        }
        let own = file.filter(|_| self.tenant(path).is_none());
        if let Some(base) = own.and_then(|file| file.base.clone()) {
            self.made.push(Arc::new(Resource {
                id: ResourceId::new(target.clone(), ResourceKind::Route, BASE),
                spec: Arc::new(Spec::RouteBase(base)),
                owner: self.world.platform.map(|owner| owner.to_string().into()),
                component: None,
                source,
                adopt: composing.adopt,
            }));
        }
    }

    fn missing_base(&mut self, target: &TargetName, path: &RepoPath) -> String {
        let message =
            format!("the base_file of {target}, {path}, is not among the files that are read");
        let place = Place::whole(path.clone());
        let hint = "Add it to the repository, correct base_file in the settings, or let the Platform include it.";
        let diagnostic =
            Diagnostic::error(Code::BaseFileMissing, place, message.clone()).with_hint(hint);
        self.out.diagnostics.push(diagnostic);
        message
    }

    fn base_of_tenant(&mut self, target: &TargetName, path: &RepoPath) -> String {
        let name = self.tenant(path).map_or("", |tenant| &tenant.name);
        let message = format!(
            "the base_file of {target}, {path}, stands in the paths of tenant {name:?}: it is the platform's"
        );
        let diagnostic = Diagnostic::error(
            Code::TenantOverlap,
            Place::whole(path.clone()),
            message.clone(),
        )
        .with_hint("Move it to a folder that no tenant owns.");
        self.out.diagnostics.push(diagnostic);
        message
    }

    /// A definition on one target: what it may touch is what its fence lets it.
    pub(super) fn fenced(&self, target: &TargetName, file: &RepoPath, fenced: &Fenced) -> Fenced {
        let equal = |label: &str, value: &str| {
            // Nothing else is let through than the name of a label.
            Matcher::new(label, Operator::Equal, value).ok()
        };
        let fence = if let Some(tenant) = self.tenant(file) {
            // What a namespace is called is for anybody to write; these labels are not.
            let labels = tenant.metrics.labels.iter();
            labels
                .filter_map(|(label, value)| equal(label, value))
                .collect()
        } else {
            let composing = self.world.placing.composing(target);
            let label = composing.and_then(|composing| composing.fence_label.as_ref());
            let fence = label.and_then(|label| equal(label, &fenced.routing.namespace));
            fence.into_iter().collect()
        };
        Fenced {
            routing: Arc::clone(&fenced.routing),
            fence,
        }
    }

    /// Why a tenant's routes may not stand: nothing would keep them to its own alerts.
    pub(super) fn unfenced(&mut self, object: &ObjectDefinition) -> Option<String> {
        let tenant = self.tenant(&object.meta.place.file)?;
        if object.origin != ObjectOrigin::AlertmanagerConfig || !tenant.metrics.labels.is_empty() {
            return None;
        }
        let message = format!(
            "nothing tells the alerts of tenant {:?} from others', so it may not route any",
            tenant.name
        );
        let hint = format!(
            "The platform can fix a label for it in spec.metrics.labels of the Tenant ({}).",
            tenant.place
        );
        let place = object.meta.place.clone();
        let diagnostic = Diagnostic::error(Code::TenantBoundary, place, message).with_hint(hint);
        let detail = told(&diagnostic);
        self.out.diagnostics.push(diagnostic);
        Some(detail)
    }
}
