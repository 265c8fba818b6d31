//! What is asked of a server, in either dialect.

pub(super) mod body;
pub(super) mod classic;
pub(super) mod error;
pub(super) mod library;
pub(super) mod probe;
pub(super) mod resource;
pub(super) mod rules;
pub(super) mod sources;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use self::body::Body;
use self::classic::Classic;
use self::probe::Server;
use self::resource::Resources;
use super::tree::Listed;
use crate::model::Ownership;
use crate::model::capabilities::Dialect;
use crate::model::grafana::DashboardFormat;
use crate::provider::http::{Client, Method, Profile, Repeat, Request};

pub(super) use error::ApiError;

/// Of one answer, in bytes. A page of dashboards is the longest.
const LIMIT: usize = 256 << 20;

/// How long a database that was locked is waited for, before the one repetition.
const LOCKED: Duration = Duration::from_millis(500);

/// One server, as one organisation of it is reached.
#[derive(Debug)]
pub(super) struct Api {
    client: Client,
    org_id: u32,
    instance: Arc<str>,
    /// What the last observation found.
    server: Mutex<Option<Arc<Server>>>,
}

/// A dashboard as a server has it.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub uid: String,
    pub title: String,
    /// The uid of the folder that it is in.
    pub folder: Option<String>,
    pub version: String,
    /// The same for the same body only, also where something was deleted and made anew.
    pub stamp: String,
    pub ownership: Ownership,
    pub changed: Option<String>,
    pub format: DashboardFormat,
    pub body: Body,
}

/// A dashboard to be made, or to be put in the place of one that was read.
#[derive(Debug)]
pub(super) struct Save<'a> {
    pub uid: &'a str,
    pub body: Value,
    pub format: &'a DashboardFormat,
    pub folder: Option<&'a Listed>,
    pub message: &'a str,
    /// The version of what is replaced; `None` where nothing is.
    pub expected: Option<&'a str>,
}

/// A folder to be made, or to be put in the place of one that was read.
#[derive(Debug)]
pub(super) struct SaveFolder<'a> {
    pub uid: &'a str,
    pub title: &'a str,
    /// The uid of the folder that it is in.
    pub parent: Option<&'a str>,
    pub message: &'a str,
}

/// Whether a dashboard need not be read, by its uid, title, and the uid of its folder.
pub(super) type IsKnown<'a> = &'a (dyn Fn(&str, &str, Option<&str>) -> bool + Send + Sync);

/// A server whose dialect is known.
pub(super) enum Speaker<'a> {
    Classic(Classic<'a>),
    Resource(Resources<'a>),
}

impl Api {
    pub(super) fn new(profile: Profile, org_id: u32, instance: Arc<str>) -> Self {
        Self {
            client: Client::new(profile),
            org_id,
            instance,
            server: Mutex::new(None),
        }
    }

    pub(super) fn speaker<'a>(&'a self, server: &'a Server, concurrency: usize) -> Speaker<'a> {
        match server.grafana.dialect {
            Dialect::Classic => Speaker::Classic(Classic::new(self, server, concurrency)),
            Dialect::Resource => Speaker::Resource(Resources::new(self, server, concurrency)),
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ApiError> {
        Ok(self.client.get_json(path, LIMIT).await?)
    }

    /// `None` where the API itself says that there is no such thing.
    async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, ApiError> {
        match self.get(path).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A write that changes nothing when it is repeated: it is made only where there is no such thing yet, or
    /// where it still has the version that is replaced.
    async fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, ApiError> {
        match self.write_once(method, path, body).await {
            Err(error) if error.is_locked() => {
                tokio::time::sleep(LOCKED).await;
                self.write_once(method, path, body).await
            }
            result => result,
        }
    }

    /// Deletes, also what is not there any more. The answer is JSON or empty (folders of 9.3, observed); a page
    /// of a proxy is neither.
    async fn remove(&self, path: &str, options: Option<&Value>) -> Result<(), ApiError> {
        let bytes = options.map(|options| options.to_string().into_bytes());
        let mut request = Request::new(Method::Delete, path, LIMIT, Repeat::Idempotent);
        request.body = bytes.as_deref();
        let mut sent = self.client.send(request).await.map_err(ApiError::from);
        if sent.as_ref().is_err_and(ApiError::is_locked) {
            tokio::time::sleep(LOCKED).await;
            sent = self.client.send(request).await.map_err(ApiError::from);
        }
        match sent {
            Ok(answer) if answer.body.is_empty() => Ok(()),
            Ok(answer) => match serde_json::from_slice::<Value>(&answer.body) {
                Ok(_) => Ok(()),
                Err(_) => Err(ApiError::Answer(format!(
                    "DELETE {path} was answered by something that is not the API"
                ))),
            },
            Err(error) if error.is_absent() => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn write_once<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, ApiError> {
        let bytes = body.map(|body| body.to_string().into_bytes());
        let mut request = Request::new(method, path, LIMIT, Repeat::Idempotent);
        request.body = bytes.as_deref();
        let secrets = secrets(body);
        request.secrets = &secrets;
        Ok(self.client.json(request).await?)
    }
}

/// What is secret in a body: the values that a data source takes and never shows.
fn secrets(body: Option<&Value>) -> Vec<&str> {
    let fields = body.and_then(|body| body["secureJsonData"].as_object());
    let values = fields.into_iter().flat_map(|fields| fields.values());
    values.filter_map(Value::as_str).collect()
}

impl Speaker<'_> {
    pub(super) async fn folders(&self) -> Result<Vec<Listed>, ApiError> {
        match self {
            Self::Classic(classic) => classic.folders().await,
            Self::Resource(resource) => resource.folders().await,
        }
    }

    pub(super) async fn folder(&self, uid: &str) -> Result<Option<Listed>, ApiError> {
        match self {
            Self::Classic(classic) => classic.folder(uid).await,
            Self::Resource(resource) => resource.folder(uid).await,
        }
    }

    pub(super) async fn create_folder(&self, save: &SaveFolder<'_>) -> Result<Listed, ApiError> {
        match self {
            Self::Classic(classic) => classic.create_folder(save).await,
            Self::Resource(resource) => resource.create_folder(save).await,
        }
    }

    /// Replaces what was just read.
    pub(super) async fn update_folder(
        &self,
        save: &SaveFolder<'_>,
        current: &Listed,
    ) -> Result<Listed, ApiError> {
        match self {
            Self::Classic(classic) => classic.update_folder(save, current).await,
            Self::Resource(resource) => resource.update_folder(save, current).await,
        }
    }

    pub(super) async fn delete_folder(&self, current: &Listed) -> Result<(), ApiError> {
        match self {
            Self::Classic(classic) => classic.delete_folder(current).await,
            Self::Resource(resource) => resource.delete_folder(current).await,
        }
    }

    /// Hands on each dashboard as it comes. Where each is a request of its own, those are passed over that are
    /// known well enough; returns their uids.
    pub(super) async fn dashboards(
        &self,
        is_known: IsKnown<'_>,
        each: &mut (dyn FnMut(Found) + Send),
    ) -> Result<Vec<String>, ApiError> {
        match self {
            Self::Classic(classic) => classic.dashboards(is_known, each).await,
            Self::Resource(resource) => {
                resource.dashboards(each).await?;
                Ok(Vec::new())
            }
        }
    }

    /// Title and folder of every dashboard.
    pub(super) async fn places(&self) -> Result<Vec<(String, Option<String>)>, ApiError> {
        match self {
            Self::Classic(classic) => classic.places().await,
            Self::Resource(resource) => {
                let mut places = Vec::new();
                let mut note = |found: Found| places.push((found.title, found.folder));
                resource.listed(&mut note).await?;
                Ok(places)
            }
        }
    }

    pub(super) async fn dashboard(
        &self,
        uid: &str,
        format: &DashboardFormat,
    ) -> Result<Option<Found>, ApiError> {
        match self {
            Self::Classic(classic) => classic.dashboard(uid).await,
            Self::Resource(resource) => resource.dashboard(uid, format).await,
        }
    }

    /// Gives what the server has then.
    pub(super) async fn save(&self, save: Save<'_>) -> Result<Found, ApiError> {
        match self {
            Self::Classic(classic) => classic.save(save).await,
            Self::Resource(resource) => resource.save(save).await,
        }
    }

    /// Deletes what was just read.
    pub(super) async fn delete_dashboard(&self, current: &Found) -> Result<(), ApiError> {
        match self {
            Self::Classic(classic) => classic.delete_dashboard(current).await,
            Self::Resource(resource) => resource.delete_dashboard(current).await,
        }
    }
}

/// A part of a path or a query.
pub(super) fn escaped(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            other => _ = write!(out, "%{other:02X}"),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn parts_of_addresses_are_escaped() {
        assert_eq!(super::escaped("a b/ü=="), "a%20b%2F%C3%BC%3D%3D");
    }
}
