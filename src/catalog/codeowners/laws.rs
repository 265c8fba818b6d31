//! The file means what the tenants mean: read as Git reads patterns, its last line that matches a file names the owner
//! of the longest path that the file is in.

use std::collections::{BTreeMap, BTreeSet};

use ignore::gitignore::GitignoreBuilder;
use proptest::prelude::*;

use super::OwnedPath;
use super::compare::{differences, words};
use crate::catalog::Catalog;

fn folder() -> impl Strategy<Value = String> {
    let names = &["a", "b", "a b", "x#", "[y]", "c*", "(old)", "é", "d\\e"][..];
    let parts = prop::collection::vec(prop::sample::select(names), 0..4);
    parts.prop_map(|parts| parts.iter().flat_map(|part| [part, "/"]).collect())
}

fn file() -> impl Strategy<Value = String> {
    folder().prop_map(|folder| format!("{folder}rules v1.yaml"))
}

fn pattern() -> impl Strategy<Value = String> {
    prop_oneof![folder().prop_map(|folder| format!("{folder}**")), file()]
}

fn matches(line: &str, file: &str) -> bool {
    let mut builder = GitignoreBuilder::new("");
    builder.add_line(None, line).unwrap();
    let matcher = builder.build().unwrap();
    matcher.matched_path_or_any_parents(file, false).is_ignore()
}

fn by_lines(text: &str, file: &str) -> Option<String> {
    let lines = text.lines().map(words).filter(|words| !words.is_empty());
    let mut matching: Vec<Vec<String>> = lines.filter(|words| matches(&words[0], file)).collect();
    matching.pop().map(|words| words[1].clone())
}

fn by_tenants(patterns: &BTreeSet<String>, file: &str) -> Option<String> {
    let of = |pattern: &&String| match pattern.strip_suffix("**") {
        Some(folder) => file.starts_with(folder),
        None => file == **pattern,
    };
    let longest = patterns.iter().filter(of).max_by_key(|pattern| {
        let beginning = pattern.strip_suffix("**").unwrap_or(pattern);
        beginning.len()
    });
    longest.map(|pattern| handle(patterns, pattern))
}

/// An owner for each pattern.
fn handle(patterns: &BTreeSet<String>, pattern: &str) -> String {
    let at = patterns.iter().position(|other| other == pattern);
    format!("@owner-{}", at.unwrap())
}

proptest! {
    #[test]
    fn the_last_line_names_the_owner(
        patterns in prop::collection::btree_set(pattern(), 0..8),
        files in prop::collection::vec(file(), 1..6),
    ) {
        let owners: Vec<String> = patterns.iter().map(|pattern| handle(&patterns, pattern)).collect();
        let paths = patterns.iter().zip(&owners).map(|(pattern, owner)| OwnedPath {
            pattern,
            owner: &owner[1..],
        });
        let paths: Vec<OwnedPath<'_>> = paths.collect();
        let text = Catalog::default().codeowners(None, &paths, &BTreeMap::new());
        for file in &files {
            prop_assert_eq!(by_lines(&text, file), by_tenants(&patterns, file), "{}\n{}", file, text);
        }
        prop_assert_eq!(differences(&text, &text), []);
    }
}
