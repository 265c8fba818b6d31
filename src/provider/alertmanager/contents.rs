//! What a file holds, in the forms in which it is compared; remembered while the file stays the same.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::canonical::{self, Secrets};
use super::draft::{Noted, noted};
use super::file::ConfigFile;
use super::secret::{Keyed, Vault};
use super::wire::Composed;
use crate::model::alertmanager::{BASE, Base, Piece, Route, Value, Whole};
use crate::model::{Canonical, Form, Hash, Ownership};
use crate::provider::ReadWork;

/// What one file holds. Secrets stand in it by hashes only.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) hash: Hash,
    pub(super) ownership: Ownership,
    /// Why the file cannot be taken apart, where it cannot.
    pub(super) parts: Result<Parts, String>,
}

#[derive(Debug)]
pub(super) struct Parts {
    /// By the name of the resource; the platform's own part as if it were loaded.
    pub(super) forms: BTreeMap<String, (Form, Hash)>,
    /// The platform's own part where the server does not run it.
    pub(super) base_not_loaded: (Form, Hash),
    /// Where alerts go, if that can be told.
    pub(super) whole: Option<Whole>,
}

impl Contents {
    fn of(file: &ConfigFile, instance: &str) -> Self {
        Self {
            hash: file.hash,
            ownership: file.ownership.clone(),
            parts: match &file.composed {
                Ok(composed) => Ok(Parts::of(composed, instance)),
                Err(reason) => Err(reason.clone()),
            },
        }
    }
}

impl Parts {
    fn of(composed: &Composed, instance: &str) -> Self {
        let Composed { head, base, pieces } = composed;
        let noted = noted(head);
        let forms = pieces.iter().map(|(name, piece)| {
            let secrets = live(instance, name, &noted);
            let canonical = canonical::piece(piece, &secrets);
            (name.clone(), form(canonical))
        });
        let mut forms: BTreeMap<String, (Form, Hash)> = forms.collect();
        let secrets = live(instance, BASE, &noted);
        let base_form = |loaded| form(canonical::base(base, loaded, &secrets));
        forms.insert(BASE.to_owned(), base_form(true));
        Self {
            forms,
            base_not_loaded: base_form(false),
            whole: whole(base, pieces),
        }
    }
}

fn form(canonical: Canonical) -> (Form, Hash) {
    let hash = canonical.hash();
    (Form::tree(canonical), hash)
}

/// What is known of secrets that stand in a file.
fn live<'a>(instance: &'a str, name: &'a str, noted: &'a Noted) -> Secrets<'a> {
    const NONE: &BTreeMap<String, Hash> = &BTreeMap::new();
    Secrets {
        keyed: Keyed { instance, name },
        // No field that was read from a file is declared as one.
        vault: Vault::default(),
        noted: noted.get(name).unwrap_or(NONE),
    }
}

fn whole(base: &Value, pieces: &BTreeMap<String, Piece>) -> Option<Whole> {
    let base = Base::new(base.clone()).ok()?;
    let routes = pieces.iter().filter_map(|(name, piece)| {
        let route = Route::of(piece.route.as_ref()?);
        Some(route.map(|route| (name.clone(), route)))
    });
    let parts = routes.collect::<Result<_, _>>().ok()?;
    Some(Whole {
        parts,
        ..Whole::new(&base)
    })
}

/// The last file that was taken apart, and what that has cost so far.
#[derive(Default)]
pub(super) struct Memory {
    last: Mutex<Option<Arc<Contents>>>,
    files_read: AtomicU64,
    bodies_normalised: AtomicU64,
}

impl Memory {
    /// The contents of a file; what is known already is not taken apart again.
    pub(super) fn contents(&self, file: &ConfigFile, instance: &str) -> Arc<Contents> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = last.as_ref().filter(|known| known.hash == file.hash) {
            return known.clone();
        }
        let contents = Arc::new(Contents::of(file, instance));
        let bodies = contents.parts.as_ref().map_or(0, |parts| parts.forms.len());
        self.bodies_normalised
            .fetch_add(bodies as u64, Ordering::Relaxed);
        *last = Some(contents.clone());
        contents
    }

    pub(super) fn note_read(&self) {
        self.files_read.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn work(&self) -> ReadWork {
        ReadWork {
            files_read: self.files_read.load(Ordering::Relaxed),
            bodies_normalised: self.bodies_normalised.load(Ordering::Relaxed),
        }
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}
