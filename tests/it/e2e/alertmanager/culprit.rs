//! Definitions that pass every check, and that only the server refuses.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::{fs, process};

use serde_json::Value;
use trueup::provider::alertmanager::api::fingerprint;

use super::scene::{BASE, Scene};
use crate::e2e::ran::{applied, changes};
use crate::e2e::running::{Daemon, target};
use crate::support::exchange::ask;
use crate::support::program;
use crate::support::proxy::Fault;

/// What only the platform's own part could give.
const OPSGENIE: &str =
    "route: { receiver: x }\nreceivers: [ { name: x, opsgenieConfigs: [ { message: m } ] } ]\n";
const OPSGENIE_WORDS: &str = "no global OpsGenie API Key set";

const SLACK: &str =
    "route: { receiver: x }\nreceivers: [ { name: x, slackConfigs: [ { channel: '#web' } ] } ]\n";
const SLACK_WORDS: &str = "no global Slack API URL set";

const MAIL: &str =
    "route: { receiver: x }\nreceivers: [ { name: x, emailConfigs: [ { to: a@example.org } ] } ]\n";
const MAIL_WORDS: &str = "no global SMTP smarthost set";

/// Definitions that are live before.
const LIVE: usize = 4;
/// Those that come together.
const NEW: usize = 10;

/// One refused, one that proves that the former file is accepted, and the search among `n`.
fn bound(n: usize) -> usize {
    2 + usize::try_from(n.next_power_of_two().ilog2()).unwrap() + 1
}

fn scene() -> Scene {
    let scene = Scene::new();
    for index in 0..LIVE {
        scene.write_team("old", &format!("o{index}"));
    }
    scene.live();
    scene.proxy.take();
    scene
}

fn id(index: usize) -> String {
    format!("am/route/new/n{index}")
}

/// What the server was told to load, and what it ran meanwhile.
struct Watch {
    ordered: Arc<Mutex<Vec<Vec<u8>>>>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<BTreeSet<u64>>,
    first: Vec<u8>,
}

impl Watch {
    fn start(scene: &Scene) -> Self {
        let ordered = Arc::new(Mutex::new(Vec::new()));
        let (note, file) = (ordered.clone(), scene.file());
        let first = fs::read(&file).unwrap();
        scene.proxy.take();
        scene.proxy.set_policy(move |request| {
            if request.path() == "/-/reload" {
                note.lock().unwrap().push(fs::read(&file).unwrap());
            }
            Fault::None
        });
        let stop = Arc::new(AtomicBool::new(false));
        let (end, port) = (stop.clone(), scene.server.port);
        let thread = std::thread::spawn(move || {
            let mut seen = BTreeSet::new();
            while !end.load(Ordering::Relaxed) {
                seen.extend(running(port));
            }
            seen
        });
        Self {
            ordered,
            stop,
            thread,
            first,
        }
    }

    /// Holds that the server ran good files alone, with everything that was live; how often it was told to load.
    fn end(self, scene: &Scene) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        let seen = self.thread.join().unwrap();
        scene.proxy.set_policy(|_| Fault::None);
        let reloads = scene.take_reloads();
        let ordered = std::mem::take(&mut *self.ordered.lock().unwrap());
        assert_eq!(ordered.len(), reloads.len());
        let accepted = ordered.into_iter().zip(&reloads);
        let accepted = accepted.filter(|(_, status)| **status == Some(200));
        let mut good: Vec<Vec<u8>> = accepted.map(|(file, _)| file).collect();
        good.push(self.first);
        let known: BTreeSet<u64> = good.iter().map(|file| fingerprint(file)).collect();
        assert!(seen.is_subset(&known), "{seen:?} {known:?}");
        assert!(!seen.is_empty());
        for file in &good {
            is_good(scene, file);
        }
        assert!(scene.runs_the_file());
        reloads.len()
    }
}

/// The hash of the configuration that a server runs.
fn running(port: u16) -> Option<u64> {
    let (_, metrics) = ask(port, "GET", "/metrics")?;
    let value = metrics
        .lines()
        .find_map(|line| line.strip_prefix("alertmanager_config_hash "))?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "48 bits"
    )]
    Some(value.parse::<f64>().ok()? as u64)
}

fn is_good(scene: &Scene, file: &[u8]) {
    let path = scene.world.path("loaded.yml");
    fs::write(&path, file).unwrap();
    let output = process::Command::new(program("amtool").unwrap())
        .arg("check-config")
        .arg(&path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(file);
    for index in 0..LIVE {
        let name = format!("- name: old/o{index}/x\n");
        assert!(text.contains(&name), "without {name}:\n{text}");
    }
}

/// The outcomes that are not `done`.
fn not_done(apply: &Value) -> Vec<&Value> {
    let all = apply["applied"].as_array().unwrap().iter();
    all.filter(|outcome| outcome["result"] != "done").collect()
}

pub fn one_of_ten() {
    for (spec, words, culprit) in [
        (OPSGENIE, OPSGENIE_WORDS, 0),
        (OPSGENIE, OPSGENIE_WORDS, NEW - 1),
        (SLACK, SLACK_WORDS, 4),
        (MAIL, MAIL_WORDS, 7),
    ] {
        let scene = scene();
        for index in 0..NEW {
            scene.write_team("new", &format!("n{index}"));
        }
        scene.write("new", &format!("n{culprit}"), spec);
        scene.world.platform.commit("Ten more");
        scene.world.bare(&["check", "platform"]).expect(0);
        scene.world.run("plan", &[]).expect(0);
        let watch = Watch::start(&scene);
        let apply = scene.world.apply_to(1, &[]);
        let reloads = watch.end(&scene);
        assert_eq!(applied(&apply).len(), NEW);
        let [failed] = not_done(&apply)[..] else {
            panic!("{apply:#}");
        };
        assert_eq!(failed["id"], id(culprit));
        assert_eq!(failed["result"], "failed");
        let error = failed["error"].as_str().unwrap();
        assert!(error.contains(words), "{error}");
        assert!(reloads <= bound(NEW), "{reloads} reloads");
        println!("{words}: {reloads} reloads");
        let text = scene.text();
        for index in 0..NEW {
            let is_there = text.contains(&format!("- name: new/n{index}/x\n"));
            assert_eq!(is_there, index != culprit);
        }

        // It is tried again, alone.
        let watch = Watch::start(&scene);
        let apply = scene.world.apply_to(1, &[]);
        assert_eq!(changes(&apply), [format!("create {}", id(culprit))]);
        assert!(watch.end(&scene) <= bound(1));

        // Corrected.
        scene.write_team("new", &format!("n{culprit}"));
        scene.world.platform.commit("Corrected");
        let watch = Watch::start(&scene);
        let apply = scene.world.apply();
        assert_eq!(applied(&apply), [format!("create {}: done", id(culprit))]);
        assert_eq!(watch.end(&scene), 1);
        scene.is_quiet();
    }
}

/// What was good before stays as it was.
pub fn one_that_was_good() {
    let scene = scene();
    let before = scene.text();
    scene.write("old", "o2", OPSGENIE);
    scene.world.platform.commit("Worse");
    let watch = Watch::start(&scene);
    let apply = scene.world.apply_to(1, &[]);
    assert_eq!(applied(&apply), ["update am/route/old/o2: failed"]);
    assert!(watch.end(&scene) <= bound(1));
    assert_eq!(scene.text(), before);
}

pub fn several() {
    let scene = scene();
    for index in 0..NEW {
        scene.write_team("new", &format!("n{index}"));
    }
    let culprits = [2, 3, 8];
    for culprit in culprits {
        scene.write("new", &format!("n{culprit}"), OPSGENIE);
    }
    scene.world.platform.commit("Ten more");
    let mut applies = 0;
    let failed = loop {
        let watch = Watch::start(&scene);
        let apply = scene.world.apply_to(1, &[]);
        watch.end(&scene);
        applies += 1;
        assert!(applies < 20, "{apply:#}");
        let text = scene.text();
        let there = (0..NEW).filter(|index| text.contains(&format!("- name: new/n{index}/x\n")));
        if there.count() == NEW - culprits.len() {
            break not_done(&apply)
                .iter()
                .map(|outcome| outcome["id"].as_str().unwrap().to_owned())
                .collect::<BTreeSet<_>>();
        }
    };
    println!("{applies} applies");
    assert!(
        failed
            .iter()
            .all(|id| culprits.map(super::culprit::id).contains(id)),
        "{failed:?}"
    );
}

/// The platform's own part is the culprit; the teams go on.
pub fn the_base() {
    let scene = scene();
    scene.world.platform.replace(
        BASE,
        "- name: oncall\n",
        "- name: oncall\n  slack_configs: [ { channel: '#oncall' } ]\n",
    );
    scene.write_team("new", "n0");
    scene.write_team("new", "n1");
    scene.world.platform.commit("A base that lacks something");
    let watch = Watch::start(&scene);
    let apply = scene.world.apply_to(1, &[]);
    let reloads = watch.end(&scene);
    assert_eq!(
        applied(&apply),
        [
            "update am/route/base_file: failed",
            "create am/route/new/n0: done",
            "create am/route/new/n1: done"
        ]
    );
    let error = not_done(&apply)[0]["error"].as_str().unwrap();
    assert!(error.contains(SLACK_WORDS), "{error}");
    assert!(reloads <= bound(3), "{reloads} reloads");
}

/// A daemon does not ask again and again.
pub fn the_daemon_remembers() {
    let mut scene = scene();
    scene.world.set(|setup| setup.interval = "1s".into());
    scene.write("new", "n0", OPSGENIE);
    scene.write_team("new", "n1");
    scene.world.platform.commit("A culprit");
    let daemon = Daemon::start(&scene.world);
    let status = daemon.wait("it fails", |status| {
        target(status, "am")["state"] == "failed"
    });
    let failed = &target(&status, "am")["failed"][0];
    assert_eq!(failed["id"], id(0));
    assert!(
        failed["error"].as_str().unwrap().contains(OPSGENIE_WORDS),
        "{failed}"
    );
    let reloads = scene.take_reloads();
    assert!(reloads.len() <= bound(2), "{reloads:?}");
    let cycles = || daemon.lines("cycle finished").len();
    let began = cycles();
    daemon.wait("three more cycles", |_| cycles() >= began + 3);
    assert_eq!(scene.take_reloads(), []);
    // As soon as it is corrected, it is tried.
    scene.write_team("new", "n0");
    let head = scene.world.platform.commit("Corrected");
    daemon.wait_target("am", "synced", &head);
    assert_eq!(scene.take_reloads(), [Some(200)]);
}

/// Nor where it is the platform's own part that is refused.
pub fn the_daemon_remembers_a_base() {
    let mut scene = scene();
    scene.world.set(|setup| setup.interval = "1s".into());
    let daemon = Daemon::start(&scene.world);
    daemon.wait_target("am", "synced", &scene.world.platform.head());
    scene.proxy.take();
    scene.world.platform.replace(
        BASE,
        "- name: oncall\n",
        "- name: oncall\n  slack_configs: [ { channel: '#x' } ]\n",
    );
    scene.write_team("new", "n1");
    scene
        .world
        .platform
        .commit("A base that only the server refuses");
    let status = daemon.wait("it fails", |status| {
        target(status, "am")["state"] == "failed"
    });
    let failed = &target(&status, "am")["failed"][0];
    assert_eq!(failed["id"], "am/route/base_file");
    assert!(
        failed["error"].as_str().unwrap().contains(SLACK_WORDS),
        "{failed}"
    );
    let cycles = || daemon.lines("cycle finished").len();
    // The new team is tried with the base that is live.
    daemon.wait("the team is live", |_| scene.text().contains("new/n1/x"));
    scene.take_reloads();
    let began = cycles();
    daemon.wait("three more cycles", |_| cycles() >= began + 3);
    assert_eq!(scene.take_reloads(), []);
}
