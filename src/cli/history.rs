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
    /// Only what this commit changed: its id, or the beginning of it
    #[arg(long, value_name = "COMMIT", value_parser = commit)]
    revision: Option<String>,
    /// Only what undid changes that somebody had made on the servers
    #[arg(long, conflicts_with = "revision")]
    drift: bool,
    /// From then on: 2h (ago), 02:00 (UTC), 2026-11-24, 2026-11-24T02:00; without it for a day, with --revision for ever
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
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
    let since = match (args.since.as_deref(), &args.revision) {
        (Some(text), _) => moment("--since", text)?,
        (None, Some(_)) => Timestamp::UNIX_EPOCH,
        (None, None) => moment("--since", "1d")?,
    };
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
    // Of one resource or commit, and of drift, it is the changes that are asked for.
    let events = if id.is_some() || args.revision.is_some() || args.drift {
        Vec::new()
    } else {
        state.events(since, target.as_ref())?
    };
    let mut entries = Entry::merge(changes, events);
    entries.retain(|entry| until.is_none_or(|until| entry.at() <= until) && args.takes(entry));
    match args.format {
        Format::Json => output::print_json(&history::json(&entries))?,
        Format::Text => output::print(&history::text(&entries))?,
    }
    if let (true, Some(revision)) = (entries.is_empty(), &args.revision) {
        output::log(&format!(
            "nothing was applied from {revision} itself: what is pushed together is applied as the last commit of it; \
             trueup explain ID names the commit that an object comes from\n"
        ));
    }
    Ok(0)
}

impl HistoryArgs {
    /// Whether an entry is what is asked for. What was undone is no deed of the commit that was live then.
    fn takes(&self, entry: &Entry) -> bool {
        match (entry, &self.revision) {
            (Entry::Event(_), _) => true,
            (Entry::Change(change), None) => change.drift || !self.drift,
            (Entry::Change(change), Some(wanted)) => {
                let applied = change.revision.as_deref();
                !change.drift && applied.is_some_and(|applied| applied.starts_with(wanted))
            }
        }
    }
}

/// Four digits at least: fewer begin many.
fn commit(text: &str) -> Result<String, String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if digits && (4..=40).contains(&text.len()) {
        return Ok(text.to_ascii_lowercase());
    }
    Err("write the id of a commit, or at least its first four digits".to_owned())
}

pub(super) fn id(text: &str) -> Result<ResourceId, Failure> {
    ResourceId::parse(text).ok_or_else(|| {
        Failure::usage(format!(
            "{text:?} is no id of a resource; write target/kind/name as plans and logs have it"
        ))
    })
}
