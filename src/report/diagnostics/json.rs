//! Diagnostics as JSON: `D` of the contract.

use serde_json::{Value, json};

use crate::model::{Diagnostic, Place, Related};

/// A list of `{severity, code, message, file, line, column, hint, related}`. What is not known is null;
/// lines and columns count from 1, columns in Unicode characters.
pub fn json(found: &[Diagnostic]) -> Value {
    found.iter().map(one).collect()
}

fn one(diagnostic: &Diagnostic) -> Value {
    let Diagnostic {
        place,
        severity,
        code,
        message,
        hint,
        related,
    } = diagnostic;
    let (file, line, column) = coordinates(place.as_ref());
    json!({
        "severity": severity.as_str(),
        "code": code.as_str(),
        "message": message,
        "file": file,
        "line": line,
        "column": column,
        "hint": hint,
        "related": related.iter().map(other).collect::<Value>(),
    })
}

fn other(related: &Related) -> Value {
    let Related { message, place } = related;
    let (file, line, column) = coordinates(Some(place));
    json!({ "message": message, "file": file, "line": line, "column": column })
}

fn coordinates(place: Option<&Place>) -> (Option<&str>, Option<u32>, Option<u32>) {
    let start = place.and_then(|place| place.span).map(|span| span.start);
    (
        place.map(|place| place.file.as_str()),
        start.map(|start| start.line),
        start.map(|start| start.column),
    )
}
