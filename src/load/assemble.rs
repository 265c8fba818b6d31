//! Puts the files of a snapshot together: what is declared, what stands at its last good state, and
//! what is wrong.

use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::alertmanager::settle_bases;
use super::document::{Document, ParsedFile, RuleSetDocument, SyntaxFault};
use super::entities::entities;
use super::grafana::Boards;
use super::platform;
use super::read::fault;
use super::sets::Sets;
use super::tenants::settle_tenants;
use super::tree::{Files, There, Tree, counted_on};
use super::wanted::{included, wanted};
use crate::model::definition::{Declared, Platform};
use crate::model::{BlobId, Block, Code, Diagnostic, Place, RepoPath, Severity, Snapshot};

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

/// What is known beside the files.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given<'a> {
    /// Files that targets use as the platform's own part of an Alertmanager's configuration.
    pub base_files: &'a [RepoPath],
    /// The last good texts of files, by their blobs.
    pub good: Option<&'a BTreeMap<RepoPath, BlobId>>,
}

/// Puts the parsed files of a snapshot together.
///
/// `files` holds what [`wanted`] names for the same snapshot; a wanted file that is not in it counts
/// as unreadable. `last_good` holds the last good text of files, parsed, by their present paths.
/// Passes over paths are linear; nothing is parsed here.
pub fn assemble(
    snapshot: &Snapshot,
    files: &Files,
    last_good: &Files,
    given: &Given<'_>,
) -> Loaded {
    let mut loaded = Loaded {
        diagnostics: snapshot.diagnostics.clone(),
        ..Loaded::default()
    };
    let platform = settle_platform(snapshot, files, &mut loaded);
    let wanted = wanted(snapshot, platform.as_ref());
    let refused = refused(snapshot, platform.as_ref());
    loaded.declared.platform = platform;
    loaded.files = wanted.len();
    let whys = refused.iter().map(|refused| (refused.path, refused.why));
    let paths = wanted.iter().map(|(path, _)| *path);
    let tree = Tree::new(snapshot, paths, files, whys.collect(), last_good);
    let mut placed = HashSet::new();
    for part in walk(&tree, &refused) {
        placed.extend(part.0.finish(&mut loaded));
        placed.extend(part.1.finish(&mut loaded));
    }
    placed.extend(settle_bases(&tree, given.base_files, &mut loaded));
    let known = settle_tenants(&tree, given.good, &mut loaded);
    loaded.declared.entities = entities(&tree);
    sort_blocks(&mut loaded.declared.blocks);
    let unread = refused.iter().map(|refused| refused.path);
    let missed = counted_on(unread, &placed, last_good);
    for diagnostic in &mut loaded.diagnostics {
        let place = diagnostic.place.as_ref();
        if place.is_some_and(|place| missed.contains(&place.file)) {
            diagnostic.severity = Severity::Error;
        }
    }
    let parts = tree.there().par_chunks(PART).map(|part| {
        let mut judged = Judged::default();
        for There { path, file } in part {
            if let Some(file) = file {
                let is_placed = placed.contains(path);
                judged.judge(path, file, is_placed, last_good.contains(path));
            }
        }
        judged
    });
    Judged::settle(parts.collect(), &mut loaded);
    for path in known.forgotten.iter().chain(&known.stay) {
        loaded.good.remove(path);
    }
    loaded.broken.extend(known.stay);
    loaded.diagnostics.sort();
    loaded.diagnostics.dedup();
    loaded
}

/// So many files are gone through in one piece; more of them on all cores.
const PART: usize = 512;

/// What the files hold, in parts in the order of their paths: many at once, since they do not know each other.
fn walk<'a>(tree: &'a Tree<'a>, refused: &[Refused<'_>]) -> Vec<(Sets<'a>, Boards<'a>)> {
    let passed_over: BTreeSet<&RepoPath> = refused
        .iter()
        .filter(|refused| !refused.unknown && tree.last_good(refused.path).is_none())
        .map(|refused| refused.path)
        .collect();
    let parts = tree.there().par_chunks(PART).map(|part| {
        let (mut sets, mut boards) = (Sets::new(tree), Boards::new(tree));
        for There { path, file } in part {
            match file {
                Some(file) => {
                    sets.add_file(path, file);
                    boards.add_file(path, file);
                }
                None if passed_over.contains(path) => {}
                None => {
                    sets.add_unread(path);
                    boards.add_unread(path);
                }
            }
        }
        (sets, boards)
    });
    parts.collect()
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
    if found.is_none() {
        unknown = unknown.or_else(|| misplaced(files, &root));
    }
    loaded.declared.unknown = unknown;
    found.filter(|_| loaded.declared.unknown.is_none())
}

/// What is wrong with a `Platform` that stands elsewhere. It was probably moved: without its settings everything
/// would be placed differently, so nothing can be said until it is back.
fn misplaced(files: &Files, root: &RepoPath) -> Option<String> {
    let elsewhere = files.iter().filter(|(path, _)| path != root);
    let mut documents = elsewhere.flat_map(|(_, file)| platforms(file));
    documents.next()?.fault.clone()
}

fn platforms(file: &ParsedFile) -> impl Iterator<Item = &super::document::PlatformDocument> {
    file.documents.iter().filter_map(|document| match document {
        Document::Platform(platform) => Some(platform),
        Document::Tenant(_)
        | Document::RuleSet(_)
        | Document::Rules(_)
        | Document::DashboardSet(_)
        | Document::Dashboard(_)
        | Document::Object(_)
        | Document::AlertmanagerFile(_)
        | Document::Entity(_) => None,
    })
}

/// What there is to say of files, each on its own.
#[derive(Default)]
struct Judged {
    documents: usize,
    skipped: usize,
    diagnostics: Vec<Diagnostic>,
    broken: Vec<RepoPath>,
    good: Vec<RepoPath>,
}

impl Judged {
    /// Hands on the diagnostics of a file, as severe as its place makes them, and notes whether its text
    /// becomes the last good one.
    fn judge(&mut self, path: &RepoPath, file: &ParsedFile, placed: bool, has_last_good: bool) {
        self.documents += file.counted;
        self.skipped += file.skipped;
        self.diagnostics.extend(file.diagnostics.iter().cloned());
        let loose = file.loose_diagnostics().cloned();
        self.diagnostics
            .extend(loose.map(|diagnostic| soften(diagnostic, placed)));
        if let Some(syntax) = &file.syntax {
            let ours =
                placed || syntax.names_us || has_last_good || path.as_str() == platform::FILE;
            if ours {
                self.broken.push(path.clone());
            }
            self.diagnostics.push(syntax_diagnostic(syntax, ours));
            return;
        }
        if !file.is_ours() || file.is_loose() && !placed {
            return;
        }
        if file.is_good() {
            self.good.push(path.clone());
        } else {
            self.broken.push(path.clone());
        }
    }

    /// Hands over what all parts, in the order of their paths, have to say.
    fn settle(parts: Vec<Self>, loaded: &mut Loaded) {
        let (mut broken, mut good) = (Vec::new(), Vec::new());
        for part in parts {
            loaded.documents += part.documents;
            loaded.skipped += part.skipped;
            loaded.diagnostics.extend(part.diagnostics);
            broken.extend(part.broken);
            good.extend(part.good);
        }
        // A table is made at once of what is sorted.
        loaded.broken = broken.into_iter().collect();
        loaded.good = good.into_iter().collect();
    }
}

/// What is wrong with the syntax of a file; of one that is not ours it is a warning.
fn syntax_diagnostic(syntax: &SyntaxFault, ours: bool) -> Diagnostic {
    let mut diagnostic = syntax.diagnostic.clone();
    if !ours {
        diagnostic.severity = Severity::Warning;
        if diagnostic.code == Code::YamlInvalid {
            diagnostic.code = Code::YamlUnparsed;
            diagnostic.hint =
                Some("If it is a template, exclude it in spec.exclude of the Platform.".to_owned());
        }
    }
    diagnostic
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
        | Document::Tenant(_)
        | Document::Rules(_)
        | Document::DashboardSet(_)
        | Document::Dashboard(_)
        | Document::Object(_)
        | Document::AlertmanagerFile(_)
        | Document::Entity(_) => None,
    })
}
