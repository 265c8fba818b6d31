mod grafana;
mod routing;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::model::definition::{Meta, Platform, RuleSet};
use crate::model::target::DriftPolicy;
use crate::model::{
    Code, Hash, InventoryEntry, Place, Position, RepoPath, RuleGroup, RuleSetKind, Selector, Span,
    Spanned, Spec, Target,
};

fn place(file: &str, line: u32) -> Place {
    let at = Position { line, column: 1 };
    Place::new(RepoPath::new(file).unwrap(), Span { start: at, end: at })
}

fn target(name: &str, env: &str) -> Target {
    Target {
        name: TargetName::new(name).unwrap(),
        aliases: vec![],
        labels: BTreeMap::from([("env".to_owned(), env.to_owned())]),
        kinds: &[ResourceKind::RuleGroup],
        paused: None,
        drift: DriftPolicy::Revert,
        owner_tag: false,
        composing: None,
    }
}

fn selector(text: &str) -> Spanned<Selector> {
    Spanned::new(Selector::parse(text).unwrap(), Span::default())
}

fn set(name: &str, targets: Option<&str>, file: &str, groups: &[&str]) -> RuleSet {
    let group = |name: &&str| GroupDefinition {
        name: (*name).into(),
        place: place(file, 7),
        rules: [].into(),
        spec: Some(Arc::new(Spec::RuleGroup(RuleGroup {
            name: (*name).to_owned(),
            interval: None,
            query_offset: None,
            limit: None,
            labels: BTreeMap::new(),
            partial_response_strategy: None,
            rules: vec![],
        }))),
        validity: Validity::Valid,
    };
    RuleSet {
        kind: RuleSetKind::RuleSet,
        meta: Arc::new(Meta {
            namespace: "default".to_owned(),
            name: name.to_owned(),
            place: place(file, 3),
            targets: targets.map(selector),
            owner: None,
            component: None,
            adopt: false,
        }),
        validity: Validity::Valid,
        files: vec![],
        groups: groups.iter().map(group).collect(),
    }
}

fn resolve(
    repository: &Arc<str>,
    declared: &Declared,
    placing: &Placing<'_>,
    inventory: &Inventory,
) -> Resolved {
    let catalog = Catalog::default();
    let against = Against {
        placing,
        inventory,
        catalog: &catalog,
        fences: &FenceMemo::default(),
    };
    super::resolve(repository, declared, against)
}

fn run(sets: Vec<RuleSet>, inventory: &Inventory) -> Resolved {
    let targets = [
        target("eu", "prod"),
        target("us", "prod"),
        target("x", "dev"),
    ];
    let declared = Declared {
        platform: Some(Platform {
            name: "acme".to_owned(),
            place: place("trueup.yaml", 1),
            include: vec![],
            exclude: vec![],
            owner: None,
            default_targets: Some(selector("env=prod")),
        }),
        rule_sets: sets,
        ..Declared::default()
    };
    resolve(
        &"platform".into(),
        &declared,
        &Placing::Targets(&targets),
        inventory,
    )
}

fn ids(resolved: &Resolved) -> Vec<String> {
    let all = resolved.desired.values().flat_map(BTreeMap::keys);
    all.map(ToString::to_string).collect()
}

fn codes(resolved: &Resolved) -> Vec<Code> {
    resolved.diagnostics.iter().map(|d| d.code).collect()
}

#[test]
fn places_by_own_selector_else_by_default() {
    let sets = vec![
        set("a", None, "a.yaml", &["g"]),
        set("b", Some("env=dev"), "b.yaml", &["g"]),
    ];
    let resolved = run(sets, &Inventory::default());
    assert_eq!(
        ids(&resolved),
        [
            "eu/rule_group/default/a/g",
            "us/rule_group/default/a/g",
            "x/rule_group/default/b/g"
        ]
    );
    assert!(resolved.diagnostics.is_empty());
}

#[test]
fn a_selector_without_a_target_blocks_deletes() {
    let resolved = run(
        vec![set("a", Some("env=nowhere"), "a.yaml", &["g"])],
        &Inventory::default(),
    );
    assert_eq!(codes(&resolved), [Code::TargetsEmpty]);
    assert_eq!(resolved.blocks.len(), 1);
    assert!(resolved.blocks[0].detail.contains("env=nowhere"));
}

#[test]
fn one_name_twice_is_an_error_at_both_places() {
    let sets = vec![
        set("a", None, "a.yaml", &["g"]),
        set("a", None, "b.yaml", &["h"]),
    ];
    let resolved = run(sets, &Inventory::default());
    assert_eq!(codes(&resolved), [Code::DuplicateName, Code::DuplicateName]);
    assert!(ids(&resolved).is_empty());
    assert_eq!(resolved.invalid.len(), 2);
}

#[test]
fn the_incumbent_stays() {
    let entry = InventoryEntry {
        hash: Hash::of(b"x"),
        owner: None,
        source: SourceRef {
            repository: "platform".into(),
            file: "b.yaml".into(),
            line: 1,
        },
        revision: None,
    };
    let id = ResourceId::parse("eu/rule_group/default/a/h").unwrap();
    let inventory = Inventory {
        entries: BTreeMap::from([(id, entry)]),
    };
    let sets = vec![
        set("a", None, "a.yaml", &["g"]),
        set("a", None, "b.yaml", &["h"]),
    ];
    let resolved = run(sets, &inventory);
    assert_eq!(
        ids(&resolved),
        ["eu/rule_group/default/a/h", "us/rule_group/default/a/h"]
    );
    let [newcomer] = &resolved.diagnostics[..] else {
        panic!("{:?}", resolved.diagnostics)
    };
    assert_eq!(newcomer.place.as_ref().unwrap().file.as_str(), "a.yaml");
    assert!(
        newcomer.message.contains("b.yaml:3"),
        "{}",
        newcomer.message
    );
}

#[test]
fn a_group_name_twice_in_a_set_holds_both() {
    let resolved = run(
        vec![set("a", None, "a.yaml", &["g", "g", "h"])],
        &Inventory::default(),
    );
    assert_eq!(
        codes(&resolved),
        [Code::DuplicateGroup, Code::DuplicateGroup]
    );
    assert_eq!(
        ids(&resolved),
        ["eu/rule_group/default/a/h", "us/rule_group/default/a/h"]
    );
    assert!(
        resolved
            .invalid
            .iter()
            .all(|invalid| invalid.targets.len() == 2)
    );
}

/// The default is for all kinds: a foreign one that none of its targets speaks is left alone, as where there is no
/// default. What is ours, and what names its targets itself, must find one.
#[test]
fn a_foreign_kind_that_no_default_target_speaks_is_unplaced() {
    let found = |kind: RuleSetKind, own: Option<&str>, default: &str| {
        let speechless = Target {
            kinds: &[ResourceKind::Dashboard],
            ..target("grafana", "prod")
        };
        let declared = Declared {
            platform: Some(Platform {
                name: "acme".to_owned(),
                place: place("trueup.yaml", 1),
                include: vec![],
                exclude: vec![],
                owner: None,
                default_targets: Some(selector(default)),
            }),
            rule_sets: vec![RuleSet {
                kind,
                ..set("a", own, "a.yaml", &["g"])
            }],
            ..Declared::default()
        };
        let placing = Placing::Targets(std::slice::from_ref(&speechless));
        let resolved = resolve(
            &"platform".into(),
            &declared,
            &placing,
            &Inventory::default(),
        );
        (codes(&resolved), resolved.blocks.len())
    };
    let (manifest, ours) = (RuleSetKind::PrometheusRule, RuleSetKind::RuleSet);
    let unplaced = (vec![Code::Unplaced], 0);
    let empty = (vec![Code::TargetsEmpty], 1);
    assert_eq!(found(manifest, None, "env=prod"), unplaced);
    assert_eq!(found(manifest, Some("env=prod"), "env=prod"), empty);
    assert_eq!(found(manifest, None, "env=none"), empty);
    assert_eq!(found(ours, None, "env=prod"), empty);
}

#[test]
fn without_settings_each_selector_is_a_target() {
    let declared = Declared {
        rule_sets: vec![
            set("a", Some("env=prod"), "a.yaml", &["g"]),
            set("b", Some("env=dev"), "b.yaml", &["g"]),
            set("c", Some("env=dev"), "c.yaml", &["g"]),
        ],
        ..Declared::default()
    };
    let placing = Placing::each_selector(&declared);
    let resolved = resolve(&"p".into(), &declared, &placing, &Inventory::default());
    assert_eq!(resolved.desired.len(), 2);
    assert_eq!(resolved.counts()[&ResourceKind::RuleGroup], 3);
}
