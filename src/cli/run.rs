//! `trueup run`: the daemon.

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{ConfigArg, FAILED, Failure, open};
use crate::reconcile::cycle;
use crate::reconcile::driver::Daemon;
use crate::reconcile::status::Board;
use crate::reconcile::stop::Stop;
use crate::serve::{self, Status};
use crate::settings::Settings;
use crate::source::Source;
use crate::state::State;
use crate::telemetry::{self, ListenStarted, SettingsLoaded, Stopped};

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    config: ConfigArg,
}

pub(super) async fn run(args: RunArgs) -> Result<u8, Failure> {
    let settings = Arc::new(open::settings(&args.config.config)?);
    telemetry::init(settings.log.format, settings.log.level)?;
    SettingsLoaded {
        file: &args.config.config,
        instance: &settings.instance,
        targets: settings.targets.len(),
    }
    .emit();
    let stop = Stop::default();
    stop.on_signals();
    Ok(start(settings, stop).await?.finish().await)
}

/// A daemon at work.
pub(super) struct Running {
    pub(super) board: Arc<Board>,
    stop: Stop,
    settings: Arc<Settings>,
    work: JoinHandle<()>,
    http: JoinHandle<()>,
}

/// Starts the daemon; also the demo's.
pub(super) async fn start(settings: Arc<Settings>, stop: Stop) -> Result<Running, Failure> {
    let state = Arc::new(State::open(&settings.state)?);
    cycle::rename_targets(&settings, &state)?;
    let listen = settings.server.listen;
    let listener = TcpListener::bind(listen).await.map_err(|error| {
        Failure::from(format!(
            "cannot listen on {listen} (server.listen): {error}"
        ))
    })?;
    ListenStarted {
        address: listener.local_addr()?,
    }
    .emit();
    let beside = settings.state.parent().unwrap_or(Path::new("."));
    let handle = tokio::runtime::Handle::current();
    let source = Source::open(&settings.repository, beside, &settings.limits, handle);
    let daemon = Daemon::new(settings.clone(), state, source, stop.clone())?;
    let board = daemon.board.clone();
    let shown = board.clone();
    let until = stop.clone();
    let shutdown = async move { until.stopped().await };
    let status: Status = Arc::new(move || shown.to_json());
    Ok(Running {
        board,
        stop,
        settings,
        work: tokio::spawn(daemon.run()),
        http: tokio::spawn(serve::serve(listener, status, shutdown)),
    })
}

impl Running {
    /// Waits until it is stopped, and then for the changes in hand; the exit code.
    pub(super) async fn finish(self) -> u8 {
        self.stop.stopped().await;
        let drained = tokio::time::timeout(self.settings.reconcile.drain, self.work).await;
        self.http.abort();
        let error = match drained {
            Ok(Ok(())) => None,
            Ok(Err(_)) => Some("a part of the daemon panicked".to_owned()),
            Err(_) => Some(format!(
                "the change in hand did not end within reconcile.drain ({:?}); the next start \
                 finishes it",
                self.settings.reconcile.drain
            )),
        };
        Stopped {
            error: error.as_deref(),
        }
        .emit();
        if error.is_none() { 0 } else { FAILED }
    }
}
