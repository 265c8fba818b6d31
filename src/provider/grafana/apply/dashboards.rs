//! Dashboards: written with the version that is replaced, and compared with what the server then has.

use super::{CHANGED_MEANWHILE, Run, Verdict, may_write};
use crate::model::change::Desired;
use crate::model::grafana::{Dashboard, DashboardFormat, InFolder};
use crate::model::{Action, Change, Ownership, Spec};
use crate::provider::grafana::api::{ApiError, Found, Save};
use crate::provider::grafana::normalise::dashboard;
use crate::provider::grafana::tree::Listed;

impl Run<'_> {
    pub(super) async fn save_dashboard(&self, change: &Change) -> Verdict {
        let Some((desired, wanted)) = wanted(change) else {
            return Verdict::failed("there is no dashboard to write");
        };
        let folder = match self.folder_of(wanted) {
            Ok(folder) => folder,
            Err(verdict) => return verdict,
        };
        let format = &wanted.body.format;
        let expected = match change.action {
            Action::Create => None,
            Action::Update | Action::Adopt | Action::Delete => {
                match self.replaced(change, &wanted.uid, format).await {
                    Ok(found) => Some(found.version),
                    Err(verdict) => return verdict,
                }
            }
        };
        let saved = self
            .speaker
            .save(Save {
                uid: &wanted.uid,
                body: wanted.rendered(),
                format,
                folder: folder.as_ref(),
                message: self.message,
                expected: expected.as_deref(),
            })
            .await;
        let folder = folder.map(|folder| folder.uid);
        match saved {
            Ok(found) => match as_wanted(&found, desired, wanted, folder.as_deref()) {
                Ok(()) => Verdict::Done,
                Err(why) => Verdict::Failed(why),
            },
            Err(error) => {
                let folder = folder.as_deref();
                self.look_again(error, desired, wanted, folder, expected.is_some())
                    .await
            }
        }
    }

    /// What is to be replaced, as it is now.
    async fn replaced(
        &self,
        change: &Change,
        uid: &str,
        format: &DashboardFormat,
    ) -> Result<Found, Verdict> {
        let found = match self.speaker.dashboard(uid, format).await {
            Ok(Some(found)) => found,
            Ok(None) => {
                return Err(Verdict::failed(
                    "it was deleted meanwhile; the next cycle looks again",
                ));
            }
            Err(error) => return Err(Verdict::failed(&error)),
        };
        // One whose marker was lost is ours by the state file; the plan says so by not adopting it.
        let ownership = match (&found.ownership, change.action) {
            (Ownership::Nobody, Action::Update) => Ownership::Ours,
            (other, _) => other.clone(),
        };
        let version = Some(found.version.as_str());
        let expected = change.expected.as_deref();
        may_write(change.action, &ownership, version, expected)?;
        Ok(found)
    }

    /// After a write that failed, or may have: whether it had its effect.
    async fn look_again(
        &self,
        error: ApiError,
        desired: &Desired,
        wanted: &Dashboard,
        folder: Option<&str>,
        replaces: bool,
    ) -> Verdict {
        if !error.is_open() && !error.is_conflict() {
            return Verdict::failed(&error);
        }
        let format = &wanted.body.format;
        if let Ok(Some(found)) = self.speaker.dashboard(&wanted.uid, format).await
            && as_wanted(&found, desired, wanted, folder).is_ok()
        {
            return Verdict::Done;
        }
        match (error.is_conflict(), replaces) {
            (true, true) => Verdict::Failed(format!("{error}; {CHANGED_MEANWHILE}")),
            (true, false) => Verdict::Failed(format!(
                "{error}; something with this uid or title is there; the next cycle looks again"
            )),
            (false, _) => Verdict::Failed(format!("{error}; it does not stand as declared")),
        }
    }

    pub(super) async fn delete_dashboard(&self, change: &Change) -> Verdict {
        let uid = &change.id.name;
        let format = DashboardFormat::Classic;
        let current = match self.speaker.dashboard(uid, &format).await {
            Ok(Some(current)) => current,
            Ok(None) => return Verdict::Done,
            Err(error) => return Verdict::failed(&error),
        };
        let expected = change.expected.as_deref();
        let version = Some(current.version.as_str());
        if let Err(verdict) = may_write(change.action, &current.ownership, version, expected) {
            return verdict;
        }
        match self.speaker.delete_dashboard(&current).await {
            Ok(()) => Verdict::Done,
            Err(error) => match self.speaker.dashboard(uid, &format).await {
                Ok(None) => Verdict::Done,
                Ok(Some(_)) | Err(_) => Verdict::failed(&error),
            },
        }
    }

    /// The folder that a dashboard is to be in: always said, since a save without one moves it to the root.
    fn folder_of(&self, wanted: &Dashboard) -> Result<Option<Listed>, Verdict> {
        let tree = self.tree();
        let (found, shown) = match &wanted.folder {
            InFolder::General => return Ok(None),
            InFolder::Path { path, uid } => {
                let nested = self.server.grafana.nested_folders;
                let found = tree.at(path, uid.as_deref(), &self.site.instance, nested);
                (found, path.to_string())
            }
            InFolder::Uid(uid) => (tree.get(uid), format!("with uid {uid}")),
        };
        match found {
            Some(folder) => Ok(Some(folder.clone())),
            None => Err(Verdict::Skipped(format!("its folder {shown} is not there"))),
        }
    }
}

/// Whether what the server has is what was written, with our marker on it.
fn as_wanted(
    found: &Found,
    desired: &Desired,
    wanted: &Dashboard,
    folder: Option<&str>,
) -> Result<(), String> {
    if found.ownership != Ownership::Ours {
        return Err("the server has dropped the marker that says whose it is".to_owned());
    }
    if found.folder.as_deref() != folder {
        return Err(format!(
            "the server has put it into the folder {:?} in place of {folder:?}",
            found.folder
        ));
    }
    let format = &wanted.body.format;
    let stored = dashboard::canonical(&found.body, format, &wanted.folder.shown());
    if stored.hash() == desired.hash {
        Ok(())
    } else {
        Err(
            "the server keeps something else than what was written; it would differ again"
                .to_owned(),
        )
    }
}

fn wanted(change: &Change) -> Option<(&Desired, &Dashboard)> {
    let desired = change.desired.as_ref()?;
    match &*desired.resource.spec {
        Spec::Dashboard(dashboard) => Some((desired, dashboard)),
        Spec::RuleGroup(_) | Spec::Folder(_) | Spec::DataSource(_) => None,
    }
}
