//! Answers, as far as they are read.

use serde::Deserialize;

use crate::provider::grafana::api::Body;

/// What a search finds. It has no version, and nobody's name.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Hit {
    pub id: i64,
    pub uid: String,
    pub title: String,
    #[serde(default)]
    pub folder_uid: Option<String>,
}

impl Hit {
    pub(super) fn folder(&self) -> Option<String> {
        self.folder_uid.clone().filter(|uid| !uid.is_empty())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FolderAnswer {
    pub id: i64,
    pub uid: String,
    pub title: String,
    pub version: i64,
    #[serde(default)]
    pub parent_uid: Option<String>,
    #[serde(default)]
    pub updated_by: Option<String>,
    #[serde(default)]
    pub updated: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct DashboardAnswer {
    pub meta: Meta,
    pub dashboard: Body,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meta {
    pub version: i64,
    #[serde(default)]
    pub updated_by: Option<String>,
    #[serde(default)]
    pub updated: Option<String>,
    #[serde(default)]
    pub folder_url: String,
    #[serde(default)]
    pub folder_uid: Option<String>,
    /// False for one that may be edited all the same; it has the other field too.
    #[serde(default)]
    pub provisioned: bool,
    #[serde(default)]
    pub provisioned_external_id: String,
}

impl Meta {
    /// Servers before 9 tell it only in an address: `/dashboards/f/<uid>/<slug>`.
    pub(super) fn folder(&self) -> Option<String> {
        let told = self.folder_uid.clone().filter(|uid| !uid.is_empty());
        told.or_else(|| {
            let (_, rest) = self.folder_url.split_once("/dashboards/f/")?;
            rest.split('/').next().map(str::to_owned)
        })
    }
}

#[derive(Deserialize)]
pub(super) struct Saved {
    pub uid: String,
    pub status: String,
}
