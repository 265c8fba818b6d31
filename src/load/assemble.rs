//! Puts the files of a snapshot together: what is declared, what stands at its last good state, and
//! what is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::document::{Document, ParsedFile, RuleSetDocument, SyntaxFault};
use super::grafana::Boards;
use super::patterns::FilePattern;
use super::platform;
use super::read::fault;
use super::sets::Sets;
use super::wanted::{included, wanted};
use crate::model::definition::{Declared, Platform};
use crate::model::{Block, Code, Diagnostic, Meta, Place, RepoPath, Severity, Snapshot};

/// All that one snapshot declares, and what there is to say about it.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    pub declared: Declared,
    /// Sorted by file, line and column, without repetitions; those of the snapshot are among them.
    pub diagnostics: Vec<Diagnostic>,
    /// How many files were read.
    pub files: usize,
    /// Documents that are ours to read.
    pub documents: usize,
    /// Documents that are somebody else's.
    pub skipped: usize,
    /// Files with definitions or placed rules whose current text has errors: they keep their last
    /// good text, if there is one.
    pub broken: BTreeSet<RepoPath>,
    /// Files with definitions or placed rules that are entirely good: their text is the last good one
    /// from now on.
    pub good: BTreeSet<RepoPath>,
}

/// Parsed files by path.
pub type Files = BTreeMap<RepoPath, Arc<ParsedFile>>;

/// Puts the parsed files of a snapshot together.
///
/// `files` holds what [`wanted`] names for the same snapshot; a wanted file that is not in it counts
/// as unreadable. `last_good` holds the last good text of files, parsed, by their present paths.
/// Passes over paths are linear; nothing is parsed here.
pub fn assemble(snapshot: &Snapshot, files: &Files, last_good: &Files) -> Loaded {
    let mut loaded = Loaded {
        diagnostics: snapshot.diagnostics.clone(),
        ..Loaded::default()
    };
    let platform = settle_platform(snapshot, files, &mut loaded);
    let paths: Vec<&RepoPath> = wanted(snapshot, platform.as_ref())
        .into_iter()
        .map(|(path, _)| path)
        .collect();
    let refused = refused(snapshot, platform.as_ref());
    loaded.declared.platform = platform;
    loaded.files = paths.len();

    // Sets take in by what is there, whether or not it can be read.
    let mut there = paths.clone();
    there.extend(refused.iter().map(|refused| refused.path));
    there.sort();
    let whys = refused.iter().map(|refused| (refused.path, refused.why));
    let unread = Unread {
        snapshot,
        refused: whys.collect(),
    };
    let mut sets = Sets::new(&there, files, last_good, &unread);
    let mut boards = Boards::new(&there, files, last_good, &unread);
    for path in &paths {
        if let Some(file) = files.get(*path) {
            loaded.documents += file.counted;
            loaded.skipped += file.skipped;
            sets.add_file(path, file);
            boards.add_file(path, file);
        } else {
            sets.add_unread(path);
            boards.add_unread(path);
        }
    }
    for refused in &refused {
        if refused.unknown || last_good.contains_key(refused.path) {
            sets.add_unread(refused.path);
            boards.add_unread(refused.path);
        }
    }
    let mut placed = sets.finish(&mut loaded);
    placed.extend(boards.finish(&mut loaded));
    sort_blocks(&mut loaded.declared.blocks);
    // Somebody counts on it.
    let missed: BTreeSet<&RepoPath> = refused
        .iter()
        .map(|refused| refused.path)
        .filter(|path| placed.contains(*path) || last_good.contains_key(*path))
        .collect();
    for diagnostic in &mut loaded.diagnostics {
        let place = diagnostic.place.as_ref();
        if place.is_some_and(|place| missed.contains(&place.file)) {
            diagnostic.severity = Severity::Error;
        }
    }
    for path in &paths {
        if let Some(file) = files.get(*path) {
            judge(
                path,
                file,
                placed.contains(*path),
                last_good.get(*path),
                &mut loaded,
            );
        }
    }
    loaded.diagnostics.sort();
    loaded.diagnostics.dedup();
    loaded
}

/// A file that is there and that the source does not give.
struct Refused<'s> {
    path: &'s RepoPath,
    why: &'s str,
    /// What it holds is not known: it is too large, or a pointer. A link leads to what is read elsewhere.
    unknown: bool,
}

fn refused<'s>(snapshot: &'s Snapshot, platform: Option<&Platform>) -> Vec<Refused<'s>> {
    let found = snapshot.refused().filter_map(|(path, diagnostic)| {
        let unknown = matches!(diagnostic.code, Code::FileTooLarge | Code::LfsPointer);
        let matters = unknown || diagnostic.code == Code::SymbolicLink;
        let why = &*diagnostic.message;
        matters.then_some(Refused { path, why, unknown })
    });
    let found: Vec<_> = found.collect();
    let included: Vec<bool> = included(found.iter().map(|f| f.path), platform).collect();
    let kept = found.into_iter().zip(included);
    kept.filter_map(|(file, included)| included.then_some(file))
        .collect()
}

/// The one `Platform`, if it can be read; else, where it cannot, why everything is unknown.
fn settle_platform(snapshot: &Snapshot, files: &Files, loaded: &mut Loaded) -> Option<Platform> {
    let root = RepoPath::new(platform::FILE)?;
    let mut unknown = None;
    let mut found: Option<Platform> = None;
    match files.get(&root) {
        None if snapshot.files.contains_key(&root) => {
            unknown = Some(format!("{root} could not be read"));
        }
        None => {
            let refused = snapshot.refused().find(|(path, _)| **path == root);
            unknown = refused.map(|(_, diagnostic)| fault(diagnostic));
        }
        Some(file) => {
            if let Some(SyntaxFault { diagnostic, .. }) = &file.syntax {
                unknown = Some(fault(diagnostic));
            }
            for document in platforms(file) {
                if let Some(first) = &found {
                    let message = "there is already a Platform";
                    let diagnostic = Diagnostic::error(
                        Code::DuplicateName,
                        document.platform.place.clone(),
                        message,
                    )
                    .with_hint("Put their settings into one.")
                    .with_related("the first one", first.place.clone());
                    unknown = Some(fault(&diagnostic));
                    loaded.diagnostics.push(diagnostic);
                    continue;
                }
                if let Some(detail) = &document.fault {
                    unknown = Some(detail.clone());
                }
                found = Some(document.platform.clone());
            }
        }
    }
    // One that stands elsewhere was probably moved: without its settings everything would be placed
    // differently, so nothing can be said until it is back.
    let elsewhere = files.iter().filter(|(path, _)| **path != root);
    let mut misplaced = elsewhere.flat_map(|(_, file)| platforms(file));
    if let Some(document) = misplaced.find(|_| found.is_none()) {
        unknown = unknown.or_else(|| document.fault.clone());
    }
    loaded.declared.unknown = unknown;
    found.filter(|_| loaded.declared.unknown.is_none())
}

fn platforms(file: &ParsedFile) -> impl Iterator<Item = &super::document::PlatformDocument> {
    file.documents.iter().filter_map(|document| match document {
        Document::Platform(platform) => Some(platform),
        Document::RuleSet(_)
        | Document::Rules(_)
        | Document::DashboardSet(_)
        | Document::Dashboard(_)
        | Document::Object(_) => None,
    })
}

/// Hands on the diagnostics of a file, as severe as its place makes them, and notes whether its text
/// becomes the last good one.
fn judge(
    path: &RepoPath,
    file: &ParsedFile,
    placed: bool,
    last_good: Option<&Arc<ParsedFile>>,
    loaded: &mut Loaded,
) {
    loaded.diagnostics.extend(file.diagnostics.iter().cloned());
    let loose = file.loose_diagnostics().cloned();
    loaded
        .diagnostics
        .extend(loose.map(|diagnostic| soften(diagnostic, placed)));
    if let Some(syntax) = &file.syntax {
        let ours =
            placed || syntax.names_us || last_good.is_some() || path.as_str() == platform::FILE;
        let mut diagnostic = syntax.diagnostic.clone();
        if ours {
            loaded.broken.insert(path.clone());
        } else {
            diagnostic.severity = Severity::Warning;
            if diagnostic.code == Code::YamlInvalid {
                diagnostic.code = Code::YamlUnparsed;
                diagnostic.hint = Some(
                    "If it is a template, exclude it in spec.exclude of the Platform.".to_owned(),
                );
            }
        }
        loaded.diagnostics.push(diagnostic);
        return;
    }
    if !file.is_ours() || file.is_loose() && !placed {
        return;
    }
    let set = if file.is_good() {
        &mut loaded.good
    } else {
        &mut loaded.broken
    };
    set.insert(path.clone());
}

/// What is wrong with rules that no set places is a warning.
fn soften(mut diagnostic: Diagnostic, placed: bool) -> Diagnostic {
    if !placed && diagnostic.severity == Severity::Error {
        diagnostic.severity = Severity::Warning;
    }
    diagnostic
}

fn sort_blocks(blocks: &mut Vec<Block>) {
    blocks.sort_by(|a, b| (&a.place, &a.detail).cmp(&(&b.place, &b.detail)));
    blocks.dedup();
}

/// Why files are not read.
pub(super) struct Unread<'a> {
    snapshot: &'a Snapshot,
    refused: BTreeMap<&'a RepoPath, &'a str>,
}

impl Unread<'_> {
    /// Why a file could not be read at all.
    pub(super) fn why(&self, path: &RepoPath) -> String {
        let why = self.refused.get(path).copied();
        format!("{path}: {}", why.unwrap_or("the file could not be read"))
    }

    /// The error for a pattern of a set that matches nothing.
    pub(super) fn empty(&self, meta: &Meta, pattern: &FilePattern) -> Diagnostic {
        let place = Place::new(meta.place.file.clone(), pattern.text.span);
        let all: Vec<&RepoPath> = self.snapshot.files.keys().collect();
        let passed_over = pattern.expand(&all);
        let text = &pattern.text.value;
        let (message, hint) = match passed_over.first() {
            Some(path) => (
                format!("{text:?} matches only files that are not read, such as {path}"),
                "Hidden files, and what the Platform excludes, are not taken in; nor is what is \
                 not .yaml, .yml or .json.",
            ),
            None => (
                format!("{text:?} matches no file"),
                "The pattern is relative to the folder of this file. Correct it, or take it out; \
                 until then nothing is deleted.",
            ),
        };
        Diagnostic::error(Code::FilesEmpty, place, message).with_hint(hint)
    }
}

/// A block that names the file and the fault.
pub(super) fn block(place: Option<Place>, detail: impl Into<String>) -> Block {
    Block {
        detail: detail.into(),
        place,
    }
}

/// The sets of a file, in the order of the text.
pub(super) fn rule_sets(file: &ParsedFile) -> impl Iterator<Item = &RuleSetDocument> {
    file.documents.iter().filter_map(|document| match document {
        Document::RuleSet(set) => Some(set),
        Document::Platform(_)
        | Document::Rules(_)
        | Document::DashboardSet(_)
        | Document::Dashboard(_)
        | Document::Object(_) => None,
    })
}
