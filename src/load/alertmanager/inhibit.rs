//! Inhibition rules.

use super::matchers;
use super::reader::Reader;
use super::route::label;
use crate::load::read::Fields;
use crate::model::alertmanager::InhibitRule;

/// `spec.inhibitRules`.
pub(super) fn read(spec: &Fields<'_>, reader: &mut Reader<'_, '_>) -> Vec<InhibitRule> {
    let Some(node) = spec.get("inhibitRules") else {
        return Vec::new();
    };
    let known = ["targetMatch", "sourceMatch", "equal"];
    let mut rules = Vec::new();
    for item in reader.sink.list(node, "inhibitRules") {
        let Some(fields) = reader.sink.fields(item, "an inhibition rule", &known) else {
            continue;
        };
        let source = matchers::read(&fields, "sourceMatch", reader);
        let target = matchers::read(&fields, "targetMatch", reader);
        let equal = fields.get("equal");
        let equal = equal.map_or(&[][..], |node| reader.sink.list(node, "equal"));
        let equal = equal.iter().filter_map(|node| label(node, "equal", reader));
        rules.push(InhibitRule {
            source,
            target,
            equal: equal.collect(),
        });
    }
    rules
}
