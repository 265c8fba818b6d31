//! What all resources of `/apis` have in common: metadata, lists in pages, conflicts.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::answer::{bad_request, failure};
use super::object::{Object, Wanted};
use super::state::{Call, Objects};
use crate::support::exchange::Reply;

pub(super) const FOLDER: &str = "grafana.app/folder";
const ID: &str = "grafana.app/deprecatedInternalID";
const GRANT: &str = "grafana.app/grant-permissions";

/// A page ends here, whatever limit was asked for; and so does a list without any.
const PAGE_BYTES: usize = 2 * 1024 * 1024;

/// A kind of resource, in the version that was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) group: &'static str,
    pub(super) version: &'static str,
    pub(super) kind: &'static str,
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
        details["uid"] = object.object_uid.clone().into();
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
                self.kind
            ));
        };
        let (kind, version) = (body["kind"].as_str(), body["apiVersion"].as_str());
        if let Some(other) = kind.filter(|kind| *kind != self.kind) {
            return refuse(format!(
                "{other} in version {:?} cannot be handled as a {}: no kind {other:?} is registered for version {:?}",
                self.version,
                self.kind,
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
                    self.kind, self.version
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
        let uid = sent.uid.as_ref().filter(|uid| **uid != object.object_uid);
        if let Some(uid) = uid {
            let text = format!(
                "precondition failed: StorageError: invalid object, Code: 4, Key: /group/{}/resource/{}/namespace/default/name/{}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
                self.group, self.plural, object.uid, object.object_uid
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
        let uid = wanted.uid.as_ref().filter(|uid| **uid != object.object_uid);
        let version = wanted
            .resource_version
            .as_ref()
            .filter(|version| **version != actual);
        let why = match (uid, version) {
            (None, None) => return None,
            (Some(uid), _) => format!(
                "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been deleted and then recreated",
                object.object_uid
            ),
            (None, Some(version)) => format!(
                "the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({actual}). The object might have been modified"
            ),
        };
        let text = format!(
            "Operation cannot be fulfilled on {}.{} {:?}: {why}",
            self.kind, self.group, object.uid
        );
        let details = json!({"name": object.uid, "group": self.group, "kind": self.kind});
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

impl Call<'_> {
    fn namespace(&self) -> String {
        match self.org.id {
            1 => "default".to_owned(),
            org => format!("org-{org}"),
        }
    }

    pub(super) fn metadata(&self, kind: Kind, object: &Object) -> Value {
        let mut annotations = object.annotations.clone();
        annotations.insert(
            "grafana.app/createdBy".to_owned(),
            object.created_by.id.clone(),
        );
        if let Some((at, by)) = &object.updated {
            annotations.insert("grafana.app/updatedBy".to_owned(), by.id.clone());
            annotations.insert("grafana.app/updatedTimestamp".to_owned(), at.clone());
        }
        if let Some(folder) = &object.folder {
            annotations.insert(FOLDER.to_owned(), folder.clone());
        }
        let mut labels = object.labels.clone();
        labels.insert(ID.to_owned(), object.id.to_string());
        json!({
            "name": object.uid, "namespace": self.namespace(), "uid": object.object_uid,
            "resourceVersion": object.resource_version.to_string(), "generation": object.version,
            "creationTimestamp": object.created, "labels": labels, "annotations": annotations,
            "managedFields": [{"manager": "unknown", "operation": "Update",
                "apiVersion": kind.api_version(), "fieldsType": "FieldsV1", "fieldsV1": {}}],
        })
    }

    /// A page of a list. Later pages are of what was there when the first one was given.
    pub(super) fn list(
        &mut self,
        kind: Kind,
        show: impl Fn(&Self, &Object) -> Value,
        objects: impl Fn(&mut Self) -> &mut Objects,
    ) -> Reply {
        let name = match self
            .request
            .parameter("fieldSelector")
            .map(|text| text.split_once('='))
        {
            None => None,
            Some(Some(("metadata.name", name))) => Some(name.to_owned()),
            Some(_) => {
                return bad_request(
                    "not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
                );
            }
        };
        let (offset, version) = match self.request.parameter("continue") {
            None | Some("") => (0, None),
            Some(token) => match token
                .split_once('.')
                .map(|(at, version)| (at.parse(), version.parse()))
            {
                Some((Ok(at), Ok(version))) => (at, Some(version)),
                _ => {
                    let text =
                        format!("get continue token ({token:?}): error decoding continue token");
                    return failure(500, &json!({"message": text}));
                }
            },
        };
        let snapshot =
            version.and_then(|version: u64| objects(self).snapshots.get(&version).cloned());
        let version = version.unwrap_or_else(|| self.ids.latest());
        let all = snapshot.unwrap_or_else(|| {
            let mut all = objects(self).all.clone();
            all.sort_by(|one, other| one.uid.cmp(&other.uid));
            all.retain(|object| name.as_ref().is_none_or(|name| *name == object.uid));
            all
        });
        let limit = self
            .request
            .number("limit")
            .and_then(|limit| usize::try_from(limit).ok());
        let limit = limit.filter(|&limit| limit > 0).unwrap_or(usize::MAX);
        let (mut items, mut bytes, mut at) = (Vec::new(), 0, offset);
        while let Some(object) = all
            .get(at)
            .filter(|_| items.len() < limit && bytes < PAGE_BYTES)
        {
            at += 1;
            if self.sees(object) {
                let item = show(self, object);
                bytes += item.to_string().len();
                items.push(item);
            }
        }
        let mut metadata = json!({"resourceVersion": version.to_string()});
        if at < all.len() {
            metadata["continue"] = format!("{at}.{version}").into();
            objects(self).snapshots.insert(version, all);
        }
        self.listed(kind, items, metadata)
    }

    fn listed(&self, kind: Kind, mut items: Vec<Value>, metadata: Value) -> Reply {
        let partial = self.request.accept.contains("as=PartialObjectMetadataList");
        let (list, version) = if partial {
            for item in &mut items {
                *item = json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"]});
            }
            (
                "PartialObjectMetadataList".to_owned(),
                "meta.k8s.io/v1".to_owned(),
            )
        } else {
            (format!("{}List", kind.kind), kind.api_version())
        };
        Reply::json(
            200,
            &json!({"kind": list, "apiVersion": version, "metadata": metadata, "items": items}),
        )
    }

    /// What was written; one that was no write has no `resourceVersion`.
    pub(super) fn updated(&self, mut shown: Value, changed: bool) -> Reply {
        if !changed {
            shown["metadata"]
                .as_object_mut()
                .unwrap()
                .remove("resourceVersion");
        }
        Reply::json(200, &shown)
    }

    /// Whether the call only asks what would be.
    pub(super) fn is_dry(&self) -> bool {
        self.request.parameter("dryRun") == Some("All")
    }
}

/// A list that is being paged through keeps what it holds; so objects are replaced, never changed.
pub(super) fn shared(objects: &Objects, name: &str) -> Option<Arc<Object>> {
    objects
        .all
        .iter()
        .find(|object| object.uid == name)
        .cloned()
}
