//! The server's HTTP API, as far as it is needed: what it is, which configuration it runs, the order to reload,
//! and the alerts that it has now.

use serde::Deserialize;

use crate::model::Version;
use crate::model::alertmanager::Labels;
pub use crate::provider::reload::Reload;

use crate::provider::http::{
    Answer, Client, HttpError, HttpFault, Method, Profile, Repeat, Request,
};

/// For everything but alerts.
const SMALL: usize = 16 << 20;
/// For `/api/v2/alerts`: about ten thousand, of which nobody reads more in a plan; in a storm they are left out.
const LARGE: usize = 32 << 20;
/// A reload starts the receivers anew.
const RELOAD_PATIENCE: u32 = 4;

/// The API of one server.
#[derive(Debug)]
pub struct Api {
    client: Client,
}

/// What the server is and runs.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerView {
    pub version: Option<Version>,
    /// Of the configuration that it runs; see [`fingerprint`]. Absent where the server does not tell.
    pub running: Option<u64>,
    /// When it last loaded one, in seconds since 1970.
    pub loaded_at: f64,
    /// Whether the last order to reload was followed.
    pub successful: bool,
}

/// A question to the server that was not answered.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error(
        "{0} does not answer as Alertmanager does (its /metrics have no alertmanager_config_last_reload_successful); check `url`"
    )]
    Product(String),
}

/// What stands for a configuration in `alertmanager_config_hash`: the first six bytes of the file's MD5, the
/// lowest first (`md5HashAsMetricValue` in `config/coordinator.go` of 0.25).
pub fn fingerprint(file: &[u8]) -> u64 {
    use md5::Digest;
    let digest = md5::Md5::digest(file);
    let low = digest.iter().take(6).rev();
    low.fold(0, |value, byte| value << 8 | u64::from(*byte))
}

impl Api {
    pub fn new(profile: Profile) -> Self {
        Self {
            client: Client::new(profile),
        }
    }

    /// What the server is and runs now.
    ///
    /// # Errors
    /// Where it does not answer, or is something else.
    pub async fn observe(&self) -> Result<ServerView, ApiError> {
        let answer = self.text(Method::Get, "/metrics", 1).await?;
        let text = String::from_utf8_lossy(&answer.body);
        ServerView::parse(&text).ok_or_else(|| ApiError::Product(self.client.address("")))
    }

    /// Orders the server to read its file again. It answers when it has.
    pub async fn reload(&self) -> Reload {
        match self.text(Method::Post, "/-/reload", RELOAD_PATIENCE).await {
            Ok(_) => Reload::Accepted,
            Err(error) => refusal(&error),
        }
    }

    /// The labels of the alerts that fire and are not silenced or inhibited.
    ///
    /// # Errors
    /// Where the server does not answer with them.
    pub async fn alerts(&self) -> Result<Vec<Labels>, ApiError> {
        #[derive(Deserialize)]
        struct Alert {
            labels: Labels,
        }
        const PATH: &str = "/api/v2/alerts?active=true&silenced=false&inhibited=false";
        let alerts: Vec<Alert> = self.client.get_json(PATH, LARGE).await?;
        let mut labels: Vec<Labels> = alerts.into_iter().map(|alert| alert.labels).collect();
        labels.sort();
        Ok(labels)
    }

    async fn text(&self, method: Method, path: &str, patience: u32) -> Result<Answer, HttpError> {
        let request = Request {
            patience,
            ..Request::new(method, path, SMALL, Repeat::Idempotent)
        };
        self.client.send(request).await
    }
}

impl ServerView {
    fn parse(metrics: &str) -> Option<Self> {
        let value = |name: &str| {
            let written = metrics.lines().find_map(|line| line.strip_prefix(name))?;
            written.trim().parse::<f64>().ok()
        };
        let version = metrics
            .lines()
            .find(|line| line.starts_with("alertmanager_build_info{"))
            .and_then(|line| {
                line.split_once(",version=\"")
                    .or(line.split_once("{version=\""))
            })
            .and_then(|(_, rest)| rest.split_once('"'))
            .and_then(|(version, _)| Version::parse(version));
        Some(Self {
            version,
            running: value("alertmanager_config_hash ").and_then(whole),
            loaded_at: value("alertmanager_config_last_reload_success_timestamp_seconds ")
                .unwrap_or_default(),
            successful: value("alertmanager_config_last_reload_successful ")? > 0.0,
        })
    }

    /// Whether the server runs this file, last written `modified` seconds after 1970. Where the server does not
    /// tell what it runs, it is what was there when it last loaded.
    pub fn runs(&self, file: &[u8], modified: f64) -> bool {
        match self.running {
            Some(running) => running == fingerprint(file),
            None => self.successful && self.loaded_at >= modified,
        }
    }
}

/// A whole number of at most 48 bits; a metric's value holds it exactly.
fn whole(value: f64) -> Option<u64> {
    const MOST: f64 = 281_474_976_710_655.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "in range, and checked to be whole"
    )]
    let whole = value as u64;
    let exact = (0.0..=MOST).contains(&value) && value.fract() == 0.0;
    exact.then_some(whole)
}

/// "failed to reload config: undefined receiver "x" used in route" (0.25)
fn refusal(error: &HttpError) -> Reload {
    Reload::of(error, || match &error.fault {
        HttpFault::Status { words, .. } => {
            let words = words.trim();
            let said = words.strip_prefix("failed to reload config: ");
            said.unwrap_or(words).to_owned()
        }
        _ => error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file and the metric of Alertmanager 0.25 that ran it.
    #[test]
    fn the_fingerprint_is_the_servers() {
        let file = "route: { receiver: default }\nreceivers: [ { name: default } ]\n";
        let metrics = "alertmanager_build_info{branch=\"debian/sid\",goarch=\"amd64\",revision=\"0.25.0-1+b4\",version=\"0.25.0\"} 1\n\
            alertmanager_config_hash 1.5938348267354e+14\nalertmanager_config_last_reload_successful 0\n";
        let view = ServerView::parse(metrics).unwrap();
        assert!(view.runs(file.as_bytes(), 0.0));
        assert_eq!(view.version, Some(Version::new(0, 25, 0)));
        assert!(!view.successful);
    }

    #[test]
    fn another_server_is_none() {
        assert_eq!(ServerView::parse("go_info 1\n"), None);
        assert_eq!(ServerView::parse("alertmanager_config_hash 1.5\n"), None);
    }

    #[test]
    fn without_a_fingerprint_the_time_of_the_last_load_counts() {
        let metrics = "alertmanager_config_last_reload_successful 1\n\
            alertmanager_config_last_reload_success_timestamp_seconds 100\n";
        let view = ServerView::parse(metrics).unwrap();
        assert!(view.runs(b"x", 99.0) && !view.runs(b"x", 101.0));
    }
}
