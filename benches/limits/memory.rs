//! Peak memory on 10,000 documents. Held to nothing yet.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::converge::Daemon;
use super::measure::Figure;
use super::repository;

pub(crate) fn run() -> Vec<Figure> {
    let scratch = tempfile::tempdir().unwrap();
    let files = repository::ten_thousand();
    let folder = scratch.path().join("folder");
    repository::write(&folder, &files);
    println!(
        "`trueup check` of 10,000 documents: peak {}",
        check(&folder)
    );
    let made = repository::packed(&scratch.path().join("repository"), &files);
    let head = made.head().unwrap().peel_to_commit().unwrap().id();
    std::fs::create_dir(scratch.path().join("rules")).unwrap();
    let daemon = Daemon::with_target(scratch.path(), "rules_dir: rules");
    daemon.wait_for(head);
    std::thread::sleep(Duration::from_secs(2));
    let id = daemon.process.0.id();
    let value = |name| field(id, name).unwrap_or_default();
    println!(
        "daemon, idle after it applied them to a directory: {} resident, peak {}",
        value("VmRSS"),
        value("VmHWM")
    );
    Vec::new()
}

fn check(folder: &std::path::Path) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .arg("check")
        .arg(folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = String::new();
    while child.try_wait().unwrap().is_none() {
        peak = field(child.id(), "VmHWM").unwrap_or(peak);
        std::thread::sleep(Duration::from_millis(1));
    }
    peak
}

/// The peak, in MiB, of a process that prints `expected`.
pub(crate) fn peak(command: &mut Command, expected: &str) -> u64 {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let printed = child.stdout.take().unwrap();
    // What is printed is read meanwhile: a full pipe would keep the process waiting.
    let printed = std::thread::spawn(move || std::io::read_to_string(printed).unwrap());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = mebibytes(child.id(), "VmHWM").unwrap_or(peak);
        std::thread::sleep(Duration::from_millis(1));
    }
    let text = printed.join().unwrap();
    assert!(text.contains(expected), "{text}");
    peak
}

/// A line of `/proc/<id>/status` in MiB; `None` once the process has let go of its memory.
pub(crate) fn field(id: u32, name: &str) -> Option<String> {
    Some(format!("{} MiB", mebibytes(id, name)?))
}

/// The same as a number.
pub(crate) fn mebibytes(id: u32, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes.div_ceil(1024))
}
