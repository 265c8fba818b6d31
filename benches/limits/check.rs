//! `trueup check` of a thousand rules in a hundred files, beside `promtool check rules`.

use std::path::Path;
use std::process::{Command, Stdio};

use super::measure::{Figure, Limit, turns};
use super::{corpus, repository, server};

const TURNS: usize = 21;

pub(crate) fn run() -> Vec<Figure> {
    if !server::is_installed("promtool") {
        println!("promtool is not installed: not measured");
        return Vec::new();
    }
    let scratch = tempfile::tempdir().unwrap();
    let rules: Vec<(String, String)> = (0..100)
        .map(|file| {
            (
                format!("rules/{file}.yaml"),
                corpus::large_file(1, 10, file),
            )
        })
        // Group names are unique in a set.
        .map(|(path, text)| (path.clone(), text.replace("group-0", &path)))
        .collect();
    repository::write(scratch.path(), &rules);
    let names: Vec<&str> = rules.iter().map(|(path, _)| path.as_str()).collect();
    // Rules that no set takes in are only warned of, so there is a set.
    let set = vec![("set.yaml".to_owned(), corpus::set_of_files(0))];
    repository::write(scratch.path(), &set);
    let mut promtool = vec!["check", "rules"];
    promtool.extend(names);
    let (floor, ours) = turns(
        TURNS,
        || succeed(scratch.path(), "promtool", &promtool),
        || {
            succeed(
                scratch.path(),
                env!("CARGO_BIN_EXE_trueup"),
                &["check", "."],
            );
        },
    );
    vec![Figure {
        what: "`trueup check` of 1,000 rules in 100 files, whole process",
        floor_is: "`promtool check rules` on the same files",
        floor,
        ours,
        limit: Limit::Ratio(1.0),
    }]
}

fn succeed(folder: &Path, program: &str, arguments: &[&str]) {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    let status = command.stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "{program} {}", arguments[..2].join(" "));
}
