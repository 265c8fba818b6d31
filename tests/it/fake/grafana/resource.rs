//! What all resources of `/apis` have in common: what is sent, and why it is refused.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::answer::{bad_request, failure};
use super::object::{Object, Wanted};
use crate::support::exchange::Reply;

pub(super) const FOLDER: &str = "grafana.app/folder";
pub(super) const ID: &str = "grafana.app/deprecatedInternalID";
const GRANT: &str = "grafana.app/grant-permissions";

/// A kind of resource, in the version that was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) group: &'static str,
    pub(super) version: &'static str,
    pub(super) name: &'static str,
    pub(super) plural: &'static str,
}

/// What a client sent, understood.
pub(super) struct Sent {
    pub(super) name: String,
    pub(super) generate_name: String,
    pub(super) uid: Option<String>,
    pub(super) resource_version: Option<String>,
    pub(super) wanted: Wanted,
}

/// What a delete expects to find.
#[derive(Default)]
pub(super) struct Preconditions {
    uid: Option<String>,
    resource_version: Option<String>,
}

impl Kind {
    pub(super) fn api_version(self) -> String {
        format!("{}/{}", self.group, self.version)
    }

    fn details(self, name: &str) -> Value {
        json!({"name": name, "group": self.group, "kind": self.plural})
    }

    fn quoted(self, name: &str) -> String {
        format!("{}.{} {name:?}", self.plural, self.group)
    }

    pub(super) fn missing(self, name: &str) -> Reply {
        let text = format!("{} not found", self.quoted(name));
        failure(
            404,
            &json!({"message": text, "reason": "NotFound", "details": self.details(name)}),
        )
    }

    pub(super) fn exists(self, name: &str) -> Reply {
        let text = format!("{} already exists", self.quoted(name));
        failure(
            409,
            &json!({"message": text, "reason": "AlreadyExists", "details": self.details(name)}),
        )
    }

    fn modified(self, name: &str) -> Reply {
        let text = format!(
            "Operation cannot be fulfilled on {}: the object has been modified; please apply your changes to the latest version and try again",
            self.quoted(name)
        );
        failure(
            409,
            &json!({"message": text, "reason": "Conflict", "details": self.details(name)}),
        )
    }

    pub(super) fn deleted(self, object: &Object) -> Reply {
        let mut details = self.details(&object.uid);
        details["uid"] = object.incarnation.clone().into();
        Reply::json(
            200,
            &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}),
        )
    }

    /// The body as an object of this kind.
    pub(super) fn read(self, body: &[u8]) -> Result<Sent, Box<Reply>> {
        let refuse = |text: String| Err(Box::new(bad_request(&text)));
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            return refuse(format!(
                "the object provided is unrecognized (must be of type {}): couldn't get version/kind; json parse error",
                self.name
            ));
        };
        let (kind, version) = (body["kind"].as_str(), body["apiVersion"].as_str());
        if let Some(other) = kind.filter(|kind| *kind != self.name) {
            return refuse(format!(
                "{other} in version {:?} cannot be handled as a {}: no kind {other:?} is registered for version {:?}",
                self.version,
                self.name,
                self.api_version()
            ));
        }
        if let Some(other) = version.filter(|version| *version != self.api_version()) {
            return refuse(format!(
                "the API version in the data ({other}) does not match the expected API version ({})",
                self.api_version()
            ));
        }
        let spec = match &body["spec"] {
            Value::Object(spec) => spec.clone(),
            Value::Null => Map::new(),
            _ => {
                return refuse(format!(
                    "{0} in version {1:?} cannot be handled as a {0}: json: cannot unmarshal",
                    self.name, self.version
                ));
            }
        };
        let metadata = &body["metadata"];
        let text = |key: &str| {
            metadata[key]
                .as_str()
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let mut annotations = texts(&metadata["annotations"]);
        let folder = annotations
            .remove(FOLDER)
            .filter(|folder| !folder.is_empty());
        let granted = annotations.remove(GRANT).is_some();
        // These are the server's, and what a client says of them is dropped.
        for key in ["createdBy", "updatedBy", "updatedTimestamp"] {
            annotations.remove(&format!("grafana.app/{key}"));
        }
        let mut labels = texts(&metadata["labels"]);
        labels.remove(ID);
        let message = annotations.get(super::object::MESSAGE).cloned();
        Ok(Sent {
            name: text("name").unwrap_or_default(),
            generate_name: text("generateName").unwrap_or_default(),
            uid: text("uid"),
            resource_version: text("resourceVersion"),
            wanted: Wanted {
                spec,
                folder,
                annotations,
                labels,
                message: message.unwrap_or_default(),
                granted,
            },
        })
    }

    /// What is not there yet has no version: so ends an update of what was deleted meanwhile.
    pub(super) fn not_new(sent: &Sent) -> Option<Reply> {
        sent.resource_version.as_ref()?;
        let text = "resourceVersion should not be set on objects to be created";
        Some(failure(500, &json!({"message": text})))
    }

    /// Whether an update may be done to what is there.
    pub(super) fn conflict(self, object: &Object, sent: &Sent) -> Option<Reply> {
        let uid = sent.uid.as_ref().filter(|uid| **uid != object.incarnation);
        if let Some(uid) = uid {
            let text = format!(
                "precondition failed: StorageError: invalid object, Code: 4, Key: /group/{}/resource/{}/namespace/default/name/{}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
                self.group, self.plural, object.uid, object.incarnation
            );
            return Some(failure(500, &json!({"message": text})));
        }
        match sent.resource_version.as_deref().map(str::parse::<u64>) {
            None | Some(Ok(0)) => None,
            Some(Ok(version)) => {
                (version != object.resource_version).then(|| self.modified(&object.uid))
            }
            Some(Err(_)) => {
                let text = "strconv.ParseUint: invalid syntax";
                Some(failure(500, &json!({"message": text})))
            }
        }
    }

    pub(super) fn unmet(self, object: &Object, wanted: &Preconditions) -> Option<Reply> {
        let actual = object.resource_version.to_string();
        let uid = wanted
            .uid
            .as_ref()
            .filter(|uid| **uid != object.incarnation);
        let version = wanted
            .resource_version
            .as_ref()
            .filter(|version| **version != actual);
        let why = match (uid, version) {
            (None, None) => return None,
            (Some(uid), _) => format!(
                "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been deleted and then recreated",
                object.incarnation
            ),
            (None, Some(version)) => format!(
                "the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({actual}). The object might have been modified"
            ),
        };
        let text = format!(
            "Operation cannot be fulfilled on {}.{} {:?}: {why}",
            self.name, self.group, object.uid
        );
        let details = json!({"name": object.uid, "group": self.group, "kind": self.name});
        Some(failure(
            409,
            &json!({"message": text, "reason": "Conflict", "details": details}),
        ))
    }
}

impl Preconditions {
    pub(super) fn of(body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |key: &str| body["preconditions"][key].as_str().map(str::to_owned);
        Self {
            uid: text("uid"),
            resource_version: text("resourceVersion"),
        }
    }
}

fn texts(value: &Value) -> BTreeMap<String, String> {
    let fields = value.as_object().into_iter().flatten();
    fields
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}
