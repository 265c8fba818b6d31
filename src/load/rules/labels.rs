//! Labels and annotations.

use std::collections::BTreeMap;

use super::names::is_label_name;
use crate::load::read::Sink;
use crate::load::yaml::Node;
use crate::model::{Code, Span};

/// What a mapping of texts is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Texts {
    Labels,
    Annotations,
}

/// Reads labels or annotations. Values that are nothing are empty texts, as in go-yaml v3.
pub(super) fn texts(
    node: &Node<'_>,
    texts: Texts,
    sink: &mut Sink<'_>,
) -> BTreeMap<String, String> {
    let (what, one) = match texts {
        Texts::Labels => ("labels", "label"),
        Texts::Annotations => ("annotations", "annotation"),
    };
    let mut read = BTreeMap::new();
    let Some(fields) = sink.open_fields(node, what) else {
        return read;
    };
    for (key, value) in fields.entries {
        let Some(name) = sink.text(key, "a name") else {
            continue;
        };
        check_name(&name, key.span, texts, one, sink);
        // Put into words only where it is needed.
        let what = format_args!("the value of {one} {name:?}");
        if let Some(text) = sink.text(value, what) {
            read.insert(name, text);
        }
    }
    read
}

fn check_name(name: &str, span: Span, texts: Texts, one: &str, sink: &mut Sink<'_>) {
    if !is_label_name(name) {
        let message = format!("{name:?} is not a name for a {one}");
        let hint = "Use letters, digits and underscores, with no digit at the start.";
        sink.error(Code::InvalidLabel, span, message, hint);
    } else if texts == Texts::Labels && name == "__name__" {
        let hint = "The name of a series is that of its rule: change `record` or `alert`.";
        sink.error(Code::InvalidLabel, span, "a rule cannot set __name__", hint);
    }
}
