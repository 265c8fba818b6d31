//! `POST /webhook`: a forge tells that somebody pushed.
//!
//! What it tells is proved first and read then, and moves nothing but a look at the repository: whoever has
//! the secret can make the daemon look, never what it sees. So a webhook that comes twice, late or not at all
//! does no harm; the poll finds every commit anyway.

mod body;
mod forge;
mod payload;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use secrecy::ExposeSecret as _;

use super::secret::{self, Secret};
use super::seldom::Seldom;
use crate::telemetry::{WebhookIgnored, WebhookReceived, WebhookRefused};
use forge::Event;
pub use forge::Forge;
use payload::{Payload, Watched};

/// Asks for a look at the repository; whether that brings one about, rather than one that waits already.
pub type Poke = Arc<dyn Fn() -> bool + Send + Sync>;

/// Whose webhooks count, and what they bring about.
#[derive(Clone)]
pub struct Webhook {
    pub forge: Forge,
    pub secret_file: PathBuf,
    /// As the settings have it: an address in any of Git's forms.
    pub repository: String,
    pub branch: String,
    pub poke: Poke,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("forge", &self.forge)
            .field("secret_file", &self.secret_file)
            .field("repository", &self.repository)
            .field("branch", &self.branch)
            .finish_non_exhaustive()
    }
}

/// Refusals that are told in the log.
const TOLD: Duration = Duration::from_mins(1);

/// A webhook, ready to receive.
pub(super) struct Hook {
    forge: Forge,
    pub(super) secret: Secret,
    watched: Watched,
    poke: Poke,
    /// For a body to come.
    patience: Duration,
    refused: Seldom,
}

impl Webhook {
    pub(super) fn hook(self, patience: Duration) -> Arc<Hook> {
        let Self {
            forge,
            secret_file,
            repository,
            branch,
            poke,
        } = self;
        Arc::new(Hook {
            forge,
            secret: secret::watch(secret_file),
            watched: Watched::new(&repository, &branch),
            poke,
            patience,
            refused: Seldom::new(TOLD),
        })
    }
}

/// What a genuine webhook says.
enum Said {
    /// Somebody pushed to the branch that is watched.
    Pushed,
    /// The forge tries whether somebody is there.
    Ping,
    /// Something else.
    Other(Cow<'static, str>),
}

impl Said {
    /// Another event than a push; its name is the sender's.
    fn event(name: &str) -> Self {
        let name: String = name.chars().filter(|c| !c.is_control()).collect();
        Self::Other(format!("the event {name}").into())
    }
}

/// Why a webhook counts for nothing; for the sender, and says nothing that it does not know.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    reason: Cow<'static, str>,
}

impl Refusal {
    fn new(status: StatusCode, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            reason: reason.into(),
        }
    }

    fn unproved(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, reason)
    }
}

/// Answers one. What it brings about is not waited for.
pub(super) async fn receive(
    State(hook): State<Arc<Hook>>,
    request: Request,
) -> (StatusCode, String) {
    let accepted = StatusCode::ACCEPTED;
    match hook.read(request).await {
        Ok(Said::Pushed) => {
            let looks = (hook.poke)();
            WebhookReceived { looks }.emit();
            (accepted, "accepted\n".to_owned())
        }
        Ok(Said::Ping) => (accepted, "pong\n".to_owned()),
        Ok(Said::Other(reason)) => {
            WebhookIgnored { reason: &reason }.emit();
            (accepted, format!("ignored: {reason}\n"))
        }
        Err(Refusal { status, reason }) => {
            if let Some(more) = hook.refused.turn() {
                WebhookRefused {
                    reason: &reason,
                    more,
                }
                .emit();
            }
            (status, format!("{reason}\n"))
        }
    }
}

impl Hook {
    async fn read(&self, request: Request) -> Result<Said, Refusal> {
        let (head, body) = request.into_parts();
        let claim = self.forge.claim(&head.headers)?;
        let secret = self.secret.get().await.map_err(|_| {
            let reason = "the webhook's secret cannot be read: see the daemon's log";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, reason)
        })?;
        let mut proof = claim.begin(secret.expose_secret().as_bytes())?;
        let reading = body::read(&head.headers, body, |part| proof.update(part));
        let Ok(read) = tokio::time::timeout(self.patience, reading).await else {
            let reason = "the body did not come in time";
            return Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, reason));
        };
        let body = read?;
        proof.end()?;
        self.understand(&head.headers, body)
    }

    /// What a genuine one says.
    fn understand(&self, headers: &HeaderMap, body: Option<Vec<u8>>) -> Result<Said, Refusal> {
        match self.forge.event(headers)? {
            Event::Ping => return Ok(Said::Ping),
            Event::Other(name) => return Ok(Said::event(&name)),
            Event::Push => {}
        }
        // To look is cheaper than to keep what is that long.
        let Some(body) = body else {
            return Ok(Said::Pushed);
        };
        self.watched.concerns(&Payload::read(headers, &body)?)
    }
}
