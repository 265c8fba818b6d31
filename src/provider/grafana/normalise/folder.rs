//! Folders.

use crate::model::Canonical;
use crate::model::capabilities::Grafana;
use crate::model::grafana::Folder;
use crate::provider::grafana::tree;

/// `{"title", "parent"}`, the parent as a path and empty at the root.
pub(in crate::provider::grafana) fn canonical(title: &str, parent: &str) -> Canonical {
    Canonical::map([
        ("title", Canonical::text(title.trim())),
        ("parent", Canonical::text(parent)),
    ])
}

pub(super) fn declared(folder: &Folder, grafana: Grafana) -> Canonical {
    let parent = folder.path.parent().map(|path| path.to_string());
    canonical(
        &title(folder, grafana),
        match (&parent, grafana.nested_folders) {
            (Some(parent), true) => parent,
            (Some(_), false) | (None, _) => "",
        },
    )
}

/// What a folder is called on a server: without nesting the whole path, unless it has a title of its own.
pub(in crate::provider::grafana) fn title(folder: &Folder, grafana: Grafana) -> String {
    match &folder.title {
        None if !grafana.nested_folders => tree::flat_title(&folder.path),
        None | Some(_) => folder.title(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::capabilities::Dialect;
    use crate::model::grafana::FolderPath;

    #[test]
    fn a_flat_server_has_the_path_as_title() {
        let folder = Folder {
            path: FolderPath::parse("A/B").unwrap(),
            title: None,
            uid: None,
            parent_uid: None,
        };
        let grafana = |nested_folders| Grafana {
            dialect: Dialect::Classic,
            nested_folders,
            shared_titles: false,
        };
        assert_eq!(declared(&folder, grafana(true)), canonical("B", "A"));
        assert_eq!(declared(&folder, grafana(false)), canonical("A / B", ""));
    }
}
