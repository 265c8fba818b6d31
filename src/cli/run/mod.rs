//! `trueup run`: the daemon.

mod http;
mod reload;
mod supervisor;
mod systemd;

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{ConfigArg, FAILED, Failure, open};
use crate::model::TargetName;
use crate::reconcile::driver::Daemon;
use crate::reconcile::status::Board;
use crate::reconcile::stop::Stop;
use crate::reconcile::{Poke, cycle};
use crate::serve::{self, control};
use crate::settings::Settings;
use crate::source::Source;
use crate::state::{Event, State, What};
use crate::telemetry::{self, ControlFailed, ListenStarted, SettingsLoaded, Stopped};
use reload::Reload;
use supervisor::Supervisor;

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    config: ConfigArg,
}

pub(super) async fn run(args: RunArgs) -> Result<u8, Failure> {
    let file = &args.config.config;
    // Read once: what is in force is what the next text is compared with.
    let (settings, text) = open::settings_and_text(file)?;
    let settings = Arc::new(settings);
    telemetry::init(settings.log.format, settings.log.level)?;
    SettingsLoaded {
        file,
        instance: &settings.instance,
        targets: settings.targets.len(),
    }
    .emit();
    let stop = Stop::default();
    stop.on_signals();
    let reload = Some(Reload::new(file, text));
    Ok(start(settings, stop, reload).await?.finish().await)
}

/// A daemon at work.
pub(super) struct Running {
    pub(super) board: Arc<Board>,
    stop: Stop,
    state: Arc<State>,
    current: watch::Receiver<Arc<Daemon>>,
    work: JoinHandle<()>,
    serving: Vec<JoinHandle<()>>,
}

/// Starts the daemon; also the demo's, whose settings are never read anew.
pub(super) async fn start(
    settings: Arc<Settings>,
    stop: Stop,
    reload: Option<Reload>,
) -> Result<Running, Failure> {
    let state = State::open(&settings.state)?.keeping(settings.history);
    let state = Arc::new(state);
    let listen = settings.server.listen;
    let listener = TcpListener::bind(listen).await.map_err(|error| {
        Failure::from(format!(
            "cannot listen on {listen} (server.listen): {error}"
        ))
    })?;
    let address = listener.local_addr()?;
    let version = format!("version {}", env!("CARGO_PKG_VERSION"));
    note(&state, What::Started, Some(version));
    let first = daemon(&settings, &state, &stop, Poke::default())?;
    let board = first.board.clone();
    let (sender, current) = watch::channel(first);
    let parts = http::parts(&settings, &current);
    serve::start(listener, parts, until(&stop)).await?;
    ListenStarted {
        address,
        tls: settings.server.tls.is_some(),
    }
    .emit();
    let mut serving = Vec::new();
    let socket = control::socket(&settings.state);
    match control::bind(&socket) {
        Ok(listener) => {
            let control = control::serve(listener, current.clone(), until(&stop));
            serving.push(tokio::spawn(control));
        }
        Err(error) => ControlFailed {
            path: &socket,
            error: &error,
        }
        .emit(),
    }
    serving.push(tokio::spawn(systemd::watch(current.clone())));
    let supervisor = Supervisor {
        state: state.clone(),
        stop: stop.clone(),
        current: sender,
        reload,
    };
    Ok(Running {
        board,
        stop,
        state,
        current,
        work: tokio::spawn(supervisor.run()),
        serving,
    })
}

/// One who works by these settings, until it is stopped.
fn daemon(
    settings: &Arc<Settings>,
    state: &Arc<State>,
    stop: &Stop,
    poke: Poke,
) -> Result<Arc<Daemon>, Failure> {
    cycle::rename_targets(settings, state)?;
    let beside = settings.state.parent().unwrap_or(Path::new("."));
    let handle = tokio::runtime::Handle::current();
    let source = Source::open(&settings.repository, beside, &settings.limits, handle);
    let stop = stop.child();
    Ok(Daemon::new(
        settings.clone(),
        state.clone(),
        source,
        stop,
        poke,
    )?)
}

fn until(stop: &Stop) -> impl Future<Output = ()> + Send + 'static {
    let stop = stop.clone();
    async move { stop.stopped().await }
}

/// Notes something of the daemon in the history. Where that fails, the history has a gap, and nothing else happens.
fn note(state: &State, what: What, detail: Option<String>) {
    let _ = state.note(&Event {
        at: jiff::Timestamp::now(),
        what,
        target: None,
        by: None,
        detail,
    });
}

impl Running {
    /// Waits until it is stopped, and then for the changes in hand; the exit code.
    pub(super) async fn finish(mut self) -> u8 {
        // It ends by itself only where it panics: then whoever started us is to start us anew.
        let ended = tokio::select! {
            () = self.stop.stopped() => None,
            ended = &mut self.work => Some(ended),
        };
        systemd::stopping();
        let daemon = self.current.borrow().clone();
        let drain = daemon.settings.reconcile.drain;
        let drained = match ended {
            Some(ended) => Ok(ended),
            None => tokio::time::timeout(drain, self.work).await,
        };
        self.stop.stop();
        for serving in &self.serving {
            serving.abort();
        }
        let _ = std::fs::remove_file(control::socket(&daemon.settings.state));
        let error = match drained {
            Ok(Ok(())) => None,
            Ok(Err(_)) => Some("a part of the daemon panicked".to_owned()),
            Err(_) => Some(format!(
                "what is in hand did not end within reconcile.drain ({drain:?}): {}; the next start finishes it",
                busy(&daemon.board)
            )),
        };
        note(&self.state, What::Stopped, error.clone());
        Stopped {
            error: error.as_deref(),
        }
        .emit();
        if error.is_none() { 0 } else { FAILED }
    }
}

/// What still runs.
fn busy(board: &Board) -> String {
    let busy = board.busy();
    let names: Vec<&str> = busy.iter().map(TargetName::as_str).collect();
    if names.is_empty() {
        return "reading the repository".to_owned();
    }
    format!("changes on {}", names.join(", "))
}
