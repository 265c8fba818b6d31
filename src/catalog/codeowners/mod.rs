//! The file that tells a forge who must approve what, made from who owns which paths.
//!
//! The syntax is GitHub's, which GitLab and Gitea read too: a pattern and its owners on a line, and the last line
//! that matches wins.

mod compare;
mod handle;
#[cfg(test)]
mod laws;

pub use compare::{Difference, differences};

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Catalog;
use crate::model::EntityRef;
use crate::model::entity::DEFAULT_NAMESPACE;

const HEAD: &str = "\
# Who must approve what: made by `trueup codeowners` from the tenants, not by hand.
# The last line that matches wins.
";

/// A pattern of paths as tenants have it, a folder with `/**` behind it or one file, and its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OwnedPath<'a> {
    pub pattern: &'a str,
    pub owner: &'a str,
}

impl Catalog {
    /// The file, for the platform's owner, who has all that no path is for, and the owners of paths.
    ///
    /// `handles` are what owners are called on the forge, where the catalog does not say so. The same input gives the
    /// same text, in whatever order the paths come.
    pub fn codeowners(
        &self,
        platform: Option<&str>,
        paths: &[OwnedPath<'_>],
        handles: &BTreeMap<EntityRef, String>,
    ) -> String {
        let everything = platform.map(|owner| ("*".to_owned(), owner));
        let mut sorted = paths.to_vec();
        // A folder's path is what the paths inside it begin with, and so comes before them: the later line wins.
        sorted.sort_unstable_by_key(|path| (beginning(path.pattern), path.owner));
        sorted.dedup();
        let paths = sorted
            .iter()
            .map(|path| (written(path.pattern), path.owner));
        let lines: Vec<(String, &str)> = everything.into_iter().chain(paths).collect();
        let widest = lines.iter().map(|(pattern, _)| pattern.chars().count());
        let width = widest.max().unwrap_or(0);
        let mut out = HEAD.to_owned();
        for (pattern, owner) in lines {
            let (name, note) = self.called(owner, handles);
            if let Some(note) = note {
                let _ = writeln!(out, "# {note}");
            }
            let _ = writeln!(out, "{pattern:<width$} {name}");
        }
        out
    }

    /// What an owner is called on the forge, and what to do where that is a guess.
    fn called(
        &self,
        owner: &str,
        handles: &BTreeMap<EntityRef, String>,
    ) -> (String, Option<String>) {
        let Ok(reference) = EntityRef::parse(owner, Some("Group"), DEFAULT_NAMESPACE) else {
            return (
                handle::guess(owner),
                Some(format!("{owner:?} is no owner.")),
            );
        };
        let given = handles.get(&reference).cloned();
        let entity = self.get(&reference);
        if let Some(said) = given.or_else(|| handle::of(entity?)) {
            return (said, None);
        }
        let note = handle::how_to_set(&reference, entity.is_some());
        (handle::guess(reference.name()), Some(note))
    }
}

/// What every path that a pattern stands for begins with.
fn beginning(pattern: &str) -> &str {
    match pattern.strip_suffix("**") {
        Some(folder) if folder.is_empty() || folder.ends_with('/') => folder,
        Some(_) | None => pattern,
    }
}

/// A pattern in the file's syntax, from the root of the repository.
///
/// Spaces are escaped. GitHub can neither escape `#` nor take ranges in brackets, so these, and what would end
/// the line, stand as "any one letter": a little more is matched rather than another line read.
fn written(pattern: &str) -> String {
    let path = beginning(pattern);
    if path.is_empty() {
        return "*".to_owned();
    }
    let mut out = String::from("/");
    for letter in path.trim_start_matches('/').chars() {
        match letter {
            ' ' | '\\' | '*' | '?' => out.extend(['\\', letter]),
            '#' | '[' | ']' => out.push('?'),
            letter if letter.is_whitespace() || letter.is_control() => out.push('?'),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::worlds::{build, entity};
    use super::*;
    use crate::model::Entity;
    use insta::assert_snapshot;
    use rstest::rstest;

    fn with_body(kind: &str, name: &str, body: &str) -> Entity {
        let mut entity = entity(kind, name);
        entity.body = body.into();
        entity
    }

    fn catalog() -> Catalog {
        let (catalog, _) = build([
            with_body(
                "Group",
                "platform",
                r#"{"metadata":{"annotations":{"github.com/team-slug":"tern-lines/platform"}}}"#,
            ),
            with_body(
                "Group",
                "booking",
                r#"{"metadata":{"annotations":{"github.com/team-slug":"tern-lines/booking"}}}"#,
            ),
            with_body(
                "Group",
                "fleet",
                r#"{"metadata":{},"spec":{"profile":{"email":"fleet@example.com"}}}"#,
            ),
            with_body("Group", "payments", r#"{"metadata":{},"spec":{}}"#),
        ]);
        catalog
    }

    fn path<'a>(pattern: &'a str, owner: &'a str) -> OwnedPath<'a> {
        OwnedPath { pattern, owner }
    }

    #[test]
    fn later_lines_are_inside_of_former_ones() {
        let mut paths = [
            path("teams/payments/shared rules.yaml", "booking"),
            path("teams/payments/**", "group:default/payments"),
            path("teams/fleet/**", "fleet"),
            path("teams/fleet/(old)/**", "booking"),
            path("services/checkout/**", "user:ann"),
            path("services/checkout/**", "user:ann"),
        ];
        let handles = BTreeMap::from([(EntityRef::new("user", "default", "ann"), "@ann-b".into())]);
        let made = catalog().codeowners(Some("platform"), &paths, &handles);
        assert_snapshot!(made);
        paths.reverse();
        let again = catalog().codeowners(Some("platform"), &paths, &handles);
        assert_eq!(made, again);
    }

    #[rstest]
    #[case("**", "*")]
    #[case("teams/a/**", "/teams/a/")]
    #[case("teams/a.yaml", "/teams/a.yaml")]
    #[case("a b/**", r"/a\ b/")]
    #[case("a#b/[c]*\n@eve", r"/a?b/?c?\*?@eve")]
    fn patterns(#[case] pattern: &str, #[case] line: &str) {
        assert_eq!(written(pattern), line);
    }
}
