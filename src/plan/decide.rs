//! One target: for every id, what is done or why not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Bookkeeping, Common, TargetInput, TargetPlan, Wanted, adopt, diff, impact};
use crate::model::alertmanager::BASE;
use crate::model::change::Desired;
use crate::model::grafana::FolderPath;
use crate::model::hold::Covers;
use crate::model::live::{Live, Observed, Occupied, Ownership, Refusal};
use crate::model::target::DriftPolicy;
use crate::model::{
    Action, Change, FieldChange, Held, HeldReason, InventoryEntry, Observation, RepoPath, Resource,
    ResourceId, ResourceKind, SourceRef,
};

/// Plans one target.
pub(super) fn target(input: &TargetInput<'_>, common: Common<'_>) -> TargetPlan {
    let unknown = common
        .unknown
        .map(str::to_owned)
        .or(match input.observation {
            Observation::Unknown { reason } => Some(reason.clone()),
            Observation::Known(_) => None,
        });
    let mut plan = TargetPlan {
        target: input.target.name.clone(),
        changes: Vec::new(),
        held: Vec::new(),
        unchanged: BTreeMap::new(),
        owned: 0,
        known: unknown.is_none(),
        paused: input.target.paused.is_some(),
        bookkeeping: Bookkeeping::default(),
    };
    match (unknown, input.observation) {
        (None, Observation::Known(observed)) => {
            Decider::new(input, common, observed, &mut plan).run();
        }
        (reason, _) => {
            plan.held.push(Held {
                target: input.target.name.clone(),
                id: None,
                action: None,
                reason: HeldReason::ScopeUnknown,
                detail: reason.unwrap_or_default(),
                owner: None,
                source: None,
            });
        }
    }
    plan
}

pub(super) struct Decider<'a, 'p> {
    pub(super) input: &'a TargetInput<'a>,
    pub(super) common: Common<'a>,
    pub(super) observed: &'a Observed,
    pub(super) plan: &'p mut TargetPlan,
    pub(super) unknown_containers: BTreeSet<&'a str>,
    unknown_kinds: BTreeSet<ResourceKind>,
    /// Containers with something held in them.
    invalid_containers: BTreeSet<String>,
}

impl<'a, 'p> Decider<'a, 'p> {
    fn new(
        input: &'a TargetInput<'a>,
        common: Common<'a>,
        observed: &'a Observed,
        plan: &'p mut TargetPlan,
    ) -> Self {
        let unknown_containers = observed
            .unknown
            .iter()
            .filter_map(|part| part.container.as_deref())
            .collect();
        let whole_kinds = observed.unknown.iter();
        let unknown_kinds = whole_kinds
            .filter(|part| part.container.is_none())
            .map(|part| part.kind)
            .collect();
        let invalid_containers = common
            .invalid
            .iter()
            .filter_map(|invalid| match &invalid.covers {
                Covers::Container { container, .. } => Some(container.clone()),
                Covers::Resource { kind, name } => {
                    let target = input.target.name.clone();
                    ResourceId::new(target, *kind, name.as_str())
                        .container()
                        .map(str::to_owned)
                }
            })
            .collect();
        Self {
            input,
            common,
            observed,
            plan,
            unknown_containers,
            unknown_kinds,
            invalid_containers,
        }
    }

    fn run(mut self) {
        self.plan.owned = self
            .observed
            .live
            .iter()
            // What all routes stand in is never deleted, so it keeps no target from being emptied.
            .filter(|(id, _)| !(id.kind == ResourceKind::Route && &*id.name == BASE))
            .filter(|(_, live)| live.ownership == Ownership::Ours && !live.residue)
            .count();
        self.unknown_parts();
        self.invalid_ones();
        let adoptable = adopt::Units::of(self.input, self.observed);
        for (id, wanted) in &self.input.wanted {
            if !self.in_unknown_part(id) {
                self.wanted(id, wanted, &adoptable);
            }
        }
        for (id, live) in &self.observed.live {
            // What is seen of a part that was not read whole is no reason to touch it.
            if !self.input.wanted.contains_key(id) && !self.in_unknown_part(id) {
                self.unwanted(id, live);
            }
        }
        self.damaged_containers();
        self.without_their_folder();
        self.with_what_is_held();
        impact::fill(&mut self.plan.changes, self.observed);
        self.forget();
        if let Some(why) = &self.input.target.paused {
            self.pause(why);
        }
    }

    pub(super) fn in_unknown_part(&self, id: &ResourceId) -> bool {
        let in_container = id
            .container()
            .is_some_and(|container| self.unknown_containers.contains(container));
        in_container || self.unknown_kinds.contains(&id.kind)
    }

    fn unknown_parts(&mut self) {
        for part in &self.observed.unknown {
            self.plan.held.push(Held {
                target: self.input.target.name.clone(),
                id: None,
                action: None,
                reason: HeldReason::ScopeUnknown,
                detail: match &part.container {
                    Some(container) => format!("{container}: {}", part.reason),
                    None => format!("{}: {}", part.kind, part.reason),
                },
                owner: None,
                source: None,
            });
        }
    }

    /// One entry for each invalid definition that would stand on this target.
    fn invalid_ones(&mut self) {
        for invalid in self.common.invalid {
            if !invalid.targets.contains(&self.input.target.name) {
                continue;
            }
            let target = self.input.target.name.clone();
            let (id, action) = match &invalid.covers {
                Covers::Resource { kind, name } => {
                    let id = ResourceId::new(target, *kind, name.as_str());
                    let action = self.would_be(&id);
                    (id, action)
                }
                Covers::Container { kind, container } => {
                    let id = ResourceId::new(target, *kind, container.as_str());
                    match (self.has_live(&invalid.covers), self.wants(&invalid.covers)) {
                        (false, _) => (id, Action::Create),
                        // It stands at its last good text.
                        (true, true) => (id, Action::Update),
                        // What is live in it is held one by one.
                        (true, false) => continue,
                    }
                }
            };
            let source = Some(invalid.source.clone());
            self.hold(&id, action, HeldReason::Invalid, &invalid.detail, source);
        }
    }

    /// What would be done to make it so.
    fn would_be(&self, id: &ResourceId) -> Action {
        if self.observed.live.contains_key(id) {
            Action::Update
        } else {
            Action::Create
        }
    }

    fn wants(&self, covers: &Covers) -> bool {
        self.input.wanted.keys().any(|id| covers.matches(id))
    }

    fn has_live(&self, covers: &Covers) -> bool {
        let mut ours = self.observed.live.iter();
        ours.any(|(id, live)| live.ownership == Ownership::Ours && covers.matches(id))
    }

    fn wanted(&mut self, id: &ResourceId, wanted: &Wanted, adoptable: &adopt::Units) {
        let desired = match wanted {
            Wanted::Normalised(desired) => desired,
            Wanted::Unsupported { resource, detail } => {
                let action = self.would_be(id);
                let source = Some(resource.source.clone());
                self.hold(id, action, HeldReason::Invalid, detail, source);
                return;
            }
        };
        let live = self.observed.live.get(id);
        if let Some(Refusal { reason, detail }) = self.observed.refused.get(id) {
            let source = Some(desired.resource.source.clone());
            self.hold(id, self.would_be(id), *reason, detail, source);
            return;
        }
        let occupied = id.container().and_then(|c| self.observed.occupied.get(c));
        let ownership = live
            .map(|live| &live.ownership)
            .or(occupied.map(|occupied| &occupied.ownership));
        match (ownership, live) {
            (None, _) => self.create(id, desired, None),
            (Some(Ownership::Ours), None) => self.create(id, desired, occupied),
            (Some(Ownership::Ours), Some(live)) => self.ours(id, desired, live),
            (Some(Ownership::Theirs(whose)), _) => {
                let what = occupied.map_or("it", |occupied| &occupied.description);
                let detail = format!("{what} belongs to {whose}; it is left alone");
                self.not_ours(id, desired, live, &detail);
            }
            (Some(Ownership::Shared), _) => {
                *self.plan.unchanged.entry(id.kind).or_default() += 1;
            }
            (Some(Ownership::Nobody), live) => match adoptable.verdict(id) {
                adopt::Verdict::Adopt => self.adopt(id, desired, live, occupied),
                adopt::Verdict::Refuse(why) => self.not_ours(id, desired, live, why),
            },
        }
    }

    fn create(&mut self, id: &ResourceId, desired: &Desired, occupied: Option<&Occupied>) {
        if let Some(occupied) = occupied.filter(|occupied| occupied.unreadable) {
            let container = id.container().unwrap_or_default();
            let why = if self.invalid_containers.contains(container) {
                Some("part of what it should hold is invalid".to_owned())
            } else {
                // What it held and nobody declares would go without a word.
                self.undeclared_in(container).map(|gone| {
                    format!("{gone}, which is not declared any more, may stand in it; repair or remove it by hand")
                })
            };
            if let Some(why) = why {
                let detail = format!("{} is damaged, and {why}", occupied.description);
                let source = Some(desired.resource.source.clone());
                self.hold(id, Action::Create, HeldReason::Invalid, &detail, source);
                return;
            }
        }
        let mut change = self.change(id, Action::Create, Some(desired), None);
        change.fields = diff::made(&desired.canonical.open());
        change.expected = occupied.and_then(|occupied| occupied.version.clone());
        change.drift = self.last_applied(id) == Some(desired.hash);
        self.push(change);
    }

    /// Something that a container held when it was last applied, and that nobody declares now.
    fn undeclared_in(&self, container: &str) -> Option<&'a ResourceId> {
        let mut known = self.input.inventory.keys();
        let gone = known
            .find(|id| id.container() == Some(container) && !self.input.wanted.contains_key(**id));
        gone.copied()
    }

    fn ours(&mut self, id: &ResourceId, desired: &Desired, live: &Live) {
        if live.hash == desired.hash {
            self.unchanged(id, desired);
            return;
        }
        let mut change = self.change(id, Action::Update, Some(desired), Some(live));
        let (before, after) = (live.canonical.open(), desired.canonical.open());
        change.fields = diff::fields(&before, &after);
        change.counts_as_deletes = impact::counts_as_deletes(&before, &after);
        let loaded = |field: &FieldChange| field.path == "/loaded";
        if change.fields.iter().any(loaded) {
            let text = "the server does not run what is on disk; it is asked to load it";
            change.impact.push(text.to_owned());
        }
        let only_reload = change.fields.iter().all(loaded);
        change.drift = !only_reload && self.last_applied(id) == Some(desired.hash);
        if let (true, Some(who)) = (change.drift, &live.changed) {
            change
                .impact
                .push(format!("changed on the server by {who}"));
        }
        self.push(change);
    }

    fn adopt(
        &mut self,
        id: &ResourceId,
        desired: &Desired,
        live: Option<&Live>,
        occupied: Option<&Occupied>,
    ) {
        let Some(live) = live else {
            self.create(id, desired, occupied);
            return;
        };
        let mut change = self.change(id, Action::Adopt, Some(desired), Some(live));
        change.fields = diff::fields(&live.canonical.open(), &desired.canonical.open());
        change
            .impact
            .push("it was nobody's and becomes ours".to_owned());
        self.push(change);
    }

    fn not_ours(&mut self, id: &ResourceId, desired: &Desired, live: Option<&Live>, why: &str) {
        let action = match live {
            Some(_) => Action::Update,
            None => Action::Create,
        };
        let source = Some(desired.resource.source.clone());
        self.hold(id, action, HeldReason::NotOurs, why, source);
    }

    fn pause(&mut self, why: &str) {
        for change in std::mem::take(&mut self.plan.changes) {
            self.hold(
                &change.id,
                change.action,
                HeldReason::Paused,
                why,
                change.source,
            );
        }
    }

    pub(super) fn push(&mut self, change: Change) {
        if change.drift && self.input.target.drift == DriftPolicy::Report {
            let detail = format!(
                "it was changed on the server, and the target reports drift without reverting it{}",
                listed(&change.fields)
            );
            self.hold(
                &change.id,
                change.action,
                HeldReason::Paused,
                &detail,
                change.source,
            );
        } else {
            self.plan.changes.push(change);
        }
    }

    fn unchanged(&mut self, id: &ResourceId, desired: &Desired) {
        *self.plan.unchanged.entry(id.kind).or_default() += 1;
        let known = self.input.inventory.get(id);
        let current = known.is_some_and(|entry| {
            let InventoryEntry {
                hash,
                owner,
                source,
                revision: _,
            } = entry;
            *hash == desired.hash
                && *owner == desired.resource.owner
                && *source == desired.resource.source
        });
        if !current {
            let entry = entry(desired, self.common.revision);
            self.plan.bookkeeping.refresh.push((id.clone(), entry));
        }
    }

    pub(super) fn change(
        &self,
        id: &ResourceId,
        action: Action,
        desired: Option<&Desired>,
        live: Option<&Live>,
    ) -> Change {
        let resource: Option<&Arc<Resource>> = desired.map(|desired| &desired.resource);
        let entry = self.input.inventory.get(id);
        let file = match resource {
            Some(resource) => Some(&resource.source.file),
            None => entry.map(|entry| &entry.source.file),
        };
        Change {
            tenant: file.and_then(|file| self.tenant(id, file)),
            id: id.clone(),
            action,
            owner: match resource {
                Some(resource) => resource.owner.clone(),
                None => entry.and_then(|entry| entry.owner.clone()),
            },
            source: match resource {
                Some(resource) => Some(resource.source.clone()),
                None => self.inventory_source(id),
            },
            fields: Vec::new(),
            impact: Vec::new(),
            desired: desired.cloned(),
            live_hash: live.map(|live| live.hash),
            expected: live.and_then(|live| live.version.clone()),
            counts_as_deletes: 0,
            drift: false,
            after: Vec::new(),
        }
    }

    /// The tenant whose a change is. Its own folder, and those that this is in, are made for it by the platform.
    fn tenant(&self, id: &ResourceId, file: &str) -> Option<Arc<str>> {
        let tenant = self.common.tenants.of(&RepoPath::new(file)?)?;
        if id.kind == ResourceKind::Folder {
            let path = FolderPath::parse(&id.name).ok()?;
            let own = &tenant.folder.as_ref()?.value;
            if path == *own || !path.is_within(own) {
                return None;
            }
        }
        Some(tenant.name.clone())
    }

    pub(super) fn inventory_source(&self, id: &ResourceId) -> Option<SourceRef> {
        let entry = self.input.inventory.get(id)?;
        Some(entry.source.clone())
    }

    /// The one of today; of what is not declared any more, the last.
    fn owner(&self, id: &ResourceId) -> Option<Arc<str>> {
        let resource = self.input.wanted.get(id).map(|wanted| match wanted {
            Wanted::Normalised(desired) => &desired.resource,
            Wanted::Unsupported { resource, .. } => resource,
        });
        match resource {
            Some(resource) => resource.owner.clone(),
            None => self.input.inventory.get(id)?.owner.clone(),
        }
    }

    fn last_applied(&self, id: &ResourceId) -> Option<crate::model::Hash> {
        self.input.inventory.get(id).map(|entry| entry.hash)
    }

    pub(super) fn hold(
        &mut self,
        id: &ResourceId,
        action: Action,
        reason: HeldReason,
        detail: &str,
        source: Option<SourceRef>,
    ) {
        self.plan.held.push(Held {
            target: self.input.target.name.clone(),
            id: Some(id.clone()),
            action: Some(action),
            reason,
            detail: detail.to_owned(),
            owner: self.owner(id),
            source,
        });
    }
}

/// What the inventory notes of an applied resource.
pub(super) fn entry(desired: &Desired, revision: Option<&str>) -> InventoryEntry {
    InventoryEntry {
        hash: desired.hash,
        owner: desired.resource.owner.clone(),
        source: desired.resource.source.clone(),
        revision: revision.map(str::to_owned),
    }
}

fn listed(fields: &[FieldChange]) -> String {
    let paths: Vec<&str> = fields.iter().map(|field| field.path.as_str()).collect();
    match paths.len() {
        0 => String::new(),
        1..=3 => format!(": {}", paths.join(", ")),
        n => format!(": {} and {} more", paths[..3].join(", "), n - 3),
    }
}
