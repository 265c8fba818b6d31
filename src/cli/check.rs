//! `trueup check`: validates files, offline.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use super::declared::Declared;
use super::{FAILED, Failure, codeowners, open, output};
use crate::model::{Diagnostic, RepoPath, Severity};
use crate::reconcile::Declaration;
use crate::report::diagnostics;
use crate::source::Want;

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Folder or work tree
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Settings file, to check placement against its targets
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    format: CheckFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    Text,
    Json,
    /// Annotations of GitHub Actions
    Github,
}

pub(super) async fn run(args: CheckArgs) -> Result<u8, Failure> {
    let settings = args.config.as_deref().map(open::settings).transpose()?;
    let declared = Declared::offline(&args.path, Want::Head, settings.as_ref()).await?;
    let mut found = declared.declaration.diagnostics();
    found.extend(codeowners::out_of_step(&declared).await?);
    found.sort();
    let Declared {
        source,
        declaration,
    } = declared;
    match args.format {
        CheckFormat::Text => {
            let texts = open::texts(&source, &declaration.snapshot, &found).await;
            let colour = output::colour();
            let shown = diagnostics::text(&found, &|path| texts.get(path).cloned(), colour);
            let summary = summary(&declaration, &found);
            output::print(&format!("{}{summary}\n", output::above(&shown)))?;
        }
        CheckFormat::Json => output::print_json(&json(&declaration, &found))?,
        CheckFormat::Github => {
            let found: Vec<_> = found.iter().map(|d| from_here(d, &args.path)).collect();
            output::print(&diagnostics::github(&found))?;
        }
    }
    Ok(if found.iter().any(Diagnostic::is_error) {
        FAILED
    } else {
        0
    })
}

/// GitHub looks for files from the root of the work tree, where its steps run: the path that was given
/// goes before the files in it.
fn from_here(diagnostic: &Diagnostic, path: &Path) -> Diagnostic {
    let mut moved = diagnostic.clone();
    let related = moved.related.iter_mut().map(|related| &mut related.place);
    for place in moved.place.iter_mut().chain(related) {
        let file = path.join(place.file.as_str());
        let file = file.strip_prefix(".").unwrap_or(&file);
        if let Some(file) = file.to_str().and_then(RepoPath::new) {
            place.file = file;
        }
    }
    moved
}

fn json(declaration: &Declaration, found: &[Diagnostic]) -> Value {
    let counts = declaration.resolved.counts();
    let resources: Map<String, Value> = counts
        .into_iter()
        .map(|(kind, count)| (kind.as_str().to_owned(), Value::from(count)))
        .collect();
    json!({
        "schema": "trueup.dev/check/v1",
        "files": declaration.loaded.files,
        "documents": declaration.loaded.documents,
        "skipped": declaration.loaded.skipped,
        "resources": resources,
        "diagnostics": diagnostics::json(found),
    })
}

/// "12 files, 20 documents, 16 resources: 1 error, 2 warnings"
fn summary(declaration: &Declaration, found: &[Diagnostic]) -> String {
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
