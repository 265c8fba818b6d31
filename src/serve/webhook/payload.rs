//! What a push says, and whether it is about the branch that is watched.

use std::borrow::Cow;

use axum::http::{HeaderMap, StatusCode, header};
use serde::Deserialize;

use super::{Refusal, Said};

/// What is read of a push; the forges differ in names only.
#[derive(Debug, Deserialize)]
pub(super) struct Payload {
    #[serde(rename = "ref")]
    reference: Option<String>,
    /// GitLab's system hooks tell of other things too.
    event_name: Option<String>,
    repository: Option<Repository>,
    /// What GitLab calls a repository.
    project: Option<Repository>,
}

#[derive(Debug, Default, Deserialize)]
struct Repository {
    full_name: Option<String>,
    path_with_namespace: Option<String>,
    clone_url: Option<String>,
    html_url: Option<String>,
    ssh_url: Option<String>,
    web_url: Option<String>,
    git_http_url: Option<String>,
    git_ssh_url: Option<String>,
}

/// The branch that is watched.
#[derive(Debug)]
pub(super) struct Watched {
    place: Place,
    reference: String,
}

/// An address of a repository, without what may be written in more than one way.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    /// Empty for one on this machine.
    host: String,
    path: String,
}

impl Payload {
    /// Reads one; GitHub sends a form where it is not told to send JSON.
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, Refusal> {
        let kind = headers.get(header::CONTENT_TYPE);
        let form = b"application/x-www-form-urlencoded";
        let is_form = kind.is_some_and(|kind| kind.as_bytes().starts_with(form));
        let text = if is_form {
            let mut fields = form_urlencoded::parse(body);
            let payload = fields.find(|(name, _)| name == "payload");
            payload.map(|(_, value)| Cow::Owned(value.into_owned().into_bytes()))
        } else {
            Some(Cow::Borrowed(body))
        };
        let read = text.and_then(|text| serde_json::from_slice(&text).ok());
        read.ok_or_else(|| {
            let reason =
                "the body is not the JSON of a push: set the content type to application/json";
            Refusal::new(StatusCode::BAD_REQUEST, reason)
        })
    }
}

impl Watched {
    pub(super) fn new(address: &str, branch: &str) -> Self {
        Self {
            place: Place::of(address),
            reference: format!("refs/heads/{branch}"),
        }
    }

    /// Whether a push is about it.
    pub(super) fn concerns(&self, push: &Payload) -> Result<Said, Refusal> {
        if let Some(event) = push.event_name.as_deref().filter(|event| *event != "push") {
            return Ok(Said::event(event));
        }
        let missing = |what: &str| {
            let reason = format!("the push names no {what}");
            Refusal::new(StatusCode::BAD_REQUEST, reason)
        };
        let pushed = push.reference.as_ref().ok_or_else(|| missing("ref"))?;
        let repositories = [&push.project, &push.repository];
        let mut repositories = repositories.into_iter().flatten().peekable();
        if repositories.peek().is_none() {
            return Err(missing("repository"));
        }
        Ok(if !repositories.any(|pushed| self.place.is(pushed)) {
            Said::Other("another repository".into())
        } else if *pushed == self.reference {
            Said::Pushed
        } else {
            Said::Other("another branch".into())
        })
    }
}

impl Place {
    /// `https://host/path.git`, `ssh://user@host:22/path`, `user@host:path` or a path.
    fn of(address: &str) -> Self {
        let (host, path) = if let Some((_, rest)) = address.split_once("://") {
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            let host = authority.rsplit('@').next().unwrap_or_default();
            let port = |(_, port): &(&str, &str)| port.bytes().all(|b| b.is_ascii_digit());
            let host = host.rsplit_once(':').filter(port).map_or(host, |(h, _)| h);
            (host, path)
        } else {
            match address.split_once(':') {
                Some((place, path)) if !place.contains('/') => {
                    (place.rsplit('@').next().unwrap_or_default(), path)
                }
                _ => ("", address),
            }
        };
        Self {
            host: host.to_lowercase(),
            path: plain(path),
        }
    }

    /// Whether it is this repository: one of its addresses, or one that ends in its full name, as one does
    /// where a forge is reached by another name than it has for itself (`ssh.github.com`, a mirror).
    fn is(&self, repository: &Repository) -> bool {
        let Repository {
            full_name,
            path_with_namespace,
            clone_url,
            html_url,
            ssh_url,
            web_url,
            git_http_url,
            git_ssh_url,
        } = repository;
        let names = [full_name, path_with_namespace].into_iter().flatten();
        let mut names = names.map(|name| plain(name));
        let addresses = [
            clone_url,
            html_url,
            ssh_url,
            web_url,
            git_http_url,
            git_ssh_url,
        ];
        let mut addresses = addresses.into_iter().flatten();
        names.any(|name| self.ends_in(&name)) || addresses.any(|address| Self::of(address) == *self)
    }

    fn ends_in(&self, name: &str) -> bool {
        let rest = self.path.strip_suffix(name);
        name.contains('/') && rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    }
}

/// Forges tell no paths apart by their case.
fn plain(path: &str) -> String {
    let path = path.trim_matches('/');
    path.strip_suffix(".git").unwrap_or(path).to_lowercase()
}
