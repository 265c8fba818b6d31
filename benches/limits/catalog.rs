//! The catalog of tens of thousands of entities: from understood entities to what can be asked, and asking.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use trueup::catalog::{Catalog, Files, Query};
use trueup::model::{Entity, Revision, Snapshot, Tenants};

use super::measure::{Figure, Limit, turns};
use super::memory::field;
use super::{organisation, repository};

const TURNS: usize = 11;
pub(crate) fn run() -> Vec<Figure> {
    let resident = || field(std::process::id(), "VmRSS").unwrap_or_default();
    println!("resident before there is an entity: {}", resident());
    let entities = world(50_000);
    println!("with 50,000 entities: {}", resident());
    let (catalog, found) = build(entities.clone());
    println!("with their catalog: {}", resident());
    println!("{} references lead to nothing", found.len());
    vec![
        built(
            "10,000 understood entities → catalog",
            &world(10_000),
            Limit::None,
        ),
        built(
            "50,000 understood entities → catalog",
            &entities,
            Limit::Time(Duration::from_secs(1)),
        ),
        asked(&catalog),
    ]
}

fn built(what: &'static str, entities: &[Arc<Entity>], limit: Limit) -> Figure {
    let (floor, ours) = turns(TURNS, || sorted(entities), || build(entities.to_vec()));
    Figure {
        what,
        floor_is: "the same entities sorted by reference",
        floor,
        ours,
        limit,
    }
}

fn sorted(entities: &[Arc<Entity>]) -> Vec<Arc<Entity>> {
    let mut entities = entities.to_vec();
    entities.sort_by(|a, b| a.reference.cmp(&b.reference));
    entities
}

fn build(entities: Vec<Arc<Entity>>) -> (Catalog, Vec<trueup::model::Diagnostic>) {
    let snapshot = Snapshot {
        repository: "platform".into(),
        revision: Revision::Unversioned,
        files: BTreeMap::new(),
        diagnostics: Vec::new(),
    };
    Catalog::build(
        entities,
        &Files::new(&snapshot, &|_| true),
        &Tenants::default(),
    )
}

/// The 99th percentile of queries of every manner.
fn asked(catalog: &Catalog) -> Figure {
    let mut queries = Vec::new();
    for number in 0..500 {
        queries.extend([
            vec![format!("owner=team-{number}")],
            vec![
                format!("system=system-{number}"),
                "kind=Component".to_owned(),
            ],
            vec![
                format!("tag=tag-{}", number % 50),
                "type=service".to_owned(),
            ],
            vec![
                "kind=Component".to_owned(),
                "lifecycle=production".to_owned(),
            ],
            vec![format!("name=service-{number}")],
            vec![format!("handles order {number}")],
            vec!["the".to_owned(), "order".to_owned(), "zzz".to_owned()],
            vec!["e".to_owned(), "lifecycle=production".to_owned()],
            vec![],
        ]);
    }
    let (mut ours, mut naive) = (Vec::new(), Vec::new());
    for words in &queries {
        let began = Instant::now();
        let found = catalog.find(&Query::parse(words).unwrap()).len();
        ours.push(began.elapsed());
        let began = Instant::now();
        let kept = catalog.entities().filter(|entity| contains(entity, words));
        assert!(words.is_empty() || kept.count() <= catalog.len() && found <= catalog.len());
        naive.push(began.elapsed());
    }
    Figure {
        what: "a query over 50,000 entities, 99th percentile of 4,500",
        floor_is: "the words looked for in the descriptions, one entity after the other",
        floor: vec![percentile(naive)],
        ours: vec![percentile(ours)],
        limit: Limit::Time(Duration::from_millis(10)),
    }
}

fn contains(entity: &Entity, words: &[String]) -> bool {
    let text = entity.description.as_deref().unwrap_or_default();
    words.iter().all(|word| text.contains(word.as_str()))
}

fn percentile(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() * 99 / 100]
}

/// What is read of the files of an organisation.
fn world(count: usize) -> Vec<Arc<Entity>> {
    let (_, loaded) = repository::loaded(&organisation::files(count, 10));
    assert_eq!(loaded.declared.entities.len(), count);
    loaded.declared.entities
}
