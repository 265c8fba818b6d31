//! Remotes that cannot be reached, say nothing, or never end.

use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use trueup::settings::RepositoryUrl;
use trueup::source::{SourceError, Timeouts, Want};

use super::fixture::{World, free_port, repository, short};
use super::https::at;
use super::nginx::{NEEDS, Nginx};
use super::slow::{Manner, Slow};
use crate::support::{Need, test};

const SSH: &[Need] = &[Need::Program("ssh")];

pub fn tests() -> Vec<Trial> {
    vec![
        test("source::faults::nobody_listens", SSH, nobody_listens),
        test("source::faults::no_such_host", &[], no_such_host),
        test("source::faults::silent_before_the_handshake", SSH, silent),
        test(
            "source::faults::silent_after_the_request",
            NEEDS,
            silent_after_the_request,
        ),
        test("source::faults::dripping_for_ever", NEEDS, dripping),
        test("source::faults::cancelled_while_waiting", SSH, cancelled),
        test("source::faults::dropped_while_waiting", &[], dropped),
    ]
}

fn https(port: u16) -> RepositoryUrl {
    RepositoryUrl::Https(format!("https://127.0.0.1:{port}/platform.git"))
}

fn ssh(port: u16) -> RepositoryUrl {
    RepositoryUrl::Ssh(format!("ssh://git@127.0.0.1:{port}/platform.git"))
}

fn nobody_listens() {
    let world = World::new();
    let port = free_port();
    for url in [https(port), ssh(port)] {
        let error = world.open(&repository(url)).head().unwrap_err();
        assert!(matches!(error, SourceError::Unreachable { .. }), "{error}");
        assert!(error.to_string().contains("refused"), "{error}");
    }
}

fn no_such_host() {
    let world = World::new();
    let url = RepositoryUrl::Https("https://no-such-host.invalid/p".to_owned());
    let error = world.open(&repository(url)).head().unwrap_err();
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error}");
}

fn silent() {
    let world = World::new();
    let slow = Slow::start(Manner::Silent);
    for url in [https(slow.port), ssh(slow.port)] {
        let error = world
            .open_with(&repository(url), short())
            .head()
            .unwrap_err();
        assert!(matches!(error, SourceError::Timeout { .. }), "{error}");
    }
}

fn silent_after_the_request() {
    let world = World::new();
    let slow = Slow::start(Manner::Silent);
    let nginx = Nginx::start(&world, slow.port);
    let timeouts = Timeouts {
        connect: Duration::from_secs(2),
        ..short()
    };
    let error = world
        .open_with(&at(&nginx, "slow"), timeouts)
        .head()
        .unwrap_err();
    assert!(matches!(error, SourceError::Timeout { .. }), "{error}");
    assert!(
        error.to_string().contains("the list of references"),
        "{error}"
    );
}

fn dripping() {
    let world = World::new();
    let slow = Slow::start(Manner::Dripping);
    let nginx = Nginx::start(&world, slow.port);
    let timeouts = Timeouts {
        connect: Duration::from_secs(10),
        answer: Duration::from_secs(10),
        idle: Duration::from_secs(10),
        total: Duration::from_millis(500),
    };
    let error = world
        .open_with(&at(&nginx, "slow"), timeouts)
        .head()
        .unwrap_err();
    assert!(matches!(error, SourceError::Timeout { .. }), "{error}");
    assert!(
        error.to_string().contains("the end of the fetch"),
        "{error}"
    );
}

fn cancelled() {
    let world = World::new();
    let slow = Slow::start(Manner::Silent);
    for url in [https(slow.port), ssh(slow.port)] {
        let source = world.open(&repository(url)).source;
        let asking = source.clone();
        let answer = world
            .runtime
            .spawn(async move { asking.snapshot(Want::Head).await });
        slow.asked.recv().unwrap();
        source.shutdown();
        let answer = world.runtime.block_on(answer).unwrap();
        assert_eq!(answer.unwrap_err(), SourceError::Stopped);
    }
}

fn dropped() {
    let world = World::new();
    let slow = Slow::start(Manner::Silent);
    let source = world.open(&repository(https(slow.port))).source;
    let asking = source.clone();
    let task = world.runtime.spawn(async move {
        let _ = asking.snapshot(Want::Head).await;
    });
    slow.asked.recv().unwrap();
    task.abort();
    let start = Instant::now();
    assert!(world.runtime.block_on(task).unwrap_err().is_cancelled());
    drop(source);
    assert!(start.elapsed() < Duration::from_secs(5));
}
