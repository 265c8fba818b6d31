//! The folders of a server: what is in what, and how each is called.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Ownership;
use crate::model::grafana::FolderPath;

/// Deeper than any server nests.
const DEEPEST: usize = 32;

/// A folder as a server lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub uid: String,
    /// The number that servers before 9 want when something is put into it.
    pub number: Option<i64>,
    pub title: String,
    pub parent: Option<String>,
    pub version: Option<String>,
    pub ownership: Ownership,
    pub changed: Option<String>,
}

impl Listed {
    /// What a write expects to find: which folder, and at which version where that is listed.
    pub(super) fn seen(&self) -> String {
        format!("{} {}", self.uid, self.version.as_deref().unwrap_or(""))
    }
}

/// Reads what `Listed::seen` wrote.
pub(super) fn seen(text: &str) -> Option<(&str, Option<&str>)> {
    let (uid, version) = text.split_once(' ')?;
    Some((uid, Some(version).filter(|version| !version.is_empty())))
}

/// All folders of a server.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    by_uid: BTreeMap<String, Listed>,
}

impl Tree {
    pub(super) fn new(folders: Vec<Listed>) -> Self {
        let by_uid = folders
            .into_iter()
            .map(|folder| (folder.uid.clone(), folder));
        Self {
            by_uid: by_uid.collect(),
        }
    }

    pub(super) fn insert(&mut self, folder: Listed) {
        self.by_uid.insert(folder.uid.clone(), folder);
    }

    pub(super) fn remove(&mut self, uid: &str) {
        self.by_uid.remove(uid);
    }

    pub(super) fn get(&self, uid: &str) -> Option<&Listed> {
        self.by_uid.get(uid)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Listed> {
        self.by_uid.values()
    }

    /// What each folder is called: its titles from the root. Where two have the same, one that is ours has the
    /// name, and then the one with the first uid; the others have their uid behind it.
    pub(super) fn names(&self) -> BTreeMap<String, String> {
        let mut order: Vec<&Listed> = self.by_uid.values().collect();
        order.sort_by_key(|folder| {
            (
                self.depth(folder),
                folder.ownership != Ownership::Ours,
                folder.uid.clone(),
            )
        });
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        let mut taken = BTreeSet::new();
        for folder in order {
            let parent = parent_text(folder, &names);
            let plain = below(&parent, &folder.title);
            let name = if taken.contains(&plain) {
                format!("{plain} (uid {})", folder.uid)
            } else {
                plain
            };
            taken.insert(name.clone());
            names.insert(folder.uid.clone(), name);
        }
        names
    }

    fn depth(&self, folder: &Listed) -> usize {
        let mut depth = 0;
        let mut above = folder.parent.as_deref();
        while let Some(parent) = above.and_then(|uid| self.by_uid.get(uid)) {
            depth += 1;
            if depth > DEEPEST {
                break;
            }
            above = parent.parent.as_deref();
        }
        depth
    }

    /// Whether a folder is this one or somewhere in it.
    pub(super) fn is_within(&self, uid: &str, outer: &str) -> bool {
        let mut at = Some(uid);
        for _ in 0..DEEPEST {
            match at {
                Some(uid) if uid == outer => return true,
                Some(uid) => {
                    at = self
                        .by_uid
                        .get(uid)
                        .and_then(|folder| folder.parent.as_deref());
                }
                None => return false,
            }
        }
        false
    }

    /// The folder that stands at a path: the one with the uid that is ours for it, else one with these titles.
    pub(super) fn at(
        &self,
        path: &FolderPath,
        explicit: Option<&str>,
        instance: &str,
        nested: bool,
    ) -> Option<&Listed> {
        let own = explicit.map_or_else(|| path.uid(instance), str::to_owned);
        if let Some(folder) = self.by_uid.get(&own) {
            return Some(folder);
        }
        if !nested {
            let title = flat_title(path);
            return self.by_uid.values().find(|folder| folder.title == title);
        }
        let parent = match path.parent() {
            None => None,
            Some(above) => Some(self.at(&above, None, instance, nested)?.uid.as_str()),
        };
        let title = path.title();
        let mut named = self.by_uid.values();
        named.find(|folder| folder.title == title && folder.parent.as_deref() == parent)
    }
}

/// The name of the folder that this one is in; empty at the root.
pub(super) fn parent_text(folder: &Listed, names: &BTreeMap<String, String>) -> String {
    match &folder.parent {
        None => String::new(),
        Some(uid) => match names.get(uid) {
            Some(name) => name.clone(),
            // One that we may not see.
            None => format!("uid={uid}"),
        },
    }
}

/// The name of a folder in another one.
pub(super) fn below(parent: &str, title: &str) -> String {
    let own = FolderPath::of(&[title]).map_or_else(String::new, |path| path.to_string());
    match parent {
        "" => own,
        parent => format!("{parent}/{own}"),
    }
}

/// The uid by which Grafana calls its root, which is no folder.
pub(super) fn is_root(uid: &str) -> bool {
    uid.is_empty() || uid == "general"
}

/// The title of a folder on a server whose folders do not nest.
pub(super) fn flat_title(path: &FolderPath) -> String {
    path.titles().join(" / ")
}

/// So many of something, in words: "1 alert rule", "2 alert rules".
pub(super) fn count(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(uid: &str, title: &str, parent: Option<&str>) -> Listed {
        Listed {
            uid: uid.to_owned(),
            number: None,
            title: title.to_owned(),
            parent: parent.map(str::to_owned),
            version: None,
            ownership: Ownership::Nobody,
            changed: None,
        }
    }

    #[test]
    fn names_are_paths_and_unique() {
        let mut mine = folder("z", "A", None);
        mine.ownership = Ownership::Ours;
        let tree = Tree::new(vec![
            folder("b", "B/1", Some("a")),
            folder("a", "A", None),
            mine,
            folder("c", "C", Some("hidden")),
            folder("l", "loop", Some("l")),
        ]);
        assert_eq!(seen(&folder("a", "A", None).seen()), Some(("a", None)));
        assert_eq!(seen("a 7"), Some(("a", Some("7"))));
        let names = tree.names();
        assert_eq!(names["z"], "A");
        assert_eq!(names["a"], "A (uid a)");
        assert_eq!(names["b"], "A (uid a)/B\\/1");
        assert_eq!(names["c"], "uid=hidden/C");
        assert!(tree.is_within("b", "a") && !tree.is_within("a", "b"));
    }

    #[test]
    fn paths_are_found_by_uid_or_titles() {
        let path = FolderPath::parse("A/B").unwrap();
        let tree = Tree::new(vec![folder("a", "A", None), folder("b", "B", Some("a"))]);
        assert_eq!(tree.at(&path, None, "acme", true).unwrap().uid, "b");
        assert!(tree.at(&path, None, "acme", false).is_none());
        let own = path.uid("acme");
        let tree = Tree::new(vec![folder(&own, "anything", None)]);
        assert_eq!(tree.at(&path, None, "acme", true).unwrap().uid, own);
        assert_eq!(tree.at(&path, Some("x"), "acme", true), None);
    }
}
