//! A folder or a dashboard: in both dialects the same thing, looked at from two sides.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use super::state::Ids;

pub(super) const MANAGED_BY: &str = "grafana.app/managedBy";
pub(super) const MANAGER_ID: &str = "grafana.app/managerId";
pub(super) const MESSAGE: &str = "grafana.app/message";
pub(super) const SOURCE_PATH: &str = "grafana.app/sourcePath";
pub(super) const FILE: &str = "classic-file-provisioning";

#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) id: i64,
    pub(super) uid: String,
    /// Without `uid` and `version`, which are the server's.
    pub(super) spec: Map<String, Value>,
    /// `None` at the root.
    pub(super) folder: Option<String>,
    /// The resource API's own `uid`: another one after a delete and a create.
    pub(super) incarnation: String,
    pub(super) resource_version: u64,
    /// `version` of the classic API, `generation` of the resource API.
    pub(super) version: i64,
    pub(super) created: String,
    pub(super) created_by: Author,
    pub(super) updated: Option<(String, Author)>,
    /// Those that a client wrote: managers, message, its own.
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) labels: BTreeMap<String, String>,
    /// Whether tokens below Admin may see it: not so at the root without `grant-permissions`.
    pub(super) granted: bool,
    /// Oldest first.
    pub(super) history: Vec<Saved>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Author {
    pub(super) name: String,
    pub(super) id: String,
}

#[derive(Clone, Debug)]
pub(super) struct Saved {
    pub(super) version: i64,
    pub(super) created: String,
    pub(super) by: String,
    pub(super) message: String,
    pub(super) spec: Map<String, Value>,
}

/// What a client wants an object to be.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub(super) spec: Map<String, Value>,
    pub(super) folder: Option<String>,
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) message: String,
    pub(super) granted: bool,
}

impl Object {
    pub(super) fn new(
        uid: &str,
        id: Option<i64>,
        wanted: Wanted,
        by: Author,
        ids: &mut Ids,
    ) -> Self {
        let now = ids.now();
        let mut object = Self {
            id: id.unwrap_or_else(|| ids.id()),
            uid: uid.to_owned(),
            spec: wanted.spec,
            folder: wanted.folder,
            incarnation: ids.uuid(),
            resource_version: ids.resource_version(),
            version: 1,
            created: now,
            created_by: by.clone(),
            updated: None,
            annotations: wanted.annotations,
            labels: wanted.labels,
            granted: wanted.granted,
            history: vec![],
        };
        object.remember(wanted.message, by.name);
        object
    }

    fn remember(&mut self, message: String, by: String) {
        self.history.push(Saved {
            version: self.version,
            created: self
                .updated
                .as_ref()
                .map_or(&self.created, |(at, _)| at)
                .clone(),
            by,
            message,
            spec: self.spec.clone(),
        });
    }

    /// As 12.4 writes: what is the same is no write; who manages it alone makes no new generation.
    pub(super) fn write(&mut self, wanted: Wanted, by: Author, ids: &mut Ids) -> bool {
        let same = self.spec == wanted.spec && self.folder == wanted.folder;
        if same && self.annotations == wanted.annotations && self.labels == wanted.labels {
            return false;
        }
        if !same {
            self.version += 1;
        }
        self.replace(wanted, by, ids);
        true
    }

    /// As 7.5 writes: every save is a version.
    pub(super) fn overwrite(&mut self, wanted: Wanted, by: Author, ids: &mut Ids) {
        self.version += 1;
        self.replace(wanted, by, ids);
    }

    fn replace(&mut self, wanted: Wanted, by: Author, ids: &mut Ids) {
        self.spec = wanted.spec;
        self.folder = wanted.folder;
        self.annotations = wanted.annotations;
        self.labels = wanted.labels;
        self.resource_version = ids.resource_version();
        self.updated = Some((ids.now(), by.clone()));
        self.remember(wanted.message, by.name);
    }

    pub(super) fn title(&self) -> &str {
        self.spec
            .get("title")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    pub(super) fn slug(&self) -> String {
        slug(self.title())
    }

    /// Whether a file of the server declares it, and forbids to change it.
    pub(super) fn is_provisioned(&self) -> bool {
        self.annotations
            .get(MANAGED_BY)
            .is_some_and(|kind| kind == FILE)
    }

    pub(super) fn same_title(&self, title: &str) -> bool {
        self.title().to_lowercase() == title.to_lowercase()
    }
}

pub(super) fn slug(title: &str) -> String {
    let lower = title.to_lowercase();
    let words = lower.split(|letter: char| !letter.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

/// Why a uid is refused.
pub(super) fn uid_error(uid: &str) -> Option<&'static str> {
    let legal = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    if !uid.chars().all(legal) {
        Some("uid contains illegal characters")
    } else if uid.len() > 40 {
        Some("uid too long, max 40 characters")
    } else {
        None
    }
}

/// 12.4 keeps every number as a double: `1.0` reads back as `1`, and large ones lose their last digits.
pub(super) fn as_doubles(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let double = number.as_f64().unwrap_or_default();
            let text = format!("{double}");
            let whole = double.fract() == 0.0 && double.abs() < 1e21;
            if let (true, Ok(number)) = (whole, text.parse::<i64>()) {
                *value = number.into();
            } else if let (true, Ok(number)) = (whole, text.parse::<u64>()) {
                *value = number.into();
            } else if let Some(number) = Number::from_f64(double) {
                *value = Value::Number(number);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(as_doubles),
        Value::Object(fields) => fields.values_mut().for_each(as_doubles),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}
