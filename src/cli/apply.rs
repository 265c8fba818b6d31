//! `trueup apply`: one cycle.

use std::collections::BTreeMap;

use clap::Args;

use super::{ConfigArg, FAILED, Failure, Format, SourceArgs, TargetArgs, open, output};
use crate::model::{Change, HeldReason, Outcome, OutcomeResult, Revision, TargetName};
use crate::plan::{Plan, digest, display};
use crate::reconcile::allowance::Trailers;
use crate::reconcile::cycle::{self, Considered, Pass, Watcher};
use crate::reconcile::lane;
use crate::reconcile::memo::ParseMemo;
use crate::reconcile::stop::Stop;
use crate::report::json::{self, Frame};
use crate::report::{diagnostics, text};
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
    let state = State::open(&settings.state)?;
    cycle::rename_targets(&settings, &state)?;
    let (source, want) = open::source(&settings, &args.source, open::Use::Own);
    let snapshot = source.snapshot(want).await?;
    if matches!(snapshot.revision, Revision::Dirty(_)) && !args.allow_dirty {
        return Err(Failure::from(
            "the work tree differs from its commit; commit first, or apply it with --allow-dirty",
        ));
    }
    let started = jiff::Timestamp::now();
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
        flag: args.allow_deletes,
    };
    let mut prepared =
        cycle::prepare(&mut lanes, observations, &source, &state, considered).await?;
    let digest = digest(&prepared.plan);
    if args.expect_digest.as_ref().is_some_and(|d| *d != digest) {
        return Err(Failure::from(format!(
            "the plan is not the expected one (its digest is {digest}); nothing was changed; look \
             at `trueup plan` again"
        )));
    }
    let stop = Stop::default();
    stop.on_signals();
    let pass = Pass {
        cycle: state.last_cycle()? + 1,
        declaration: &declaration,
    };
    let outcomes = cycle::execute(&writers, &mut prepared, &state, pass, &stop, &Silent).await?;
    cycle::remember(&state, &settings.repository.name, &declaration.memory)?;
    let record = cycle::record(pass, &prepared.plan.targets, &outcomes, started);
    state.end_cycle(&record)?;
    let mut found = declaration.diagnostics();
    found.extend(prepared.diagnostics.iter().cloned());
    let orphaned = cycle::orphaned(&settings, &inventory);
    match args.format {
        Format::Text => {
            let texts = open::texts(&source, &declaration.snapshot, &found).await;
            let colour = output::colour();
            let shown = output::worth_showing(&found);
            let shown = diagnostics::text(&shown, &|path| texts.get(path).cloned(), colour);
            let plan = display::text(&prepared.plan);
            let orphans = display::orphaned(&orphaned);
            output::print(&format!(
                "{}{plan}{orphans}{}",
                output::above(&shown),
                text::outcomes(&outcomes)
            ))?;
        }
        Format::Json => {
            let revision = declaration.revision().to_text();
            let frame = Frame {
                instance: &settings.instance,
                revision: revision.as_deref(),
                digest: &digest,
                orphaned: &orphaned,
                diagnostics: &found,
            };
            output::print_json(&json::apply(&prepared.plan, &outcomes, frame))?;
        }
    }
    Ok(if went_well(&prepared.plan, &outcomes) {
        0
    } else {
        FAILED
    })
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
