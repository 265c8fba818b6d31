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

/// What the table does not have yet.
type New<I, O> = HashMap<Key, Known<I, O>>;

impl<I, O: Clone> Kept<I, O> {
    fn get(&self, new: &mut New<I, O>, input: &Arc<I>, of: Hash, make: impl FnOnce() -> O) -> O {
        let address = Arc::as_ptr(input).cast::<()>() as usize;
        let key = Key { address, of };
        if let Some(known) = self.known.get(&key) {
            known.needed.store(self.state, Ordering::Relaxed);
            return known.outcome.clone();
        }
        let known = new.entry(key).or_insert_with(|| Known {
            _input: input.clone(),
            outcome: make(),
            needed: AtomicU32::new(self.state),
        });
        known.outcome.clone()
    }
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

/// What is known while one state of the repository is gone through. All cores read it, and nobody waits: what is new
/// is put in afterwards.
pub(super) struct Fences<'m> {
    groups: RwLockReadGuard<'m, Kept<Spec, FencedGroup>>,
    dashboards: RwLockReadGuard<'m, Kept<DashboardBody, FencedBody>>,
}

/// What was fenced anew.
#[derive(Default)]
pub(super) struct NewlyFenced {
    groups: New<Spec, FencedGroup>,
    dashboards: New<DashboardBody, FencedBody>,
}

impl NewlyFenced {
    pub(super) fn take(&mut self, other: Self) {
        self.groups.extend(other.groups);
        self.dashboards.extend(other.dashboards);
    }
}

impl Fences<'_> {
    pub(super) fn group(
        &self,
        new: &mut NewlyFenced,
        (spec, key): (&Arc<Spec>, Hash),
        make: impl FnOnce() -> FencedGroup,
    ) -> FencedGroup {
        self.groups.get(&mut new.groups, spec, key, make)
    }

    pub(super) fn dashboard(
        &self,
        new: &mut NewlyFenced,
        (body, key): (&Arc<DashboardBody>, Hash),
        make: impl FnOnce() -> FencedBody,
    ) -> FencedBody {
        self.dashboards.get(&mut new.dashboards, body, key, make)
    }
}

impl FenceMemo {
    /// Begins another state of the repository: what the last one did not need is forgotten.
    pub(super) fn begin(&self) -> Fences<'_> {
        turn(&self.groups);
        turn(&self.dashboards);
        Fences {
            groups: read(&self.groups),
            dashboards: read(&self.dashboards),
        }
    }

    /// Takes in what was new, once nobody reads any more.
    pub(super) fn add(&self, new: NewlyFenced) {
        add(&self.groups, new.groups);
        add(&self.dashboards, new.dashboards);
    }

    /// How many groups and dashboards were gone through, ever.
    pub fn made(&self) -> u64 {
        read(&self.groups).made + read(&self.dashboards).made
    }
}

fn add<I, O>(kept: &RwLock<Kept<I, O>>, new: New<I, O>) {
    let mut kept = write(kept);
    kept.made += new.len() as u64;
    kept.known.extend(new);
}
