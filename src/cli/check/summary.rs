//! What there is, on one screen: entities by kind, tenants, resources by target, and the verdict.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::cli::declared::Declared;
use crate::model::{Diagnostic, ResourceId, ResourceKind, Severity, TargetName};

/// So many targets and names are shown; more of them are counted.
const SHOWN: usize = 15;

/// For a terminal; ends with the line that sums it up.
pub(super) fn text(declared: &Declared, found: &[Diagnostic]) -> String {
    let declaration = &declared.declaration;
    let mut rows = Vec::new();
    let kinds = declaration.catalog.kinds();
    if !kinds.is_empty() {
        let kinds = kinds.iter().map(|(kind, count)| plural(*count, kind));
        rows.push(("entities".to_owned(), joined(kinds)));
    }
    let tenants = declaration.loaded.declared.tenants.all();
    if !tenants.is_empty() {
        let names = tenants.iter().map(|tenant| tenant.name.to_string());
        rows.push(("tenants".to_owned(), joined(names)));
    }
    let by_target = by_target(declared);
    for (target, kinds) in by_target.iter().take(SHOWN) {
        let kinds = kinds.iter();
        let kinds = kinds.map(|(kind, count)| plural(*count, &kind.as_str().replace('_', " ")));
        rows.push((declared.title(target), joined(kinds)));
    }
    let mut out = String::new();
    let width = rows.iter().map(|(name, _)| name.chars().count()).max();
    let width = width.unwrap_or(0);
    for (name, what) in &rows {
        let _ = writeln!(out, "{name:<width$}  {what}");
    }
    if by_target.len() > SHOWN {
        let _ = writeln!(out, "and {} more targets", by_target.len() - SHOWN);
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out + &verdict(declared, found) + "\n"
}

fn by_target(declared: &Declared) -> BTreeMap<&TargetName, BTreeMap<ResourceKind, usize>> {
    let desired = declared.declaration.resolved.desired.iter();
    let counted = desired.map(|(target, resources)| {
        let mut kinds = BTreeMap::new();
        for ResourceId { kind, .. } in resources.keys() {
            *kinds.entry(*kind).or_default() += 1;
        }
        (target, kinds)
    });
    counted.collect()
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    match parts.len() {
        0..=SHOWN => parts.join(", "),
        n => format!("{} and {} more", parts[..SHOWN].join(", "), n - SHOWN),
    }
}

/// "12 files, 20 documents, 16 resources: 1 error, 2 warnings"
fn verdict(declared: &Declared, found: &[Diagnostic]) -> String {
    let declaration = &declared.declaration;
    let resources: usize = declaration.resolved.counts().values().sum();
    let count = |severity| found.iter().filter(|d| d.severity == severity).count();
    let verdict = match (count(Severity::Error), count(Severity::Warning)) {
        (0, 0) => "no errors".to_owned(),
        (0, warnings) => format!("no errors, {}", plural(warnings, "warning")),
        (errors, 0) => plural(errors, "error"),
        (errors, warnings) => {
            format!(
                "{}, {}",
                plural(errors, "error"),
                plural(warnings, "warning")
            )
        }
    };
    format!(
        "{}, {}, {}: {verdict}",
        plural(declaration.loaded.files, "file"),
        plural(declaration.loaded.documents, "document"),
        plural(resources, "resource"),
    )
}

fn plural(count: usize, noun: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{end}")
}
