//! Titles that are taken, on servers where one folder has a title once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Relation;
use crate::model::grafana::Dashboard;
use crate::model::{HeldReason, Live, Ownership, ResourceId, ResourceKind, Spec};

/// The folder, and the title as such servers compare it.
type Spot = (String, String);

impl Relation<'_> {
    pub(super) fn relate_titles(&mut self) {
        let capabilities = self.observed.capabilities;
        if capabilities
            .grafana
            .is_none_or(|grafana| grafana.shared_titles)
        {
            return;
        }
        let names = self.folder_names();
        let live: BTreeMap<Spot, &ResourceId> = self
            .observed
            .live
            .iter()
            .filter(|(id, _)| id.kind == ResourceKind::Dashboard)
            .map(|(id, live)| (spot(live, &names), id))
            .collect();
        let declared = self.declared();
        let mut refused = Vec::new();
        for (id, spec) in self.wanted() {
            let Spec::Dashboard(wanted) = spec else {
                continue;
            };
            let there = wanted_spot(wanted);
            let others = declared.get(&there).map_or(&[][..], Vec::as_slice);
            let incumbent = live.get(&there).filter(|live| others.contains(*live));
            if others.len() > 1 && incumbent.is_none_or(|incumbent| *incumbent != id) {
                let other = incumbent.or_else(|| others.iter().find(|other| **other != id));
                let detail = format!(
                    "this server allows the title {:?} once in a folder, and the dashboard with uid {} is declared \
                     with it; rename one of them",
                    wanted.title,
                    other.map_or("?", |other| &*other.name),
                );
                refused.push((id, HeldReason::Invalid, detail));
                continue;
            }
            let Some(other) = live.get(&there).filter(|other| **other != id) else {
                continue;
            };
            let ours = self.observed.live.get(*other).map(|live| &live.ownership);
            let goes = ours == Some(&Ownership::Ours) && !self.stays(other, &there);
            let (reason, end) = if goes {
                (HeldReason::DependsOn, "which is to go first")
            } else {
                (HeldReason::NotOurs, "rename one of them")
            };
            let detail = format!(
                "the title {:?} is taken in this folder by the dashboard with uid {}; {end}",
                wanted.title, other.name
            );
            refused.push((id, reason, detail));
        }
        for (id, reason, detail) in refused {
            self.refuse(id, reason, detail);
        }
    }

    /// The names of folders by uid.
    fn folder_names(&self) -> BTreeMap<Arc<str>, Arc<str>> {
        let folders = self.observed.live.iter();
        let folders = folders.filter(|(id, _)| id.kind == ResourceKind::Folder);
        folders
            .filter_map(|(id, live)| Some((live.handle.clone()?, id.name.clone())))
            .collect()
    }

    /// Which dashboards are declared at each spot.
    fn declared(&self) -> BTreeMap<Spot, Vec<&ResourceId>> {
        let mut declared: BTreeMap<Spot, Vec<&ResourceId>> = BTreeMap::new();
        for (id, spec) in self.wanted() {
            if let Spec::Dashboard(wanted) = spec {
                declared.entry(wanted_spot(wanted)).or_default().push(id);
            }
        }
        declared
    }

    /// Whether a dashboard of ours is declared where it stands.
    fn stays(&self, id: &ResourceId, there: &Spot) -> bool {
        let wanted = self.beside.desired.get(id);
        wanted.is_some_and(|resource| match &*resource.spec {
            Spec::Dashboard(wanted) => wanted_spot(wanted) == *there,
            Spec::RuleGroup(_)
            | Spec::Folder(_)
            | Spec::DataSource(_)
            | Spec::Route(_)
            | Spec::RouteBase(_) => false,
        })
    }
}

fn wanted_spot(wanted: &Dashboard) -> Spot {
    (wanted.folder.shown(), wanted.title.trim().to_lowercase())
}

fn spot(live: &Live, names: &BTreeMap<Arc<str>, Arc<str>>) -> Spot {
    let folder = live.handle.as_ref().and_then(|uid| names.get(uid));
    let folder = folder.map(ToString::to_string).unwrap_or_default();
    let title = live.title.as_deref().unwrap_or_default().trim();
    (folder, title.to_lowercase())
}
