//! Killed at any moment, and with a third of all requests failing: it converges, the server always has a file that
//! it takes, and nothing of anybody is lost.

use std::fs;
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use fastrand::Rng;

use super::scene::{BASE, Scene};
use crate::e2e::running::PATIENCE;
use crate::e2e::world::Target;
use crate::support::proxy::Fault;

/// Definitions beside the one that comes and goes, and the one that the server refuses.
const TEAMS: usize = 8;

/// 12, or all 100.
fn cycles() -> usize {
    let long = std::env::var_os("TRUEUP_LONG").is_some_and(|value| !value.is_empty());
    if long { 100 } else { 12 }
}

struct World {
    scene: Scene,
    random: Rng,
    version: usize,
}

impl World {
    /// All teams live.
    fn new() -> Self {
        let seed = fastrand::u64(..);
        println!("seed {seed}");
        let mut world = Self {
            scene: Scene::new(),
            random: Rng::with_seed(seed),
            version: 0,
        };
        (0..TEAMS).for_each(|team| world.write(team));
        world.scene.live();
        world.change();
        world.scene.world.apply();
        world
    }

    fn write(&self, team: usize) {
        let path = format!("/team/{team}?v={}", self.version);
        let spec = format!(
            "route: {{ receiver: x }}\nreceivers:\n{}",
            self.scene.receiver("x", &path)
        );
        self.scene.write("team", &format!("t{team}"), &spec);
    }

    /// Changes some definitions and sometimes the base; every other time one comes or goes.
    fn change(&mut self) {
        self.version += 1;
        for team in 0..TEAMS {
            if self.random.bool() {
                self.write(team);
            }
        }
        if self.random.u8(..4) == 0 {
            let line = format!("# version {}\n", self.version);
            self.scene.write_base(&line);
            self.scene.world.platform.replace(
                BASE,
                "group_wait: 10ms",
                &format!("group_wait: {}ms", self.version),
            );
        }
        match self.version % 4 {
            0 => self.scene.write_team("more", "web"),
            2 if self.version > 2 => self.scene.remove("more", "web"),
            _ => {}
        }
        self.commit();
    }

    fn commit(&self) {
        let message = format!("Version {}", self.version);
        self.scene.world.platform.commit(&message);
    }

    /// Has one definition that only the server refuses.
    fn set_culprit(&self, is_there: bool) {
        if is_there {
            self.scene.write(
                "bad",
                "web",
                "route: { receiver: x }\nreceivers: [ { name: x, opsgenieConfigs: [ { message: m } ] } ]\n",
            );
        } else {
            self.scene.remove("bad", "web");
        }
        self.commit();
    }

    fn start(&self) -> Child {
        self.scene
            .world
            .with_config("apply", &[])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Of each team, one version or another is in a file that is whole.
    fn nothing_is_lost(&self) {
        let text = self.scene.text();
        serde_yaml::from_str::<serde_yaml::Value>(&text).unwrap();
        for team in 0..TEAMS {
            let name = format!("- name: team/t{team}/x\n");
            assert_eq!(text.matches(&name).count(), 1, "{text}");
        }
        let server = &self.scene.server;
        let running = server.get("/api/v2/status");
        for team in 0..TEAMS {
            assert!(running.contains(&format!("team/t{team}/x")), "{running}");
        }
    }

    /// The file as it comes out anew, with no server and nothing before.
    fn composed(&mut self) -> String {
        let file = self.scene.world.path("anew/alertmanager.yml");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::remove_file(&file).ok();
        let mut before = None;
        self.scene.world.set(|setup| {
            before = Some(setup.clone());
            setup.name = "anew".into();
            setup.targets = vec![Target::alertmanager(
                "am",
                &format!(
                    "config_file: anew/alertmanager.yml, base_file: {BASE}, fence_label: namespace"
                ),
            )];
        });
        self.scene.world.apply();
        self.scene.world.delete_state();
        self.scene.world.set(|setup| *setup = before.unwrap());
        fs::read_to_string(file).unwrap()
    }

    fn converged(&mut self) {
        assert_eq!(self.scene.text(), self.composed());
        self.scene.is_quiet();
        self.nothing_is_lost();
        assert_eq!(
            self.scene.beside(),
            ["alertmanager.yml", "alertmanager.yml.before-trueup"]
        );
    }
}

pub fn killed() {
    let mut world = World::new();
    world.change();
    let began = Instant::now();
    assert!(world.start().wait().unwrap().success());
    let most = began.elapsed();
    let (mut interrupted, mut left) = (0, 0);
    for cycle in 0..cycles() {
        // With a search for a culprit under way, every third time.
        let has_culprit = cycle % 3 == 2;
        if has_culprit {
            world.set_culprit(true);
        }
        let before = world.scene.text();
        world.change();
        // Sometimes it is killed again, while it tidies up.
        for _ in 0..=world.random.u8(..2) {
            let mut child = world.start();
            let moment = most.mul_f64(world.random.f64());
            std::thread::sleep(moment);
            child.kill().unwrap();
            interrupted += usize::from(!child.wait().unwrap().success());
            world.nothing_is_lost();
        }
        left += usize::from(world.scene.text() != before);
        if has_culprit {
            world.scene.world.apply_to(1, &[]);
            assert!(world.scene.runs_the_file());
            world.nothing_is_lost();
            assert!(!world.scene.text().contains("bad/web"));
            world.set_culprit(false);
        }
        world.scene.world.apply();
        world.converged();
    }
    println!(
        "{interrupted} killed under way, {left} cycles left something begun, {most:?} an apply"
    );
    assert!(interrupted > 0);
}

/// Killed at each order to reload in turn, before the server hears of it and after, with a culprit and without.
pub fn killed_at_reloads() {
    let mut world = World::new();
    let mut seen = 0;
    for has_culprit in [false, true] {
        for which in 0..6 {
            for fault in [Fault::Drop, Fault::DropAnswer] {
                if has_culprit {
                    world.set_culprit(true);
                }
                // Something of everybody, so that there is something to search in.
                world.version += 1;
                (0..TEAMS).for_each(|team| world.write(team));
                world.commit();
                let (sender, ordered) = mpsc::channel();
                let mut count = 0;
                world.scene.proxy.set_policy(move |request| {
                    if request.path() != "/-/reload" {
                        return Fault::None;
                    }
                    count += 1;
                    if count <= which {
                        return Fault::None;
                    }
                    sender.send(()).ok();
                    fault
                });
                let mut child = world.start();
                let began = Instant::now();
                while ordered.recv_timeout(Duration::from_millis(5)).is_err()
                    && child.try_wait().unwrap().is_none()
                {
                    assert!(began.elapsed() < PATIENCE);
                }
                seen += usize::from(child.try_wait().unwrap().is_none());
                child.kill().unwrap();
                child.wait().unwrap();
                world.scene.proxy.set_policy(|_| Fault::None);
                world.nothing_is_lost();
                if has_culprit {
                    world.scene.world.apply_to(1, &[]);
                    assert!(world.scene.runs_the_file());
                    world.set_culprit(false);
                }
                world.scene.world.apply();
                world.converged();
                if !has_culprit && which > 0 {
                    break;
                }
            }
        }
    }
    println!("{seen} killed at an order");
    assert!(seen >= 8, "{seen}");
}

pub fn faulty() {
    let mut world = World::new();
    let mut runs = 0;
    for _ in 0..cycles() {
        world.change();
        let seed = world.random.u64(..);
        world.scene.proxy.fail_a_third(seed);
        let began = Instant::now();
        loop {
            runs += 1;
            let ran = world.scene.world.run("apply", &[]);
            world.nothing_is_lost();
            if ran.code == 0 {
                break;
            }
            assert_eq!(ran.code, 1, "{ran}");
            assert!(began.elapsed() < Duration::from_mins(1), "{ran}");
        }
        world.scene.proxy.set_policy(|_| Fault::None);
        world.converged();
    }
    println!("{} cycles took {runs} runs", cycles());
}
