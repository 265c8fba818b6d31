//! `trueup render`: the desired resources; no live system is asked.

use clap::Args;

use super::{ConfigArg, FAILED, Failure, Format, SourceArgs, open, output};
use crate::model::Diagnostic;
use crate::reconcile::cycle;
use crate::reconcile::lane;
use crate::reconcile::memo::ParseMemo;
use crate::report::{self, diagnostics};
use crate::state::StateView;

#[derive(Debug, Args)]
pub(super) struct RenderArgs {
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    source: SourceArgs,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(args: RenderArgs) -> Result<u8, Failure> {
    let settings = open::settings(&args.config.config)?;
    let (source, want) = open::source(&settings, &args.source, open::Use::Beside);
    let state = StateView::open(&settings.state)?;
    let snapshot = source.snapshot(want).await?;
    let mut memo = ParseMemo::default();
    let declaration = cycle::declare(&settings, &source, snapshot, &mut memo, &state).await?;
    let found = declaration.diagnostics();
    let resources = declaration
        .resolved
        .desired
        .values()
        .flat_map(|d| d.values());
    let resources = resources.map(|resource| &**resource);
    let revision = declaration.revision().to_text();
    match args.format {
        Format::Json => {
            let lanes = lane::readers(&settings);
            let hash = |resource: &crate::model::Resource| {
                let lane = lanes
                    .iter()
                    .find(|lane| *lane.name() == resource.id.target)?;
                lane.hash(&resource.spec)
            };
            let json = report::json::render(resources, revision.as_deref(), &found, &hash);
            output::print_json(&json)?;
        }
        Format::Text => {
            for resource in resources {
                output::print(&report::text::resource(resource)?)?;
            }
            let texts = open::texts(&source, &declaration.snapshot, &found).await;
            let shown = diagnostics::text(&found, &|path| texts.get(path).cloned(), false);
            output::log(&shown);
        }
    }
    Ok(if found.iter().any(Diagnostic::is_error) {
        FAILED
    } else {
        0
    })
}
