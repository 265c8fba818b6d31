//! Applying: the file whole, then one reload, then proof that the server runs what was written.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Site;
use super::file::{self, ConfigFile};
use super::run::{Run, blocking};
use crate::model::alertmanager::BASE;
use crate::model::{Action, Change, Hash, Outcome, Ownership, ResourceId};
use crate::provider::outcomes::{Outcomes, Verdict};
use crate::provider::{Work, Writer};

/// What a server refused is not tried again for so long, unless it or the platform's own part changes: a refused
/// reload shows as failed in the server's own metrics until another one, which starts its groups anew.
const PATIENCE: Duration = Duration::from_hours(1);

/// The writing half of a target.
#[derive(Debug)]
pub struct AlertmanagerWriter {
    pub(super) site: Arc<Site>,
    refused: Mutex<BTreeMap<ResourceId, Refused>>,
}

/// What the server refused.
#[derive(Debug)]
struct Refused {
    wanted: Option<Hash>,
    words: String,
    at: Instant,
}

impl AlertmanagerWriter {
    pub(super) fn new(site: Arc<Site>) -> Self {
        Self {
            site,
            refused: Mutex::new(BTreeMap::new()),
        }
    }

    /// What the server said when it refused a change, if it did, and not too long ago.
    fn was_refused(&self, change: &Change) -> Option<String> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let known = refused.get(&change.id)?;
        let holds = known.wanted == wanted(change) && known.at.elapsed() < PATIENCE;
        holds.then(|| known.words.clone())
    }

    pub(super) fn note_refusal(&self, change: &Change, words: &str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let refusal = Refused {
            wanted: wanted(change),
            words: words.to_owned(),
            at: Instant::now(),
        };
        refused.insert(change.id.clone(), refusal);
    }

    fn forget_refusal(&self, change: &Change) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.remove(&change.id);
    }
}

fn wanted(change: &Change) -> Option<Hash> {
    change.desired.as_ref().map(|desired| desired.hash)
}

impl Writer for AlertmanagerWriter {
    async fn apply(&self, work: Work<'_>) -> Vec<Outcome> {
        let mut outcomes = Outcomes::new(work.changes);
        if let Err(reason) = self.run(&work, &mut outcomes).await {
            outcomes.settle_rest(&Verdict::Failed(reason));
        }
        let outcomes = outcomes.finish();
        for (change, outcome) in work.changes.iter().zip(&outcomes) {
            if outcome.error.is_none() {
                self.forget_refusal(change);
            }
        }
        outcomes
    }
}

impl AlertmanagerWriter {
    /// # Errors
    /// With the reason why what is not settled failed.
    async fn run<'a>(&'a self, work: &Work<'a>, outcomes: &mut Outcomes<'a>) -> Result<(), String> {
        let pending = work.journal.pending(&self.site.target);
        let pending = pending.map_err(|error| error.to_string())?;
        if work.changes.is_empty() {
            return Run::finish(&self.site, &pending, work.journal).await;
        }
        if work.cancel.is_cancelled() {
            outcomes.settle_rest(&Verdict::Skipped("the run was cancelled".into()));
            return Ok(());
        }
        let site = self.site.clone();
        let current = blocking(move || file::read(&site.path, &site.instance)).await?;
        let units = self.units(current.as_ref(), work.changes, outcomes)?;
        if units.is_empty() {
            return Ok(());
        }
        let version = match &self.site.api {
            Some(api) => {
                api.observe()
                    .await
                    .map_err(|error| error.to_string())?
                    .version
            }
            None => None,
        };
        let run = Run::new(self, work, outcomes, version, current, &pending).await?;
        run.carry_out(units, &pending).await
    }

    /// The changes that can be made, as indices: the platform's own part, in which all others stand, first.
    ///
    /// # Errors
    /// Where none can.
    fn units(
        &self,
        current: Option<&ConfigFile>,
        changes: &[Change],
        outcomes: &mut Outcomes<'_>,
    ) -> Result<Vec<usize>, String> {
        let name = self.site.path.display();
        match current.map(|file| &file.ownership) {
            None | Some(Ownership::Ours | Ownership::Shared) => {}
            Some(Ownership::Theirs(owner)) => {
                return Err(format!("the file {name} belongs to {owner}"));
            }
            Some(Ownership::Nobody) => {
                let adopted = |change: &Change| change.action == Action::Adopt;
                if !changes.iter().any(adopted) {
                    return Err(format!("the file {name} is not ours"));
                }
            }
        }
        let version = current.map(|file| file.hash.to_string());
        let mut units: Vec<usize> = (0..changes.len()).collect();
        units.retain(|&at| {
            let expected = changes[at].expected == version;
            if !expected {
                let text = format!(
                    "the file {name} changed since it was observed; the next cycle looks again"
                );
                outcomes.settle(at, Verdict::Failed(text));
            }
            expected
        });
        units.sort_by_key(|&at| &*changes[at].id.name != BASE);
        // What was refused may be taken in another base: only one that was refused itself changes nothing.
        let base = units.first().map(|&at| &changes[at]);
        let other_base = base.is_some_and(|base| is_base(base) && self.was_refused(base).is_none());
        if !other_base {
            units.retain(|&at| match self.was_refused(&changes[at]) {
                None => true,
                Some(words) => {
                    let text = format!(
                        "the server refused it: {words} (it is tried again as soon as it changes, or within an hour)"
                    );
                    outcomes.settle(at, Verdict::Skipped(text));
                    false
                }
            });
        }
        Ok(units)
    }
}

pub(super) fn is_base(change: &Change) -> bool {
    &*change.id.name == BASE
}
