//! Secrets of receivers: how they come into the file, and what stands for them in comparisons.

use std::collections::BTreeMap;
use std::path::Path;

use secrecy::ExposeSecret as _;

use crate::model::alertmanager::{Piece, SecretValue, Value};
use crate::model::{Hash, Version};
use crate::provider::secrets::{self, Holder};

/// Makes hashes for the secrets of one holder: a definition, or the platform's own part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keyed<'a> {
    pub(super) instance: &'a str,
    /// The name of the resource.
    pub(super) name: &'a str,
}

impl Keyed<'_> {
    pub(super) fn hash(self, pointer: &str, value: &str) -> Hash {
        let holder = Holder {
            kind: "trueup alertmanager secret",
            instance: self.instance,
            name: self.name,
        };
        secrets::hash(holder, pointer, value)
    }
}

/// Of a field that every version has.
const ALWAYS: Version = Version::new(0, 0, 0);

/// Where values of secrets are, and which fields the server knows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Vault<'a> {
    pub(super) folder: Option<&'a Path>,
    pub(super) version: Option<Version>,
}

impl Vault<'_> {
    /// What a secret holds now.
    ///
    /// # Errors
    /// With what is missing; never with the value.
    pub(super) fn value(&self, secret: &SecretValue) -> Result<String, String> {
        let value = secrets::read(self.folder, &secret.secret)?;
        Ok(value.expose_secret().to_owned())
    }

    /// The field that takes the path of the secret's file, and the path, where the server is known to have it.
    pub(super) fn file(&self, secret: &SecretValue) -> Option<(String, String)> {
        let file = secret.file?;
        let known = match self.version {
            Some(version) => version >= file.since,
            // Some fields can be nothing else: those of certificates.
            None => file.since == ALWAYS,
        };
        if !known {
            return None;
        }
        let path = self.folder?;
        let [namespace, name, key] = [
            &secret.secret.namespace,
            &secret.secret.name,
            &secret.secret.key,
        ];
        let path = path.join(&**namespace).join(&**name).join(&**key);
        Some((file.field.to_owned(), path.to_str()?.to_owned()))
    }
}

/// The name by which the content of a file is compared: that of the field that would hold it, where there is one.
pub(super) fn content_of(name: &str, field: &str) -> String {
    if name == field {
        format!("{name}_content")
    } else {
        name.to_owned()
    }
}

/// A piece with its secrets put in, as the file is to have it.
pub(super) struct Filled {
    pub(super) piece: Piece,
    /// What stands for its secrets, by the pointer of their field.
    pub(super) noted: BTreeMap<String, Hash>,
    /// Whether values stand in it, and not only paths of files that hold them.
    pub(super) holds_secrets: bool,
}

/// Puts secrets in.
///
/// # Errors
/// Where the value of one cannot be read.
pub(super) fn put_in(piece: Piece, vault: Vault<'_>, keyed: Keyed<'_>) -> Result<Filled, String> {
    let Piece {
        route,
        receivers,
        inhibit_rules,
        time_intervals,
    } = piece;
    let mut filler = Filler {
        vault,
        keyed,
        noted: BTreeMap::new(),
        holds_secrets: false,
    };
    let receivers = receivers.iter().map(|receiver| {
        let name = receiver.get("name").and_then(Value::as_text);
        let at = format!("/receivers/name={}", name.unwrap_or_default());
        filler.value(&at, receiver)
    });
    let receivers = receivers.collect::<Result<_, String>>()?;
    let piece = Piece {
        route,
        receivers,
        inhibit_rules,
        time_intervals,
    };
    Ok(Filled {
        piece,
        noted: filler.noted,
        holds_secrets: filler.holds_secrets,
    })
}

struct Filler<'a> {
    vault: Vault<'a>,
    keyed: Keyed<'a>,
    noted: BTreeMap<String, Hash>,
    holds_secrets: bool,
}

impl Filler<'_> {
    fn value(&mut self, at: &str, value: &Value) -> Result<Value, String> {
        match value {
            Value::List(items) => {
                let items = items.iter().enumerate();
                let items = items.map(|(index, item)| self.value(&format!("{at}/{index}"), item));
                Ok(Value::List(items.collect::<Result<_, _>>()?))
            }
            Value::Map(fields) => {
                let fields = fields.iter().map(|(name, field)| match field {
                    Value::Secret(secret) => self.secret(at, name, secret),
                    other => {
                        let value = self.value(&format!("{at}/{name}"), other)?;
                        Ok((name.clone(), value))
                    }
                });
                Ok(Value::Map(fields.collect::<Result<_, String>>()?))
            }
            // Of a list: no field is there to name a path in.
            Value::Secret(secret) => {
                let value = self.noted(at, secret)?;
                self.holds_secrets = true;
                Ok(Value::Text(value))
            }
            Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => Ok(value.clone()),
        }
    }

    fn secret(
        &mut self,
        at: &str,
        name: &str,
        secret: &SecretValue,
    ) -> Result<(String, Value), String> {
        match self.vault.file(secret) {
            None => {
                self.holds_secrets = true;
                let value = self.noted(&format!("{at}/{name}"), secret)?;
                Ok((name.to_owned(), Value::Text(value)))
            }
            Some((field, path)) => {
                self.noted(&format!("{at}/{}", content_of(name, &field)), secret)?;
                Ok((field, Value::Text(path)))
            }
        }
    }

    /// The value of a secret, which is taken note of.
    fn noted(&mut self, at: &str, secret: &SecretValue) -> Result<String, String> {
        let value = self.vault.value(secret)?;
        self.noted
            .insert(at.to_owned(), self.keyed.hash(at, &value));
        Ok(value)
    }
}

/// All secrets of a piece.
pub(super) fn secrets(piece: &Piece) -> Vec<&SecretValue> {
    let mut found = Vec::new();
    for receiver in &piece.receivers {
        collect(receiver, &mut found);
    }
    found
}

fn collect<'v>(value: &'v Value, found: &mut Vec<&'v SecretValue>) {
    match value {
        Value::Secret(secret) => found.push(secret),
        Value::List(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Map(fields) => fields.iter().for_each(|(_, value)| collect(value, found)),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {}
    }
}
