//! What people made in Grafana by hand, and numbers that Grafana gives, are no way out.

use libtest_mimic::Trial;

use super::scene::{Scene, board, dashboards};
use crate::fake::grafana::Flavor;
use crate::support::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test(
            "e2e::tenants::strangers::anothers_number_is_not_taken",
            &[],
            numbered,
        ),
        test(
            "e2e::tenants::strangers::a_folder_of_nobodys_is_not_taken",
            &[],
            hand_made,
        ),
    ]
}

/// Grafana takes a dashboard by the number in its body for the one that has it.
fn numbered() {
    for flavor in [Flavor::Resource124, Flavor::Classic75] {
        let scene = Scene::new(flavor);
        scene.world.apply();
        let mut stolen = board("evil-tried", "Tried", "up");
        stolen["id"] = scene.grafana.board("pay-main").body["id"].clone();
        stolen["folderUid"] = "payments-vault".into();
        stolen["version"] = 1.into();
        scene
            .world
            .platform
            .write(
                "teams/evil/tried.yaml",
                dashboards("tried", "files: [tried.json]"),
            )
            .write("teams/evil/tried.json", stolen.to_string());
        scene.world.platform.commit("The number of another's");
        scene.world.apply();
        scene.everybody_goes_on("a number", 0);
        assert_eq!(
            scene.grafana.board("evil-tried").title,
            "Tried",
            "{flavor:?}"
        );
        assert_eq!(scene.grafana.board("pay-main").title, "Shop", "{flavor:?}");
    }
}

/// A folder that people made has no tenant, and no tenant gets it by its uid.
fn hand_made() {
    for flavor in [Flavor::Resource124, Flavor::Classic75] {
        let scene = Scene::new(flavor);
        scene.grafana.hand_made_folder("people", "People");
        scene
            .grafana
            .hand_made("board-of-people", "Theirs", "people");
        scene
            .world
            .platform
            .write(
                "teams/evil/folder.yaml",
                "apiVersion: trueup.dev/v1alpha1\nkind: Folder\nmetadata: { name: x }\nspec: { path: Evil/x, uid: people }\n",
            )
            .write("teams/evil/tried.yaml", dashboards("tried", "folder: Evil/x, files: [tried.json]"))
            .write("teams/evil/tried.json", board("evil-tried", "Tried", "up").to_string());
        scene.world.platform.commit("A uid of somebody's");
        let apply = scene.world.run("apply", &["--format", "json"]);
        assert_eq!(
            scene.grafana.folders()["people"],
            "People",
            "{flavor:?}: {apply}"
        );
        let boards = scene.grafana.boards();
        assert!(
            apply.code == 1 && apply.stdout.contains("must begin with evil-"),
            "{apply}"
        );
        let folder = boards.get("evil-tried").map(|board| board.folder.as_str());
        assert_ne!(folder, Some("people"), "{flavor:?}: {apply}");
        scene.everybody_goes_on("a hand-made folder", 0);
    }
}
