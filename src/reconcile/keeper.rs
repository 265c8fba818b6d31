//! Keeps one lane going: passes, waits, retries.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;

use super::Lane;
use super::cycle::{self, Considered, CycleError, Pass};
use super::declare::Declaration;
use super::driver::{Daemon, Published};
use super::lane::live_ids;
use super::notes;
use super::status::Seen;
use crate::model::{HeldReason, OutcomeResult};
use crate::provider::Depth;
use crate::telemetry::TargetFailing;

/// First wait after a failure; doubles up to the interval.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// Keeps one lane going.
pub(super) struct Keeper {
    daemon: Arc<Daemon>,
    lane: Lane,
    published: watch::Receiver<Published>,
    arrived: watch::Receiver<u64>,
    failures: u32,
    last_full: Option<Instant>,
    teller: notes::Teller,
}

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
        published: watch::Receiver<Published>,
        arrived: watch::Receiver<u64>,
    ) -> Self {
        Self {
            daemon,
            lane,
            published,
            arrived,
            failures: 0,
            last_full: None,
            teller: notes::Teller::default(),
        }
    }

    pub(super) async fn run(mut self) {
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
        let cycle = self.daemon.next_cycle();
        let pass = Pass { cycle, declaration };
        let result = self.attempt(pass, depth).await;
        if due {
            self.last_full = Some(started);
        }
        let (failed, waits_for_peers) = match result {
            Ok(ended) => ended,
            Err(error) => {
                TargetFailing {
                    cycle,
                    target: self.lane.name(),
                    error: &error.to_string(),
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
        let logger = notes::ChangeLog::new(pass);
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
        // On disk before it is shown: what `/status` says survives a crash.
        let record = cycle::record(pass, &prepared.plan.targets, &outcomes, started.1);
        daemon.state.end_cycle(&record)?;
        self.teller
            .pass(&record, plan, &outcomes, started.0.elapsed());
        daemon.board.set_target(&Seen {
            target: &lanes[0].target,
            observation,
            plan,
            outcomes: &outcomes,
            last_success: kept.last_success,
            revision: kept.revision.map(|revision| revision.to_string()),
            now: Timestamp::now(),
            next_try: backoff.and_then(|wait| Timestamp::now().checked_add(wait).ok()),
        });
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
