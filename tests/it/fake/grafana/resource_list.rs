//! Resources as they are shown: metadata, and lists in pages.

use std::sync::Arc;

use serde_json::{Value, json};

use super::answer::{bad_request, failure};
use super::object::Object;
use super::resource::{FOLDER, ID, Kind};
use super::state::{Call, Objects};
use crate::support::exchange::Reply;

/// A page ends here, whatever limit was asked for; and so does a list without any.
const PAGE_BYTES: usize = 2 * 1024 * 1024;

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
            "name": object.uid, "namespace": self.namespace(), "uid": object.incarnation,
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
            Some(token) => {
                let Some((at, version)) = position(token) else {
                    let text =
                        format!("get continue token ({token:?}): error decoding continue token");
                    return failure(500, &json!({"message": text}));
                };
                (at, Some(version))
            }
        };
        let snapshot = version.and_then(|version| objects(self).snapshots.get(&version).cloned());
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
        self.listed(kind, items, &metadata)
    }

    fn listed(&self, kind: Kind, mut items: Vec<Value>, metadata: &Value) -> Reply {
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
            (format!("{}List", kind.name), kind.api_version())
        };
        Reply::json(
            200,
            &json!({"kind": list, "apiVersion": version, "metadata": metadata, "items": items}),
        )
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

/// What was written; one that was no write has no `resourceVersion`.
pub(super) fn updated(mut shown: Value, changed: bool) -> Reply {
    if !changed {
        shown["metadata"]
            .as_object_mut()
            .unwrap()
            .remove("resourceVersion");
    }
    Reply::json(200, &shown)
}

/// Where a token goes on, and of which moment.
fn position(token: &str) -> Option<(usize, u64)> {
    let (at, version) = token.split_once('.')?;
    Some((at.parse().ok()?, version.parse().ok()?))
}
