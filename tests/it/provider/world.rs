//! A rules directory, a provider on it, and just enough of a planner to drive it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;
use trueup::model::capabilities::Flavor;
use trueup::model::change::Desired;
use trueup::model::{
    Action, Canonical, Change, Form, Journal, Observation, Observed, Outcome, OutcomeResult,
    Ownership, Resource, ResourceId, ResourceKind, Rule, RuleGroup, RuleName, SourceRef, Spec,
    TargetName,
};
use trueup::provider::prometheus::{Prometheus, PrometheusReader, PrometheusWriter};
use trueup::provider::{Cancel, Depth, Reader, Scope, Work, Writer};
use trueup::settings::{PrometheusSettings, Tls};

use crate::support::journal::MemoryJournal;

/// What is declared: groups by set.
pub type Declared = Vec<(&'static str, RuleGroup)>;

pub struct World {
    pub directory: Arc<TempDir>,
    pub journal: Arc<MemoryJournal>,
    pub cancelled: Flag,
    pub target: TargetName,
    pub provider: Prometheus,
    pub reader: PrometheusReader,
    pub writer: PrometheusWriter,
}

#[derive(Default)]
pub struct Flag(pub AtomicBool);

impl Cancel for Flag {
    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Settings of one target.
pub struct Setup {
    pub instance: &'static str,
    pub url: Option<String>,
    pub flavor: Flavor,
    pub timeout: Duration,
    pub directory: Arc<TempDir>,
}

impl Setup {
    pub fn new(directory: Arc<TempDir>, url: Option<String>) -> Self {
        Self {
            instance: "acme",
            url,
            flavor: Flavor::Prometheus,
            timeout: Duration::from_secs(10),
            directory,
        }
    }

    pub fn world(self) -> World {
        let target = TargetName::new("prom").unwrap();
        let settings = PrometheusSettings {
            flavor: self.flavor,
            url: self.url,
            rules_dir: self.directory.path().to_owned(),
            auth: None,
            tls: Tls::default(),
        };
        let instance = self.instance.into();
        let provider = Prometheus::new(instance, target.clone(), &settings, self.timeout, None);
        World {
            directory: self.directory,
            journal: Arc::default(),
            cancelled: Flag::default(),
            target,
            reader: provider.reader(),
            writer: provider.writer(),
            provider,
        }
    }
}

pub fn scratch() -> Arc<TempDir> {
    Arc::new(tempfile::tempdir().unwrap())
}

impl World {
    pub async fn observe(&self) -> Observation {
        self.observe_at(Depth::Full).await
    }

    pub async fn observe_at(&self, depth: Depth) -> Observation {
        let pending = self.journal.pending(&self.target).unwrap();
        let scope = Scope {
            depth,
            pending: &pending,
        };
        self.reader.observe(scope).await
    }

    pub async fn known(&self) -> Observed {
        match self.observe().await {
            Observation::Known(observed) => observed,
            Observation::Unknown { reason } => panic!("unknown: {reason}"),
        }
    }

    pub async fn unknown(&self) -> String {
        match self.observe().await {
            Observation::Unknown { reason } => reason,
            Observation::Known(observed) => panic!("known: {observed:?}"),
        }
    }

    /// The changes that make live equal to what is declared.
    pub async fn plan(&self, declared: &Declared) -> Vec<Change> {
        let observed = self.known().await;
        let mut changes = Vec::new();
        let mut ids = BTreeSet::new();
        for (set, group) in declared {
            let id = self.id(set, &group.name);
            ids.insert(id.clone());
            changes.extend(self.change(&observed, id, group));
        }
        for (id, live) in &observed.live {
            if live.ownership == Ownership::Ours && !ids.contains(id) {
                let version = live.version.clone();
                changes.push(change(id.clone(), Action::Delete, None, version));
            }
        }
        changes
    }

    fn change(&self, observed: &Observed, id: ResourceId, group: &RuleGroup) -> Option<Change> {
        let spec = Spec::RuleGroup(group.clone());
        let canonical = self
            .reader
            .normalise(&spec, &observed.capabilities)
            .unwrap();
        let occupied = observed.occupied.get(id.container().unwrap());
        let (action, version) = match observed.live.get(&id) {
            Some(live) if live.ownership == Ownership::Nobody => {
                (Action::Adopt, live.version.clone())
            }
            Some(live) if *live.canonical.open() == canonical => {
                assert_eq!(live.hash, canonical.hash());
                return None;
            }
            Some(live) => (Action::Update, live.version.clone()),
            None => (
                Action::Create,
                occupied.and_then(|file| file.version.clone()),
            ),
        };
        Some(change(id, action, Some((spec, canonical)), version))
    }

    pub async fn apply(&self, changes: &[Change]) -> Vec<Outcome> {
        self.writer
            .apply(Work {
                changes,
                reason: "test",
                journal: &*self.journal,
                cancel: &self.cancelled,
            })
            .await
    }

    /// One cycle; what is planned is applied.
    pub async fn sync(&self, declared: &Declared) -> Vec<Outcome> {
        let changes = self.plan(declared).await;
        if changes.is_empty() && self.journal.open().is_empty() {
            return vec![];
        }
        let outcomes = self.apply(&changes).await;
        let ids: Vec<_> = outcomes.iter().map(|outcome| &outcome.id).collect();
        assert_eq!(
            ids,
            changes.iter().map(|change| &change.id).collect::<Vec<_>>()
        );
        outcomes
    }

    /// One cycle in which everything must be done, and after which nothing is left to do.
    pub async fn settle(&self, declared: &Declared) {
        for outcome in self.sync(declared).await {
            assert_eq!(outcome.error, None, "{}", outcome.id);
        }
        assert_eq!(self.plan(declared).await, []);
        assert_eq!(self.journal.open(), []);
    }

    pub fn id(&self, set: &str, group: &str) -> ResourceId {
        let name = format!("{set}/{group}");
        ResourceId::new(self.target.clone(), ResourceKind::RuleGroup, name)
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.directory.path().join(file)
    }

    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    /// Every file with its content and time stamp.
    pub fn files(&self) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
        let read = |path: &Path| {
            let modified = fs::metadata(path).unwrap().modified().unwrap();
            (fs::read(path).unwrap(), modified)
        };
        fs::read_dir(self.directory.path())
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| {
                (
                    entry.file_name().into_string().unwrap(),
                    read(&entry.path()),
                )
            })
            .collect()
    }
}

fn change(
    id: ResourceId,
    action: Action,
    desired: Option<(Spec, Canonical)>,
    expected: Option<String>,
) -> Change {
    let source = SourceRef {
        repository: "platform".into(),
        file: "rules.yaml".into(),
        line: 1,
    };
    let desired = desired.map(|(spec, canonical)| Desired {
        resource: Arc::new(Resource {
            id: id.clone(),
            spec: Arc::new(spec),
            owner: None,
            component: None,
            source: source.clone(),
            adopt: false,
        }),
        hash: canonical.hash(),
        canonical: Form::tree(canonical),
    });
    Change {
        id,
        action,
        tenant: None,
        owner: None,
        source: Some(source),
        fields: vec![],
        impact: vec![],
        desired,
        live_hash: None,
        expected,
        counts_as_deletes: 0,
        drift: false,
        after: vec![],
    }
}

/// An alert.
pub fn alert(name: &str, expr: &str) -> Rule {
    Rule {
        name: RuleName::Alert(name.to_owned()),
        expr: expr.to_owned(),
        for_: None,
        keep_firing_for: None,
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
    }
}

pub fn group(name: &str, rules: Vec<Rule>) -> RuleGroup {
    RuleGroup {
        name: name.to_owned(),
        interval: None,
        query_offset: None,
        limit: None,
        labels: BTreeMap::new(),
        partial_response_strategy: None,
        rules,
    }
}

/// A group with one alert of a name derived from its own.
pub fn simple(name: &str) -> RuleGroup {
    group(name, vec![alert(&format!("Alert{name}"), "vector(0) > 1")])
}

/// Results with ids, for comparing.
pub fn results(outcomes: &[Outcome]) -> Vec<(&str, OutcomeResult)> {
    outcomes
        .iter()
        .map(|outcome| (&*outcome.id.name, outcome.result))
        .collect()
}

/// The one error there is.
pub fn error_of(outcomes: &[Outcome]) -> &str {
    let mut errors = outcomes
        .iter()
        .filter_map(|outcome| outcome.error.as_deref());
    let error = errors.next().expect("an error");
    assert_eq!(errors.find(|other| *other != error), None);
    error
}
