//! Texts with units: durations and sizes.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::model::PromDuration;

/// A duration as written: `60s`, `5m`, `1h30m`.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(super) struct RawDuration(String);

/// A size as written: `4MiB`, or a number of bytes.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(super) struct RawSize(String);

impl RawDuration {
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(super) fn parse(&self) -> Result<Duration, String> {
        PromDuration::parse(&self.0)
            .map(|duration| Duration::from_millis(duration.as_millis()))
            .map_err(|error| format!("{:?}: {error}", self.0))
    }
}

impl RawSize {
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// In bytes.
    pub(super) fn parse(&self) -> Result<u64, String> {
        let text = self.0.trim();
        let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        let factor = match text[digits.len()..].trim_start() {
            "" | "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => {
                return Err(format!(
                    "{text:?}: write a size such as 512KiB, 4MiB or 1GiB"
                ));
            }
        };
        digits
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(factor))
            .ok_or_else(|| format!("{text:?}: write a whole number of bytes, KiB, MiB or GiB"))
    }
}

impl<'de> Deserialize<'de> for RawDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = RawDuration;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration with its unit, such as 60s or 1h30m")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<RawDuration, E> {
                Ok(RawDuration(text.to_owned()))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

impl<'de> Deserialize<'de> for RawSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = RawSize;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size, such as 4MiB")
            }

            fn visit_u64<E: de::Error>(self, bytes: u64) -> Result<RawSize, E> {
                Ok(RawSize(bytes.to_string()))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<RawSize, E> {
                Ok(RawSize(text.to_owned()))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for RawDuration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "Numbers with units from large to small: 60s, 5m, 1h30m.",
            "pattern": "^(0|([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$",
            "minLength": 1
        })
    }
}

impl JsonSchema for RawSize {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Bytes, or a number with KiB, MiB or GiB.",
            "oneOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "string", "pattern": "^[0-9]+ *(B|KiB|MiB|GiB)?$" }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("0", Some(0))]
    #[case("512", Some(512))]
    #[case("7B", Some(7))]
    #[case("64KiB", Some(65_536))]
    #[case("4MiB", Some(4_194_304))]
    #[case("1 GiB", Some(1_073_741_824))]
    #[case("4MB", None)]
    #[case("MiB", None)]
    #[case("-1", None)]
    #[case("1.5MiB", None)]
    #[case("99999999999GiB", None)]
    fn sizes_have_binary_units(#[case] text: &str, #[case] bytes: Option<u64>) {
        assert_eq!(RawSize::new(text).parse().ok(), bytes);
    }
}
