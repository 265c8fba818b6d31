//! What is written is what was declared: over generated worlds, through the provider itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use tempfile::TempDir;
use trueup::model::alertmanager::{BASE, Base, Fenced, Routing};
use trueup::model::change::Desired;
use trueup::model::{
    Action, Change, Form, Observation, Observed, RepoPath, Resource, ResourceId, ResourceKind,
    SourceRef, Spec, TargetName,
};
use trueup::provider::alertmanager::{Alertmanager, AlertmanagerReader, AlertmanagerWriter};
use trueup::provider::{Cancel, Depth, Reader, Scope, Work, Writer};
use trueup::settings::{AlertmanagerSettings, Tls};

use super::{generate, receivers};
use crate::support::journal::MemoryJournal;

struct Never;

impl Cancel for Never {
    fn is_cancelled(&self) -> bool {
        false
    }
}

struct World {
    folder: TempDir,
    target: TargetName,
    journal: MemoryJournal,
    reader: AlertmanagerReader,
    writer: AlertmanagerWriter,
}

type Declared = BTreeMap<String, Spec>;

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let target = TargetName::new("am").unwrap();
        let settings = AlertmanagerSettings {
            url: None,
            auth: None,
            tls: Tls::default(),
            config_file: folder.path().join("alertmanager.yml"),
            base_file: RepoPath::new("base.yaml").unwrap(),
            secrets_dir: Some(folder.path().join("secrets")),
            fence_label: None,
            adopt: false,
        };
        let timeout = Duration::from_secs(10);
        let provider = Alertmanager::new("acme".into(), target.clone(), &settings, timeout, None);
        Self {
            folder,
            target,
            journal: MemoryJournal::default(),
            reader: provider.reader(),
            writer: provider.writer(),
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("alertmanager.yml")
    }

    async fn observed(&self) -> Observed {
        let scope = Scope {
            depth: Depth::Full,
            pending: &[],
        };
        match self.reader.observe(scope).await {
            Observation::Known(observed) => observed,
            Observation::Unknown { reason } => panic!("{reason}"),
        }
    }

    /// The changes that make live equal to what is declared.
    async fn plan(&self, declared: &Declared) -> Vec<Change> {
        let observed = self.observed().await;
        let version = observed.occupied.values().next();
        let version = version.and_then(|file| file.version.clone());
        let mut changes = Vec::new();
        for (name, spec) in declared {
            let id = ResourceId::new(self.target.clone(), ResourceKind::Route, name.as_str());
            let canonical = self.reader.normalise(spec, &observed.capabilities).unwrap();
            let hash = canonical.hash();
            let action = match observed.live.get(&id) {
                Some(live) if live.hash == hash => {
                    assert_eq!(*live.canonical.open(), canonical);
                    continue;
                }
                Some(_) => Action::Update,
                None => Action::Create,
            };
            let resource = Resource {
                id: id.clone(),
                spec: Arc::new(spec.clone()),
                owner: None,
                component: None,
                source: source(),
                adopt: false,
            };
            let desired = Desired {
                resource: Arc::new(resource),
                hash,
                canonical: Form::tree(canonical),
            };
            changes.push(change(id, action, Some(desired), version.clone()));
        }
        for id in observed.live.keys() {
            if !declared.contains_key(&*id.name) {
                changes.push(change(id.clone(), Action::Delete, None, version.clone()));
            }
        }
        changes
    }

    /// Makes it so, after which there is nothing left to do.
    async fn settle(&self, declared: &Declared, what: &str) {
        let changes = self.plan(declared).await;
        let work = Work {
            changes: &changes,
            reason: "test",
            journal: &self.journal,
            cancel: &Never,
        };
        for outcome in self.writer.apply(work).await {
            assert_eq!(outcome.error, None, "{what}: {}", outcome.id);
        }
        let left = self.plan(declared).await;
        let left: Vec<&str> = left.iter().map(|change| &*change.id.name).collect();
        assert_eq!(left, [""; 0], "{what}");
        assert_eq!(self.journal.open(), [], "{what}");
    }
}

fn source() -> SourceRef {
    SourceRef {
        repository: "platform".into(),
        file: "routes.yaml".into(),
        line: 1,
    }
}

fn change(
    id: ResourceId,
    action: Action,
    desired: Option<Desired>,
    expected: Option<String>,
) -> Change {
    Change {
        id,
        action,
        tenant: None,
        owner: None,
        source: Some(source()),
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

fn declared(base: Base, routings: Vec<Routing>) -> Declared {
    let mut declared = Declared::from([(BASE.to_owned(), Spec::RouteBase(Arc::new(base)))]);
    declared.extend(routings.into_iter().map(|routing| {
        let fence = generate::fence(&routing.namespace);
        let fenced = Fenced {
            routing: Arc::new(routing),
            fence,
        };
        (fenced.routing.id(), Spec::Route(fenced))
    }));
    declared
}

/// However one set of definitions follows another, the file is the one that the last set alone makes.
pub fn any_way_there() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        for seed in 0..100 {
            let world = World::new();
            let rng = &mut Rng::with_seed(seed);
            for step in 0..4 {
                let set = declared(generate::base(rng), generate::routings(rng));
                let what = format!("seed {seed}, step {step}");
                world.settle(&set, &what).await;
                let alone = World::new();
                alone.settle(&set, &what).await;
                let (one, other) = (fs::read(world.file()), fs::read(alone.file()));
                assert_eq!(one.unwrap(), other.unwrap(), "{what}");
                let work = world.reader.work();
                world.observed().await;
                let again = world.reader.work();
                assert_eq!(again.bodies_normalised, work.bodies_normalised, "{what}");
            }
        }
    });
}

/// Receivers of all kinds, with secrets: quiet, changed where a secret is, and nobody else's to read.
pub fn secrets() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let world = World::new();
        let base = generate::base(&mut Rng::with_seed(0));
        let mut all = Vec::new();
        for (number, (_, routing)) in receivers::definitions().into_iter().enumerate() {
            all.push(Routing {
                name: format!("team-{number}").into(),
                ..routing
            });
        }
        let count = all.iter().filter(|routing| routing.has_secrets()).count();
        let set = declared(base, all);
        put_secret(world.folder.path(), "canary-one");
        world.settle(&set, "first").await;
        let mode = |path: &Path| {
            use std::os::unix::fs::PermissionsExt as _;
            fs::metadata(path).unwrap().permissions().mode() & 0o777
        };
        assert_eq!(mode(&world.file()), 0o640);
        put_secret(world.folder.path(), "canary-two");
        let changes = world.plan(&set).await;
        assert_eq!(changes.len(), count);
        assert!(count > 20, "{count}");
        world.settle(&set, "rotated").await;
        let text = fs::read_to_string(world.file()).unwrap();
        assert!(text.contains("canary-two") && !text.contains("canary-one"));
        let observed = format!("{:?}", world.observed().await);
        assert!(!observed.contains("canary"));
        let left: Vec<_> = fs::read_dir(world.folder.path()).unwrap().collect();
        assert_eq!(left.len(), 2, "{left:?}");
    });
}

fn put_secret(folder: &Path, value: &str) {
    let place = folder.join("secrets/default/s");
    fs::create_dir_all(&place).unwrap();
    for number in 0..20 {
        fs::write(place.join(format!("k{number}")), value).unwrap();
    }
}
