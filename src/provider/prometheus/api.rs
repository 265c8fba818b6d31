//! The server's HTTP API, as far as it is needed: what it is, which rule files it reads, which rules it
//! runs, and the order to reload.

mod flavor;
mod rules;

pub(super) use rules::Listing;

use serde::Deserialize;

use super::globs;
use crate::model::Version;
use crate::model::capabilities::Flavor;
use crate::provider::http::{
    Answer, Client, HttpError, HttpFault, Method, Profile, Repeat, Request,
};

/// For everything but rules.
const SMALL: usize = 16 << 20;
/// For `/api/v1/rules`: about a hundred thousand rules.
const LARGE: usize = 256 << 20;

/// A reload reads all rule files and waits for evaluations under way.
const RELOAD_PATIENCE: u32 = 4;

/// The API of one server.
#[derive(Debug)]
pub(super) struct Api {
    client: Client,
    flavor: Flavor,
}

/// What the server is and does.
#[derive(Debug)]
pub(super) struct ServerView {
    pub(super) version: Option<Version>,
    /// The patterns of `rule_files`, where the server tells them.
    pub(super) rule_files: Option<Vec<String>>,
    pub(super) listing: Listing,
}

/// The envelope of every answer.
#[derive(Deserialize)]
struct Envelope<T> {
    status: String,
    data: Option<T>,
    error: Option<String>,
}

/// A question to the server that was not answered.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("GET {url}: the server answers {status:?}: {error}")]
    NotSuccess {
        url: String,
        status: String,
        error: String,
    },
    #[error("{0} does not answer as {1} does ({2}); check `url` and `flavor`")]
    Product(String, &'static str, HttpError),
    #[error("GET {url}: cannot read the configuration in the answer: {error}")]
    Config { url: String, error: String },
}

impl Api {
    pub(super) fn new(profile: Profile, flavor: Flavor) -> Self {
        Self {
            client: Client::new(profile),
            flavor,
        }
    }

    /// Asks for everything that an observation needs, at once.
    pub(super) async fn observe(&self) -> Result<ServerView, ApiError> {
        // All are waited for, so that of several failures always the same one is told.
        let (version, rule_files, listing) =
            tokio::join!(self.version(), self.rule_files(), self.rules());
        Ok(ServerView {
            version: version?,
            rule_files: rule_files?,
            listing: listing?,
        })
    }

    /// The rules that the server runs.
    pub(super) async fn rules(&self) -> Result<Listing, ApiError> {
        // Servers that do not know the parameter (Prometheus before 2.50) ignore it.
        let data = self.get("/api/v1/rules?exclude_alerts=true", LARGE).await?;
        Ok(Listing::of(data))
    }

    async fn get<T: for<'de> Deserialize<'de>>(
        &self,
        path: &str,
        limit: usize,
    ) -> Result<T, ApiError> {
        let Envelope {
            status,
            data,
            error,
        } = self.client.get_json(path, limit).await?;
        match data {
            Some(data) if status == "success" => Ok(data),
            _ => Err(ApiError::NotSuccess {
                url: self.client.address(path),
                status: self.client.redacted(&status, &[]),
                error: error.map_or_else(
                    || "without data".into(),
                    |error| self.client.redacted(&error, &[]),
                ),
            }),
        }
    }

    async fn text(&self, method: Method, path: &str) -> Result<Answer, HttpError> {
        let request = Request {
            patience: match method {
                Method::Post => RELOAD_PATIENCE,
                Method::Get | Method::Put | Method::Delete => 1,
            },
            ..Request::new(method, path, SMALL, Repeat::Idempotent)
        };
        self.client.send(request).await
    }

    /// The patterns of `rule_files`; `None` where the server does not tell them (404).
    async fn rule_files(&self) -> Result<Option<Vec<String>>, ApiError> {
        #[derive(Deserialize)]
        struct Config {
            yaml: String,
        }
        const PATH: &str = "/api/v1/status/config";
        if self.flavor != Flavor::Prometheus {
            return Ok(None);
        }
        let config: Config = match self.get(PATH, SMALL).await {
            Err(ApiError::Http(error)) if error.fault.status() == Some(404) => return Ok(None),
            answer => answer?,
        };
        let patterns = globs::rule_files(&config.yaml).map_err(|error| ApiError::Config {
            url: self.client.address(PATH),
            error: error.to_string(),
        })?;
        Ok(Some(patterns))
    }

    fn wrong_product(&self, error: HttpError) -> ApiError {
        match &error.fault {
            HttpFault::Status {
                status: 400 | 404 | 405,
                ..
            }
            | HttpFault::Html { .. }
            | HttpFault::NotJson(_) => {
                ApiError::Product(self.client.address(""), self.flavor.product().name(), error)
            }
            _ => ApiError::Http(error),
        }
    }
}
