//! Settings that are read while the daemon runs.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::e2e::running::{Daemon, PATIENCE, target};
use crate::e2e::world::{Target, World};
use crate::fake::prometheus::FakePrometheus;
use crate::support::proxy::{Fault, Proxy};
use crate::support::wait_until;

fn hang_up(daemon: &Daemon) {
    let id = i32::try_from(daemon.id()).unwrap();
    kill_process(Pid::from_raw(id).unwrap(), Signal::HUP).unwrap();
}

pub fn read_anew() {
    let mut world = World::shop();
    let mut daemon = Daemon::start(&world);
    let head = world.platform.head();
    daemon.wait_target("one", "synced", &head);
    // The file alone is enough.
    world.set_targets([Target::files("one"), Target::files("two")]);
    daemon.wait_target("two", "synced", &head);
    let lines = daemon.lines("new settings: ");
    assert_eq!(lines.len(), 1, "{lines:?}");
    let text = lines[0]["message"].as_str().unwrap();
    assert!(text.contains("+ targets[1].name: two"), "{text}");
    // What was known of the other one stays known.
    assert_eq!(target(&daemon.status(), "one")["state"], "synced");
    // Asked for, where nothing is different.
    hang_up(&daemon);
    wait_until("it says that nothing is different", PATIENCE, || {
        !daemon.lines("the settings were read anew").is_empty()
    });
    // A target that is taken out keeps what it has.
    world.set_targets([Target::files("two").with("paused: true")]);
    daemon.wait("two is paused", |status| {
        target(status, "two")["state"] == "paused"
    });
    assert!(target(&daemon.status(), "one").is_null());
    assert!(world.path("rules-one/default.shop.yaml").is_file());
    assert_eq!(daemon.terminate(), Some(0));
    let history = world.run("history", &[]).expect(0).stdout;
    assert_eq!(history.matches("settings trueup: ").count(), 2, "{history}");
}

/// What is said follows the settings, without a new start.
pub fn level() {
    let mut world = World::shop();
    let mut daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &world.platform.head());
    let number = Cell::new(0);
    // The lines that a commit brings about at a level.
    let mut said_at = |level: &str| {
        world.set(|setup| setup.more = format!("log: {{ level: {level} }}"));
        let taken = || world.run("history", &[]).stdout;
        wait_until("it is in force", PATIENCE, || {
            taken().contains(&format!("log.level: {level}"))
                || taken().contains(&format!("> {level}\n"))
        });
        let before = daemon.log().len();
        number.set(number.get() + 1);
        let head = super::change(&world, &number.get().to_string());
        daemon.wait_target("one", "synced", &head);
        let said = daemon.log().split_off(before);
        let levels = said
            .into_iter()
            .map(|line| line["level"].as_str().unwrap().to_owned());
        levels.collect::<BTreeSet<String>>()
    };
    assert_eq!(said_at("warn"), BTreeSet::new());
    assert!(said_at("info").contains("INFO"));
    assert_eq!(said_at("error"), BTreeSet::new());
    assert!(said_at("debug").contains("INFO"));
    assert_eq!(daemon.terminate(), Some(0));
}

/// An order that comes while new settings are taken is obeyed by those.
pub fn sync() {
    let mut world = World::shop();
    let server = FakePrometheus::start(&world.rules("one"));
    let port = server.url().rsplit(':').next().unwrap().parse().unwrap();
    let proxy = Proxy::start(port);
    world.set_targets([Target::server("one", &proxy.url())]);
    let mut daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &world.platform.head());
    let slow = Duration::from_secs(2);
    proxy.set_policy(move |request| match request.path() {
        "/-/reload" => Fault::Delay(slow),
        _ => Fault::None,
    });
    super::change(&world, "1");
    wait_until("a change is in hand", PATIENCE, || {
        world.text("one").contains("up == 1")
    });
    world.set(|setup| setup.interval = "2h".into());
    wait_until("new settings are taken", PATIENCE, || {
        !daemon.lines("new settings: ").is_empty()
    });
    let head = super::change(&world, "2");
    let said = world.run("sync", &[]).expect(0).stdout;
    assert!(said.contains(&head[..7]), "{said}");
    assert_eq!(server.expr("AisDown").unwrap(), "up == 2");
    assert_eq!(daemon.terminate(), Some(0));
}

pub fn refused() {
    let mut world = World::shop();
    let mut daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &world.platform.head());
    let good = fs::read_to_string(world.settings()).unwrap();
    fs::write(world.settings(), format!("{good}\nnonsense: 1\n")).unwrap();
    let refusals = || daemon.lines("the new settings are not taken");
    wait_until("it is refused", PATIENCE, || !refusals().is_empty());
    let error = refusals()[0]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("nonsense"), "{error}");
    // Asked for by somebody it is told again.
    hang_up(&daemon);
    wait_until("it is told again", PATIENCE, || refusals().len() == 2);
    // A typo is told as one.
    fs::write(
        world.settings(),
        good.replace("instance: acme", "instance: ["),
    )
    .unwrap();
    wait_until("the typo is told", PATIENCE, || refusals().len() == 3);
    let error = refusals()[2]["error"].as_str().unwrap().to_owned();
    assert!(
        error.contains("trueup.yaml:") && !error.contains("cannot change"),
        "{error}"
    );
    // What cannot change while it runs.
    fs::write(
        world.settings(),
        good.replace("instance: acme", "instance: other"),
    )
    .unwrap();
    wait_until("it is refused, too", PATIENCE, || refusals().len() == 4);
    let error = refusals()[3]["error"].as_str().unwrap().to_owned();
    assert!(
        error.starts_with("instance cannot change while the daemon runs"),
        "{error}"
    );
    // All the while the old ones are in force.
    fs::write(world.settings(), &good).unwrap();
    world.set(|setup| setup.interval = "2h".into());
    wait_until("new ones are taken", PATIENCE, || {
        !daemon
            .lines("new settings: reconcile.interval: 1h -> 2h")
            .is_empty()
    });
    assert_eq!(target(&daemon.status(), "one")["state"], "synced");
    assert_eq!(daemon.terminate(), Some(0));
}

/// As Kubernetes does it: the file is a link into a folder that is a link, and that one is swapped.
pub fn swapped() {
    let world = World::shop();
    let file = world.settings();
    let text = fs::read_to_string(&file).unwrap();
    let put = |name: &str, text: &str| {
        let folder = world.path(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("trueup.yaml"), text).unwrap();
        folder
    };
    let (old, new) = (
        put("..one", &text),
        put("..two", &text.replace("interval: 1h", "interval: 2h")),
    );
    let data = world.path("..data");
    symlink(&old, &data).unwrap();
    fs::remove_file(&file).unwrap();
    symlink(data.join("trueup.yaml"), &file).unwrap();
    let mut daemon = Daemon::start(&world);
    daemon.wait_target("one", "synced", &world.platform.head());
    let next = world.path("..data-next");
    symlink(&new, &next).unwrap();
    fs::rename(&next, &data).unwrap();
    wait_until("the swap is seen", PATIENCE, || {
        !daemon
            .lines("new settings: reconcile.interval: 1h -> 2h")
            .is_empty()
    });
    assert_eq!(daemon.terminate(), Some(0));
}
