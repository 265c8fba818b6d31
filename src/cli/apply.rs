//! `trueup apply`: one cycle.

use clap::Args;

use super::look::Eyes;
use super::{ConfigArg, FAILED, Failure, Format, SourceArgs, TargetArgs, open, output};
use crate::model::{Change, HeldReason, Outcome, OutcomeResult, Revision, TargetName};
use crate::plan::Plan;
use crate::reconcile::allowance::Trailers;
use crate::reconcile::cycle::{self, Pass, Watcher};
use crate::reconcile::lane;
use crate::reconcile::stop::Stop;
use crate::state::State;

#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    targets: TargetArgs,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Let up to N deletes through, for each target
    #[arg(long, value_name = "N")]
    allow_deletes: Option<u32>,
    /// Apply a work tree (--repo) that differs from its commit
    #[arg(long, requires = "repo")]
    allow_dirty: bool,
    /// Apply only if the plan has this digest
    #[arg(long, value_name = "DIGEST")]
    expect_digest: Option<String>,
}

/// A one-shot command reports at its end.
struct Silent;

impl Watcher for Silent {
    fn deletes_allowed(&self, _: &TargetName, _: &Trailers) {}

    fn outcome(&self, _: &Change, _: &Outcome) {}
}

pub(super) async fn run(args: ApplyArgs) -> Result<u8, Failure> {
    let settings = open::settings(&args.config.config)?;
    let (mut lanes, writers) = lane::open(&settings);
    open::only(&mut lanes, &args.targets)?;
    let state = State::open(&settings.state)?.keeping(settings.history);
    cycle::rename_targets(&settings, &state)?;
    let (source, want) = open::source(&settings, &args.source, open::Use::Own);
    let eyes = Eyes {
        settings: &settings,
        source: &source,
        state: &state,
        flag: args.allow_deletes,
    };
    let started = jiff::Timestamp::now();
    let snapshot = source.snapshot(want).await?;
    if matches!(snapshot.revision, Revision::Dirty(_)) && !args.allow_dirty {
        return Err(Failure::from(
            "the work tree differs from its commit; commit first, or apply it with --allow-dirty",
        ));
    }
    let mut look = eyes.look(&mut lanes, snapshot).await?;
    let digest = &look.digest;
    if args.expect_digest.as_ref().is_some_and(|d| d != digest) {
        return Err(Failure::from(format!(
            "the plan is not the expected one (its digest is {digest}); nothing was changed; look \
             at `trueup plan` again"
        )));
    }
    let stop = Stop::default();
    stop.on_signals();
    let pass = Pass {
        cycle: state.last_cycle()? + 1,
        declaration: &look.declaration,
    };
    let prepared = &mut look.prepared;
    let outcomes = cycle::execute(&writers, prepared, &state, pass, &stop, &Silent).await?;
    let repository = &settings.repository.name;
    cycle::remember(&state, repository, &look.declaration.memory)?;
    let record = cycle::record(pass, &look.prepared.plan.targets, &outcomes, started);
    state.end_cycle(&record)?;
    match args.format {
        Format::Text => output::print(&eyes.text(&look, &outcomes).await)?,
        Format::Json => output::print_json(&eyes.json(&look, Some(&outcomes)))?,
    }
    let well = went_well(&look.prepared.plan, &outcomes);
    Ok(if well { 0 } else { FAILED })
}

/// Nothing failed, and nothing is held that somebody has to look at.
fn went_well(plan: &Plan, outcomes: &[Outcome]) -> bool {
    let harmless = |reason| match reason {
        HeldReason::NotOurs | HeldReason::Paused => true,
        HeldReason::ScopeUnknown
        | HeldReason::OverLimit
        | HeldReason::DependsOn
        | HeldReason::Invalid => false,
    };
    outcomes.iter().all(|o| o.result == OutcomeResult::Done)
        && plan.held().iter().all(|held| harmless(held.reason))
}
