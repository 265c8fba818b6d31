//! The daemon's HTTP side: `GET /healthz` and `GET /status`; and its control side, see [`control`].
//!
//! Answers are for programs and for `curl`: `/status` is JSON, everything else one line of text, errors
//! too, as Prometheus does it. Nothing here waits for a live system: what is known is told at once.
//!
//! Connections are bounded in number, in the size of their headers and in how long they may be idle, so
//! that a client that hangs takes nothing from the others. There is no request with a body to read.

mod connections;
pub mod control;
mod routes;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::Arc;

use tokio::net::TcpListener;

/// Gives the document of `GET /status`, contract's section 5. Asked for each request: must not block.
pub type Status = Arc<dyn Fn() -> serde_json::Value + Send + Sync>;

/// Answers on `listener` until `shutdown` is done; then finishes the requests in hand, but waits for slow
/// clients two seconds at most.
pub async fn serve(listener: TcpListener, status: Status, shutdown: impl Future<Output = ()>) {
    let limits = connections::Limits::default();
    connections::accept(&listener, &routes::router(status), limits, shutdown).await;
}
