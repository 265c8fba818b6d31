//! Real dashboards: all that can be live are, and the second time nothing is written.

use std::path::PathBuf;

use super::scene::Scene;
use super::server::Kind;

/// In the 94 files two uids stand twice: neither of such two is live. Two titles stand twice in one folder, and a
/// third but for its case: a server that refuses that has neither of those.
const FILES: usize = 94;
const DOUBLE_UIDS: usize = 4;
const DOUBLE_TITLES: usize = 6;

pub fn corpus(kind: Kind) {
    let scene = Scene::new(kind);
    let mixins = PathBuf::from(std::env::var_os("TRUEUP_CORPUS").unwrap()).join("mixins");
    let mut files = 0;
    for mixin in std::fs::read_dir(mixins).unwrap() {
        let mixin = mixin.unwrap();
        let Ok(boards) = std::fs::read_dir(mixin.path().join("dashboards")) else {
            continue;
        };
        let name = mixin.file_name().into_string().unwrap();
        for board in boards {
            let board = board.unwrap();
            let to = format!("{name}/boards/{}", board.file_name().to_str().unwrap());
            let text = std::fs::read(board.path()).unwrap();
            scene.world.platform.write(&to, text);
            files += 1;
        }
        scene.write_set(
            &format!("{name}/set.yaml"),
            &name,
            &format!("Mixins/{name}"),
        );
    }
    assert_eq!(files, FILES);
    scene.world.platform.commit("Mixins");
    let applied = scene.world.apply_to(1, &[]);
    let failed: Vec<_> = applied["applied"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|applied| applied["result"] != "done")
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let live = if scene.server.modern {
        FILES - DOUBLE_UIDS
    } else {
        FILES - DOUBLE_UIDS - DOUBLE_TITLES
    };
    let boards = scene.server.boards();
    assert_eq!(boards.len(), live);
    for state in ["kept", "lost"] {
        scene.server.proxy.take();
        let again = scene.world.apply_to(1, &[]);
        assert_eq!(again["applied"], serde_json::json!([]), "{state}");
        assert_eq!(scene.server.proxy.take_writes(), [], "{state}");
        assert_eq!(scene.server.boards(), boards, "{state}");
        scene.world.delete_state();
    }
}
