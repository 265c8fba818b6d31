//! The daemon's control side: a Unix socket beside the state file, for this user and root alone.
//!
//! | request | does |
//! |---|---|
//! | `POST /pause` `{target, seconds?, reason?, by}` | nothing is changed on the target until the pause ends |
//! | `POST /resume` `{target, by}` | ends it |
//! | `POST /sync` `{target?}` | looks at the repository and at every target, or one, now; answers when that is done |
//! | `GET /status` | what `GET /status` of the HTTP side gives |
//!
//! Answers are JSON; an error is `{"error": "..."}` with a status of 4xx or 5xx.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::IncomingStream;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::UnixListener;
use tokio::sync::watch;

use crate::model::TargetName;
use crate::reconcile::driver::Daemon;
use crate::state::Pause;
use crate::telemetry::{Ordered, TargetPaused};

/// Where the socket of the daemon with this state file is.
pub fn socket(state: &Path) -> PathBuf {
    let mut name = state.file_name().unwrap_or_default().to_owned();
    name.push(".sock");
    state.with_file_name(name)
}

/// What `POST /pause` takes.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct PauseOrder {
    pub target: String,
    /// How long; until it is resumed where there is none.
    pub seconds: Option<u64>,
    pub reason: Option<String>,
    /// Who orders it, as they call themselves.
    pub by: String,
}

/// What `POST /resume` takes.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ResumeOrder {
    pub target: String,
    pub by: String,
}

/// What `POST /sync` takes.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct SyncOrder {
    pub target: Option<String>,
}

/// Makes the socket anew: whoever calls has the state's lock, so one that is there is a dead daemon's.
///
/// # Errors
/// Where it cannot be made: the folder is not ours, or its path is longer than the about 100 bytes that the system
/// lets a socket have.
pub fn bind(path: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Obeys on `listener` until `shutdown` is done; `daemon` is the one that works now.
pub async fn serve(
    listener: UnixListener,
    daemon: watch::Receiver<Arc<Daemon>>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let router = Router::new()
        .route("/status", get(status))
        .route("/pause", post(pause))
        .route("/resume", post(resume))
        .route("/sync", post(sync))
        .with_state(daemon)
        .into_make_service_with_connect_info::<Peer>();
    // It ends with an error only where the listener does; then nobody can be told.
    let _ = axum::serve(listener, router)
        .with_graceful_shutdown(shutdown)
        .await;
}

type Current = State<watch::Receiver<Arc<Daemon>>>;

/// Who is at the other end.
#[derive(Clone, Copy, Debug)]
struct Peer {
    uid: Option<u32>,
}

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        let credentials = stream.io().peer_cred();
        Self {
            uid: credentials.ok().map(|credentials| credentials.uid()),
        }
    }
}

impl Peer {
    /// What they call themselves, beside what the system knows.
    fn named(self, by: &str) -> String {
        let by: String = by.chars().filter(|c| !c.is_control()).take(64).collect();
        match self.uid {
            Some(uid) => format!("{by} (uid {uid})"),
            None => by,
        }
    }
}

/// Why an order is not obeyed.
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self(status, error) = self;
        (status, Json(json!({ "error": error }))).into_response()
    }
}

impl From<crate::state::StateError> for Refusal {
    fn from(error: crate::state::StateError) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

async fn status(State(daemon): Current) -> Json<Value> {
    let daemon = daemon.borrow().clone();
    Json(daemon.board.to_json())
}

async fn pause(
    State(daemon): Current,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Json(order): Json<PauseOrder>,
) -> Result<Json<Value>, Refusal> {
    let daemon = daemon.borrow().clone();
    let target = known(&daemon, &order.target)?;
    let pause = order.pause(target, peer.named(&order.by), Timestamp::now());
    daemon.state.begin_pause(&pause)?;
    TargetPaused {
        target: &pause.target,
        pause: &pause.describe(),
    }
    .emit();
    daemon.wake_targets();
    let message = format!("{} is {}", pause.target, pause.describe());
    Ok(Json(json!({ "message": message })))
}

impl PauseOrder {
    /// The pause that is ordered.
    pub fn pause(&self, target: TargetName, by: String, now: Timestamp) -> Pause {
        let length = self.seconds.map(Duration::from_secs);
        let reason = self.reason.clone().filter(|reason| !reason.is_empty());
        Pause {
            target,
            since: now,
            until: length.and_then(|length| now.checked_add(length).ok()),
            by,
            reason: reason.map(|reason| reason.replace(char::is_control, " ")),
        }
    }
}

async fn resume(
    State(daemon): Current,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Json(order): Json<ResumeOrder>,
) -> Result<Json<Value>, Refusal> {
    let daemon = daemon.borrow().clone();
    let target = known(&daemon, &order.target)?;
    let by = peer.named(&order.by);
    let ended = daemon
        .state
        .end_pause(&target, Some(&by), Timestamp::now())?;
    Ordered {
        target: Some(&target),
        what: "resume",
        by: &by,
    }
    .emit();
    daemon.wake_targets();
    let settings = daemon.settings.targets.iter();
    let in_settings = settings
        .filter(|known| known.name == target)
        .any(|known| known.paused);
    let mut message = match ended {
        Some(_) => format!("{target} is resumed"),
        None => format!("{target} was not paused"),
    };
    if in_settings {
        message.push_str("; it stays paused by its settings");
    }
    Ok(Json(json!({ "message": message })))
}

async fn sync(
    State(daemon): Current,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Json(order): Json<SyncOrder>,
) -> Result<Json<Value>, Refusal> {
    let daemon = daemon.borrow().clone();
    let target = order.target.as_deref();
    let target = target.map(|name| known(&daemon, name)).transpose()?;
    Ordered {
        target: target.as_ref(),
        what: "sync",
        by: &peer.named("somebody"),
    }
    .emit();
    daemon.sync(target.as_ref()).await;
    Ok(Json(daemon.board.to_json()))
}

fn known(daemon: &Daemon, name: &str) -> Result<TargetName, Refusal> {
    let targets = &daemon.settings.targets;
    let found = targets.iter().find(|target| target.name.as_str() == name);
    found.map(|target| target.name.clone()).ok_or_else(|| {
        let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
        let text = format!(
            "the settings have no target {name:?}; they have {}",
            names.join(", ")
        );
        Refusal(StatusCode::NOT_FOUND, text)
    })
}
