//! The form in which both sides are compared: what is written, and what is read from the file.
//!
//! Receivers and time intervals have names; routes and a receiver's settings are lists whose order counts. What
//! Alertmanager never shows of a field, and what was declared as a secret, is compared by a keyed hash.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::secret::{Keyed, Vault, content_of};
use super::wire::Composed;
use crate::model::alertmanager::{Piece, Value};
use crate::model::{Canonical, Hash};

/// The field of the platform's own part that tells whether the server runs what the file says.
pub(super) const LOADED: &str = "loaded";

/// What is known of one holder's secrets.
pub(super) struct Secrets<'a> {
    pub(super) keyed: Keyed<'a>,
    /// Of the declared side: where they are.
    pub(super) vault: Vault<'a>,
    /// Of the live side: what stands for the values of declared secrets, by the pointer of the field that they
    /// stand in, or would if the file did not name them by path.
    pub(super) noted: &'a BTreeMap<String, Hash>,
}

/// A definition's piece in comparable form.
pub(super) fn piece(piece: &Piece, secrets: &Secrets<'_>) -> Canonical {
    let Piece {
        route,
        receivers,
        inhibit_rules,
        time_intervals,
    } = piece;
    let mut fields: BTreeMap<Arc<str>, Canonical> = BTreeMap::new();
    if let Some(route) = route {
        fields.insert("route".into(), secrets.value("/route", route));
    }
    for (name, items) in [
        ("receivers", receivers),
        ("inhibit_rules", inhibit_rules),
        ("time_intervals", time_intervals),
    ] {
        fields.extend(secrets.list(name, items));
    }
    Canonical::Map(fields)
}

/// The platform's own part.
pub(super) fn base(base: &Value, loaded: bool, secrets: &Secrets<'_>) -> Canonical {
    let mut fields: BTreeMap<Arc<str>, Canonical> = BTreeMap::new();
    fields.insert(LOADED.into(), Canonical::Bool(loaded));
    for (name, field) in base.entries() {
        match name.as_str() {
            "receivers" | "inhibit_rules" | "time_intervals" | "mute_time_intervals" => {
                fields.extend(secrets.list(name, field.items()));
            }
            "route" => {
                let entries = field.entries().iter().filter(|(name, field)| {
                    // A list of nothing is not written.
                    name != "routes" || !field.items().is_empty()
                });
                let route = Value::Map(entries.cloned().collect());
                fields.insert("route".into(), secrets.value("/route", &route));
            }
            _ => {
                let value = secrets.value(&format!("/{name}"), field);
                fields.insert(name.as_str().into(), value);
            }
        }
    }
    Canonical::Map(fields)
}

impl Secrets<'_> {
    /// A list of the top; one of nothing is not written.
    fn list(&self, name: &str, items: &[Value]) -> Option<(Arc<str>, Canonical)> {
        if items.is_empty() {
            return None;
        }
        let all = if name == "inhibit_rules" {
            let items = items.iter().enumerate();
            let items = items.map(|(index, item)| self.value(&format!("/{name}/{index}"), item));
            Canonical::List(items.collect())
        } else {
            Canonical::keyed(items.iter().map(|item| {
                let found = item.get("name").and_then(Value::as_text);
                let key = format!("name={}", found.unwrap_or_default());
                let canonical = self.value(&format!("/{name}/{key}"), item);
                (key, canonical)
            }))
        };
        Some((name.into(), all))
    }

    fn value(&self, at: &str, value: &Value) -> Canonical {
        match value {
            Value::Bool(found) => Canonical::Bool(*found),
            Value::Int(found) => Canonical::Int(*found),
            Value::Float(found) => Canonical::Float(*found),
            Value::Text(text) if self.is_secret(at) => Canonical::Secret(self.keyed.hash(at, text)),
            Value::Text(text) => Canonical::text(text.as_str()),
            Value::List(items) => {
                let items = items.iter().enumerate();
                let items = items.map(|(index, item)| self.value(&format!("{at}/{index}"), item));
                Canonical::List(items.collect())
            }
            Value::Map(fields) => self.map(at, fields),
            // One that cannot be read is compared as an unknown one; `relate` says so.
            Value::Secret(secret) => Canonical::Secret(match self.vault.value(secret) {
                Ok(value) => self.keyed.hash(at, &value),
                Err(_) => UNKNOWN,
            }),
        }
    }

    /// A value whose texts are all secrets.
    fn hidden(&self, at: &str, value: &Value) -> Canonical {
        match value {
            Value::Text(text) => Canonical::Secret(self.keyed.hash(at, text)),
            Value::List(items) => {
                let items = items.iter().enumerate();
                let items = items.map(|(index, item)| self.hidden(&format!("{at}/{index}"), item));
                Canonical::List(items.collect())
            }
            Value::Map(fields) => {
                let fields = fields.iter().map(|(name, field)| {
                    let field = self.hidden(&format!("{at}/{name}"), field);
                    (name.as_str().into(), field)
                });
                Canonical::Map(fields.collect())
            }
            Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Secret(_) => {
                self.value(at, value)
            }
        }
    }

    fn is_secret(&self, at: &str) -> bool {
        let (parent, field) = at.rsplit_once('/').unwrap_or(("", at));
        is_secret(parent, field) || self.noted.contains_key(at)
    }

    fn map(&self, at: &str, fields: &[(String, Value)]) -> Canonical {
        let mut map: BTreeMap<Arc<str>, Canonical> = BTreeMap::new();
        for (name, field) in fields {
            let file = match field {
                Value::Secret(secret) => self.vault.file(secret),
                _ => None,
            };
            // What the file holds stands beside its path.
            let name = match &file {
                Some((field, _)) => content_of(name, field),
                None => name.clone(),
            };
            let pointer = format!("{at}/{name}");
            let canonical = match field {
                Value::Secret(_) => self.value(&pointer, field),
                other if is_secret(at, &name) => self.hidden(&pointer, other),
                other => self.value(&pointer, other),
            };
            map.insert((&*name).into(), canonical);
            if let Some((field, path)) = file {
                map.insert(field.into(), Canonical::text(path));
            }
        }
        for (pointer, hash) in self.noted {
            if let Some(name) = pointer
                .strip_prefix(at)
                .and_then(|rest| rest.strip_prefix('/'))
                .filter(|name| !name.contains('/'))
            {
                let noted = Canonical::Secret(*hash);
                map.entry(name.into()).or_insert(noted);
            }
        }
        Canonical::Map(map)
    }
}

/// Stands for a value that cannot be read.
const UNKNOWN: Hash = Hash::from_bytes([0; 32]);

/// The fields of Alertmanager's file that it never shows (`Secret` and `SecretURL` in `config/notifiers.go` and in
/// `common/config/http_config.go`, 0.25 to 0.28), those that a definition may have a secret for, and addresses that
/// may have a password in them: their values are compared and never shown. `at` is what the field stands in.
fn is_secret(at: &str, field: &str) -> bool {
    const SECRETS: &[&str] = &[
        "access_key",
        "api_key",
        "api_secret",
        "api_url",
        "auth_password",
        "auth_secret",
        "bearer_token",
        "bot_token",
        "client_secret",
        "credentials",
        "key",
        "opsgenie_api_key",
        "password",
        "proxy_connect_header",
        "proxy_url",
        "routing_key",
        "secret_key",
        "service_key",
        "slack_api_url",
        "smtp_auth_password",
        "smtp_auth_secret",
        "token",
        "token_id",
        "url",
        "user_key",
        "victorops_api_key",
        "webhook_url",
        "wechat_api_secret",
    ];
    /// Secrets only where they stand in this.
    const INSIDE: &[(&str, &str)] = &[
        ("basic_auth", "username"),
        ("http_headers", "secrets"),
        ("oauth2", "client_id"),
        ("tls_config", "ca"),
        ("tls_config", "cert"),
    ];
    let inside = |(holder, name): &(&str, &str)| {
        *name == field && at.split('/').rev().take(2).any(|step| step == *holder)
    };
    SECRETS.contains(&field) || INSIDE.iter().any(inside)
}

/// The values of a file that are never shown.
pub(super) fn hidden_values(composed: &Composed) -> Vec<&str> {
    let Composed {
        head: _,
        base,
        pieces,
    } = composed;
    let receivers = pieces.values().flat_map(|piece| &piece.receivers);
    let mut found = Vec::new();
    for value in receivers.chain([base]) {
        collect("", value, false, &mut found);
    }
    found
}

fn collect<'v>(at: &str, value: &'v Value, hidden: bool, found: &mut Vec<&'v str>) {
    match value {
        Value::Text(text) if hidden => found.push(text),
        Value::List(items) => items
            .iter()
            .for_each(|item| collect(at, item, hidden, found)),
        Value::Map(fields) => {
            for (name, field) in fields {
                let hidden = hidden || is_secret(at, name);
                collect(&format!("{at}/{name}"), field, hidden, found);
            }
        }
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) | Value::Secret(_) => {}
    }
}
