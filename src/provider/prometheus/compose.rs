//! What a container's file is to hold: the groups that are there, and the changes to them.

use std::collections::BTreeMap;

use super::container::Container;
use super::wire::{self, Group};
use crate::model::{Action, Change, Spec};

/// The groups of a file's content, by name. What is not a rule file has none: it is replaced.
pub(super) fn groups(content: Option<&[u8]>) -> BTreeMap<String, Group> {
    let text = content.and_then(|bytes| std::str::from_utf8(bytes).ok());
    let groups = text
        .map(wire::parse)
        .and_then(Result::ok)
        .unwrap_or_default();
    groups
        .into_iter()
        .map(|group| (group.name.clone(), group))
        .collect()
}

/// The content after `changes` to `groups`, all of this container; `None` where no group is left, and so no file.
///
/// # Errors
/// With the reason, where it cannot be told.
pub(super) fn compose<'a>(
    container: &Container,
    instance: &str,
    mut groups: BTreeMap<String, Group>,
    changes: impl IntoIterator<Item = &'a Change>,
) -> Result<Option<Vec<u8>>, String> {
    for change in changes {
        let name = group_name(change, container)?;
        match change.action {
            Action::Delete => _ = groups.remove(name),
            Action::Create | Action::Update | Action::Adopt => {
                _ = groups.insert(name.to_owned(), declared(change)?);
            }
        }
    }
    if groups.is_empty() {
        return Ok(None);
    }
    let groups: Vec<Group> = groups.into_values().collect();
    let text = wire::emit(&container.marker(instance), &groups)
        .map_err(|error| format!("cannot write its YAML: {error}"))?;
    Ok(Some(text.into_bytes()))
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
    }
}
