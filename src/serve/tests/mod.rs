use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::connections::{Limits, accept};
use super::routes::{Answers, router};
use super::{Pending, secret};

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

async fn start(limits: Limits) -> Running {
    start_with(limits, Arc::new(Vec::new), None).await
}

async fn start_with(limits: Limits, pending: Pending, token: Option<PathBuf>) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let router = router(Answers {
        status: Arc::new(|| json!({ "schema": "trueup.dev/status/v1", "targets": [] })),
        pending,
        webhook: None,
        token: token.map(secret::watch),
    });
    let task = tokio::spawn(async move {
        let shutdown = async {
            let _ = stopped.await;
        };
        accept(&listener, &router, limits, None, shutdown).await;
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
    request_with(address, line, "").await
}

/// `headers` each end with a line end.
async fn request_with(address: SocketAddr, line: &str, headers: &str) -> String {
    let close = "host: x\r\nconnection: close\r\n\r\n";
    exchange(address, &format!("{line} HTTP/1.1\r\n{headers}{close}")).await
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
async fn metrics_are_what_prometheus_reads() {
    let server = start(Limits::default()).await;
    let metrics = request(server.address, "GET /metrics").await;
    for part in [
        "HTTP/1.1 200 OK\r\n",
        "content-type: text/plain; version=0.0.4\r\n",
        "\n# TYPE trueup_build_info gauge\n",
    ] {
        assert!(metrics.contains(part), "{part} {metrics}");
    }
}

#[tokio::test]
async fn ready_is_who_has_looked_at_every_target() {
    let waiting = Arc::new(Mutex::new(vec!["one".to_owned(), "two".to_owned()]));
    let known = waiting.clone();
    let pending: Pending = Arc::new(move || known.lock().unwrap().clone());
    let server = start_with(Limits::default(), pending, None).await;
    let unready = request(server.address, "GET /readyz").await;
    assert!(unready.starts_with("HTTP/1.1 503 "), "{unready}");
    assert!(
        unready.ends_with("\r\n\r\nnot ready: not looked at yet: one, two\n"),
        "{unready}"
    );
    waiting.lock().unwrap().clear();
    let ready = request(server.address, "GET /readyz").await;
    assert!(ready.starts_with("HTTP/1.1 200 "), "{ready}");
    assert!(ready.ends_with("\r\n\r\nready\n"), "{ready}");
}

#[tokio::test]
async fn a_token_is_asked_for_where_more_than_health_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "canary\n").unwrap();
    let server = start_with(Limits::default(), Arc::new(Vec::new), Some(file.clone())).await;
    let get = async |path: &str, headers: &str| {
        let line = format!("GET {path}");
        request_with(server.address, &line, headers).await
    };
    for open in ["/healthz", "/readyz"] {
        assert!(get(open, "").await.starts_with("HTTP/1.1 200 "), "{open}");
    }
    for path in ["/status", "/metrics"] {
        for headers in [
            "",
            "authorization: Bearer canar\r\n",
            "authorization: Bearer canaryy\r\n",
            "authorization: Bearer \r\n",
            "authorization: Basic Y2FuYXJ5\r\n",
            "authorization: canary\r\n",
        ] {
            let refused = get(path, headers).await;
            assert!(refused.starts_with("HTTP/1.1 401 "), "{headers}{refused}");
            assert!(
                refused.contains("www-authenticate: Bearer\r\n"),
                "{refused}"
            );
            assert!(!refused.contains("canary"), "{refused}");
        }
        let answer = get(path, "authorization: bearer canary\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    assert!(get("/nowhere", "").await.starts_with("HTTP/1.1 404 "));
    // Rotated, and gone.
    fs::write(&file, "another").unwrap();
    let given = "authorization: Bearer another\r\n";
    let status = async |code: u16| {
        let wanted = format!("HTTP/1.1 {code} ");
        while !get("/status", given).await.starts_with(&wanted) {}
    };
    let patience = Duration::from_secs(10);
    tokio::time::timeout(patience, status(200)).await.unwrap();
    fs::remove_file(&file).unwrap();
    tokio::time::timeout(patience, status(503)).await.unwrap();
}

#[tokio::test]
async fn errors_are_a_line_of_text() {
    let server = start(Limits::default()).await;
    let missing = request(server.address, "GET /metrics2").await;
    assert!(missing.starts_with("HTTP/1.1 404 "), "{missing}");
    assert!(missing.contains("content-type: text/plain"), "{missing}");
    assert!(
        missing.ends_with("not found: try /status, /metrics, /healthz or /readyz\n"),
        "{missing}"
    );
    let post = request(server.address, "POST /status").await;
    assert!(post.starts_with("HTTP/1.1 405 "), "{post}");
    assert!(post.contains("allow: GET,HEAD\r\n"), "{post}");
    assert!(
        post.ends_with("only GET is answered here, and POST on /webhook\n"),
        "{post}"
    );
    let get = request(server.address, "GET /webhook").await;
    assert!(get.starts_with("HTTP/1.1 405 "), "{get}");
    assert!(get.contains("allow: POST\r\n"), "{get}");
    let unexpected = request(server.address, "POST /webhook").await;
    assert!(unexpected.starts_with("HTTP/1.1 404 "), "{unexpected}");
    assert!(unexpected.contains("server.webhook"), "{unexpected}");
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
async fn a_client_that_takes_nothing_is_not_kept() {
    let server = start(Limits {
        connections: 1,
        headers: Duration::from_millis(500),
        ..Limits::default()
    })
    .await;
    let mut deaf = TcpStream::connect(server.address).await.unwrap();
    // Until neither the answers nor the questions move.
    let questions = "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n".repeat(1000);
    let moving = async { while deaf.write_all(questions.as_bytes()).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(2), moving)
        .await
        .ok();
    let patience = Duration::from_secs(20);
    let health = request(server.address, "GET /healthz");
    let health = tokio::time::timeout(patience, health).await.unwrap();
    assert!(health.ends_with("ok\n"), "{health}");
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
