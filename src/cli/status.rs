//! `trueup status`: how every target is, from the running daemon, or else from what it last wrote down.

use clap::Args;
use jiff::Timestamp;

use super::control::Control;
use super::show::status;
use super::{ConfigArg, FAILED, Failure, Format, open, output};
use crate::reconcile::status::Board;
use crate::state::StateView;

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    config: ConfigArg,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(args: StatusArgs) -> Result<u8, Failure> {
    let settings = open::settings(&args.config.config)?;
    let daemon = Control::find(&settings).await?;
    let found = if let Some(daemon) = &daemon {
        daemon.status().await?
    } else {
        let board = Board::new(&settings);
        board.recall(&StateView::open(&settings.state)?)?;
        board.to_json()
    };
    match args.format {
        Format::Json => output::print_json(&found)?,
        Format::Text => {
            if daemon.is_none() {
                output::print(
                    "no daemon runs with these settings; this is what was last written down\n\n",
                )?;
            }
            output::print(&status::text(&found, Timestamp::now(), None))?;
        }
    }
    let well = daemon.is_some() && status::is_well(&found, None);
    Ok(if well { 0 } else { FAILED })
}
