//! Values of the configuration that routing does not look into: receivers' settings, time intervals.

use crate::model::Version;
use crate::model::grafana::SecretRef;

/// A value as it stands in Alertmanager's file, with secrets by their names.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Value>),
    /// In the order in which it is written.
    Map(Vec<(String, Value)>),
    Secret(SecretValue),
}

impl Default for Value {
    /// A mapping of nothing.
    fn default() -> Self {
        Self::Map(Vec::new())
    }
}

/// A secret in place of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretValue {
    pub secret: SecretRef,
    /// The field that takes the path of a file instead of the value, if there is one.
    pub file: Option<SecretFile>,
}

/// The sibling of a field that takes a secret: `api_url_file` of `api_url`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretFile {
    pub field: &'static str,
    /// The first Alertmanager that has it.
    pub since: Version,
}

/// The files that values are read from are JSON and YAML with finite numbers only.
impl Eq for Value {}

impl Value {
    /// Whether a secret stands anywhere in it.
    pub fn has_secret(&self) -> bool {
        match self {
            Self::Secret(_) => true,
            Self::List(items) => items.iter().any(Self::has_secret),
            Self::Map(fields) => fields.iter().any(|(_, value)| value.has_secret()),
            Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Text(_) => false,
        }
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub fn texts<'a>(texts: impl IntoIterator<Item = &'a String>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }

    /// The field of a mapping.
    pub fn get(&self, field: &str) -> Option<&Self> {
        match self {
            Self::Map(fields) => fields
                .iter()
                .find(|(name, _)| name == field)
                .map(|(_, value)| value),
            Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Text(_)
            | Self::List(_)
            | Self::Secret(_) => None,
        }
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::List(_)
            | Self::Map(_)
            | Self::Secret(_) => None,
        }
    }

    /// The items of a list; of anything else none.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Text(_)
            | Self::Map(_)
            | Self::Secret(_) => &[],
        }
    }

    /// The entries of a mapping; of anything else none.
    pub fn entries(&self) -> &[(String, Self)] {
        match self {
            Self::Map(entries) => entries,
            Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Text(_)
            | Self::List(_)
            | Self::Secret(_) => &[],
        }
    }

    /// The same, taken out.
    pub fn into_entries(self) -> Vec<(String, Self)> {
        match self {
            Self::Map(entries) => entries,
            Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Text(_)
            | Self::List(_)
            | Self::Secret(_) => Vec::new(),
        }
    }
}

/// JSON in the order of its keys; null is left out.
impl From<&serde_json::Value> for Value {
    fn from(json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::text(""),
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => match number.as_i64() {
                Some(number) => Self::Int(number),
                None => Self::Float(number.as_f64().unwrap_or_default()),
            },
            Json::String(text) => Self::text(text),
            Json::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Json::Object(fields) => {
                let fields = fields.iter().filter(|(_, value)| !value.is_null());
                Self::Map(
                    fields
                        .map(|(name, value)| (name.clone(), Self::from(value)))
                        .collect(),
                )
            }
        }
    }
}
