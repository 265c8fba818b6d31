//! Reading rule files: strict where Prometheus is (duplicate keys, types), tolerant of unknown fields.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_yaml::Value;

use super::{Group, WireRule};

/// Why a text is not a rule file.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(in super::super) struct ParseError(String);

/// The groups of a rule file, in the file's order. Like Prometheus this reads the first document only;
/// an empty one has no groups.
pub(in super::super) fn parse(text: &str) -> Result<Vec<Group>, ParseError> {
    let Some(first) = serde_yaml::Deserializer::from_str(text).next() else {
        return Ok(Vec::new());
    };
    let file = Option::<File>::deserialize(first).map_err(|error| ParseError(error.to_string()))?;
    let groups = file.map(|file| file.groups).unwrap_or_default();
    let mut names: Vec<&str> = groups.iter().map(|group| &*group.name).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(ParseError(format!("the group {:?} stands twice", pair[0]))),
        None => Ok(groups),
    }
}

#[derive(Default)]
struct File {
    groups: Vec<Group>,
}

/// Something read field by field.
trait Fields: Default {
    const WHAT: &'static str;
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error>;
}

impl Fields for File {
    const WHAT: &'static str = "a rule file";

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "groups" => self.groups = list(map)?,
            // Prometheus refuses the file then, so it must not pass as what we wrote.
            _ => return Err(A::Error::unknown_field(key, &["groups"])),
        }
        Ok(())
    }
}

impl Fields for Group {
    const WHAT: &'static str = "a rule group";

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "name" => self.name = map.next_value::<Option<String>>()?.unwrap_or_default(),
            "interval" => self.interval = map.next_value()?,
            "query_offset" => self.query_offset = map.next_value()?,
            "limit" => self.limit = map.next_value()?,
            "labels" => self.labels = texts(map)?,
            "partial_response_strategy" => self.partial_response_strategy = map.next_value()?,
            "rules" => self.rules = list(map)?,
            _ => _ = self.extra.insert(key.to_owned(), map.next_value()?),
        }
        Ok(())
    }
}

impl Fields for WireRule {
    const WHAT: &'static str = "a rule";

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "alert" => self.alert = map.next_value()?,
            "record" => self.record = map.next_value()?,
            "expr" => self.expr = map.next_value()?,
            "for" => self.for_ = map.next_value()?,
            "keep_firing_for" => self.keep_firing_for = map.next_value()?,
            "labels" => self.labels = texts(map)?,
            "annotations" => self.annotations = texts(map)?,
            _ => _ = self.extra.insert(key.to_owned(), map.next_value()?),
        }
        Ok(())
    }
}

fn list<'de, T: Fields, A: MapAccess<'de>>(map: &mut A) -> Result<Vec<T>, A::Error> {
    let items = map
        .next_value::<Option<Vec<Item<T>>>>()?
        .unwrap_or_default();
    Ok(items.into_iter().map(|item| item.0).collect())
}

fn texts<'de, A: MapAccess<'de>>(map: &mut A) -> Result<BTreeMap<String, String>, A::Error> {
    let texts = map.next_value::<Option<Item<Texts>>>()?;
    Ok(texts.map(|texts| texts.0.0).unwrap_or_default())
}

#[derive(Default)]
struct Texts(BTreeMap<String, String>);

impl Fields for Texts {
    const WHAT: &'static str = "a mapping of texts";

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        // A null is an empty text to Prometheus.
        let text = map.next_value::<Option<String>>()?.unwrap_or_default();
        self.0.insert(key.to_owned(), text);
        Ok(())
    }
}

struct Item<T>(T);

impl<'de, T: Fields> Deserialize<'de> for Item<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fielded(std::marker::PhantomData)
            .deserialize(deserializer)
            .map(Self)
    }
}

impl<'de> Deserialize<'de> for File {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Item::deserialize(deserializer).map(|item| item.0)
    }
}

struct Fielded<T>(std::marker::PhantomData<T>);

impl<'de, T: Fields> DeserializeSeed<'de> for Fielded<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Fields> Visitor<'de> for Fielded<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::WHAT)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut value = T::default();
        let mut seen = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            if seen.contains(&key) {
                return Err(A::Error::custom(format_args!(
                    "the key {key:?} stands twice"
                )));
            }
            value.field(&key, &mut map)?;
            seen.push(key);
        }
        Ok(value)
    }

    // An item that is null reads as one without fields, as in Go.
    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }
}

/// A field of unknown meaning as JSON, for comparing and showing.
pub(in super::super) fn json_of(value: &Value) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or(serde_json::Value::Null)
}
