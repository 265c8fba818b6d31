//! What a daemon takes over its life: memory and open files.

use std::fs;
use std::time::Instant;

use crate::e2e::running::{Daemon, PATIENCE};
use crate::e2e::world::World;
use crate::support::wait_until;

/// Resident, in KiB.
fn memory_of(daemon: &Daemon) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|number| number.parse().ok()).unwrap()
}

fn open_files(daemon: &Daemon) -> usize {
    let folder = format!("/proc/{}/fd", daemon.id());
    fs::read_dir(folder).unwrap().count()
}

/// What is open, for whoever has to find out.
fn links(daemon: &Daemon) -> Vec<std::path::PathBuf> {
    let folder = format!("/proc/{}/fd", daemon.id());
    let entries = fs::read_dir(folder).unwrap();
    let links = entries.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
    links.collect()
}

/// Without those that are open for a moment only.
fn least_open(daemon: &Daemon) -> usize {
    (0..50).map(|_| open_files(daemon)).min().unwrap()
}

fn cycles(daemon: &Daemon) -> u64 {
    let (_, metrics) = daemon.get("/metrics").unwrap();
    let counts = metrics
        .lines()
        .filter(|line| line.starts_with("trueup_cycles_total{"));
    counts
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum()
}

/// Cycles with a change every tenth: 10,000 of them with `TRUEUP_LONG`, else 600.
pub fn memory() {
    let all = match std::env::var_os("TRUEUP_LONG") {
        Some(_) => 10_000,
        None => 600,
    };
    let mut world = World::shop();
    world.set(|setup| setup.interval = "5ms".into());
    let mut daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &world.platform.head());
    let mut seen = cycles(&daemon);
    let (first, mut number) = (seen + 100, 0);
    let mut begun = None;
    while seen < first + all {
        number += 1;
        super::change(&world, &number.to_string());
        let next = seen + 10;
        wait_until("ten more cycles", PATIENCE, || {
            seen = cycles(&daemon);
            seen >= next
        });
        if seen >= first && begun.is_none() {
            begun = Some((memory_of(&daemon), least_open(&daemon)));
        }
    }
    let (memory, files) = begun.unwrap();
    let (now, open) = (memory_of(&daemon), least_open(&daemon));
    println!(
        "{number} changes in {seen} cycles: {memory} KiB after the first hundred, {now} KiB at the end; \
         {files} files open, {open} at the end"
    );
    // A short run is still filling its pools.
    let most = if all < 10_000 {
        memory * 13 / 10
    } else {
        memory * 11 / 10
    };
    assert!(now <= most, "{memory} KiB, then {now} KiB");
    // What is open for a moment only goes again.
    let waiting = Instant::now();
    while open_files(&daemon) > files {
        assert!(waiting.elapsed() < PATIENCE, "{:#?}", links(&daemon));
    }
    assert_eq!(daemon.terminate(), Some(0));
}
