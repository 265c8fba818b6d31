//! How each forge says what a webhook is, and proves that it sent it.

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::Refusal;
use crate::serve::secret::same;

/// Who sends webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forge {
    GitHub,
    GitLab,
    /// And Forgejo, which sends the same headers.
    Gitea,
}

/// What a webhook is about.
pub(super) enum Event {
    Push,
    Ping,
    Other(String),
}

/// What a request shows as its proof.
pub(super) enum Claim {
    Signature([u8; 32]),
    Token(Vec<u8>),
}

/// A proof that is looked at while the body comes.
pub(super) enum Proof {
    Signature {
        mac: Box<Hmac<Sha256>>,
        claimed: [u8; 32],
    },
    Given,
}

impl Forge {
    fn proof_header(self) -> &'static str {
        match self {
            Self::GitHub => "X-Hub-Signature-256",
            Self::GitLab => "X-Gitlab-Token",
            Self::Gitea => "X-Gitea-Signature",
        }
    }

    fn event_header(self) -> &'static str {
        match self {
            Self::GitHub => "X-GitHub-Event",
            Self::GitLab => "X-Gitlab-Event",
            Self::Gitea => "X-Gitea-Event",
        }
    }

    /// What the request shows.
    pub(super) fn claim(self, headers: &HeaderMap) -> Result<Claim, Refusal> {
        let name = self.proof_header();
        let Some(shown) = headers.get(name).map(HeaderValue::as_bytes) else {
            let reason = format!("the header {name} is missing: give the webhook a secret");
            return Err(Refusal::unproved(reason));
        };
        let digits = match self {
            Self::GitLab => return Ok(Claim::Token(shown.to_vec())),
            Self::GitHub => shown.strip_prefix(b"sha256="),
            Self::Gitea => Some(shown),
        };
        digits
            .and_then(unhex)
            .map(Claim::Signature)
            .ok_or_else(|| Refusal::unproved(format!("the header {name} holds no signature")))
    }

    pub(super) fn event(self, headers: &HeaderMap) -> Result<Event, Refusal> {
        let name = self.event_header();
        let Some(event) = headers.get(name) else {
            let reason = format!("the header {name} is missing");
            return Err(Refusal::new(StatusCode::BAD_REQUEST, reason));
        };
        let event = String::from_utf8_lossy(event.as_bytes());
        Ok(match (self, &*event) {
            // A system hook tells of more than pushes; its payload says of what.
            (Self::GitHub | Self::Gitea, "push") | (Self::GitLab, "Push Hook" | "System Hook") => {
                Event::Push
            }
            (Self::GitHub | Self::Gitea, "ping") => Event::Ping,
            _ => Event::Other(event.into_owned()),
        })
    }
}

impl Claim {
    /// Begins to look at it. What needs no body is decided now.
    pub(super) fn begin(&self, secret: &[u8]) -> Result<Proof, Refusal> {
        match self {
            Self::Token(token) if same(token, secret) => Ok(Proof::Given),
            Self::Token(_) => Err(wrong()),
            Self::Signature(claimed) => {
                let mac = Hmac::new_from_slice(secret).map_err(|_| wrong())?;
                Ok(Proof::Signature {
                    mac: Box::new(mac),
                    claimed: *claimed,
                })
            }
        }
    }
}

impl Proof {
    pub(super) fn update(&mut self, part: &[u8]) {
        match self {
            Self::Signature { mac, .. } => mac.update(part),
            Self::Given => {}
        }
    }

    /// In a time that says nothing of where they differ.
    pub(super) fn end(self) -> Result<(), Refusal> {
        match self {
            Self::Signature { mac, claimed } => mac.verify_slice(&claimed).map_err(|_| wrong()),
            Self::Given => Ok(()),
        }
    }
}

fn wrong() -> Refusal {
    Refusal::unproved("the webhook's secret is not the one that is expected here")
}

/// 64 hexadecimal digits.
fn unhex(digits: &[u8]) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if digits.len() != 2 * bytes.len() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16);
        *byte = u8::try_from(digit(0)? << 4 | digit(1)?).ok()?;
    }
    Some(bytes)
}
