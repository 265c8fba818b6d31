//! What one state of a repository costs to declare after another: counted, without any server.

use tempfile::TempDir;
use tokio::runtime::Runtime;
use trueup::model::capabilities::Product;
use trueup::model::{Canonical, Capabilities, Inventory, Spec};
use trueup::provider::Unsupported;
use trueup::reconcile::Declaration;
use trueup::reconcile::declare::{self, LastGood};
use trueup::reconcile::memo::{NormaliseMemo, ParseMemo};
use trueup::resolve::Placing;
use trueup::settings::Limits;
use trueup::source::{Source, Want};

use super::git::{self, Git};
use super::machine::{runtime, scratch};

/// What one declaration cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    pub files_parsed: u64,
    /// Rule groups and dashboards.
    pub fenced: u64,
    /// Bodies made canonical and hashed.
    pub normalised: u64,
}

pub const NONE: Work = Work {
    files_parsed: 0,
    fenced: 0,
    normalised: 0,
};

/// A repository, and what is remembered of it. Each selector is a target.
pub struct Counted {
    pub git: Git,
    source: Source,
    memo: ParseMemo,
    bodies: NormaliseMemo,
    runtime: Runtime,
    _folder: TempDir,
}

impl Counted {
    pub fn new() -> Self {
        let folder = scratch();
        let git = Git::new(folder.path());
        let path = folder.path().join(git::FOLDER);
        Self {
            git,
            source: Source::folder(&path, None, "platform", &Limits::default()),
            memo: ParseMemo::default(),
            bodies: NormaliseMemo::default(),
            runtime: runtime(),
            _folder: folder,
        }
    }

    /// Declares what the last commit says, with what that cost.
    pub fn declare(&mut self) -> (Declaration, Work) {
        let before = self.work();
        let declaration = self
            .runtime
            .block_on(declared(&self.source, &mut self.memo));
        assert!(!declaration.has_errors(), "{:?}", declaration.diagnostics());
        for desired in declaration.resolved.desired.values() {
            self.bodies.wanted(desired, CAPABILITIES, normalise);
        }
        let after = self.work();
        let work = Work {
            files_parsed: after.files_parsed - before.files_parsed,
            fenced: after.fenced - before.fenced,
            normalised: after.normalised - before.normalised,
        };
        (declaration, work)
    }

    /// Commits, and tells what declaring that costs.
    pub fn commit(&mut self) -> Work {
        self.git.commit();
        self.declare().1
    }

    fn work(&self) -> Work {
        Work {
            files_parsed: self.memo.files_parsed(),
            fenced: self.memo.fences.made(),
            normalised: self.bodies.bodies_normalised(),
        }
    }
}

async fn declared(source: &Source, memo: &mut ParseMemo) -> Declaration {
    let snapshot = source.snapshot(Want::Rev("main".to_owned())).await.unwrap();
    let nothing = LastGood::default();
    let (loaded, memory) = declare::load_tree(source, &snapshot, memo, &nothing, &[])
        .await
        .unwrap();
    let placing = Placing::each_selector(&loaded.declared);
    let inventory = Inventory::default();
    declare::resolve(snapshot, loaded, memory, &placing, &inventory, &memo.fences)
}

const CAPABILITIES: Capabilities = Capabilities {
    product: Product::Prometheus,
    version: None,
    grafana: None,
};

/// What bodies are made of does not matter here, only how many are.
#[allow(
    clippy::unnecessary_wraps,
    reason = "as `NormaliseMemo::wanted` takes it"
)]
fn normalise(_: &Spec) -> Result<Canonical, Unsupported> {
    Ok(Canonical::text("a body"))
}
