//! A world in memory: targets, what they have, what they should have; and an executor that does to it what a plan
//! says, and refuses what a provider would refuse.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use trueup::model::Tenants;
use trueup::model::capabilities::Product;
use trueup::model::change::Desired;
use trueup::model::hold::Covers;
use trueup::model::live::{Occupied, UnknownPart};
use trueup::model::target::DriftPolicy;
use trueup::model::{
    Action, Block, Canonical, Capabilities, Change, Form, Invalid, Inventory, InventoryEntry, Live,
    Observation, Observed, Ownership, Resource, ResourceId, ResourceKind, RuleGroup, SourceRef,
    Spec, Target, TargetName,
};
use trueup::plan::{Common, Plan, TargetInput, Wanted, plan};

const KIND: ResourceKind = ResourceKind::RuleGroup;
const SETS: u8 = 3;

/// How many rules a body has, and which; two bodies are equal where these are.
pub type Body = Vec<u8>;

/// A group of a set.
pub type Key = (u8, u8);

#[derive(Clone, Debug)]
pub struct Site {
    pub live: BTreeMap<Key, Body>,
    /// Whose each set is.
    pub owners: Vec<Ownership>,
    /// `None` where the server cannot hold it.
    pub wanted: BTreeMap<Key, Option<Body>>,
    pub adopt: bool,
    /// What the inventory remembers, right or wrong.
    pub remembered: BTreeMap<Key, Body>,
    pub unknown: bool,
    pub unknown_sets: BTreeSet<u8>,
    pub paused: bool,
    pub drift: DriftPolicy,
}

#[derive(Clone, Debug)]
pub struct World {
    pub sites: Vec<Site>,
    /// Sets and groups that are invalid, with the sites where they would stand.
    pub invalid: Vec<(u8, Option<u8>, BTreeSet<usize>)>,
    pub blocked: bool,
    pub unknown: bool,
}

pub fn world() -> impl Strategy<Value = World> {
    let invalid = (
        0..SETS,
        prop::option::of(0..4_u8),
        prop::collection::btree_set(0..3_usize, 0..3),
    );
    let rarely = || prop::bool::weighted(0.1);
    (
        prop::collection::vec(site(), 1..4),
        prop::collection::vec(invalid, 0..2),
        rarely(),
        rarely(),
    )
        .prop_map(|(sites, invalid, blocked, unknown)| World {
            sites,
            invalid,
            blocked,
            unknown,
        })
}

fn site() -> impl Strategy<Value = Site> {
    let key = || (0..SETS, 0..4_u8);
    let body = || prop::collection::vec(0..4_u8, 0..4);
    let owner = prop_oneof![
        4 => Just(Ownership::Ours),
        1 => Just(Ownership::Nobody),
        1 => Just(Ownership::Theirs("somebody".into())),
    ];
    let wanted = prop_oneof![9 => body().prop_map(Some), 1 => Just(None)];
    let rarely = || prop::bool::weighted(0.1);
    let drift = prop_oneof![Just(DriftPolicy::Revert), Just(DriftPolicy::Report)];
    (
        prop::collection::btree_map(key(), body(), 0..10),
        prop::collection::vec(owner, usize::from(SETS)),
        prop::collection::btree_map(key(), wanted, 0..10),
        rarely(),
        prop::collection::btree_map(key(), body(), 0..10),
        rarely(),
        prop::collection::btree_set(0..SETS, 0..2),
        rarely(),
        drift,
    )
        .prop_map(
            |(live, owners, wanted, adopt, remembered, unknown, unknown_sets, paused, drift)| {
                Site {
                    live,
                    owners,
                    wanted,
                    adopt,
                    remembered,
                    unknown,
                    unknown_sets,
                    paused,
                    drift,
                }
            },
        )
}

impl World {
    /// Everything known, valid, running and reverted.
    pub fn calm(mut self) -> Self {
        (self.blocked, self.unknown) = (false, false);
        self.invalid.clear();
        for site in &mut self.sites {
            (site.unknown, site.paused) = (false, false);
            site.unknown_sets.clear();
            site.drift = DriftPolicy::Revert;
            site.wanted.retain(|_, body| body.is_some());
        }
        self
    }

    /// Plans; `order` is the order in which the targets are handed in.
    pub fn plan(&self, order: &[usize], with_inventory: bool) -> Plan {
        let targets: Vec<Target> = (0..self.sites.len()).map(|at| self.target(at)).collect();
        let observations: Vec<_> = (0..self.sites.len()).map(|at| self.observe(at)).collect();
        let inventory = if with_inventory {
            self.inventory()
        } else {
            Inventory::default()
        };
        let inputs: Vec<TargetInput<'_>> = order
            .iter()
            .map(|at| TargetInput {
                target: &targets[*at],
                wanted: self.wanted(*at),
                observation: &observations[*at],
                inventory: of_site(&inventory, *at),
            })
            .collect();
        let invalid = self.invalid();
        let blocks = [Block {
            detail: "a file is broken".to_owned(),
            place: None,
        }];
        plan(
            &inputs,
            Common {
                unknown: self.unknown.then_some("the platform is broken"),
                invalid: &invalid,
                blocks: if self.blocked { &blocks } else { &[] },
                tenants: &Tenants::default(),
                revision: None,
                peers: &[],
            },
        )
    }

    /// Does what is approved, as a provider would: only to what was observed.
    pub fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            let at = site_of(&change.id);
            let (set, group) = key_of(&change.id);
            let site = &mut self.sites[at];
            let now = site
                .live
                .get(&(set, group))
                .map(|body| canonical(body).hash());
            assert_eq!(
                now, change.live_hash,
                "{}: not what was planned for",
                change.id
            );
            let body = change
                .desired
                .as_ref()
                .map(|desired| body_of(&desired.canonical.open()));
            match change.action {
                Action::Create | Action::Update | Action::Adopt => {
                    site.live.insert((set, group), body.clone().unwrap());
                    site.owners[usize::from(set)] = Ownership::Ours;
                    site.remembered.insert((set, group), body.unwrap());
                }
                Action::Delete => {
                    site.live.remove(&(set, group)).unwrap();
                    site.remembered.remove(&(set, group));
                }
            }
        }
    }

    fn target(&self, at: usize) -> Target {
        Target {
            name: name(at),
            aliases: Vec::new(),
            labels: BTreeMap::new(),
            kinds: ResourceKind::ALL,
            paused: self.sites[at].paused.then(|| "paused".into()),
            drift: self.sites[at].drift,
            owner_tag: false,
            composing: None,
        }
    }

    fn observe(&self, at: usize) -> Observation {
        let site = &self.sites[at];
        if site.unknown {
            let reason = "timed out".to_owned();
            return Observation::Unknown { reason };
        }
        // Of what is not read whole, half is seen.
        let known = site
            .live
            .iter()
            .filter(|((set, group), _)| !site.unknown_sets.contains(set) || group % 2 == 0);
        let live = known.map(|((set, group), body)| {
            let canonical = canonical(body);
            let live = Live {
                hash: canonical.hash(),
                canonical: Form::tree(canonical),
                version: None,
                ownership: site.owners[usize::from(*set)].clone(),
                residue: false,
                handle: None,
                title: None,
                keep: None,
                changed: None,
            };
            (id(at, (*set, *group)), live)
        });
        let sets: BTreeSet<u8> = site.live.keys().map(|(set, _)| *set).collect();
        let occupied = sets.iter().chain(&site.unknown_sets).map(|set| {
            // Also where it is known whose it is, nothing in it is touched.
            let occupied = Occupied {
                kind: KIND,
                ownership: site.owners[usize::from(*set)].clone(),
                description: format!("the file of {set}"),
                unreadable: site.unknown_sets.contains(set),
                version: None,
            };
            (container(*set), occupied)
        });
        let unknown = site.unknown_sets.iter().map(|set| UnknownPart {
            kind: KIND,
            container: Some(container(*set)),
            reason: "half a page".to_owned(),
        });
        Observation::Known(Observed {
            capabilities: Capabilities {
                product: Product::Prometheus,
                version: None,
                grafana: None,
            },
            live: live.collect(),
            occupied: occupied.collect(),
            unknown: unknown.collect(),
            refused: BTreeMap::new(),
            routing: None,
            diagnostics: Vec::new(),
        })
    }

    fn wanted(&self, at: usize) -> BTreeMap<ResourceId, Wanted> {
        let site = &self.sites[at];
        let wanted = site.wanted.iter().map(|(key, body)| {
            let id = id(at, *key);
            let group = RuleGroup {
                name: key.1.to_string(),
                interval: None,
                query_offset: None,
                limit: None,
                labels: BTreeMap::new(),
                partial_response_strategy: None,
                rules: Vec::new(),
            };
            let resource = Arc::new(Resource {
                id: id.clone(),
                spec: Arc::new(Spec::RuleGroup(group)),
                owner: None,
                component: None,
                source: source(),
                adopt: site.adopt,
            });
            let wanted = match body {
                Some(body) => Wanted::Normalised(Desired {
                    resource,
                    hash: canonical(body).hash(),
                    canonical: Form::tree(canonical(body)),
                }),
                None => Wanted::Unsupported {
                    resource,
                    detail: "too new".to_owned(),
                },
            };
            (id, wanted)
        });
        wanted.collect()
    }

    fn inventory(&self) -> Inventory {
        let sites = self.sites.iter().enumerate();
        let entries = sites.flat_map(|(at, site)| {
            site.remembered.iter().map(move |(key, body)| {
                let entry = InventoryEntry {
                    hash: canonical(body).hash(),
                    owner: None,
                    source: source(),
                    revision: None,
                };
                (id(at, *key), entry)
            })
        });
        Inventory {
            entries: entries.collect(),
        }
    }

    fn invalid(&self) -> Vec<Invalid> {
        let invalid = self.invalid.iter().map(|(set, group, sites)| Invalid {
            covers: match group {
                Some(group) => Covers::Resource {
                    kind: KIND,
                    name: format!("{}/{group}", container(*set)),
                },
                None => Covers::Container {
                    kind: KIND,
                    container: container(*set),
                },
            },
            detail: "it is wrong".to_owned(),
            source: source(),
            targets: sites.iter().map(|at| name(*at)).collect(),
        });
        invalid.collect()
    }
}

pub fn name(at: usize) -> TargetName {
    TargetName::new(&format!("t{at}")).unwrap()
}

pub fn container(set: u8) -> String {
    format!("default/s{set}")
}

pub fn id(at: usize, (set, group): Key) -> ResourceId {
    ResourceId::new(name(at), KIND, format!("{}/{group}", container(set)))
}

pub fn site_of(id: &ResourceId) -> usize {
    id.target.as_str()[1..].parse().unwrap()
}

pub fn key_of(id: &ResourceId) -> Key {
    let rest = id.name.strip_prefix("default/s").unwrap();
    let (set, group) = rest.split_once('/').unwrap();
    (set.parse().unwrap(), group.parse().unwrap())
}

fn source() -> SourceRef {
    SourceRef {
        repository: "platform".into(),
        file: "rules.yaml".into(),
        line: 1,
    }
}

fn of_site(inventory: &Inventory, at: usize) -> BTreeMap<&ResourceId, &InventoryEntry> {
    let entries = inventory.entries.iter();
    entries.filter(|(id, _)| site_of(id) == at).collect()
}

fn canonical(body: &Body) -> Canonical {
    let rules = body.iter().enumerate().map(|(at, value)| {
        let expr = Canonical::Int(i64::from(*value));
        (format!("alert=A{at}"), Canonical::map([("expr", expr)]))
    });
    Canonical::map([("rules", Canonical::keyed(rules))])
}

fn body_of(canonical: &Canonical) -> Body {
    let Some(Canonical::Keyed(rules)) = canonical.get("rules") else {
        panic!("no body: {canonical:?}");
    };
    let expr = |rule: &Canonical| match rule.get("expr") {
        Some(Canonical::Int(value)) => u8::try_from(*value).unwrap(),
        other => panic!("{other:?}"),
    };
    rules.iter().map(|(_, rule)| expr(rule)).collect()
}
