//! What was fenced before: an unchanged group or dashboard is not gone through again.

use std::collections::HashMap;
use std::hash;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::fence::Found;
use crate::model::grafana::DashboardBody;
use crate::model::grafana_fence::DashboardFault;
use crate::model::{Hash, Spec};

/// Fenced groups and dashboards of one repository, by what they are made of. Holds what the last two states of the
/// repository needed.
#[derive(Debug, Default)]
pub struct FenceMemo {
    groups: RwLock<Kept<Spec, FencedGroup>>,
    dashboards: RwLock<Kept<DashboardBody, FencedBody>>,
}

/// A group inside its fence, or what of it is not.
pub(super) type FencedGroup = Result<Arc<Spec>, Arc<[Found]>>;

/// The same of a dashboard.
pub(super) type FencedBody = Result<Arc<DashboardBody>, Arc<[DashboardFault]>>;

/// Outcomes by the identity of their input, which is held so that no other takes its address, and a key of all
/// else that they depend on.
#[derive(Debug)]
struct Kept<I, O> {
    known: HashMap<Key, Known<I, O>>,
    /// Counts the states of the repository.
    state: u32,
    made: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    /// Of the input.
    address: usize,
    of: Hash,
}

/// An input seldom stands under two keys: its address is enough to find it.
impl hash::Hash for Key {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.address.hash(state);
    }
}

#[derive(Debug)]
struct Known<I, O> {
    /// Held, not read.
    _input: Arc<I>,
    outcome: O,
    /// The last state that needed it. Written while others read the table.
    needed: AtomicU32,
}

impl<I, O> Default for Kept<I, O> {
    fn default() -> Self {
        Self {
            known: HashMap::new(),
            state: 0,
            made: 0,
        }
    }
}

fn get<I, O: Clone>(
    kept: &RwLock<Kept<I, O>>,
    input: &Arc<I>,
    key: Hash,
    make: impl FnOnce() -> O,
) -> O {
    let key = Key {
        address: Arc::as_ptr(input).cast::<()>() as usize,
        of: key,
    };
    {
        let kept = read(kept);
        if let Some(known) = kept.known.get(&key) {
            known.needed.store(kept.state, Ordering::Relaxed);
            return known.outcome.clone();
        }
    }
    let outcome = make();
    let mut kept = write(kept);
    kept.made += 1;
    let known = Known {
        _input: input.clone(),
        outcome: outcome.clone(),
        needed: AtomicU32::new(kept.state),
    };
    kept.known.insert(key, known);
    outcome
}

/// Forgets what the last state did not need, and begins another.
fn turn<I, O>(kept: &RwLock<Kept<I, O>>) {
    let mut kept = write(kept);
    let state = kept.state;
    kept.known
        .retain(|_, known| *known.needed.get_mut() == state);
    kept.state = state.wrapping_add(1);
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
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
        read(&self.groups).made + read(&self.dashboards).made
    }
}
