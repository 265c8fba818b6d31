//! Merge keys: `<<`, which YAML 1.1 has and 1.2 has not.

use bumpalo::Bump;

use super::build::{Document, YamlError, build};
use super::node::{Node, Style, Value};
use crate::model::Position;

/// Reads every document of a text without a byte order mark, with what `<<` refers to taken in. In documents
/// that `are_plain` it is a key like any other. Documents that hold nothing are left out. What they hold is put into
/// `arena`.
pub(crate) fn documents<'a>(
    arena: &'a Bump,
    text: &'a str,
    are_plain: impl Fn(&Node<'_>) -> bool,
) -> Result<Vec<Document<'a>>, YamlError> {
    let mut documents = build(arena, text, true)?;
    let affected = |document: &Document<'_>| document.merges.any && are_plain(&document.root);
    if documents.iter().any(affected) {
        // Rare enough to read it all once more.
        for (document, plain) in documents.iter_mut().zip(build(arena, text, false)?) {
            if affected(document) {
                *document = plain;
            }
        }
    }
    let mut faults = documents
        .iter_mut()
        .map(|document| &mut document.merges.fault);
    match faults.find_map(Option::take) {
        Some(fault) => Err(fault),
        None => Ok(documents),
    }
}

/// Takes what `<<` refers to in among the pairs after `from`; keys that are there already win.
pub(super) fn take_in<'a>(
    pairs: &mut Vec<(Node<'a>, Node<'a>)>,
    from: usize,
    merge: Node<'a>,
) -> Result<(), YamlError> {
    let error = || merge_error(merge.span.start);
    let maps = match merge.value {
        Value::Map(_) => std::slice::from_ref(&merge),
        Value::List(items) => items,
        Value::Scalar(_) => return Err(error()),
    };
    for map in maps {
        for (key, value) in map.entries().ok_or_else(error)? {
            let text = key.scalar().map(|scalar| scalar.text);
            let known = text.is_some_and(|text| {
                let mut have = pairs[from..].iter().filter_map(|(have, _)| have.scalar());
                have.any(|scalar| scalar.text == text)
            });
            if !known {
                pairs.push((*key, *value));
            }
        }
    }
    Ok(())
}

pub(super) fn is_merge(key: &Node<'_>) -> bool {
    key.scalar()
        .is_some_and(|scalar| scalar.text == "<<" && scalar.style == Style::Plain)
}

fn merge_error(at: Position) -> YamlError {
    let mut error = YamlError::new(at, "<< takes a mapping or a list of mappings");
    error.hint = Some("Refer to an anchor on a mapping, or quote the key.".to_owned());
    error
}
