//! The resource dialect: `/apis/dashboard.grafana.app`, `/apis/folder.grafana.app` (Grafana 12.4, observed).

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::probe::{CLASSIC_BODY, Server};
use super::{Api, ApiError, Found, Save, SaveFolder, escaped};
use crate::model::Ownership;
use crate::model::grafana::DashboardFormat;
use crate::provider::grafana::marker;
use crate::provider::grafana::tree::Listed;
use crate::provider::http::Method;

/// Objects asked for at once; the server gives fewer where they are large.
const PAGE: usize = 200;
/// In which version a body was written, where that is not the one of classic bodies.
const FORMAT: &str = "trueup.dev/format";
/// Without it nobody but the creator may see a dashboard at the root.
const GRANT: &str = "grafana.app/grant-permissions";

/// Speaks the resource dialect.
pub(in crate::provider::grafana) struct Resources<'a> {
    api: &'a Api,
    server: &'a Server,
    concurrency: usize,
}

#[derive(Deserialize)]
struct List {
    metadata: ListMeta,
    items: Vec<Object>,
}

#[derive(Deserialize)]
struct ListMeta {
    #[serde(rename = "continue")]
    more: Option<String>,
}

/// An object as it is read and written.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    kind: String,
    metadata: Map<String, Value>,
    #[serde(default)]
    spec: Value,
    #[serde(default, skip_serializing)]
    status: Value,
}

impl Object {
    fn text(&self, field: &str) -> &str {
        let value = self.metadata.get(field).and_then(Value::as_str);
        value.unwrap_or_default()
    }

    fn annotations(&self) -> Map<String, Value> {
        let annotations = self.metadata.get("annotations").and_then(Value::as_object);
        annotations.cloned().unwrap_or_default()
    }

    fn annotation(&self, name: &str) -> Option<&str> {
        let value = self.metadata.get("annotations")?.get(name)?.as_str()?;
        (!value.is_empty()).then_some(value)
    }

    fn title(&self) -> &str {
        let title = self.spec.get("title").and_then(Value::as_str);
        title.unwrap_or_default()
    }

    /// Who changed it last, and when.
    fn changed(&self) -> Option<String> {
        let who = self.annotation("grafana.app/updatedBy")?;
        let when = self.annotation("grafana.app/updatedTimestamp")?;
        Some(format!("{who}, {when}"))
    }

    fn ownership(&self, instance: &str, classic: impl FnOnce() -> Ownership) -> Ownership {
        marker::of_annotations(&self.annotations(), instance, classic)
    }
}

impl<'a> Resources<'a> {
    pub(super) fn new(api: &'a Api, server: &'a Server, concurrency: usize) -> Self {
        Self {
            api,
            server,
            concurrency,
        }
    }

    fn folders_path(&self) -> String {
        let Server {
            folder_version,
            namespace,
            ..
        } = self.server;
        format!("/apis/folder.grafana.app/{folder_version}/namespaces/{namespace}/folders")
    }

    fn dashboards_path(&self, version: &str) -> String {
        let namespace = &self.server.namespace;
        format!("/apis/dashboard.grafana.app/{version}/namespaces/{namespace}/dashboards")
    }

    /// Hands on every object of a list, page by page, as they stood when the first page was made. A page is cut
    /// at 2 MiB, and may be empty: only the missing token says that it was the last.
    async fn list(
        &self,
        path: &str,
        each: &mut (dyn FnMut(Object) + Send),
    ) -> Result<(), ApiError> {
        let mut names = BTreeSet::new();
        let mut more = String::new();
        loop {
            let page = match more.as_str() {
                "" => format!("{path}?limit={PAGE}"),
                token => format!("{path}?limit={PAGE}&continue={}", escaped(token)),
            };
            let List { metadata, items } = self.api.get(&page).await?;
            for item in items {
                let name = item.text("name").to_owned();
                if name.is_empty() || !names.insert(name.clone()) {
                    return Err(ApiError::Answer(format!(
                        "{path} lists {name:?} twice, or something without a name; the next cycle reads it again"
                    )));
                }
                each(item);
            }
            match metadata.more.filter(|token| !token.is_empty()) {
                None => return Ok(()),
                Some(token) if token == more => {
                    return Err(ApiError::Answer(format!(
                        "{path} has more to list and does not give it; the next cycle reads it again"
                    )));
                }
                Some(token) => more = token,
            }
        }
    }

    pub(super) async fn folders(&self) -> Result<Vec<Listed>, ApiError> {
        let mut folders = Vec::new();
        let mut each = |object: Object| folders.push(self.listed_folder(&object));
        self.list(&self.folders_path(), &mut each).await?;
        Ok(folders)
    }

    pub(super) async fn folder(&self, uid: &str) -> Result<Option<Listed>, ApiError> {
        let object = self.folder_object(uid).await?;
        Ok(object.map(|object| self.listed_folder(&object)))
    }

    async fn folder_object(&self, uid: &str) -> Result<Option<Object>, ApiError> {
        let path = format!("{}/{}", self.folders_path(), escaped(uid));
        self.api.find(&path).await
    }

    fn listed_folder(&self, object: &Object) -> Listed {
        let instance = &self.api.instance;
        let uid = object.text("name").to_owned();
        Listed {
            ownership: object.ownership(instance, || marker::of_folder_uid(&uid, instance)),
            uid,
            number: None,
            title: object.title().to_owned(),
            parent: object.annotation(marker::FOLDER).map(str::to_owned),
            version: Some(object.text("resourceVersion").to_owned()),
            changed: object.changed(),
        }
    }

    pub(super) async fn create_folder(&self, save: &SaveFolder<'_>) -> Result<Listed, ApiError> {
        let mut annotations = Map::new();
        self.mark(&mut annotations, save.parent, save.message);
        let object = json!({
            "apiVersion": format!("folder.grafana.app/{}", self.server.folder_version),
            "kind": "Folder",
            "metadata": {"name": save.uid, "annotations": annotations},
            "spec": {"title": save.title},
        });
        let path = self.folders_path();
        let answer: Object = self.api.write(Method::Post, &path, Some(&object)).await?;
        Ok(self.listed_folder(&answer))
    }

    pub(super) async fn update_folder(
        &self,
        save: &SaveFolder<'_>,
        current: &Listed,
    ) -> Result<Listed, ApiError> {
        let Some(mut object) = self.folder_object(save.uid).await? else {
            return Err(ApiError::Answer("it was deleted meanwhile".to_owned()));
        };
        let mut annotations = object.annotations();
        self.mark(&mut annotations, save.parent, save.message);
        put_metadata(&mut object, annotations, current.version.as_deref());
        if let Value::Object(spec) = &mut object.spec {
            spec.insert("title".to_owned(), Value::from(save.title));
        }
        let path = format!("{}/{}", self.folders_path(), escaped(save.uid));
        let body = as_json(&object)?;
        let answer: Object = self.api.write(Method::Put, &path, Some(&body)).await?;
        Ok(self.listed_folder(&answer))
    }

    pub(super) async fn delete_folder(&self, current: &Listed) -> Result<(), ApiError> {
        let path = format!("{}/{}", self.folders_path(), escaped(&current.uid));
        self.delete(&path, current.version.as_deref()).await
    }

    /// The manager's annotations, the folder and the message; all others stay.
    fn mark(&self, annotations: &mut Map<String, Value>, folder: Option<&str>, message: &str) {
        let mut put = |name: &str, value: &str| annotations.insert(name.to_owned(), value.into());
        put(marker::MANAGED_BY, marker::MANAGER_KIND);
        put(marker::MANAGER_ID, &marker::name(&self.api.instance));
        put(marker::MESSAGE, message);
        match folder {
            Some(folder) => _ = put(marker::FOLDER, folder),
            None => _ = annotations.remove(marker::FOLDER),
        }
    }

    pub(super) async fn dashboards(
        &self,
        each: &mut (dyn FnMut(Found) + Send),
    ) -> Result<(), ApiError> {
        let mut others = Vec::new();
        let mut sort = |found: Found| match &found.format {
            DashboardFormat::Classic => each(found),
            DashboardFormat::Resource(_) => others.push((found.uid, found.format)),
        };
        self.listed(&mut sort).await?;
        // What was written in another version is compared in it.
        let reads = others.into_iter().map(|(uid, format)| async move {
            let found = self.dashboard(&uid, &format).await?;
            found.ok_or_else(|| {
                ApiError::Answer(format!("dashboard {uid} was deleted while it was read"))
            })
        });
        let mut reads = stream::iter(reads).buffered(self.concurrency);
        while let Some(found) = reads.try_next().await? {
            each(found);
        }
        Ok(())
    }

    /// All dashboards, their bodies in the version of classic ones.
    pub(super) async fn listed(
        &self,
        each: &mut (dyn FnMut(Found) + Send),
    ) -> Result<(), ApiError> {
        let path = self.dashboards_path(CLASSIC_BODY);
        self.list(&path, &mut |object| each(self.found(object, None)))
            .await
    }

    pub(super) async fn dashboard(
        &self,
        uid: &str,
        format: &DashboardFormat,
    ) -> Result<Option<Found>, ApiError> {
        let object = self.dashboard_object(uid, format).await?;
        Ok(object.map(|object| self.found(object, Some(format))))
    }

    async fn dashboard_object(
        &self,
        uid: &str,
        format: &DashboardFormat,
    ) -> Result<Option<Object>, ApiError> {
        let path = self.dashboards_path(version(format));
        self.api.find(&format!("{path}/{}", escaped(uid))).await
    }

    fn found(&self, object: Object, read_as: Option<&DashboardFormat>) -> Found {
        let instance = &self.api.instance;
        Found {
            uid: object.text("name").to_owned(),
            title: object.title().to_owned(),
            folder: object.annotation(marker::FOLDER).map(str::to_owned),
            version: object.text("resourceVersion").to_owned(),
            ownership: object.ownership(instance, || marker::of_tags(&object.spec, instance)),
            changed: object.changed(),
            format: read_as.cloned().unwrap_or_else(|| self.format(&object)),
            body: object.spec,
        }
    }

    /// In which version an object is to be read: the one in which we wrote it, or the one in which the server
    /// keeps it where that has a schema of its own.
    fn format(&self, object: &Object) -> DashboardFormat {
        let stored = object.status.pointer("/conversion/storedVersion");
        let stored = stored
            .and_then(Value::as_str)
            .filter(|v| v.starts_with("v2"));
        let offered = |version: &&str| {
            *version != CLASSIC_BODY && self.server.dashboard_versions.iter().any(|v| v == version)
        };
        let format = object.annotation(FORMAT).or(stored);
        match format.filter(offered) {
            Some(version) => DashboardFormat::Resource(version.into()),
            None => DashboardFormat::Classic,
        }
    }

    pub(super) async fn save(&self, save: Save<'_>) -> Result<Found, ApiError> {
        let format = save.format;
        let version = version(format);
        if !self.server.dashboard_versions.iter().any(|v| v == version) {
            return Err(ApiError::Answer(format!(
                "the server does not offer dashboard.grafana.app/{version}"
            )));
        }
        let current = match save.expected {
            Some(_) => {
                let current = self.dashboard_object(save.uid, format).await?;
                // A PUT would make it anew.
                let gone = || ApiError::Answer("it was deleted meanwhile".to_owned());
                Some(current.ok_or_else(gone)?)
            }
            None => None,
        };
        let mut annotations = current
            .as_ref()
            .map(Object::annotations)
            .unwrap_or_default();
        let folder = save.folder.map(|folder| folder.uid.as_str());
        self.mark(&mut annotations, folder, save.message);
        match format {
            DashboardFormat::Classic => _ = annotations.remove(FORMAT),
            DashboardFormat::Resource(_) => {
                annotations.insert(FORMAT.to_owned(), version.into());
            }
        }
        let mut object = current.unwrap_or_else(|| Object {
            api_version: String::new(),
            kind: String::new(),
            metadata: Map::from_iter([("name".to_owned(), Value::from(save.uid))]),
            spec: Value::Null,
            status: Value::Null,
        });
        object.api_version = format!("dashboard.grafana.app/{version}");
        "Dashboard".clone_into(&mut object.kind);
        object.spec = save.body;
        if save.expected.is_none() && folder.is_none() {
            annotations.insert(GRANT.to_owned(), "default".into());
        }
        put_metadata(&mut object, annotations, save.expected);
        let body = as_json(&object)?;
        let path = self.dashboards_path(version);
        let one = format!("{path}/{}", escaped(save.uid));
        let (method, path) = match save.expected {
            Some(_) => (Method::Put, one),
            None => (Method::Post, path),
        };
        let answer: Object = self.api.write(method, &path, Some(&body)).await?;
        Ok(self.found(answer, Some(format)))
    }

    pub(super) async fn delete_dashboard(&self, current: &Found) -> Result<(), ApiError> {
        let path = self.dashboards_path(version(&current.format));
        let path = format!("{path}/{}", escaped(&current.uid));
        self.delete(&path, Some(&current.version)).await
    }

    async fn delete(&self, path: &str, version: Option<&str>) -> Result<(), ApiError> {
        let options = json!({
            "kind": "DeleteOptions",
            "apiVersion": "v1",
            "preconditions": {"resourceVersion": version},
        });
        match self
            .api
            .write::<Value>(Method::Delete, path, Some(&options))
            .await
        {
            Ok(_) => Ok(()),
            Err(error) if error.is_absent() => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// The version of `dashboard.grafana.app` in which a body is read and written.
fn version(format: &DashboardFormat) -> &str {
    match format {
        DashboardFormat::Classic => CLASSIC_BODY,
        DashboardFormat::Resource(version) => version,
    }
}

fn put_metadata(object: &mut Object, annotations: Map<String, Value>, expected: Option<&str>) {
    let metadata = &mut object.metadata;
    metadata.remove("managedFields");
    metadata.insert("annotations".to_owned(), Value::Object(annotations));
    if let Some(expected) = expected {
        metadata.insert("resourceVersion".to_owned(), expected.into());
    }
}

fn as_json(object: &Object) -> Result<Value, ApiError> {
    serde_json::to_value(object).map_err(|error| ApiError::Answer(error.to_string()))
}
