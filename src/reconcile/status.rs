//! What is known now, for `/status`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::model::target::DriftPolicy;
use crate::model::{
    Action, Held, HeldReason, Observation, Outcome, OutcomeResult, ResourceId, ResourceKind,
    Target, TargetName,
};
use crate::plan::TargetPlan;
use crate::report::json::held as held_json;
use crate::settings::{RepositoryUrl, Settings};
use crate::state::{StateError, StateView};
use crate::telemetry::metrics::Resources;

/// What a target is in, as one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Synced,
    /// Not looked at yet.
    Pending,
    /// It differs, and the target only reports that.
    Drifted,
    Held,
    Failed,
    /// It could not be read.
    Unknown,
    Paused,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Synced => "synced",
            Self::Pending => "pending",
            Self::Drifted => "drifted",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Paused => "paused",
        }
    }
}

/// A change that failed, or a target that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub owner: Option<Arc<str>>,
    pub error: String,
    pub since: Timestamp,
    pub next_try: Option<Timestamp>,
}

/// One target, as last seen.
#[derive(Clone, Debug)]
pub struct TargetStatus {
    pub provider: &'static str,
    pub state: State,
    pub version: Option<String>,
    pub last_success: Option<Timestamp>,
    pub revision: Option<String>,
    pub synced: usize,
    pub drifted: usize,
    pub held: Vec<Held>,
    pub failed: BTreeMap<ResourceId, Failure>,
    /// Why nothing is changed on it, if that is so.
    pub paused: Option<String>,
    /// Why it could not be read, if that is so.
    pub unread: Option<Failure>,
    /// Findings that gate nothing, such as a rule that does not evaluate.
    pub warnings: Vec<String>,
    /// The last order to look at it that was obeyed.
    answered: u64,
    /// Whether a pass is under way.
    busy: bool,
}

/// The repository, as last seen.
#[derive(Clone, Debug, Default)]
pub struct RepositoryStatus {
    pub revision: Option<String>,
    pub fetched_at: Option<Timestamp>,
    pub error: Option<String>,
}

/// What every part of the daemon writes to and `/status` reads.
#[derive(Debug)]
pub struct Board {
    instance: String,
    name: String,
    url: String,
    branch: String,
    repository: Mutex<RepositoryStatus>,
    targets: Mutex<BTreeMap<TargetName, TargetStatus>>,
    /// Counts what was noted, for those who wait for something.
    noted: watch::Sender<u64>,
}

/// What one pass found on one target.
#[derive(Debug)]
pub struct Seen<'a> {
    pub target: &'a Target,
    pub observation: &'a Observation,
    pub plan: &'a TargetPlan,
    pub outcomes: &'a [Outcome],
    pub last_success: Option<Timestamp>,
    pub revision: Option<String>,
    pub now: Timestamp,
    pub next_try: Option<Timestamp>,
}

impl Board {
    pub fn new(settings: &Settings) -> Self {
        let pending = |provider| TargetStatus {
            provider,
            state: State::Pending,
            version: None,
            last_success: None,
            revision: None,
            synced: 0,
            drifted: 0,
            held: Vec::new(),
            failed: BTreeMap::new(),
            paused: None,
            unread: None,
            warnings: Vec::new(),
            answered: 0,
            busy: false,
        };
        let targets = settings.targets.iter().map(|target| {
            let status = pending(target.provider.name());
            (target.name.clone(), status)
        });
        let url = match &settings.repository.url {
            RepositoryUrl::Https(url) | RepositoryUrl::Ssh(url) => url.clone(),
            RepositoryUrl::File(path) => format!("file://{}", path.display()),
            RepositoryUrl::Local(path) => path.display().to_string(),
        };
        Self {
            instance: settings.instance.to_string(),
            name: settings.repository.name.to_string(),
            url,
            branch: settings.repository.branch.clone(),
            repository: Mutex::default(),
            targets: Mutex::new(targets.collect()),
            noted: watch::Sender::new(0),
        }
    }

    pub fn set_repository(&self, change: impl FnOnce(&mut RepositoryStatus)) {
        let mut repository = self.repository.lock();
        change(repository.as_mut().unwrap_or_else(|e| e.get_mut()));
    }

    /// Notes what a pass found; returns the target's state before and after.
    pub fn set_target(&self, seen: &Seen<'_>) -> (State, State) {
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(status) = targets.get_mut(&seen.target.name) else {
            return (State::Pending, State::Pending);
        };
        let before = status.state;
        update(status, seen);
        self.noted.send_modify(|count| *count += 1);
        (before, status.state)
    }

    /// Notes that a pass over a target did not come to its end.
    pub(super) fn set_unknown(&self, target: &TargetName, error: &str) {
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(status) = targets.get_mut(target) {
            status.state = State::Unknown;
            status.warnings = vec![error.to_owned()];
        }
    }

    /// Notes whether a pass over a target is under way.
    pub(super) fn set_busy(&self, target: &TargetName, busy: bool) {
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(status) = targets.get_mut(target) {
            status.busy = busy;
        }
    }

    /// The targets on which a pass is under way.
    pub fn busy(&self) -> Vec<TargetName> {
        let targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let busy = targets.iter().filter(|(_, status)| status.busy);
        busy.map(|(name, _)| name.clone()).collect()
    }

    /// The targets that were not looked at yet.
    pub fn pending(&self) -> Vec<TargetName> {
        let targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let pending = targets
            .iter()
            .filter(|(_, status)| status.state == State::Pending);
        pending.map(|(name, _)| name.clone()).collect()
    }

    /// Takes over what a daemon last wrote down, where none runs.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn recall(&self, state: &StateView) -> Result<(), StateError> {
        let now = Timestamp::now();
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, status) in targets.iter_mut() {
            let kept = state.target_state(name)?;
            status.last_success = kept.last_success;
            status.revision = kept.revision.map(|revision| revision.to_string());
            let pause = state.pause(name)?;
            if let Some(pause) = pause.filter(|pause| !pause.is_over(now)) {
                status.state = State::Paused;
                status.paused = Some(pause.describe());
            }
        }
        Ok(())
    }

    /// Takes over what is known of targets that stay, and of the repository.
    pub fn inherit(&self, old: &Self) {
        let known = old.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, status) in targets.iter_mut() {
            if let Some(known) = known.get(name)
                && known.provider == status.provider
            {
                status.clone_from(known);
                (status.answered, status.busy) = (0, false);
            }
        }
        let repository = old
            .repository
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        self.set_repository(|current| *current = repository);
    }

    /// Notes that a target was looked at after this order to do so.
    pub(super) fn answer(&self, target: &TargetName, order: u64) {
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(status) = targets.get_mut(target) {
            status.answered = order;
        }
        drop(targets);
        self.noted.send_modify(|count| *count += 1);
    }

    /// Whether every target, or the one, was looked at after this order to do so.
    pub(super) fn answered(&self, target: Option<&TargetName>, order: u64) -> bool {
        let targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut asked = targets
            .iter()
            .filter(|(name, _)| target.is_none_or(|target| target == *name));
        asked.all(|(_, status)| status.answered >= order)
    }

    /// Changes whenever something was noted of a target.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.noted.subscribe()
    }

    /// `trueup.dev/status/v1`
    pub fn to_json(&self) -> Value {
        let repository = self
            .repository
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let targets: Vec<Value> = targets.iter().map(target_json).collect();
        json!({
            "schema": "trueup.dev/status/v1",
            "instance": self.instance,
            "version": env!("CARGO_PKG_VERSION"),
            "repository": {
                "name": self.name,
                "url": self.url,
                "branch": self.branch,
                "revision": repository.revision,
                "fetched_at": repository.fetched_at.map(text),
                "error": repository.error,
            },
            "targets": targets,
        })
    }
}

fn text(at: Timestamp) -> String {
    format!("{at:.3}")
}

fn update(status: &mut TargetStatus, seen: &Seen<'_>) {
    let Seen {
        target,
        observation,
        plan,
        outcomes,
        last_success,
        revision,
        now,
        next_try,
    } = seen;
    status.warnings.clear();
    if let Observation::Known(observed) = observation {
        let version = observed.capabilities.version;
        status.version = version.map(|version| version.to_string());
        let findings = observed.diagnostics.iter();
        status.warnings = findings.map(|found| found.message.clone()).collect();
    }
    let done = |outcome: &&Outcome| outcome.result == OutcomeResult::Done;
    let made = outcomes.iter().filter(done);
    let made = made.filter(|outcome| outcome.action != crate::model::Action::Delete);
    status.synced = plan.unchanged.values().sum::<usize>() + made.count();
    status.held.clone_from(&plan.held);
    status.drifted = plan
        .held
        .iter()
        .filter(|held| is_drift(held, target))
        .count();
    let mut failed = BTreeMap::new();
    for outcome in outcomes.iter().filter(|outcome| !done(outcome)) {
        let known = status.failed.get(&outcome.id);
        failed.insert(
            outcome.id.clone(),
            Failure {
                owner: plan.owner_of(&outcome.id),
                error: outcome.error.clone().unwrap_or_default(),
                since: known.map_or(*now, |failure| failure.since),
                next_try: *next_try,
            },
        );
    }
    status.failed = failed;
    status.paused = target.paused.as_deref().map(str::to_owned);
    let since = status.unread.as_ref().map_or(*now, |unread| unread.since);
    status.unread = match observation {
        Observation::Known(_) => None,
        Observation::Unknown { reason } => Some(Failure {
            owner: None,
            error: reason.clone(),
            since,
            next_try: *next_try,
        }),
    };
    status.last_success = *last_success;
    status.revision.clone_from(revision);
    status.state = state(status, target, plan);
}

impl Seen<'_> {
    /// How many objects of each kind the target holds are in which state.
    pub fn resources(&self) -> BTreeMap<ResourceKind, Resources> {
        let kinds = self.target.kinds.iter();
        let mut found: BTreeMap<_, _> = kinds.map(|kind| (*kind, Resources::default())).collect();
        for (kind, count) in &self.plan.unchanged {
            found.entry(*kind).or_default().synced += count;
        }
        for outcome in self.outcomes {
            let states = found.entry(outcome.id.kind).or_default();
            match (outcome.result, outcome.action) {
                (OutcomeResult::Done, Action::Delete) => {}
                (OutcomeResult::Done, Action::Create | Action::Update | Action::Adopt) => {
                    states.synced += 1;
                }
                (OutcomeResult::Failed | OutcomeResult::Skipped, _) => states.failed += 1,
            }
        }
        for held in &self.plan.held {
            let Some(id) = &held.id else { continue };
            let states = found.entry(id.kind).or_default();
            if is_drift(held, self.target) {
                states.drifted += 1;
            } else if in_the_way(held) {
                states.held += 1;
            }
        }
        found
    }

    /// Deletes that wait for somebody's word, or for absence to prove something.
    pub fn pending_deletes(&self) -> usize {
        let held = self.plan.held.iter();
        held.filter(|held| held.action == Some(Action::Delete))
            .count()
    }
}

/// Whether somebody has to decide something: what is not ours, or paused, is meant so.
fn in_the_way(held: &Held) -> bool {
    !matches!(held.reason, HeldReason::NotOurs | HeldReason::Paused)
}

fn is_drift(held: &Held, target: &Target) -> bool {
    held.reason == HeldReason::Paused
        && target.drift == DriftPolicy::Report
        && target.paused.is_none()
}

fn state(status: &TargetStatus, target: &Target, plan: &TargetPlan) -> State {
    if target.paused.is_some() {
        State::Paused
    } else if !plan.known {
        State::Unknown
    } else if !status.failed.is_empty() {
        State::Failed
    } else if plan.held.iter().any(in_the_way) {
        State::Held
    } else if status.drifted > 0 {
        State::Drifted
    } else {
        State::Synced
    }
}

fn target_json((name, status): (&TargetName, &TargetStatus)) -> Value {
    let TargetStatus {
        provider,
        state,
        version,
        last_success,
        revision,
        synced,
        drifted,
        held,
        failed,
        paused,
        unread,
        warnings,
        answered: _,
        busy: _,
    } = status;
    let failures = failed.iter().map(|(id, failure)| {
        json!({
            "id": id.to_string(),
            "owner": failure.owner.as_deref(),
            "error": failure.error,
            "since": text(failure.since),
            "next_try": failure.next_try.map(text),
        })
    });
    let owned = |held: &Held| {
        let mut shown = held_json(held);
        shown["owner"] = held.owner.as_deref().into();
        shown
    };
    let mut shown_held: Vec<Value> = held.iter().map(owned).collect();
    shown_held.sort_by(|a, b| a["id"].as_str().cmp(&b["id"].as_str()));
    let unread = unread.as_ref().map(|unread| {
        json!({
            "error": unread.error,
            "since": text(unread.since),
            "next_try": unread.next_try.map(text),
        })
    });
    json!({
        "name": name.as_str(),
        "provider": provider,
        "version": version,
        "state": state.as_str(),
        "last_success": last_success.map(text),
        "revision": revision,
        "counts": {
            "synced": synced,
            "drifted": drifted,
            "held": held.len() - drifted,
            "failed": failed.len(),
        },
        "held": shown_held,
        "failed": failures.collect::<Vec<_>>(),
        "paused": paused,
        "unread": unread,
        "warnings": warnings,
    })
}
