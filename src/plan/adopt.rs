//! Objects that are nobody's: taken over where they are already equal, or on purpose.

use std::collections::BTreeMap;

use super::{TargetInput, Wanted};
use crate::model::live::{Observed, Ownership};
use crate::model::{ResourceId, ResourceKind};

/// Whether what stands there may become ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Adopt,
    /// Why not, and what to do.
    Refuse(String),
}

/// What is adopted together: a container with all that is in it, or a single object.
pub(super) struct Units {
    verdicts: BTreeMap<Key, Verdict>,
}

impl Units {
    pub(super) fn of(input: &TargetInput<'_>, observed: &Observed) -> Self {
        let mut units: BTreeMap<Key, Unit<'_>> = BTreeMap::new();
        for (container, occupied) in &observed.occupied {
            if occupied.ownership == Ownership::Nobody {
                let key = (occupied.kind, container.clone());
                let unit = units.entry(key).or_default();
                unit.description = &occupied.description;
                unit.unreadable = occupied.unreadable;
            }
        }
        for (id, live) in &observed.live {
            if live.ownership == Ownership::Nobody {
                units.entry(key(id)).or_default().live.push(id);
            }
        }
        for (id, wanted) in &input.wanted {
            if let Some(unit) = units.get_mut(&key(id)) {
                unit.wanted.push((id, wanted));
            }
        }
        let verdicts = units
            .into_iter()
            .map(|(key, unit)| {
                let verdict = unit.verdict(key.0, observed);
                (key, verdict)
            })
            .collect();
        Self { verdicts }
    }

    pub(super) fn verdict(&self, id: &ResourceId) -> &Verdict {
        const UNKNOWN: &Verdict = &Verdict::Refuse(String::new());
        self.verdicts.get(&key(id)).unwrap_or(UNKNOWN)
    }
}

type Key = (ResourceKind, String);

fn key(id: &ResourceId) -> Key {
    (id.kind, id.container().unwrap_or(&id.name).to_owned())
}

#[derive(Default)]
struct Unit<'a> {
    description: &'a str,
    unreadable: bool,
    live: Vec<&'a ResourceId>,
    wanted: Vec<(&'a ResourceId, &'a Wanted)>,
}

impl Unit<'_> {
    fn verdict(&self, kind: ResourceKind, observed: &Observed) -> Verdict {
        let what = match self.description {
            "" => "the object",
            named => named,
        };
        if self.unreadable {
            return Verdict::Refuse(format!(
                "{what} has no marker of ours and cannot be read; repair or remove it"
            ));
        }
        let undeclared: Vec<&str> = self
            .live
            .iter()
            .filter(|id| !self.wanted.iter().any(|(wanted, _)| wanted == *id))
            .map(|id| id.name.rsplit('/').next().unwrap_or(&id.name))
            .collect();
        if !undeclared.is_empty() {
            return Verdict::Refuse(format!(
                "{what} has no marker of ours and also holds {}; declare them or take them out",
                undeclared.join(", ")
            ));
        }
        if self.equal(observed) || self.wanted.iter().all(|(_, wanted)| asked_for(wanted)) {
            return Verdict::Adopt;
        }
        let how = match kind {
            // All of it is taken over or nothing: so it is the target that says so.
            ResourceKind::Route => {
                "with adopt: true of the target in the settings it would be taken over, and the plan would \
                 show what is lost; what the platform is to keep belongs into base_file"
            }
            ResourceKind::RuleGroup
            | ResourceKind::Folder
            | ResourceKind::DataSource
            | ResourceKind::Dashboard => {
                "the annotation trueup.dev/adopt: \"true\" would let it be taken over"
            }
        };
        Verdict::Refuse(format!("{what} has no marker of ours and differs; {how}"))
    }

    fn equal(&self, observed: &Observed) -> bool {
        self.wanted.iter().all(|(id, wanted)| {
            let live = observed.live.get(*id);
            match wanted {
                Wanted::Normalised(desired) => live.is_some_and(|live| live.hash == desired.hash),
                Wanted::Unsupported { .. } => false,
            }
        })
    }
}

fn asked_for(wanted: &Wanted) -> bool {
    match wanted {
        Wanted::Normalised(desired) => desired.resource.adopt,
        // That the server cannot hold it keeps nobody else from being taken over.
        Wanted::Unsupported { resource, .. } => resource.adopt,
    }
}
