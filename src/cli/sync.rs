//! `trueup sync`: everything is looked at, and made true, now.

use clap::Args;

use super::control::{self, Control};
use super::show::status;
use super::{ConfigArg, FAILED, Failure, open, output, pause};
use crate::reconcile::orders::SyncOrder;

#[derive(Debug, Args)]
pub(super) struct SyncArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// Only this target
    target: Option<String>,
}

pub(super) async fn run(args: SyncArgs) -> Result<u8, Failure> {
    let settings = open::settings(&args.config.config)?;
    if let Some(target) = &args.target {
        pause::known(&settings, target)?;
    }
    let Some(daemon) = Control::find(&settings).await? else {
        return Err(Failure::from(
            "no daemon runs with these settings; trueup apply makes one pass by itself",
        ));
    };
    let target = args.target;
    let order = SyncOrder {
        target: target.clone(),
        by: control::user(),
    };
    let answer = daemon.order("sync", &order).await?;
    let now = jiff::Timestamp::now();
    output::print(&status::text(&answer, now, target.as_deref()))?;
    let well = status::is_well(&answer, target.as_deref());
    Ok(if well { 0 } else { FAILED })
}
