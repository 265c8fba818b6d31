//! A dashboard's file, as Grafana exports it.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::references::{self, place_of};
use super::{DashboardFile, Input};
use crate::load::meta::UID_HINT;
use crate::load::read::fault;
use crate::model::grafana::{DashboardBody, DashboardFormat, is_uid};
use crate::model::{Code, Diagnostic, Place, RepoPath};

/// What a server gives, or only an import reads: no part of what is declared.
const NOT_DECLARED: &[&str] = &[
    "id",
    "uid",
    "version",
    "__inputs",
    "__requires",
    "__elements",
];

/// Reads a text that is JSON with the outline of a dashboard.
pub(in crate::load) fn read(path: &RepoPath, source: &str) -> DashboardFile {
    let json: Map<String, Value> = serde_json::from_str(source).unwrap_or_default();
    let mut reader = Reader {
        path,
        source,
        found: Vec::new(),
    };
    reader.dashboard(json)
}

struct Reader<'a> {
    path: &'a RepoPath,
    source: &'a str,
    found: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn dashboard(&mut self, mut json: Map<String, Value>) -> DashboardFile {
        let uid = self.uid(&json);
        let title = self.title(&json);
        for field in ["panels", "rows"] {
            if !matches!(json.get(field), None | Some(Value::Array(_) | Value::Null)) {
                let place = self.key(field);
                let message = format!("{field:?} of a dashboard must be a list");
                let hint = "Export the dashboard anew, or write a list.";
                self.error(Code::WrongType, place, message, hint);
            }
        }
        let inputs = self.inputs(&json);
        for field in NOT_DECLARED {
            json.shift_remove(*field);
        }
        let json = Value::Object(json);
        let references = references::find(&json, self.path, self.source);
        let diagnostics = std::mem::take(&mut self.found);
        DashboardFile {
            place: self.place_of(uid.as_deref().unwrap_or(&title)),
            uid,
            title: title.into(),
            inputs,
            references: references.into(),
            body: Arc::new(DashboardBody::new(DashboardFormat::Classic, &json)),
            fault: diagnostics.iter().find(|d| d.is_error()).map(fault),
            diagnostics,
        }
    }

    fn uid(&mut self, json: &Map<String, Value>) -> Option<Arc<str>> {
        let uid = match json.get("uid") {
            None | Some(Value::Null) => return None,
            Some(Value::String(uid)) if uid.is_empty() => return None,
            Some(Value::String(uid)) => uid,
            Some(_) => {
                let place = self.key("uid");
                self.error(Code::WrongType, place, "a uid must be a text", UID_HINT);
                return None;
            }
        };
        if !is_uid(uid) {
            let place = self.place_of(uid);
            let message = format!("{uid:?} is not a uid");
            self.error(Code::InvalidName, place, message, UID_HINT);
            return None;
        }
        Some(uid.as_str().into())
    }

    fn title(&mut self, json: &Map<String, Value>) -> String {
        match json.get("title") {
            Some(Value::String(title)) if !title.trim().is_empty() => title.clone(),
            _ => {
                let place = self.key("title");
                let message = "a dashboard needs a title that is not empty";
                self.error(Code::MissingField, place, message, "Write one.");
                String::new()
            }
        }
    }

    fn inputs(&mut self, json: &Map<String, Value>) -> Vec<Input> {
        let Some(Value::Array(items)) = json.get("__inputs") else {
            return Vec::new();
        };
        let mut inputs = Vec::new();
        for item in items {
            let Some(name) = item.get("name").and_then(Value::as_str) else {
                let place = self.key("__inputs");
                let message = "an entry of __inputs needs a name";
                let hint = "Export the dashboard anew, or take the entry out.";
                self.error(Code::MissingField, place, message, hint);
                continue;
            };
            let value = item.get("value").and_then(Value::as_str);
            inputs.push(Input {
                name: name.to_owned(),
                value: value.filter(|value| !value.is_empty()).map(str::to_owned),
                place: self.place_of(name),
            });
        }
        inputs
    }

    fn key(&self, key: &str) -> Place {
        self.place_of(key)
    }

    fn place_of(&self, text: &str) -> Place {
        place_of(self.path, self.source, text)
    }

    fn error(&mut self, code: Code, place: Place, message: impl Into<String>, hint: &str) {
        self.found
            .push(Diagnostic::error(code, place, message).with_hint(hint));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> DashboardFile {
        super::read(&RepoPath::new("a.json").unwrap(), text)
    }

    #[test]
    fn keeps_what_is_declared() {
        let text = r#"{"id": 7, "uid": "abc", "version": 3, "title": "A", "panels": [], "tags": ["x"],
            "__inputs": [{"name": "DS", "type": "datasource"}, {"name": "C", "value": "7"}], "__requires": []}"#;
        let file = read(text);
        assert_eq!(file.fault, None);
        assert_eq!(file.uid.as_deref(), Some("abc"));
        assert_eq!(
            file.body.json(),
            serde_json::json!({"title": "A", "panels": [], "tags": ["x"]})
        );
        let inputs: Vec<_> = file
            .inputs
            .iter()
            .map(|input| (input.name.as_str(), input.value.as_deref()))
            .collect();
        assert_eq!(inputs, [("DS", None), ("C", Some("7"))]);
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let file = read("{\"title\": \"A\",\n \"uid\": \"a b\", \"panels\": {}}");
        let found: Vec<_> = file
            .diagnostics
            .iter()
            .map(|d| format!("{} {}", d.place.as_ref().unwrap(), d.message))
            .collect();
        assert_eq!(
            found,
            [
                "a.json:2:9 \"a b\" is not a uid",
                "a.json:2:16 \"panels\" of a dashboard must be a list",
            ]
        );
        assert!(read(r#"{"title": " ", "rows": []}"#).fault.is_some());
        assert!(
            read(r#"{"title": "A", "uid": null, "rows": []}"#)
                .fault
                .is_none()
        );
    }
}
