//! Whatever a server, or what stands before it, answers: what could not be read whole is unknown, and nothing is
//! written.

use serde_json::json;

use super::scene::Scene;
use super::server::Kind;
use crate::fake::grafana::Fault;

fn paths(scene: &Scene) -> &'static [&'static str] {
    if scene.server.modern {
        &[
            "/api/health",
            "/api/org",
            "/apis",
            "/apis/dashboard.grafana.app/v0alpha1",
            "/apis/folder.grafana.app",
        ]
    } else {
        &[
            "/api/health",
            "/api/org",
            "/api/search",
            "/api/dashboards/uid/d0",
        ]
    }
}

/// On the fakes alone: a real one does not fail on demand.
pub fn reads(kind: Kind) {
    if kind == Kind::Real {
        return;
    }
    let scene = Scene::with_boards(kind, 2);
    let before = scene.server.boards();
    // There would be something to update and something to delete.
    scene.write_board(0, "up == 9");
    scene.world.platform.remove("boards/d1.json");
    scene.world.platform.commit("One less");
    let faults: &[fn() -> Fault] = &[
        || Fault::status(401),
        || Fault::status(403),
        || Fault::html(200),
        || Fault::Half,
        Fault::locked,
    ];
    for path in paths(&scene) {
        for fault in faults {
            scene.server.proxy.take();
            scene.server.fake().fault(path, fault(), 100);
            let applied = scene.world.apply_to(1, &[]);
            scene.server.fake().no_more_faults();
            let told = format!("{path} {:?}: {applied}", fault());
            assert_eq!(applied["held"][0]["reason"], "scope_unknown", "{told}");
            assert_eq!(applied["applied"], json!([]), "{told}");
            assert_eq!(scene.server.proxy.take_writes(), [], "{told}");
        }
    }
    assert_eq!(scene.server.boards(), before);
    scene.world.apply();
    assert_eq!(scene.server.boards().len(), 1);
}

/// What fails in passing is tried again; what stays is told in the server's words.
pub fn writes(kind: Kind) {
    if kind == Kind::Real {
        return;
    }
    let scene = Scene::with_boards(kind, 1);
    let (method, path) = if scene.server.modern {
        ("PUT", "/apis/dashboard.grafana.app")
    } else {
        ("POST", "/api/dashboards/db")
    };
    for fault in [
        Fault::locked(),
        Fault::too_many(0),
        Fault::status(503),
        Fault::CloseAfter,
    ] {
        let told = format!("{fault:?}");
        scene.write_board(0, &told.len().to_string());
        scene.world.platform.commit(&told);
        scene.server.fake().fault_on(method, path, fault, 1);
        let applied = scene.world.apply();
        assert_eq!(applied["applied"][0]["result"], "done", "{told}");
        scene.is_quiet();
    }
    scene.write_board(0, "stays");
    scene.world.platform.commit("It stays");
    scene
        .server
        .fake()
        .fault_on(method, path, Fault::status(403), 100);
    let applied = scene.world.apply_to(1, &[]);
    scene.server.fake().no_more_faults();
    let error = applied["applied"][0]["error"].as_str().unwrap();
    assert!(error.contains("403") && error.contains("d0"), "{error}");
    scene.world.apply();
    scene.is_quiet();
}
