//! After a refused reload: back to what was loaded, then the search for the culprit.
//!
//! Reloads are counted: one proves that the former file is still accepted; then at most ⌈log₂ n⌉ + 1 more find one
//! culprit and put everything else in place. With several culprits a cycle finds the first, leaves what came before
//! it applied, and skips the rest, which the next cycle tries again, beginning elsewhere. The platform's own part
//! comes first in every try: all others stand in it.

use super::api::{Api, Reload};
use super::apply::is_base;
use super::run::Run;
use crate::provider::bisect::Bisect;
use crate::provider::outcomes::Verdict;

/// A recovery under way.
pub(super) struct Recovery<'r, 'a, 'o> {
    run: &'r mut Run<'a, 'o>,
    api: &'r Api,
    /// Changes, as indices, in the order of the search.
    units: Vec<usize>,
}

/// Why a recovery cannot go on; the intent stays pending.
type Stop = String;

/// The text for a reload whose end nobody saw.
pub(super) fn unknown(words: &str) -> String {
    format!(
        "{words}; whether the server loaded the new configuration is unknown, the next cycle observes again"
    )
}

impl<'r, 'a, 'o> Recovery<'r, 'a, 'o> {
    pub(super) fn new(run: &'r mut Run<'a, 'o>, api: &'r Api, written: &[usize]) -> Self {
        let (mut units, mut others): (Vec<usize>, Vec<usize>) =
            written.iter().partition(|&&at| is_base(&run.changes[at]));
        let start = usize::try_from(run.intent).unwrap_or(0) % others.len().max(1);
        others.rotate_left(start);
        units.extend(others);
        Self { run, api, units }
    }

    /// Whether the server is known to run what is on disk at the end.
    ///
    /// # Errors
    /// Where it had to stop: the reason why everything that is not settled failed.
    pub(super) async fn run(mut self, words: &str) -> Result<bool, Stop> {
        self.run.restore().await.map_err(|error| {
            format!("{words}; and the former file could not be put back: {error}")
        })?;
        if self.run.has_prior() {
            match self.run.order(self.api).await {
                Reload::Accepted => {}
                Reload::Refused(again) => {
                    return Err(format!(
                        "the server now refuses the previous configuration too ({again}): check on its machine that its user can read the file, and what that refers to; it keeps running what it loaded last, so do not restart it"
                    ));
                }
                Reload::NotDone(why) | Reload::Unknown(why) => return Err(unknown(&why)),
            }
        }
        self.search(words).await
    }

    async fn search(&mut self, words: &str) -> Result<bool, Stop> {
        let mut bisect = Bisect::new((0..self.units.len()).collect());
        let mut words = words.to_owned();
        // Whether the last order was followed, and with what.
        let mut loaded = Some(Vec::new());
        while let Some(question) = bisect.question() {
            let refusal = self.load(&question).await?;
            bisect.answer(refusal.is_none());
            loaded = refusal.is_none().then_some(question);
            words = refusal.unwrap_or(words);
        }
        if let Some(culprit) = bisect.culprit() {
            let at = self.units[culprit];
            self.run.writer.note_refusal(&self.run.changes[at], &words);
            let text = format!("the server refuses it: {words}");
            self.run.fail(&[at], &text);
            if is_base(&self.run.changes[at]) && !self.run.before.has_base() {
                let text =
                    "it stands in the platform's own part, base_file, which the server refuses";
                let all = self.units.clone();
                self.run.fail(&all, text);
                return Ok(self.run.has_prior());
            }
        }
        let Bisect { good, waiting, .. } = bisect;
        self.put_rest(&good, &waiting, loaded).await
    }

    /// Puts in place what was not asked about.
    async fn put_rest(
        &mut self,
        good: &[usize],
        waiting: &[usize],
        loaded: Option<Vec<usize>>,
    ) -> Result<bool, Stop> {
        if waiting.is_empty() && loaded.as_deref() == Some(good) {
            return self.confirm(good).await;
        }
        let all: Vec<usize> = good.iter().chain(waiting).copied().collect();
        if self.load(&all).await?.is_none() {
            return self.confirm(&all).await;
        }
        let text =
            "not tried by itself: the server refuses more than one change; the next cycle goes on";
        for unit in waiting {
            let at = self.units[*unit];
            self.run.outcomes.settle(at, Verdict::Skipped(text.into()));
        }
        // Once more what is good, to put the server's own record of its last reload right.
        match self.load(good).await? {
            None => self.confirm(good).await,
            Some(words) => Err(format!(
                "the server refuses what it accepted a moment ago: {words}"
            )),
        }
    }

    /// Has these units loaded beside what was there before: `Some` are the words of a refusal.
    async fn load(&mut self, units: &[usize]) -> Result<Option<String>, Stop> {
        let content = self.text(units)?;
        self.run.put(content).await?;
        match self.run.order(self.api).await {
            Reload::Accepted => Ok(None),
            Reload::Refused(words) => Ok(Some(words)),
            Reload::NotDone(words) => {
                // What is on disk may be refused; a server that starts anew must not find that.
                let restored = self.run.restore().await;
                restored.map_err(|error| format!("{words}; and {error}"))?;
                Err(unknown(&words))
            }
            Reload::Unknown(words) => Err(unknown(&words)),
        }
    }

    /// The file with these units; with none it is what it was.
    fn text(&self, units: &[usize]) -> Result<Option<Vec<u8>>, Stop> {
        if units.is_empty() {
            return Ok(self.run.prior().map(<[u8]>::to_vec));
        }
        let site = &self.run.writer.site;
        let mut draft = self.run.before.clone();
        for unit in units {
            let change = &self.run.changes[self.units[*unit]];
            draft.change(change, site, self.run.version)?;
        }
        draft.text(site).map(Some)
    }

    async fn confirm(&mut self, units: &[usize]) -> Result<bool, Stop> {
        let Some(content) = self.text(units)? else {
            return Ok(false);
        };
        let written: Vec<usize> = units.iter().map(|unit| self.units[*unit]).collect();
        self.run.confirm(self.api, &content, &written).await
    }
}
