//! What is answered.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::sync::Arc;

use super::secret::Secret;
use super::webhook::{self, Hook};
use super::{Pending, Status, token};
use crate::telemetry::metrics;

/// Where answers come from.
pub(super) struct Answers {
    pub(super) status: Status,
    pub(super) pending: Pending,
    pub(super) webhook: Option<Arc<Hook>>,
    pub(super) token: Option<Secret>,
}

pub(super) fn router(answers: Answers) -> Router {
    let Answers {
        status,
        pending,
        webhook,
        token,
    } = answers;
    let webhook = match webhook {
        Some(hook) => post(webhook::receive).with_state(hook),
        None => post(no_webhook),
    };
    let open = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready).with_state(pending))
        .route("/webhook", webhook);
    let mut closed = Router::new()
        .route("/status", get(self::status).with_state(status))
        .route("/metrics", get(metrics));
    if let Some(token) = token {
        closed = closed.route_layer(from_fn_with_state(token, token::ask));
    }
    open.merge(closed)
        .fallback(|| async {
            (
                StatusCode::NOT_FOUND,
                "not found: try /status, /metrics, /healthz or /readyz\n",
            )
        })
        .method_not_allowed_fallback(|| async {
            (
                StatusCode::METHOD_NOT_ALLOWED,
                "only GET is answered here, and POST on /webhook\n",
            )
        })
        .layer(map_response(with_headers))
}

/// 200 is "the process answers", whatever the targets are like: that is what `/status` is for.
async fn status(State(status): State<Status>) -> Response {
    let mut text = status().to_string();
    text.push('\n');
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// 200 is "every target was looked at": what `/status` and `/metrics` say of them means something.
async fn ready(State(pending): State<Pending>) -> (StatusCode, String) {
    let pending = pending();
    if pending.is_empty() {
        return (StatusCode::OK, "ready\n".to_owned());
    }
    let text = format!("not ready: not looked at yet: {}\n", pending.join(", "));
    (StatusCode::SERVICE_UNAVAILABLE, text)
}

async fn metrics() -> Response {
    let format = "text/plain; version=0.0.4";
    ([(header::CONTENT_TYPE, format)], metrics::render()).into_response()
}

async fn no_webhook() -> (StatusCode, &'static str) {
    let text = "no webhook is expected: set server.webhook in the daemon's settings\n";
    (StatusCode::NOT_FOUND, text)
}

async fn with_headers(mut response: Response) -> Response {
    const NOW_ONLY: [(HeaderName, HeaderValue); 2] = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    response.headers_mut().extend(NOW_ONLY);
    response
}
