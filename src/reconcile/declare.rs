//! From a state of the repository to what it declares: read what is new, parse it, put it together.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use futures_util::future::join;
use rayon::prelude::*;

use super::memo::ParseMemo;
use crate::catalog::{self, Catalog};
use crate::load::{self, Files, Given, Loaded, ParsedFile};
use crate::model::{
    BlobId, Commit, CommitId, Diagnostic, Inventory, RepoPath, Revision, Severity, Snapshot,
    Unlocated,
};
use crate::resolve::{self, Against, FenceMemo, Placing, Resolved};
use crate::source::{Source, SourceError};
use crate::state::{KeptText, StateError, StateView};

/// What one state of the repository declares.
#[derive(Clone, Debug)]
pub struct Declaration {
    pub snapshot: Arc<Snapshot>,
    pub loaded: Arc<Loaded>,
    /// Who and what there is.
    pub catalog: Arc<Catalog>,
    pub resolved: Arc<Resolved>,
    /// What was found wrong with the catalog, and what was looked up late.
    pub found: Vec<Diagnostic>,
    /// The head commit, for logs and history.
    pub head: Option<Commit>,
    /// Last good texts to remember, once this is the daemon's state.
    pub memory: Memory,
}

/// Changes to the last good texts of the state file.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    pub good: BTreeMap<RepoPath, BlobId>,
    pub gone: BTreeSet<RepoPath>,
    pub texts: Vec<(RepoPath, KeptText)>,
}

/// The last good texts, as the state file knows them.
#[derive(Clone, Debug, Default)]
pub struct LastGood {
    pub blobs: BTreeMap<RepoPath, BlobId>,
    pub texts: BTreeMap<RepoPath, KeptText>,
}

impl LastGood {
    pub fn read(state: &StateView, repository: &str) -> Result<Self, StateError> {
        Ok(Self {
            blobs: state.good_blobs(repository)?,
            texts: state.kept_texts(repository)?,
        })
    }
}

impl Declaration {
    pub fn revision(&self) -> Revision {
        self.snapshot.revision
    }

    /// Who made the head commit.
    pub fn author(&self) -> Option<&str> {
        self.head.as_ref().map(|commit| commit.author.as_str())
    }

    pub fn commit(&self) -> Option<CommitId> {
        self.snapshot.revision.commit()
    }

    /// Everything that was found wrong, sorted.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let mut all = self.loaded.diagnostics.clone();
        all.extend(self.resolved.diagnostics.iter().cloned());
        all.extend(self.found.iter().cloned());
        all.sort();
        all.dedup();
        all
    }

    pub fn has_errors(&self) -> bool {
        let of_load = self.loaded.diagnostics.iter();
        let mut all = of_load.chain(&self.resolved.diagnostics).chain(&self.found);
        all.any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// Loads the files of `snapshot`; reads from `source` only what is not remembered. `base_files` as in
/// [`load::assemble`].
///
/// # Errors
/// Where a file could not be read; nothing is known then, and nothing may be done.
pub async fn load_tree(
    source: &Source,
    snapshot: &Snapshot,
    memo: &mut ParseMemo,
    last_good: &LastGood,
    base_files: &[RepoPath],
) -> Result<(Loaded, Memory), SourceError> {
    // The platform's own settings say which other files are read.
    let root: Vec<(RepoPath, BlobId)> = RepoPath::new(load::PLATFORM_FILE)
        .and_then(|path| Some((path.clone(), snapshot.files.get(&path)?.blob)))
        .into_iter()
        .collect();
    fill(source, memo, &root).await?;
    let platform = root
        .first()
        .and_then(|(path, blob)| memo.get(path, *blob))
        .cloned();
    let wanted: Vec<(RepoPath, BlobId)> =
        load::wanted(snapshot, platform.as_deref().and_then(ParsedFile::platform))
            .into_iter()
            .map(|(path, entry)| (path.clone(), entry.blob))
            .collect();
    fill(source, memo, &wanted).await?;
    let known = wanted.par_iter().with_min_len(256);
    let files =
        known.filter_map(|(path, blob)| Some((path.clone(), memo.get(path, *blob)?.clone())));
    let files = Files::from(files.collect::<Vec<_>>());
    let (fallback, texts) = fall_back(source, memo, snapshot, &files, last_good).await?;
    let given = Given {
        base_files,
        good: Some(&last_good.blobs),
    };
    let loaded = load::assemble(snapshot, &files, &fallback, &given);
    let memory = remember(snapshot, &loaded, last_good, texts);
    // All that is wanted is held: where that is all, there is nothing to forget.
    if memo.len() > wanted.len() {
        let mut in_use: HashSet<(RepoPath, BlobId)> = wanted.into_iter().collect();
        let good = last_good.blobs.iter();
        in_use.extend(good.map(|(path, blob)| (path.clone(), *blob)));
        memo.keep(&in_use);
    }
    Ok((loaded, memory))
}

/// Resolves what was loaded; the rest as in [`resolve::resolve`].
pub fn resolve(
    snapshot: Snapshot,
    loaded: Loaded,
    memory: Memory,
    placing: &Placing<'_>,
    inventory: &Inventory,
    fences: &FenceMemo,
) -> Declaration {
    let declared = &loaded.declared;
    let is_read = load::is_wanted(declared.platform.as_ref());
    let files = catalog::Files::new(&snapshot, &is_read);
    let (catalog, found) = Catalog::build(declared.entities.clone(), &files, &declared.tenants);
    let against = Against {
        placing,
        inventory,
        catalog: &catalog,
        fences,
    };
    let resolved = resolve::resolve(&snapshot.repository, declared, against);
    Declaration {
        catalog: Arc::new(catalog),
        found,
        snapshot: Arc::new(snapshot),
        loaded: Arc::new(loaded),
        resolved: Arc::new(resolved),
        head: None,
        memory,
    }
}

/// Looks up the exact places of what was found wrong, in the texts of the files.
///
/// # Errors
/// Where a file could not be read.
pub async fn locate(source: &Source, declaration: &mut Declaration) -> Result<(), SourceError> {
    let unlocated = &declaration.resolved.unlocated;
    let mut texts: BTreeMap<&RepoPath, Vec<u8>> = BTreeMap::new();
    for Unlocated { diagnostic, locus } in unlocated {
        let mut diagnostic = diagnostic.clone();
        if let Some(place) = &mut diagnostic.place {
            let known = declaration.snapshot.files.get_key_value(&place.file);
            if let Some((path, entry)) = known
                && !texts.contains_key(path)
            {
                let text = source.read(vec![entry.blob]).await?.pop().flatten();
                texts.insert(path, text.unwrap_or_default());
            }
            let text = texts.get(&place.file);
            let span = text.and_then(|text| load::locate(&place.file, text, locus));
            place.span = span.or(place.span);
        }
        declaration.found.push(diagnostic);
    }
    Ok(())
}

/// Reads and parses those of `files` that are not remembered. While some are parsed the next are read.
async fn fill(
    source: &Source,
    memo: &mut ParseMemo,
    files: &[(RepoPath, BlobId)],
) -> Result<(), SourceError> {
    /// Enough to parse while the next ones are read, and few enough that the first come soon.
    const PART: usize = 512;
    let missing: Vec<&(RepoPath, BlobId)> = files
        .iter()
        .filter(|(path, blob)| memo.get(path, *blob).is_none())
        .collect();
    memo.reserve(missing.len());
    let read = async |part: Option<&[&(RepoPath, BlobId)]>| match part {
        Some(part) => {
            source
                .read(part.iter().map(|(_, blob)| *blob).collect())
                .await
        }
        None => Ok(Vec::new()),
    };
    let mut parts = missing.chunks(PART);
    let mut part = parts.next();
    let mut contents = read(part).await?;
    while let Some(files) = part {
        let texts = with_texts(files, contents)?;
        part = parts.next();
        // Parsing is pure computation on all cores; the runtime's other tasks go on meanwhile.
        let parsing = async { tokio::task::block_in_place(|| memo.parse(texts)) };
        // The request is on its way before parsing begins: `join` begins with its first part.
        let (next, ()) = join(read(part), parsing).await;
        contents = next?;
    }
    Ok(())
}

fn with_texts(
    files: &[&(RepoPath, BlobId)],
    contents: Vec<Option<Vec<u8>>>,
) -> Result<Vec<(RepoPath, BlobId, Vec<u8>)>, SourceError> {
    let pairs = files.iter().zip(contents);
    let texts = pairs.map(|((path, blob), content)| match content {
        Some(content) => Ok((path.clone(), *blob, content)),
        None => Err(SourceError::Corrupt {
            place: path.to_string(),
            detail: format!("its content, blob {blob}, is missing"),
        }),
    });
    texts.collect()
}

/// The last good texts of files whose current text is not good, parsed; and those texts that the state
/// file does not have yet.
async fn fall_back(
    source: &Source,
    memo: &mut ParseMemo,
    snapshot: &Snapshot,
    files: &Files,
    last_good: &LastGood,
) -> Result<(Files, Vec<(RepoPath, KeptText)>), SourceError> {
    let refused: BTreeSet<&RepoPath> = snapshot.refused().map(|(path, _)| path).collect();
    let mut fallback = Vec::new();
    let mut texts = Vec::new();
    for (path, good) in &last_good.blobs {
        let broken = match (snapshot.files.get(path), files.get(path)) {
            (Some(entry), _) if entry.blob == *good => false,
            (Some(_), Some(file)) => !file.is_good(),
            (Some(_), None) => false,
            // There, but not as a file that can be read: too large, a pointer, a link.
            (None, _) => refused.contains(path),
        };
        if !broken {
            continue;
        }
        if memo.get(path, *good).is_none() {
            let kept = last_good.texts.get(path).filter(|kept| kept.blob == *good);
            let text = match kept {
                Some(kept) => Some(kept.text.clone()),
                None => source.read(vec![*good]).await?.pop().flatten(),
            };
            let Some(text) = text else { continue };
            if kept.is_none() {
                let blob = *good;
                let text = text.clone();
                texts.push((path.clone(), KeptText { blob, text }));
            }
            memo.parse(vec![(path.clone(), *good, text)]);
        } else if !last_good.texts.contains_key(path) {
            let text = source.read(vec![*good]).await?.pop().flatten();
            let blob = *good;
            texts.extend(text.map(|text| (path.clone(), KeptText { blob, text })));
        }
        if let Some(file) = memo.get(path, *good) {
            fallback.push((path.clone(), file.clone()));
        }
    }
    Ok((Files::from(fallback), texts))
}

/// What the state file has to learn of good and held texts.
fn remember(
    snapshot: &Snapshot,
    loaded: &Loaded,
    last_good: &LastGood,
    texts: Vec<(RepoPath, KeptText)>,
) -> Memory {
    let refused: BTreeSet<&RepoPath> = snapshot.refused().map(|(path, _)| path).collect();
    let good = loaded.good.iter().filter_map(|path| {
        let blob = snapshot.files.get(path)?.blob;
        let is_new = last_good.blobs.get(path) != Some(&blob);
        is_new.then(|| (path.clone(), blob))
    });
    let mut memory = Memory {
        good: good.collect(),
        texts,
        ..Memory::default()
    };
    for path in last_good.blobs.keys() {
        let held = loaded.broken.contains(path) || refused.contains(path);
        if !loaded.good.contains(path) && !held {
            memory.gone.insert(path.clone());
        }
    }
    memory
}
