//! Folders: parents are made first, and one goes only when a fresh listing shows that it is empty.

use std::collections::BTreeMap;

use super::{Run, Verdict, may_write};
use crate::model::capabilities::Dialect;
use crate::model::grafana::Folder;
use crate::model::{Change, Ownership, Spec};
use crate::provider::grafana::api::{ApiError, SaveFolder};
use crate::provider::grafana::normalise::folder;
use crate::provider::grafana::tree::{self, Listed};

/// What is in folders, by their uid: one example of what keeps each.
pub(super) type Content = BTreeMap<String, String>;

impl Run<'_> {
    pub(super) async fn create_folder(&self, change: &Change) -> Verdict {
        let Some(wanted) = wanted(change) else {
            return Verdict::failed("there is no folder to make");
        };
        let parent = match self.parent(wanted) {
            Ok(parent) => parent,
            Err(verdict) => return verdict,
        };
        let (uid, title) = (self.folder_uid(wanted), self.title(wanted));
        let save = SaveFolder {
            uid: &uid,
            title: &title,
            parent: parent.as_deref(),
            message: self.message,
        };
        let made = self.speaker.create_folder(&save).await;
        self.folder_written(&save, made).await
    }

    pub(super) async fn update_folder(&self, change: &Change) -> Verdict {
        let Some(wanted) = wanted(change) else {
            return Verdict::failed("there is no folder to change");
        };
        let parent = match self.parent(wanted) {
            Ok(parent) => parent,
            Err(verdict) => return verdict,
        };
        let (uid, title) = (self.folder_uid(wanted), self.title(wanted));
        let current = match self.speaker.folder(&uid).await {
            Ok(Some(current)) => current,
            Ok(None) => {
                return Verdict::failed("it was deleted meanwhile; the next cycle makes it");
            }
            Err(error) => return Verdict::failed(&error),
        };
        let seen = change.expected.as_deref().and_then(tree::seen);
        let expected = seen.and_then(|(_, version)| version);
        // On classic servers only the state file knows whose a folder with a given uid is.
        let ownership = match (&current.ownership, &wanted.uid) {
            (Ownership::Nobody, Some(_)) => Ownership::Ours,
            (other, _) => other.clone(),
        };
        let version = current.version.as_deref();
        if let Err(verdict) = may_write(change.action, &ownership, version, expected) {
            return verdict;
        }
        let save = SaveFolder {
            uid: &uid,
            title: &title,
            parent: parent.as_deref(),
            message: self.message,
        };
        let written = self.speaker.update_folder(&save, &current).await;
        self.folder_written(&save, written).await
    }

    /// The answer is what counts; without one, what stands there now.
    async fn folder_written(
        &self,
        save: &SaveFolder<'_>,
        answer: Result<Listed, ApiError>,
    ) -> Verdict {
        let (listed, error) = match answer {
            Ok(listed) => (listed, None),
            Err(error) if error.is_open() || error.is_conflict() => {
                match self.speaker.folder(save.uid).await {
                    Ok(Some(listed)) => (listed, Some(error)),
                    Ok(None) | Err(_) => return Verdict::failed(&error),
                }
            }
            Err(error) => return Verdict::failed(&error),
        };
        let nested = self.server.grafana.nested_folders;
        let as_wanted = listed.uid == save.uid
            && listed.title.trim() == save.title.trim()
            && (!nested || listed.parent.as_deref() == save.parent);
        self.tree().insert(listed.clone());
        match (as_wanted, error) {
            (true, _) => Verdict::Done,
            (false, Some(error)) => Verdict::failed(&error),
            (false, None) => Verdict::Failed(format!(
                "the server has made something else of it: {:?} in {:?}",
                listed.title, listed.parent
            )),
        }
    }

    /// Deletes a folder that is empty by a listing made after everything else that goes is gone.
    pub(super) async fn delete_folder(
        &self,
        change: &Change,
        content: &mut Option<Content>,
    ) -> Verdict {
        let Some((uid, expected)) = change.expected.as_deref().and_then(tree::seen) else {
            return Verdict::failed("which folder it is was not seen; the next cycle looks again");
        };
        let uid = uid.to_owned();
        if content.is_none() {
            match self.content().await {
                Ok(fresh) => *content = Some(fresh),
                Err(error) => return Verdict::failed(&error),
            }
        }
        if let Some(what) = content.as_ref().and_then(|content| content.get(&uid)) {
            return Verdict::Failed(format!("it is not empty: it holds {what}"));
        }
        let inner = self.tree().iter().find_map(|folder| {
            (folder.parent.as_deref() == Some(&uid)).then(|| folder.title.clone())
        });
        if let Some(title) = inner {
            return Verdict::Failed(format!("it is not empty: it holds the folder {title:?}"));
        }
        let current = match self.speaker.folder(&uid).await {
            Ok(Some(current)) => current,
            Ok(None) => return Verdict::Done,
            Err(error) => return Verdict::failed(&error),
        };
        let ownership = match (&current.ownership, self.server.grafana.dialect) {
            (Ownership::Nobody, Dialect::Classic) => &Ownership::Ours,
            (other, _) => other,
        };
        let version = current.version.as_deref();
        if let Err(verdict) = may_write(change.action, ownership, version, expected) {
            return verdict;
        }
        match self.speaker.delete_folder(&current).await {
            Ok(()) => {
                self.tree().remove(&uid);
                Verdict::Done
            }
            Err(error) => match self.speaker.folder(&uid).await {
                Ok(None) => Verdict::Done,
                Ok(Some(_)) | Err(_) => Verdict::failed(&error),
            },
        }
    }

    async fn content(&self) -> Result<Content, ApiError> {
        let mut content = Content::new();
        for (title, folder) in self.speaker.places().await? {
            if let Some(folder) = folder {
                let what = format!("the dashboard {title:?}");
                content.entry(folder).or_insert(what);
            }
        }
        let api = &self.site.api;
        for (what, counts) in [
            ("alert rule", api.alert_rules().await?),
            ("library panel", api.library_elements().await?),
        ] {
            for (folder, count) in counts {
                let what = tree::count(count, what);
                content.entry(folder).or_insert(what);
            }
        }
        Ok(content)
    }

    /// The uid of the folder that a wanted one is in.
    fn parent(&self, wanted: &Folder) -> Result<Option<String>, Verdict> {
        let nested = self.server.grafana.nested_folders;
        let Some(path) = wanted.path.parent().filter(|_| nested) else {
            return Ok(None);
        };
        let tree = self.tree();
        let explicit = wanted.parent_uid.as_deref();
        match tree.at(&path, explicit, &self.site.instance, nested) {
            Some(parent) => Ok(Some(parent.uid.clone())),
            None => Err(Verdict::Skipped(format!("its folder {path} is not there"))),
        }
    }

    fn folder_uid(&self, wanted: &Folder) -> String {
        match &wanted.uid {
            Some(uid) => uid.to_string(),
            None => wanted.path.uid(&self.site.instance),
        }
    }

    fn title(&self, wanted: &Folder) -> String {
        folder::title(wanted, self.server.grafana)
    }
}

fn wanted(change: &Change) -> Option<&Folder> {
    match &*change.desired.as_ref()?.resource.spec {
        Spec::Folder(folder) => Some(folder),
        Spec::RuleGroup(_)
        | Spec::DataSource(_)
        | Spec::Dashboard(_)
        | Spec::Route(_)
        | Spec::RouteBase(_) => None,
    }
}
