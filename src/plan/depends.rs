//! What waits for something else of its target that is held.

use std::collections::BTreeMap;

use super::Wanted;
use super::decide::Decider;
use crate::model::grafana::{FolderPath, InFolder};
use crate::model::{Action, Canonical, Change, HeldReason, ResourceId, ResourceKind, Spec};

impl Decider<'_, '_> {
    /// Folders and dashboards whose folder is not there and will not be made.
    pub(super) fn without_their_folder(&mut self) {
        let held: BTreeMap<&str, &str> = self
            .plan
            .held
            .iter()
            .filter_map(|held| {
                let id = held.id.as_ref()?;
                let missing =
                    id.kind == ResourceKind::Folder && held.action == Some(Action::Create);
                missing.then_some((&*id.name, held.reason.as_str()))
            })
            .collect();
        if held.is_empty() {
            return;
        }
        let mut waiting = Vec::new();
        for (index, change) in self.plan.changes.iter().enumerate() {
            let mut above = self.folder_of(change);
            while let Some(path) = above {
                if let Some(reason) = held.get(path.as_str()) {
                    waiting.push((index, format!("its folder {path} is held ({reason})")));
                    break;
                }
                above = path.parent();
            }
        }
        for (index, detail) in waiting.into_iter().rev() {
            let change = self.plan.changes.remove(index);
            self.hold(
                &change.id,
                change.action,
                HeldReason::DependsOn,
                &detail,
                change.source,
            );
        }
    }

    /// Folders that nobody needs any more but for dashboards in them that are held: those stay where they are.
    pub(super) fn with_what_is_held(&mut self) {
        let deleted = |change: &Change| {
            change.id.kind == ResourceKind::Folder && change.action == Action::Delete
        };
        if !self.plan.changes.iter().any(deleted) {
            return;
        }
        let mut kept: BTreeMap<FolderPath, ResourceId> = BTreeMap::new();
        for id in self.plan.held.iter().filter_map(|held| held.id.as_ref()) {
            let live = self.observed.live.get(id);
            let Some(live) = live.filter(|_| id.kind == ResourceKind::Dashboard) else {
                continue;
            };
            let body = live.canonical.open();
            let mut above = match body.get("folder") {
                Some(Canonical::Text(path)) => FolderPath::parse(path).ok(),
                _ => None,
            };
            while let Some(path) = above {
                above = path.parent();
                kept.entry(path).or_insert_with(|| id.clone());
            }
        }
        let mut changes = std::mem::take(&mut self.plan.changes);
        changes.retain(|change| {
            let inside = kept
                .iter()
                .find(|(path, _)| deleted(change) && path.as_str() == &*change.id.name);
            if let Some((_, inside)) = inside {
                let detail = format!("it holds the dashboard {}, which is held", inside.name);
                let source = change.source.clone();
                self.hold(
                    &change.id,
                    change.action,
                    HeldReason::DependsOn,
                    &detail,
                    source,
                );
            }
            inside.is_none()
        });
        self.plan.changes = changes;
    }

    /// The folder in which a change puts something.
    fn folder_of(&self, change: &Change) -> Option<FolderPath> {
        let id: &ResourceId = &change.id;
        let Some(Wanted::Normalised(desired)) = self.input.wanted.get(id) else {
            return None;
        };
        match &*desired.resource.spec {
            Spec::Folder(folder) => folder.path.parent(),
            Spec::Dashboard(dashboard) => match &dashboard.folder {
                InFolder::Path { path, .. } => Some(path.clone()),
                InFolder::General | InFolder::Uid(_) => None,
            },
            Spec::RuleGroup(_) | Spec::DataSource(_) | Spec::Route(_) | Spec::RouteBase(_) => None,
        }
    }
}
