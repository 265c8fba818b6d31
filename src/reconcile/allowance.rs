//! Deletes that a commit lets through: the trailer `Trueup-Allow-Deletes: N`.
//!
//! It counts for a target where its commit is newer than what was last applied there, once.

use std::collections::BTreeMap;

use crate::model::{Commit, CommitId, TargetName};
use crate::plan::Allowance;
use crate::source::{Source, SourceError};
use crate::state::{StateError, StateView};

const TRAILER: &str = "Trueup-Allow-Deletes";

/// What trailers allow, and which commits said so.
#[derive(Clone, Debug, Default)]
pub struct Trailers {
    by_target: BTreeMap<TargetName, Vec<(CommitId, u32)>>,
}

/// Trailers could not be looked up.
#[derive(Debug, thiserror::Error)]
pub enum TrailerError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    State(#[from] StateError),
}

impl Trailers {
    /// Looks at the commits that each target has not applied yet.
    pub async fn find(
        source: &Source,
        state: &StateView,
        targets: &[TargetName],
        head: CommitId,
    ) -> Result<Self, TrailerError> {
        let mut ranges: BTreeMap<Option<CommitId>, Vec<Commit>> = BTreeMap::new();
        let mut by_target = BTreeMap::new();
        for target in targets {
            let after = state.target_state(target)?.revision;
            if after == Some(head) {
                continue;
            }
            if let std::collections::btree_map::Entry::Vacant(range) = ranges.entry(after) {
                range.insert(source.commits(after, head).await?);
            }
            let mut allowed = Vec::new();
            for (commit, count) in ranges.get(&after).into_iter().flatten().filter_map(allows) {
                if !state.trailer_used(target, commit)? {
                    allowed.push((commit, count));
                }
            }
            if !allowed.is_empty() {
                by_target.insert(target.clone(), allowed);
            }
        }
        Ok(Self { by_target })
    }

    /// The highest number that any commit gives, by target, beside the flag of the command line.
    pub fn allowance(&self, flag: Option<u32>) -> Allowance {
        let highest = |allowed: &Vec<(CommitId, u32)>| allowed.iter().map(|(_, n)| *n).max();
        let by_target = self.by_target.iter();
        Allowance {
            flag,
            without_trailers: false,
            by_target: by_target
                .filter_map(|(target, allowed)| Some((target.clone(), highest(allowed)?)))
                .collect(),
        }
    }

    /// The commits whose word was used for a target; they do not count a second time.
    pub fn used_by(&self, target: &TargetName) -> &[(CommitId, u32)] {
        self.by_target.get(target).map_or(&[], Vec::as_slice)
    }
}

fn allows(commit: &Commit) -> Option<(CommitId, u32)> {
    let values = commit
        .trailers
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(TRAILER));
    let highest = values
        .filter_map(|(_, value)| value.trim().parse().ok())
        .max()?;
    Some((commit.id, highest))
}
