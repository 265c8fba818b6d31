//! Applying: files first, then one reload, then proof that the server runs what was written.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Site;
use super::batch::prepare;
use super::stage::Apply;
use super::write::Disk;
use crate::model::{Change, Hash, Journal, Outcome, ResourceId};
use crate::provider::outcomes::{Outcomes, Verdict};
use crate::provider::{Cancel, Work, Writer};

/// The writing half of a target.
#[derive(Debug)]
pub struct PrometheusWriter {
    pub(super) site: Arc<Site>,
    /// What the server refused, by the hash of what was declared; see `recover`.
    refused: Mutex<BTreeMap<ResourceId, Option<Hash>>>,
}

impl PrometheusWriter {
    pub(super) fn new(site: Arc<Site>) -> Self {
        Self {
            site,
            refused: Mutex::new(BTreeMap::new()),
        }
    }

    pub(super) fn was_refused(&self, change: &Change) -> bool {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.get(&change.id) == Some(&wanted(change))
    }

    pub(super) fn note_refusal(&self, change: &Change) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.insert(change.id.clone(), wanted(change));
    }

    fn forget_refusal(&self, change: &Change) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.remove(&change.id);
    }
}

fn wanted(change: &Change) -> Option<Hash> {
    change.desired.as_ref().map(|desired| desired.hash)
}

impl Writer for PrometheusWriter {
    async fn apply(&self, work: Work<'_>) -> Vec<Outcome> {
        let Work {
            changes,
            // Rule files keep no message.
            reason: _,
            journal,
            cancel,
        } = work;
        let mut outcomes = Outcomes::new(changes);
        if let Err(reason) = self.run(changes, journal, cancel, &mut outcomes).await {
            outcomes.settle_rest(&Verdict::Failed(reason));
        }
        let outcomes = outcomes.finish();
        for (change, outcome) in changes.iter().zip(&outcomes) {
            if outcome.error.is_none() {
                self.forget_refusal(change);
            }
        }
        outcomes
    }
}

impl PrometheusWriter {
    /// # Errors
    /// With the reason why what is not settled failed.
    async fn run<'a>(
        &'a self,
        changes: &'a [Change],
        journal: &dyn Journal,
        cancel: &dyn Cancel,
        outcomes: &mut Outcomes<'a>,
    ) -> Result<(), String> {
        let site = &*self.site;
        let pending = journal
            .pending(&site.target)
            .map_err(|error| error.to_string())?;
        let mut disk = Disk::new(site.directory.clone(), site.instance.clone());
        disk.sweep().await.map_err(|error| error.to_string())?;
        let slots = prepare(&mut disk, &site.instance, changes, outcomes).await;
        let mut apply = Apply::new(self, changes, outcomes, disk, &pending);
        if changes.is_empty() {
            if apply.finish_pending(site.api.as_ref()).await? {
                for (number, _) in &pending {
                    // Where that fails, the next cycle finishes it again.
                    _ = journal.end(*number);
                }
            }
            return Ok(());
        }
        if slots.is_empty() {
            return Ok(());
        }
        let planned = apply.plan(slots);
        apply.begin(&planned, journal, &pending)?;
        let written = apply.write(planned, cancel).await?;
        if written.is_empty() {
            // Nothing happened; what was pending before still is, in the new intent.
            if !apply.had_pending() {
                apply.end(journal);
            }
            return Ok(());
        }
        let proven = match &site.api {
            None => {
                apply.settle_done(&written);
                Ok(true)
            }
            Some(api) => apply.reload(api, &written).await,
        };
        match proven {
            Ok(true) => apply.end(journal),
            // A later refusal must not take back what was accepted now.
            Ok(false) | Err(_) if apply.accepted => apply.forget_prior(journal),
            Ok(false) | Err(_) => {}
        }
        proven.map(|_| ())
    }
}
