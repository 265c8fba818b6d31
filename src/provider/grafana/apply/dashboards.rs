//! Dashboards: written with the version that is replaced, and compared with what the server then has.

use std::time::Duration;

use super::{CHANGED_MEANWHILE, Run, Verdict, may_write};
use crate::model::change::Desired;
use crate::model::grafana::{Dashboard, DashboardFormat, InFolder};
use crate::model::{Action, Change, Ownership, Spec};
use crate::provider::grafana::api::{ApiError, Found, Save};
use crate::provider::grafana::normalise::{self, dashboard};
use crate::provider::grafana::tree::{Listed, is_root};

/// How often a write is sent that the server refuses though nothing stands against it.
const TRIES: u32 = 3;
/// Between two of them, growing.
const PAUSE: Duration = Duration::from_millis(200);

/// A dashboard on its way to the server.
#[derive(Clone, Copy)]
struct Writing<'a> {
    desired: &'a Desired,
    wanted: &'a Dashboard,
    folder: Option<&'a Listed>,
    /// The version that is replaced.
    expected: Option<&'a str>,
}

/// How a write ended.
enum Written {
    Settled(Verdict),
    /// Refused as a conflict, though what is to be replaced stands as it was. Grafana 7.5 and 9.3 do that where
    /// their database was locked in between (observed).
    Unchanged(ApiError),
}

impl Run<'_> {
    pub(super) async fn save_dashboard(&self, change: &Change) -> Verdict {
        let Some((desired, wanted)) = wanted(change) else {
            return Verdict::failed("there is no dashboard to write");
        };
        self.site.forget(&wanted.uid);
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
        let writing = Writing {
            desired,
            wanted,
            folder: folder.as_ref(),
            expected: expected.as_deref(),
        };
        for attempt in 1..=TRIES {
            match self.write(&writing).await {
                Written::Settled(verdict) => return verdict,
                Written::Unchanged(error) if attempt == TRIES => {
                    return Verdict::Failed(format!("{error}; {CHANGED_MEANWHILE}"));
                }
                Written::Unchanged(_) => {
                    let jitter = Duration::from_millis(fastrand::u64(0..200));
                    tokio::time::sleep(PAUSE * attempt + jitter).await;
                }
            }
        }
        Verdict::failed(CHANGED_MEANWHILE)
    }

    async fn write(&self, writing: &Writing<'_>) -> Written {
        let Writing {
            desired,
            wanted,
            folder,
            expected,
        } = *writing;
        let save = Save {
            uid: &wanted.uid,
            body: wanted.rendered(),
            format: &wanted.body.format,
            folder,
            message: self.message,
            expected,
        };
        match self.speaker.save(save).await {
            Ok(found) => {
                let folder = folder.map(|folder| folder.uid.as_str());
                Written::Settled(match as_wanted(&found, desired, wanted, folder) {
                    Ok(()) => Verdict::Done,
                    Err(why) => Verdict::Failed(why),
                })
            }
            Err(error) => self.look_again(error, writing).await,
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
    async fn look_again(&self, error: ApiError, writing: &Writing<'_>) -> Written {
        let Writing {
            desired,
            wanted,
            folder,
            expected,
        } = *writing;
        if !error.is_open() && !error.is_conflict() {
            return Written::Settled(Verdict::failed(&error));
        }
        let format = &wanted.body.format;
        let folder = folder.map(|folder| folder.uid.as_str());
        let found = self.speaker.dashboard(&wanted.uid, format).await;
        if let Ok(Some(found)) = &found
            && as_wanted(found, desired, wanted, folder).is_ok()
        {
            return Written::Settled(Verdict::Done);
        }
        if !error.is_conflict() {
            let why = format!("{error}; it does not stand as declared");
            return Written::Settled(Verdict::Failed(why));
        }
        match (found, expected) {
            (Ok(Some(found)), Some(expected)) if found.version == expected => {
                Written::Unchanged(error)
            }
            (_, Some(_)) => {
                Written::Settled(Verdict::Failed(format!("{error}; {CHANGED_MEANWHILE}")))
            }
            (_, None) => Written::Settled(Verdict::Failed(format!(
                "{error}; something with this uid or title is there; the next cycle looks again"
            ))),
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
            InFolder::Uid(uid) if is_root(uid) => return Ok(None),
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
    let stored = dashboard::canonical(&found.body.json(), format, &wanted.folder.shown());
    if stored.hash() == desired.hash {
        return Ok(());
    }
    let place = normalise::first_difference(&stored, &desired.canonical.open());
    Err(format!(
        "the server keeps something else than what was written at {}; it would differ again",
        place.unwrap_or_default()
    ))
}

fn wanted(change: &Change) -> Option<(&Desired, &Dashboard)> {
    let desired = change.desired.as_ref()?;
    match &*desired.resource.spec {
        Spec::Dashboard(dashboard) => Some((desired, dashboard)),
        Spec::RuleGroup(_)
        | Spec::Folder(_)
        | Spec::DataSource(_)
        | Spec::Route(_)
        | Spec::RouteBase(_) => None,
    }
}
