//! Matchers of routes and inhibition rules.

use super::reader::{Api, Reader};
use crate::load::read::Fields;
use crate::load::yaml::{Node, Scalar};
use crate::model::alertmanager::{Matcher, MatcherError, Operator};
use crate::model::promql::regex;
use crate::model::{Code, Diagnostic};

/// The matchers of a field.
pub(super) fn read(
    fields: &Fields<'_>,
    field: &'static str,
    reader: &mut Reader<'_, '_>,
) -> Vec<Matcher> {
    let Some(node) = fields.get(field) else {
        return Vec::new();
    };
    let items = reader.sink.list(node, field).iter();
    items.filter_map(|item| matcher(item, reader)).collect()
}

/// `{ name: severity, value: page, matchType: "=" }`, before it `regex: true`.
fn matcher(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Matcher> {
    let known: &[&str] = match reader.api {
        Api::V1Alpha1 => &["name", "value", "matchType", "regex"],
        Api::V1Beta1 => &["name", "value", "matchType"],
    };
    let fields = reader.sink.fields(node, "a matcher", known)?;
    let operator = operator(&fields, reader);
    let value_node = fields.get("value");
    let value = match value_node {
        Some(node) => reader.sink.text(node, "value"),
        None => Some(String::new()),
    };
    let name_node = fields.required("name", reader.sink)?;
    let name = reader.sink.text(name_node, "name")?;
    match Matcher::new(name, operator?, value?) {
        Ok(matcher) => match fault(&matcher) {
            None => Some(matcher),
            Some(why) => {
                let node = value_node.unwrap_or(node);
                reader.invalid(
                    node,
                    why,
                    "Alertmanager uses RE2 syntax: no look-around, at most 1000 repetitions.",
                );
                None
            }
        },
        Err(error) => {
            let (code, at, hint) = match &error {
                MatcherError::Name(_) => (
                    Code::InvalidLabel,
                    name_node,
                    "Use letters, digits and _; the first one is no digit.",
                ),
                MatcherError::Regex { .. } | MatcherError::Shape(_) => (
                    Code::InvalidValue,
                    value_node.unwrap_or(node),
                    "Correct the expression (RE2), or compare with matchType \"=\".",
                ),
            };
            reader.sink.error(code, at.span, error.to_string(), hint);
            None
        }
    }
}

/// Why Alertmanager does not take a matcher's expression, though other engines do.
pub(super) fn fault(matcher: &Matcher) -> Option<String> {
    match matcher.operator() {
        Operator::Equal | Operator::NotEqual => None,
        Operator::Matches | Operator::MatchesNot => {
            let why = regex::fault(matcher.value())?;
            Some(format!(
                "{:?} is not a regular expression: {why}",
                matcher.value()
            ))
        }
    }
}

fn operator(fields: &Fields<'_>, reader: &mut Reader<'_, '_>) -> Option<Operator> {
    let regex = fields.get("regex");
    let flag = regex.and_then(|node| reader.flag(node, "regex"));
    let kind = fields.get("matchType").filter(|node| !node.is_null());
    let kind = kind.filter(|node| {
        node.scalar()
            .is_none_or(|s: &Scalar<'_>| !s.text.is_empty())
    });
    let Some(node) = kind else {
        let matches = flag == Some(true);
        return Some(if matches {
            Operator::Matches
        } else {
            Operator::Equal
        });
    };
    let text = reader.sink.text(node, "matchType")?;
    let Some(operator) = Operator::parse(&text) else {
        let message = format!("matchType cannot be {text:?}");
        reader.invalid(node, message, "Write \"=\", \"!=\", \"=~\" or \"!~\".");
        return None;
    };
    let compares = matches!(operator, Operator::Equal | Operator::NotEqual);
    if let (Some(true), Some(node), true) = (flag, regex, compares) {
        let message = format!("regex has no effect beside matchType {text:?}");
        let place = reader.sink.place(node.span);
        let warning = Diagnostic::warning(Code::InvalidValue, place, message)
            .with_hint("Write matchType \"=~\" or \"!~\", and take regex out.");
        reader.sink.add(warning);
    }
    Some(operator)
}
