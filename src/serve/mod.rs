//! The daemon's HTTP side: `GET /healthz`, `/readyz`, `/status` and `/metrics`, `POST /webhook`; and its control side,
//! see [`control`].
//!
//! Answers are for programs and for `curl`: `/status` is JSON, `/metrics` what Prometheus reads, everything
//! else one line of text, errors too, as Prometheus does it. Nothing here waits for a live system or for the
//! repository: what is known is told at once, and a webhook only asks for a look. It runs on a thread of its
//! own, so that it answers however busy the daemon is.
//!
//! Connections are bounded in number, in the size of their headers and in how long they may be idle, so
//! that a client that hangs takes nothing from the others. Of a body, which only a webhook has, little is kept.

mod connections;
pub mod control;
mod fresh;
mod routes;
mod secret;
mod seldom;
#[cfg(test)]
mod tests;
mod tls;
mod token;
mod webhook;

use std::fmt;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;

pub use tls::Tls;
pub use webhook::{Forge, Poke, Webhook};

/// Gives the document of `GET /status`, contract's section 5. Asked for each request: must not block.
pub type Status = Arc<dyn Fn() -> serde_json::Value + Send + Sync>;

/// Gives the names of what was not looked at yet. Asked for each request: must not block.
pub type Pending = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

/// What is answered, and to whom.
pub struct Parts {
    pub status: Status,
    pub pending: Pending,
    /// Where there is none, `/webhook` says so.
    pub webhook: Option<Webhook>,
    /// Holds the token that `/status` and `/metrics` ask for; none: they are for everybody.
    pub token_file: Option<PathBuf>,
    /// None: plain http.
    pub tls: Option<Tls>,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("webhook", &self.webhook)
            .field("token_file", &self.token_file)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

/// The HTTP side cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot answer by https (server.tls): {0}")]
    Tls(Arc<str>),
    #[error("cannot start the thread that answers HTTP: {0}")]
    Thread(#[from] io::Error),
}

/// Answers on `listener`, on a thread of its own, until `shutdown` is done; then finishes the requests in
/// hand, but waits for slow clients two seconds at most.
///
/// # Errors
/// Where the certificate cannot be used. Of a secret that cannot be read the log tells, and requests that need
/// it are refused until it can: that does not keep the daemon from its work.
pub async fn start(
    listener: TcpListener,
    parts: Parts,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), StartError> {
    let Parts {
        status,
        pending,
        webhook,
        token_file,
        tls,
    } = parts;
    let limits = connections::Limits::default();
    let tls = tls.map(Tls::watch);
    if let Some(tls) = &tls {
        tls.get().await.map_err(StartError::Tls)?;
    }
    let token = token_file.map(secret::watch);
    let webhook = webhook.map(|webhook| webhook.hook(limits.body));
    // Read now, so that what is wrong is told now.
    let secrets = [&token, &webhook.as_ref().map(|hook| hook.secret.clone())];
    for secret in secrets.into_iter().flatten() {
        let _ = secret.get().await;
    }
    let router = routes::router(routes::Answers {
        status,
        pending,
        webhook,
        token,
    });
    let listener = listener.into_std()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let serve = async move {
        match TcpListener::from_std(listener) {
            Ok(listener) => {
                connections::accept(&listener, &router, limits, tls, shutdown).await;
            }
            Err(error) => crate::telemetry::AcceptFailed { error: &error }.emit(),
        }
    };
    let thread = std::thread::Builder::new().name("http".to_owned());
    thread.spawn(move || {
        runtime.block_on(serve);
        // A file that does not come is not waited for.
        runtime.shutdown_background();
    })?;
    Ok(())
}
