//! Labels that an expression writes.

use super::FenceFault;
use super::read::read;
use crate::model::promql::lex::Kind as TokenKind;
use crate::model::promql::unquote::unquote;

/// A label that an expression gives to its result; `from..to` is where it is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenLabel {
    pub label: String,
    pub from: usize,
    pub to: usize,
}

/// The labels that `label_replace`, `label_join`, `count_values` and `histogram_quantiles` write.
///
/// Not those that come of selectors: `absent(x{a="b"})` gives `a`, and `group_left (a)` copies it. What is selected
/// is inside the fence already.
///
/// # Errors
/// What cannot be fenced; a label that is not written as one text.
pub fn written_labels(expr: &str) -> Result<Vec<WrittenLabel>, Vec<FenceFault>> {
    let notes = read(expr)?;
    let mut labels = Vec::with_capacity(notes.written.len());
    for (from, to) in notes.written {
        // It may stand in parentheses, and beside comments.
        let mut texts = notes
            .tokens
            .iter()
            .filter(|token| token.kind == TokenKind::Text && from <= token.from && token.to <= to);
        let label = match (texts.next(), texts.next()) {
            (Some(token), None) => unquote(&expr[token.from..token.to]).map(|label| WrittenLabel {
                label,
                from: token.from,
                to: token.to,
            }),
            _ => None,
        };
        labels.push(label.ok_or_else(|| {
            vec![FenceFault {
                from,
                to,
                message: "the label that is written here cannot be told".to_owned(),
                hint: "Write its name in quotes.".to_owned(),
            }]
        })?);
    }
    labels.sort_by_key(|label| label.from);
    Ok(labels)
}
