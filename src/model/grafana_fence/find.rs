//! Queries of template variables, after `metric_find_query.ts`: `label_values(…)` and its kin, or a selector.

use std::sync::LazyLock;

use regex::Regex;

use super::source::Source;
use super::{Refusal, Walk};
use crate::model::promql::fence::Enforce;

const LABEL_VALUES: &str = "label_values(";
const QUERY_RESULT: &str = "query_result(";

type Fenced = Result<Option<String>, Vec<Refusal>>;

/// The text inside the fence; `None` where it stays as it is. What is written as for Prometheus is fenced whatever its
/// source claims to be.
pub(super) fn fence(walk: &Walk<'_>, text: &str, source: Source) -> Fenced {
    if source == Source::Other || text.trim().is_empty() {
        return Ok(None);
    }
    let begins = |name: &str| text.starts_with(name);
    if begins("label_names(") {
        return refused(
            "label_names() names the labels of every series, which a fence cannot hold",
            "Write the labels into a variable of type custom.",
        );
    }
    if begins("metrics(") {
        return refused(
            "metrics() names the metrics of every series, which a fence cannot hold",
            "Write label_values({__name__=~\"…\"}, __name__).",
        );
    }
    if begins(LABEL_VALUES) {
        return label_values(walk, text);
    }
    if begins(QUERY_RESULT) {
        let inner = text.trim_end().strip_suffix(')');
        let inner = inner.and_then(|text| text.strip_prefix(QUERY_RESULT));
        return match inner {
            Some(inner) => Ok(walk
                .expression(inner, QUERY_RESULT.len(), Source::Prometheus)?
                .map(|inner| format!("query_result({inner})"))),
            None => refused(
                "query_result( is not closed",
                "Write query_result(EXPRESSION).",
            ),
        };
    }
    walk.expression(text, 0, source)
}

fn label_values(walk: &Walk<'_>, text: &str) -> Fenced {
    // With `s`, unlike Grafana's: what it would not take is fenced as well.
    static SHAPE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?s)^label_values\((?:(.+),\s*)?([a-zA-Z_][a-zA-Z0-9_]*)\)\s*$").ok()
    });
    let found = SHAPE.as_ref().and_then(|shape| shape.captures(text));
    let Some((found, label)) = found.and_then(|found| Some((found.get(1), found.get(2)?))) else {
        return refused(
            "this is no label_values(SELECTOR, LABEL), and a variable cannot stand for its label",
            "Write the selector and the name of a label: label_values(up{job=\"api\"}, instance).",
        );
    };
    let selector = found.map_or("", |found| found.as_str());
    let blank = selector.split_whitespace().collect::<String>();
    if blank.is_empty() || blank == "{}" {
        let written = walk.fence.written().collect::<Vec<_>>().join(",");
        let whole = format!("label_values({{{written}}}, {})", label.as_str());
        return match walk.mode {
            Enforce::Inject => Ok(Some(whole)),
            Enforce::Require => refused(
                "label_values without a selector gives the values of every series",
                &format!("Write {whole}."),
            ),
        };
    }
    let fenced = walk.expression(selector, LABEL_VALUES.len(), Source::Prometheus)?;
    Ok(fenced.map(|fenced| {
        format!(
            "label_values({fenced}{}",
            &text[LABEL_VALUES.len() + selector.len()..]
        )
    }))
}

fn refused(message: &str, hint: &str) -> Fenced {
    Err(vec![Refusal {
        message: message.to_owned(),
        hint: hint.to_owned(),
    }])
}
