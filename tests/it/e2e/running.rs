//! `trueup run` as a process of its own.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::world::World;
use crate::support::exchange::ask;
use crate::support::wait_until;

/// How long anything may take; far more than it does.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A daemon; killed, by its own process id, when it is dropped.
pub struct Daemon {
    child: Child,
    log: PathBuf,
    pub port: u16,
}

impl Daemon {
    /// Starts one, and waits until it listens.
    pub fn start(world: &World) -> Self {
        let log = world.path("daemon.log");
        let child = world
            .with_config("run", &[])
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut daemon = Self {
            child,
            log,
            port: 0,
        };
        wait_until("the daemon listens", PATIENCE, || {
            daemon.port = daemon.listens_on().unwrap_or(0);
            daemon.port != 0 || daemon.child.try_wait().unwrap().is_some()
        });
        assert!(daemon.port != 0, "it ended:\n{}", daemon.raw_log());
        daemon
    }

    fn listens_on(&self) -> Option<u16> {
        let line = self.lines("listening on ").pop()?;
        let (_, port) = line["message"].as_str()?.rsplit_once(':')?;
        port.parse().ok()
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn get(&self, path: &str) -> Option<(u16, String)> {
        ask(self.port, "GET", path)
    }

    /// The value of one of its metrics; `name` with its labels. 0 where it has no such one.
    pub fn metric(&self, name: &str) -> f64 {
        let (_, metrics) = self.get("/metrics").unwrap();
        let mut lines = metrics.lines().filter_map(|line| line.rsplit_once(' '));
        let value = lines.find(|(key, _)| *key == name);
        value.map_or(0.0, |(_, value)| value.parse().unwrap())
    }

    pub fn status(&self) -> Value {
        let answer = self.get("/status").map(|(_, body)| body);
        answer
            .and_then(|body| serde_json::from_str(&body).ok())
            .unwrap_or_default()
    }

    /// Waits until `/status` is as wanted, and returns it.
    #[track_caller]
    pub fn wait(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let status = self.status();
            if wanted(&status) {
                return status;
            }
            let log = || self.raw_log();
            let elapsed = began.elapsed();
            assert!(elapsed < PATIENCE, "never: {what}\n{status:#}\n{}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until a target is in this state, at this commit.
    #[track_caller]
    pub fn wait_target(&self, name: &str, state: &str, commit: &str) -> Value {
        let what = format!("{name} is {state} at {commit}");
        self.wait(&what, |status| {
            let target = target(status, name);
            target["state"] == state && target["revision"] == commit
        })
    }

    /// The lines of its log so far.
    pub fn log(&self) -> Vec<Value> {
        let raw = self.raw_log();
        let lines = raw.lines();
        lines
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    pub fn raw_log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The lines whose message starts so.
    pub fn lines(&self, message: &str) -> Vec<Value> {
        let mut lines = self.log();
        lines.retain(|line| {
            let text = line["message"].as_str();
            text.is_some_and(|text| text.starts_with(message))
        });
        lines
    }

    /// SIGTERM; waits for the end and returns the exit code.
    pub fn terminate(&mut self) -> Option<i32> {
        let id = i32::try_from(self.child.id()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), Signal::TERM).unwrap();
        let mut ended = None;
        wait_until("the daemon ends", PATIENCE, || {
            ended = self.child.try_wait().unwrap();
            ended.is_some()
        });
        ended.and_then(|status| status.code())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What a status says of a target; null where it says nothing.
pub fn target<'s>(status: &'s Value, name: &str) -> &'s Value {
    const NOTHING: &Value = &Value::Null;
    let mut targets = status["targets"].as_array().into_iter().flatten();
    targets
        .find(|target| target["name"] == name)
        .unwrap_or(NOTHING)
}
