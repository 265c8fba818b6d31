//! The HTTP side alone, over real connections.

mod forges;
mod tls;

use std::path::PathBuf;
use std::sync::Arc;

use libtest_mimic::Trial;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use trueup::serve::{self, Parts, StartError};

pub fn tests() -> Vec<Trial> {
    [forges::tests(), tls::tests()]
        .into_iter()
        .flatten()
        .collect()
}

/// A server on loopback; it stops when it is dropped.
struct Served {
    port: u16,
    _stop: oneshot::Sender<()>,
}

impl Served {
    async fn start(parts: Parts) -> Result<Self, StartError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            let _: Result<(), _> = stopped.await;
        };
        serve::start(listener, parts, shutdown).await?;
        Ok(Self { port, _stop: stop })
    }
}

/// Nothing to tell, and no webhook.
fn nothing() -> Parts {
    Parts {
        status: Arc::new(|| serde_json::Value::Null),
        pending: Arc::new(Vec::new),
        webhook: None,
        token_file: None::<PathBuf>,
        tls: None,
    }
}
