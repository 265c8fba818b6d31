//! YAML that is made up: values that know how they are written.

use serde_json::Value as Json;

/// A value, and how it is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Text {
    /// A scalar as it stands, without quotes.
    Raw(String),
    Quoted(String),
    List(Vec<Text>),
    Map(Vec<(Text, Text)>),
}

impl Text {
    pub fn quoted(text: impl Into<String>) -> Self {
        Self::Quoted(text.into())
    }

    pub fn raw(text: impl Into<String>) -> Self {
        Self::Raw(text.into())
    }

    /// One document.
    pub fn document(&self) -> String {
        let Self::Map(fields) = self else {
            return format!("{}\n", self.flow());
        };
        let lines = fields.iter();
        let lines = lines.map(|(key, value)| format!("{}: {}\n", key.flow(), value.flow()));
        lines.collect()
    }

    fn flow(&self) -> String {
        match self {
            Self::Raw(text) => text.clone(),
            Self::Quoted(text) => quote(text),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(Self::flow).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Map(fields) => {
                let fields = fields.iter();
                let fields = fields.map(|(key, value)| format!("{}: {}", key.flow(), value.flow()));
                format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// In double quotes; what YAML takes for not printable is escaped.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' | '\u{A1}'..='\u{2027}' | '\u{202A}'..='\u{D7FF}' => quoted.push(c),
            _ if u32::from(c) > 0xFFFF => quoted.push(c),
            _ => quoted.extend(format!("\\u{:04X}", u32::from(c)).chars()),
        }
    }
    quoted.push('"');
    quoted
}

impl From<Json> for Text {
    fn from(json: Json) -> Self {
        match json {
            Json::Null | Json::Bool(_) | Json::Number(_) => Self::Raw(json.to_string()),
            Json::String(text) => Self::Quoted(text),
            Json::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Json::Object(fields) => {
                let fields = fields.into_iter();
                Self::Map(
                    fields
                        .map(|(key, value)| (Self::Quoted(key), Self::from(value)))
                        .collect(),
                )
            }
        }
    }
}
