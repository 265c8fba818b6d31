//! When passes run.
//!
//! One task looks at the repository and publishes what it declares; one lane a target makes it true. A
//! wake-up says that something may have changed, never what: whoever wakes looks for itself, and wake-ups
//! that come while somebody is busy become one. A slow or failing target delays no other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::cycle::{self, CycleError};
use super::declare::Declaration;
use super::keeper::{Keeper, Pokes};
use super::lane;
use super::memo::ParseMemo;
use super::notes;
use super::status::Board;
use super::stop::Stop;
use super::wake::{Poke, Wake};
use crate::model::{Action, Outcome, OutcomeResult, ResourceId, TargetName};
use crate::resolve::Resolved;
use crate::settings::Settings;
use crate::source::{Source, SourceError, Want};
use crate::state::{Event, State, What};
use crate::telemetry::{FetchFailed, FetchRecovered, Fetched};

/// What everybody in the daemon shares.
#[derive(Debug)]
pub struct Daemon {
    pub settings: Arc<Settings>,
    pub state: Arc<State>,
    pub source: Source,
    pub board: Arc<Board>,
    pub stop: Stop,
    /// Asks for a look at the repository now.
    pub poke: Poke,
    next_cycle: AtomicI64,
    /// What each target was last seen to have.
    live: Mutex<BTreeMap<TargetName, Arc<BTreeSet<ResourceId>>>>,
    /// Poked when a target got something that another may wait for.
    arrived: watch::Sender<u64>,
    /// Targets on which what is in hand is to end with the next write, as somebody has paused them.
    halted: Mutex<BTreeSet<TargetName>>,
    /// Poked when somebody wants a target looked at now, whole.
    wanted: watch::Sender<u64>,
    /// Counts the looks at the repository that came to an end.
    looked: watch::Sender<u64>,
}

/// What the repository was last seen to declare.
#[derive(Clone, Debug, Default)]
pub(super) struct Published {
    declaration: Option<Arc<Declaration>>,
    /// Why it says nothing now: the branch is gone, or empty. Nothing is done then.
    unknown: Option<String>,
    /// It has changed, and is being read.
    pub(super) coming: bool,
}

impl Daemon {
    /// `poke` is what others ask for a look by; it may have served another daemon before.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn new(
        settings: Arc<Settings>,
        state: Arc<State>,
        source: Source,
        stop: Stop,
        poke: Poke,
    ) -> Result<Arc<Self>, CycleError> {
        let next = state.last_cycle()? + 1;
        Ok(Arc::new(Self {
            board: Arc::new(Board::new(&settings)),
            settings,
            state,
            source,
            stop,
            poke,
            next_cycle: AtomicI64::new(next),
            live: Mutex::default(),
            arrived: watch::Sender::new(0),
            halted: Mutex::default(),
            wanted: watch::Sender::new(0),
            looked: watch::Sender::new(0),
        }))
    }

    /// Runs until it is stopped; the change in hand is finished first. What fails is retried.
    pub async fn run(self: Arc<Self>) {
        let published = watch::Sender::new(Published::default());
        let mut tasks = JoinSet::new();
        let (lanes, writers) = lane::open(&self.settings);
        let writers = Arc::new(writers);
        for lane in lanes {
            let pokes = Pokes {
                published: published.subscribe(),
                arrived: self.arrived.subscribe(),
                wanted: self.wanted.subscribe(),
            };
            tasks.spawn(Keeper::new(self.clone(), lane, writers.clone(), pokes).run());
        }
        let mut memo = ParseMemo::default();
        let mut wake = Wake::new(&self.settings.repository, &self.source, self.poke.clone());
        let mut head = Head::default();
        // A stop must not wait for a server that does not answer: nothing is written by looking.
        let (stop, source) = (self.stop.clone(), self.source.clone());
        tokio::spawn(async move {
            stop.stopped().await;
            source.shutdown();
        });
        while !self.stop.is_stopped() {
            self.look(&mut memo, &mut head, &published).await;
            self.looked.send_modify(|count| *count += 1);
            tokio::select! {
                () = self.stop.stopped() => {}
                () = wake.next() => {}
                // No lane ends by itself: a daemon that has lost one must not look as if it were well.
                Some(ended) = tasks.join_next() => raise(ended),
            }
        }
        drop(published);
        while let Some(ended) = tasks.join_next().await {
            raise(ended);
        }
    }

    /// Looks at the repository, and publishes what it declares if that is new.
    async fn look(
        &self,
        memo: &mut ParseMemo,
        head: &mut Head,
        published: &watch::Sender<Published>,
    ) {
        let started = Instant::now();
        let declared = self.declare(memo, head, published).await;
        match declared {
            Ok(declared) => {
                if head.failing.take().is_some() {
                    FetchRecovered.emit();
                    self.note(What::Recovered, None, None);
                }
                let now = Timestamp::now();
                self.board.set_repository(|repository| {
                    repository.fetched_at = Some(now);
                    repository.error = None;
                });
                let Some(declaration) = declared else { return };
                let revision = declaration.revision().to_text();
                self.board
                    .set_repository(|repository| repository.revision = revision);
                let (declaration, took) = (Arc::new(declaration), started.elapsed());
                // Before it is told, as there may be much to tell.
                published.send_replace(Published {
                    declaration: Some(declaration.clone()),
                    unknown: None,
                    coming: false,
                });
                notes::revision(&declaration, took);
            }
            Err(CycleError::Source(SourceError::Stopped)) => {}
            Err(error) => {
                let text = error.to_string();
                FetchFailed {
                    error: &text,
                    duration: started.elapsed(),
                    repeated: head.failing.as_ref() == Some(&text),
                }
                .emit();
                self.board
                    .set_repository(|repository| repository.error = Some(text.clone()));
                if head.failing.is_none() {
                    self.note(What::Failing, None, Some(&text));
                }
                if says_nothing(&error) && published.borrow().declaration.is_some() {
                    head.declared = None;
                    published.send_modify(|published| published.unknown = Some(text.clone()));
                }
                head.failing = Some(text);
            }
        }
        if published.borrow().coming {
            published.send_modify(|published| published.coming = false);
        }
    }

    /// What the repository declares; `None` where it is what was published last.
    async fn declare(
        &self,
        memo: &mut ParseMemo,
        head: &mut Head,
        published: &watch::Sender<Published>,
    ) -> Result<Option<Declaration>, CycleError> {
        let asked = Instant::now();
        let snapshot = self.source.snapshot(Want::Head).await;
        Fetched {
            duration: asked.elapsed(),
        }
        .emit();
        let snapshot = snapshot?;
        if head.declared == Some(snapshot.revision) {
            return Ok(None);
        }
        published.send_modify(|published| published.coming = true);
        let declaration =
            cycle::declare(&self.settings, &self.source, snapshot, memo, &self.state).await?;
        let repository = &self.settings.repository.name;
        cycle::remember(&self.state, repository, &declaration.memory)?;
        head.declared = Some(declaration.revision());
        Ok(Some(declaration))
    }
}

/// Goes on with a panic of a task.
fn raise(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        std::panic::resume_unwind(error.into_panic());
    }
}

impl Published {
    /// What is to be made true now.
    pub(super) fn now(&self) -> Option<Arc<Declaration>> {
        let declaration = self.declaration.as_ref()?;
        let Some(unknown) = &self.unknown else {
            return Some(declaration.clone());
        };
        let nothing = Resolved {
            unknown: Some(unknown.clone()),
            ..Resolved::default()
        };
        Some(Arc::new(Declaration {
            resolved: Arc::new(nothing),
            ..Declaration::clone(declaration)
        }))
    }
}

/// Whether the repository was reached and has nothing to say, so that what it said before does not hold
/// any more. A repository that is out of reach still means what it last said.
fn says_nothing(error: &CycleError) -> bool {
    matches!(
        error,
        CycleError::Source(
            SourceError::NoCommits { .. }
                | SourceError::ReferencesVanished { .. }
                | SourceError::BranchMissing { .. }
                | SourceError::PathMissing { .. }
                | SourceError::Empty { .. }
                | SourceError::TooManyFiles { .. }
        )
    )
}

/// What is known of the branch's head.
#[derive(Debug, Default)]
struct Head {
    declared: Option<crate::model::Revision>,
    /// The fault that the last look met.
    failing: Option<String>,
}

impl Daemon {
    /// Has the repository looked at, and then every target, or one, whole. Waits until that is done; whether it was,
    /// which it is not where the daemon is stopped meanwhile.
    pub async fn sync(&self, target: Option<&TargetName>) -> bool {
        let mut looked = self.looked.subscribe();
        looked.mark_unchanged();
        self.poke.ask();
        // A look that was under way does not count. The daemon lives as long as `self`.
        while !self.stop.is_stopped() {
            tokio::select! {
                () = self.stop.stopped() => return false,
                _ = looked.changed() => {}
            }
            if !self.poke.is_waiting() {
                break;
            }
        }
        let mut noted = self.board.changes();
        let order = self.wake_targets();
        while !self.board.answered(target, order) && !self.stop.is_stopped() {
            tokio::select! {
                () = self.stop.stopped() => return false,
                _ = noted.changed() => {}
            }
        }
        !self.stop.is_stopped()
    }

    /// Lets what is in hand on a target end with the next write, or takes that back.
    pub(super) fn set_halted(&self, target: &TargetName, halted: bool) {
        let mut all = self.halted.lock().unwrap_or_else(PoisonError::into_inner);
        if halted {
            all.insert(target.clone());
        } else {
            all.remove(target);
        }
    }

    /// Whether what is in hand on a target is to end.
    pub(super) fn is_halted(&self, target: &TargetName) -> bool {
        let halted = self.halted.lock().unwrap_or_else(PoisonError::into_inner);
        self.stop.is_stopped() || halted.contains(target)
    }

    /// Orders every target to be looked at now; the order's number.
    pub fn wake_targets(&self) -> u64 {
        self.wanted.send_modify(|count| *count += 1);
        *self.wanted.borrow()
    }

    /// Notes something in the history. Where that fails, the history has a gap, and nothing else happens.
    pub(super) fn note(&self, what: What, target: Option<&TargetName>, detail: Option<&str>) {
        let _ = self.state.note(&Event {
            at: Timestamp::now(),
            what,
            target: target.cloned(),
            by: None,
            detail: detail.map(str::to_owned),
        });
    }

    /// The number of the pass that begins now.
    pub(super) fn next_cycle(&self) -> i64 {
        self.next_cycle.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn live(&self) -> BTreeMap<TargetName, Arc<BTreeSet<ResourceId>>> {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.clone()
    }

    pub(super) fn note_live(
        &self,
        target: &TargetName,
        mut ids: BTreeSet<ResourceId>,
        outcomes: &[Outcome],
    ) {
        let done = outcomes.iter().filter(|o| o.result == OutcomeResult::Done);
        let mut arrived = false;
        for outcome in done {
            match outcome.action {
                Action::Delete => {
                    ids.remove(&outcome.id);
                }
                Action::Create | Action::Update | Action::Adopt => {
                    arrived = true;
                    ids.insert(outcome.id.clone());
                }
            }
        }
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        arrived |= !live.contains_key(target);
        live.insert(target.clone(), Arc::new(ids));
        drop(live);
        if arrived {
            self.arrived.send_modify(|count| *count += 1);
        }
    }
}
