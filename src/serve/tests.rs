use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::connections::{Limits, accept};
use super::routes::router;

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

async fn start(limits: Limits) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let status = Arc::new(|| json!({ "schema": "trueup.dev/status/v1", "targets": [] }));
    let task = tokio::spawn(async move {
        let shutdown = async {
            let _ = stopped.await;
        };
        accept(&listener, &router(status), limits, shutdown).await;
    });
    Running {
        address,
        stop,
        task,
    }
}

/// What the server answers to these bytes until it closes the connection.
async fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // A reset after the answer is as good as an end.
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

async fn request(address: SocketAddr, line: &str) -> String {
    let close = "host: x\r\nconnection: close\r\n\r\n";
    exchange(address, &format!("{line} HTTP/1.1\r\n{close}")).await
}

#[tokio::test]
async fn answers_what_the_contract_names() {
    let server = start(Limits::default()).await;
    let health = request(server.address, "GET /healthz").await;
    assert!(health.starts_with("HTTP/1.1 200 OK\r\n"), "{health}");
    assert!(health.ends_with("\r\n\r\nok\n"), "{health}");
    let status = request(server.address, "GET /status").await;
    for part in [
        "content-type: application/json\r\n",
        "cache-control: no-store\r\n",
        "\r\n\r\n{\"schema\":\"trueup.dev/status/v1\",\"targets\":[]}\n",
    ] {
        assert!(status.contains(part), "{part} {status}");
    }
    let head = request(server.address, "HEAD /status").await;
    assert!(
        head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"),
        "{head}"
    );
}

#[tokio::test]
async fn errors_are_a_line_of_text() {
    let server = start(Limits::default()).await;
    let missing = request(server.address, "GET /metrics2").await;
    assert!(missing.starts_with("HTTP/1.1 404 "), "{missing}");
    assert!(missing.contains("content-type: text/plain"), "{missing}");
    assert!(
        missing.ends_with("not found: try /status or /healthz\n"),
        "{missing}"
    );
    let post = request(server.address, "POST /status").await;
    assert!(post.starts_with("HTTP/1.1 405 "), "{post}");
    assert!(post.contains("allow: GET,HEAD\r\n"), "{post}");
    let long = format!("GET /status HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(20_000));
    let refused = exchange(server.address, &long).await;
    assert!(refused.starts_with("HTTP/1.1 431 "), "{refused}");
    let garbage = exchange(server.address, "\u{16}\u{3}\u{1}\r\n\r\n").await;
    assert!(garbage.starts_with("HTTP/1.1 400 "), "{garbage}");
}

#[tokio::test]
async fn a_client_that_hangs_takes_nothing_for_long() {
    let server = start(Limits {
        connections: 1,
        headers: Duration::from_millis(100),
        ..Limits::default()
    })
    .await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let mut half = TcpStream::connect(server.address).await.unwrap();
    half.write_all(b"GET /healthz HT").await.unwrap();
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    // Waits until all are thrown out, one after the other.
    let health = request(server.address, "GET /healthz").await;
    assert!(health.ends_with("ok\n"), "{health}");
    let mut rest = Vec::new();
    for stream in [&mut silent, &mut half, &mut idle] {
        stream.read_to_end(&mut rest).await.unwrap();
    }
    assert!(
        String::from_utf8(rest)
            .unwrap()
            .starts_with("HTTP/1.1 200 OK")
    );
}

#[tokio::test]
async fn stops_at_once_though_clients_are_connected() {
    let server = start(Limits {
        stop: Duration::from_millis(200),
        ..Limits::default()
    })
    .await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let mut first = [0; 15];
    idle.read_exact(&mut first).await.unwrap();
    let mut half = TcpStream::connect(server.address).await.unwrap();
    half.write_all(b"GET /hea").await.unwrap();
    server.stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(2), server.task)
        .await
        .unwrap()
        .unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}
