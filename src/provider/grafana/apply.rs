//! Writing: folders, data sources, dashboards, and then what goes, each looked at right before.

mod dashboards;
mod folders;
mod sources;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures_util::{StreamExt, stream};

use super::Site;
use super::api::probe::Server;
use super::api::{ApiError, Speaker};
use super::tree::Tree;
use crate::model::{Action, Change, Outcome, OutcomeResult, Ownership, ResourceKind};
use crate::provider::{Cancel, Work, Writer};

/// The writing half of a target.
#[derive(Debug)]
pub struct GrafanaWriter {
    site: Arc<Site>,
    /// As tenants reach it that have credentials of their own.
    tenants: BTreeMap<String, Arc<Site>>,
}

impl GrafanaWriter {
    pub(super) fn new(site: Arc<Site>, tenants: BTreeMap<String, Arc<Site>>) -> Self {
        Self { site, tenants }
    }

    /// Whose credentials a change is made with: the name of one that has its own, else nobody's.
    fn whose(&self, change: &Change) -> Option<&str> {
        let (name, _) = self.tenants.get_key_value(&**change.tenant.as_ref()?)?;
        Some(name)
    }

    /// What is made comes before what goes, and the platform's folders before what is in them: first everybody's
    /// creates and updates, the platform's first; then the deletes, the platform's last.
    async fn for_each(&self, work: Work<'_>) -> Vec<Outcome> {
        let names: Vec<&str> = self.tenants.keys().map(String::as_str).collect();
        let platform = std::iter::once(None);
        let making = platform.clone().chain(names.iter().copied().map(Some));
        let going = names.iter().copied().map(Some).chain(platform);
        let turns = making
            .map(|who| (who, false))
            .chain(going.map(|who| (who, true)));
        let mut outcomes: BTreeMap<usize, Outcome> = BTreeMap::new();
        for (who, deletes) in turns {
            let changes = work.changes.iter().enumerate();
            let (indices, changes): (Vec<usize>, Vec<Change>) = changes
                .filter(|(_, change)| {
                    self.whose(change) == who && (change.action == Action::Delete) == deletes
                })
                .map(|(index, change)| (index, change.clone()))
                .unzip();
            let site = who.and_then(|name| self.tenants.get(name));
            let work = Work {
                changes: &changes,
                ..work
            };
            let made = apply(site.unwrap_or(&self.site), work).await;
            outcomes.extend(indices.into_iter().zip(made));
        }
        outcomes.into_values().collect()
    }
}

/// Writes at once: with more, a server on SQLite finds its database locked (observed).
const WRITERS: usize = 4;

/// How one change ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    Done,
    Failed(String),
    Skipped(String),
}

impl Verdict {
    fn failed(error: &(impl ToString + ?Sized)) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Writer for GrafanaWriter {
    async fn apply(&self, work: Work<'_>) -> Vec<Outcome> {
        if self.tenants.is_empty() {
            return apply(&self.site, work).await;
        }
        self.for_each(work).await
    }
}

async fn apply(site: &Site, work: Work<'_>) -> Vec<Outcome> {
    // Every object has a uid that is known before it is made, so that what was lost in a crash is found
    // again, and nothing needs to be journalled.
    let Work {
        changes,
        reason,
        journal: _,
        cancel,
    } = work;
    if changes.is_empty() {
        return Vec::new();
    }
    let ready = async {
        let server = site.api.server().await?;
        let speaker = site.api.speaker(&server, site.concurrency);
        let tree = if needs_folders(changes) {
            Tree::new(speaker.folders().await?)
        } else {
            Tree::default()
        };
        Ok::<_, ApiError>((server, tree))
    };
    let (server, tree) = match ready.await {
        Ok(ready) => ready,
        Err(error) => {
            let verdict = |change| outcome(change, Verdict::failed(&error), Instant::now());
            return changes.iter().map(verdict).collect();
        }
    };
    let run = Run {
        site,
        speaker: site.api.speaker(&server, site.concurrency),
        server: &server,
        tree: Mutex::new(tree),
        message: reason,
        cancel,
    };
    run.all(changes).await
}

fn needs_folders(changes: &[Change]) -> bool {
    changes.iter().any(|change| match change.id.kind {
        ResourceKind::Folder => true,
        ResourceKind::Dashboard => change.action != Action::Delete,
        ResourceKind::RuleGroup | ResourceKind::DataSource | ResourceKind::Route => false,
    })
}

/// One call of `apply`.
struct Run<'a> {
    site: &'a Site,
    server: &'a Server,
    speaker: Speaker<'a>,
    /// As it is now: what is made and deleted is in it, and not.
    tree: Mutex<Tree>,
    message: &'a str,
    cancel: &'a dyn Cancel,
}

impl Run<'_> {
    /// In the order in which they come: first what is made and changed, dashboards side by side since none
    /// needs another; then what goes.
    async fn all(&self, changes: &[Change]) -> Vec<Outcome> {
        let mut outcomes: BTreeMap<usize, Outcome> = BTreeMap::new();
        let mut saves = Vec::new();
        for (index, change) in changes.iter().enumerate() {
            match (change.id.kind, change.action) {
                (_, Action::Delete) => {}
                (ResourceKind::Dashboard, _) => saves.push(self.numbered(index, change)),
                (
                    ResourceKind::Folder
                    | ResourceKind::DataSource
                    | ResourceKind::RuleGroup
                    | ResourceKind::Route,
                    _,
                ) => {
                    outcomes.insert(index, self.one(change).await);
                }
            }
        }
        let at_once = self.site.concurrency.min(WRITERS);
        let mut saves = stream::iter(saves).buffered(at_once);
        while let Some((index, outcome)) = saves.next().await {
            outcomes.insert(index, outcome);
        }
        self.deletes(changes, &mut outcomes).await;
        outcomes.into_values().collect()
    }

    async fn deletes(&self, changes: &[Change], outcomes: &mut BTreeMap<usize, Outcome>) {
        let mut content = None;
        for (index, change) in changes.iter().enumerate() {
            if change.action != Action::Delete {
                continue;
            }
            let began = Instant::now();
            let verdict = if self.cancel.is_cancelled() {
                cancelled()
            } else if change.id.kind == ResourceKind::Folder {
                self.delete_folder(change, &mut content).await
            } else {
                self.verdict(change).await
            };
            outcomes.insert(index, outcome(change, verdict, began));
        }
    }

    async fn numbered(&self, index: usize, change: &Change) -> (usize, Outcome) {
        (index, self.one(change).await)
    }

    async fn one(&self, change: &Change) -> Outcome {
        let began = Instant::now();
        let verdict = if self.cancel.is_cancelled() {
            cancelled()
        } else {
            self.verdict(change).await
        };
        outcome(change, verdict, began)
    }

    async fn verdict(&self, change: &Change) -> Verdict {
        match (change.id.kind, change.action) {
            (ResourceKind::Folder, Action::Create) => self.create_folder(change).await,
            (ResourceKind::Folder, Action::Update | Action::Adopt) => {
                self.update_folder(change).await
            }
            (ResourceKind::DataSource, Action::Create) => self.create_source(change).await,
            (ResourceKind::DataSource, Action::Update | Action::Adopt) => {
                self.update_source(change).await
            }
            (ResourceKind::DataSource, Action::Delete) => self.delete_source(change).await,
            (ResourceKind::Dashboard, Action::Delete) => self.delete_dashboard(change).await,
            (ResourceKind::Dashboard, Action::Create | Action::Update | Action::Adopt) => {
                self.save_dashboard(change).await
            }
            (ResourceKind::Folder, Action::Delete)
            | (ResourceKind::RuleGroup | ResourceKind::Route, _) => {
                Verdict::failed("this provider does not know how to do that")
            }
        }
    }

    fn tree(&self) -> std::sync::MutexGuard<'_, Tree> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cancelled() -> Verdict {
    Verdict::Skipped("the run was cancelled".to_owned())
}

fn outcome(change: &Change, verdict: Verdict, began: Instant) -> Outcome {
    let (result, error) = match verdict {
        Verdict::Done => (OutcomeResult::Done, None),
        Verdict::Failed(error) => (OutcomeResult::Failed, Some(error)),
        Verdict::Skipped(why) => (OutcomeResult::Skipped, Some(why)),
    };
    Outcome {
        id: change.id.clone(),
        action: change.action,
        result,
        error: error.map(|error| format!("{}: {error}", change.id)),
        duration: began.elapsed(),
    }
}

/// Whether something that was just read may be written, given what the plan saw.
fn may_write(
    action: Action,
    ownership: &Ownership,
    version: Option<&str>,
    expected: Option<&str>,
) -> Result<(), Verdict> {
    let allowed = match ownership {
        Ownership::Ours => true,
        Ownership::Nobody => action == Action::Adopt,
        Ownership::Theirs(_) | Ownership::Shared => false,
    };
    if !allowed {
        let whose = match ownership {
            Ownership::Theirs(whose) => whose,
            Ownership::Ours | Ownership::Nobody | Ownership::Shared => "nobody that is known",
        };
        return Err(Verdict::Failed(format!(
            "it belongs to {whose} by now; it is left alone"
        )));
    }
    match (version, expected) {
        (Some(version), Some(expected)) if version != expected => {
            Err(Verdict::failed(CHANGED_MEANWHILE))
        }
        _ => Ok(()),
    }
}

/// What is said of a version that is not the expected one.
const CHANGED_MEANWHILE: &str = "it was changed meanwhile; the next cycle looks again";
