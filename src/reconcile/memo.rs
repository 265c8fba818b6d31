//! What is remembered between cycles, so that work grows with the change and not with the repository.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::embedded::EmbeddedMemo;
use crate::load::{self, ParsedFile};
use crate::model::change::Desired;
use crate::model::{
    BlobId, Canonical, Capabilities, Form, Hash, RepoPath, Resource, ResourceKind, Spec,
};
use crate::plan::Wanted;
use crate::provider::Unsupported;
use crate::resolve::FenceMemo;

/// Parsed files by path and content. Holds what the last state of the repository needed.
#[derive(Debug, Default)]
pub struct ParseMemo {
    /// Of each path the readings of its contents, the latest last: one, or two where a last good text stands.
    parsed: HashMap<RepoPath, Vec<(BlobId, Arc<ParsedFile>)>>,
    files_parsed: u64,
    /// What was fenced of them.
    pub fences: FenceMemo,
    /// What of the files was found in them that entities embed.
    pub embedded: EmbeddedMemo,
}

impl ParseMemo {
    /// What is known of a file with this content.
    pub fn get(&self, path: &RepoPath, blob: BlobId) -> Option<&Arc<ParsedFile>> {
        let readings = self.parsed.get(path)?;
        let mut found = readings.iter().filter(|(read, _)| *read == blob);
        found.next().map(|(_, file)| file)
    }

    /// Makes room for so many files more.
    pub fn reserve(&mut self, files: usize) {
        self.parsed.reserve(files);
    }

    /// Parses files on all cores and remembers them. What is equal in a former text of the same file is
    /// shared with it.
    pub fn parse(&mut self, files: Vec<(RepoPath, BlobId, Vec<u8>)>) {
        self.files_parsed += files.len() as u64;
        let known = &self.parsed;
        let parsed: Vec<_> = files
            .into_par_iter()
            .map(|(path, blob, bytes)| {
                let mut file = load::parse(&path, &bytes);
                if let Some((_, former)) = known.get(&path).and_then(|readings| readings.last()) {
                    file.share(former);
                }
                (path, blob, Arc::new(file))
            })
            .collect();
        for (path, blob, file) in parsed {
            self.parsed.entry(path).or_default().push((blob, file));
        }
    }

    /// How many readings are held.
    pub fn len(&self) -> usize {
        self.parsed.values().map(Vec::len).sum()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.parsed.is_empty()
    }

    /// Forgets what is not in use any more.
    pub fn keep(&mut self, in_use: &HashSet<(RepoPath, BlobId)>) {
        self.parsed.retain(|path, readings| {
            readings.retain(|(blob, _)| in_use.contains(&(path.clone(), *blob)));
            !readings.is_empty()
        });
    }

    pub fn files_parsed(&self) -> u64 {
        self.files_parsed
    }
}

type Normalised = Result<(Form, Hash), Unsupported>;

/// Normalised bodies of one target, with the spec that they come of, whose body is shared while its file
/// is unchanged.
#[derive(Debug, Default)]
pub struct NormaliseMemo {
    known: HashMap<crate::model::ResourceId, (Arc<Spec>, Normalised)>,
    capabilities: Option<Capabilities>,
    bodies_normalised: u64,
}

impl NormaliseMemo {
    /// Normalises what is new, on all cores; everything is new where the server has become another one.
    pub fn wanted(
        &mut self,
        desired: &BTreeMap<crate::model::ResourceId, Arc<Resource>>,
        capabilities: Capabilities,
        normalise: impl Fn(&Spec) -> Result<Canonical, Unsupported> + Sync,
    ) -> BTreeMap<crate::model::ResourceId, Wanted> {
        if self.capabilities != Some(capabilities) {
            self.known.clear();
            self.capabilities = Some(capabilities);
        }
        let mut in_use = HashMap::with_capacity(desired.len());
        let mut new = HashMap::new();
        for (id, resource) in desired {
            match self.known.remove(id) {
                Some((spec, known)) if spec.is_same(&resource.spec) => {
                    in_use.insert(id.clone(), (spec, known));
                }
                Some(_) | None => _ = new.insert(id.clone(), resource.spec.clone()),
            }
        }
        self.bodies_normalised += new.len() as u64;
        in_use.par_extend(new.into_par_iter().map(|(id, spec)| {
            let body = normalise(&spec).map(|canonical| {
                match spec.kind() {
                    // The largest, and the least often looked into.
                    ResourceKind::Dashboard => Form::packed(&canonical),
                    ResourceKind::RuleGroup
                    | ResourceKind::Folder
                    | ResourceKind::DataSource
                    | ResourceKind::Route => {
                        let hash = canonical.hash();
                        (Form::tree(canonical), hash)
                    }
                }
            });
            (id, (spec, body))
        }));
        self.known = in_use;
        let wanted = desired.iter().filter_map(|(id, resource)| {
            let (_, normalised) = self.known.get(id)?;
            Some((id.clone(), as_wanted(resource, normalised)))
        });
        wanted.collect()
    }

    pub fn bodies_normalised(&self) -> u64 {
        self.bodies_normalised
    }
}

fn as_wanted(resource: &Arc<Resource>, normalised: &Normalised) -> Wanted {
    match normalised {
        Ok((canonical, hash)) => Wanted::Normalised(Desired {
            resource: resource.clone(),
            canonical: canonical.clone(),
            hash: *hash,
        }),
        Err(unsupported) => Wanted::Unsupported {
            resource: resource.clone(),
            detail: unsupported.to_string(),
        },
    }
}
