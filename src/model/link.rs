//! Relations between entities as the catalog knows them.

use super::entity::Relation;
use super::{Entity, EntityRef};

/// A relation seen from one of its sides, whichever side stated it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link<'a> {
    pub relation: Relation,
    pub to: &'a EntityRef,
    /// `None` where nobody declares what is referred to.
    pub entity: Option<&'a Entity>,
}
