//! What was fenced before: an unchanged group or dashboard is not gone through again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::fence::Found;
use crate::model::grafana::DashboardBody;
use crate::model::{Hash, Spec};

/// Fenced groups and dashboards of one repository, by what they are made of. Holds what the last two states of the
/// repository needed.
#[derive(Debug, Default)]
pub struct FenceMemo {
    groups: Mutex<Kept<Spec, Result<Arc<Spec>, Arc<[Found]>>>>,
    dashboards: Mutex<Kept<DashboardBody, Result<Arc<DashboardBody>, Arc<[Beyond]>>>>,
}

/// What in a dashboard reaches beyond its tenant's fence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Beyond {
    pub(super) pointer: String,
    pub(super) message: String,
    pub(super) hint: String,
}

/// Outcomes by the identity of their input, which is held so that no other takes its address, and a key of all
/// else that they depend on.
#[derive(Debug)]
struct Kept<I, O> {
    now: HashMap<(usize, Hash), (Arc<I>, O)>,
    before: HashMap<(usize, Hash), (Arc<I>, O)>,
    made: u64,
}

impl<I, O> Default for Kept<I, O> {
    fn default() -> Self {
        Self {
            now: HashMap::new(),
            before: HashMap::new(),
            made: 0,
        }
    }
}

fn get<I, O: Clone>(
    kept: &Mutex<Kept<I, O>>,
    input: &Arc<I>,
    key: Hash,
    make: impl FnOnce() -> O,
) -> O {
    let address = (Arc::as_ptr(input).cast::<()>() as usize, key);
    {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = kept.now.get(&address) {
            return known.clone();
        }
        if let Some(known) = kept.before.remove(&address) {
            let outcome = known.1.clone();
            kept.now.insert(address, known);
            return outcome;
        }
    }
    let outcome = make();
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    kept.made += 1;
    kept.now.insert(address, (input.clone(), outcome.clone()));
    outcome
}

fn turn<I, O>(kept: &Mutex<Kept<I, O>>) {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    kept.before = std::mem::take(&mut kept.now);
}

impl FenceMemo {
    /// Begins another state of the repository: what this one does not need is forgotten with the next.
    pub(super) fn begin(&self) {
        turn(&self.groups);
        turn(&self.dashboards);
    }

    pub(super) fn group(
        &self,
        spec: &Arc<Spec>,
        key: Hash,
        make: impl FnOnce() -> Result<Arc<Spec>, Arc<[Found]>>,
    ) -> Result<Arc<Spec>, Arc<[Found]>> {
        get(&self.groups, spec, key, make)
    }

    pub(super) fn dashboard(
        &self,
        body: &Arc<DashboardBody>,
        key: Hash,
        make: impl FnOnce() -> Result<Arc<DashboardBody>, Arc<[Beyond]>>,
    ) -> Result<Arc<DashboardBody>, Arc<[Beyond]>> {
        get(&self.dashboards, body, key, make)
    }

    /// How many groups and dashboards were gone through, ever.
    pub fn made(&self) -> u64 {
        let groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        let boards = self
            .dashboards
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        groups.made + boards.made
    }
}
