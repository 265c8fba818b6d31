//! Data sources: whole at every write, with the values of their secrets.

use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::{CHANGED_MEANWHILE, Run, Verdict, may_write};
use crate::model::grafana::DataSource;
use crate::model::{Change, Ownership, Spec};
use crate::provider::grafana::api::ApiError;
use crate::provider::grafana::api::sources::FoundSource;
use crate::provider::grafana::normalise;
use crate::provider::grafana::normalise::data_source::{self, IS_DEFAULT, MARKER};
use crate::provider::secrets;

impl Run<'_> {
    pub(super) async fn create_source(&self, change: &Change) -> Verdict {
        let Some(wanted) = wanted(change) else {
            return Verdict::failed("there is no data source to make");
        };
        let body = match self.body(wanted) {
            Ok(body) => body,
            Err(why) => return Verdict::Failed(why),
        };
        let made = self.site.api.create_source(&body).await;
        self.source_written(wanted, None, made).await
    }

    pub(super) async fn update_source(&self, change: &Change) -> Verdict {
        let Some(wanted) = wanted(change) else {
            return Verdict::failed("there is no data source to change");
        };
        let current = match self.current(&wanted.uid).await {
            Ok(Some(current)) => current,
            Ok(None) => {
                return Verdict::failed("it was deleted meanwhile; the next cycle makes it");
            }
            Err(error) => return Verdict::failed(&error),
        };
        let version = Some(current.version.as_str());
        let expected = change.expected.as_deref();
        if let Err(verdict) = may_write(change.action, &current.ownership, version, expected) {
            return verdict;
        }
        let mut body = match self.body(wanted) {
            Ok(body) => body,
            Err(why) => return Verdict::Failed(why),
        };
        if !wanted.fields.contains_key(IS_DEFAULT)
            && let Some(stands) = current.fields.get(IS_DEFAULT)
        {
            body[IS_DEFAULT] = stands.clone();
        }
        if let Ok(version) = current.version.parse::<i64>() {
            body["version"] = version.into();
        }
        let api = &self.site.api;
        let written = api.update_source(self.server, &current, &body).await;
        self.source_written(wanted, Some(current.number), written)
            .await
    }

    pub(super) async fn delete_source(&self, change: &Change) -> Verdict {
        let current = match self.current(&change.id.name).await {
            Ok(Some(current)) => current,
            Ok(None) => return Verdict::Done,
            Err(error) => return Verdict::failed(&error),
        };
        let version = Some(current.version.as_str());
        let expected = change.expected.as_deref();
        if let Err(verdict) = may_write(change.action, &current.ownership, version, expected) {
            return verdict;
        }
        match self.site.api.delete_source(self.server, &current).await {
            Ok(()) => Verdict::Done,
            Err(error) => match self.current(&change.id.name).await {
                Ok(None) => Verdict::Done,
                Ok(Some(_)) | Err(_) => Verdict::failed(&error),
            },
        }
    }

    async fn current(&self, uid: &str) -> Result<Option<FoundSource>, ApiError> {
        self.site.api.data_source(self.server, uid, None).await
    }

    /// Whether what the server has then is what was written, but for what no server shows.
    async fn source_written(
        &self,
        wanted: &DataSource,
        number: Option<i64>,
        answer: Result<FoundSource, ApiError>,
    ) -> Verdict {
        let (found, error) = match answer {
            Ok(found) => (found, None),
            Err(error) if error.is_open() || error.is_conflict() => {
                let uid = &wanted.uid;
                match self.site.api.data_source(self.server, uid, number).await {
                    Ok(Some(found)) => (found, Some(error)),
                    Ok(None) | Err(_) => return Verdict::failed(&error),
                }
            }
            Err(error) => return Verdict::failed(&error),
        };
        let mut fields = found.fields.clone();
        if !wanted.fields.contains_key(IS_DEFAULT) {
            fields.remove(IS_DEFAULT);
        }
        let stored = data_source::canonical(&found.name, &found.kind, &fields, []);
        let written = data_source::canonical(&wanted.name, &wanted.kind, &wanted.fields, []);
        let set = |field: &String| found.secrets.contains(field);
        let place = normalise::first_difference(&stored, &written);
        let equal =
            place.is_none() && found.ownership == Ownership::Ours && wanted.secrets.keys().all(set);
        match (equal, error) {
            // A conflict says that nothing was written: secrets may still differ.
            (true, Some(error)) if error.is_conflict() && !wanted.secrets.is_empty() => {
                Verdict::Failed(format!("{error}; {CHANGED_MEANWHILE}"))
            }
            (true, _) => Verdict::Done,
            (false, Some(error)) => Verdict::failed(&error),
            (false, None) => Verdict::Failed(format!(
                "the server keeps something else than what was written at {}; it would differ again",
                place
                    .as_deref()
                    .unwrap_or("/secureJsonData, or has dropped our marker")
            )),
        }
    }

    /// All fields: one that is left out keeps its value on some servers.
    fn body(&self, wanted: &DataSource) -> Result<Value, String> {
        let DataSource {
            uid,
            name,
            kind,
            fields,
            secrets,
        } = wanted;
        let mut body = json!({
            "access": "proxy", "url": "", "user": "", "database": "", "basicAuth": false,
            "basicAuthUser": "", "withCredentials": false,
        });
        let mut data = match fields.get("jsonData") {
            Some(Value::Object(data)) => data.clone(),
            Some(_) | None => Map::new(),
        };
        data.insert(MARKER.to_owned(), self.site.instance.as_ref().into());
        let mut values = Map::new();
        for (field, place) in secrets {
            let value = secrets::read(self.site.secrets_dir.as_deref(), place)?;
            values.insert(field.clone(), value.expose_secret().into());
        }
        if let Value::Object(body) = &mut body {
            let declared = fields.iter().filter(|(_, value)| !value.is_null());
            body.extend(declared.map(|(key, value)| (key.clone(), value.clone())));
            body.insert("uid".to_owned(), uid.as_ref().into());
            body.insert("name".to_owned(), name.as_ref().into());
            body.insert("type".to_owned(), kind.as_ref().into());
            body.insert("jsonData".to_owned(), Value::Object(data));
            body.insert("secureJsonData".to_owned(), Value::Object(values));
        }
        Ok(body)
    }
}

fn wanted(change: &Change) -> Option<&DataSource> {
    match &*change.desired.as_ref()?.resource.spec {
        Spec::DataSource(source) => Some(source),
        Spec::RuleGroup(_)
        | Spec::Folder(_)
        | Spec::Dashboard(_)
        | Spec::Route(_)
        | Spec::RouteBase(_) => None,
    }
}
