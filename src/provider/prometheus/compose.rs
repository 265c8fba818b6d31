//! What a container's file is to hold: the groups that are there, and the changes to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::container::Container;
use super::files::{LiveGroup, Memory, RuleFile};
use super::wire::{self, Group};
use crate::model::{Action, Change, Hash, Ownership, Spec};

/// A group of the content, with its text where that is known.
struct Piece<'b> {
    group: Arc<LiveGroup>,
    text: Option<&'b [u8]>,
}

/// The content after `changes`, all of this container; `None` where no group is left, and so no file.
///
/// Costs what the changes cost where `memory` knows the content `base`; it gets to know the new one.
///
/// # Errors
/// With the reason, where it cannot be told.
pub(super) fn compose<'a>(
    container: &Container,
    instance: &str,
    memory: &Memory,
    base: Option<&[u8]>,
    changes: impl IntoIterator<Item = &'a Change>,
) -> Result<Option<Vec<u8>>, String> {
    let mut pieces = pieces(container, memory, base.unwrap_or_default());
    for change in changes {
        let name = group_name(change, container)?;
        match change.action {
            Action::Delete => _ = pieces.remove(name),
            Action::Create | Action::Update | Action::Adopt => {
                let group = memory.live(declared(change)?);
                _ = pieces.insert(name.to_owned(), Piece { group, text: None });
            }
        }
    }
    if pieces.is_empty() {
        return Ok(None);
    }
    let mut content = wire::head(&container.marker(instance)).into_bytes();
    let mut places = Vec::with_capacity(pieces.len());
    for Piece { group, text } in pieces.values() {
        let start = content.len();
        if let Some(text) = text {
            content.extend_from_slice(text);
        } else {
            let text = wire::text(&group.group);
            let text = text.map_err(|error| format!("cannot write its YAML: {error}"))?;
            content.extend_from_slice(text.as_bytes());
        }
        places.push(start..content.len());
    }
    let file = RuleFile {
        hash: Hash::of(&content),
        ownership: Ownership::Ours,
        groups: Ok(pieces.into_values().map(|piece| piece.group).collect()),
        places,
    };
    memory.learn(container, file);
    Ok(Some(content))
}

/// The groups of a file's content, by name. What is not a rule file has none: it is replaced.
fn pieces<'b>(
    container: &Container,
    memory: &Memory,
    content: &'b [u8],
) -> BTreeMap<String, Piece<'b>> {
    let named = |group: Arc<LiveGroup>, text| (group.group.name.clone(), Piece { group, text });
    if let Some(known) = memory.known(container, Hash::of(content)) {
        let groups = known.groups.iter().flatten().cloned().enumerate();
        let text = |at: usize| content.get(known.places.get(at)?.clone());
        return groups.map(|(at, group)| named(group, text(at))).collect();
    }
    let text = std::str::from_utf8(content).unwrap_or_default();
    let groups = wire::parse(text).unwrap_or_default().into_iter();
    groups
        .map(|group| named(memory.live(group), None))
        .collect()
}

/// The group that a change is about.
pub(super) fn group_name<'a>(change: &'a Change, container: &Container) -> Result<&'a str, String> {
    let rest = change.id.name.strip_prefix(container.name());
    rest.and_then(|rest| rest.strip_prefix('/'))
        .ok_or_else(|| format!("{} does not belong to {}", change.id, container.name()))
}

/// The group that a change puts in place.
pub(super) fn declared(change: &Change) -> Result<Group, String> {
    let desired = change.desired.as_ref();
    let desired = desired.ok_or_else(|| "the plan does not say what it is to become".to_owned())?;
    match &*desired.resource.spec {
        Spec::RuleGroup(group) => Ok(Group::of(group)),
        Spec::Folder(_)
        | Spec::DataSource(_)
        | Spec::Dashboard(_)
        | Spec::Route(_)
        | Spec::RouteBase(_) => Err(format!("{} is no rule group", change.id)),
    }
}
