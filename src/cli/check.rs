//! `trueup check`: validates files, offline.

mod summary;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use super::declared::Declared;
use super::{FAILED, Failure, codeowners, open, output};
use crate::model::{Diagnostic, RepoPath};
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
    match args.format {
        CheckFormat::Text => {
            let snapshot = &declared.declaration.snapshot;
            let texts = open::texts(&declared.source, snapshot, &found).await;
            let colour = output::colour();
            let shown = diagnostics::text(&found, &|path| texts.get(path).cloned(), colour);
            let summary = summary::text(&declared, &found);
            output::print(&format!("{}{summary}", output::above(&shown)))?;
        }
        CheckFormat::Json => output::print_json(&json(&declared, &found))?,
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

fn json(declared: &Declared, found: &[Diagnostic]) -> Value {
    let declaration = &declared.declaration;
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
