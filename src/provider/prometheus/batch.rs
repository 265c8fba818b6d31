//! The changes of one apply, checked against what is on disk, and sorted by the file they are in.

use std::collections::BTreeMap;

use super::compose;
use super::container::Container;
use super::write::Disk;
use crate::model::{Action, Change, Ownership};
use crate::provider::outcomes::{Outcomes, Verdict};

/// A file with the changes to it.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) container: Container,
    /// What it holds now.
    pub(super) current: Option<Vec<u8>>,
    /// What stands or falls together, as indices of changes: one change, or, where a file is adopted,
    /// all of its changes, since its marker covers all of its groups.
    pub(super) units: Vec<Vec<usize>>,
}

impl Slot {
    pub(super) fn changes(&self) -> impl Iterator<Item = usize> {
        self.units.iter().flatten().copied()
    }
}

/// Sorts changes by file; what cannot be done is settled as failed.
pub(super) async fn prepare(
    disk: &mut Disk,
    instance: &str,
    changes: &[Change],
    outcomes: &mut Outcomes<'_>,
) -> Vec<Slot> {
    let mut files: BTreeMap<String, (Container, Vec<usize>)> = BTreeMap::new();
    for (at, change) in changes.iter().enumerate() {
        match change.id.container().and_then(Container::of_name) {
            Some(container) => {
                let entry = files.entry(container.file());
                entry.or_insert_with(|| (container, Vec::new())).1.push(at);
            }
            None => outcomes.settle(at, Verdict::Failed("its set has no valid name".into())),
        }
    }
    let mut slots = Vec::new();
    for (container, mut indices) in files.into_values() {
        let current = match disk.read(&container).await {
            Ok(current) => current,
            Err(error) => {
                for at in indices {
                    outcomes.settle(at, Verdict::Failed(error.to_string()));
                }
                continue;
            }
        };
        let version = current
            .as_deref()
            .map(|bytes| crate::model::Hash::of(bytes).to_string());
        indices.retain(|&at| {
            let expected = changes[at].expected == version;
            if !expected {
                let text = format!(
                    "the file {} changed since it was observed; the next cycle looks again",
                    container.file()
                );
                outcomes.settle(at, Verdict::Failed(text));
            }
            expected
        });
        match units(&container, current.as_deref(), instance, changes, &indices) {
            Ok(units) if units.is_empty() => {}
            Ok(units) => slots.push(Slot {
                container,
                current,
                units,
            }),
            Err(reason) => {
                for at in indices {
                    outcomes.settle(at, Verdict::Failed(reason.clone()));
                }
            }
        }
    }
    slots
}

fn units(
    container: &Container,
    current: Option<&[u8]>,
    instance: &str,
    changes: &[Change],
    indices: &[usize],
) -> Result<Vec<Vec<usize>>, String> {
    let Some(content) = current else {
        return Ok(indices.iter().map(|at| vec![*at]).collect());
    };
    match container.ownership(&String::from_utf8_lossy(content), instance) {
        Ownership::Ours => Ok(indices.iter().map(|at| vec![*at]).collect()),
        Ownership::Theirs(owner) => {
            Err(format!("the file {} belongs to {owner}", container.file()))
        }
        Ownership::Nobody | Ownership::Shared => {
            check_adoption(container, content, changes, indices)?;
            Ok(vec![indices.to_vec()])
        }
    }
}

/// A file becomes ours as a whole; a group in it that nobody declares would be deleted as ours in the
/// next cycle.
fn check_adoption(
    container: &Container,
    content: &[u8],
    changes: &[Change],
    indices: &[usize],
) -> Result<(), String> {
    let file = container.file();
    if !indices
        .iter()
        .any(|at| changes[*at].action == Action::Adopt)
    {
        return Err(format!("the file {file} is not ours"));
    }
    let text = std::str::from_utf8(content).map_err(|_| format!("the file {file} is not UTF-8"))?;
    let groups = super::wire::parse(text)
        .map_err(|error| format!("the file {file} is not a rule file: {error}"))?;
    let declared: Vec<&str> = indices
        .iter()
        .filter_map(|at| compose::group_name(&changes[*at], container).ok())
        .collect();
    match groups
        .iter()
        .find(|group| !declared.contains(&&*group.name))
    {
        None => Ok(()),
        Some(group) => Err(format!(
            "the file {file} cannot be taken over while it holds the group {:?}, which is not declared; declare it, or remove it from the file",
            group.name
        )),
    }
}
