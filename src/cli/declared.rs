//! What a state of a repository declares, for commands that need no settings: without them each selector is a target.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Failure, SourceArgs, open};
use crate::model::{Diagnostic, Inventory, TargetName};
use crate::reconcile::Declaration;
use crate::reconcile::cycle;
use crate::reconcile::declare::{self, LastGood};
use crate::reconcile::memo::ParseMemo;
use crate::resolve::{self, Placing};
use crate::settings::{Limits, TargetSettings};
use crate::source::{Source, Want};
use crate::state::StateView;

/// The daemon's settings, where there are some.
#[derive(Debug, Args)]
pub(super) struct OptionalConfig {
    /// Settings file; without it the folder of --repo is read, or this one
    #[arg(long, value_name = "FILE", env = "TRUEUP_CONFIG")]
    pub(super) config: Option<PathBuf>,
}

/// A declaration with the source that it was read from.
pub(super) struct Declared {
    pub(super) source: Source,
    pub(super) declaration: Declaration,
    /// What stands for a target where there are no settings: its selector.
    selectors: BTreeMap<TargetName, String>,
}

impl Declared {
    pub(super) async fn read(config: &OptionalConfig, args: &SourceArgs) -> Result<Self, Failure> {
        let Some(path) = &config.config else {
            let folder = args.repo.as_deref().unwrap_or(Path::new("."));
            let want = args.rev.clone().map_or(Want::Head, Want::Rev);
            return Self::offline(folder, want, None).await;
        };
        let settings = open::settings(path)?;
        let (source, want) = open::source(&settings, args, open::Use::Beside);
        let state = StateView::open(&settings.state)?;
        let snapshot = source.snapshot(want).await?;
        let mut memo = ParseMemo::default();
        let declaration = cycle::declare(&settings, &source, snapshot, &mut memo, &state).await?;
        Ok(Self {
            source,
            declaration,
            selectors: BTreeMap::new(),
        })
    }

    /// Without any state; targets are those of the settings, or one for each selector.
    pub(super) async fn offline(
        folder: &Path,
        want: Want,
        settings: Option<&crate::settings::Settings>,
    ) -> Result<Self, Failure> {
        let limits = settings.map_or_else(Limits::default, |settings| settings.limits.clone());
        let name = settings.map_or("platform", |settings| &settings.repository.name);
        let source = Source::folder(folder, None, name, &limits);
        let snapshot = source.snapshot(want).await?;
        let targets: Option<Vec<_>> = settings.map(|settings| {
            let targets = settings.targets.iter();
            targets.map(TargetSettings::to_target).collect()
        });
        let bases = targets.as_deref().map(resolve::base_files);
        let bases = bases.unwrap_or_default();
        let (mut memo, nothing) = (ParseMemo::default(), LastGood::default());
        let (loaded, memory) =
            declare::load_tree(&source, &snapshot, &mut memo, &nothing, &bases).await?;
        let placing = match &targets {
            Some(targets) => Placing::Targets(targets),
            None => Placing::each_selector(&loaded.declared),
        };
        let inventory = Inventory::default();
        let mut declaration =
            declare::resolve(snapshot, loaded, memory, &placing, &inventory, &memo.fences);
        declare::look_closer(&source, &mut declaration, &mut memo).await?;
        let selectors = match &placing {
            Placing::Targets(_) => BTreeMap::new(),
            Placing::EachSelector(named) => {
                let named = named.iter();
                named
                    .map(|(selector, name)| (name.clone(), selector.to_string()))
                    .collect()
            }
        };
        Ok(Self {
            source,
            declaration,
            selectors,
        })
    }

    /// What people know a target by.
    pub(super) fn title(&self, target: &TargetName) -> String {
        let selector = self.selectors.get(target);
        selector.map_or_else(|| target.to_string(), Clone::clone)
    }

    pub(super) fn errors(&self) -> Vec<Diagnostic> {
        let all = self.declaration.diagnostics().into_iter();
        all.filter(Diagnostic::is_error).collect()
    }
}
