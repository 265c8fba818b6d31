//! The classic dialect: `/api/search`, `/api/folders`, `/api/dashboards` (Grafana 7.5 and 9.3, observed).

mod wire;

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use self::wire::{DashboardAnswer, FolderAnswer, Hit, Saved};
use super::probe::Server;
use super::{Api, ApiError, Found, IsKnown, Save, SaveFolder, escaped};
use crate::model::Ownership;
use crate::model::grafana::DashboardFormat;
use crate::provider::grafana::marker;
use crate::provider::grafana::tree::Listed;
use crate::provider::http::Method;

/// Objects asked for at once; the server takes up to 5,000.
const PAGE: usize = 1000;

/// Speaks the classic dialect.
pub(in crate::provider::grafana) struct Classic<'a> {
    api: &'a Api,
    server: &'a Server,
    concurrency: usize,
}

impl<'a> Classic<'a> {
    pub(super) fn new(api: &'a Api, server: &'a Server, concurrency: usize) -> Self {
        Self {
            api,
            server,
            concurrency,
        }
    }

    /// Everything of one type, page by page to the end. The pages are sorted by title.
    async fn search(&self, kind: &str) -> Result<Vec<Hit>, ApiError> {
        let mut hits: Vec<Hit> = Vec::new();
        let mut uids = BTreeSet::new();
        for page in 1.. {
            let path = format!("/api/search?type={kind}&limit={PAGE}&page={page}");
            let found: Vec<Hit> = self.api.get(&path).await?;
            let last = found.len() < PAGE;
            for hit in found {
                if !uids.insert(hit.uid.clone()) {
                    return Err(ApiError::Answer(format!(
                        "/api/search gives {} on two pages: something changed while it was read; the next \
                         cycle reads it again",
                        hit.uid
                    )));
                }
                hits.push(hit);
            }
            if last {
                break;
            }
        }
        Ok(hits)
    }

    pub(super) async fn folders(&self) -> Result<Vec<Listed>, ApiError> {
        let hits = self.search("dash-folder").await?;
        Ok(hits.iter().map(|hit| self.listed(hit)).collect())
    }

    fn listed(&self, hit: &Hit) -> Listed {
        Listed {
            uid: hit.uid.clone(),
            number: Some(hit.id),
            title: hit.title.clone(),
            parent: hit.folder(),
            version: None,
            ownership: marker::of_folder_uid(&hit.uid, &self.api.instance),
            changed: None,
        }
    }

    pub(super) async fn folder(&self, uid: &str) -> Result<Option<Listed>, ApiError> {
        let path = format!("/api/folders/{}", escaped(uid));
        let answer: Option<FolderAnswer> = self.api.find(&path).await?;
        Ok(answer.map(|answer| self.answered(answer)))
    }

    fn answered(&self, answer: FolderAnswer) -> Listed {
        let FolderAnswer {
            id,
            uid,
            title,
            version,
            parent_uid,
            updated_by,
            updated,
        } = answer;
        Listed {
            ownership: marker::of_folder_uid(&uid, &self.api.instance),
            uid,
            number: Some(id),
            title,
            parent: parent_uid.filter(|uid| !uid.is_empty()),
            version: Some(version.to_string()),
            changed: changed(updated_by, updated),
        }
    }

    pub(super) async fn create_folder(&self, save: &SaveFolder<'_>) -> Result<Listed, ApiError> {
        let mut body = json!({"uid": save.uid, "title": save.title});
        if let (Some(parent), true) = (save.parent, self.server.grafana.nested_folders) {
            body["parentUid"] = parent.into();
        }
        let write = self.api.write(Method::Post, "/api/folders", Some(&body));
        Ok(self.answered(write.await?))
    }

    pub(super) async fn update_folder(
        &self,
        save: &SaveFolder<'_>,
        current: &Listed,
    ) -> Result<Listed, ApiError> {
        let path = format!("/api/folders/{}", escaped(save.uid));
        if self.server.grafana.nested_folders && current.parent.as_deref() != save.parent {
            let body = json!({"parentUid": save.parent.unwrap_or("")});
            let path = format!("{path}/move");
            let _: Value = self.api.write(Method::Post, &path, Some(&body)).await?;
        }
        let Some(now) = self.folder(save.uid).await? else {
            return Err(ApiError::Answer("it was deleted meanwhile".to_owned()));
        };
        if now.title == save.title {
            return Ok(now);
        }
        let version: Option<i64> = now.version.as_ref().and_then(|text| text.parse().ok());
        let body = json!({"title": save.title, "version": version});
        let answer = self.api.write(Method::Put, &path, Some(&body)).await?;
        Ok(self.answered(answer))
    }

    pub(super) async fn delete_folder(&self, current: &Listed) -> Result<(), ApiError> {
        let path = format!("/api/folders/{}", escaped(&current.uid));
        self.api.remove(&path, None).await
    }

    pub(super) async fn dashboards(
        &self,
        is_known: IsKnown<'_>,
        each: &mut (dyn FnMut(Found) + Send),
    ) -> Result<Vec<String>, ApiError> {
        let hits = self.search("dash-db").await?;
        let (known, hits): (Vec<Hit>, Vec<Hit>) = hits
            .into_iter()
            .partition(|hit| is_known(&hit.uid, &hit.title, hit.folder().as_deref()));
        let reads = hits.into_iter().map(|hit| async move {
            let found = self.dashboard(&hit.uid).await?;
            found.ok_or_else(|| {
                ApiError::Answer(format!(
                    "dashboard {} was deleted while it was read; the next cycle reads it again",
                    hit.uid
                ))
            })
        });
        let mut reads = stream::iter(reads).buffered(self.concurrency);
        while let Some(found) = reads.try_next().await? {
            each(found);
        }
        Ok(known.into_iter().map(|hit| hit.uid).collect())
    }

    pub(super) async fn places(&self) -> Result<Vec<(String, Option<String>)>, ApiError> {
        let hits = self.search("dash-db").await?;
        let places = hits.into_iter().map(|hit| {
            let folder = hit.folder();
            (hit.title, folder)
        });
        Ok(places.collect())
    }

    pub(super) async fn dashboard(&self, uid: &str) -> Result<Option<Found>, ApiError> {
        let path = format!("/api/dashboards/uid/{}", escaped(uid));
        let answer: Option<DashboardAnswer> = self.api.find(&path).await?;
        let Some(DashboardAnswer { meta, dashboard }) = answer else {
            return Ok(None);
        };
        let head = dashboard.head();
        // Versions count from 1 for each that is made.
        let number = head.id.as_ref().and_then(Value::as_i64).unwrap_or(0);
        let updated = meta.updated.as_deref().unwrap_or("");
        let stamp = format!("{number} {} {updated}", meta.version);
        Ok(Some(Found {
            uid: uid.to_owned(),
            title: head.title().to_owned(),
            folder: meta.folder(),
            version: meta.version.to_string(),
            stamp,
            ownership: if meta.provisioned || !meta.provisioned_external_id.is_empty() {
                Ownership::Theirs("file provisioning".to_owned())
            } else {
                marker::of_tags(head.tags.as_ref(), &self.api.instance)
            },
            changed: changed(meta.updated_by, meta.updated),
            format: DashboardFormat::Classic,
            body: dashboard,
        }))
    }

    pub(super) async fn save(&self, save: Save<'_>) -> Result<Found, ApiError> {
        let Save {
            uid,
            mut body,
            format: _,
            folder,
            message,
            expected,
        } = save;
        let Value::Object(fields) = &mut body else {
            return Err(ApiError::Answer(
                "the dashboard is no JSON object".to_owned(),
            ));
        };
        fields.remove("id");
        fields.remove("version");
        fields.insert("uid".to_owned(), uid.into());
        let tag = marker::name(&self.api.instance);
        match fields.get_mut("tags") {
            Some(Value::Array(tags)) => {
                tags.retain(|tag| !tag.as_str().is_some_and(marker::is_tag));
                tags.push(tag.into());
            }
            Some(_) | None => _ = fields.insert("tags".to_owned(), json!([tag])),
        }
        if let Some(version) = expected.and_then(|text| text.parse::<i64>().ok()) {
            fields.insert("version".to_owned(), version.into());
        }
        // Servers before 9 know folders by number only, and take any uid in silence.
        let request = json!({
            "dashboard": body,
            "folderId": folder.map_or(Some(0), |folder| folder.number),
            "folderUid": folder.map_or("", |folder| &folder.uid),
            "message": message,
            "overwrite": false,
        });
        let path = "/api/dashboards/db";
        let saved: Saved = self.api.write(Method::Post, path, Some(&request)).await?;
        if saved.uid != uid || saved.status != "success" {
            return Err(ApiError::Answer(format!(
                "the server answers {:?} about {}",
                saved.status, saved.uid
            )));
        }
        let found = self.dashboard(uid).await?;
        found.ok_or_else(|| ApiError::Answer("it is not there after the write".to_owned()))
    }

    pub(super) async fn delete_dashboard(&self, current: &Found) -> Result<(), ApiError> {
        let path = format!("/api/dashboards/uid/{}", escaped(&current.uid));
        self.api.remove(&path, None).await
    }
}

fn changed(by: Option<String>, at: Option<String>) -> Option<String> {
    Some(format!("{}, {}", by?, at?))
}
