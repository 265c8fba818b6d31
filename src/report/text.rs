//! Texts of desired resources and outcomes.

use std::fmt::Write as _;

use crate::model::{Outcome, OutcomeResult, Resource};

/// A resource as a YAML document, headed by a comment with its id and source.
///
/// # Errors
/// Where the body cannot be written as YAML.
pub fn resource(resource: &Resource) -> Result<String, serde_yaml::Error> {
    let body = serde_yaml::to_string(&super::json::spec(&resource.spec))?;
    let source = &resource.source;
    Ok(format!(
        "---\n# {} ({}:{})\n{body}",
        resource.id, source.file, source.line
    ))
}

/// What became of an apply: every failure with its error, and a line of totals.
pub fn outcomes(outcomes: &[Outcome]) -> String {
    let mut out = String::new();
    let count = |result| outcomes.iter().filter(|o| o.result == result).count();
    let not_done = outcomes.iter().filter(|o| o.result != OutcomeResult::Done);
    for outcome in not_done {
        let _ = writeln!(
            out,
            "{}: {} {}\n    {}",
            outcome.result.as_str(),
            outcome.action.as_str(),
            outcome.id,
            outcome.error.as_deref().unwrap_or("no reason was given")
        );
    }
    if !outcomes.is_empty() {
        let _ = writeln!(
            out,
            "applied: {} done, {} failed, {} skipped.",
            count(OutcomeResult::Done),
            count(OutcomeResult::Failed),
            count(OutcomeResult::Skipped)
        );
    }
    out
}
