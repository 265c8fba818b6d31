//! Load and check of 10,000 documents of a kilobyte from the object database.

use git2::{ObjectType, Repository, TreeWalkMode, TreeWalkResult};
use rayon::prelude::*;
use saphyr::{LoadableYamlNode, MarkedYaml};
use std::path::Path;

use trueup::model::Inventory;
use trueup::reconcile::declare::{self, Declaration, LastGood};
use trueup::reconcile::memo::ParseMemo;
use trueup::resolve::{FenceMemo, Placing};
use trueup::settings::Limits;
use trueup::source::{Source, Want};

use super::measure::{Figure, Limit, turns};
use super::repository;

const TURNS: usize = 15;

pub(crate) fn run() -> Vec<Figure> {
    let scratch = tempfile::tempdir().unwrap();
    let files = repository::ten_thousand();
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    println!(
        "{} files, {} bytes on average",
        files.len(),
        bytes / files.len()
    );
    repository::packed(scratch.path(), &files);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let declaration = runtime.block_on(load(scratch.path()));
    assert!(declaration.diagnostics().is_empty());
    assert_eq!(declaration.loaded.files, files.len());
    let resources: usize = declaration.resolved.counts().values().sum();
    assert_eq!(resources, 10_000, "every group is placed");
    let (floor, ours) = turns(
        TURNS,
        || floor(scratch.path()),
        || runtime.block_on(load(scratch.path())),
    );
    vec![Figure {
        what: "load and check of 10,000 documents of a kilobyte from the object database",
        floor_is: "blobs read with git2 on one thread, then parsed by saphyr, with positions, on all",
        floor,
        ours,
        limit: Limit::Ratio(1.5),
    }]
}

/// What the product does from a commit to everything that is declared and found wrong.
pub(crate) async fn load(path: &Path) -> Declaration {
    // A folder with `--rev`, as `check`, `plan` and `render` take it: no settings needed.
    let source = Source::folder(path, None, "platform", &Limits::default());
    let snapshot = source.snapshot(Want::Rev("main".to_owned())).await.unwrap();
    let mut memo = ParseMemo::default();
    let nothing = LastGood::default();
    let (loaded, memory) = declare::load_tree(&source, &snapshot, &mut memo, &nothing, &[])
        .await
        .unwrap();
    let placing = Placing::each_selector(&loaded.declared);
    let inventory = Inventory::default();
    declare::resolve(
        snapshot,
        loaded,
        memory,
        &placing,
        &inventory,
        &FenceMemo::default(),
    )
}

/// What has to be done in any case: list the tree, read the bytes, and parse them to trees whose nodes know
/// their places, with the library whose parser the product uses.
pub(crate) fn floor(path: &Path) -> (Vec<Vec<u8>>, usize) {
    let repository = Repository::open(path).unwrap();
    let tree = repository.head().unwrap().peel_to_tree().unwrap();
    let mut blobs = Vec::new();
    tree.walk(TreeWalkMode::PreOrder, |_, entry| {
        if entry.kind() == Some(ObjectType::Blob) {
            blobs.push(entry.id());
        }
        TreeWalkResult::Ok
    })
    .unwrap();
    let odb = repository.odb().unwrap();
    let texts: Vec<Vec<u8>> = blobs
        .iter()
        .map(|id| odb.read(*id).unwrap().data().to_vec())
        .collect();
    let documents = texts.par_iter().map(|text| documents(text)).sum();
    (texts, documents)
}

fn documents(text: &[u8]) -> usize {
    let text = std::str::from_utf8(text).unwrap();
    MarkedYaml::load_from_str(text).unwrap().len()
}
