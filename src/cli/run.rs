//! `trueup run`: the daemon.

use std::path::Path;
use std::sync::Arc;

use clap::Args;

use super::{ConfigArg, FAILED, Failure, open};
use crate::reconcile::cycle;
use crate::reconcile::driver::Daemon;
use crate::reconcile::stop::Stop;
use crate::settings::Settings;
use crate::source::Source;
use crate::state::State;

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    config: ConfigArg,
}

pub(super) async fn run(args: RunArgs) -> Result<u8, Failure> {
    let settings = Arc::new(open::settings(&args.config.config)?);
    let stop = Stop::default();
    stop.on_signals();
    serve(settings, stop).await
}

/// Runs the daemon until it is stopped; also the demo's.
pub(super) async fn serve(settings: Arc<Settings>, stop: Stop) -> Result<u8, Failure> {
    let state = Arc::new(State::open(&settings.state)?);
    cycle::rename_targets(&settings, &state)?;
    let beside = settings.state.parent().unwrap_or(Path::new("."));
    let handle = tokio::runtime::Handle::current();
    let source = Source::open(&settings.repository, beside, &settings.limits, handle);
    let daemon = Daemon::new(settings.clone(), state, source, stop.clone())?;
    let board = daemon.board.clone();
    let listen = settings.server.listen;
    let listener = tokio::net::TcpListener::bind(listen)
        .await
        .map_err(|error| {
            Failure::from(format!(
                "cannot listen on {listen} (server.listen): {error}"
            ))
        })?;
    let status: Arc<dyn Fn() -> serde_json::Value + Send + Sync> =
        Arc::new(move || board.to_json());
    let until = stop.clone();
    let shutdown = async move { until.stopped().await };
    let http = tokio::spawn(crate::serve::serve(listener, status, shutdown));
    let work = tokio::spawn(daemon.run());
    stop.stopped().await;
    let drained = tokio::time::timeout(settings.reconcile.drain, work).await;
    http.abort();
    Ok(if drained.is_ok() { 0 } else { FAILED })
}
