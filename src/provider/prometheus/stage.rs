//! One apply under way: what is to be written, what it replaces, and what the journal knows of it.

use std::collections::BTreeMap;

use super::apply::PrometheusWriter;
use super::batch::Slot;
use super::compose::compose;
use super::container::Container;
use super::write::Disk;
use crate::model::{Action, Change, Intent, Journal, PriorFile, ResourceId};
use crate::provider::Cancel;
use crate::provider::outcomes::{Outcomes, Verdict};

/// One apply under way.
pub(super) struct Apply<'a, 'o> {
    pub(super) writer: &'a PrometheusWriter,
    pub(super) changes: &'a [Change],
    pub(super) outcomes: &'o mut Outcomes<'a>,
    pub(super) disk: Disk,
    /// What files held when everything was last known to be loaded, by file name.
    pub(super) prior: BTreeMap<String, (Container, Option<Vec<u8>>)>,
    pub(super) intent: i64,
    /// What the intent names.
    begun: Vec<(ResourceId, Action)>,
    had_pending: bool,
    /// Whether the last reload was accepted, so that the server runs what is on disk.
    pub(super) accepted: bool,
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

impl<'a, 'o> Apply<'a, 'o> {
    pub(super) fn new(
        writer: &'a PrometheusWriter,
        changes: &'a [Change],
        outcomes: &'o mut Outcomes<'a>,
        disk: Disk,
        pending: &[(i64, Intent)],
    ) -> Self {
        Self {
            writer,
            changes,
            outcomes,
            disk,
            prior: prior_of(pending),
            intent: 0,
            begun: Vec::new(),
            had_pending: !pending.is_empty(),
            accepted: false,
        }
    }

    /// Whether a former apply left something to verify.
    pub(super) fn had_pending(&self) -> bool {
        self.had_pending
    }

    /// Composes what each file is to hold, and notes what it held.
    pub(super) fn plan(&mut self, slots: Vec<Slot>) -> Vec<Planned> {
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
    pub(super) fn begin(
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
        self.begun.clone_from(&intent.changes);
        self.intent = journal.begin(&intent).map_err(|error| error.to_string())?;
        for (number, _) in pending {
            journal.end(*number).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Goes on with an intent that remembers what is to be verified, and nothing to put back.
    pub(super) fn forget_prior(&mut self, journal: &dyn Journal) {
        let intent = Intent {
            target: self.writer.site.target.clone(),
            changes: self.begun.clone(),
            prior: Vec::new(),
        };
        // Where the journal fails, the intent with the prior content stands: safe, if not as good.
        if journal.begin(&intent).is_ok() {
            self.end(journal);
        }
    }

    /// Clears the intent. Where that fails, what was done is done, and the next cycle verifies again.
    pub(super) fn end(&self, journal: &dyn Journal) {
        _ = journal.end(self.intent);
    }

    /// Writes the files. A cancel takes effect between two of them.
    pub(super) async fn write(
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
