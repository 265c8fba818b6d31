//! Bodies of dashboards as they came: text until somebody looks into one.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// JSON that is valid, and not built.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(in crate::provider::grafana) struct Body(Box<RawValue>);

/// What is looked at of every body.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::provider::grafana) struct Head {
    pub id: Option<Value>,
    pub title: Option<Value>,
    pub tags: Option<Value>,
}

impl Body {
    pub(in crate::provider::grafana) fn of(value: &Value) -> Self {
        let text = value.to_string();
        // The text of a value is JSON.
        RawValue::from_string(text).map_or_else(|_| Self::default(), Self)
    }

    pub(in crate::provider::grafana) fn json(&self) -> Value {
        serde_json::from_str(self.0.get()).unwrap_or_default()
    }

    pub(in crate::provider::grafana) fn head(&self) -> Head {
        serde_json::from_str(self.0.get()).unwrap_or_default()
    }
}

impl Head {
    pub(in crate::provider::grafana) fn title(&self) -> &str {
        let title = self.title.as_ref().and_then(Value::as_str);
        title.unwrap_or_default()
    }
}

impl Default for Body {
    fn default() -> Self {
        Self(RawValue::NULL.to_owned())
    }
}
