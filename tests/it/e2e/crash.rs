//! Killed at any moment, and with a third of all requests failing: it always converges, no file is ever
//! half written, and nothing is lost.

use std::collections::BTreeMap;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;
use libtest_mimic::Trial;
use serde_json::Value;

use super::repository::{group, rule_set};
use super::running::PATIENCE;
use super::world::{Target, World};
use crate::support::prometheus::Server;
use crate::support::proxy::{Fault, Proxy};
use crate::support::{Need, test, wait_until};

/// Sets beside the one that comes and goes.
const SETS: usize = 25;

pub fn tests() -> Vec<Trial> {
    let server = [Need::Program("prometheus")];
    vec![
        test("e2e::crash::killed_at_random_moments", &server, killed),
        test(
            "e2e::crash::killed_between_files_and_reload",
            &server,
            before_reload,
        ),
        test("e2e::crash::a_third_of_all_requests_fails", &server, faulty),
    ]
}

/// 25, or all 200.
fn cycles() -> usize {
    let long = std::env::var_os("TRUEUP_LONG").is_some_and(|value| !value.is_empty());
    if long { 200 } else { 25 }
}

fn random() -> Rng {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    Rng::with_seed(seed)
}

struct Scene {
    world: World,
    server: Server,
    proxy: Proxy,
    random: Rng,
    version: usize,
}

impl Scene {
    /// All sets live.
    fn new(sets: usize) -> Self {
        let mut world = World::new();
        let server = Server::prometheus(&world.path("rules-one"));
        let proxy = Proxy::start(server.port);
        let target = Target::server("one", &proxy.url()).with("timeout: 2s");
        world.set_targets([target]);
        for index in 0..sets {
            let name = format!("s{index}");
            let set = rule_set(&name, "rules.yaml");
            world.platform.write(&format!("{name}/set.yaml"), set);
        }
        let scene = Self {
            world,
            server,
            proxy,
            random: random(),
            version: 0,
        };
        (0..sets).for_each(|index| scene.write(index));
        scene.world.platform.commit("All sets");
        scene.world.apply();
        scene
    }

    fn write(&self, index: usize) {
        let (name, expr) = (format!("s{index}"), format!("up == {}", self.version));
        let rules = group("g", &format!("A{index}"), &expr);
        let path = format!("{name}/rules.yaml");
        self.world.platform.write(&path, rules);
    }

    /// Changes some sets; every other time one comes or goes. (That orders a reload
    /// of its own, which would hide one that is missing.)
    fn change(&mut self, sets: usize) {
        self.version += 1;
        for index in 0..sets {
            if self.random.u8(..4) > 0 {
                self.write(index);
            }
        }
        let platform = &self.world.platform;
        match self.version % 4 {
            0 => {
                platform.write("x/set.yaml", rule_set("x", "rules.yaml"));
                platform.write("x/rules.yaml", group("g", "Comes", "up"));
            }
            2 if self.version > 2 => {
                platform.remove("x/set.yaml").remove("x/rules.yaml");
            }
            _ => {}
        }
        platform.commit(&format!("Version {}", self.version));
    }

    /// How many sets have come and not gone.
    fn extra(&self) -> usize {
        usize::from(self.version >= 4 && matches!(self.version % 4, 0 | 1))
    }

    /// Everything that does not come and go is at work, in one version or another.
    fn nothing_is_lost(&self, sets: usize) {
        let groups = self.server.groups();
        for index in 0..sets {
            let group = format!("default.s{index}.yaml/g");
            assert!(groups.contains(&group), "{group} is lost: {groups:?}");
        }
    }

    /// The expression that the server runs for each alert.
    fn running(&self) -> BTreeMap<String, String> {
        let rules: Value = serde_json::from_str(&self.server.get("/api/v1/rules")).unwrap();
        let groups = rules["data"]["groups"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        groups
            .flat_map(|group| group["rules"].as_array().unwrap())
            .map(|rule| (text(&rule["name"]), text(&rule["query"])))
            .collect()
    }

    /// What is declared is on disk and at work, and there is nothing left to do.
    fn converged(&self, sets: usize) {
        let comes = self.extra();
        let files = self.world.files("one");
        assert_eq!(files.len(), sets + comes, "{:?}", files.keys());
        let running = self.running();
        assert_eq!(running.len(), sets + comes);
        for index in 0..sets {
            let path = format!("s{index}/rules.yaml");
            let declared = self.world.platform.read(&path);
            let expr = declared
                .trim_end()
                .rsplit("expr: ")
                .next()
                .unwrap()
                .to_owned();
            let text = &files[&format!("default.s{index}.yaml")];
            assert!(text.contains(&format!("expr: {expr}\n")), "{text}");
            assert_eq!(running[&format!("A{index}")], *expr);
        }
        self.proxy.take();
        let again = self.world.apply();
        assert_eq!(again["unchanged"], sets + comes, "{again:#}");
        // Also nothing that was only pending.
        assert_eq!(self.proxy.take_writes(), []);
    }
}

fn start(world: &World) -> Child {
    world
        .with_config("apply", &[])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Each file is one of its versions, whole; what is not a rule file yet has a name that `*.yaml` does not match.
fn whole(
    seen: &BTreeMap<String, String>,
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) {
    for (name, text) in seen {
        let known = [before.get(name), after.get(name)].contains(&Some(text));
        let is_temporary = name.ends_with(".trueup-tmp");
        assert!(known || is_temporary, "{name} is neither:\n{text}");
    }
}

fn killed() {
    let mut scene = Scene::new(SETS);
    scene.change(SETS);
    let began = Instant::now();
    assert!(start(&scene.world).wait().unwrap().success());
    let most = began.elapsed();
    let (mut interrupted, mut left) = (0, 0);
    for _ in 0..cycles() {
        let before = scene.world.files("one");
        scene.change(SETS);
        // Sometimes it is killed again, while it tidies up.
        for _ in 0..=scene.random.u8(..2) {
            let mut child = start(&scene.world);
            let moment = most.mul_f64(scene.random.f64());
            std::thread::sleep(moment);
            child.kill().unwrap();
            interrupted += usize::from(!child.wait().unwrap().success());
            scene.nothing_is_lost(SETS);
        }
        let seen = scene.world.files("one");
        left += usize::from(seen != before);
        scene.world.apply();
        whole(&seen, &before, &scene.world.files("one"));
        scene.converged(SETS);
    }
    println!(
        "{interrupted} killed under way, {left} cycles left something begun, {most:?} an apply"
    );
    assert!(interrupted > 0 && left > 0);
}

/// The moment at which the files are new, and the server does not know.
fn before_reload() {
    const SETS: usize = 3;
    let mut scene = Scene::new(SETS);
    // With and without something else to change afterwards.
    for more in [false, true] {
        scene.version += 1;
        (0..SETS).for_each(|index| scene.write(index));
        scene.world.platform.commit("All of them");
        let ordered = Arc::new(AtomicBool::new(false));
        let seen = ordered.clone();
        scene.proxy.set_policy(move |request| {
            if request.path() != "/-/reload" {
                return Fault::None;
            }
            seen.store(true, Ordering::Relaxed);
            Fault::Drop
        });
        let mut child = start(&scene.world);
        wait_until("a reload is ordered", PATIENCE, || {
            ordered.load(Ordering::Relaxed)
        });
        child.kill().unwrap();
        child.wait().unwrap();
        scene.proxy.set_policy(|_| Fault::None);
        assert_ne!(scene.running()["A0"], format!("up == {}", scene.version));
        if more {
            scene.version += 1;
            scene.write(1);
            scene.world.platform.commit("One of them");
        }
        scene.world.apply();
        scene.converged(SETS);
    }
}

fn faulty() {
    const SETS: usize = 8;
    let mut scene = Scene::new(SETS);
    let mut runs = 0;
    for _ in 0..cycles() {
        scene.change(SETS);
        scene.proxy.fail_a_third(scene.random.u64(..));
        let began = Instant::now();
        loop {
            runs += 1;
            let ran = scene.world.run("apply", &[]);
            scene.nothing_is_lost(SETS);
            if ran.code == 0 {
                break;
            }
            assert_eq!(ran.code, 1, "{ran}");
            assert!(began.elapsed() < Duration::from_mins(1), "{ran}");
        }
        scene.proxy.set_policy(|_| Fault::None);
        scene.converged(SETS);
    }
    println!("{} cycles took {runs} runs", cycles());
}
