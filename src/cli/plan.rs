//! `trueup plan`: the difference with live; nothing is written anywhere.

use clap::{Args, ValueEnum};

use super::look::Eyes;
use super::{ConfigArg, FAILED, Failure, PENDING, SourceArgs, TargetArgs, open, output};
use crate::model::{Diagnostic, HeldReason};
use crate::reconcile::lane;
use crate::report::markdown;
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
    let eyes = Eyes {
        settings: &settings,
        source: &source,
        state: &state,
        flag: None,
    };
    let snapshot = source.snapshot(want).await?;
    let look = eyes.look(&mut lanes, snapshot).await?;
    let plan = &look.prepared.plan;
    match args.format {
        PlanFormat::Text => output::print(&eyes.text(&look, &[]).await)?,
        PlanFormat::Markdown => output::print(&markdown::plan(plan, &look.found))?,
        PlanFormat::Json => output::print_json(&eyes.json(&look, None))?,
    }
    let held = plan.held();
    let unknown = held
        .iter()
        .any(|held| held.reason == HeldReason::ScopeUnknown);
    if unknown || look.found.iter().any(Diagnostic::is_error) {
        return Ok(FAILED);
    }
    let pending = args.exit_code && !plan.changes().is_empty();
    Ok(if pending { PENDING } else { 0 })
}
