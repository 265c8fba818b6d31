//! Two declared dashboards with one title in one folder, on servers where a folder has a title once: the one
//! that is live stays; with neither live both are held.

use std::collections::BTreeMap;

use super::Relation;
use crate::model::grafana::Dashboard;
use crate::model::{HeldReason, Ownership, ResourceId, Spec};

impl<'a> Relation<'a> {
    pub(super) fn relate_twins(&mut self) {
        let grafana = self.observed.capabilities.grafana;
        if grafana.is_none_or(|grafana| grafana.shared_titles) {
            return;
        }
        let mut spots: BTreeMap<(String, String), Vec<(&'a ResourceId, &'a Dashboard)>> =
            BTreeMap::new();
        for (id, spec) in self.wanted() {
            if let Spec::Dashboard(dashboard) = spec {
                let title = dashboard.title.trim().to_lowercase();
                let spot = (dashboard.folder.shown(), title);
                spots.entry(spot).or_default().push((id, dashboard));
            }
        }
        let mut refused = Vec::new();
        for twins in spots.values().filter(|twins| twins.len() > 1) {
            let is_live = |id: &ResourceId| {
                let live = self.observed.live.get(id);
                live.is_some_and(|live| live.ownership == Ownership::Ours)
            };
            let incumbent = twins.iter().find(|(id, _)| is_live(id));
            for (id, dashboard) in twins {
                if incumbent.is_some_and(|(incumbent, _)| incumbent == id) {
                    continue;
                }
                let others = twins.iter().filter(|(other, _)| other != id);
                let others: Vec<&str> = others.map(|(other, _)| &*other.name).collect();
                let detail = format!(
                    "this server takes the title {:?} once in a folder, and the dashboard {} has it too; \
                     rename one of them",
                    dashboard.title,
                    others.join(", ")
                );
                refused.push(((*id).clone(), detail));
            }
        }
        for (id, detail) in refused {
            self.refuse(&id, HeldReason::Invalid, detail);
        }
    }
}
