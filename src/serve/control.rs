//! The daemon's control side: a Unix socket beside the state file, for this user and root alone.
//!
//! | request | does |
//! |---|---|
//! | `POST /pause` `{target, seconds?, reason?, by}` | nothing is changed on the target until the pause ends |
//! | `POST /resume` `{target, by}` | ends it |
//! | `POST /sync` `{target?, by}` | looks at the repository and at every target, or one, now; answers when that is done |
//! | `GET /status` | what `GET /status` of the HTTP side gives |
//!
//! Answers are JSON; an error is `{"error": "..."}` with a status of 4xx or 5xx.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::IncomingStream;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::UnixListener;
use tokio::sync::watch;

use crate::reconcile::driver::Daemon;
use crate::reconcile::orders::{OrderError, PauseOrder, ResumeOrder, SyncOrder};

/// How long it may take until another daemon works by new settings.
const SUCCESSOR: Duration = Duration::from_secs(30);

/// Where the socket of the daemon with this state file is.
pub fn socket(state: &Path) -> PathBuf {
    let mut name = state.file_name().unwrap_or_default().to_owned();
    name.push(".sock");
    state.with_file_name(name)
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
        .layer(from_fn(ours_alone))
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

/// Refuses whoever is neither us nor root: between making the socket and closing it to others there is a moment.
async fn ours_alone(
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let own = rustix::process::geteuid().as_raw();
    if peer.uid.is_some_and(|uid| uid == own || uid == 0) {
        return next.run(request).await;
    }
    let text = "only the daemon's own user and root may do this";
    Refusal(StatusCode::FORBIDDEN, text.to_owned()).into_response()
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

impl From<OrderError> for Refusal {
    fn from(error: OrderError) -> Self {
        let status = match error {
            OrderError::Unknown { .. } => StatusCode::NOT_FOUND,
            OrderError::Stopped => StatusCode::SERVICE_UNAVAILABLE,
            OrderError::State(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self(status, error.to_string())
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
    let by = peer.named(&order.by);
    let message = daemon.pause(&PauseOrder { by, ..order })?;
    Ok(Json(json!({ "message": message })))
}

async fn resume(
    State(daemon): Current,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Json(order): Json<ResumeOrder>,
) -> Result<Json<Value>, Refusal> {
    let daemon = daemon.borrow().clone();
    let by = peer.named(&order.by);
    let message = daemon.resume(&ResumeOrder { by, ..order })?;
    Ok(Json(json!({ "message": message })))
}

async fn sync(
    State(mut current): Current,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Json(order): Json<SyncOrder>,
) -> Result<Json<Value>, Refusal> {
    let by = peer.named(&order.by);
    let order = SyncOrder { by, ..order };
    loop {
        let daemon = current.borrow_and_update().clone();
        match daemon.sync_by(&order).await {
            Ok(()) => return Ok(Json(daemon.board.to_json())),
            // One that makes way for another with new settings looks no more: that one is asked then.
            Err(OrderError::Stopped) => {
                let next = tokio::time::timeout(SUCCESSOR, current.changed()).await;
                if !matches!(next, Ok(Ok(()))) {
                    return Err(OrderError::Stopped.into());
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}
