//! Diagnostics as workflow commands of GitHub Actions, which shows them beside the changed lines.

use std::fmt::Write as _;

use crate::model::{Diagnostic, Severity};

/// One `::error file=…,line=…,col=…,title=…::message` a line. Escaped as the runner's own toolkit does
/// (`@actions/core`, `command.ts`), so that no text of a file can start a command.
pub fn github(found: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in found {
        let command = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let mut properties = String::new();
        if let Some(place) = &diagnostic.place {
            let _ = write!(properties, "file={},", property(place.file.as_str()));
            if let Some(span) = place.span {
                let start = span.start;
                let _ = write!(properties, "line={},col={},", start.line, start.column);
            }
        }
        let mut message = diagnostic.message.clone();
        if let Some(hint) = &diagnostic.hint {
            let _ = write!(message, "\n{hint}");
        }
        for related in &diagnostic.related {
            let _ = write!(message, "\n{}: {}", related.place, related.message);
        }
        let title = property(diagnostic.code.as_str());
        let message = data(&message);
        let _ = writeln!(out, "::{command} {properties}title={title}::{message}");
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
