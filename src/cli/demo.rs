//! `trueup demo`
use super::Failure;
#[derive(Debug, clap::Args)]
pub(super) struct DemoArgs {}
pub(super) async fn run(_: DemoArgs) -> Result<u8, Failure> {
    Ok(0)
}
