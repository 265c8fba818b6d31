//! What was fenced before: an unchanged group or dashboard is not gone through again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::fence::Found;
use crate::model::grafana::DashboardBody;
use crate::model::grafana_fence::DashboardFault;
use crate::model::{Hash, Spec};

/// Fenced groups and dashboards of one repository, by what they are made of. Holds what the last two states of the
/// repository needed.
#[derive(Debug, Default)]
pub struct FenceMemo {
    groups: Mutex<Kept<Spec, FencedGroup>>,
    dashboards: Mutex<Kept<DashboardBody, FencedBody>>,
}

/// A group inside its fence, or what of it is not.
pub(super) type FencedGroup = Result<Arc<Spec>, Arc<[Found]>>;

/// The same of a dashboard.
pub(super) type FencedBody = Result<Arc<DashboardBody>, Arc<[DashboardFault]>>;

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
        make: impl FnOnce() -> FencedGroup,
    ) -> FencedGroup {
        get(&self.groups, spec, key, make)
    }

    pub(super) fn dashboard(
        &self,
        body: &Arc<DashboardBody>,
        key: Hash,
        make: impl FnOnce() -> FencedBody,
    ) -> FencedBody {
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
