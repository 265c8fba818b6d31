//! A Prometheus that does on demand what a real one does by accident.
//!
//! It loads rule files when told to, as Prometheus 2.42 does: strictly, all or nothing; a refusal is a
//! 500 that names no file, and the old rules keep running. Answers were taken from that version.

mod state;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::sleep;

use self::state::State;
use crate::support::exchange::{Incoming, Listening, Reply};

/// What goes wrong with a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This answer, and nothing is done.
    Reply(Reply),
    /// It is done, and half of the answer is sent.
    Half,
    /// It is done after a while.
    Delay(Duration),
    /// The connection is closed, and nothing is done.
    Close,
    /// It is done, and the connection is closed.
    CloseAfter,
}

/// One request as it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub method: String,
    /// Without its query.
    pub path: String,
    /// `None` where it was not answered whole.
    pub status: Option<u16>,
    pub authorization: Option<String>,
}

#[derive(Debug)]
pub struct FakePrometheus {
    listening: Listening,
    state: Arc<Mutex<State>>,
}

impl FakePrometheus {
    /// Reads `<directory>/*.yaml`, now and at each reload.
    pub fn start(directory: &Path) -> Self {
        let mut state = State {
            directory: directory.to_owned(),
            rule_files: vec![format!("{}/*.yaml", directory.display())],
            version: "2.42.0".into(),
            lifecycle: true,
            refused: vec![],
            faults: vec![],
            running: BTreeMap::new(),
            unhealthy: BTreeMap::new(),
            recorded: vec![],
        };
        state.load().unwrap();
        let state = Arc::new(Mutex::new(state));
        let shared = state.clone();
        let listening = Listening::start(move |stream| serve(stream, shared.clone()));
        Self { listening, state }
    }

    pub fn url(&self) -> String {
        self.listening.url()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What `/api/v1/status/config` shows; what is read does not change.
    pub fn set_rule_files(&self, patterns: &[&str]) {
        self.state().rule_files = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
    }

    pub fn set_version(&self, version: &str) {
        version.clone_into(&mut self.state().version);
    }

    pub fn set_lifecycle(&self, enabled: bool) {
        self.state().lifecycle = enabled;
    }

    /// From now on, groups and rules of these names are refused.
    pub fn refuse(&self, names: &[&str]) {
        self.state().refused = names.iter().map(|&name| name.to_owned()).collect();
    }

    /// From now on, this rule fails to evaluate.
    pub fn set_unhealthy(&self, rule: &str, error: &str) {
        let mut state = self.state();
        state.unhealthy.insert(rule.to_owned(), error.to_owned());
    }

    /// The next `times` requests of this path go wrong.
    pub fn fail(&self, path: &str, fault: Fault, times: usize) {
        self.state().faults.push((path.to_owned(), fault, times));
    }

    pub fn fail_no_more(&self) {
        self.state().faults.clear();
    }

    /// The groups that it runs: `<file>/<group>`, sorted.
    pub fn running(&self) -> Vec<String> {
        let state = self.state();
        let files = state.running.iter();
        files
            .flat_map(|(file, content)| {
                content
                    .groups
                    .iter()
                    .map(move |group| format!("{file}/{}", group.name))
            })
            .collect()
    }

    /// The expression that it runs for the rule of this name.
    pub fn expr(&self, name: &str) -> Option<String> {
        let state = self.state();
        let mut rules = state
            .running
            .values()
            .flat_map(|file| &file.groups)
            .flat_map(|group| &group.rules);
        rules
            .find(|rule| rule.name() == Some(name))
            .map(|rule| rule.expr.clone())
    }

    /// All requests since the last call.
    pub fn take(&self) -> Vec<Recorded> {
        std::mem::take(&mut self.state().recorded)
    }

    /// The statuses of the reloads since the last call.
    pub fn take_reloads(&self) -> Vec<Option<u16>> {
        let recorded = self.take().into_iter();
        recorded
            .filter(|request| request.path == "/-/reload")
            .map(|request| request.status)
            .collect()
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) -> io::Result<()> {
    let Some(request) = Incoming::read(&mut stream).await? else {
        return Ok(());
    };
    let fault = state.lock().unwrap().fault(request.path());
    if let Some(Fault::Delay(delay)) = &fault {
        sleep(*delay).await;
    }
    let reply = {
        let mut state = state.lock().unwrap();
        let reply = match &fault {
            Some(Fault::Close) => None,
            Some(Fault::Reply(reply)) => Some(reply.clone()),
            _ => Some(state.answer(&request)),
        };
        let answered = reply
            .as_ref()
            .filter(|_| !matches!(fault, Some(Fault::Half | Fault::CloseAfter)));
        let status = answered.map(|reply| reply.status);
        state.recorded.push(Recorded {
            method: request.method.clone(),
            path: request.path().to_owned(),
            status,
            authorization: request.header("authorization"),
        });
        reply
    };
    match (reply, fault) {
        (None, _) | (_, Some(Fault::CloseAfter)) => Ok(()),
        (Some(reply), Some(Fault::Half)) => reply.write_half(&mut stream).await,
        (Some(reply), _) => reply.write(&mut stream).await,
    }
}
