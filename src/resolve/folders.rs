//! The folders that dashboards need, and what is declared of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::definition::{Declared, ObjectDefinition};
use crate::model::grafana::{Folder, FolderPath, InFolder};
use crate::model::{RepoPath, Spec};

/// The folders that definitions say more of than their path, with the file of each.
pub(super) fn declared_folders(declared: &Declared) -> Vec<(&Folder, &RepoPath)> {
    let folders = declared
        .objects
        .iter()
        .filter_map(|object| match &object.spec {
            Some(Spec::Folder(folder)) => Some((folder, &object.place.file)),
            _ => None,
        });
    folders.collect()
}

/// The folders of one target: those that are declared, and those that others need.
pub(super) struct Folders<'a> {
    declared: BTreeMap<&'a FolderPath, &'a Folder>,
    /// With the first definition, in order of places, that needs each.
    needed: BTreeMap<FolderPath, &'a ObjectDefinition>,
}

impl<'a> Folders<'a> {
    pub(super) fn of(objects: &[&'a ObjectDefinition]) -> Self {
        let mut folders = Self {
            declared: BTreeMap::new(),
            needed: BTreeMap::new(),
        };
        let mut sorted = objects.to_vec();
        sorted.sort_by(|a, b| a.place.cmp(&b.place));
        for object in sorted {
            match &object.spec {
                Some(Spec::Folder(folder)) => {
                    folders.declared.insert(&folder.path, folder);
                    folders.need(folder.path.parent(), object);
                }
                Some(Spec::Dashboard(dashboard)) => {
                    if let InFolder::Path { path, .. } = &dashboard.folder {
                        folders.need(Some(path.clone()), object);
                    }
                }
                Some(
                    Spec::RuleGroup(_) | Spec::DataSource(_) | Spec::Route(_) | Spec::RouteBase(_),
                )
                | None => {}
            }
        }
        folders
    }

    /// Notes that a folder, and all that it is in, is needed.
    fn need(&mut self, path: Option<FolderPath>, by: &'a ObjectDefinition) {
        let mut next = path;
        while let Some(path) = next {
            next = path.parent();
            self.needed.entry(path).or_insert(by);
        }
    }

    /// Needed folders that no definition stands for.
    pub(super) fn implied(
        &self,
        held: &[&str],
    ) -> impl Iterator<Item = (FolderPath, &'a ObjectDefinition)> {
        let missing = self.needed.iter().filter(move |(path, _)| {
            !self.declared.contains_key(path) && !held.contains(&path.as_str())
        });
        missing.map(|(path, object)| (path.clone(), *object))
    }

    fn uid(&self, path: &FolderPath) -> Option<Arc<str>> {
        self.declared.get(path)?.uid.clone()
    }

    pub(super) fn parent_uid(&self, path: &FolderPath) -> Option<Arc<str>> {
        self.uid(&path.parent()?)
    }

    /// The spec with the uids that definitions give the folders in it.
    pub(super) fn with_uids(&self, spec: &Spec) -> Spec {
        let mut spec = spec.clone();
        match &mut spec {
            Spec::Dashboard(dashboard) => match &mut dashboard.folder {
                InFolder::Path { path, uid } => *uid = self.uid(path),
                InFolder::Uid(given) => {
                    let named = |folder: &&&Folder| folder.uid.as_ref() == Some(given);
                    if let Some(folder) = self.declared.values().find(named) {
                        dashboard.folder = InFolder::Path {
                            path: folder.path.clone(),
                            uid: folder.uid.clone(),
                        };
                    }
                }
                InFolder::General => {}
            },
            Spec::Folder(folder) => folder.parent_uid = self.parent_uid(&folder.path),
            Spec::RuleGroup(_) | Spec::DataSource(_) | Spec::Route(_) | Spec::RouteBase(_) => {}
        }
        spec
    }
}
