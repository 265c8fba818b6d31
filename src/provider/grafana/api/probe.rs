//! What a server is: asked, not concluded from its version, where it can be asked.

use std::sync::{Arc, PoisonError};

use serde::Deserialize;
use serde_json::Value;

use super::{Api, ApiError};
use crate::model::capabilities::{Dialect, Grafana, Product};
use crate::model::{Capabilities, Version};

/// The version of `dashboard.grafana.app` that holds a classic body as it is. `v1beta1` refuses what an old
/// export may hold and migrates the rest (Grafana 12.4, observed on 94 dashboards).
pub(in crate::provider::grafana) const CLASSIC_BODY: &str = "v0alpha1";

/// Two dashboards of one folder may have one title from here on. It cannot be asked without a write; before, a
/// second one is refused with 412 (7.5 and 9.3 observed, 11.3 by its release notes).
const SHARED_TITLES: Version = Version::new(11, 3, 0);
/// Folders nest by default from here on (release notes); asked where any folder exists.
const NESTED: Version = Version::new(11, 0, 0);

/// What was found out about a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::provider::grafana) struct Server {
    pub version: Option<Version>,
    pub grafana: Grafana,
    /// Of `dashboard.grafana.app`, where the resource dialect is spoken.
    pub dashboard_versions: Vec<String>,
    /// Of `folder.grafana.app`.
    pub folder_version: String,
    /// In which the resource API has the organisation's objects.
    pub namespace: String,
}

impl Server {
    pub(in crate::provider::grafana) fn capabilities(&self) -> Capabilities {
        Capabilities {
            product: Product::Grafana,
            version: self.version,
            grafana: Some(self.grafana),
        }
    }
}

#[derive(Deserialize)]
struct Health {
    version: Option<String>,
}

#[derive(Deserialize)]
struct Organisation {
    id: u32,
}

#[derive(Default, Deserialize)]
struct Groups {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
    versions: Vec<GroupVersion>,
    #[serde(rename = "preferredVersion")]
    preferred: Option<GroupVersion>,
}

#[derive(Deserialize)]
struct GroupVersion {
    version: String,
}

impl Api {
    /// Asks the server what it is, and remembers it for the writes that follow.
    pub(in crate::provider::grafana) async fn probe(&self) -> Result<Arc<Server>, ApiError> {
        let health: Health = self.get("/api/health").await?;
        let version = health.version.as_deref().and_then(Version::parse);
        let organisation: Organisation = self.get("/api/org").await?;
        if organisation.id != self.org_id {
            return Err(ApiError::Answer(format!(
                "the credential is of organisation {}, and `org_id` is {}; give a credential of that one",
                organisation.id, self.org_id
            )));
        }
        let server = match self.groups().await? {
            Some((dashboard_versions, folder_version)) => Server {
                version,
                grafana: Grafana {
                    dialect: Dialect::Resource,
                    nested_folders: true,
                    shared_titles: true,
                },
                dashboard_versions,
                folder_version,
                namespace: match self.org_id {
                    1 => "default".to_owned(),
                    other => format!("org-{other}"),
                },
            },
            None => Server {
                version,
                grafana: Grafana {
                    dialect: Dialect::Classic,
                    nested_folders: self.nests(version).await?,
                    shared_titles: version.is_some_and(|version| version >= SHARED_TITLES),
                },
                dashboard_versions: Vec::new(),
                folder_version: String::new(),
                namespace: String::new(),
            },
        };
        let server = Arc::new(server);
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server.clone());
        Ok(server)
    }

    /// What the last probe found; asked where there was none.
    pub(in crate::provider::grafana) async fn server(&self) -> Result<Arc<Server>, ApiError> {
        let known = self
            .server
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match known {
            Some(server) => Ok(server),
            None => self.probe().await,
        }
    }

    /// The versions of dashboards and the one of folders, where the resource API has both.
    async fn groups(&self) -> Result<Option<(Vec<String>, String)>, ApiError> {
        let groups: Groups = match self.get("/apis").await {
            Ok(groups) => groups,
            Err(error) if error.is_missing_api() => return Ok(None),
            Err(error) => return Err(error),
        };
        let named = |name: &str| groups.groups.iter().find(|group| group.name == name);
        let (Some(dashboards), Some(folders)) =
            (named("dashboard.grafana.app"), named("folder.grafana.app"))
        else {
            return Ok(None);
        };
        let versions: Vec<String> = dashboards
            .versions
            .iter()
            .map(|version| version.version.clone())
            .collect();
        let folder = folders.preferred.as_ref().or(folders.versions.first());
        let whole = versions.iter().any(|version| version == CLASSIC_BODY);
        Ok(folder
            .filter(|_| whole)
            .map(|folder| (versions, folder.version.clone())))
    }

    /// Whether folders nest: a server where they do not gives the same list for any parent.
    async fn nests(&self, version: Option<Version>) -> Result<bool, ApiError> {
        let path = "/api/folders?limit=1&parentUid=trueup-there-is-no-such-folder";
        match self.get::<Vec<Value>>(path).await {
            Ok(folders) if !folders.is_empty() => Ok(false),
            Ok(_) => Ok(version.is_some_and(|version| version >= NESTED)),
            Err(ApiError::Http(error)) if matches!(error.fault.status(), Some(400 | 403 | 404)) => {
                Ok(version.is_some_and(|version| version >= Version::new(9, 4, 0)))
            }
            Err(error) => Err(error),
        }
    }
}
