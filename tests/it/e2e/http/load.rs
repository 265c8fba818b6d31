//! A thousand webhooks a second: all are answered, and soon; the repository's server hears of few.
//!
//! Two seconds of them; half a minute, and held to its figures, with `TRUEUP_LONG=1`. Others may be at work on
//! the machine: how long they keep an answer waiting is measured beside, with a server that does nothing.

use std::fmt::{self, Write as _};
use std::fs;
use std::time::Duration;

use libtest_mimic::Trial;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::super::running::Daemon;
use super::{SECRET, hooked, looks};
use crate::support::exchange::Listening;
use crate::support::forge::{github, push};
use crate::support::{block_on, test};

const A_SECOND: u32 = 1000;
const CONNECTIONS: u32 = 20;

pub fn tests() -> Vec<Trial> {
    vec![test(
        "e2e::http::load::a_thousand_webhooks_a_second",
        &[],
        thousand,
    )]
}

fn thousand() {
    let long = std::env::var_os("TRUEUP_LONG").is_some();
    let seconds = if long { 30 } else { 2 };
    let world = hooked("github");
    let mut daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &world.platform.head());
    let (before, cycles) = (looks(&daemon), daemon.lines("cycle finished").len());

    // As long as one of a few commits.
    let mut payload = push(&world.platform.file_url(), "refs/heads/main");
    payload["commits"] = serde_json::json!(["x".repeat(8000)]);
    let request = request(&payload.to_string());
    let (process, port) = (daemon.id(), daemon.port);
    let idle = echo(request.len());
    let each = A_SECOND / CONNECTIONS * seconds;
    let (waits, machine, early) = block_on(async {
        let begin = Instant::now() + Duration::from_millis(100);
        let start = |port: u16, number: u32| {
            let first = begin + Duration::from_secs(1) / A_SECOND * number;
            tokio::spawn(client(port, request.clone(), first, each))
        };
        let clients: Vec<_> = (0..CONNECTIONS).map(|number| start(port, number)).collect();
        let machine = start(idle.port, 0);
        // What is allocated once has been by then.
        tokio::time::sleep_until(begin + Duration::from_secs(seconds.min(5).into())).await;
        let early = resident(process);
        let mut waits = Vec::new();
        for client in clients {
            waits.extend(client.await.unwrap());
        }
        (Waits::of(waits), Waits::of(machine.await.unwrap()), early)
    });
    let late = resident(process);
    let made = looks(&daemon) - before;
    println!(
        "{} webhooks in {seconds} s: {waits}; the machine alone: {machine}; {made} looks; \
         resident {early} KiB, then {late} KiB",
        waits.0.len(),
    );
    assert_eq!(waits.0.len(), (A_SECOND * seconds) as usize);
    assert!(made <= f64::from(seconds) + 2.0, "{made} looks");
    assert_eq!(daemon.lines("cycle finished").len(), cycles);
    assert!(daemon.lines("webhook").len() <= seconds as usize + 2);
    if long {
        let most = Duration::from_millis(10) + machine.at(990);
        assert!(
            waits.at(990) < most,
            "{waits}; the machine alone: {machine}"
        );
        assert!(late < early + 4096, "{early} KiB, then {late} KiB");
    }
    // It still does what it is there for.
    world.platform.replace("rules/a.yaml", "== 0", "== 1");
    let head = world.platform.commit("After the flood");
    block_on(client(port, request, Instant::now(), 1));
    daemon.wait_target("one", "synced", &head);
    assert_eq!(daemon.terminate(), Some(0));
}

/// How long answers were waited for, from the shortest.
struct Waits(Vec<Duration>);

impl Waits {
    fn of(mut waits: Vec<Duration>) -> Self {
        waits.sort();
        Self(waits)
    }

    /// The longest of so many in a thousand.
    fn at(&self, share: usize) -> Duration {
        self.0[(self.0.len() * share / 1000).min(self.0.len() - 1)]
    }
}

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [median, p99, p999, longest] = [500, 990, 999, 1000].map(|share| self.at(share));
        write!(
            f,
            "median {median:.1?}, p99 {p99:.1?}, p99.9 {p999:.1?}, longest {longest:.1?}"
        )
    }
}

/// A server that answers requests of this length, and does nothing else.
fn echo(length: usize) -> Listening {
    Listening::start(move |mut stream| async move {
        let mut request = vec![0; length];
        loop {
            stream.read_exact(&mut request).await?;
            stream.write_all(b"HTTP/1.1 202 \r\n\r\naccepted\n").await?;
        }
    })
}

/// A webhook as it goes over the wire, on a connection that stays.
fn request(body: &str) -> Vec<u8> {
    let mut request = format!(
        "POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in github("push", SECRET, body) {
        write!(request, "{name}: {value}\r\n").unwrap();
    }
    (request + "\r\n" + body).into_bytes()
}

/// Sends so many, evenly; returns how long each waited for its answer, from when it was to be sent.
async fn client(port: u16, request: Vec<u8>, first: Instant, count: u32) -> Vec<Duration> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut times = interval_at(first, Duration::from_secs(1) / (A_SECOND / CONNECTIONS));
    // Who waits for one answer sends the next at once, so that no wait is hidden.
    times.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut waits = Vec::new();
    for _ in 0..count {
        let due = times.tick().await;
        stream.write_all(&request).await.unwrap();
        let answer = answer(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
        waits.push(due.elapsed());
    }
    waits
}

/// The next answer; all of them are short.
async fn answer(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"accepted\n") {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
        assert!(bytes.len() < 4096, "{}", String::from_utf8_lossy(&bytes));
    }
    String::from_utf8(bytes).unwrap()
}

/// KiB that a process has in memory.
fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let value = line.and_then(|line| line.split_whitespace().nth(1));
    value.unwrap().parse().unwrap()
}
