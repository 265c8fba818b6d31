//! A proxy to stand in front of a real server: records what passes, and fails on demand.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::echo::Echo;
use super::exchange::{Incoming, Listening, Reply};

/// One request as it passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    pub method: String,
    /// Without its query.
    pub path: String,
    /// `None` where the client got no answer.
    pub status: Option<u16>,
}

/// What the proxy does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Closes the connection; the server never hears of it.
    Drop,
    /// Hands it on, and closes the connection instead of answering.
    DropAnswer,
    /// Answers after a while.
    Delay(Duration),
    /// Answers itself with this status; 429 comes with `Retry-After: 0`.
    Status(u16),
    /// Answers itself, with what it was sent.
    Echo(Echo),
}

/// Decides about each request.
pub type Policy = Box<dyn FnMut(&Incoming) -> Fault + Send>;

#[derive(Debug)]
pub struct Proxy {
    listening: Listening,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    passed: Vec<Passed>,
    policy: Policy,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} requests passed", self.passed.len())
    }
}

impl Proxy {
    /// In front of a server on this port of loopback.
    pub fn start(upstream: u16) -> Self {
        let shared = Arc::new(Mutex::new(Shared {
            passed: Vec::new(),
            policy: Box::new(|_| Fault::None),
        }));
        let state = shared.clone();
        let listening = Listening::start(move |stream| pass(stream, upstream, state.clone()));
        Self { listening, shared }
    }

    pub fn url(&self) -> String {
        self.listening.url()
    }

    /// From now on, `policy` decides.
    pub fn set_policy(&self, policy: impl FnMut(&Incoming) -> Fault + Send + 'static) {
        self.shared.lock().unwrap().policy = Box::new(policy);
    }

    /// From now on, a seeded random third of all requests is dropped, delayed, or answered 429 or 500.
    pub fn fail_a_third(&self, seed: u64) {
        let mut random = fastrand::Rng::with_seed(seed);
        self.set_policy(move |_| {
            if random.u8(..3) > 0 {
                return Fault::None;
            }
            let delay = Duration::from_millis(random.u64(1..200));
            let faults = [
                Fault::Drop,
                Fault::DropAnswer,
                Fault::Delay(delay),
                Fault::Status(429),
                Fault::Status(500),
            ];
            faults[random.usize(..faults.len())]
        });
    }

    /// What has passed since the last call, in the order of the answers.
    pub fn take(&self) -> Vec<Passed> {
        std::mem::take(&mut self.shared.lock().unwrap().passed)
    }

    /// The writes (everything but GET and HEAD) that have passed since the last call.
    pub fn take_writes(&self) -> Vec<Passed> {
        let reads = ["GET", "HEAD"];
        let mut passed = self.take();
        passed.retain(|passed| !reads.contains(&&*passed.method));
        passed
    }
}

async fn pass(mut client: TcpStream, port: u16, shared: Arc<Mutex<Shared>>) -> io::Result<()> {
    let Some(request) = Incoming::read(&mut client).await? else {
        return Ok(());
    };
    let fault = (shared.lock().unwrap().policy)(&request);
    let answer = match fault {
        Fault::Drop => None,
        Fault::Status(status) => {
            let reply = Reply::text(status, "the proxy says no").with_header("Retry-After", "0");
            note(&shared, &request, Some(status));
            return reply.write(&mut client).await;
        }
        Fault::Echo(echo) => {
            let reply = echo.reply(&request);
            note(&shared, &request, Some(reply.status));
            return reply.write(&mut client).await;
        }
        Fault::None | Fault::DropAnswer => forward(&request, port).await.ok(),
        Fault::Delay(delay) => {
            sleep(delay).await;
            forward(&request, port).await.ok()
        }
    };
    let answer = answer.filter(|_| fault != Fault::DropAnswer);
    note(&shared, &request, answer.as_deref().and_then(status));
    match answer {
        Some(answer) => {
            client.write_all(&answer).await?;
            client.shutdown().await
        }
        None => Ok(()),
    }
}

fn note(shared: &Mutex<Shared>, request: &Incoming, status: Option<u16>) {
    shared.lock().unwrap().passed.push(Passed {
        method: request.method.clone(),
        path: request.path().to_owned(),
        status,
    });
}

/// Hands a request on, with the connection to be closed after the answer, and returns the answer.
async fn forward(request: &Incoming, port: u16) -> io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
    let line_end = request.bytes.windows(2).position(|bytes| bytes == b"\r\n");
    let (line, rest) = request.bytes.split_at(line_end.unwrap_or(0));
    server.write_all(line).await?;
    server.write_all(b"\r\nConnection: close").await?;
    server.write_all(rest).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    Ok(answer)
}

fn status(answer: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(answer.get(..12)?).ok()?;
    line.split(' ').nth(1)?.parse().ok()
}
