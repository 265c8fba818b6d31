//! What a test may see of the server without asking it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Grafana;
use super::object::Object;

/// A dashboard or folder as it stands in the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Stands {
    pub uid: String,
    pub title: String,
    pub folder: Option<String>,
    /// Its body, without `uid` and `version`.
    pub spec: Value,
    /// `version` and `generation` are one.
    pub version: i64,
    pub resource_version: u64,
    pub annotations: BTreeMap<String, String>,
    /// Of its last version.
    pub message: String,
}

impl Stands {
    fn of(object: &Object) -> Self {
        Self {
            uid: object.uid.clone(),
            title: object.title().to_owned(),
            folder: object.folder.clone(),
            spec: Value::Object(object.spec.clone()),
            version: object.version,
            resource_version: object.resource_version,
            annotations: object.annotations.clone(),
            message: object
                .history
                .last()
                .map(|saved| saved.message.clone())
                .unwrap_or_default(),
        }
    }
}

/// A data source as it stands in the server, with what it never tells.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceStands {
    pub fields: Value,
    pub secrets: BTreeMap<String, String>,
    pub version: i64,
}

impl Grafana {
    /// Of the first organisation, by uid.
    pub fn dashboards(&self) -> BTreeMap<String, Stands> {
        let state = self.state();
        let all = state.orgs[0].dashboards.all.iter();
        all.map(|object| (object.uid.clone(), Stands::of(object)))
            .collect()
    }

    /// Of another organisation.
    pub fn dashboards_of(&self, org: i64) -> Vec<String> {
        let state = self.state();
        let mut orgs = state.orgs.iter();
        let all = orgs
            .find(|known| known.id == org)
            .map(|org| &org.dashboards.all);
        let all = all.into_iter().flatten();
        all.map(|object| object.uid.clone()).collect()
    }

    pub fn dashboard(&self, uid: &str) -> Option<Stands> {
        self.state().orgs[0].dashboards.get(uid).map(Stands::of)
    }

    pub fn folders(&self) -> BTreeMap<String, Stands> {
        let state = self.state();
        let all = state.orgs[0].folders.all.iter();
        all.map(|object| (object.uid.clone(), Stands::of(object)))
            .collect()
    }

    /// Of the first organisation, by name.
    pub fn sources(&self) -> BTreeMap<String, SourceStands> {
        let state = self.state();
        let all = state.orgs[0].sources.iter();
        all.map(|source| {
            let stands = SourceStands {
                fields: source.fields.clone(),
                secrets: source.secrets.clone(),
                version: source.version,
            };
            let name = source.fields["name"].as_str().unwrap_or_default();
            (name.to_owned(), stands)
        })
        .collect()
    }

    /// The uids of all alert rules.
    pub fn alert_rules(&self) -> Vec<String> {
        let state = self.state();
        state.orgs[0]
            .rules
            .iter()
            .map(|rule| rule.uid.clone())
            .collect()
    }
}
