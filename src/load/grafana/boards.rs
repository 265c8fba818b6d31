//! What stands on Grafanas, of all files together: each at its current text or at its last good one.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::{DashboardFile, DashboardSetDocument, ObjectDocument, Reference};
use crate::load::assemble::{Loaded, block};
use crate::load::document::{Document, ParsedFile};
use crate::load::patterns::FilePattern;
use crate::load::read::fault;
use crate::load::tree::{There, Tree};
use crate::model::definition::{ObjectDefinition, ObjectOrigin, Validity};
use crate::model::grafana::{Dashboard, InFolder, dashboard_uid};
use crate::model::{Block, Code, Diagnostic, Meta, Place, RepoPath, Spec};

/// Collects definitions file by file.
pub(in crate::load) struct Boards<'a> {
    tree: &'a Tree<'a>,
    placed: HashSet<&'a RepoPath>,
    found: Vec<ObjectDefinition>,
    sets: Vec<Meta>,
    blocks: Vec<Block>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Boards<'a> {
    pub(in crate::load) fn new(tree: &'a Tree<'a>) -> Self {
        Self {
            tree,
            placed: HashSet::new(),
            found: Vec::new(),
            sets: Vec::new(),
            blocks: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    /// A file that is wanted and could not be read at all. That it blocks deletes is said elsewhere.
    pub(in crate::load) fn add_unread(&mut self, path: &RepoPath) {
        let detail = self.tree.why(path);
        self.fall_back(path, &detail, &BTreeSet::new());
    }

    /// The definitions of a file.
    pub(in crate::load) fn add_file(&mut self, path: &RepoPath, file: &'a ParsedFile) {
        if let Some(syntax) = &file.syntax {
            let detail = fault(&syntax.diagnostic);
            self.fall_back(path, &detail, &BTreeSet::new());
            return;
        }
        let mut named = BTreeSet::new();
        for document in &file.documents {
            match document {
                Document::DashboardSet(set) => {
                    named.extend(
                        set.meta
                            .as_ref()
                            .map(|meta| key(ObjectOrigin::DashboardSet, meta)),
                    );
                    self.set(path, set);
                }
                Document::Object(object) => {
                    named.extend(object.meta.as_ref().map(|meta| key(object.origin, meta)));
                    self.object(path, object);
                }
                Document::Platform(_)
                | Document::Tenant(_)
                | Document::RuleSet(_)
                | Document::Rules(_)
                | Document::Dashboard(_)
                | Document::AlertmanagerFile(_)
                | Document::Entity(_) => {}
            }
        }
        let nameless = file.documents.iter().find_map(nameless);
        if let Some(detail) = nameless {
            self.fall_back(path, detail, &named);
        }
    }

    /// Lets the definitions of a file's last good text stand, but for those that are named.
    fn fall_back(&mut self, path: &RepoPath, detail: &str, named: &BTreeSet<Key>) {
        let Some(file) = self.tree.last_good(path) else {
            return;
        };
        for document in &file.documents {
            match document {
                Document::DashboardSet(set) => {
                    let meta = set.meta.as_ref();
                    let other =
                        |meta: &&Meta| !named.contains(&key(ObjectOrigin::DashboardSet, meta));
                    if let Some(meta) = meta.filter(other) {
                        self.dashboards(meta, set, Some(detail));
                    }
                }
                Document::Object(object) => {
                    let meta = object.meta.as_ref();
                    let other = |meta: &&Meta| !named.contains(&key(object.origin, meta));
                    if let Some(meta) = meta.filter(other) {
                        self.push_object(meta, object, invalid(detail));
                    }
                }
                Document::Platform(_)
                | Document::Tenant(_)
                | Document::RuleSet(_)
                | Document::Rules(_)
                | Document::Dashboard(_)
                | Document::AlertmanagerFile(_)
                | Document::Entity(_) => {}
            }
        }
    }

    fn set(&mut self, path: &RepoPath, set: &DashboardSetDocument) {
        let Some(meta) = &set.meta else {
            self.mark_placed(&set.files);
            self.block_by(&set.place, set.fault.as_deref());
            return;
        };
        self.sets.push(meta.clone());
        let Some(detail) = &set.fault else {
            self.dashboards(meta, set, None);
            return;
        };
        self.mark_placed(&set.files);
        let before = self
            .tree
            .last_good_of(path, meta, |document| match document {
                Document::DashboardSet(other) => Some((other, other.meta.as_ref())),
                _ => None,
            });
        match before {
            Some((meta, before)) => self.dashboards(&meta, before, Some(detail)),
            None => self.block_by(&set.place, Some(detail)),
        }
    }

    /// The dashboards of a set's files. With a `detail` the set itself is invalid, and so is all in it.
    fn dashboards(&mut self, meta: &Meta, set: &DashboardSetDocument, detail: Option<&str>) {
        let (found, empty) = self.tree.expand_all(&set.files);
        for pattern in empty {
            self.report_empty(meta, pattern);
        }
        for there in found {
            self.placed.insert(there.path);
            self.file(meta, set, there, detail);
        }
    }

    /// The dashboards of one file.
    fn file(
        &mut self,
        meta: &Meta,
        set: &DashboardSetDocument,
        There { path, file }: There<'a>,
        detail: Option<&str>,
    ) {
        let before = self.tree.last_good(path).map(|file| dashboards(file));
        let current = match file {
            None => Err(self.tree.why(path)),
            Some(file) => match &file.syntax {
                Some(syntax) => Err(fault(&syntax.diagnostic)),
                None => Ok(dashboards(file)),
            },
        };
        let place = Place::whole(path.clone());
        let (found, why) = match current {
            Ok(found) if found.is_empty() => {
                let message = "a set takes this file in, but it holds no dashboard";
                let diagnostic = Diagnostic::error(Code::InvalidValue, place.clone(), message)
                    .with_hint(
                        "Let `files` match dashboards only: an object with title and panels.",
                    );
                let why = fault(&diagnostic);
                self.diagnostics.push(diagnostic);
                (Vec::new(), Some(why))
            }
            Ok(found) => (found, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        for dashboard in found {
            match &dashboard.fault {
                None => self.dashboard(meta, set, path, dashboard, detail),
                Some(why) => {
                    let same = |other: &&&DashboardFile| other.uid == dashboard.uid;
                    let last = before.as_ref().and_then(|before| before.iter().find(same));
                    match last {
                        Some(last) => self.dashboard(meta, set, path, last, Some(why)),
                        None => self.block_by(&dashboard.place, Some(why)),
                    }
                }
            }
        }
        if let Some(why) = why {
            match before.filter(|before| !before.is_empty()) {
                Some(before) => {
                    for last in before {
                        self.dashboard(meta, set, path, last, Some(&why));
                    }
                }
                None => self.block_by(&place, Some(&why)),
            }
        }
    }

    fn dashboard(
        &mut self,
        meta: &Meta,
        set: &DashboardSetDocument,
        path: &RepoPath,
        dashboard: &DashboardFile,
        detail: Option<&str>,
    ) {
        let uid = if let Some(uid) = &dashboard.uid {
            uid.clone()
        } else {
            let made = dashboard_uid(&meta.namespace, &meta.name, path.file_name());
            if detail.is_none() {
                self.warn_of_missing_uid(path, &made);
            }
            made.into()
        };
        let inputs = self.inputs(set, dashboard);
        let validity = match (detail, &inputs) {
            (Some(detail), _) => invalid(detail),
            (None, Err(detail)) => invalid(detail),
            (None, Ok(_)) => Validity::Valid,
        };
        let inputs = inputs.ok();
        let references = references(&dashboard.references, inputs.as_ref());
        let spec = inputs.map(|inputs| {
            Spec::Dashboard(Dashboard {
                uid: uid.clone(),
                title: dashboard.title.clone(),
                folder: match &set.folder {
                    Some(path) => InFolder::Path {
                        path: path.clone(),
                        uid: None,
                    },
                    None => InFolder::General,
                },
                inputs: Arc::new(inputs),
                owner: None,
                body: dashboard.body.clone(),
            })
        });
        self.found.push(ObjectDefinition {
            origin: ObjectOrigin::DashboardSet,
            meta: meta.clone(),
            place: dashboard.place.clone(),
            name: uid.to_string(),
            spec,
            references,
            validity,
        });
    }

    fn warn_of_missing_uid(&mut self, path: &RepoPath, made: &str) {
        let place = Place::whole(path.clone());
        let message = "the dashboard has no uid; one is made of the names of set and file";
        let hint = format!(
            "Write \"uid\": \"{made}\" into it, so that renaming the file does not make another dashboard."
        );
        self.diagnostics
            .push(Diagnostic::warning(Code::UidMissing, place, message).with_hint(hint));
    }

    /// Values for the file's `__inputs`; what is wrong where one is missing.
    fn inputs(
        &mut self,
        set: &DashboardSetDocument,
        dashboard: &DashboardFile,
    ) -> Result<BTreeMap<String, String>, String> {
        let mut values = BTreeMap::new();
        let mut missing = None;
        for input in &dashboard.inputs {
            let given = set.inputs.iter().find(|(name, _)| *name == input.name);
            let value = given
                .map(|(_, value)| value.value.clone())
                .or_else(|| input.value.clone());
            if let Some(value) = value {
                values.insert(input.name.clone(), value);
                continue;
            }
            let message = format!("the input {:?} of the dashboard has no value", input.name);
            let hint = format!(
                "Give it one in the set: spec.inputs: {{ {}: <name or uid of a data source> }}.",
                input.name
            );
            let diagnostic = Diagnostic::error(Code::InputMissing, input.place.clone(), message)
                .with_hint(hint)
                .with_related("the set that takes it in", set.place.clone());
            missing.get_or_insert(fault(&diagnostic));
            self.diagnostics.push(diagnostic);
        }
        match missing {
            None => Ok(values),
            Some(detail) => Err(detail),
        }
    }

    fn object(&mut self, path: &RepoPath, object: &ObjectDocument) {
        let Some(meta) = &object.meta else {
            self.block_by(&object.place, object.fault.as_deref());
            return;
        };
        let Some(detail) = &object.fault else {
            self.push_object(meta, object, Validity::Valid);
            return;
        };
        let before = self
            .tree
            .last_good_of(path, meta, |document| match document {
                Document::Object(other) if other.origin == object.origin => {
                    Some((other, other.meta.as_ref()))
                }
                _ => None,
            });
        if let Some((meta, before)) = before {
            self.push_object(&meta, before, invalid(detail));
        } else {
            self.block_by(&object.place, Some(detail));
            self.push_nothing(meta, object, detail);
        }
    }

    /// One that nobody knows anything good of, where its name tells which resource it would be: so that it is held.
    fn push_nothing(&mut self, meta: &Meta, document: &ObjectDocument, detail: &str) {
        let name = match document.origin {
            ObjectOrigin::AlertmanagerConfig => format!("{}/{}", meta.namespace, meta.name),
            // Called by what stands in it.
            ObjectOrigin::DashboardSet
            | ObjectOrigin::Dashboard
            | ObjectOrigin::Folder
            | ObjectOrigin::DataSource => return,
        };
        self.found.push(ObjectDefinition {
            origin: document.origin,
            meta: meta.clone(),
            place: meta.place.clone(),
            name,
            spec: None,
            references: [].into(),
            validity: invalid(detail),
        });
    }

    fn push_object(&mut self, meta: &Meta, document: &ObjectDocument, validity: Validity) {
        let Some(object) = &document.object else {
            return;
        };
        self.found.push(ObjectDefinition {
            origin: document.origin,
            meta: meta.clone(),
            place: meta.place.clone(),
            name: object.name.clone(),
            spec: Some(object.spec.clone()),
            references: references(&object.references, None),
            validity,
        });
    }

    fn mark_placed(&mut self, patterns: &[FilePattern]) {
        self.tree.mark(patterns, &mut self.placed);
    }

    fn block_by(&mut self, place: &Place, detail: Option<&str>) {
        let detail = detail.map_or_else(|| format!("{place}: it has no name"), str::to_owned);
        self.blocks.push(block(Some(place.clone()), detail));
    }

    fn report_empty(&mut self, meta: &Meta, pattern: &FilePattern) {
        let diagnostic = self.tree.empty(meta, pattern);
        let block = block(diagnostic.place.clone(), fault(&diagnostic));
        self.blocks.push(block);
        self.diagnostics.push(diagnostic);
    }

    /// Hands over what was found; gives the files that sets take in.
    pub(in crate::load) fn finish(self, loaded: &mut Loaded) -> HashSet<&'a RepoPath> {
        loaded.declared.objects.extend(self.found);
        loaded.declared.dashboard_sets.extend(self.sets);
        loaded.declared.blocks.extend(self.blocks);
        loaded.diagnostics.extend(self.diagnostics);
        self.placed
    }
}

/// Definitions that make the same kind of thing share one name space.
type Key = (ObjectOrigin, String, String);

fn key(origin: ObjectOrigin, meta: &Meta) -> Key {
    (origin, meta.namespace.clone(), meta.name.clone())
}

fn invalid(detail: &str) -> Validity {
    Validity::Invalid {
        detail: detail.to_owned(),
    }
}

fn dashboards(file: &ParsedFile) -> Vec<&DashboardFile> {
    let found = file.documents.iter().filter_map(|document| match document {
        Document::Dashboard(dashboard) => Some(dashboard),
        _ => None,
    });
    found.collect()
}

/// What is wrong with a definition that has no name.
fn nameless(document: &Document) -> Option<&str> {
    match document {
        Document::DashboardSet(set) if set.meta.is_none() => set.fault.as_deref(),
        Document::Object(object) if object.meta.is_none() => object.fault.as_deref(),
        _ => None,
    }
}

/// References with the inputs put in; those to variables are left out.
fn references(
    found: &[Reference],
    inputs: Option<&BTreeMap<String, String>>,
) -> Arc<[(String, Place)]> {
    let resolved = found.iter().filter_map(|reference| {
        let mut text = reference.text.clone();
        for (name, value) in inputs.into_iter().flatten() {
            text = text.replace(&format!("${{{name}}}"), value);
        }
        let variable = text.starts_with('$') || text.contains("${") || text.contains("[[");
        (!variable).then(|| (text, reference.place.clone()))
    });
    resolved.collect()
}
