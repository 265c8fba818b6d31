//! `trueup check`: validates files, offline.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use super::{FAILED, Failure, open, output};
use crate::model::{Diagnostic, Inventory, RepoPath, Severity};
use crate::reconcile::declare::{self, Declaration, LastGood};
use crate::reconcile::memo::ParseMemo;
use crate::report::diagnostics;
use crate::resolve::{self, Placing};
use crate::settings::{Limits, TargetSettings};
use crate::source::{Source, Want};

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
    let limits = settings
        .as_ref()
        .map_or_else(Limits::default, |settings| settings.limits.clone());
    let name = settings
        .as_ref()
        .map_or("platform", |settings| &settings.repository.name);
    let source = Source::folder(&args.path, None, name, &limits);
    let mut memo = ParseMemo::default();
    let snapshot = source.snapshot(Want::Head).await?;
    let nothing = LastGood::default();
    let targets: Option<Vec<_>> = settings.as_ref().map(|settings| {
        settings
            .targets
            .iter()
            .map(TargetSettings::to_target)
            .collect()
    });
    let bases = targets
        .as_deref()
        .map(resolve::base_files)
        .unwrap_or_default();
    let (loaded, memory) =
        declare::load_tree(&source, &snapshot, &mut memo, &nothing, &bases).await?;
    let placing = match &targets {
        Some(targets) => Placing::Targets(targets),
        None => Placing::each_selector(&loaded.declared),
    };
    let inventory = Inventory::default();
    let mut declaration =
        declare::resolve(snapshot, loaded, memory, &placing, &inventory, &memo.fences);
    declare::locate(&source, &mut declaration).await?;
    let found = declaration.diagnostics();
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
