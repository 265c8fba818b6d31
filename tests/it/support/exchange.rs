//! HTTP/1.1 by hand, so that a stand-in can break it at any place: one request a connection.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Incoming {
    pub method: String,
    /// With its query.
    pub target: String,
    /// Head and body, as received.
    pub bytes: Vec<u8>,
}

impl Incoming {
    /// Reads one; `None` where the other side sent none.
    pub async fn read(stream: &mut TcpStream) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        let head = loop {
            if let Some(at) = find(&bytes, b"\r\n\r\n") {
                break at + 4;
            }
            if stream.read_buf(&mut bytes).await? == 0 {
                return Ok(None);
            }
        };
        let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
        let length = header(&text, "content-length").and_then(|value| value.parse().ok());
        while bytes.len() < head + length.unwrap_or(0) {
            if stream.read_buf(&mut bytes).await? == 0 {
                return Ok(None);
            }
        }
        let mut words = text.split(' ');
        let mut word = || words.next().unwrap_or_default().to_owned();
        Ok(Some(Self {
            method: word(),
            target: word(),
            bytes,
        }))
    }

    /// The target without its query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<String> {
        header(&String::from_utf8_lossy(&self.bytes), name).map(str::to_owned)
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().skip(1).take_while(|line| !line.is_empty());
    lines
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// An answer to be given.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub content_type: &'static str,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self {
            status,
            content_type: "application/json",
            headers: vec![],
            body: body.to_string().into_bytes(),
        }
    }

    pub fn text(status: u16, body: &str) -> Self {
        Self {
            status,
            content_type: "text/plain; charset=utf-8",
            headers: vec![],
            body: body.as_bytes().to_vec(),
        }
    }

    pub fn html(status: u16) -> Self {
        Self {
            status,
            content_type: "text/html",
            headers: vec![],
            body: b"<html><head><title>Sign in</title></head></html>".to_vec(),
        }
    }

    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub async fn write(&self, stream: &mut TcpStream) -> io::Result<()> {
        stream.write_all(&self.bytes()).await?;
        stream.shutdown().await
    }

    /// Writes the head and half of the body, and closes.
    pub async fn write_half(&self, stream: &mut TcpStream) -> io::Result<()> {
        let bytes = self.bytes();
        let half = bytes.len() - self.body.len() / 2 - 1;
        stream.write_all(&bytes[..half]).await?;
        stream.shutdown().await
    }

    fn bytes(&self) -> Vec<u8> {
        use std::fmt::Write;
        let mut head = format!(
            "HTTP/1.1 {} X\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n",
            self.status,
            self.content_type,
            self.body.len()
        );
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        head.push_str("\r\n");
        [head.into_bytes(), self.body.clone()].concat()
    }
}

/// A server on a free port of loopback, with threads of its own; it ends when it is dropped.
#[derive(Debug)]
pub struct Listening {
    pub port: u16,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Listening {
    /// Answers each connection with `serve`.
    pub fn start<F, R>(serve: F) -> Self
    where
        F: Fn(TcpStream) -> R + Send + Sync + Clone + 'static,
        R: Future<Output = io::Result<()>> + Send + 'static,
    {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let serve = serve.clone();
                // The other side may well have gone; that is its own affair.
                tokio::spawn(async move { serve(stream).await.ok() });
            }
        });
        Self {
            port,
            runtime: Some(runtime),
        }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Asks a server on loopback, blocking; `None` where it did not answer.
pub fn ask(port: u16, method: &str, target: &str) -> Option<(u16, String)> {
    send(port, method, target, &[], "")
}

/// Sends a request with headers and a body to a server on loopback, blocking; `None` where it did not answer.
pub fn send(
    port: u16,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Option<(u16, String)> {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .ok()?;
    let length = body.len();
    let mut request =
        format!("{method} {target} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n");
    for (name, value) in headers {
        std::fmt::Write::write_fmt(&mut request, format_args!("{name}: {value}\r\n")).ok()?;
    }
    request.push_str("\r\n");
    request.push_str(body);
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    Some((status, body.to_owned()))
}
