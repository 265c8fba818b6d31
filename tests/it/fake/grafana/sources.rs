//! `/api/datasources`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::answer::{denied, message, required};
use super::state::{Call, Source};
use super::{Flavor, Role};
use crate::support::exchange::Reply;

/// What a source has beside its identity, with the value of what was not sent.
pub(super) fn fields(flavor: Flavor) -> Map<String, Value> {
    let mut fields = json!({
        "name": "", "type": "", "access": "", "url": "", "user": "", "database": "",
        "basicAuth": false, "basicAuthUser": "", "withCredentials": false, "isDefault": false,
        "jsonData": {},
    });
    if flavor == Flavor::Classic75 {
        fields["password"] = "".into();
        fields["basicAuthPassword"] = "".into();
    }
    fields.as_object().cloned().unwrap_or_default()
}

/// Columns that an update cannot empty: what is empty is skipped when they are written.
fn sticky(flavor: Flavor) -> &'static [&'static str] {
    match flavor {
        Flavor::Classic75 => &["name", "type", "access", "url", "database", "basicAuthUser"],
        Flavor::Resource124 => &["basicAuthUser"],
    }
}

impl Call<'_> {
    fn may_source(&self, reads: bool, needed: &str) -> Result<(), Reply> {
        let role = self.request.caller.role;
        match self.flavor {
            _ if role == Role::Admin => Ok(()),
            Flavor::Classic75 => Err(message(403, "Permission denied")),
            Flavor::Resource124 if reads => Ok(()),
            Flavor::Resource124 => Err(denied(needed)),
        }
    }

    pub(super) fn sources(&self) -> Reply {
        if let Err(reply) = self.may_source(true, "datasources:read") {
            return reply;
        }
        let mut all: Vec<_> = self.org.sources.iter().collect();
        all.sort_by_key(|source| source.name().to_lowercase());
        let shown = all.into_iter().map(|source| {
            let mut shown = self.shown_source(source);
            // The list is shorter than the object: neither secrets nor version.
            let fields = shown.as_object_mut().unwrap();
            for key in [
                "secureJsonFields",
                "version",
                "basicAuthUser",
                "withCredentials",
                "basicAuthPassword",
                "apiVersion",
            ] {
                fields.remove(key);
            }
            shown["typeName"] = shown["type"].clone();
            shown
        });
        Reply::json(200, &shown.collect())
    }

    fn shown_source(&self, source: &Source) -> Value {
        let mut shown = source.fields.clone();
        shown["id"] = source.id.into();
        shown["orgId"] = self.org.id.into();
        shown["typeLogoUrl"] = "".into();
        shown["version"] = source.version.into();
        shown["readOnly"] = source.read_only.into();
        let set: Map<_, _> = source
            .secrets
            .keys()
            .map(|key| (key.clone(), true.into()))
            .collect();
        shown["secureJsonFields"] = set.into();
        if self.flavor == Flavor::Resource124 {
            shown["apiVersion"] = "".into();
        }
        shown
    }

    /// By `uid`, or by number where `by_uid` is false.
    fn place(&self, by_uid: bool, key: &str) -> Option<usize> {
        let mut sources = self.org.sources.iter();
        sources.position(|source| {
            if by_uid {
                source.uid() == key
            } else {
                source.id.to_string() == key
            }
        })
    }

    pub(super) fn source(&self, by_uid: bool, key: &str) -> Reply {
        if let Err(reply) = self.may_source(true, "datasources:read") {
            return reply;
        }
        match self.place(by_uid, key) {
            Some(at) => Reply::json(200, &self.shown_source(&self.org.sources[at])),
            None => missing(),
        }
    }

    pub(super) fn create_source(&mut self) -> Reply {
        if let Err(reply) = self.may_source(false, "datasources:create") {
            return reply;
        }
        let body = self.body();
        let text = |key: &str| body[key].as_str().unwrap_or_default();
        for (key, name) in [("name", "Name"), ("type", "Type"), ("access", "Access")] {
            match self.flavor {
                Flavor::Classic75 if text(key).is_empty() => return required(422, name),
                Flavor::Resource124 if text(key).is_empty() && key != "name" => {
                    return message(400, "bad request data");
                }
                _ => {}
            }
        }
        if let Some(reply) = self.bad_url(text("url")) {
            return reply;
        }
        let name = if text("name").is_empty() {
            text("type")
        } else {
            text("name")
        };
        let mut uid = text("uid").to_owned();
        if self.flavor == Flavor::Resource124 && super::object::uid_error(&uid).is_some() {
            let text = "Invalid datasource UID.";
            return Reply::json(
                400,
                &json!({"statusCode": 400, "messageId": "datasource.uidInvalid", "message": text}),
            );
        }
        let mut sources = self.org.sources.iter();
        if sources.any(|source| source.name() == name) {
            return message(409, "data source with the same name already exists");
        }
        if !uid.is_empty() && self.place(true, &uid).is_some() {
            return message(409, "data source with the same uid already exists");
        }
        if uid.is_empty() {
            uid = self.ids.uid();
        }
        let mut source = Source {
            id: self.ids.id(),
            version: 1,
            read_only: false,
            fields: Value::Object(fields(self.flavor)),
            secrets: BTreeMap::new(),
        };
        source.take(&body, self.flavor == Flavor::Resource124);
        source.fields["uid"] = uid.into();
        source.fields["name"] = name.into();
        // The first of all is the default, whatever was asked for.
        if self.flavor == Flavor::Resource124 && self.org.sources.is_empty() {
            source.fields["isDefault"] = true.into();
        }
        self.only_default(&source);
        let reply = self.written(&source, "Datasource added");
        self.org.sources.push(source);
        reply
    }

    fn bad_url(&self, url: &str) -> Option<Reply> {
        let bad = !url.is_empty() && (url.contains(' ') || url.starts_with(':'));
        bad.then(|| match self.flavor {
            Flavor::Classic75 => message(400, &format!("Validation error, invalid URL: {url:?}")),
            Flavor::Resource124 => message(400, "Validation error, invalid URL"),
        })
    }

    fn only_default(&mut self, source: &Source) {
        if source.fields["isDefault"] == true {
            for other in self
                .org
                .sources
                .iter_mut()
                .filter(|other| other.id != source.id)
            {
                other.fields["isDefault"] = false.into();
            }
        }
    }

    fn written(&self, source: &Source, text: &str) -> Reply {
        let body = json!({
            "datasource": self.shown_source(source), "id": source.id, "message": text,
            "name": source.name(),
        });
        Reply::json(200, &body)
    }

    pub(super) fn update_source(&mut self, by_uid: bool, key: &str) -> Reply {
        if let Err(reply) = self.may_source(false, "datasources:write") {
            return reply;
        }
        let changed =
            "Datasource has already been updated by someone else. Please reload and try again";
        let Some(at) = self.place(by_uid, key) else {
            return match self.flavor {
                Flavor::Classic75 => message(409, changed),
                Flavor::Resource124 => missing(),
            };
        };
        let body = self.body();
        let mut source = self.org.sources[at].clone();
        let strict = self.flavor == Flavor::Resource124;
        if source.read_only && strict {
            return message(403, "Cannot update read-only data source");
        }
        let url = body["url"].as_str().unwrap_or_default();
        if strict && url.is_empty() {
            return message(400, "Validation error, invalid URL");
        }
        if let Some(reply) = self.bad_url(url) {
            return reply;
        }
        let mut others = self
            .org
            .sources
            .iter()
            .filter(|other| other.id != source.id);
        if others.any(|other| body["name"] == other.name()) {
            let text = "Failed to update datasource: data source with the same name already exists";
            return if strict {
                message(409, text)
            } else {
                message(500, "Failed to update datasource")
            };
        }
        // Without a version the counter begins again; with one it must not be behind.
        let version = body["version"].as_i64().unwrap_or(0);
        if version != 0 && version < source.version {
            // 7.5 checks nothing here: the last one wins.
            if strict && !by_uid {
                return message(409, changed);
            }
        }
        source.version = version + 1;
        let kept = source.fields.clone();
        let uid = source.uid().to_owned();
        source.fields = Value::Object(fields(self.flavor));
        source.take(&body, self.flavor == Flavor::Resource124);
        for key in sticky(self.flavor) {
            if source.fields[*key] == "" {
                source.fields[*key] = kept[*key].clone();
            }
        }
        source.fields["uid"] = body["uid"].as_str().map_or(uid, str::to_owned).into();
        source.read_only = false;
        self.only_default(&source);
        let reply = self.written(&source, "Datasource updated");
        self.org.sources[at] = source;
        reply
    }

    pub(super) fn delete_source(&mut self, by_uid: bool, key: &str) -> Reply {
        if let Err(reply) = self.may_source(false, "datasources:delete") {
            return reply;
        }
        let Some(at) = self.place(by_uid, key) else {
            return missing();
        };
        if self.org.sources[at].read_only && self.flavor == Flavor::Resource124 {
            return message(403, "Cannot delete read-only data source");
        }
        let source = self.org.sources.remove(at);
        let mut body = json!({"message": "Data source deleted"});
        if self.flavor == Flavor::Resource124 && by_uid {
            body["id"] = source.id.into();
        }
        Reply::json(200, &body)
    }
}

impl Source {
    pub(super) fn uid(&self) -> &str {
        self.fields["uid"].as_str().unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.fields["name"].as_str().unwrap_or_default()
    }

    /// Takes over what was sent. A secret that was not sent stays; an empty one goes where `forgets`.
    pub(super) fn take(&mut self, body: &Value, forgets: bool) {
        for (key, value) in self.fields.as_object_mut().unwrap() {
            if let Some(sent) = body.get(key).filter(|sent| !sent.is_null()) {
                *value = sent.clone();
            }
        }
        for (key, value) in body["secureJsonData"].as_object().into_iter().flatten() {
            let value = value.as_str().unwrap_or_default().to_owned();
            if value.is_empty() && forgets {
                self.secrets.remove(key);
            } else {
                self.secrets.insert(key.clone(), value);
            }
        }
    }
}

fn missing() -> Reply {
    message(404, "Data source not found")
}
