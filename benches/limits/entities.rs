//! The catalog of a commit, cold: from the object database to what can be asked; and the memory that 50,000
//! entities take.

use std::process::Command;

use super::converge::Daemon;
use super::load;
use super::measure::{Figure, Limit, Peak, turns};
use super::memory::{mebibytes, peak};
use super::{organisation, repository};

const TURNS: usize = 15;
const LAYOUTS: [(usize, &str); 2] = [
    (
        10,
        "10,000 entities, ten a file, from the object database to the catalog",
    ),
    (1, "the same, one a file"),
];

pub(crate) fn run() -> Vec<Figure> {
    LAYOUTS
        .map(|(in_a_file, what)| cold(in_a_file, what))
        .into()
}

fn cold(in_a_file: usize, what: &'static str) -> Figure {
    let scratch = tempfile::tempdir().unwrap();
    let files = organisation::files(10_000, in_a_file);
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    println!("{} files, {} bytes an entity", files.len(), bytes / 10_000);
    repository::packed(scratch.path(), &files);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let declaration = runtime.block_on(load::load(scratch.path()));
    assert!(!declaration.has_errors());
    assert_eq!(declaration.catalog.len(), 10_000);
    let (floor, ours) = turns(
        TURNS,
        || load::floor(scratch.path()),
        || runtime.block_on(load::load(scratch.path())),
    );
    Figure {
        what,
        floor_is: "blobs read with git2 on one thread, then parsed by saphyr, with positions, on all",
        floor,
        ours,
        limit: Limit::Ratio(2.0),
    }
}

/// Peak memory of 50,000 entities: of a command that reads them once, and of a daemon.
pub(crate) fn memory() -> Vec<Peak> {
    let scratch = tempfile::tempdir().unwrap();
    let files = organisation::files(50_000, 10);
    let made = repository::packed(&scratch.path().join("repository"), &files);
    let head = made.head().unwrap().peel_to_commit().unwrap().id();
    let path = scratch.path().join("repository");
    let folder = scratch.path().join("folder");
    repository::write(&folder, &files);
    let mut catalog = Command::new(env!("CARGO_BIN_EXE_trueup"));
    catalog.args(["catalog", "name=service-9", "--rev", "main", "--repo"]);
    let mut check = Command::new(env!("CARGO_BIN_EXE_trueup"));
    check.arg("check");
    let mut figures = vec![
        Peak {
            what: "`trueup catalog name=...` on a commit of 50,000 entities".to_owned(),
            mebibytes: peak(catalog.arg(path), "service-9"),
            limit: LIMIT,
        },
        Peak {
            what: "`trueup check` of a folder of 50,000 entities".to_owned(),
            mebibytes: peak(check.arg(folder), "50000"),
            limit: LIMIT,
        },
    ];
    std::fs::create_dir(scratch.path().join("rules")).unwrap();
    let daemon = Daemon::with_target(scratch.path(), "rules_dir: rules");
    daemon.wait_for(head);
    let of_daemon = |name| mebibytes(daemon.process.0.id(), name).unwrap();
    println!("daemon, once it knows them: {} MiB", of_daemon("VmRSS"));
    figures.push(Peak {
        what: "`trueup run` on 50,000 entities, until it knows them".to_owned(),
        mebibytes: of_daemon("VmHWM"),
        limit: LIMIT,
    });
    figures
}

const LIMIT: u64 = 400;
