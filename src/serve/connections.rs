//! Connections: accepted, bounded, and ended.
//!
//! `axum::serve` sets no limit on headers that never come and knows no TLS, so its loop is done here.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::tls::Certificate;
use crate::telemetry::{AcceptFailed, HandshakeFailed};

/// What clients may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// More wait in the kernel's queue.
    pub(super) connections: usize,
    /// For the handshake, for the headers of a request, and between two requests; and for a client to take
    /// what is sent to it.
    pub(super) headers: Duration,
    /// For the body of a request.
    pub(super) body: Duration,
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
            body: Duration::from_secs(10),
            stop: Duration::from_secs(2),
        }
    }
}

/// Serves until `shutdown` is done and the requests in hand are answered.
pub(super) async fn accept(
    listener: &TcpListener,
    router: &Router,
    limits: Limits,
    tls: Option<Certificate>,
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
                let connection = Connection {
                    router: router.clone(),
                    limits,
                    stopped: stopped.clone(),
                    _slot: slot,
                };
                connections.spawn(connection.run(stream, tls.clone()));
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

/// One connection.
struct Connection {
    router: Router,
    limits: Limits,
    stopped: watch::Receiver<bool>,
    _slot: OwnedSemaphorePermit,
}

impl Connection {
    /// Answers its requests. What goes wrong with it is the client's affair.
    async fn run(mut self, stream: TcpStream, tls: Option<Certificate>) {
        let wait = u32::try_from(self.limits.headers.as_millis()).unwrap_or(u32::MAX);
        // Where the system refuses, it is only less strict or slower.
        let _ = rustix::net::sockopt::set_tcp_user_timeout(&stream, wait);
        let _ = stream.set_nodelay(true);
        let Some(tls) = tls else {
            return self.answer(stream).await;
        };
        let shaken = tokio::select! {
            shaken = tokio::time::timeout(self.limits.headers, handshake(stream, &tls)) => shaken,
            _ = self.stopped.wait_for(|stopped| *stopped) => return,
        };
        if let Ok(Some(stream)) = shaken {
            self.answer(stream).await;
        }
    }

    async fn answer(mut self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let service = TowerToHyperService::new(self.router);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.headers)
            .max_buf_size(HEADER_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        tokio::select! {
            _ = connection.as_mut() => return,
            _ = self.stopped.wait_for(|stopped| *stopped) => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

/// With the certificate as it is now.
async fn handshake(stream: TcpStream, tls: &Certificate) -> Option<TlsStream<TcpStream>> {
    let config = tls.get().await.ok()?;
    let shaken = TlsAcceptor::from(config).accept(stream).await;
    if let Err(error) = &shaken {
        let reason = error.to_string();
        HandshakeFailed { reason: &reason }.emit();
    }
    shaken.ok()
}
