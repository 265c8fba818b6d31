//! What was probably meant by a reference to nothing.

use super::nodes::{Id, Node, Nodes};
use crate::model::EntityRef;
use crate::model::nearest::nearest;

/// How many of the most similar names are looked at closely.
const CLOSELY: usize = 32;

/// Finds the entity whose name is nearest to one that does not exist.
///
/// True distances are dear: tens of thousands for each of thousands of names would take minutes. So a pass
/// over signatures, which takes microseconds, picks the few to look at.
#[derive(Debug)]
pub struct Near<'a> {
    nodes: &'a Nodes,
    by_name: &'a [Id],
    /// By position; `None` where nobody is.
    signatures: Vec<Option<u128>>,
}

impl<'a> Near<'a> {
    pub(super) fn new(nodes: &'a Nodes, by_name: &'a [Id]) -> Self {
        let signatures = nodes.iter().map(|(_, node)| match node {
            Node::Entity(entity) => Some(signature(entity.reference.name())),
            Node::Absent(_) => None,
        });
        Self {
            nodes,
            by_name,
            signatures: signatures.collect(),
        }
    }

    /// The entity of the same name that differs in kind or namespace only; else one of the same kind whose name
    /// is a slip away; else one of any kind.
    pub fn nearest(&self, absent: &EntityRef) -> Option<&'a EntityRef> {
        let of_kind = self.nodes.of_kind(absent.kind());
        let all = 0..super::nodes::id(self.nodes.len());
        self.namesake(absent)
            .or_else(|| self.slip(absent, of_kind))
            .or_else(|| self.slip(absent, all))
    }

    fn namesake(&self, absent: &EntityRef) -> Option<&'a EntityRef> {
        let name = |id: &Id| self.nodes.reference(*id).name();
        let start = self.by_name.partition_point(|id| name(id) < absent.name());
        let same = self.by_name[start..]
            .iter()
            .take_while(|id| name(id) == absent.name());
        let same = same.map(|id| self.nodes.reference(*id));
        same.min_by_key(|other| {
            let other_kind = other.kind() != absent.kind();
            (other_kind, other.namespace() != absent.namespace())
        })
    }

    fn slip(&self, absent: &EntityRef, among: std::ops::Range<Id>) -> Option<&'a EntityRef> {
        let wanted = signature(absent.name());
        let scored = among.filter_map(|id| {
            let signature = self.signatures[id as usize]?;
            Some(((signature ^ wanted).count_ones(), id))
        });
        let mut scored: Vec<(u32, Id)> = scored.collect();
        if scored.len() > CLOSELY {
            scored.select_nth_unstable(CLOSELY);
            scored.truncate(CLOSELY);
        }
        scored.sort_unstable();
        let candidates = scored.iter().map(|(_, id)| self.nodes.reference(*id));
        let candidates: Vec<&EntityRef> = candidates.collect();
        let names: Vec<&str> = candidates.iter().map(|other| other.name()).collect();
        let name = nearest(absent.name(), &names)?;
        candidates.into_iter().find(|other| other.name() == name)
    }
}

/// A bit for each pair of letters that stand together: names that are a slip apart differ in few bits.
fn signature(name: &str) -> u128 {
    let letters = || std::iter::once(0).chain(name.bytes());
    let pairs = letters().zip(name.bytes().chain([0]));
    pairs.fold(0, |bits, (one, next)| {
        let pair = u32::from(one)
            .wrapping_mul(31)
            .wrapping_add(u32::from(next));
        bits | 1 << (pair.wrapping_mul(0x9E37_79B1) >> 25)
    })
}

#[cfg(test)]
mod tests {
    use super::super::worlds::{build, entity};
    use super::*;

    #[test]
    fn a_slip_is_found_among_many_alike() {
        let names = (0..5000).map(|number| entity("Component", &format!("service-{number:04}")));
        let (catalog, _) = build(names);
        let near = catalog.near();
        let meant = |name: &str| {
            let absent = EntityRef::new("component", "default", name);
            near.nearest(&absent).map(|found| found.name().to_owned())
        };
        assert_eq!(meant("servcie-4321").as_deref(), Some("service-4321"));
        assert_eq!(meant("service4321").as_deref(), Some("service-4321"));
        assert_eq!(meant("something-else"), None);
    }
}
