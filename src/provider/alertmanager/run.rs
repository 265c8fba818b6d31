//! One apply under way: what was there, what is written, and what the journal knows of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::api::{Api, Reload};
use super::apply::AlertmanagerWriter;
use super::draft::Draft;
use super::file::{self, Access, ConfigFile, FileError};
use super::recover::Recovery;
use super::{Site, recover};
use crate::model::{Change, Hash, Intent, Journal, Ownership, PriorFile, ResourceId, Version};
use crate::provider::Work;
use crate::provider::outcomes::{Outcomes, Verdict};

/// How long the server may take to tell that it runs what it has loaded; it tells at once.
const DEADLINE: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// One apply under way.
pub(super) struct Run<'a, 'o> {
    pub(super) writer: &'a AlertmanagerWriter,
    pub(super) changes: &'a [Change],
    journal: &'a dyn Journal,
    pub(super) outcomes: &'o mut Outcomes<'a>,
    pub(super) version: Option<Version>,
    /// What the file held when the server was last known to run it; `None` where there was none.
    prior: Option<Vec<u8>>,
    /// The same, taken apart.
    pub(super) before: Draft,
    /// What is on disk now.
    seen: Option<Hash>,
    /// What was last put there.
    content: Option<Vec<u8>>,
    /// Who may read it, and who might before.
    access: Access,
    access_before: Access,
    /// Whether a former apply left something to verify.
    had_pending: bool,
    pub(super) intent: i64,
    /// What the intent names.
    begun: Vec<(ResourceId, crate::model::Action)>,
    /// A file of nobody's is about to be taken over.
    adopts: bool,
    /// Whether the server has accepted what is on disk.
    accepted: bool,
}

/// Runs what blocks.
///
/// # Errors
/// In words.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FileError> + Send + 'static,
) -> Result<T, String> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(error) => Err(format!("work on a file was interrupted: {error}")),
    }
}

impl<'a, 'o> Run<'a, 'o> {
    pub(super) async fn new(
        writer: &'a AlertmanagerWriter,
        work: &Work<'a>,
        outcomes: &'o mut Outcomes<'a>,
        version: Option<Version>,
        current: Option<ConfigFile>,
        pending: &[(i64, Intent)],
    ) -> Result<Self, String> {
        let site = &writer.site;
        let prior = prior(site, current.as_ref(), pending).await?;
        let parsed = prior.as_deref().map(|bytes| site.parse(bytes));
        let access = file::access(&site.path);
        Ok(Self {
            writer,
            changes: work.changes,
            journal: work.journal,
            outcomes,
            version,
            before: Draft::of(parsed.as_ref()),
            prior,
            adopts: current
                .as_ref()
                .is_some_and(|file| file.ownership == Ownership::Nobody),
            seen: current.as_ref().map(|file| file.hash),
            content: None,
            access,
            access_before: access,
            had_pending: !pending.is_empty(),
            intent: 0,
            begun: Vec::new(),
            accepted: false,
        })
    }

    /// Writes the file with all changes, has it loaded, and proves it.
    ///
    /// # Errors
    /// With the reason why what is not settled failed.
    pub(super) async fn carry_out(
        mut self,
        units: Vec<usize>,
        pending: &[(i64, Intent)],
    ) -> Result<(), String> {
        let site = self.writer.site.clone();
        let current = match self.seen {
            Some(_) => {
                let site = site.clone();
                blocking(move || file::read(&site.path, &site.instance)).await?
            }
            None => None,
        };
        let mut draft = Draft::of(current.as_ref());
        let mut written = Vec::with_capacity(units.len());
        for at in units {
            match draft.change(&self.changes[at], &site, self.version) {
                Ok(()) => written.push(at),
                Err(reason) => self.outcomes.settle(at, Verdict::Failed(reason)),
            }
        }
        let content = draft.text(&site)?;
        if written.is_empty() {
            return Ok(());
        }
        self.begin(&written, pending).await?;
        if draft.holds_secrets() {
            self.access = self.access.without_others();
        }
        self.put(Some(content.clone())).await?;
        let proven = match &site.api {
            None => {
                self.settle_done(&written);
                Ok(true)
            }
            Some(api) => self.load(api, &content, &written).await,
        };
        match proven {
            Ok(true) => self.end().await,
            // A later refusal must not take back what was accepted now.
            Ok(false) | Err(_) if self.accepted => self.go_on().await,
            Ok(false) | Err(_) => {}
        }
        proven.map(|_| ())
    }

    /// Whether the server is known to run what is on disk.
    async fn load(&mut self, api: &Api, content: &[u8], written: &[usize]) -> Result<bool, String> {
        match self.order(api).await {
            Reload::Accepted => self.confirm(api, content, written).await,
            Reload::Refused(words) => Recovery::new(self, api, written).run(&words).await,
            Reload::NotDone(words) => {
                self.restore().await?;
                let text = format!("{words} (the file was put back)");
                self.fail(written, &text);
                // What was pending before is not proven by putting it back.
                Ok(!self.had_pending)
            }
            Reload::Unknown(words) => {
                self.fail(written, &recover::unknown(&words));
                Ok(false)
            }
        }
    }

    /// Makes the intent durable, and what it may have to put back. It takes over what was still pending.
    async fn begin(&mut self, written: &[usize], pending: &[(i64, Intent)]) -> Result<(), String> {
        let changes = written.iter().map(|&at| &self.changes[at]);
        let mut begun: Vec<_> = changes.map(|c| (c.id.clone(), c.action)).collect();
        let earlier = pending.iter().flat_map(|(_, intent)| &intent.changes);
        begun.extend(earlier.cloned());
        begun.sort();
        begun.dedup_by(|a, b| a.0 == b.0);
        self.begun = begun;
        self.intent = self.note(self.prior.is_none())?;
        for (number, _) in pending {
            self.journal
                .end(*number)
                .map_err(|error| error.to_string())?;
        }
        // After the intent, which sees to it that it is forgotten.
        let site = self.writer.site.clone();
        if let Some(prior) = self.prior.clone() {
            let adopts = self.adopts;
            blocking(move || {
                if adopts {
                    file::keep(&site.path)?;
                }
                file::keep_prior(&site.path, &site.instance, &prior)
            })
            .await?;
        }
        Ok(())
    }

    /// `was_none`: before it there was no file.
    fn note(&self, was_none: bool) -> Result<i64, String> {
        let site = &self.writer.site;
        // What the file held stands beside it; see `file::keep_prior`.
        let none = was_none.then(|| PriorFile {
            name: site.path.display().to_string(),
            content: None,
        });
        let intent = Intent {
            target: site.target.clone(),
            changes: self.begun.clone(),
            prior: none.into_iter().collect(),
        };
        self.journal
            .begin(&intent)
            .map_err(|error| error.to_string())
    }

    /// Clears the intent. Where that fails, what was done is done, and the next cycle verifies again.
    async fn end(&self) {
        // What was kept first: without an intent nobody would look for it, and secrets may be in it.
        if self.forget_prior().await {
            _ = self.journal.end(self.intent);
        }
    }

    /// Goes on with an intent that has nothing to put back, and does not know of a time without a file.
    async fn go_on(&mut self) {
        if self.prior.is_none()
            && let Ok(number) = self.note(false)
        {
            _ = self.journal.end(self.intent);
            self.intent = number;
        }
        _ = self.forget_prior().await;
    }

    /// Forgets what was kept; whether nothing is left.
    async fn forget_prior(&self) -> bool {
        let site = self.writer.site.clone();
        let forgotten = blocking(move || file::forget_prior(&site.path, &site.instance)).await;
        forgotten.is_ok()
    }

    /// Makes the file hold `content`; nothing is done where it already does.
    pub(super) async fn put(&mut self, content: Option<Vec<u8>>) -> Result<(), String> {
        self.put_for(content, self.access).await
    }

    async fn put_for(&mut self, content: Option<Vec<u8>>, access: Access) -> Result<(), String> {
        self.accepted = false;
        self.content.clone_from(&content);
        let wanted = content.as_deref().map(Hash::of);
        if wanted == self.seen {
            return Ok(());
        }
        let (site, seen) = (self.writer.site.clone(), self.seen);
        blocking(move || {
            file::replace(&site.path, &site.instance, seen, content.as_deref(), access)
        })
        .await?;
        self.seen = wanted;
        Ok(())
    }

    /// Puts back what the server was last known to run.
    pub(super) async fn restore(&mut self) -> Result<(), String> {
        self.put_for(self.prior.clone(), self.access_before).await
    }

    pub(super) fn has_prior(&self) -> bool {
        self.prior.is_some()
    }

    pub(super) fn prior(&self) -> Option<&[u8]> {
        self.prior.as_deref()
    }

    /// Orders one reload.
    pub(super) async fn order(&mut self, api: &Api) -> Reload {
        let result = api.reload().await;
        self.accepted = result == Reload::Accepted;
        let site = &self.writer.site;
        result.map(|words| match &self.content {
            Some(bytes) => site.parse(bytes).redacted(&words),
            None => words,
        })
    }

    /// Settles what is open by what the server runs now.
    pub(super) async fn confirm(
        &mut self,
        api: &Api,
        content: &[u8],
        written: &[usize],
    ) -> Result<bool, String> {
        if runs(api, content).await? {
            self.settle_done(written);
            return Ok(true);
        }
        let text = format!(
            "the server reloaded and runs another configuration; does it read {}?",
            self.writer.site.path.display()
        );
        // Asking for the same again and again would start its groups anew each time.
        for &at in written {
            self.writer.note_refusal(&self.changes[at], &text);
        }
        self.fail(written, &text);
        Ok(false)
    }

    fn settle_done(&mut self, written: &[usize]) {
        for &at in written {
            self.outcomes.settle(at, Verdict::Done);
        }
    }

    pub(super) fn fail(&mut self, units: &[usize], reason: &str) {
        for &at in units {
            self.outcomes.settle(at, Verdict::Failed(reason.to_owned()));
        }
    }

    /// Brings what a former apply left to its end, where there is nothing else to do.
    pub(super) async fn finish(
        site: &Arc<Site>,
        pending: &[(i64, Intent)],
        journal: &dyn Journal,
    ) -> Result<(), String> {
        if pending.is_empty() {
            return Ok(());
        }
        let reader = site.clone();
        let current = blocking(move || file::read(&reader.path, &reader.instance)).await?;
        if let (Some(api), Some(current)) = (&site.api, &current)
            && !is_running(api, current).await?
        {
            match api.reload().await.map(|words| current.redacted(&words)) {
                Reload::Accepted => {}
                Reload::Refused(_) => put_back(site, api, current, pending).await?,
                Reload::NotDone(why) | Reload::Unknown(why) => return Err(why),
            }
        }
        let site = site.clone();
        blocking(move || file::forget_prior(&site.path, &site.instance)).await?;
        for (number, _) in pending {
            // Where that fails, the next cycle finishes it again.
            _ = journal.end(*number);
        }
        Ok(())
    }
}

/// Whether the server says itself that it runs a file, and that its last reload went well.
async fn is_running(api: &Api, current: &ConfigFile) -> Result<bool, String> {
    let view = api.observe().await.map_err(|error| error.to_string())?;
    let is_told = view.running.is_some() && view.successful;
    Ok(is_told && view.runs(&current.bytes, current.modified))
}

/// Puts back what the server ran before a write that it refuses.
async fn put_back(
    site: &Arc<Site>,
    api: &Api,
    current: &ConfigFile,
    pending: &[(i64, Intent)],
) -> Result<(), String> {
    let prior = prior(site, Some(current), pending).await?;
    let (writer, seen) = (site.clone(), Some(current.hash));
    let former = prior.as_deref().map(|bytes| site.parse(bytes));
    blocking(move || {
        let access = file::access(&writer.path);
        let (path, instance) = (&writer.path, &writer.instance);
        file::replace(path, instance, seen, prior.as_deref(), access)
    })
    .await?;
    let reload = api.reload().await.map(|words| match &former {
        Some(former) => former.redacted(&words),
        None => words,
    });
    match reload {
        Reload::Accepted => Ok(()),
        Reload::Refused(why) | Reload::NotDone(why) | Reload::Unknown(why) => Err(why),
    }
}

/// What the file held when the server was last known to run it.
async fn prior(
    site: &Arc<Site>,
    current: Option<&ConfigFile>,
    pending: &[(i64, Intent)],
) -> Result<Option<Vec<u8>>, String> {
    let here = || current.map(|file| file.bytes.clone());
    if pending.is_empty() {
        return Ok(here());
    }
    let mut files = pending.iter().flat_map(|(_, intent)| &intent.prior);
    if files.any(|file| file.content.is_none()) {
        return Ok(None);
    }
    let site = site.clone();
    let kept = blocking(move || file::read_prior(&site.path, &site.instance)).await?;
    Ok(kept.or_else(here))
}

/// Asks until the server runs a file, or the deadline passes.
async fn runs(api: &Api, content: &[u8]) -> Result<bool, String> {
    let began = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let view = api.observe().await.map_err(|error| {
            format!("the server reloaded, and could not be asked what it runs now ({error}); the next cycle observes again")
        })?;
        // It has just reloaded: without a fingerprint that is all there is to know.
        if view.runs(content, 0.0) {
            return Ok(true);
        }
        if began.elapsed() >= DEADLINE {
            return Ok(false);
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

impl Site {
    fn parse(&self, bytes: &[u8]) -> ConfigFile {
        file::parse(bytes.to_vec(), &self.path, &self.instance)
    }
}
