//! Tests that know what they need, and say so where it is missing.

pub mod certificates;
pub mod echo;
pub mod exchange;
pub mod forge;
pub mod journal;
pub mod prometheus;
pub mod proxy;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use libtest_mimic::Trial;

/// What a test needs beside the repository itself.
pub enum Need {
    /// A program in `PATH`, or in the folders where daemons are installed.
    Program(&'static str),
    /// An environment variable that is set and not empty.
    Env(&'static str),
    /// A package of npm that `tests/run` has installed.
    Npm(&'static str),
}

impl Need {
    pub fn is_missing(&self) -> bool {
        self.missing().is_some()
    }

    /// What is missing, or `None` where it is there.
    fn missing(&self) -> Option<&'static str> {
        match self {
            Self::Program(name) => program(name).is_none().then_some(*name),
            Self::Env(name) => std::env::var_os(name)
                .is_none_or(|value| value.is_empty())
                .then_some(*name),
            Self::Npm(name) => (!npm(name).is_dir()).then_some(*name),
        }
    }
}

/// A test. Where something of `needs` is missing it is reported as ignored, and its kind says what.
///
/// It fails where `run` panics.
pub fn test(name: &str, needs: &[Need], run: impl FnOnce() + Send + 'static) -> Trial {
    let missing: Vec<_> = needs.iter().filter_map(Need::missing).collect();
    let trial = Trial::test(name, move || {
        run();
        Ok(())
    });
    if missing.is_empty() {
        return trial;
    }
    trial
        .with_kind(format!("needs {}", missing.join(", ")))
        .with_ignored_flag(true)
}

/// Where a package of npm is, if it is installed.
pub fn npm(name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    target.join("npm/node_modules").join(name)
}

/// Where the program is, if it is installed.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// Asks until `condition` holds.
///
/// # Panics
/// Where it does not within `deadline`; with `what` was waited for.
pub fn wait_until(what: &str, deadline: Duration, mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(
            began.elapsed() < deadline,
            "not within {deadline:?}: {what}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Runs a future to its end, on threads of its own.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}
