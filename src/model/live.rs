//! What a target has, as an observation found it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::alertmanager::LiveRouting;
use super::{Capabilities, Diagnostic, Form, Hash, HeldReason, ResourceId, ResourceKind};

/// Whose a live object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// It has our marker.
    Ours,
    /// It has somebody else's; the text names them.
    Theirs(String),
    /// It has none.
    Nobody,
    /// Not ours, and as good as if it were: used as it is, never changed or deleted. A folder that somebody
    /// else made where one of ours would be.
    Shared,
}

/// One live object.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    pub canonical: Form,
    /// What people call it, where the id does not tell: a dashboard's title.
    pub title: Option<Arc<str>>,
    pub hash: Hash,
    /// Opaque to all but the provider: what a write expects to find unchanged.
    pub version: Option<String>,
    pub ownership: Ownership,
    /// An approved delete that was interrupted: gone where it is declared, still at work in the
    /// server. The guard does not count it a second time.
    pub residue: bool,
    /// The server's own name for it, where the id does not tell: a folder's uid.
    pub handle: Option<Arc<str>>,
    /// Why it must not be deleted, though it is ours: a folder with things in it that are not.
    pub keep: Option<String>,
    /// Who changed it last and when, where the server says: "anna, 2026-11-24T09:00:00Z".
    pub changed: Option<String>,
}

/// Why a desired resource cannot be made or changed on this target, though nothing is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: HeldReason,
    /// Names what is in the way, and what to do.
    pub detail: String,
}

/// Something that stands where a container of ours would be, whatever is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occupied {
    pub kind: ResourceKind,
    pub ownership: Ownership,
    /// Names it for people: the file, say.
    pub description: String,
    /// Its content could not be understood; what is in it is not among the live objects.
    pub unreadable: bool,
    pub version: Option<String>,
}

/// A part of a target that could not be read whole: nothing in it is touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPart {
    pub kind: ResourceKind,
    /// `None` is everything of that kind.
    pub container: Option<String>,
    pub reason: String,
}

/// What one observation of a target found.
#[derive(Clone, Debug, PartialEq)]
pub enum Observation {
    /// It could not be read whole. The reason says what failed and what to do, in the server's words
    /// where it had any.
    Unknown {
        reason: String,
    },
    Known(Observed),
}

/// A target, read whole but for the parts that `unknown` names.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    pub capabilities: Capabilities,
    pub live: BTreeMap<ResourceId, Live>,
    /// By container name; holds every container that exists, ours or not.
    pub occupied: BTreeMap<String, Occupied>,
    pub unknown: Vec<UnknownPart>,
    /// What stands in the way of desired resources: a title that is taken, say.
    pub refused: BTreeMap<ResourceId, Refusal>,
    /// Findings that gate nothing, such as a rule that fails to evaluate.
    pub diagnostics: Vec<Diagnostic>,
    /// Where alerts go now, where the target routes them.
    pub routing: Option<Arc<LiveRouting>>,
}
