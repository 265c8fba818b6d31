//! A plan as a comment on a pull request.

use std::fmt::Write as _;

use crate::model::{Diagnostic, Severity};
use crate::plan::{Plan, display};

/// The plan as Markdown: findings first, then the difference in a block that keeps its columns.
pub fn plan(plan: &Plan, found: &[Diagnostic]) -> String {
    let mut out = String::from("### Trueup plan\n\n");
    let _ = writeln!(out, "{}\n", display::totals(plan));
    let shown = found.iter().filter(|d| d.severity != Severity::Info);
    let mut any = false;
    for diagnostic in shown {
        any = true;
        let place = diagnostic.place.as_ref();
        let place = place.map_or_else(String::new, |place| format!("`{place}` "));
        let severity = diagnostic.severity.as_str();
        let _ = writeln!(
            out,
            "- **{severity}** {place}{}",
            escape(&diagnostic.message)
        );
        if let Some(hint) = &diagnostic.hint {
            let _ = writeln!(out, "  {}", escape(hint));
        }
    }
    if any {
        out.push('\n');
    }
    let text = display::text(plan);
    // A fence longer than any in the text keeps the text from ending the block.
    let fence = "`".repeat(longest_run(&text, '`').max(2) + 1);
    let _ = writeln!(out, "{fence}diff\n{text}{fence}");
    out
}

fn longest_run(text: &str, wanted: char) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// Keeps text from the repository from being read as markup or a mention.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\`*_{}[]<>#|@".contains(c) {
            escaped.push('\\');
        }
        escaped.push(if c == '\n' { ' ' } else { c });
    }
    escaped
}
