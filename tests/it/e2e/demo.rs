//! `trueup demo`: the first thing that anybody sees.

use std::fs;

use libtest_mimic::Trial;

use super::ran::Ran;
use super::world::World;
use crate::support::exchange::ask;
use crate::support::{Need, program, test};

pub fn tests() -> Vec<Trial> {
    vec![
        test(
            "e2e::demo::with_a_server",
            &[Need::Program("prometheus")],
            with_server,
        ),
        test("e2e::demo::without_a_server", &[], without_server),
    ]
}

/// Runs it once, with its scratch folder where it can be seen that it is gone.
fn demo(path: &str) -> Ran {
    let world = World::new();
    let scratch = world.path("scratch");
    fs::create_dir(&scratch).unwrap();
    let mut command = world.command(&["demo", "--once"]);
    let ran = Ran::of(command.env("TMPDIR", &scratch).env("PATH", path));
    assert_eq!(fs::read_dir(&scratch).unwrap().count(), 0, "{ran}");
    ran.expect(0)
}

fn with_server() {
    let folder = program("prometheus").unwrap();
    let ran = demo(&folder.parent().unwrap().display().to_string());
    let out = &ran.stdout;
    assert!(out.contains("rule groups of three teams are live"), "{ran}");
    assert!(
        out.contains("One group was written, with one reload"),
        "{ran}"
    );
    assert_eq!(
        ran.stderr.matches("change applied").count(),
        groups(out) + 1,
        "{ran}"
    );
    let address = line(out, "Prometheus:");
    let port = address.rsplit(':').next().unwrap().parse().unwrap();
    // It ended with the demo.
    assert_eq!(ask(port, "GET", "/-/ready"), None);
}

fn without_server() {
    let ran = demo("/nowhere");
    assert!(
        line(&ran.stdout, "Prometheus:").contains("not installed"),
        "{ran}"
    );
    assert_eq!(
        ran.stderr.matches("change applied").count(),
        groups(&ran.stdout) + 1
    );
}

fn line<'o>(out: &'o str, start: &str) -> &'o str {
    let mut lines = out.lines();
    lines
        .find_map(|line| line.strip_prefix(start))
        .unwrap()
        .trim()
}

fn groups(out: &str) -> usize {
    let mut lines = out.lines();
    let line = lines.find(|line| line.contains("rule groups")).unwrap();
    line.split(' ').next().unwrap().parse().unwrap()
}
