//! JSON as a canonical tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Number, Value};

use crate::model::Canonical;

/// Without fields that are null, which is the same as missing.
pub(super) fn canonical(value: &Value) -> Canonical {
    match value {
        Value::Null => Canonical::Null,
        Value::Bool(value) => Canonical::Bool(*value),
        Value::Number(value) => number(value),
        Value::String(text) => Canonical::text(text.as_str()),
        Value::Array(items) => Canonical::List(items.iter().map(canonical).collect()),
        Value::Object(fields) => Canonical::Map(map(fields)),
    }
}

fn map(fields: &Map<String, Value>) -> BTreeMap<Arc<str>, Canonical> {
    let present = fields.iter().filter(|(_, value)| !value.is_null());
    present
        .map(|(key, value)| (key.as_str().into(), canonical(value)))
        .collect()
}

/// `1.0` is `1`, and beyond 2^53 whole numbers are floats: newer servers know no others (12.4, observed).
fn number(number: &Number) -> Canonical {
    /// Up to here every whole number is a float of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let float = number.as_f64().unwrap_or(f64::NAN);
    if float.fract() == 0.0 && float.abs() <= EXACT {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "whole, and in the range of i64"
        )]
        return Canonical::Int(float as i64);
    }
    Canonical::Float(float)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn null_is_missing_and_numbers_are_one_kind() {
        let one = json!({"a": null, "b": {"c": null, "d": 1.0}, "e": [null, 1e3], "f": 0.5});
        let other = json!({"b": {"d": 1}, "e": [null, 1000], "f": 0.5});
        assert_eq!(canonical(&one), canonical(&other));
        assert_ne!(canonical(&json!([1])), canonical(&json!([null, 1])));
        assert_eq!(canonical(&json!(1e21)), Canonical::Float(1e21));
        let rounded = canonical(&json!(9_007_199_254_740_992_i64));
        assert_eq!(canonical(&json!(9_007_199_254_740_993_i64)), rounded);
    }
}
