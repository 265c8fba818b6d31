//! Orders to a running daemon, by its control socket.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::Failure;
use crate::serve::control;
use crate::settings::Settings;

/// The daemon of these settings, where it runs.
#[derive(Debug)]
pub(super) struct Control {
    client: reqwest::Client,
}

impl Control {
    /// `None` where no daemon answers: there is no socket, or nobody behind it.
    pub(super) async fn find(settings: &Settings) -> Result<Option<Self>, Failure> {
        let socket = control::socket(&settings.state);
        match tokio::net::UnixStream::connect(&socket).await {
            Ok(_) => Self::open(&socket).map(Some),
            Err(error) => match error.kind() {
                std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused => Ok(None),
                std::io::ErrorKind::PermissionDenied => Err(Failure::from(format!(
                    "cannot reach the daemon by {}: {error}; run this as the daemon's user",
                    socket.display()
                ))),
                _ => Err(Failure::from(format!(
                    "cannot reach the daemon by {}: {error} (a socket's path may have about 100 bytes: shorten state.path)",
                    socket.display()
                ))),
            },
        }
    }

    fn open(socket: &Path) -> Result<Self, Failure> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .unix_socket(socket)
            .build()?;
        Ok(Self { client })
    }

    pub(super) async fn status(&self) -> Result<Value, Failure> {
        let request = self.client.get("http://trueup/status");
        answer(request.timeout(Duration::from_secs(10))).await
    }

    /// Gives an order; what is answered.
    pub(super) async fn order(&self, path: &str, order: &impl Serialize) -> Result<Value, Failure> {
        // `sync` answers when it is done, and only the daemon knows how long that takes.
        answer(
            self.client
                .post(format!("http://trueup/{path}"))
                .json(order),
        )
        .await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Value, Failure> {
    let answer = request
        .send()
        .await
        .map_err(|error| Failure::from(format!("the daemon did not answer: {error}")))?;
    let succeeded = answer.status().is_success();
    let body: Value = answer
        .json()
        .await
        .map_err(|error| Failure::from(format!("the daemon's answer cannot be read: {error}")))?;
    if succeeded {
        return Ok(body);
    }
    let error = body["error"].as_str().unwrap_or("the daemon refused");
    Err(Failure::from(error))
}

/// What whoever runs this calls themselves.
pub(super) fn user() -> String {
    let named = ["SUDO_USER", "USER", "LOGNAME"];
    let mut found = named
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .filter(|name| !name.is_empty());
    found.next().unwrap_or_else(|| "somebody".to_owned())
}
