//! The table of rooms and what each may use, held against every file under `src/`.

mod paths;
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::Trial;

use crate::support::test;
use paths::{Found, paths};

pub fn tests() -> Vec<Trial> {
    vec![
        test("rooms::uses_are_those_of_the_table", &[], uses),
        test("rooms::pure_rooms_name_no_io", &[], purity),
        test("rooms::every_room_has_a_row", &[], every_room_has_a_row),
        test("rooms::the_page_shows_the_table", &[], page_shows_the_table),
        test("rooms::deviations_are_still_there", &[], deviations),
        test("rooms::the_reader_sees_through_nesting", &[], reader),
    ]
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file of a room.
struct Source {
    /// Below `src/`.
    name: String,
    room: String,
    found: Vec<Found>,
}

/// Every file that is in a room; `lib.rs` and `main.rs` are in none.
fn sources() -> Vec<Source> {
    let src = root().join("src");
    let mut files = Vec::new();
    collect(&src, &mut files);
    assert!(files.len() > 100, "only {} files under src/", files.len());
    files.sort();
    let read = |file: &PathBuf| {
        let name = file.strip_prefix(&src).unwrap().to_str().unwrap();
        let mut module: Vec<String> = name
            .trim_end_matches(".rs")
            .split('/')
            .map(str::to_owned)
            .collect();
        if module.last().is_some_and(|last| last == "mod") {
            module.pop();
        }
        Source {
            room: module[0].clone(),
            found: paths(&fs::read_to_string(file).unwrap(), &module),
            name: name.to_owned(),
        }
    };
    let in_rooms = files.iter().filter(|file| file.parent() != Some(&src));
    in_rooms.map(read).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
}

fn uses() {
    let mut faults = Vec::new();
    for source in sources() {
        let Some(room) = table::find(&source.room) else {
            continue;
        };
        for Found { line, path } in &source.found {
            let Some(used) = path.get(1).filter(|_| path[0] == "crate") else {
                continue;
            };
            if table::forbidden(room, used) {
                let Source { name, .. } = &source;
                faults.push(format!(
                    "src/{name}:{line}: {} may not use {used} ({})",
                    room.name,
                    path.join("::")
                ));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

fn purity() {
    let mut faults = Vec::new();
    for source in sources() {
        let pure = table::is_pure(&source.room, &source.name);
        for Found { line, path } in source.found.iter().filter(|_| pure) {
            let path = path.join("::");
            let begins =
                |impure: &&&str| path == **impure || path.starts_with(&format!("{impure}::"));
            if let Some(impure) = table::IMPURE.iter().find(begins) {
                faults.push(format!(
                    "src/{}:{line}: {path}: no {impure} here",
                    source.name
                ));
            }
            if path.starts_with("std::time::*") || path == "std::*" {
                faults.push(format!(
                    "src/{}:{line}: {path} hides what is used",
                    source.name
                ));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

fn every_room_has_a_row() {
    for source in sources() {
        assert!(
            table::find(&source.room).is_some(),
            "src/{}: the room {} has no row in the table",
            source.name,
            source.room
        );
    }
    let src = root().join("src");
    for part in table::PURE_PARTS {
        let file = src.join(format!("{part}.rs"));
        assert!(src.join(part).is_dir() || file.exists(), "{part} is gone");
    }
}

fn page_shows_the_table() {
    let page = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let ours: Vec<_> = table::ROOMS.iter().map(table::shown).collect();
    assert_eq!(table::rows(&page), ours);
}

/// A deviation that is gone leaves the list.
fn deviations() {
    let sources = sources();
    for (room, used, why) in table::DEVIATIONS {
        assert!(!why.is_empty());
        let mut paths = sources
            .iter()
            .filter(|source| source.room == *room)
            .flat_map(|source| &source.found);
        assert!(
            paths
                .any(|found| found.path[0] == "crate"
                    && found.path.get(1).is_some_and(|p| p == used)),
            "{room} does not use {used} any more"
        );
    }
}

fn reader() {
    let source = r##"
        // use crate::comment::X;
        /* use crate::block::X; */
        use crate::{a, b::{self, c::D}, e as f};
        use super::super::g::H;
        const TEXT: &str = "crate::text::X";
        const RAW: &str = r#"" crate::raw::X"#;
        fn of<'a>(x: &'a crate::i::J) { std::fs::read('"'); "{ crate::k }" }
        pub(in super::super) struct S;
        mod inner { use super::super::super::l::M; use super::n; fn f() { super::o() } }
        use std::{io, time::{Duration, Instant}};
    "##;
    let module = ["room".to_owned(), "file".to_owned()];
    let found: Vec<String> = paths(source, &module)
        .into_iter()
        .map(|found| format!("{} {}", found.line, found.path.join("::")))
        .collect();
    assert_eq!(
        found,
        [
            "4 crate::a",
            "4 crate::b::self",
            "4 crate::b::c::D",
            "4 crate::e",
            "5 crate::g::H",
            "8 crate::i::J",
            "8 std::fs::read",
            "9 crate",
            "10 crate::l::M",
            "10 crate::room::file::n",
            "10 crate::room::file::o",
            "11 std::io",
            "11 std::time::Duration",
            "11 std::time::Instant",
        ]
    );
}
