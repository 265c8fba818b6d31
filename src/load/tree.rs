//! What the walks over all files look things up in.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::document::{Document, ParsedFile};
use super::patterns::FilePattern;
use crate::model::{BlobId, Code, Diagnostic, Meta, Place, RepoPath, Snapshot};

/// Parsed files by path.
///
/// Sorted in one piece: thousands of them are gone through in the order of their paths, each once, and a
/// table of nodes would be looked up for each.
#[derive(Clone, Debug, Default)]
pub struct Files(Vec<(RepoPath, Arc<ParsedFile>)>);

impl Files {
    /// No file at all.
    pub fn new() -> Self {
        Self::default()
    }

    pub fn get(&self, path: &RepoPath) -> Option<&Arc<ParsedFile>> {
        let found = self.0.binary_search_by(|(other, _)| other.cmp(path));
        found.ok().map(|index| &self.0[index].1)
    }

    pub fn contains(&self, path: &RepoPath) -> bool {
        self.get(path).is_some()
    }

    /// In the order of the paths.
    pub fn iter(&self) -> impl Iterator<Item = &(RepoPath, Arc<ParsedFile>)> {
        self.0.iter()
    }

    /// Each of the sorted paths with its file.
    fn beside<'a>(&'a self, sorted: impl Iterator<Item = &'a RepoPath>) -> Vec<There<'a>> {
        let mut rest = self.0.iter().peekable();
        let there = sorted.map(|path| {
            while rest.next_if(|(other, _)| other < path).is_some() {}
            let file = rest.next_if(|(other, _)| other == path);
            There {
                path,
                file: file.map(|(_, file)| &**file),
            }
        });
        there.collect()
    }
}

impl FromIterator<(RepoPath, Arc<ParsedFile>)> for Files {
    fn from_iter<I: IntoIterator<Item = (RepoPath, Arc<ParsedFile>)>>(files: I) -> Self {
        Self::from(files.into_iter().collect::<Vec<_>>())
    }
}

impl From<Vec<(RepoPath, Arc<ParsedFile>)>> for Files {
    /// Each path comes once.
    fn from(mut files: Vec<(RepoPath, Arc<ParsedFile>)>) -> Self {
        files.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self(files)
    }
}

/// A file that is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct There<'a> {
    pub(super) path: &'a RepoPath,
    /// `None` where it could not be read.
    pub(super) file: Option<&'a ParsedFile>,
}

impl AsRef<RepoPath> for There<'_> {
    fn as_ref(&self) -> &RepoPath {
        self.path
    }
}

/// All files of a snapshot that definitions may refer to, and the last good texts of some.
pub(super) struct Tree<'a> {
    /// Sorted by path.
    there: Vec<There<'a>>,
    last_good: &'a Files,
    snapshot: &'a Snapshot,
    refused: BTreeMap<&'a RepoPath, &'a str>,
}

impl<'a> Tree<'a> {
    /// `wanted` are the paths of files to read, sorted, and `refused` those that the source does not give, with
    /// the reasons: sets take in by what is there, whether or not it can be read.
    pub(super) fn new(
        snapshot: &'a Snapshot,
        wanted: impl Iterator<Item = &'a RepoPath>,
        files: &'a Files,
        refused: BTreeMap<&'a RepoPath, &'a str>,
        last_good: &'a Files,
    ) -> Self {
        let mut there = files.beside(wanted);
        if !refused.is_empty() {
            let unread = refused.keys().map(|path| There { path, file: None });
            there.extend(unread);
            there.sort_by_key(|there| there.path);
        }
        Self {
            there,
            last_good,
            snapshot,
            refused,
        }
    }

    /// Sorted by path.
    pub(super) fn there(&self) -> &[There<'a>] {
        &self.there
    }

    /// The file's last good text.
    pub(super) fn last_good(&self, path: &RepoPath) -> Option<&'a ParsedFile> {
        self.last_good.get(path).map(Arc::as_ref)
    }

    /// Of the file's last good text the definition with the name of `meta`, with what it said of itself but for
    /// its place, which is today's. `pick` takes the definitions of one kind out of the documents.
    pub(super) fn last_good_of<D>(
        &self,
        path: &RepoPath,
        meta: &Meta,
        pick: impl Fn(&'a Document) -> Option<(&'a D, Option<&'a Meta>)>,
    ) -> Option<(Meta, &'a D)> {
        let documents = &self.last_good(path)?.documents;
        let (found, old) = documents.iter().find_map(|document| {
            let (found, old) = pick(document)?;
            let same = |old: &&Meta| (&old.namespace, &old.name) == (&meta.namespace, &meta.name);
            Some((found, old.filter(same)?))
        })?;
        let place = meta.place.clone();
        Some((
            Meta {
                place,
                ..old.clone()
            },
            found,
        ))
    }

    /// What a pattern matches, sorted.
    pub(super) fn expand(&self, pattern: &FilePattern) -> Vec<There<'a>> {
        pattern.expand(&self.there)
    }

    /// What any of the patterns matches, sorted, each once; and the patterns that match nothing.
    pub(super) fn expand_all<'p>(
        &self,
        patterns: &'p [FilePattern],
    ) -> (Vec<There<'a>>, Vec<&'p FilePattern>) {
        let (mut found, mut empty) = (Vec::new(), Vec::new());
        for pattern in patterns {
            let matching = self.expand(pattern);
            if matching.is_empty() {
                empty.push(pattern);
            }
            found.extend(matching);
        }
        if patterns.len() > 1 {
            found.sort_by_key(|there| there.path);
            found.dedup_by_key(|there| there.path);
        }
        (found, empty)
    }

    /// Notes the files that the patterns match as placed.
    pub(super) fn mark(&self, patterns: &[FilePattern], placed: &mut HashSet<&'a RepoPath>) {
        for pattern in patterns {
            placed.extend(self.expand(pattern).iter().map(|there| there.path));
        }
    }

    /// The content of a file that is there.
    pub(super) fn blob(&self, path: &RepoPath) -> Option<BlobId> {
        self.snapshot.files.get(path).map(|entry| entry.blob)
    }

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

/// The files among `paths` that somebody counts on.
pub(super) fn counted_on<'a>(
    paths: impl Iterator<Item = &'a RepoPath>,
    placed: &HashSet<&RepoPath>,
    last_good: &Files,
) -> BTreeSet<&'a RepoPath> {
    paths
        .filter(|path| placed.contains(path) || last_good.contains(path))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::parse;
    use crate::model::{BlobId, Entry, Revision, Span, Spanned};

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text).unwrap()
    }

    fn pattern(text: &str) -> FilePattern {
        let text = Spanned::new(text.to_owned(), Span::default());
        FilePattern::compile(&path("set.yaml"), text).unwrap()
    }

    fn names(there: &[There<'_>]) -> Vec<String> {
        there.iter().map(|there| there.path.to_string()).collect()
    }

    /// Looks at a tree of `a.yaml`, which the source refuses, `b.yaml`, `c.yaml` and `set.yaml`.
    fn look(look: impl Fn(&Tree<'_>)) {
        let entry = Entry {
            blob: BlobId([0; 20]),
            size: 1,
        };
        let wanted = ["b.yaml", "c.yaml", "set.yaml"].map(path);
        let snapshot = Snapshot {
            repository: "platform".into(),
            revision: Revision::Unversioned,
            files: wanted.iter().map(|path| (path.clone(), entry)).collect(),
            diagnostics: Vec::new(),
        };
        let files = ["c.yaml", "b.yaml"].map(path);
        let files = files.map(|path| (path.clone(), Arc::new(parse(&path, b"groups: []\n"))));
        let (files, none, refused) = (Files::from(files.to_vec()), Files::new(), path("a.yaml"));
        let refused = BTreeMap::from([(&refused, "it is too large")]);
        look(&Tree::new(&snapshot, wanted.iter(), &files, refused, &none));
    }

    #[test]
    fn a_refused_file_stands_where_its_path_does() {
        look(|tree| {
            assert_eq!(
                names(tree.there()),
                ["a.yaml", "b.yaml", "c.yaml", "set.yaml"]
            );
            let read: Vec<bool> = tree.there().iter().map(|t| t.file.is_some()).collect();
            assert_eq!(read, [false, true, true, false]);
            assert_eq!(names(&tree.expand(&pattern("a.yaml"))), ["a.yaml"]);
            assert_eq!(tree.why(&path("a.yaml")), "a.yaml: it is too large");
        });
    }

    #[test]
    fn what_two_patterns_match_comes_once_and_sorted() {
        look(|tree| {
            let patterns = ["c.yaml", "[bc].yaml", "x.yaml"].map(pattern);
            let (found, empty) = tree.expand_all(&patterns);
            assert_eq!(names(&found), ["b.yaml", "c.yaml"]);
            let empty: Vec<&str> = empty.iter().map(|p| p.text.value.as_str()).collect();
            assert_eq!(empty, ["x.yaml"]);
        });
    }
}
