//! Applying: files first, then one reload, then proof that the server runs what was written.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Site;
use super::api::{Api, Reload};
use super::batch::{Outcomes, Slot, Verdict, prepare};
use super::compose::compose;
use super::container::Container;
use super::recover::Recovery;
use super::verify::verify;
use super::write::{Disk, WriteError};
use crate::model::{Change, Hash, Intent, Journal, Outcome, PriorFile, ResourceId};
use crate::provider::{Cancel, Writer};

/// The writing half of a target.
#[derive(Debug)]
pub struct PrometheusWriter {
    pub(super) site: Arc<Site>,
    /// What the server refused, by the hash of what was declared; see [`Recovery`].
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
    async fn apply(
        &self,
        changes: &[Change],
        journal: &dyn Journal,
        cancel: &dyn Cancel,
    ) -> Vec<Outcome> {
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
        let mut apply = Apply {
            writer: self,
            changes,
            outcomes,
            disk,
            prior: prior_of(&pending),
            intent: 0,
            had_pending: !pending.is_empty(),
        };
        if slots.is_empty() {
            return Ok(());
        }
        let planned = apply.plan(slots);
        apply.begin(&planned, journal, &pending)?;
        let written = apply.write(planned, cancel).await?;
        if written.is_empty() {
            // Nothing happened; what was pending before still is, in the new intent.
            if !apply.had_pending {
                apply.end(journal);
            }
            return Ok(());
        }
        let proven = match &site.api {
            None => {
                apply.settle_done(&written);
                true
            }
            Some(api) => apply.reload(api, &written).await?,
        };
        if proven {
            apply.end(journal);
        }
        Ok(())
    }
}

/// One apply under way.
pub(super) struct Apply<'a, 'o> {
    pub(super) writer: &'a PrometheusWriter,
    pub(super) changes: &'a [Change],
    pub(super) outcomes: &'o mut Outcomes<'a>,
    pub(super) disk: Disk,
    /// What files held when everything was last known to be loaded, by file name.
    pub(super) prior: BTreeMap<String, (Container, Option<Vec<u8>>)>,
    pub(super) intent: i64,
    had_pending: bool,
}

/// A file and what it is to hold.
pub(super) struct Planned {
    pub(super) slot: Slot,
    content: Option<Vec<u8>>,
}

/// The oldest content of each file that a write which was not verified has replaced.
fn prior_of(pending: &[(i64, Intent)]) -> BTreeMap<String, (Container, Option<Vec<u8>>)> {
    let mut prior = BTreeMap::new();
    for file in pending.iter().flat_map(|(_, intent)| &intent.prior) {
        if let Some(container) = Container::of_file(&file.name) {
            let entry = prior.entry(file.name.clone());
            entry.or_insert_with(|| (container, file.content.clone()));
        }
    }
    prior
}

impl Apply<'_, '_> {
    /// Composes what each file is to hold, and notes what it held.
    fn plan(&mut self, slots: Vec<Slot>) -> Vec<Planned> {
        let site = &self.writer.site;
        let mut planned = Vec::new();
        for slot in slots {
            let changes = slot.changes().map(|at| &self.changes[at]);
            let (container, current) = (&slot.container, slot.current.as_deref());
            match compose(container, &site.instance, &site.memory, current, changes) {
                Ok(content) => {
                    if content != slot.current {
                        let prior = || (slot.container.clone(), slot.current.clone());
                        self.prior
                            .entry(slot.container.file())
                            .or_insert_with(prior);
                    }
                    planned.push(Planned { slot, content });
                }
                Err(reason) => self.fail(slot.changes(), &reason),
            }
        }
        planned
    }

    /// Makes the intent durable. It takes over what was still pending, whose numbers are then ended: so
    /// there is one intent to go on from, however often this is cut short.
    fn begin(
        &mut self,
        planned: &[Planned],
        journal: &dyn Journal,
        pending: &[(i64, Intent)],
    ) -> Result<(), String> {
        let mut changes: BTreeMap<_, _> = pending
            .iter()
            .flat_map(|(_, intent)| intent.changes.iter().cloned())
            .collect();
        for at in planned.iter().flat_map(|planned| planned.slot.changes()) {
            let change = &self.changes[at];
            changes.insert(change.id.clone(), change.action);
        }
        let prior = self.prior.iter().map(|(name, (_, content))| PriorFile {
            name: name.clone(),
            content: content.clone(),
        });
        let intent = Intent {
            target: self.writer.site.target.clone(),
            changes: changes.into_iter().collect(),
            prior: prior.collect(),
        };
        self.intent = journal.begin(&intent).map_err(|error| error.to_string())?;
        for (number, _) in pending {
            journal.end(*number).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Clears the intent. Where that fails, what was done is done, and the next cycle verifies again.
    fn end(&self, journal: &dyn Journal) {
        _ = journal.end(self.intent);
    }

    /// Writes the files. A cancel takes effect between two of them.
    async fn write(
        &mut self,
        planned: Vec<Planned>,
        cancel: &dyn Cancel,
    ) -> Result<Vec<Slot>, String> {
        let mut written = Vec::new();
        for Planned { slot, content } in planned {
            if cancel.is_cancelled() {
                for at in slot.changes() {
                    self.outcomes
                        .settle(at, Verdict::Skipped("the run was cancelled".into()));
                }
                continue;
            }
            match self.disk.put(&slot.container, content).await {
                Ok(()) => written.push(slot),
                Err(error) => self.fail(slot.changes(), &error.to_string()),
            }
        }
        self.disk.sync().await.map_err(|error| error.to_string())?;
        Ok(written)
    }

    /// Whether everything is known to be as the server has it, so that the intent can be ended.
    async fn reload(&mut self, api: &Api, slots: &[Slot]) -> Result<bool, String> {
        match api.reload().await {
            Reload::Accepted => self.confirm(api, slots).await,
            Reload::Refused(words) => Recovery::new(self, api, slots).run(&words).await,
            Reload::NotDone(words) => {
                self.restore().await.map_err(|error| error.to_string())?;
                self.fail_open(slots, &format!("{words} (the files were put back)"));
                // What was pending before is not proven by putting it back.
                Ok(!self.had_pending)
            }
            Reload::Unknown(words) => {
                self.fail_open(slots, &unknown(&words));
                Ok(false)
            }
        }
    }

    /// Settles what is open by what the server runs now.
    pub(super) async fn confirm(&mut self, api: &Api, slots: &[Slot]) -> Result<bool, String> {
        let open = |at: &usize| self.outcomes.is_open(*at);
        let touched: Vec<(&Container, usize)> = slots
            .iter()
            .flat_map(|slot| slot.changes().map(move |at| (&slot.container, at)))
            .filter(|(_, at)| open(at))
            .collect();
        let directory = &self.writer.site.directory;
        let missing = verify(api, directory, self.changes, &touched).await?;
        let proven = missing.is_empty();
        for (at, reason) in missing {
            self.outcomes.settle(at, Verdict::Failed(reason));
        }
        self.settle_done(slots);
        Ok(proven)
    }

    /// Puts every file back to what it held when all was last known to be loaded.
    pub(super) async fn restore(&mut self) -> Result<(), WriteError> {
        for (name, (container, content)) in self.prior.clone() {
            if !self.disk.has_seen(&name) {
                self.disk.read(&container).await?;
            }
            self.disk.put(&container, content).await?;
        }
        self.disk.sync().await
    }

    pub(super) fn settle_done(&mut self, slots: &[Slot]) {
        for at in slots.iter().flat_map(Slot::changes) {
            self.outcomes.settle(at, Verdict::Done);
        }
    }

    pub(super) fn fail(&mut self, indices: impl Iterator<Item = usize>, reason: &str) {
        for at in indices {
            self.outcomes.settle(at, Verdict::Failed(reason.to_owned()));
        }
    }

    pub(super) fn fail_open(&mut self, slots: &[Slot], reason: &str) {
        self.fail(slots.iter().flat_map(Slot::changes), reason);
    }
}

/// The text for a reload whose end nobody saw.
pub(super) fn unknown(words: &str) -> String {
    format!(
        "{words}; whether the server loaded the new rules is unknown, the next cycle observes again"
    )
}
