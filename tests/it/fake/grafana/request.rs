//! A request, taken apart as a router needs it.

use serde_json::Value;

use super::auth::Caller;
use crate::support::exchange::Incoming;

#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// The decoded parts of the path.
    pub(super) path: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) accept: String,
    pub(super) content_type: String,
    pub(super) caller: Caller,
}

impl Request {
    pub(super) fn of(incoming: &Incoming, caller: Caller) -> Self {
        let bytes = &incoming.bytes;
        let head = bytes.windows(4).position(|end| end == b"\r\n\r\n");
        let body = head.map_or(&[][..], |at| &bytes[at + 4..]);
        Self {
            method: incoming.method.clone(),
            path: parts(incoming.path()),
            query: pairs(query_of(incoming)),
            body: body.to_vec(),
            accept: incoming.header("accept").unwrap_or_default(),
            content_type: incoming.header("content-type").unwrap_or_default(),
            caller,
        }
    }

    /// The first value of a parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn parameters<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let all = self.query.iter().filter(move |(key, _)| key == name);
        all.map(|(_, value)| value.as_str())
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.parameter(name)?.parse().ok()
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.parameter(name) == Some("true")
    }

    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// The parts of a path, decoded.
pub(super) fn parts(path: &str) -> Vec<String> {
    let path = path.trim_start_matches('/');
    path.split('/').map(|part| decoded(part, false)).collect()
}

/// What follows the question mark.
pub(super) fn query_of(incoming: &Incoming) -> &str {
    let target = incoming.target.split_once('?');
    target.map_or("", |(_, query)| query)
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            (decoded(key, true), decoded(value, true))
        })
        .collect()
}

fn decoded(text: &str, plus_is_space: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3);
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], byte) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) if plus_is_space => out.push(b' '),
            (other, _) => out.push(other),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}
