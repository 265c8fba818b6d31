//! What most commands begin with: settings, source, state.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Failure, SourceArgs, TargetArgs};
use crate::model::{Diagnostic, RepoPath, Snapshot};
use crate::reconcile::Lane;
use crate::settings::Settings;
use crate::source::{Source, Want};

pub(super) fn settings(path: &Path) -> Result<Settings, Failure> {
    Settings::load(path).map_err(Failure::from)
}

/// The same, with the text that they are made of.
pub(super) fn settings_and_text(path: &Path) -> Result<(Settings, String), Failure> {
    let Ok(text) = std::fs::read_to_string(path) else {
        // Said in the words of the settings.
        return settings(path).map(|settings| (settings, String::new()));
    };
    Ok((Settings::parse(&text, path)?, text))
}

/// Who is going to use the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// May write the mirror: it holds the state's lock.
    Own,
    /// May run beside a daemon.
    Beside,
}

/// The source that the arguments name, and what is wanted of it.
pub(super) fn source(settings: &Settings, args: &SourceArgs, usage: Use) -> (Source, Want) {
    let repository = &settings.repository;
    let want = args.rev.clone().map_or(Want::Head, Want::Rev);
    if let Some(path) = &args.repo {
        let sub_path = repository.path.as_ref();
        let source = Source::folder(path, sub_path, &repository.name, &settings.limits);
        return (source, want);
    }
    let beside = settings.state.parent().unwrap_or(Path::new("."));
    let handle = tokio::runtime::Handle::current();
    let source = match usage {
        Use::Own => Source::open(repository, beside, &settings.limits, handle),
        Use::Beside => Source::open_readonly(repository, beside, &settings.limits, handle),
    };
    (source, want)
}

/// Keeps the lanes of the targets that take part.
pub(super) fn only(lanes: &mut Vec<Lane>, args: &TargetArgs) -> Result<(), Failure> {
    let known: Vec<&str> = lanes.iter().map(|lane| lane.name().as_str()).collect();
    if let Some(unknown) = args.targets.iter().find(|t| !known.contains(&t.as_str())) {
        return Err(Failure::usage(format!(
            "--target {unknown}: the settings have no such target; they have {}",
            known.join(", ")
        )));
    }
    if !args.targets.is_empty() {
        lanes.retain(|lane| args.targets.iter().any(|name| name == lane.name().as_str()));
    }
    Ok(())
}

/// The texts of the files that diagnostics speak of, to show the lines.
pub(super) async fn texts(
    source: &Source,
    snapshot: &Snapshot,
    diagnostics: &[Diagnostic],
) -> BTreeMap<RepoPath, String> {
    let related = diagnostics
        .iter()
        .flat_map(|d| &d.related)
        .map(|r| &r.place);
    let places = diagnostics.iter().filter_map(|d| d.place.as_ref());
    let mut wanted: Vec<(RepoPath, crate::model::BlobId)> = places
        .chain(related)
        .filter_map(|place| {
            let entry = snapshot.files.get(&place.file)?;
            Some((place.file.clone(), entry.blob))
        })
        .collect();
    wanted.sort();
    wanted.dedup();
    let blobs = wanted.iter().map(|(_, blob)| *blob).collect();
    // Without its text a diagnostic is still complete.
    let contents = source.read(blobs).await.unwrap_or_default();
    wanted
        .into_iter()
        .zip(contents)
        .filter_map(|((path, _), bytes)| Some((path, String::from_utf8(bytes?).ok()?)))
        .collect()
}
