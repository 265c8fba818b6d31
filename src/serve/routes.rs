//! What is answered.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::Status;

pub(super) fn router(status: Status) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/status", get(self::status))
        .fallback(|| async {
            (
                StatusCode::NOT_FOUND,
                "not found: try /status or /healthz\n",
            )
        })
        .method_not_allowed_fallback(|| async {
            (
                StatusCode::METHOD_NOT_ALLOWED,
                "only GET is answered here\n",
            )
        })
        .layer(map_response(with_headers))
        .with_state(status)
}

/// 200 is "the process answers", whatever the targets are like: that is what `/status` is for.
async fn status(State(status): State<Status>) -> Response {
    let mut text = status().to_string();
    text.push('\n');
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
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
