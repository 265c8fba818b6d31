//! `trueup demo`: the first thing that anybody sees.

use std::fs;
use std::os::unix::fs::symlink;

use libtest_mimic::Trial;

use super::ran::Ran;
use super::world::World;
use crate::support::exchange::ask;
use crate::support::{Need, program, test};

pub fn tests() -> Vec<Trial> {
    vec![
        test(
            "e2e::demo::an_alert_arrives_at_its_team",
            &[
                Need::Program("prometheus"),
                Need::Program("prometheus-alertmanager"),
            ],
            alert_arrives,
        ),
        test(
            "e2e::demo::without_alertmanager",
            &[Need::Program("prometheus")],
            without_alertmanager,
        ),
        test("e2e::demo::without_a_server", &[], without_server),
    ]
}

/// The platform's own part of the routing, and those of three teams.
const ROUTES: usize = 4;

/// Runs it once where these programs and no others are installed, with its scratch folder where it can be seen that
/// it is gone.
fn demo(programs: &[&str]) -> Ran {
    let world = World::new();
    let [scratch, bin] = ["scratch", "bin"].map(|name| world.path(name));
    fs::create_dir(&scratch).unwrap();
    fs::create_dir(&bin).unwrap();
    for name in programs {
        symlink(program(name).unwrap(), bin.join(name)).unwrap();
    }
    let mut command = world.command(&["demo", "--once"]);
    let ran = Ran::of(command.env("TMPDIR", &scratch).env("PATH", &bin));
    assert_eq!(fs::read_dir(&scratch).unwrap().count(), 0, "{ran}");
    let ran = ran.expect(0);
    let out = &ran.stdout;
    assert!(out.contains("rule groups of three teams are live"), "{ran}");
    assert!(
        out.contains("One group was written, with one reload"),
        "{ran}"
    );
    assert_eq!(
        ran.stderr.matches("change applied").count(),
        groups(out) + ROUTES + 1,
        "{ran}"
    );
    // The file that was there is taken over, and nothing else is nobody's.
    assert_eq!(ran.stderr.matches("action=\"adopt\"").count(), 1, "{ran}");
    ran
}

fn alert_arrives() {
    let ran = demo(&["prometheus", "prometheus-alertmanager"]);
    let out = &ran.stdout;
    assert!(
        out.contains("booking/pager got: BookingApiGone (page)\n"),
        "{ran}"
    );
    assert_eq!(out.matches("got: BookingApiGone").count(), 1, "{ran}");
    assert!(
        out.contains("account: booking/routing/pager, and nobody else.\n"),
        "{ran}"
    );
    has_ended(line(out, "Prometheus:"));
    has_ended(line(out, "Alertmanager:"));
}

fn without_alertmanager() {
    let ran = demo(&["prometheus"]);
    assert!(
        line(&ran.stdout, "Alertmanager:").contains("not installed"),
        "{ran}"
    );
    assert!(!ran.stdout.contains("got:"), "{ran}");
    has_ended(line(&ran.stdout, "Prometheus:"));
}

fn without_server() {
    let ran = demo(&[]);
    for server in ["Prometheus:", "Alertmanager:"] {
        assert!(line(&ran.stdout, server).contains("not installed"), "{ran}");
    }
}

/// A server ended with the demo.
fn has_ended(address: &str) {
    let address = address.split(',').next().unwrap();
    let port = address.rsplit(':').next().unwrap().parse().unwrap();
    assert_eq!(ask(port, "GET", "/-/ready"), None);
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
