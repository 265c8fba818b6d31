//! Which live folder a declared one is, and what is in which.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Relation;
use crate::model::capabilities::Dialect;
use crate::model::grafana::{Folder, InFolder};
use crate::model::{Canonical, HeldReason, Live, Ownership, ResourceId, ResourceKind, Spec};
use crate::provider::grafana::normalise::{dashboard, folder};
use crate::provider::grafana::observe::replace;
use crate::provider::grafana::tree;

/// A live folder on its way to its name.
struct Node {
    live: Live,
    title: String,
    /// The name of the folder that it is in, as observed.
    parent: String,
}

impl Relation<'_> {
    /// Names live folders as what is declared: by uid, else by place. What is below one that was renamed is
    /// renamed with it.
    pub(super) fn relate_folders(&mut self) {
        let nodes = self.take_folders();
        let wanted: BTreeMap<ResourceId, &Folder> = self
            .wanted()
            .filter_map(|(id, spec)| match spec {
                Spec::Folder(folder) => Some((id.clone(), folder)),
                Spec::RuleGroup(_)
                | Spec::DataSource(_)
                | Spec::Dashboard(_)
                | Spec::Route(_)
                | Spec::RouteBase(_) => None,
            })
            .collect();
        let mut by_uid: BTreeMap<String, &ResourceId> = BTreeMap::new();
        for (id, folder) in &wanted {
            by_uid.insert(self.uid(folder), id);
        }
        let mut identified: BTreeMap<String, ResourceId> = nodes
            .iter()
            .filter_map(|(name, node)| {
                let uid = node.live.handle.as_deref()?;
                Some((name.clone(), (*by_uid.get(uid)?).clone()))
            })
            .collect();
        self.by_inventory(&nodes, &wanted, &mut identified);
        let mut renamed = renamed_by(&nodes, &identified);
        let handles: Vec<(String, Option<Arc<str>>)> = nodes
            .iter()
            .map(|(name, node)| (name.clone(), node.live.handle.clone()))
            .collect();
        let mut shared = BTreeSet::new();
        for (id, folder) in &wanted {
            if identified.values().any(|found| found == id) {
                continue;
            }
            if let Some(name) = self.by_place(id, folder, &nodes, &renamed) {
                shared.insert(name.clone());
                identified.insert(name, id.clone());
                renamed = renamed_by(&nodes, &identified);
            }
        }
        for (name, node) in nodes {
            let Node {
                mut live,
                title,
                parent,
            } = node;
            match identified.get(&name) {
                Some(_) if shared.contains(&name) => live.ownership = Ownership::Shared,
                Some(id) => self.claim(id, &mut live),
                None => {}
            }
            if let Some(new) = renamed.get(&parent).filter(|new| **new != parent) {
                replace(&mut live, &folder::canonical(&title, new));
            }
            let id = self.id(ResourceKind::Folder, renamed.get(&name).unwrap_or(&name));
            self.observed.live.insert(id, live);
        }
        let moved = handles.into_iter().filter_map(|(name, handle)| {
            let new = renamed.get(&name).filter(|new| **new != name)?;
            Some((handle?, new.clone()))
        });
        self.rename_in_dashboards(&moved.collect());
    }

    fn uid(&self, folder: &Folder) -> String {
        match &folder.uid {
            Some(uid) => uid.to_string(),
            None => folder.path.uid(self.instance),
        }
    }

    fn take_folders(&mut self) -> BTreeMap<String, Node> {
        let live = std::mem::take(&mut self.observed.live);
        let mut nodes = BTreeMap::new();
        for (id, live) in live {
            if id.kind == ResourceKind::Folder {
                let canonical = live.canonical.open();
                let text = |field: &str| match canonical.get(field) {
                    Some(Canonical::Text(text)) => text.to_string(),
                    _ => String::new(),
                };
                let (title, parent) = (text("title"), text("parent"));
                let node = Node {
                    live,
                    title,
                    parent,
                };
                nodes.insert(id.name.to_string(), node);
            } else {
                self.observed.live.insert(id, live);
            }
        }
        nodes
    }

    /// The live folder that stands in the place of a declared one, of which none has the uid. It is used as
    /// it is.
    fn by_place(
        &mut self,
        id: &ResourceId,
        wanted: &Folder,
        nodes: &BTreeMap<String, Node>,
        renamed: &BTreeMap<String, String>,
    ) -> Option<String> {
        let grafana = self.observed.capabilities.grafana?;
        let title = folder::title(wanted, grafana);
        let parent = match wanted.path.parent() {
            Some(parent) if grafana.nested_folders => parent.to_string(),
            Some(_) | None => String::new(),
        };
        let there: Vec<(&String, &Node)> = nodes
            .iter()
            .filter(|(_, node)| {
                node.title == title.trim()
                    && renamed.get(&node.parent).unwrap_or(&node.parent) == &parent
            })
            .collect();
        match &there[..] {
            [] => None,
            [(name, node)] if node.live.ownership == Ownership::Ours => {
                // Made for another path, which is to go: it is in the way until then.
                let detail = format!("a folder of ours that is to go stands there ({name})");
                self.refuse(id, HeldReason::DependsOn, detail);
                None
            }
            [(name, _)] => Some((*name).clone()),
            several => {
                let uids = several.iter().map(|(_, node)| node.live.handle.as_deref());
                let uids: Vec<&str> = uids.flatten().collect();
                let detail = format!(
                    "folder_ambiguous: {} folders stand at {} (uids {}); remove or rename all but one",
                    several.len(),
                    id.name,
                    uids.join(", ")
                );
                self.refuse(id, HeldReason::Invalid, detail);
                None
            }
        }
    }

    /// Where no marker can be, a folder that looks as one did when it was applied, and is not declared any
    /// more, is that one.
    fn by_inventory(
        &self,
        nodes: &BTreeMap<String, Node>,
        wanted: &BTreeMap<ResourceId, &Folder>,
        identified: &mut BTreeMap<String, ResourceId>,
    ) {
        let applied = self.beside.inventory.entries.iter();
        let gone = applied.filter(|(id, _)| {
            id.kind == ResourceKind::Folder
                && id.target == *self.target
                && !wanted.contains_key(*id)
        });
        for (id, entry) in gone {
            let alike = nodes.iter().find(|(name, node)| {
                node.live.ownership == Ownership::Nobody
                    && node.live.hash == entry.hash
                    && !identified.contains_key(*name)
            });
            if let (Some((name, _)), true) = (alike, self.is_classic()) {
                identified.insert(name.clone(), id.clone());
            }
        }
    }

    fn is_classic(&self) -> bool {
        let grafana = self.observed.capabilities.grafana;
        grafana.is_some_and(|grafana| grafana.dialect == Dialect::Classic)
    }

    /// Where no marker can be, the inventory says what is ours: a folder whose uid its definition gives.
    fn claim(&self, id: &ResourceId, live: &mut Live) {
        if self.is_classic()
            && live.ownership == Ownership::Nobody
            && self.beside.inventory.entries.contains_key(id)
        {
            live.ownership = Ownership::Ours;
        }
    }

    /// Says the new names of folders, by their uids, in the dashboards that are in them.
    fn rename_in_dashboards(&mut self, renamed: &BTreeMap<Arc<str>, String>) {
        let dashboards = self.observed.live.iter_mut();
        for (_, live) in dashboards.filter(|(id, _)| id.kind == ResourceKind::Dashboard) {
            if let Some(new) = live.handle.as_ref().and_then(|uid| renamed.get(uid)) {
                let moved = dashboard::in_folder(&live.canonical.open(), new);
                replace(live, &moved);
            }
        }
    }

    /// A dashboard that is declared in a folder by its uid alone. And one that has lost its marker: a save by the
    /// classic API drops the annotations of the resource API (12.4, observed). Where it is declared and the
    /// state file knows that we made it, it is still ours to put right; it is never deleted on such evidence.
    pub(super) fn relate_dashboards(&mut self) {
        for (id, spec) in self.wanted() {
            let Spec::Dashboard(wanted) = spec else {
                continue;
            };
            let Some(live) = self.observed.live.get_mut(id) else {
                continue;
            };
            if live.ownership == Ownership::Nobody && self.beside.inventory.entries.contains_key(id)
            {
                live.ownership = Ownership::Ours;
            }
            let handle: Option<Arc<str>> = live.handle.clone();
            if let InFolder::Uid(uid) = &wanted.folder
                && (handle.as_ref() == Some(uid) || handle.is_none() && tree::is_root(uid))
            {
                let shown = wanted.folder.shown();
                let moved = dashboard::in_folder(&live.canonical.open(), &shown);
                replace(live, &moved);
            }
        }
    }
}

/// The name that each live folder gets, by the one under which it was observed.
fn renamed_by(
    nodes: &BTreeMap<String, Node>,
    identified: &BTreeMap<String, ResourceId>,
) -> BTreeMap<String, String> {
    let mut taken: BTreeSet<String> = identified.values().map(|id| id.name.to_string()).collect();
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    // Parents first: a name begins with its parent's, and is longer.
    let mut order: Vec<&String> = nodes.keys().collect();
    order.sort_by_key(|name| (name.len(), (*name).clone()));
    for name in order {
        if let Some(id) = identified.get(name) {
            renamed.insert(name.clone(), id.name.to_string());
            continue;
        }
        let node = &nodes[name];
        let new = match renamed.get(&node.parent) {
            Some(parent) if *parent != node.parent => tree::below(parent, &node.title),
            Some(_) | None => name.clone(),
        };
        let new = if taken.contains(&new) {
            format!("{new} (uid {})", node.live.handle.as_deref().unwrap_or("?"))
        } else {
            new
        };
        taken.insert(new.clone());
        renamed.insert(name.clone(), new);
    }
    renamed
}
