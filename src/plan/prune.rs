//! What is no longer declared: deleted where it is ours and absence proves something, else held.

use std::collections::BTreeSet;

use super::decide::Decider;
use super::diff;
use crate::model::hold::Covers;
use crate::model::live::{Live, Ownership};
use crate::model::{Action, Block, HeldReason, Invalid, RepoPath, ResourceId, ResourceKind};

impl Decider<'_, '_> {
    /// A live object that nobody declares: deleted where it is ours and absence proves something.
    pub(super) fn unwanted(&mut self, id: &ResourceId, live: &Live) {
        if live.ownership != Ownership::Ours {
            return;
        }
        let invalid: Option<&Invalid> = self
            .common
            .invalid
            .iter()
            .find(|invalid| invalid.covers.matches(id));
        if let Some(invalid) = invalid {
            let stays = matches!(&invalid.covers, Covers::Resource { .. })
                && invalid.targets.contains(&id.target);
            if !stays {
                let source = Some(invalid.source.clone());
                self.hold(
                    id,
                    Action::Delete,
                    HeldReason::Invalid,
                    &invalid.detail,
                    source,
                );
            }
            return;
        }
        self.delete(id, Some(live));
    }

    fn delete(&mut self, id: &ResourceId, live: Option<&Live>) {
        let blocks = self.blocks_of(id);
        if let Some(block) = blocks.first() {
            let more = match blocks.len() {
                1 => String::new(),
                n => format!(" (and {} more)", n - 1),
            };
            let detail = format!(
                "it is no longer declared, but absence proves nothing while this stands: {}{more}",
                block.detail
            );
            let source = self.inventory_source(id);
            self.hold(id, Action::Delete, HeldReason::Invalid, &detail, source);
            return;
        }
        if let Some(keep) = live.and_then(|live| live.keep.as_ref()) {
            let source = self.inventory_source(id);
            let reason = match id.kind {
                // It is ours, and its absence proves nothing.
                ResourceKind::Route => HeldReason::Invalid,
                ResourceKind::RuleGroup
                | ResourceKind::Folder
                | ResourceKind::DataSource
                | ResourceKind::Dashboard => HeldReason::NotOurs,
            };
            self.hold(id, Action::Delete, reason, keep, source);
            return;
        }
        let mut change = self.change(id, Action::Delete, None, live);
        change.fields = live.map_or_else(Vec::new, |live| diff::unmade(&live.canonical.open()));
        let residue = live.is_some_and(|live| live.residue);
        change.counts_as_deletes = u32::from(!residue);
        self.push(change);
    }

    /// What keeps absence from proving anything of an object: what is wrong in its tenant's files, or in the
    /// platform's, from which it may have come. Where nobody knows whose it was, all that is wrong anywhere.
    fn blocks_of(&self, id: &ResourceId) -> Vec<&Block> {
        let tenants = self.common.tenants;
        let tenant = |file: &str| RepoPath::new(file).and_then(|file| tenants.of(&file));
        let source = self.inventory_source(id);
        let blocks = self.common.blocks.iter();
        let counts = |block: &&Block| {
            let (Some(place), Some(source)) = (&block.place, &source) else {
                return true;
            };
            let wrong = tenants.of(&place.file);
            wrong.is_none_or(|wrong| {
                tenant(&source.file).is_some_and(|mine| mine.name == wrong.name)
            })
        };
        blocks.filter(counts).collect()
    }

    /// A damaged file of ours that nothing declares any more: what it held is deleted by the inventory.
    pub(super) fn damaged_containers(&mut self) {
        for (container, occupied) in &self.observed.occupied {
            let damaged = occupied.unreadable
                && occupied.ownership == Ownership::Ours
                && !self.unknown_containers.contains(container.as_str());
            let wanted = |id: &&ResourceId| id.container() == Some(container);
            if !damaged || self.input.wanted.keys().any(|id| wanted(&id)) {
                continue;
            }
            let inventory = self.input.inventory.keys().copied();
            let ids: Vec<ResourceId> = inventory.filter(wanted).cloned().collect();
            if ids.is_empty() {
                let target = self.input.target.name.clone();
                let id = ResourceId::new(target, occupied.kind, container.as_str());
                let detail = format!(
                    "{} is damaged, and nothing says what it held; remove it by hand, else the server \
                     may refuse every reload",
                    occupied.description
                );
                self.hold(&id, Action::Delete, HeldReason::Invalid, &detail, None);
            }
            for id in ids {
                self.delete(&id, None);
                if let Some(change) = self.plan.changes.last_mut().filter(|c| c.id == id) {
                    change.expected.clone_from(&occupied.version);
                }
            }
        }
    }

    /// Inventory of what is neither wanted nor live any more.
    pub(super) fn forget(&mut self) {
        let held = self.plan.held.iter().filter_map(|held| held.id.as_ref());
        let planned = self.plan.changes.iter().map(|change| &change.id);
        let spoken_of: BTreeSet<&ResourceId> = held.chain(planned).collect();
        let gone = |id: &ResourceId| {
            !self.observed.live.contains_key(id)
                && !self.input.wanted.contains_key(id)
                && !spoken_of.contains(id)
                && !self.in_unknown_part(id)
        };
        let inventory = self.input.inventory.keys().copied();
        let gone = inventory.filter(|id| gone(id)).cloned().collect();
        self.plan.bookkeeping.forget = gone;
    }
}
