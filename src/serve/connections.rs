//! Connections: accepted, bounded, and ended.
//!
//! `axum::serve` sets no limit on headers that never come, so its loop is done here.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use crate::telemetry::AcceptFailed;

/// What clients may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// More wait in the kernel's queue.
    pub(super) connections: usize,
    /// For the headers of a request, and between two requests.
    pub(super) headers: Duration,
    /// For requests in hand when it stops.
    pub(super) stop: Duration,
}

/// Of a request's line and headers together; more is answered with 431.
const HEADER_BYTES: usize = 16 * 1024;

/// Between attempts where the system has no more file descriptors, say.
const ACCEPT_AGAIN: Duration = Duration::from_secs(1);

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            headers: Duration::from_secs(30),
            stop: Duration::from_secs(2),
        }
    }
}

/// Serves until `shutdown` is done and the requests in hand are answered.
pub(super) async fn accept(
    listener: &TcpListener,
    router: &Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let slots = Arc::new(Semaphore::new(limits.connections));
    let (stop, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some((stream, slot)) = next(listener, &slots) => {
                let router = router.clone();
                connections.spawn(answer(stream, router, limits, stopped.clone(), slot));
            }
            // Ended ones are forgotten as they end.
            Some(_) = connections.join_next() => {}
        }
    }
    let _ = stop.send(true);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    // What is still open then is closed when `connections` is dropped.
    let _ = tokio::time::timeout(limits.stop, all_ended).await;
}

/// The next connection and its slot; `None` only where the branch is disabled for this round.
async fn next(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return Some((stream, slot)),
            Err(error) => {
                AcceptFailed { error: &error }.emit();
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}

/// Answers the requests of one connection. What goes wrong with it is the client's affair.
async fn answer(
    stream: TcpStream,
    router: Router,
    limits: Limits,
    mut stopped: watch::Receiver<bool>,
    _slot: OwnedSemaphorePermit,
) {
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.headers)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
