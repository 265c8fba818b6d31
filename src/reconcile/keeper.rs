//! Keeps one lane going: passes, waits, retries.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;

use super::cycle::{self, Considered, CycleError, Pass, Prepared};
use super::declare::Declaration;
use super::driver::{Daemon, Published};
use super::lane::{Lane, Writers, live_ids};
use super::notes;
use super::status::Seen;
use crate::model::{HeldReason, Observation, Outcome, OutcomeResult, TargetName};
use crate::plan::TargetPlan;
use crate::provider::{Cancel, Depth};
use crate::state::What;
use crate::telemetry::{PauseEnded, TargetFailing, TargetSeen};

/// First wait after a failure; doubles up to the interval.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// Keeps one lane going.
pub(super) struct Keeper {
    daemon: Arc<Daemon>,
    lane: Lane,
    writers: Arc<Writers>,
    pokes: Pokes,
    failures: u32,
    last_full: Option<Instant>,
    /// What was seen while the declaration that comes next was still being read.
    ahead: Option<Seeing>,
    teller: notes::Teller,
}

/// What brings a pass forward.
pub(super) struct Pokes {
    /// A new declaration.
    pub(super) published: watch::Receiver<Published>,
    /// Another target got something.
    pub(super) arrived: watch::Receiver<u64>,
    /// Somebody wants it now.
    pub(super) wanted: watch::Receiver<u64>,
}

type Seeing = BTreeMap<TargetName, Observation>;

/// When the next pass is, and what else may bring it forward.
struct Next {
    at: Instant,
    /// Something is held until another target has it.
    waits_for_peers: bool,
}

impl Keeper {
    pub(super) fn new(
        daemon: Arc<Daemon>,
        lane: Lane,
        writers: Arc<Writers>,
        pokes: Pokes,
    ) -> Self {
        Self {
            daemon,
            lane,
            writers,
            pokes,
            failures: 0,
            last_full: None,
            ahead: None,
            teller: notes::Teller::default(),
        }
    }

    pub(super) async fn run(mut self) {
        let stop = self.daemon.stop.clone();
        while !stop.is_stopped() {
            let published = self.pokes.published.borrow_and_update().clone();
            self.pokes.arrived.mark_unchanged();
            let wanted = self.pokes.wanted.has_changed().unwrap_or(false);
            let order = *self.pokes.wanted.borrow_and_update();
            if wanted {
                // Looked at whole, and after it was ordered.
                (self.ahead, self.last_full) = (None, None);
            }
            let next = match published.now() {
                Some(declaration) => {
                    self.daemon.board.set_busy(self.lane.name(), true);
                    let next = self.pass(&declaration).await;
                    self.daemon.board.set_busy(self.lane.name(), false);
                    next
                }
                None => Next {
                    at: Instant::now() + self.interval(),
                    waits_for_peers: false,
                },
            };
            self.daemon.board.answer(self.lane.name(), order);
            if !self.wait(&next).await {
                return;
            }
        }
    }

    /// Waits until the next pass is due; `false` where there is none. Where a declaration is on its way,
    /// the target is looked at meanwhile.
    async fn wait(&mut self, next: &Next) -> bool {
        let stop = self.daemon.stop.clone();
        loop {
            tokio::select! {
                () = stop.stopped() => return false,
                () = tokio::time::sleep_until(next.at) => return true,
                _ = self.pokes.arrived.changed(), if next.waits_for_peers => return true,
                wanted = self.pokes.wanted.changed() => {
                    // `run` is to see it.
                    self.pokes.wanted.mark_changed();
                    return wanted.is_ok();
                }
                changed = self.pokes.published.changed() => match changed {
                    Ok(()) if self.pokes.published.borrow_and_update().coming => {}
                    changed => {
                        // `run` is to see what is there now.
                        self.pokes.published.mark_changed();
                        return changed.is_ok();
                    }
                }
            }
            let depth = self.depth();
            let lanes = std::slice::from_ref(&self.lane);
            // What fails here is told by the pass, which then looks itself.
            self.ahead = cycle::observe(lanes, depth, &self.daemon.state).await.ok();
            if self.ahead.is_some() && depth == Depth::Full {
                self.last_full = Some(Instant::now());
            }
        }
    }

    /// All is read once an interval, else only what changed.
    fn depth(&self) -> Depth {
        let since = self.last_full.map(|at| at.elapsed());
        match since {
            Some(since) if since < self.interval() => Depth::Quick,
            _ => Depth::Full,
        }
    }

    fn interval(&self) -> Duration {
        self.daemon.settings.reconcile.interval
    }

    async fn pass(&mut self, declaration: &Arc<Declaration>) -> Next {
        let depth = self.depth();
        let started = Instant::now();
        let cycle = self.daemon.next_cycle();
        let pass = Pass { cycle, declaration };
        let result = self.attempt(pass, depth).await;
        if depth == Depth::Full {
            self.last_full = Some(started);
        }
        let (failed, waits_for_peers) = match result {
            Ok(ended) => ended,
            // What it needs is shut down under it.
            Err(_) if self.daemon.stop.is_stopped() => (true, false),
            Err(error) => {
                let text = error.to_string();
                self.daemon.board.set_unknown(self.lane.name(), &text);
                if !self.teller.failing {
                    let name = Some(self.lane.name());
                    self.daemon.note(What::Failing, name, Some(&text));
                    self.teller.failing = true;
                }
                TargetFailing {
                    cycle,
                    target: self.lane.name(),
                    error: &text,
                    repeated: self.failures > 0,
                }
                .emit();
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
        let at = Instant::now() + wait;
        Next {
            at: self.pause_ends().map_or(at, |ends| ends.min(at)),
            waits_for_peers,
        }
    }

    /// One pass; tells whether it failed, and whether something waits for another target.
    async fn attempt(&mut self, pass: Pass<'_>, depth: Depth) -> Result<(bool, bool), CycleError> {
        let started = (Instant::now(), Timestamp::now());
        let (prepared, outcomes) = self.carry_out(pass, depth).await?;
        let Some(plan) = prepared.plan.targets.first() else {
            return Ok((false, false));
        };
        // On disk before it is shown: what `/status` says survives a crash.
        let record = cycle::record(pass, &prepared.plan.targets, &outcomes, started.1);
        self.daemon.state.end_cycle(&record)?;
        let turned = self
            .teller
            .pass(&record, plan, &outcomes, started.0.elapsed());
        if let Some((what, detail)) = turned {
            self.daemon
                .note(what, Some(&plan.target), detail.as_deref());
        }
        let failed = !plan.known || outcomes.iter().any(|o| o.result != OutcomeResult::Done);
        self.show(&prepared, plan, &outcomes, failed)?;
        let mut held = plan.held.iter();
        Ok((
            failed,
            held.any(|held| held.reason == HeldReason::DependsOn),
        ))
    }

    /// Looks, plans and applies. What was not begun since somebody wants it so is not among the outcomes.
    async fn carry_out(
        &mut self,
        pass: Pass<'_>,
        depth: Depth,
    ) -> Result<(Prepared, Vec<Outcome>), CycleError> {
        let daemon = self.daemon.clone();
        // Before the pause is read: one that is ordered from now on ends what is planned meanwhile.
        daemon.set_halted(self.lane.name(), false);
        self.end_pause()?;
        let lanes = std::slice::from_mut(&mut self.lane);
        let observations = match self.ahead.take() {
            Some(seen) => seen,
            None => cycle::observe(lanes, depth, &daemon.state).await?,
        };
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
        let logger = notes::ChangeLog::new(pass, &self.teller.failed);
        let target = lanes[0].name();
        let halt = Halt {
            daemon: &daemon,
            target,
        };
        let mut outcomes = cycle::execute(
            &self.writers,
            &mut prepared,
            &daemon.state,
            pass,
            &halt,
            &logger,
        )
        .await?;
        if let Some(observation) = prepared.observations.get(target) {
            daemon.note_live(target, live_ids(observation), &outcomes);
        }
        if halt.is_cancelled() {
            outcomes.retain(|outcome| outcome.result != OutcomeResult::Skipped);
        }
        Ok((prepared, outcomes))
    }

    /// Shows in status and metrics what a pass found and did.
    fn show(
        &self,
        prepared: &Prepared,
        plan: &TargetPlan,
        outcomes: &[Outcome],
        failed: bool,
    ) -> Result<(), CycleError> {
        let target = &self.lane.target;
        let unseen = Observation::Unknown {
            reason: String::new(),
        };
        let kept = self.daemon.state.target_state(&target.name)?;
        let backoff = failed.then(|| backoff(self.failures + 1, self.interval()));
        let seen = Seen {
            target,
            observation: prepared.observations.get(&target.name).unwrap_or(&unseen),
            plan,
            outcomes,
            last_success: kept.last_success,
            revision: kept.revision.map(|revision| revision.to_string()),
            now: Timestamp::now(),
            next_try: backoff.and_then(|wait| Timestamp::now().checked_add(wait).ok()),
        };
        TargetSeen {
            target: &target.name,
            resources: &seen.resources(),
            last_success: kept.last_success,
            paused: plan.paused,
            pending_deletes: seen.pending_deletes(),
        }
        .emit();
        self.daemon.board.set_target(&seen);
        Ok(())
    }

    /// A pause that is over ends by itself.
    fn end_pause(&self) -> Result<(), CycleError> {
        let (state, target, now) = (&self.daemon.state, self.lane.name(), Timestamp::now());
        if state.pause(target)?.is_some_and(|pause| pause.is_over(now)) {
            state.end_pause(target, None, now)?;
            PauseEnded { target }.emit();
        }
        Ok(())
    }

    /// When the pause of this target ends by itself, if it does.
    fn pause_ends(&self) -> Option<Instant> {
        let pause = self.daemon.state.pause(self.lane.name()).ok().flatten()?;
        let left = pause.until?.duration_since(Timestamp::now());
        // One that is over and still there could not be ended: the next pass tries again.
        let left = Duration::try_from(left)
            .ok()
            .filter(|left| !left.is_zero())?;
        Some(Instant::now() + left)
    }

    fn backoff(&self) -> Duration {
        backoff(self.failures, self.interval())
    }
}

/// Ends what is in hand with the next write: the daemon is stopped, or the target is paused.
struct Halt<'a> {
    daemon: &'a Daemon,
    target: &'a TargetName,
}

impl Cancel for Halt<'_> {
    fn is_cancelled(&self) -> bool {
        self.daemon.is_halted(self.target)
    }
}

/// Doubles from a second up to `most`, with a jitter of a quarter so that lanes do not march in step.
fn backoff(failures: u32, most: Duration) -> Duration {
    let doubled = FIRST_RETRY.saturating_mul(1 << failures.saturating_sub(1).min(16));
    doubled.min(most).mul_f64(0.75 + fastrand::f64() * 0.5)
}
