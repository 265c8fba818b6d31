//! Killed at any moment, and with a third of all requests failing: it converges, nothing is there twice, nothing
//! is lost.

use std::process::Stdio;
use std::time::Duration;

use fastrand::Rng;

use super::scene::Scene;
use super::server::Kind;

const BOARDS: usize = 12;

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

/// Changes some dashboards, and lets a set with a folder of its own come and go.
fn change(scene: &Scene, random: &mut Rng, version: usize) {
    for index in 0..BOARDS {
        if random.bool() {
            scene.write_board(index, &format!("up == {version}"));
        }
    }
    let platform = &scene.world.platform;
    match version % 4 {
        0 => {
            scene.write_set("more/set.yaml", "more", "More/Of It");
            let text = super::scene::board(1000, "up").to_string();
            platform.write("more/boards/x.json", text);
        }
        2 if version > 2 => {
            platform
                .remove("more/set.yaml")
                .remove("more/boards/x.json");
        }
        _ => {}
    }
    platform.commit(&format!("Version {version}"));
}

/// What is declared is live, once, and there is nothing left to do.
fn converged(scene: &Scene, version: usize) {
    let more = version >= 4 && matches!(version % 4, 0 | 1);
    let boards = scene.server.boards();
    assert_eq!(
        boards.len(),
        BOARDS + usize::from(more),
        "version {version}"
    );
    for index in 0..BOARDS {
        let file = scene.world.platform.read(&format!("boards/d{index}.json"));
        let declared: serde_json::Value = serde_json::from_str(&file).unwrap();
        let live = &boards[&format!("d{index}")].body;
        assert_eq!(
            live["panels"][0]["targets"][0]["expr"],
            declared["panels"][0]["targets"][0]["expr"]
        );
    }
    let folders = scene.server.folders().len();
    assert_eq!(
        folders,
        2 + 2 * usize::from(more),
        "{:?}",
        scene.server.folders()
    );
    scene.is_quiet();
}

/// Applies until it goes well. What the last one had sent may still be at work in the server, so that the first
/// finds a version that it has not seen, and leaves that to the next.
fn settle(scene: &Scene) {
    let mut tries = (0..3).map(|_| scene.world.run("apply", &[]));
    assert!(tries.any(|ran| ran.code == 0), "it does not converge");
}

pub fn killed(kind: Kind) {
    let mut random = random();
    let scene = Scene::with_boards(kind, BOARDS);
    let mut killed = 0;
    for version in 1..=cycles() {
        change(&scene, &mut random, version);
        let mut apply = scene.world.with_config("apply", &[]);
        let mut apply = apply
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(random.u64(20..250)));
        if apply.try_wait().unwrap().is_none() {
            killed += 1;
        }
        apply.kill().unwrap();
        apply.wait().unwrap();
        settle(&scene);
        if version % 5 == 0 {
            converged(&scene, version);
        }
    }
    println!("{killed} of {} killed under way", cycles());
    converged(&scene, cycles());
}

pub fn faulty(kind: Kind) {
    let mut random = random();
    let scene = Scene::with_boards(kind, BOARDS);
    for version in 1..=cycles() {
        change(&scene, &mut random, version);
        scene.server.proxy.fail_a_third(random.u64(..));
        // Whatever it says; it must not do harm.
        let _ = scene.world.run("apply", &[]);
        scene
            .server
            .proxy
            .set_policy(|_| crate::support::proxy::Fault::None);
        settle(&scene);
        if version % 5 == 0 {
            converged(&scene, version);
        }
    }
    converged(&scene, cycles());
}
