//! `trueup plan`: the difference with live; nothing is written anywhere.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};

use super::{ConfigArg, FAILED, Failure, PENDING, SourceArgs, TargetArgs, open, output};
use crate::model::{Diagnostic, HeldReason};
use crate::plan::{digest, display};
use crate::reconcile::cycle::{self, Considered};
use crate::reconcile::lane;
use crate::reconcile::memo::ParseMemo;
use crate::report::json::{self, Frame};
use crate::report::{diagnostics, markdown};
use crate::state::StateView;

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    targets: TargetArgs,
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    format: PlanFormat,
    /// Exit with 2 where changes are pending
    #[arg(long)]
    exit_code: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PlanFormat {
    Text,
    Json,
    /// For a comment on a pull request
    Markdown,
}

pub(super) async fn run(args: PlanArgs) -> Result<u8, Failure> {
    let settings = open::settings(&args.config.config)?;
    let mut lanes = lane::readers(&settings);
    open::only(&mut lanes, &args.targets)?;
    let (source, want) = open::source(&settings, &args.source, open::Use::Beside);
    let state = StateView::open(&settings.state)?;
    let snapshot = source.snapshot(want).await?;
    let mut memo = ParseMemo::default();
    let (declaration, observations) = tokio::join!(
        cycle::declare(&settings, &source, snapshot, &mut memo, &state),
        cycle::observe(&lanes, crate::provider::Depth::Full, &state),
    );
    let (declaration, observations) = (declaration?, observations?);
    let inventory = state.inventory()?;
    let unseen = BTreeMap::new();
    let peers = cycle::peers(&lanes, &declaration, &unseen);
    let considered = Considered {
        settings: &settings,
        declaration: &declaration,
        inventory: &inventory,
        peers: &peers,
        flag: None,
    };
    let prepared = cycle::prepare(&mut lanes, observations, &source, &state, considered).await?;
    let mut found = declaration.diagnostics();
    found.extend(prepared.diagnostics.iter().cloned());
    let orphaned = cycle::orphaned(&settings, &inventory);
    let plan = &prepared.plan;
    match args.format {
        PlanFormat::Text => {
            let texts = open::texts(&source, &declaration.snapshot, &found).await;
            let colour = output::colour();
            let shown = output::worth_showing(&found);
            let shown = diagnostics::text(&shown, &|path| texts.get(path).cloned(), colour);
            let orphans = display::orphaned(&orphaned);
            output::print(&format!(
                "{}{}{orphans}",
                output::above(&shown),
                display::text(plan)
            ))?;
        }
        PlanFormat::Markdown => output::print(&markdown::plan(plan, &found))?,
        PlanFormat::Json => {
            let digest = digest(plan);
            let revision = declaration.revision().to_text();
            output::print_json(&json::plan(
                plan,
                Frame {
                    instance: &settings.instance,
                    revision: revision.as_deref(),
                    digest: &digest,
                    orphaned: &orphaned,
                    diagnostics: &found,
                },
            ))?;
        }
    }
    let unknown = |reason| reason == HeldReason::ScopeUnknown;
    if found.iter().any(Diagnostic::is_error) || plan.held().iter().any(|h| unknown(h.reason)) {
        return Ok(FAILED);
    }
    let pending = args.exit_code && !plan.changes().is_empty();
    Ok(if pending { PENDING } else { 0 })
}
