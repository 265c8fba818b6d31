//! The sets of a snapshot with their groups, each at its current text or at its last good one.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::assemble::{Loaded, block, rule_sets};
use super::document::{Document, Group, Groups, ParsedFile, RuleSetDocument};
use super::patterns::FilePattern;
use super::read::fault;
use super::tree::{There, Tree};
use crate::model::definition::{GroupDefinition, RuleSet, Validity};
use crate::model::{Block, Code, Diagnostic, Meta, Place, RepoPath, Spec};

/// Collects sets file by file.
pub(super) struct Sets<'a> {
    tree: &'a Tree<'a>,
    placed: HashSet<&'a RepoPath>,
    found: Vec<RuleSet>,
    blocks: Vec<Block>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Sets<'a> {
    pub(super) fn new(tree: &'a Tree<'a>) -> Self {
        Self {
            tree,
            placed: HashSet::new(),
            found: Vec::new(),
            blocks: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    /// A file that is wanted and could not be read at all.
    pub(super) fn add_unread(&mut self, path: &RepoPath) {
        let detail = self.tree.why(path);
        if !self.fall_back(path, &detail, &BTreeSet::new()) {
            self.blocks
                .push(block(Some(Place::whole(path.clone())), detail));
        }
    }

    /// The sets of a file.
    pub(super) fn add_file(&mut self, path: &RepoPath, file: &ParsedFile) {
        if let Some(syntax) = &file.syntax {
            let detail = fault(&syntax.diagnostic);
            if !self.fall_back(path, &detail, &BTreeSet::new()) && syntax.names_us {
                self.blocks
                    .push(block(syntax.diagnostic.place.clone(), detail));
            }
            return;
        }
        let mut nameless = None;
        for document in rule_sets(file) {
            match (&document.meta, &document.fault) {
                (Some(meta), fault) => {
                    self.add_set(path, meta, document, fault.as_deref());
                }
                (None, fault) => {
                    self.mark_placed(&document.files);
                    let detail = fault.clone().unwrap_or_else(|| format!("{path}: no name"));
                    nameless.get_or_insert((document.place.clone(), detail));
                }
            }
        }
        if let Some((place, detail)) = nameless {
            let named = rule_sets(file).filter_map(|document| document.meta.as_deref());
            let named: BTreeSet<Key> = named.map(key).collect();
            if !self.fall_back(path, &detail, &named) {
                self.blocks.push(block(Some(place), detail));
            }
        }
    }

    /// Lets the sets of a file's last good text stand, but for those that are named; `false` where
    /// there is no such text.
    fn fall_back(&mut self, path: &RepoPath, detail: &str, named: &BTreeSet<Key>) -> bool {
        let Some(file) = self.tree.last_good(path) else {
            return false;
        };
        for document in rule_sets(file) {
            let Some(meta) = document
                .meta
                .as_ref()
                .filter(|meta| !named.contains(&key(meta)))
            else {
                continue;
            };
            let groups = self.groups(meta, document);
            self.push(meta.clone(), document, groups, invalid(detail));
        }
        true
    }

    fn add_set(
        &mut self,
        path: &RepoPath,
        meta: &Arc<Meta>,
        document: &RuleSetDocument,
        fault: Option<&str>,
    ) {
        let Some(detail) = fault else {
            let groups = self.groups(meta, document);
            return self.push(meta.clone(), document, groups, Validity::Valid);
        };
        self.mark_placed(&document.files);
        let before = self.last_good_of(path, meta);
        match before {
            Some((old, before)) => {
                let groups = self.groups(meta, before);
                self.push(Arc::new(old), before, groups, invalid(detail));
            }
            None => self.push(meta.clone(), document, Vec::new(), invalid(detail)),
        }
    }

    fn last_good_of(&self, path: &RepoPath, meta: &Meta) -> Option<(Meta, &'a RuleSetDocument)> {
        self.tree
            .last_good_of(path, meta, |document| match document {
                Document::RuleSet(set) => Some((set, set.meta.as_deref())),
                _ => None,
            })
    }

    fn push(
        &mut self,
        meta: Arc<Meta>,
        document: &RuleSetDocument,
        groups: Vec<GroupDefinition>,
        validity: Validity,
    ) {
        self.found.push(RuleSet {
            kind: document.kind,
            meta,
            validity,
            files: document
                .files
                .iter()
                .map(|pattern| pattern.text.clone())
                .collect(),
            groups,
        });
    }

    fn mark_placed(&mut self, patterns: &[FilePattern]) {
        self.tree.mark(patterns, &mut self.placed);
    }

    /// The groups of a set: those of its files in sorted path order, then the inline ones.
    fn groups(&mut self, meta: &Meta, document: &RuleSetDocument) -> Vec<GroupDefinition> {
        let (found, empty) = self.tree.expand_all(&document.files);
        for pattern in empty {
            self.report_empty(meta, pattern);
        }
        let mut groups = Vec::new();
        for there in found {
            self.placed.insert(there.path);
            self.file_groups(there, &mut groups);
        }
        let file = &document.place.file;
        let before = self.last_good_of(file, meta);
        let before = before.map(|(_, set)| &set.groups);
        let inline = document.groups.named.iter();
        groups.extend(inline.map(|group| definition(file, group, before)));
        groups
    }

    /// Adds the groups of one rule file.
    fn file_groups(&mut self, There { path, file }: There<'a>, groups: &mut Vec<GroupDefinition>) {
        let last_good = self.tree.last_good(path);
        let before: Vec<&Groups> = last_good
            .into_iter()
            .flat_map(|file| file.rule_documents().map(|rules| &rules.groups))
            .collect();
        let first = groups.len();
        let unknown = match file {
            None => Some((Place::whole(path.clone()), self.tree.why(path))),
            Some(file) => {
                for rules in file.rule_documents() {
                    let named = rules.groups.named.iter();
                    groups.extend(named.map(|group| {
                        let known = |groups: &&&Groups| find(groups, &group.name).is_some();
                        definition(path, group, before.iter().find(known).copied())
                    }));
                }
                self.unnamed(path, file)
            }
        };
        let Some((place, detail)) = unknown else {
            return;
        };
        if last_good.is_none() {
            self.blocks.push(block(Some(place), detail));
            return;
        }
        let have: BTreeSet<Arc<str>> = groups[first..].iter().map(|g| g.name.clone()).collect();
        let rest = before.iter().flat_map(|groups| &groups.named);
        for group in rest.filter(|group| !have.contains(&*group.name)) {
            groups.push(GroupDefinition {
                validity: invalid(&detail),
                ..definition(path, group, None)
            });
        }
    }

    /// Why there may be groups in a file that cannot be named.
    fn unnamed(&mut self, path: &RepoPath, file: &ParsedFile) -> Option<(Place, String)> {
        if let Some(syntax) = &file.syntax {
            let place = Place::whole(path.clone());
            let place = syntax.diagnostic.place.clone().unwrap_or(place);
            return Some((place, fault(&syntax.diagnostic)));
        }
        let mut documents = file.rule_documents().peekable();
        if documents.peek().is_none() && file.counted + file.skipped > 0 {
            let place = Place::whole(path.clone());
            let message = "a set takes this file in, but it holds no rules";
            let diagnostic = Diagnostic::error(Code::InvalidValue, place.clone(), message)
                .with_hint("Let `files` match rule files only, or write `groups:` here.");
            let detail = fault(&diagnostic);
            self.diagnostics.push(diagnostic);
            return Some((place, detail));
        }
        documents.find_map(|rules| Some((rules.place.clone(), rules.groups.fault.clone()?)))
    }

    fn report_empty(&mut self, meta: &Meta, pattern: &FilePattern) {
        let diagnostic = self.tree.empty(meta, pattern);
        let place = diagnostic.place.clone();
        self.blocks.push(block(place, fault(&diagnostic)));
        self.diagnostics.push(diagnostic);
    }

    /// Hands over what was found; gives the files that sets take in.
    pub(super) fn finish(self, loaded: &mut Loaded) -> HashSet<&'a RepoPath> {
        loaded.declared.rule_sets.extend(self.found);
        loaded.declared.blocks.extend(self.blocks);
        loaded.diagnostics.extend(self.diagnostics);
        self.placed
    }
}

/// Namespace and name: sets of both kinds share one name space.
type Key = (String, String);

fn key(meta: &Meta) -> Key {
    (meta.namespace.clone(), meta.name.clone())
}

fn invalid(detail: &str) -> Validity {
    Validity::Invalid {
        detail: detail.to_owned(),
    }
}

/// A group as its current text says, or, where that is faulty, as its last good one did.
fn definition(path: &RepoPath, group: &Group, before: Option<&Groups>) -> GroupDefinition {
    let (spec, validity) = match &group.spec {
        Ok(spec) => (Some(spec.clone()), Validity::Valid),
        Err(detail) => {
            let last = before.and_then(|groups| find(groups, &group.name));
            (last.cloned(), invalid(detail))
        }
    };
    GroupDefinition {
        name: group.name.clone(),
        place: Place::new(path.clone(), group.span),
        rules: group.rules.clone(),
        spec,
        validity,
    }
}

fn find<'g>(groups: &'g Groups, name: &str) -> Option<&'g Arc<Spec>> {
    let mut named = groups.named.iter().filter(|group| &*group.name == name);
    named.next()?.spec.as_ref().ok()
}
