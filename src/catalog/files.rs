//! What the catalog asks of the files of its commit.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;

use globset::{GlobBuilder, GlobMatcher};

use crate::model::nearest::nearest;
use crate::model::{Diagnostic, RepoPath, Snapshot};

/// In how many files of a folder a similar name is looked for.
const LOOKED_AT: usize = 1000;

/// The files of the commit that the entities are from.
#[derive(Clone)]
pub struct Files<'a> {
    snapshot: &'a Snapshot,
    is_read: &'a dyn Fn(&RepoPath) -> bool,
    refused: BTreeMap<&'a str, &'a Diagnostic>,
}

/// What stands at a path.
#[derive(Clone, Copy, Debug)]
pub(super) enum Presence<'a> {
    /// A file that is searched for documents.
    Read,
    /// A file that is not: hidden, excluded, or of another format.
    PassedOver,
    /// Something that the source gives nobody, or a path through such: a symbolic link, a submodule; with the reason.
    Refused(&'a Diagnostic),
    Absent,
}

impl fmt::Debug for Files<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").finish_non_exhaustive()
    }
}

impl<'a> Files<'a> {
    /// `is_read` tells of a file of the snapshot whether it is searched for documents.
    pub fn new(snapshot: &'a Snapshot, is_read: &'a dyn Fn(&RepoPath) -> bool) -> Self {
        let refused = snapshot.refused();
        Self {
            snapshot,
            is_read,
            refused: refused.map(|(path, why)| (path.as_str(), why)).collect(),
        }
    }

    pub(super) fn look(&self, path: &str) -> Presence<'a> {
        let ends = path.match_indices('/').map(|(at, _)| at);
        let upwards = ends.chain([path.len()]).map(|end| &path[..end]);
        for part in upwards {
            if let Some(why) = self.refused.get(part) {
                return Presence::Refused(why);
            }
        }
        match self.snapshot.files.get_key_value(path) {
            Some((path, _)) if (self.is_read)(path) => Presence::Read,
            Some(_) => Presence::PassedOver,
            None => Presence::Absent,
        }
    }

    /// What a pattern matches: something that is read, if there is; else something else.
    pub(super) fn look_for(&self, pattern: &Pattern<'_>) -> Presence<'a> {
        let matching = self.below(pattern.beginning);
        let mut matching = matching.filter(|path| pattern.matcher.is_match(path.as_str()));
        let Some(first) = matching.next() else {
            let refused = self.refused.iter();
            let mut refused = refused.filter(|(path, _)| pattern.matcher.is_match(path));
            return refused
                .next()
                .map_or(Presence::Absent, |(_, why)| Presence::Refused(why));
        };
        let any_read = (self.is_read)(first) || matching.any(|path| (self.is_read)(path));
        if any_read {
            Presence::Read
        } else {
            Presence::PassedOver
        }
    }

    /// The file in the same folder that a missing one is most likely a slip of.
    pub(super) fn nearest(&self, missing: &str) -> Option<String> {
        let (folder, name) = match missing.rfind('/') {
            Some(slash) => missing.split_at(slash + 1),
            None => ("", missing),
        };
        let names = self
            .below(folder)
            .map(|path| &path.as_str()[folder.len()..]);
        let names = names.filter(|name| !name.contains('/'));
        let names: Vec<&str> = names.take(LOOKED_AT).collect();
        Some(format!("{folder}{}", nearest(name, &names)?))
    }

    /// The files whose paths begin with a text, sorted.
    fn below(&self, beginning: &str) -> impl Iterator<Item = &'a RepoPath> {
        let from = (Bound::Included(beginning), Bound::Unbounded);
        let after = self.snapshot.files.range::<str, _>(from);
        let paths = after.map(|(path, _)| path);
        paths.take_while(move |path| path.as_str().starts_with(beginning))
    }
}

/// A path from the root of the repository with `*`, `?` or `**` in it.
#[derive(Debug)]
pub(super) struct Pattern<'p> {
    /// What every matching path begins with.
    beginning: &'p str,
    matcher: GlobMatcher,
}

impl<'p> Pattern<'p> {
    /// `None` where the text is one plain path. What else means something to the library is taken by the letter, as
    /// Backstage does.
    pub(super) fn of(text: &'p str) -> Option<Result<Self, String>> {
        let beginning = &text[..text.find(['*', '?'])?];
        let mut literal = String::with_capacity(text.len());
        for letter in text.chars() {
            if matches!(letter, '[' | ']' | '{' | '}' | '\\') {
                literal.push('\\');
            }
            literal.push(letter);
        }
        let glob = GlobBuilder::new(&literal)
            .literal_separator(true)
            .backslash_escape(true)
            .build();
        Some(match glob {
            Ok(glob) => Ok(Self {
                beginning,
                matcher: glob.compile_matcher(),
            }),
            Err(error) => Err(error.kind().to_string()),
        })
    }
}
