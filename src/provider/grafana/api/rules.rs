//! Alert rules: only how many there are in which folder, since a folder that has some must not be deleted.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Api, ApiError};

impl Api {
    /// How many alert rules each folder has, by its uid; nothing on a server without them (7.5).
    pub(in crate::provider::grafana) async fn alert_rules(
        &self,
    ) -> Result<BTreeMap<String, usize>, ApiError> {
        type Namespaces = BTreeMap<String, Vec<Value>>;
        let namespaces: Namespaces = match self.get("/api/ruler/grafana/api/v1/rules").await {
            Ok(namespaces) => namespaces,
            Err(error) if error.is_missing_api() => return Ok(BTreeMap::new()),
            Err(error) => return Err(error),
        };
        let mut counts = BTreeMap::new();
        for group in namespaces.values().flatten() {
            let rules = group.get("rules").and_then(Value::as_array);
            for rule in rules.into_iter().flatten() {
                let folder = rule.pointer("/grafana_alert/namespace_uid");
                let Some(folder) = folder.and_then(Value::as_str) else {
                    return Err(ApiError::Answer(
                        "an alert rule does not say in which folder it is".to_owned(),
                    ));
                };
                *counts.entry(folder.to_owned()).or_default() += 1;
            }
        }
        Ok(counts)
    }
}
