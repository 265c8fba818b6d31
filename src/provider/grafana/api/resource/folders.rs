//! Folders.

use serde_json::{Map, Value, json};

use super::Resources;
use super::object::Object;
use crate::provider::grafana::api::{ApiError, Body, SaveFolder, escaped};
use crate::provider::grafana::marker;
use crate::provider::grafana::tree::Listed;
use crate::provider::http::Method;

impl Resources<'_> {
    pub(in crate::provider::grafana::api) async fn folders(&self) -> Result<Vec<Listed>, ApiError> {
        let mut folders = Vec::new();
        let mut each = |object: Object| folders.push(self.listed_folder(&object));
        self.list(&self.folders_path(), &mut each).await?;
        Ok(folders)
    }

    pub(in crate::provider::grafana::api) async fn folder(
        &self,
        uid: &str,
    ) -> Result<Option<Listed>, ApiError> {
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
            title: object.spec.head().title().to_owned(),
            parent: object.annotation(marker::FOLDER).map(str::to_owned),
            version: Some(object.text("resourceVersion").to_owned()),
            changed: object.changed(),
        }
    }

    pub(in crate::provider::grafana::api) async fn create_folder(
        &self,
        save: &SaveFolder<'_>,
    ) -> Result<Listed, ApiError> {
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

    pub(in crate::provider::grafana::api) async fn update_folder(
        &self,
        save: &SaveFolder<'_>,
        current: &Listed,
    ) -> Result<Listed, ApiError> {
        let Some(mut object) = self.folder_object(save.uid).await? else {
            return Err(ApiError::Answer("it was deleted meanwhile".to_owned()));
        };
        let mut annotations = object.annotations();
        self.mark(&mut annotations, save.parent, save.message);
        object.put_metadata(annotations, current.version.as_deref());
        let mut spec = object.spec.json();
        if let Value::Object(spec) = &mut spec {
            spec.insert("title".to_owned(), Value::from(save.title));
        }
        object.spec = Body::of(&spec);
        let path = format!("{}/{}", self.folders_path(), escaped(save.uid));
        let body = object.to_json()?;
        let answer: Object = self.api.write(Method::Put, &path, Some(&body)).await?;
        Ok(self.listed_folder(&answer))
    }

    pub(in crate::provider::grafana::api) async fn delete_folder(
        &self,
        current: &Listed,
    ) -> Result<(), ApiError> {
        let path = format!("{}/{}", self.folders_path(), escaped(&current.uid));
        self.delete(&path, current.version.as_deref()).await
    }
}
