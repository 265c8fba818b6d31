//! After a refused reload: back to what was loaded, then the search for the culprit.
//!
//! Reloads are counted: one proves that the restored files are still accepted; then at most
//! ⌈log₂ n⌉ + 1 more (`n` what stands or falls by itself, mostly the changes) find one culprit and put
//! everything else in place. With several culprits a cycle finds the first, leaves what came before it
//! applied, and skips the rest, which the next cycle tries again:
//! - the order starts elsewhere each time (by the intent's number), so that what is good gets applied
//!   whichever place the culprits have;
//! - a culprit that this process knows comes last, and is left out when the others are put in place.

use super::api::Api;
use crate::provider::reload::Reload;

use super::batch::Slot;
use super::compose::compose;
use super::reload::unknown;
use super::stage::Apply;
use crate::provider::bisect::Bisect;
use crate::provider::outcomes::Verdict;

/// A recovery under way.
pub(super) struct Recovery<'r, 'a, 'o> {
    apply: &'r mut Apply<'a, 'o>,
    api: &'r Api,
    slots: &'r [Slot],
    /// Slot and changes of each unit, in the order of the search.
    units: Vec<(usize, &'r [usize])>,
    budget: u32,
}

/// Why a recovery cannot go on; the intent stays pending.
type Stop = String;

impl<'r, 'a, 'o> Recovery<'r, 'a, 'o> {
    pub(super) fn new(apply: &'r mut Apply<'a, 'o>, api: &'r Api, slots: &'r [Slot]) -> Self {
        let mut units: Vec<(usize, &[usize])> = Vec::new();
        for (at, slot) in slots.iter().enumerate() {
            units.extend(slot.units.iter().map(|unit| (at, unit.as_slice())));
        }
        let start = usize::try_from(apply.intent).unwrap_or(0) % units.len().max(1);
        units.rotate_left(start);
        units.sort_by_key(|(_, unit)| is_known(apply, unit));
        let budget = Bisect::budget(units.len());
        Self {
            apply,
            api,
            slots,
            units,
            budget,
        }
    }

    /// Whether the server is known to run what is on disk at the end.
    ///
    /// # Errors
    /// Where it had to stop: the reason why everything that is not settled failed.
    pub(super) async fn run(mut self, words: &str) -> Result<bool, Stop> {
        self.apply.restore().await.map_err(|error| {
            format!("{words}; and the former files could not be put back: {error}")
        })?;
        match self.apply.order(self.api).await {
            Reload::Accepted => {}
            Reload::Refused(again) => {
                return Err(format!(
                    "the server refuses also what was there before, so the fault is not, or not only, in this change ({again}); correct the server's configuration or its other rule files first"
                ));
            }
            Reload::NotDone(why) | Reload::Unknown(why) => return Err(unknown(&why)),
        }
        self.search(words).await
    }

    async fn search(&mut self, words: &str) -> Result<bool, Stop> {
        let mut bisect = Bisect::new((0..self.units.len()).collect());
        let mut words = words.to_owned();
        let mut clean = true;
        while let Some(question) = bisect.question() {
            match self.load(&question).await? {
                None => {
                    clean = true;
                    bisect.answer(true);
                }
                Some(refusal) => {
                    clean = false;
                    words = refusal;
                    bisect.answer(false);
                }
            }
        }
        if let Some(culprit) = bisect.culprit() {
            let unit = self.units[culprit].1;
            for &at in unit {
                self.apply.writer.note_refusal(&self.apply.changes[at]);
            }
            self.apply.fail(
                unit.iter().copied(),
                &format!("the server refuses it: {words}"),
            );
        }
        self.put_rest(bisect, clean).await
    }

    /// Puts in place what was not asked about, without the culprits that are known already.
    async fn put_rest(&mut self, bisect: Bisect, clean: bool) -> Result<bool, Stop> {
        let Bisect { good, waiting, .. } = bisect;
        let (known, waiting): (Vec<usize>, Vec<usize>) = waiting
            .into_iter()
            .partition(|unit| is_known(self.apply, self.units[*unit].1));
        for unit in known {
            let text = "the server refused it before; it is tried again in the next cycle";
            self.apply.fail(self.units[unit].1.iter().copied(), text);
        }
        if clean && waiting.is_empty() {
            return self.apply.confirm(self.api, self.slots).await;
        }
        let all: Vec<usize> = good.iter().chain(&waiting).copied().collect();
        let Some(_) = self.load(&all).await? else {
            return self.apply.confirm(self.api, self.slots).await;
        };
        let text =
            "not tried by itself: the server refuses more than one change; the next cycle goes on";
        for unit in &waiting {
            for &at in self.units[*unit].1 {
                self.apply
                    .outcomes
                    .settle(at, Verdict::Skipped(text.into()));
            }
        }
        self.place(&good).await?;
        // A refused reload leaves the old rules running, and these are they. Loading them once more puts
        // the server's own record of its last reload right; Thanos may have taken a part of what it
        // refused, so there it is needed.
        if (self.budget > 0 || !self.api.refuses_whole())
            && let Some(words) = self.load(&good).await?
        {
            return Err(format!(
                "the server refuses what it accepted a moment ago: {words}"
            ));
        }
        self.apply.confirm(self.api, self.slots).await
    }

    /// Makes the files hold these units, and loads them: `Some` are the words of a refusal.
    async fn load(&mut self, units: &[usize]) -> Result<Option<String>, Stop> {
        self.place(units).await?;
        self.budget = self.budget.saturating_sub(1);
        match self.apply.order(self.api).await {
            Reload::Accepted => Ok(None),
            Reload::Refused(words) => Ok(Some(words)),
            Reload::NotDone(words) => {
                // What is on disk may be refused; a server that starts anew must not find that.
                let restored = self.apply.restore().await;
                restored.map_err(|error| format!("{words}; and {error}"))?;
                Err(unknown(&words))
            }
            Reload::Unknown(words) => Err(unknown(&words)),
        }
    }

    /// Makes every file hold what it held before, and these units.
    async fn place(&mut self, units: &[usize]) -> Result<(), Stop> {
        let apply = &mut *self.apply;
        apply.accepted = false;
        let site = apply.writer.site.clone();
        for (at, slot) in self.slots.iter().enumerate() {
            let chosen = units.iter().map(|unit| self.units[*unit]);
            let changes: Vec<_> = chosen
                .filter(|(slot, _)| *slot == at)
                .flat_map(|(_, unit)| unit.iter().map(|change| &apply.changes[*change]))
                .collect();
            let before = match apply.prior.get(&slot.container.file()) {
                Some((_, content)) => content,
                None => &slot.current,
            };
            let content = if changes.is_empty() {
                before.clone()
            } else {
                let (container, before) = (&slot.container, before.as_deref());
                compose(container, &site.instance, &site.memory, before, changes)?
            };
            apply
                .disk
                .put(&slot.container, content)
                .await
                .map_err(|error| error.to_string())?;
        }
        apply.disk.sync().await.map_err(|error| error.to_string())
    }
}

fn is_known(apply: &Apply<'_, '_>, unit: &[usize]) -> bool {
    unit.iter()
        .any(|at| apply.writer.was_refused(&apply.changes[*at]))
}
