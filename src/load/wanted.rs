//! Which files of a snapshot are read.

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::model::{Entry, Platform, RepoPath, Snapshot, Spanned};

/// The files to read, in order of their paths: `*.yaml`, `*.yml` and `*.json` that are not hidden,
/// narrowed by the `Platform`.
///
/// `include` and `exclude` are gitignore patterns from the root of the repository; a file is read if
/// it, or a folder that it is in, is included (or nothing is) and not excluded. `trueup.yaml` itself is
/// always read: a pattern cannot take away the settings that it is part of.
pub fn wanted<'a>(
    snapshot: &'a Snapshot,
    platform: Option<&Platform>,
) -> Vec<(&'a RepoPath, Entry)> {
    let included: Vec<bool> = included(snapshot.files.keys(), platform).collect();
    let files = snapshot.files.iter().zip(included);
    files
        .filter_map(|((path, entry), included)| included.then_some((path, *entry)))
        .collect()
}

/// For each path, whether it is one to read.
pub(crate) fn included<'p>(
    paths: impl Iterator<Item = &'p RepoPath>,
    platform: Option<&Platform>,
) -> impl Iterator<Item = bool> {
    paths.map(is_wanted(platform))
}

/// Tells of paths, as long as they are files, whether they are read.
pub fn is_wanted(platform: Option<&Platform>) -> impl Fn(&RepoPath) -> bool + use<> {
    let include = platform.and_then(|platform| matcher(&platform.include));
    let exclude = platform.and_then(|platform| matcher(&platform.exclude));
    let matches = |matcher: &Gitignore, path: &RepoPath| {
        let found = matcher.matched_path_or_any_parents(path.as_str(), false);
        found.is_ignore()
    };
    move |path| {
        is_readable(path)
            && (path.as_str() == super::platform::FILE
                || include
                    .as_ref()
                    .is_none_or(|include| matches(include, path))
                    && exclude
                        .as_ref()
                        .is_none_or(|exclude| !matches(exclude, path)))
    }
}

/// Whether a file may be read at all, whatever the `Platform` says.
pub(crate) fn is_readable(path: &RepoPath) -> bool {
    matches!(path.extension(), Some("yaml" | "yml" | "json")) && !path.is_hidden()
}

/// `None` where there is no pattern. Patterns that are not valid are errors of the `Platform`.
fn matcher(patterns: &[Spanned<String>]) -> Option<Gitignore> {
    if patterns.is_empty() {
        return None;
    }
    let mut builder = GitignoreBuilder::new("");
    for pattern in patterns {
        // What is not a pattern is an error of the `Platform` already.
        let _ = builder.add_line(None, &pattern.value);
    }
    builder.build().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::{BlobId, Place, Revision, Span};

    fn snapshot(paths: &[&str]) -> Snapshot {
        let entry = Entry {
            blob: BlobId([0; 20]),
            size: 1,
        };
        let files = paths
            .iter()
            .map(|path| (RepoPath::new(path).unwrap(), entry));
        Snapshot {
            repository: "platform".into(),
            revision: Revision::Unversioned,
            files: files.collect::<BTreeMap<_, _>>(),
            diagnostics: Vec::new(),
        }
    }

    fn platform(include: &[&str], exclude: &[&str]) -> Platform {
        let spanned = |patterns: &[&str]| {
            let patterns = patterns.iter().map(|text| (*text).to_owned());
            patterns
                .map(|text| Spanned::new(text, Span::default()))
                .collect()
        };
        Platform {
            name: "acme".to_owned(),
            place: Place::whole(RepoPath::new("trueup.yaml").unwrap()),
            include: spanned(include),
            exclude: spanned(exclude),
            owner: None,
            default_targets: None,
        }
    }

    fn names(files: Vec<(&RepoPath, Entry)>) -> Vec<&str> {
        files.into_iter().map(|(path, _)| path.as_str()).collect()
    }

    #[test]
    fn reads_yaml_and_json_that_are_not_hidden() {
        let snapshot = snapshot(&[
            "a.yaml",
            "b.yml",
            "c.json",
            "d.txt",
            ".github/e.yaml",
            "x/.f.yaml",
        ]);
        assert_eq!(
            names(wanted(&snapshot, None)),
            ["a.yaml", "b.yml", "c.json"]
        );
    }

    #[test]
    fn the_platform_narrows() {
        let snapshot = snapshot(&[
            "charts/a/x.yaml",
            "teams/a/rules.yaml",
            "teams/a/test/x.yaml",
            "teams/b.yaml",
            "trueup.yaml",
        ]);
        let only = platform(&["teams/"], &["test/", "/teams/b.yaml"]);
        assert_eq!(
            names(wanted(&snapshot, Some(&only))),
            ["teams/a/rules.yaml", "trueup.yaml"]
        );
        let but = platform(&[], &["charts/**"]);
        assert_eq!(names(wanted(&snapshot, Some(&but))).len(), 4);
        let back = platform(&[], &["teams/**", "!teams/b.yaml"]);
        assert_eq!(
            names(wanted(&snapshot, Some(&back))),
            ["charts/a/x.yaml", "teams/b.yaml", "trueup.yaml"]
        );
    }
}
