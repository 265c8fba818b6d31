//! Filters that Grafana puts into queries itself.
//!
//! They are not harmless to a fence: `addLabelToQuery` replaces the operator of a matcher with the same label and value,
//! and `ApplyFiltersAndGroupBy` of the backend replaces whole matchers on the same label.

use serde_json::{Map, Value};

use super::Refusal;
use crate::model::alertmanager::matcher::is_label;
use crate::model::promql::fence::Fence;

/// What a query carries for the backend, which Grafana's own frontend writes anew.
pub(super) fn of_query(fields: &Map<String, Value>) -> Option<Refusal> {
    let own = fields.iter().find(|(key, value)| {
        let named = matches!(&*folded(key), "adhocfilters" | "scopes");
        let empty = match value {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => false,
        };
        named && !empty
    });
    own.map(|(key, _)| Refusal {
        message: format!("{key} of a query can replace the matchers of the fence"),
        hint: "Take it out, and write the matchers into the expression.".to_owned(),
    })
}

/// A name as Go compares the fields of JSON: `ſ` and `K` too are letters of the alphabet.
fn folded(name: &str) -> String {
    let letters = name.chars().map(|c| match c {
        'ſ' => 's',
        '\u{212A}' => 'k',
        c => c.to_ascii_lowercase(),
    });
    letters.collect()
}

/// The filters that an ad hoc variable begins with, in both schemas.
pub(super) fn of_variable(fields: &Map<String, Value>, fence: &Fence) -> Option<Refusal> {
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    let spec = if text("type") == Some("adhoc") {
        fields
    } else if text("kind").is_some_and(|kind| kind.eq_ignore_ascii_case("AdhocVariable")) {
        fields.get("spec")?.as_object()?
    } else {
        return None;
    };
    let lists = ["filters", "baseFilters", "originFilters"];
    let mut filters = lists
        .iter()
        .filter_map(|list| spec.get(*list)?.as_array())
        .flatten();
    filters.find_map(|filter| of_filter(filter, fence))
}

fn of_filter(filter: &Value, fence: &Fence) -> Option<Refusal> {
    let text = |key: &str| filter.get(key).and_then(Value::as_str).unwrap_or_default();
    let (key, operator) = (text("key"), text("operator"));
    if fence.labels().contains(&key) {
        return Some(Refusal {
            message: format!("a filter on {key} can replace the matchers of the fence"),
            hint: format!("Take the filter on {key} out."),
        });
    }
    let values = match filter.get("values") {
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let plain = |value: &str| !value.contains(['"', '\'', '`', '\\', '\n', '\r']);
    let known = matches!(
        operator,
        "" | "=" | "!=" | "=~" | "!~" | "=|" | "!=|" | "<" | ">"
    );
    let named = key.is_empty() || is_label(key);
    if named && known && plain(text("value")) && values.into_iter().all(plain) {
        return None;
    }
    Some(Refusal {
        message: format!(
            "the filter {key}{operator}{:?} could hold more than a matcher",
            text("value")
        ),
        hint: "Write a label, an operator and a value without quotes and backslashes.".to_owned(),
    })
}
