//! Dashboards.

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::object::Object;
use super::{FORMAT, GRANT, Resources};
use crate::model::grafana::DashboardFormat;
use crate::provider::grafana::api::body::Body;
use crate::provider::grafana::api::probe::CLASSIC_BODY;
use crate::provider::grafana::api::{ApiError, Found, Save, escaped};
use crate::provider::grafana::marker;
use crate::provider::http::Method;

impl Resources<'_> {
    pub(in crate::provider::grafana::api) async fn dashboards(
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
    pub(in crate::provider::grafana::api) async fn listed(
        &self,
        each: &mut (dyn FnMut(Found) + Send),
    ) -> Result<(), ApiError> {
        let path = self.dashboards_path(CLASSIC_BODY);
        self.list(&path, &mut |object| each(self.found(object, None)))
            .await
    }

    pub(in crate::provider::grafana::api) async fn dashboard(
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
        let head = object.spec.head();
        Found {
            uid: object.text("name").to_owned(),
            title: head.title().to_owned(),
            folder: object.annotation(marker::FOLDER).map(str::to_owned),
            version: object.text("resourceVersion").to_owned(),
            stamp: object.text("resourceVersion").to_owned(),
            ownership: object.ownership(instance, || marker::of_tags(head.tags.as_ref(), instance)),
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

    pub(in crate::provider::grafana::api) async fn save(
        &self,
        save: Save<'_>,
    ) -> Result<Found, ApiError> {
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
        let mut object = current.unwrap_or_else(|| Object::named(save.uid));
        object.api_version = format!("dashboard.grafana.app/{version}");
        "Dashboard".clone_into(&mut object.kind);
        object.spec = Body::of(&save.body);
        if save.expected.is_none() && folder.is_none() {
            annotations.insert(GRANT.to_owned(), "default".into());
        }
        object.put_metadata(annotations, save.expected);
        let body = object.to_json()?;
        let path = self.dashboards_path(version);
        let one = format!("{path}/{}", escaped(save.uid));
        let (method, path) = match save.expected {
            Some(_) => (Method::Put, one),
            None => (Method::Post, path),
        };
        let answer: Object = self.api.write(method, &path, Some(&body)).await?;
        Ok(self.found(answer, Some(format)))
    }

    pub(in crate::provider::grafana::api) async fn delete_dashboard(
        &self,
        current: &Found,
    ) -> Result<(), ApiError> {
        let path = self.dashboards_path(version(&current.format));
        let path = format!("{path}/{}", escaped(&current.uid));
        self.delete(&path, Some(&current.version)).await
    }
}

/// The version of `dashboard.grafana.app` in which a body is read and written.
fn version(format: &DashboardFormat) -> &str {
    match format {
        DashboardFormat::Classic => CLASSIC_BODY,
        DashboardFormat::Resource(version) => version,
    }
}
