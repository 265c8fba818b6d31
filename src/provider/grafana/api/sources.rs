//! Data sources, which both dialects have in `/api/datasources` only.

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::probe::Server;
use super::{Api, ApiError, escaped};
use crate::model::Ownership;
use crate::model::capabilities::Dialect;
use crate::provider::grafana::marker;
use crate::provider::grafana::normalise::data_source::MARKER;
use crate::provider::http::Method;

/// A data source as a server has it.
#[derive(Clone, Debug)]
pub(in crate::provider::grafana) struct FoundSource {
    pub uid: String,
    pub number: i64,
    pub name: String,
    pub kind: String,
    pub version: String,
    pub ownership: Ownership,
    /// All fields, as the server gives them.
    pub fields: Map<String, Value>,
    /// The secrets that are set; their values are never shown.
    pub secrets: Vec<String>,
}

#[derive(Deserialize)]
struct Changed {
    datasource: Map<String, Value>,
}

impl FoundSource {
    fn of(fields: Map<String, Value>, instance: &str) -> Result<Self, ApiError> {
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        let (Some(uid), Some(name), Some(kind), Some(number)) = (
            text("uid"),
            text("name"),
            text("type"),
            fields.get("id").and_then(Value::as_i64),
        ) else {
            return Err(ApiError::Answer(
                "a data source has no id, uid, name or type".to_owned(),
            ));
        };
        let owner = fields.get("jsonData").and_then(|data| data.get(MARKER));
        let ownership = match owner.and_then(Value::as_str) {
            _ if fields.get("readOnly") == Some(&Value::Bool(true)) => {
                Ownership::Theirs("file provisioning".to_owned())
            }
            Some(owner) if owner == instance => Ownership::Ours,
            Some(owner) => Ownership::Theirs(marker::name(owner)),
            None => Ownership::Nobody,
        };
        let set = fields.get("secureJsonFields").and_then(Value::as_object);
        let secrets = set
            .into_iter()
            .flatten()
            .filter(|(_, set)| **set == Value::Bool(true))
            .map(|(name, _)| name.clone());
        Ok(Self {
            number,
            name,
            kind,
            version: fields
                .get("version")
                .map_or_else(String::new, Value::to_string),
            ownership,
            secrets: secrets.collect(),
            uid,
            fields,
        })
    }
}

impl Api {
    /// All of them. The list leaves fields out, so that each is read for itself.
    pub(in crate::provider::grafana) async fn data_sources(
        &self,
        server: &Server,
        concurrency: usize,
    ) -> Result<Vec<FoundSource>, ApiError> {
        let listed: Vec<Map<String, Value>> = self.get("/api/datasources").await?;
        let reads = listed.into_iter().map(|fields| async move {
            let listed = FoundSource::of(fields, &self.instance)?;
            let found = self
                .data_source(server, &listed.uid, Some(listed.number))
                .await?;
            found.ok_or_else(|| {
                let uid = &listed.uid;
                ApiError::Answer(format!("data source {uid} was deleted while it was read"))
            })
        });
        stream::iter(reads)
            .buffered(concurrency)
            .try_collect()
            .await
    }

    /// By uid where the server knows such an address (not before 8), else by number.
    pub(in crate::provider::grafana) async fn data_source(
        &self,
        server: &Server,
        uid: &str,
        number: Option<i64>,
    ) -> Result<Option<FoundSource>, ApiError> {
        let path = match (server.grafana.dialect, number) {
            (Dialect::Resource, _) => by_uid(uid),
            (Dialect::Classic, Some(number)) => format!("/api/datasources/{number}"),
            (Dialect::Classic, None) => {
                let listed: Vec<Map<String, Value>> = self.get("/api/datasources").await?;
                let named = |fields: &Map<String, Value>| {
                    fields.get("uid").and_then(Value::as_str) == Some(uid)
                };
                let Some(fields) = listed.into_iter().find(named) else {
                    return Ok(None);
                };
                let number = FoundSource::of(fields, &self.instance)?.number;
                format!("/api/datasources/{number}")
            }
        };
        let fields: Option<Map<String, Value>> = self.find(&path).await?;
        fields
            .map(|fields| FoundSource::of(fields, &self.instance))
            .transpose()
    }

    pub(in crate::provider::grafana) async fn create_source(
        &self,
        body: &Value,
    ) -> Result<FoundSource, ApiError> {
        let write = self.write(Method::Post, "/api/datasources", Some(body));
        let Changed { datasource } = write.await?;
        FoundSource::of(datasource, &self.instance)
    }

    pub(in crate::provider::grafana) async fn update_source(
        &self,
        server: &Server,
        current: &FoundSource,
        body: &Value,
    ) -> Result<FoundSource, ApiError> {
        let path = source_path(server, current);
        let Changed { datasource } = self.write(Method::Put, &path, Some(body)).await?;
        FoundSource::of(datasource, &self.instance)
    }

    pub(in crate::provider::grafana) async fn delete_source(
        &self,
        server: &Server,
        current: &FoundSource,
    ) -> Result<(), ApiError> {
        let path = source_path(server, current);
        self.remove(&path, None).await
    }
}

fn source_path(server: &Server, source: &FoundSource) -> String {
    match server.grafana.dialect {
        Dialect::Resource => by_uid(&source.uid),
        Dialect::Classic => format!("/api/datasources/{}", source.number),
    }
}

fn by_uid(uid: &str) -> String {
    format!("/api/datasources/uid/{}", escaped(uid))
}
