//! What is as it should be is not touched.

use super::scene::Scene;
use crate::e2e::ran::changes;

pub fn second_apply() {
    let scene = Scene::new();
    scene.write_team("payments", "web");
    scene.write_team("search", "web");
    let applied = scene.live();
    assert_eq!(
        changes(&applied),
        [
            "adopt am/route/base_file",
            "create am/route/payments/web",
            "create am/route/search/web"
        ]
    );
    assert_eq!(scene.take_reloads(), [Some(200)]);
    scene.is_quiet();
    // Nor without memory.
    scene.world.delete_state();
    scene.is_quiet();
    // A commit that changes nothing of it changes nothing.
    scene.world.platform.write("README.md", "words");
    let team = super::scene::file("payments", "web");
    let text = scene.world.platform.read(&team);
    scene
        .world
        .platform
        .write(&team, format!("# a comment\n{text}"));
    scene.world.platform.commit("Words");
    scene.is_quiet();
    scene
        .world
        .platform
        .rename(&team, "elsewhere/deep/file.yml");
    scene.world.platform.commit("Moved");
    scene.is_quiet();
}
