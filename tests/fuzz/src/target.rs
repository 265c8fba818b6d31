//! A target that is a folder: plan, apply, and look again.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use trueup::apply;
use trueup::model::{Intent, Journal, JournalError, Observation, OutcomeResult, TargetName};
use trueup::plan::{self, Allowance, Common, Limits, Plan};
use trueup::provider::{Cancel, Depth};
use trueup::reconcile::Lane;
use trueup::reconcile::lane;
use trueup::resolve::{self, Placing, Resolved};
use trueup::settings::Settings;

use super::{Loaded, Texts};

/// The settings of a target without a server, whose rules lie in `folder`.
pub fn settings(folder: &Path) -> Settings {
    let text = format!(
        "instance: fuzz\nrepository: {{ url: /nowhere }}\nstate: {{ path: /nowhere.db }}\ntargets:\n  \
         - {{ name: files, provider: prometheus, labels: {{ all: yes }}, rules_dir: {} }}\n",
        folder.display()
    );
    Settings::parse(&text, Path::new("trueup.yaml")).expect("settings")
}

/// The settings of an Alertmanager without a server, whose file lies in `folder` beside the secrets.
pub fn alertmanager(folder: &Path) -> Settings {
    let text = format!(
        "instance: fuzz\nrepository: {{ url: /nowhere }}\nstate: {{ path: /nowhere.db }}\ntargets:\n  \
         - {{ name: files, provider: alertmanager, labels: {{ all: yes }}, config_file: {0}/am.yml, \
         base_file: base.yaml, secrets_dir: {0}/secrets, fence_label: namespace }}\n",
        folder.display()
    );
    Settings::parse(&text, Path::new("trueup.yaml")).expect("settings")
}

/// What was loaded, placed on the target.
pub fn resolve(loaded: &Loaded, settings: &Settings) -> Resolved {
    let targets: Vec<_> = settings.targets.iter().map(|t| t.to_target()).collect();
    let placing = Placing::Targets(&targets);
    resolve::resolve(
        &"platform".into(),
        &loaded.declared,
        resolve::Against {
            placing: &placing,
            inventory: &trueup::model::Inventory::default(),
            catalog: &trueup::catalog::Catalog::default(),
            fences: &resolve::FenceMemo::default(),
        },
    )
}

/// Applies to an empty folder and plans again: nothing must be left to do.
pub async fn converges(resolved: &Resolved, settings: &Settings, texts: &Texts<'_>) {
    let (mut lanes, writers) = lane::open(settings);
    let first = look(&mut lanes[0], resolved).await;
    let limits = Limits {
        max_deletes: 0,
        max_delete_percent: 0,
    };
    let (_, approved) = plan::approve(first, limits, &Allowance::default());
    for target in approved.into_targets() {
        let writer = writers.get(target.target()).expect("a writer");
        let journal = Memory::default();
        let outcomes = apply::execute(&target, writer, "fuzz", &journal, &Never).await;
        for outcome in outcomes {
            assert_eq!(outcome.result, OutcomeResult::Done, "{outcome:?}");
        }
        assert!(journal.open.lock().expect("lock").is_empty());
    }
    // A new lane: nothing is remembered but what is on disk.
    let second = look(&mut lane::readers(settings)[0], resolved).await;
    assert!(
        second.changes().is_empty(),
        "not quiet after it was applied: {:#?}\n{texts:?}",
        second.changes()
    );
}

async fn look(lane: &mut Lane, resolved: &Resolved) -> Plan {
    let observation = lane.observe(Depth::Full, &[]).await;
    assert!(matches!(observation, Observation::Known(_)));
    let inventory = trueup::model::Inventory::default();
    let desired = resolved.desired.get(lane.name());
    let none = BTreeMap::new();
    let observation = lane.relate(observation, desired.unwrap_or(&none), &inventory);
    let input = lane.input(desired, &observation, &inventory);
    let common = Common {
        unknown: None,
        invalid: &resolved.invalid,
        blocks: &resolved.blocks,
        tenants: &trueup::model::Tenants::default(),
        revision: None,
        peers: &[],
    };
    plan::plan(&[input], common)
}

struct Never;

impl Cancel for Never {
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// A journal that forgets when it is dropped.
#[derive(Default)]
struct Memory {
    open: Mutex<BTreeMap<i64, Intent>>,
}

impl Journal for Memory {
    fn begin(&self, intent: &Intent) -> Result<i64, JournalError> {
        self.open.lock().expect("lock").insert(1, intent.clone());
        Ok(1)
    }

    fn end(&self, number: i64) -> Result<(), JournalError> {
        self.open.lock().expect("lock").remove(&number);
        Ok(())
    }

    fn pending(&self, _: &TargetName) -> Result<Vec<(i64, Intent)>, JournalError> {
        Ok(Vec::new())
    }
}
