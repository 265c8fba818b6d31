//! When passes run.
//!
//! One task looks at the repository and publishes what it declares; one lane a target makes it true. A
//! wake-up says that something may have changed, never what: whoever wakes looks for itself, and wake-ups
//! that come while somebody is busy become one. A slow or failing target delays no other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Lane;
use super::cycle::{self, Considered, CycleError, Pass};
use super::declare::Declaration;
use super::lane::live_ids;
use super::memo::ParseMemo;
use super::notes;
use super::status::{Board, Seen};
use super::stop::Stop;
use super::wake::Wake;
use crate::model::{Action, HeldReason, Outcome, OutcomeResult, ResourceId, TargetName};
use crate::provider::Depth;
use crate::resolve::Resolved;
use crate::settings::Settings;
use crate::source::{Source, SourceError, Want};
use crate::state::State;

/// First wait after a failure; doubles up to the interval.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// What everybody in the daemon shares.
#[derive(Debug)]
pub struct Daemon {
    pub settings: Arc<Settings>,
    pub state: Arc<State>,
    pub source: Source,
    pub board: Arc<Board>,
    pub stop: Stop,
    next_cycle: AtomicI64,
    /// What each target was last seen to have.
    live: Mutex<BTreeMap<TargetName, Arc<BTreeSet<ResourceId>>>>,
    /// Poked when a target got something that another may wait for.
    arrived: watch::Sender<u64>,
}

/// What the repository was last seen to declare.
#[derive(Clone, Debug, Default)]
struct Published {
    declaration: Option<Arc<Declaration>>,
    /// Why it says nothing now: the branch is gone, or empty. Nothing is done then.
    unknown: Option<String>,
}

impl Daemon {
    /// # Errors
    /// Where the state cannot be read.
    pub fn new(
        settings: Arc<Settings>,
        state: Arc<State>,
        source: Source,
        stop: Stop,
    ) -> Result<Arc<Self>, CycleError> {
        let next = state.last_cycle()? + 1;
        Ok(Arc::new(Self {
            board: Arc::new(Board::new(&settings)),
            settings,
            state,
            source,
            stop,
            next_cycle: AtomicI64::new(next),
            live: Mutex::default(),
            arrived: watch::Sender::new(0),
        }))
    }

    /// Runs until it is stopped; the change in hand is finished first. What fails is retried.
    pub async fn run(self: Arc<Self>) {
        let published = watch::Sender::new(Published::default());
        let mut tasks = JoinSet::new();
        for lane in cycle::lanes(&self.settings) {
            let keeper = Keeper {
                daemon: self.clone(),
                lane,
                published: published.subscribe(),
                arrived: self.arrived.subscribe(),
                failures: 0,
                last_full: None,
            };
            tasks.spawn(keeper.run());
        }
        let mut memo = ParseMemo::default();
        let mut wake = Wake::new(&self.settings.repository, &self.source);
        let mut head = Head::default();
        while !self.stop.is_stopped() {
            self.look(&mut memo, &mut head, &published).await;
            tokio::select! {
                () = self.stop.stopped() => {}
                () = wake.next() => {}
            }
        }
        self.source.shutdown();
        drop(published);
        while tasks.join_next().await.is_some() {}
    }

    /// Looks at the repository, and publishes what it declares if that is new.
    async fn look(
        &self,
        memo: &mut ParseMemo,
        head: &mut Head,
        published: &watch::Sender<Published>,
    ) {
        let started = Instant::now();
        match self.declare(memo, head).await {
            Ok(declared) => {
                if head.failing.take().is_some() {
                    notes::repository_recovered(&self.settings.repository.name);
                }
                let now = Timestamp::now();
                self.board.set_repository(|repository| {
                    repository.fetched_at = Some(now);
                    repository.error = None;
                });
                let Some(declaration) = declared else { return };
                let revision = declaration.revision().to_text();
                notes::revision_seen(
                    revision.as_deref(),
                    declaration.author.as_deref(),
                    &declaration.diagnostics(),
                    started.elapsed(),
                );
                self.board
                    .set_repository(|repository| repository.revision = revision);
                published.send_replace(Published {
                    declaration: Some(Arc::new(declaration)),
                    unknown: None,
                });
            }
            Err(CycleError::Source(SourceError::Stopped)) => {}
            Err(error) => {
                let text = error.to_string();
                if head.failing.as_ref() != Some(&text) {
                    notes::repository_failed(&self.settings.repository.name, &text);
                }
                self.board
                    .set_repository(|repository| repository.error = Some(text.clone()));
                if says_nothing(&error) && published.borrow().declaration.is_some() {
                    head.declared = None;
                    published.send_modify(|published| published.unknown = Some(text.clone()));
                }
                head.failing = Some(text);
            }
        }
    }

    /// What the repository declares; `None` where it is what was published last.
    async fn declare(
        &self,
        memo: &mut ParseMemo,
        head: &mut Head,
    ) -> Result<Option<Declaration>, CycleError> {
        let snapshot = self.source.snapshot(Want::Head).await?;
        if head.declared == Some(snapshot.revision) {
            return Ok(None);
        }
        let declaration =
            cycle::declare(&self.settings, &self.source, snapshot, memo, &self.state).await?;
        let repository = &self.settings.repository.name;
        cycle::remember(&self.state, repository, &declaration.memory)?;
        head.declared = Some(declaration.revision());
        Ok(Some(declaration))
    }
}

impl Published {
    /// What is to be made true now.
    fn now(&self) -> Option<Arc<Declaration>> {
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

/// Keeps one lane going.
struct Keeper {
    daemon: Arc<Daemon>,
    lane: Lane,
    published: watch::Receiver<Published>,
    arrived: watch::Receiver<u64>,
    failures: u32,
    last_full: Option<Instant>,
}

/// When the next pass is, and what else may bring it forward.
struct Next {
    at: Instant,
    /// Something is held until another target has it.
    waits_for_peers: bool,
}

impl Keeper {
    async fn run(mut self) {
        let stop = self.daemon.stop.clone();
        while !stop.is_stopped() {
            let published = self.published.borrow_and_update().clone();
            self.arrived.mark_unchanged();
            let next = match published.now() {
                Some(declaration) => self.pass(&declaration).await,
                None => Next {
                    at: Instant::now() + self.interval(),
                    waits_for_peers: false,
                },
            };
            tokio::select! {
                () = stop.stopped() => {}
                () = tokio::time::sleep_until(next.at) => {}
                changed = self.published.changed() => if changed.is_err() { return },
                _ = self.arrived.changed(), if next.waits_for_peers => {}
            }
        }
    }

    fn interval(&self) -> Duration {
        self.daemon.settings.reconcile.interval
    }

    async fn pass(&mut self, declaration: &Arc<Declaration>) -> Next {
        let due = self
            .last_full
            .is_none_or(|at| at.elapsed() >= self.interval());
        let depth = if due { Depth::Full } else { Depth::Quick };
        let started = Instant::now();
        let cycle = self.daemon.next_cycle.fetch_add(1, Ordering::Relaxed);
        let pass = Pass { cycle, declaration };
        let result = self.attempt(pass, depth).await;
        if due {
            self.last_full = Some(started);
        }
        let (failed, waits_for_peers) = match result {
            Ok(ended) => ended,
            Err(error) => {
                notes::pass_failed(cycle, self.lane.name(), &error.to_string());
                (true, false)
            }
        };
        let wait = if failed {
            self.failures = self.failures.saturating_add(1);
            self.backoff()
        } else {
            self.failures = 0;
            let since = self.last_full.map_or(Duration::ZERO, |at| at.elapsed());
            self.interval().saturating_sub(since)
        };
        Next {
            at: Instant::now() + wait,
            waits_for_peers,
        }
    }

    /// One pass; tells whether it failed, and whether something waits for another target.
    async fn attempt(&mut self, pass: Pass<'_>, depth: Depth) -> Result<(bool, bool), CycleError> {
        let daemon = self.daemon.clone();
        let started = (Instant::now(), Timestamp::now());
        let lanes = std::slice::from_mut(&mut self.lane);
        let observations = cycle::observe(lanes, depth, &daemon.state).await?;
        let inventory = daemon.state.inventory()?;
        let live = daemon.live();
        let peers = cycle::peers(lanes, pass.declaration, &live);
        let considered = Considered {
            settings: &daemon.settings,
            declaration: pass.declaration,
            inventory: &inventory,
            peers: &peers,
            flag: None,
        };
        let mut prepared = cycle::prepare(
            lanes,
            observations,
            &daemon.source,
            &daemon.state,
            considered,
        )
        .await?;
        let logger = notes::ChangeLog::new(pass.cycle, pass.declaration);
        let outcomes = cycle::execute(
            lanes,
            &mut prepared,
            &daemon.state,
            pass,
            &daemon.stop,
            &logger,
        )
        .await?;
        let unseen = crate::model::Observation::Unknown {
            reason: String::new(),
        };
        let observation = prepared
            .observations
            .get(lanes[0].name())
            .unwrap_or(&unseen);
        let Some(plan) = prepared.plan.targets.first() else {
            return Ok((false, false));
        };
        daemon.note_live(lanes[0].name(), live_ids(observation), &outcomes);
        let failed = !plan.known || outcomes.iter().any(|o| o.result != OutcomeResult::Done);
        let kept = daemon.state.target_state(lanes[0].name())?;
        let backoff =
            failed.then(|| backoff(self.failures + 1, daemon.settings.reconcile.interval));
        let change = daemon.board.set_target(&Seen {
            target: &lanes[0].target,
            observation,
            plan,
            outcomes: &outcomes,
            last_success: kept.last_success,
            revision: kept.revision.map(|revision| revision.to_string()),
            now: Timestamp::now(),
            next_try: backoff.and_then(|wait| Timestamp::now().checked_add(wait).ok()),
        });
        notes::pass_finished(pass, plan, &outcomes, change, started.0.elapsed());
        daemon.state.end_cycle(&cycle::record(
            pass,
            &prepared.plan.targets,
            &outcomes,
            started.1,
        ))?;
        let waits = plan
            .held
            .iter()
            .any(|held| held.reason == HeldReason::DependsOn);
        Ok((failed, waits))
    }

    fn backoff(&self) -> Duration {
        backoff(self.failures, self.interval())
    }
}

/// Doubles from a second up to `most`, with a jitter of a quarter so that lanes do not march in step.
fn backoff(failures: u32, most: Duration) -> Duration {
    let doubled = FIRST_RETRY.saturating_mul(1 << failures.saturating_sub(1).min(16));
    doubled.min(most).mul_f64(0.75 + fastrand::f64() * 0.5)
}

impl Daemon {
    fn live(&self) -> BTreeMap<TargetName, Arc<BTreeSet<ResourceId>>> {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.clone()
    }

    fn note_live(&self, target: &TargetName, mut ids: BTreeSet<ResourceId>, outcomes: &[Outcome]) {
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
