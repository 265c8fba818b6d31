//! What stands on Alertmanagers: the platform's own part, and the fences of the others.

use std::sync::Arc;

use super::Resolver;
use super::placement::Placing;
use crate::model::alertmanager::{BASE, Fenced, Matcher, Operator};
use crate::model::definition::{AlertmanagerFile, Declared, Validity};
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
        let Placing::Targets(targets) = self.placing else {
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
        if let Some(base) = file.and_then(|file| file.base.clone()) {
            self.made.push(Arc::new(Resource {
                id: ResourceId::new(target.clone(), ResourceKind::Route, BASE),
                spec: Arc::new(Spec::RouteBase(base)),
                owner: None,
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

    /// A definition on one target: what it may touch is what its fence lets it.
    pub(super) fn fenced(&self, target: &TargetName, fenced: &Fenced) -> Fenced {
        let composing = self.placing.composing(target);
        let label = composing.and_then(|composing| composing.fence_label.as_ref());
        let fence = label.and_then(|label| {
            // The settings let nothing else through than the name of a label.
            Matcher::new(&**label, Operator::Equal, &*fenced.routing.namespace).ok()
        });
        Fenced {
            routing: Arc::clone(&fenced.routing),
            fence: fence.into_iter().collect(),
        }
    }
}
