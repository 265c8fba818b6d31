//! Why something is not done: as data that planning takes in.

use super::{Place, ResourceId, ResourceKind, SourceRef, TargetName};

/// Deletes are held while one of these stands; see "When absence may delete".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Names the file or the setting, and the fault.
    pub detail: String,
    pub place: Option<Place>,
}

/// A definition that is wrong: what it stands for stays as it is, on every target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    pub covers: Covers,
    /// Names place and fault.
    pub detail: String,
    pub source: SourceRef,
    /// Where it would stand; empty where that is not known.
    pub targets: Vec<TargetName>,
}

/// What an invalid definition stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Covers {
    /// One resource, by name.
    Resource { kind: ResourceKind, name: String },
    /// All that a container holds, by the container's name.
    Container {
        kind: ResourceKind,
        container: String,
    },
}

impl Covers {
    pub fn matches(&self, id: &ResourceId) -> bool {
        match self {
            Self::Resource { kind, name } => id.kind == *kind && *id.name == **name,
            Self::Container { kind, container } => {
                id.kind == *kind && id.container() == Some(container)
            }
        }
    }
}
