//! Where the example's receivers lead in the demo: a server on loopback that tells what arrives, and for whom.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use axum::extract::State;
use axum::http::Uri;
use axum::{Json, Router};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cli::{Failure, output};

/// A server that takes what Alertmanager sends to webhooks. It ends when it is dropped.
#[derive(Debug)]
pub(super) struct Inbox {
    pub(super) address: SocketAddr,
    arrived: watch::Receiver<Vec<Arrival>>,
    serving: JoinHandle<()>,
}

/// An alert that somebody was told of.
#[derive(Clone, Debug)]
struct Arrival {
    /// The path of the receiver's url: `booking/pager`.
    receiver: String,
    alert: String,
    at: Instant,
}

/// What Alertmanager sends, as far as it is told.
#[derive(Debug, Deserialize)]
struct Notification {
    alerts: Vec<Alert>,
}

#[derive(Debug, Deserialize)]
struct Alert {
    status: String,
    labels: Labels,
}

#[derive(Debug, Deserialize)]
struct Labels {
    alertname: String,
    #[serde(default)]
    severity: String,
}

type Arrivals = State<std::sync::Arc<watch::Sender<Vec<Arrival>>>>;

impl Inbox {
    pub(super) async fn open() -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (sender, arrived) = watch::channel(Vec::new());
        let router = Router::new()
            .fallback(take)
            .with_state(std::sync::Arc::new(sender));
        let serving = tokio::spawn(async move {
            // It goes on until it is dropped; a connection that breaks is Alertmanager's to repeat.
            _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            address,
            arrived,
            serving,
        })
    }

    /// Waits until a receiver was told of an alert, after `since`; when that was.
    pub(super) async fn arrival(
        &self,
        receiver: &str,
        alert: &str,
        since: Instant,
    ) -> Option<Instant> {
        let mut arrived = self.arrived.clone();
        let it = |a: &&Arrival| a.receiver == receiver && a.alert == alert && a.at >= since;
        let all = arrived.wait_for(|all| all.iter().any(|a| it(&a))).await;
        let all = all.ok()?;
        all.iter().find(it).map(|arrival| arrival.at)
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn take(State(sender): Arrivals, uri: Uri, Json(sent): Json<Notification>) {
    let receiver = uri.path().trim_matches('/');
    for alert in sent.alerts {
        let Labels {
            alertname,
            severity,
        } = alert.labels;
        let over = if alert.status == "resolved" {
            ", which is over"
        } else {
            ""
        };
        let line = format!("{receiver} got: {alertname} ({severity}){over}\n");
        // Nobody reads any more: then nobody needs to be told.
        _ = output::print(&line);
        let arrival = Arrival {
            receiver: receiver.to_owned(),
            alert: alertname,
            at: Instant::now(),
        };
        sender.send_modify(|all| all.push(arrival));
    }
}
