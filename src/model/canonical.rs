//! The form in which both sides of a comparison meet.
//!
//! A provider turns what is desired and what is live into this tree; server defaults, ids, versions
//! and null-or-missing are gone by then. One generic comparison (`plan::diff`) runs over it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Hash;

/// A normalised value.
#[derive(Clone, Debug, PartialEq)]
pub enum Canonical {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    /// A secret by its keyed hash; its value is never here.
    Secret(Hash),
    /// A list whose items have no name of their own.
    List(Vec<Canonical>),
    /// A list whose items have a name (`alert=HighErrors`), unique in it. The order counts.
    Keyed(Vec<(Arc<str>, Canonical)>),
    Map(BTreeMap<Arc<str>, Canonical>),
}

impl Canonical {
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// A map of the given fields.
    pub fn map<'a>(fields: impl IntoIterator<Item = (&'a str, Self)>) -> Self {
        Self::Map(fields.into_iter().map(|(k, v)| (k.into(), v)).collect())
    }

    /// A keyed list. A key that comes again gets `#2`, `#3`, ... so that every key is unique.
    pub fn keyed(items: impl IntoIterator<Item = (String, Self)>) -> Self {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let named = items.into_iter().map(|(key, item)| {
            let count = seen.entry(key.clone()).or_default();
            *count += 1;
            let unique = match *count {
                1 => key,
                n => format!("{key}#{n}"),
            };
            (unique.into(), item)
        });
        Self::Keyed(named.collect())
    }

    /// The field of a map.
    pub fn get(&self, field: &str) -> Option<&Self> {
        match self {
            Self::Map(fields) => fields.get(field),
            Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Text(_)
            | Self::Secret(_)
            | Self::List(_)
            | Self::Keyed(_) => None,
        }
    }

    /// The digest of an unambiguous encoding: equal trees, and only they, have equal hashes.
    pub fn hash(&self) -> Hash {
        Hash::of(&self.encoded())
    }

    /// An unambiguous encoding, in memory only: it may change with any version.
    pub(super) fn encoded(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1024);
        self.encode(&mut bytes);
        bytes
    }

    /// Reads back what `encoded` gave; `None` for anything else.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut decoder = Decoder { rest: bytes };
        let value = decoder.value()?;
        decoder.rest.is_empty().then_some(value)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.push(b'n'),
            Self::Bool(value) => out.extend([b'b', u8::from(*value)]),
            Self::Int(value) => {
                out.push(b'i');
                out.extend(value.to_be_bytes());
            }
            Self::Float(value) => {
                out.push(b'f');
                out.extend(value.to_bits().to_be_bytes());
            }
            Self::Text(text) => encode_text(b's', text, out),
            Self::Secret(hash) => {
                out.push(b'x');
                out.extend(hash.as_bytes());
            }
            Self::List(items) => {
                encode_len(b'l', items.len(), out);
                for item in items {
                    item.encode(out);
                }
            }
            Self::Keyed(items) => {
                encode_len(b'k', items.len(), out);
                for (key, item) in items {
                    encode_text(b's', key, out);
                    item.encode(out);
                }
            }
            Self::Map(fields) => {
                encode_len(b'm', fields.len(), out);
                for (key, value) in fields {
                    encode_text(b's', key, out);
                    value.encode(out);
                }
            }
        }
    }

    /// As JSON, for people and for the JSON of plans. A keyed list is a plain list there.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::from(*value),
            Self::Float(value) => Value::from(*value),
            Self::Text(text) => Value::from(&**text),
            Self::Secret(_) => Value::from("(secret)"),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Keyed(items) => items.iter().map(|(_, item)| item.to_json()).collect(),
            Self::Map(fields) => Value::Object(
                fields
                    .iter()
                    .map(|(key, value)| (key.to_string(), value.to_json()))
                    .collect(),
            ),
        }
    }
}

struct Decoder<'a> {
    rest: &'a [u8],
}

impl<'a> Decoder<'a> {
    fn value(&mut self) -> Option<Canonical> {
        Some(match self.byte()? {
            b'n' => Canonical::Null,
            b'b' => Canonical::Bool(self.byte()? != 0),
            b'i' => Canonical::Int(i64::from_be_bytes(self.eight()?)),
            b'f' => Canonical::Float(f64::from_bits(u64::from_be_bytes(self.eight()?))),
            b's' => Canonical::Text(self.rest_of_text()?.into()),
            b'x' => {
                let bytes = self.take(32)?;
                Canonical::Secret(Hash::from_bytes(bytes.try_into().ok()?))
            }
            b'l' => {
                let length = self.length()?;
                let items = (0..length).map(|_| self.value());
                Canonical::List(items.collect::<Option<_>>()?)
            }
            b'k' => {
                let length = self.length()?;
                let items = (0..length).map(|_| Some((self.text()?.into(), self.value()?)));
                Canonical::Keyed(items.collect::<Option<_>>()?)
            }
            b'm' => {
                let length = self.length()?;
                let fields = (0..length).map(|_| Some((self.text()?.into(), self.value()?)));
                Canonical::Map(fields.collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }

    fn text(&mut self) -> Option<&'a str> {
        (self.byte()? == b's').then_some(())?;
        self.rest_of_text()
    }

    fn rest_of_text(&mut self) -> Option<&'a str> {
        let length = self.length()?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(u64::from_be_bytes(self.eight()?)).ok()
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn eight(&mut self) -> Option<[u8; 8]> {
        self.take(8)?.try_into().ok()
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }
}

fn encode_len(tag: u8, len: usize, out: &mut Vec<u8>) {
    out.push(tag);
    out.extend((len as u64).to_be_bytes());
}

fn encode_text(tag: u8, text: &str, out: &mut Vec<u8>) {
    encode_len(tag, text.len(), out);
    out.extend(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique() {
        let item = |key: &str| (key.to_owned(), Canonical::Null);
        let list = Canonical::keyed([item("alert=A"), item("alert=B"), item("alert=A")]);
        let Canonical::Keyed(items) = list else {
            panic!("not keyed")
        };
        let keys: Vec<_> = items.iter().map(|(key, _)| &**key).collect();
        assert_eq!(keys, ["alert=A", "alert=B", "alert=A#2"]);
    }

    #[test]
    fn hash_tells_shapes_apart() {
        let pairs = [
            (Canonical::text("1"), Canonical::Int(1)),
            (Canonical::List(vec![]), Canonical::Map(BTreeMap::new())),
            (
                Canonical::List(vec![Canonical::text("ab"), Canonical::text("c")]),
                Canonical::List(vec![Canonical::text("a"), Canonical::text("bc")]),
            ),
        ];
        for (left, right) in pairs {
            assert_ne!(left.hash(), right.hash());
        }
    }
}
