//! The reload after the files are written, and what its end means for them.

use super::api::Api;
use super::batch::Slot;
use super::container::Container;
use super::recover::Recovery;
use super::stage::Apply;
use super::verify::verify;
use super::write::WriteError;
use crate::provider::outcomes::Verdict;
use crate::provider::reload::Reload;

impl Apply<'_, '_> {
    /// Whether everything is known to be as the server has it, so that the intent can be ended.
    pub(super) async fn reload(&mut self, api: &Api, slots: &[Slot]) -> Result<bool, String> {
        match self.order(api).await {
            Reload::Accepted => self.confirm(api, slots).await,
            Reload::Refused(words) => Recovery::new(self, api, slots).run(&words).await,
            Reload::NotDone(words) => {
                self.restore().await.map_err(|error| error.to_string())?;
                self.fail_open(slots, &format!("{words} (the files were put back)"));
                // What was pending before is not proven by putting it back.
                Ok(!self.had_pending())
            }
            Reload::Unknown(words) => {
                self.fail_open(slots, &unknown(&words));
                Ok(false)
            }
        }
    }

    /// Brings what a former apply left to its end, where there is nothing else to do: everything that it
    /// wrote is as declared, and whether the server has loaded it is not known. Whether it is ended now.
    pub(super) async fn finish_pending(&mut self, api: Option<&Api>) -> Result<bool, String> {
        let (true, Some(api)) = (self.had_pending(), api) else {
            return Ok(true);
        };
        match self.order(api).await {
            Reload::Accepted => Ok(true),
            Reload::Refused(_) => {
                self.restore().await.map_err(|error| error.to_string())?;
                Ok(self.order(api).await == Reload::Accepted)
            }
            Reload::NotDone(_) | Reload::Unknown(_) => Ok(false),
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

    /// Orders one reload.
    pub(super) async fn order(&mut self, api: &Api) -> Reload {
        let result = api.reload().await;
        self.accepted = result == Reload::Accepted;
        result
    }
}

/// The text for a reload whose end nobody saw.
pub(super) fn unknown(words: &str) -> String {
    format!(
        "{words}; whether the server loaded the new rules is unknown, the next cycle observes again"
    )
}
