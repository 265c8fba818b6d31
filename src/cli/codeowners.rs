//! `trueup codeowners`: who approves what, from the tenants; and whether the committed file says so.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::declared::{Declared, OptionalConfig};
use super::{FAILED, Failure, SourceArgs, open, output};
use crate::catalog::codeowners::{Difference, OwnedPath, differences};
use crate::model::{Code, Diagnostic, Place, Position, RepoPath, Span};
use crate::reconcile::Declaration;
use crate::report::diagnostics;

/// Where forges look for the file, in the order in which GitHub does; the last is GitLab's.
const FILES: [&str; 4] = [
    ".github/CODEOWNERS",
    "CODEOWNERS",
    "docs/CODEOWNERS",
    ".gitlab/CODEOWNERS",
];

#[derive(Debug, Args)]
pub(super) struct CodeownersArgs {
    #[command(flatten)]
    config: OptionalConfig,
    #[command(flatten)]
    source: SourceArgs,
    /// Folder or work tree; the same as --repo
    #[arg(conflicts_with = "repo")]
    path: Option<PathBuf>,
}

pub(super) async fn run(args: CodeownersArgs) -> Result<u8, Failure> {
    let mut source = args.source;
    source.repo = source.repo.or(args.path);
    let declared = Declared::read(&args.config, &source).await?;
    if let Some(unknown) = &declared.declaration.loaded.declared.unknown {
        return Err(Failure::from(format!(
            "the tenants cannot be told: {unknown}"
        )));
    }
    output::print(&wanted(&declared.declaration))?;
    let errors = declared.errors();
    let texts = open::texts(&declared.source, &declared.declaration.snapshot, &errors).await;
    output::log(&diagnostics::text(
        &errors,
        &|path| texts.get(path).cloned(),
        false,
    ));
    Ok(if errors.is_empty() { 0 } else { FAILED })
}

/// The file as the tenants would have it.
fn wanted(declaration: &Declaration) -> String {
    let declared = &declaration.loaded.declared;
    let tenants = declared.tenants.all().iter();
    let paths: Vec<(String, String)> = tenants
        .flat_map(|tenant| {
            let owner = tenant.owner.value.to_string();
            let paths = tenant.paths.iter();
            paths.map(move |path| (path.value.to_string(), owner.clone()))
        })
        .collect();
    let paths: Vec<OwnedPath<'_>> = paths
        .iter()
        .map(|(pattern, owner)| OwnedPath { pattern, owner })
        .collect();
    let platform = declared.platform.as_ref();
    let platform = platform.and_then(|platform| platform.owner.as_ref());
    let platform = platform.map(ToString::to_string);
    let catalog = &declaration.catalog;
    catalog.codeowners(platform.as_deref(), &paths, &BTreeMap::new())
}

/// How the committed file differs from the wanted one; nothing where there is none, or no tenant.
pub(super) async fn out_of_step(declared: &Declared) -> Result<Vec<Diagnostic>, Failure> {
    let declaration = &declared.declaration;
    let known = &declaration.loaded.declared;
    if known.tenants.is_empty() || known.unknown.is_some() {
        return Ok(Vec::new());
    }
    let files = FILES.iter().filter_map(|file| RepoPath::new(file));
    let mut there = files.filter_map(|file| {
        let entry = declaration.snapshot.files.get(&file)?;
        Some((file, entry.blob))
    });
    let Some((file, blob)) = there.next() else {
        return Ok(Vec::new());
    };
    let text = declared.source.read(vec![blob]).await?.pop().flatten();
    let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
    let found = differences(&wanted(declaration), &text);
    Ok(found.iter().map(|one| told(&file, one)).collect())
}

fn told(file: &RepoPath, difference: &Difference) -> Diagnostic {
    let place = match difference.line() {
        Some(line) => {
            let at = |column| Position { line, column };
            let span = Span {
                start: at(1),
                end: at(1),
            };
            Place::new(file.clone(), span)
        }
        None => Place::whole(file.clone()),
    };
    let message = format!("out of step with the tenants: {difference}");
    Diagnostic::warning(Code::CodeownersStale, place, message)
        .with_hint("Write it anew: trueup codeowners > CODEOWNERS.")
}
