//! What is different between two texts of the settings, for logs.

use std::collections::BTreeMap;

use super::outline::Outline;

/// Keys that a daemon has to be started anew for; and all of the HTTP side.
const FIXED: &[&str] = &["instance", "state.path", "state.history", "log.format"];
const SERVER: &str = "server.";
/// Those that the HTTP side compares a webhook with.
const PUSHED: &[&str] = &["repository.url", "repository.branch"];

/// The keys that differ, with both values: `targets[1].url: a -> b`, `+ drift: report`, `- paused: true`. Texts that are
/// no settings have no keys.
pub fn changes(old: &str, new: &str) -> Vec<String> {
    let (old, new) = (keys(old), keys(new));
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    let changed = names
        .iter()
        .filter_map(|name| match (old.get(*name), new.get(*name)) {
            (Some(before), Some(after)) if before == after => None,
            (Some(before), Some(after)) => {
                Some(format!("{name}: {} -> {}", shown(before), shown(after)))
            }
            (Some(before), None) => Some(format!("- {name}: {}", shown(before))),
            (None, Some(after)) => Some(format!("+ {name}: {}", shown(after))),
            (None, None) => None,
        });
    changed.collect()
}

/// Those of the keys that differ which a running daemon cannot change.
pub fn fixed(old: &str, new: &str) -> Vec<String> {
    let (old, new) = (keys(old), keys(new));
    let has_webhook = old.keys().any(|key| key.starts_with("server.webhook."));
    let is_fixed = |key: &str| {
        FIXED.contains(&key) || key.starts_with(SERVER) || has_webhook && PUSHED.contains(&key)
    };
    let mut fixed: Vec<String> = old
        .keys()
        .chain(new.keys())
        .filter(|key| is_fixed(key) && old.get(*key) != new.get(*key))
        .cloned()
        .collect();
    fixed.sort();
    fixed.dedup();
    fixed
}

fn keys(text: &str) -> BTreeMap<String, String> {
    let Ok(outline) = Outline::read(text) else {
        return BTreeMap::new();
    };
    let scalars = outline.scalars();
    scalars
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// No setting holds a secret; an address might all the same.
fn shown(value: &str) -> String {
    match value.split_once("://") {
        Some((scheme, rest)) if rest.contains('@') => {
            let host = rest.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://***@{host}")
        }
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str =
        "instance: a\ntargets:\n- name: one\n  url: http://u:canary@h/x\n  paused: true\n";

    #[test]
    fn names_each_key_that_differs() {
        let new = "instance: a\ntargets:\n- name: one\n  url: http://other\n  drift: report\n";
        let expected = [
            "+ targets[0].drift: report",
            "- targets[0].paused: true",
            "targets[0].url: http://***@h/x -> http://other",
        ];
        let mut found = changes(OLD, new);
        found.sort();
        assert_eq!(found, expected);
        assert_eq!(changes(OLD, OLD), [""; 0]);
    }

    #[test]
    fn some_keys_need_a_new_start() {
        assert_eq!(fixed(OLD, "instance: b\n"), ["instance"]);
        assert_eq!(fixed(OLD, OLD), [""; 0]);
        let served = "instance: a\nserver: { webhook: { kind: github } }\n";
        assert_eq!(fixed(OLD, served), ["server.webhook.kind"]);
        let moved = format!("{served}repository: {{ branch: other }}\n");
        assert_eq!(fixed(served, &moved), ["repository.branch"]);
        assert_eq!(
            fixed("instance: a\n", "instance: a\nrepository: { branch: x }\n"),
            [""; 0]
        );
    }
}
