//! The plan of 10,000 rule groups where nothing changed.

use std::collections::BTreeMap;
use std::time::Duration;

use trueup::model::capabilities::Product;
use trueup::model::change::Desired;
use trueup::model::live::Occupied;
use trueup::model::{
    Canonical, Capabilities, Form, Inventory, InventoryEntry, Live, Observation, Observed,
    Ownership, ResourceId, TargetName, Version,
};
use trueup::plan::Wanted;
use trueup::reconcile::{Declaration, Lane, cycle, declare, lane};
use trueup::resolve::{FenceMemo, Placing};
use trueup::settings::Settings;

use super::corpus;
use super::measure::{Figure, Limit, turns};
use super::repository;

const TURNS: usize = 31;
const LIMIT: Duration = Duration::from_millis(50);

pub(crate) fn run() -> Vec<Figure> {
    let scratch = tempfile::tempdir().unwrap();
    let settings = settings(scratch.path());
    let declaration = declaration(&settings);
    let target = settings.targets[0].name.clone();
    let (observation, inventory) = same_as(&settings, &declaration, &target);
    let live = match &observation {
        Observation::Known(observed) => &observed.live,
        Observation::Unknown { .. } => unreachable!(),
    };
    assert_eq!(live.len(), 10_000);
    let desired = &declaration.resolved.desired[&target];
    let floor = || {
        let same = desired.keys().filter_map(|id| live.get(id));
        same.map(|live| usize::from(live.hash.as_bytes()[0]))
            .sum::<usize>()
    };
    let observations = BTreeMap::from([(target, observation.clone())]);
    let compare = |lanes: &mut [Lane]| {
        let plan = cycle::compare(lanes, &observations, &declaration, &inventory, &[]);
        assert_eq!(plan.unchanged(), 10_000);
        plan
    };
    let mut known = lane::readers(&settings);
    let (warm_floor, warm) = turns(TURNS, floor, || compare(&mut known));
    let (cold_floor, cold) = turns(TURNS, floor, || compare(&mut lane::readers(&settings)));
    let floor_is = "one look at each id in a map of the live groups";
    vec![
        Figure {
            what: "plan, nothing changed, 10,000 rule groups, in a running daemon",
            floor_is,
            floor: warm_floor,
            ours: warm,
            limit: Limit::Time(LIMIT),
        },
        Figure {
            what: "the same in a process that plans for the first time, normalising every group",
            floor_is,
            floor: cold_floor,
            ours: cold,
            limit: Limit::None,
        },
    ]
}

pub(crate) fn settings(scratch: &std::path::Path) -> Settings {
    let text = "\
instance: bench
repository: { url: repository }
targets:
  - name: prometheus
    provider: prometheus
    labels: { env: prod }
    rules_dir: rules
";
    Settings::parse(text, scratch).unwrap()
}

/// A hundred sets of a hundred groups, as `load` reads them.
fn declaration(settings: &Settings) -> Declaration {
    let mut files = vec![("trueup.yaml".to_owned(), corpus::PLATFORM.to_owned())];
    for team in 0..100 {
        files.push((format!("team-{team}/set.yaml"), corpus::set_of_files(team)));
        let text = corpus::large_file(100, 2, team);
        files.push((format!("team-{team}/rules/all.yaml"), text));
    }
    let (snapshot, loaded) = repository::loaded(&files);
    let targets: Vec<_> = settings
        .targets
        .iter()
        .map(trueup::settings::TargetSettings::to_target)
        .collect();
    let placing = Placing::Targets(&targets);
    let memory = declare::Memory::default();
    declare::resolve(
        snapshot,
        loaded,
        memory,
        &placing,
        &Inventory::default(),
        &FenceMemo::default(),
    )
}

/// Live as it is after an apply, made of copies of its own.
fn same_as(
    settings: &Settings,
    declaration: &Declaration,
    target: &TargetName,
) -> (Observation, Inventory) {
    let mut observed = Observed {
        capabilities: Capabilities {
            product: Product::Prometheus,
            version: Some(Version::new(2, 42, 0)),
            grafana: None,
        },
        live: BTreeMap::new(),
        occupied: BTreeMap::new(),
        unknown: Vec::new(),
        refused: BTreeMap::new(),
        diagnostics: Vec::new(),
        routing: None,
    };
    let mut inventory = Inventory::default();
    let empty = Observation::Known(observed.clone());
    let mut lane = lane::readers(settings).remove(0);
    let desired = declaration.resolved.desired.get(target);
    let wanted = lane.input(desired, &empty, &inventory).wanted;
    for (id, wanted) in &wanted {
        let Wanted::Normalised(desired) = wanted else {
            panic!("{id} is not supported");
        };
        let container = id.container().unwrap().to_owned();
        observed.live.insert(copy(id), live(desired));
        observed
            .occupied
            .insert(container.clone(), occupied(container));
        inventory.entries.insert(copy(id), entry(desired));
    }
    (Observation::Known(observed), inventory)
}

fn copy(id: &ResourceId) -> ResourceId {
    ResourceId::parse(&id.to_string()).unwrap()
}

fn live(desired: &Desired) -> Live {
    Live {
        canonical: Form::tree(Canonical::clone(&desired.canonical.open())),
        hash: desired.hash,
        version: Some(desired.hash.to_string()),
        ownership: Ownership::Ours,
        residue: false,
        handle: None,
        title: None,
        keep: None,
        changed: None,
    }
}

fn occupied(container: String) -> Occupied {
    Occupied {
        kind: trueup::model::ResourceKind::RuleGroup,
        ownership: Ownership::Ours,
        description: container,
        unreadable: false,
        version: None,
    }
}

fn entry(desired: &Desired) -> InventoryEntry {
    InventoryEntry {
        hash: desired.hash,
        owner: desired.resource.owner.clone(),
        source: desired.resource.source.clone(),
        revision: None,
    }
}
