//! A Grafana of loopback, strict and with a memory, in two dialects.
//!
//! It answers as real servers of 7.5.5 and 12.4.0 were seen to: `contract_grafana` holds it and them to
//! the same assertions. What it does not know it refuses as they do, and writes down.

mod answer;
mod auth;
mod dashboards;
mod discovery;
mod fault;
mod folders;
mod library;
mod look;
mod object;
mod request;
mod resource;
mod resource_dashboards;
mod resource_folders;
mod resource_list;
mod route;
mod rules;
mod saves;
mod search;
mod seed;
mod sources;
mod state;
mod versions;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::net::TcpStream;
use tokio::time::sleep;

use self::auth::Token;
pub use self::fault::Fault;
pub use self::look::{SourceStands, Stands};
use self::request::{Request, query_of};
use self::state::{Planned, State};
use crate::support::exchange::{Incoming, Listening, Reply};

/// Which server it is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// 7.5: the classic API alone, folders in one level, one title once a folder.
    Classic75,
    /// 12.4: the resource API, and the classic one as that version serves it; nested folders, titles shared.
    Resource124,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Viewer,
    Editor,
    Admin,
}

/// One request as it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub method: String,
    /// Without its query.
    pub path: String,
    pub query: String,
    /// `None` where it was not answered whole.
    pub status: Option<u16>,
    pub authorization: Option<String>,
    /// Whether the server has such a route.
    pub known: bool,
}

impl Recorded {
    /// Whether it may have changed something.
    pub fn is_write(&self) -> bool {
        !["GET", "HEAD"].contains(&self.method.as_str())
    }
}

#[derive(Debug)]
pub struct Grafana {
    listening: Listening,
    state: Arc<Mutex<State>>,
}

impl Grafana {
    /// An empty one with the organisations 1 and 2, and the user `admin` with the password `admin`.
    pub fn start(flavor: Flavor) -> Self {
        let state = Arc::new(Mutex::new(State::new(flavor)));
        let shared = state.clone();
        let listening = Listening::start(move |stream| serve(stream, shared.clone()));
        Self { listening, state }
    }

    pub fn url(&self) -> String {
        self.listening.url()
    }

    pub fn flavor(&self) -> Flavor {
        self.state().flavor
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// A token of the first organisation, to be sent as `Bearer`.
    pub fn token(&self, role: Role) -> String {
        let mut state = self.state();
        let prefix = match state.flavor {
            Flavor::Classic75 => "eyJrIjoi",
            Flavor::Resource124 => "glsa_",
        };
        let secret = format!("{prefix}fake{role:?}{}", state.tokens.len());
        state.tokens.push(Token {
            secret: secret.clone(),
            role,
            org: 1,
        });
        secret
    }

    /// The next `times` requests whose path begins so go wrong.
    pub fn fault(&self, prefix: &str, fault: Fault, times: usize) {
        self.plan_fault(None, prefix, fault, times);
    }

    /// The same, for one method.
    pub fn fault_on(&self, method: &str, prefix: &str, fault: Fault, times: usize) {
        self.plan_fault(Some(method.to_owned()), prefix, fault, times);
    }

    fn plan_fault(&self, method: Option<String>, prefix: &str, fault: Fault, times: usize) {
        let prefix = prefix.to_owned();
        self.state().faults.push(Planned {
            method,
            prefix,
            fault,
            times,
        });
    }

    pub fn no_more_faults(&self) {
        self.state().faults.clear();
    }

    /// All requests since the last `clear`.
    pub fn requests(&self) -> Vec<Recorded> {
        self.state().recorded.clone()
    }

    /// Those of them that may have changed something.
    pub fn writes(&self) -> Vec<Recorded> {
        let mut all = self.requests();
        all.retain(Recorded::is_write);
        all
    }

    /// Those that no server of this kind has a route for; to look whether it is one of another kind counts not.
    pub fn unknown(&self) -> Vec<Recorded> {
        let mut all = self.requests();
        all.retain(|request| !request.known);
        all
    }

    pub fn clear(&self) {
        self.state().recorded.clear();
    }
}

impl State {
    fn reply(&mut self, incoming: &Incoming) -> (Reply, bool) {
        let path = incoming.path();
        if path == "/api/health" {
            return (discovery::health(self.flavor), true);
        }
        let orgs: Vec<_> = self.orgs.iter().map(|org| org.id).collect();
        match auth::caller(self.flavor, incoming, &self.tokens, &orgs) {
            Err(reply) => (*reply, true),
            Ok(caller) => {
                let routed = self.answer(&Request::of(incoming, caller));
                (routed.reply, routed.known)
            }
        }
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) -> io::Result<()> {
    let Some(request) = Incoming::read(&mut stream).await? else {
        return Ok(());
    };
    let fault = state.lock().unwrap().fault(&request.method, request.path());
    if let Some(Fault::Delay(delay)) = &fault {
        sleep(*delay).await;
    }
    let reply = {
        let mut state = state.lock().unwrap();
        let (reply, known) = match &fault {
            Some(Fault::Close) => (None, true),
            Some(Fault::Reply(reply)) => (Some(reply.clone()), true),
            _ => {
                let (reply, known) = state.reply(&request);
                (Some(reply), known)
            }
        };
        let answered = reply
            .as_ref()
            .filter(|_| !matches!(fault, Some(Fault::Half | Fault::CloseAfter)));
        let status = answered.map(|reply| reply.status);
        state.recorded.push(Recorded {
            method: request.method.clone(),
            path: request.path().to_owned(),
            query: query_of(&request).to_owned(),
            status,
            authorization: request.header("authorization"),
            known,
        });
        reply
    };
    match (reply, fault) {
        (None, _) | (_, Some(Fault::CloseAfter)) => Ok(()),
        (Some(reply), Some(Fault::Half)) => reply.write_half(&mut stream).await,
        (Some(reply), _) => reply.write(&mut stream).await,
    }
}
