//! `trueup history`: what went live when, from which commit and by whom, and what else happened.

use clap::Args;
use jiff::Timestamp;

use super::show::history::{self, Entry};
use super::{ConfigArg, Failure, Format, open, output, pause};
use crate::model::ResourceId;
use crate::state::{Asked, StateView};

#[derive(Debug, Args)]
pub(super) struct HistoryArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// Only this resource: target/kind/name
    id: Option<String>,
    /// Only this target
    #[arg(long, conflicts_with = "id")]
    target: Option<String>,
    /// From then on: 2h (ago), 02:00 (UTC), 2026-11-24, 2026-11-24T02:00
    #[arg(long, value_name = "TIME", default_value = "1d")]
    since: String,
    /// Until then, written as --since
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &HistoryArgs) -> Result<u8, Failure> {
    let settings = open::settings(&args.config.config)?;
    let now = Timestamp::now();
    let moment = |option: &str, text: &str| {
        pause::moment(text, now).ok_or_else(|| {
            Failure::usage(format!(
                "{option} {text:?} is no time; write 2h (ago), 02:00 (UTC), 2026-11-24 or 2026-11-24T02:00"
            ))
        })
    };
    let since = moment("--since", &args.since)?;
    let until = args.until.as_deref();
    let until = until.map(|text| moment("--until", text)).transpose()?;
    let id = args.id.as_deref().map(id).transpose()?;
    let target = args.target.as_deref();
    let target = target
        .map(|name| pause::known(&settings, name))
        .transpose()?;
    let state = StateView::open(&settings.state)?;
    let changes = state.changes(Asked {
        since,
        target: target.as_ref(),
        id: id.as_ref(),
    })?;
    // Of one resource it is the changes that are asked for.
    let events = match id {
        Some(_) => Vec::new(),
        None => state.events(since, target.as_ref())?,
    };
    let mut entries = Entry::merge(changes, events);
    entries.retain(|entry| until.is_none_or(|until| entry.at() <= until));
    match args.format {
        Format::Json => output::print_json(&history::json(&entries))?,
        Format::Text => output::print(&history::text(&entries))?,
    }
    Ok(0)
}

pub(super) fn id(text: &str) -> Result<ResourceId, Failure> {
    ResourceId::parse(text).ok_or_else(|| {
        Failure::usage(format!(
            "{text:?} is no id of a resource; write target/kind/name as plans and logs have it"
        ))
    })
}
