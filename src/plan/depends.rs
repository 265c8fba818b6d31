//! What waits for something else of its target that is held.

use std::collections::BTreeMap;

use super::Wanted;
use super::decide::Decider;
use crate::model::grafana::{FolderPath, InFolder};
use crate::model::{Action, Change, HeldReason, ResourceId, ResourceKind, Spec};

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
