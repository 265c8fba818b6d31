//! What can stand on a Grafana: folders, dashboards, data sources.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Hash;
use super::packed::Packed;

/// A folder by the titles that lead to it, from the root: `Infrastructure/Nodes`. A slash in a title is
/// written `\/`, a backslash `\\`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FolderPath(Arc<str>);

impl FolderPath {
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts = split(text)?;
        if parts.iter().any(|part| part.trim().is_empty()) {
            return Err("a folder's title cannot be empty".to_owned());
        }
        Self::of(&parts).ok_or_else(|| "a folder needs a title".to_owned())
    }

    /// The path of these titles; `None` where there is none.
    pub fn of<T: AsRef<str>>(titles: &[T]) -> Option<Self> {
        let written: Vec<String> = titles
            .iter()
            .map(|title| title.as_ref().replace('\\', "\\\\").replace('/', "\\/"))
            .collect();
        (!written.is_empty()).then(|| Self(written.join("/").into()))
    }

    /// As it is written, in one form only.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The titles from the root.
    pub fn titles(&self) -> Vec<String> {
        split(&self.0).unwrap_or_default()
    }

    /// The folder's own title.
    pub fn title(&self) -> String {
        self.titles().pop().unwrap_or_default()
    }

    pub fn parent(&self) -> Option<Self> {
        let mut titles = self.titles();
        titles.pop();
        Self::of(&titles)
    }

    /// Whether it is this folder, or one somewhere below it.
    pub fn is_within(&self, other: &Self) -> bool {
        let rest = self.0.strip_prefix(&*other.0);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// A folder in this one.
    #[must_use]
    pub fn child(&self, title: &str) -> Self {
        let written = title.replace('\\', "\\\\").replace('/', "\\/");
        Self(format!("{}/{written}", self.0).into())
    }

    /// The uid of the folder, where its definition gives none:
    /// `tu-<6 hex of sha256(instance)>-<20 base32 of sha256(path)>`.
    pub fn uid(&self, instance: &str) -> String {
        let path = base32(Hash::of(self.0.as_bytes()).as_bytes(), 20);
        format!("{}{path}", folder_uid_prefix(instance))
    }
}

impl fmt::Display for FolderPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for FolderPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// What the uid of every folder begins with that an instance made: its marker on servers that keep no other.
pub fn folder_uid_prefix(instance: &str) -> String {
    let hash = Hash::of(instance.as_bytes()).to_string();
    format!("tu-{}-", &hash[..6])
}

/// The uid of a dashboard whose file gives none.
pub fn dashboard_uid(namespace: &str, set: &str, file_name: &str) -> String {
    let name = format!("{namespace}/{set}/{file_name}");
    format!("t{}", base32(Hash::of(name.as_bytes()).as_bytes(), 24))
}

/// Whether a text may be a uid: at most 40 of `[A-Za-z0-9_-]`.
pub fn is_uid(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (1..=40).contains(&text.len()) && text.chars().all(allowed)
}

/// The first `length` digits of RFC 4648's base32, in lower case.
fn base32(bytes: &[u8], length: usize) -> String {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let bit = |index: usize| {
        bytes
            .get(index / 8)
            .map_or(0, |byte| byte >> (7 - index % 8) & 1)
    };
    let digit = |number: usize| {
        let value = (0..5).fold(0, |value, offset| value << 1 | bit(number * 5 + offset));
        char::from(DIGITS[usize::from(value)])
    };
    (0..length).map(digit).collect()
}

/// Splits at slashes that are not escaped, and takes the escapes out.
fn split(text: &str) -> Result<Vec<String>, String> {
    let mut parts = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let part = match c {
            '/' => {
                parts.push(String::new());
                continue;
            }
            '\\' => match chars.next() {
                Some(escaped @ ('/' | '\\')) => escaped,
                _ => return Err("a backslash must stand before / or \\".to_owned()),
            },
            c => c,
        };
        if let Some(last) = parts.last_mut() {
            last.push(part);
        }
    }
    Ok(parts)
}

/// A folder that should exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    pub path: FolderPath,
    /// Where it is not the last part of the path.
    pub title: Option<Arc<str>>,
    /// Where it is not the one that comes of the path.
    pub uid: Option<Arc<str>>,
    /// The uid of the folder that it is in, where that has one of its own.
    pub parent_uid: Option<Arc<str>>,
}

impl Folder {
    pub fn title(&self) -> String {
        match &self.title {
            Some(title) => title.to_string(),
            None => self.path.title(),
        }
    }
}

/// Where a dashboard is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InFolder {
    /// Grafana's root, which it calls General.
    General,
    Path {
        path: FolderPath,
        /// The uid that the folder's definition gives.
        uid: Option<Arc<str>>,
    },
    /// By uid alone, as in Grafana's resource form.
    Uid(Arc<str>),
}

impl InFolder {
    /// As it is compared and shown.
    pub fn shown(&self) -> String {
        match self {
            Self::General => String::new(),
            Self::Path { path, .. } => path.to_string(),
            Self::Uid(uid) => format!("uid={uid}"),
        }
    }
}

/// How a dashboard's body is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DashboardFormat {
    /// The JSON that Grafana exports: `panels`, `templating`, ...
    Classic,
    /// The `spec` of this version of `dashboard.grafana.app`, in a schema of its own (`v2beta1`, ...).
    Resource(Arc<str>),
}

/// The body of a dashboard file, without `uid`, `id`, `version` and what only an import reads. Packed: there may
/// be thousands, of which few are looked into.
#[derive(Debug, PartialEq, Eq)]
pub struct DashboardBody {
    pub format: DashboardFormat,
    json: Packed,
}

impl DashboardBody {
    pub fn new(format: DashboardFormat, json: &Value) -> Self {
        Self {
            format,
            json: Packed::of(json.to_string().as_bytes()),
        }
    }

    /// As it was given, keys in the same order.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.json.open()).unwrap_or_default()
    }
}

/// A dashboard that should exist.
#[derive(Clone, Debug)]
pub struct Dashboard {
    pub uid: Arc<str>,
    pub title: Arc<str>,
    pub folder: InFolder,
    /// What stands for `${NAME}` in the texts of the body, for the `__inputs` of an exported dashboard.
    pub inputs: Arc<BTreeMap<String, String>>,
    /// Shown as a tag, where the target has it so.
    pub owner: Option<Arc<str>>,
    /// Shared while the file is unchanged.
    pub body: Arc<DashboardBody>,
}

impl PartialEq for Dashboard {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            uid,
            title,
            folder,
            inputs,
            owner,
            body,
        } = self;
        *uid == other.uid
            && *title == other.title
            && *folder == other.folder
            && *inputs == other.inputs
            && *owner == other.owner
            && (Arc::ptr_eq(body, &other.body) || *body == other.body)
    }
}

impl Eq for Dashboard {}

impl Dashboard {
    /// The body with the inputs put in, and the owner's tag.
    pub fn rendered(&self) -> Value {
        let mut json = self.body.json();
        if !self.inputs.is_empty() {
            substitute(&mut json, &self.inputs);
        }
        if let Some(owner) = &self.owner {
            tag(&mut json, &format!("owner:{owner}"));
        }
        json
    }
}

/// Adds a tag where it is missing. Grafana's schemas all have them at the root of the body.
fn tag(json: &mut Value, tag: &str) {
    let Some(fields) = json.as_object_mut() else {
        return;
    };
    match fields.get_mut("tags") {
        Some(Value::Array(tags)) => {
            if !tags.iter().any(|known| known == tag) {
                tags.push(tag.into());
            }
        }
        Some(_) | None => _ = fields.insert("tags".to_owned(), Value::from(vec![tag])),
    }
}

fn substitute(value: &mut Value, inputs: &BTreeMap<String, String>) {
    match value {
        Value::String(text) if text.contains("${") => {
            for (name, input) in inputs {
                let reference = format!("${{{name}}}");
                if text.contains(&reference) {
                    *text = text.replace(&reference, input);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| substitute(item, inputs)),
        Value::Object(fields) => fields
            .iter_mut()
            .for_each(|(_, field)| substitute(field, inputs)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Where the value of a secret is: `<secrets_dir>/<namespace>/<name>/<key>` of the target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretRef {
    pub namespace: Arc<str>,
    pub name: Arc<str>,
    pub key: Arc<str>,
}

/// A data source that should exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSource {
    pub uid: Arc<str>,
    pub name: Arc<str>,
    /// The plugin: `prometheus`, `loki`, ...
    pub kind: Arc<str>,
    /// The other fields, as in Grafana's HTTP API and provisioning files: `url`, `access`, `jsonData`, ...
    pub fields: Map<String, Value>,
    pub secrets: BTreeMap<String, SecretRef>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_form() {
        let path = FolderPath::parse("Infra/CI\\/CD").unwrap();
        assert_eq!(path.titles(), ["Infra", "CI/CD"]);
        assert_eq!(path.title(), "CI/CD");
        assert_eq!(path.to_string(), "Infra/CI\\/CD");
        assert_eq!(path.parent().unwrap().to_string(), "Infra");
        assert_eq!(path.parent().unwrap().parent(), None);
        assert_eq!(path.parent().unwrap().child("CI/CD"), path);
        for bad in ["", "/a", "a/", "a//b", "a\\b", "a\\", " "] {
            assert!(FolderPath::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn uids_come_of_names() {
        let path = FolderPath::parse("Infrastructure/Nodes").unwrap();
        let uid = path.uid("acme");
        assert!(uid.starts_with(&folder_uid_prefix("acme")), "{uid}");
        assert_eq!(uid.len(), "tu-".len() + 6 + 1 + 20);
        assert_ne!(path.uid("other"), uid);
        let uid = dashboard_uid("default", "node", "nodes.json");
        assert_eq!(uid.len(), 25);
        assert!(is_uid(&uid) && !is_uid("") && !is_uid(&"a".repeat(41)) && !is_uid("a b"));
        // RFC 4648: "foobar" is mzxw6ytboi.
        assert_eq!(base32(b"foobar", 9), "mzxw6ytbo");
    }

    #[test]
    fn inputs_stand_in_texts_only() {
        let dashboard = Dashboard {
            uid: "a".into(),
            title: "A".into(),
            folder: InFolder::General,
            inputs: Arc::new(BTreeMap::from([("DS".to_owned(), "prom".to_owned())])),
            owner: None,
            body: Arc::new(DashboardBody::new(
                DashboardFormat::Classic,
                &serde_json::json!({"${DS}": ["${DS}", "a ${DS} b ${OTHER}", 1]}),
            )),
        };
        assert_eq!(
            dashboard.rendered(),
            serde_json::json!({"${DS}": ["prom", "a prom b ${OTHER}", 1]})
        );
    }
}
