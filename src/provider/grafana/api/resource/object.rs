//! Objects and lists as they are read and written.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::Ownership;
use crate::provider::grafana::api::ApiError;
use crate::provider::grafana::api::body::Body;
use crate::provider::grafana::marker;

#[derive(Deserialize)]
pub(super) struct List {
    pub metadata: ListMeta,
    pub items: Vec<Object>,
}

#[derive(Deserialize)]
pub(super) struct ListMeta {
    #[serde(rename = "continue")]
    pub more: Option<String>,
}

/// An object as it is read and written.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Object {
    #[serde(default)]
    pub api_version: String,
    #[serde(default)]
    pub kind: String,
    pub metadata: Map<String, Value>,
    #[serde(default)]
    pub spec: Body,
    #[serde(default, skip_serializing)]
    pub status: Value,
}

impl Object {
    pub(super) fn text(&self, field: &str) -> &str {
        let value = self.metadata.get(field).and_then(Value::as_str);
        value.unwrap_or_default()
    }

    pub(super) fn annotations(&self) -> Map<String, Value> {
        let annotations = self.metadata.get("annotations").and_then(Value::as_object);
        annotations.cloned().unwrap_or_default()
    }

    pub(super) fn annotation(&self, name: &str) -> Option<&str> {
        let value = self.metadata.get("annotations")?.get(name)?.as_str()?;
        (!value.is_empty()).then_some(value)
    }

    /// Who changed it last, and when.
    pub(super) fn changed(&self) -> Option<String> {
        let who = self.annotation("grafana.app/updatedBy")?;
        let when = self.annotation("grafana.app/updatedTimestamp")?;
        Some(format!("{who}, {when}"))
    }

    pub(super) fn ownership(
        &self,
        instance: &str,
        classic: impl FnOnce() -> Ownership,
    ) -> Ownership {
        marker::of_annotations(&self.annotations(), instance, classic)
    }

    /// One that is not there yet.
    pub(super) fn named(name: &str) -> Self {
        Self {
            api_version: String::new(),
            kind: String::new(),
            metadata: Map::from_iter([("name".to_owned(), Value::from(name))]),
            spec: Body::default(),
            status: Value::Null,
        }
    }

    /// Sets the annotations, and the version that is replaced.
    pub(super) fn put_metadata(&mut self, annotations: Map<String, Value>, expected: Option<&str>) {
        let metadata = &mut self.metadata;
        metadata.remove("managedFields");
        metadata.insert("annotations".to_owned(), Value::Object(annotations));
        if let Some(expected) = expected {
            metadata.insert("resourceVersion".to_owned(), expected.into());
        }
    }

    pub(super) fn to_json(&self) -> Result<Value, ApiError> {
        serde_json::to_value(self).map_err(|error| ApiError::Answer(error.to_string()))
    }
}
