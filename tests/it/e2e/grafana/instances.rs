//! Two instances, and what other managers and people have: none touches another's.

use std::sync::Arc;

use fastrand::Rng;

use super::scene::Scene;
use super::server::{Kind, Server};

pub fn cycles(kind: Kind) {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = Rng::with_seed(seed);
    let server = Server::start(kind);
    server.hand_made_folder("theirs", "Theirs");
    for index in 0..3 {
        server.hand_made(
            &format!("theirs-{index}"),
            &format!("By hand {index}"),
            "theirs",
        );
    }
    if server.modern {
        server.managed("theirs-terraform", "terraform", "prod");
    }
    let server = Arc::new(server);
    let mut one = Scene::on(server.clone());
    let mut two = Scene::on(server);
    one.world.set(|setup| "one".clone_into(&mut setup.instance));
    two.world.set(|setup| "two".clone_into(&mut setup.instance));
    for (scene, folder, first) in [(&one, "Team/Boards", 0), (&two, "Other", 100)] {
        scene.write_set("set.yaml", "boards", folder);
        for index in first..first + 4 {
            scene.write_board(index, "up");
        }
        scene.world.platform.commit("Dashboards");
        scene.world.apply();
    }
    let theirs = |scene: &Scene| {
        let mut boards = scene.server.boards();
        boards.retain(|uid, _| uid.starts_with("theirs"));
        boards
    };
    let by_hand = theirs(&one);
    for cycle in 0..50 {
        let (scene, first) = if random.bool() {
            (&one, 0)
        } else {
            (&two, 100)
        };
        let before = one.server.boards();
        let index = first + random.usize(..4);
        match random.u8(..3) {
            0 => scene.write_board(index, &format!("up == {cycle}")),
            1 => one
                .server
                .edit(&format!("d{index}"), |body| body["title"] = "Mine".into()),
            _ => {}
        }
        scene.world.platform.commit(&format!("Cycle {cycle}"));
        scene.world.apply();
        let after = one.server.boards();
        assert_eq!(before.len(), after.len());
        for (uid, board) in &after {
            if *uid != format!("d{index}") {
                assert_eq!(board, &before[uid], "cycle {cycle}");
            }
        }
    }
    assert_eq!(theirs(&one), by_hand);
}
