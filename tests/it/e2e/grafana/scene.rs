//! A repository with dashboards, the settings for a server, and what to expect of both.

use std::sync::Arc;

use serde_json::{Value, json};

use super::server::{Kind, Server};
use crate::e2e::world::{Target, World};

/// One target `grafana` on a server, and a repository.
pub struct Scene {
    pub world: World,
    pub server: Arc<Server>,
}

impl Scene {
    pub fn new(kind: Kind) -> Self {
        Self::on(Arc::new(Server::start(kind)))
    }

    pub fn on(server: Arc<Server>) -> Self {
        let mut world = World::new();
        world.set_env("TRUEUP_E2E_GRAFANA_PASSWORD", &server.password);
        world.set_targets([Target::grafana("grafana", &server.keys())]);
        Self { world, server }
    }

    /// With `count` dashboards `d0`, `d1`, ... in the folder `Team/Boards`, live.
    pub fn with_boards(kind: Kind, count: usize) -> Self {
        let scene = Self::new(kind);
        scene.write_set("set.yaml", "boards", "Team/Boards");
        for index in 0..count {
            scene.write_board(index, "up");
        }
        scene.world.platform.commit("Dashboards");
        scene.world.apply();
        scene.server.proxy.take();
        scene
    }

    /// A set of the dashboards below `boards/`, relative to its file.
    pub fn write_set(&self, file: &str, name: &str, folder: &str) {
        let text = format!(
            "apiVersion: trueup.dev/v1alpha1\nkind: DashboardSet\nmetadata: {{ name: {name} }}\n\
             spec: {{ targets: env=prod, folder: \"{folder}\", files: [\"boards/*.json\"] }}\n"
        );
        self.world.platform.write(file, text);
    }

    pub fn write_board(&self, index: usize, expr: &str) {
        let text = serde_json::to_string_pretty(&board(index, expr)).unwrap();
        self.world
            .platform
            .write(&format!("boards/d{index}.json"), text);
    }

    /// The target's title for the folder `Team/Boards`.
    pub fn folder_title(&self) -> &'static str {
        if self.server.modern {
            "Boards"
        } else {
            "Team / Boards"
        }
    }

    /// An apply that finds nothing to do and asks nobody to do anything.
    #[track_caller]
    pub fn is_quiet(&self) {
        self.server.proxy.take();
        let before = self.server.boards();
        let applied = self.world.apply();
        assert_eq!(applied["applied"], json!([]));
        assert_eq!(self.server.proxy.take_writes(), []);
        assert_eq!(self.server.boards(), before);
    }
}

/// A dashboard with two panels, a variable and what else people put in.
pub fn board(index: usize, expr: &str) -> Value {
    let source = json!({"type": "prometheus", "uid": "$source"});
    let panel = |id: usize, title: &str, expr: &str| {
        json!({
            "id": id, "type": "timeseries", "title": title, "datasource": source,
            "gridPos": {"h": 8, "w": 12, "x": 0, "y": 8 * id},
            "fieldConfig": {
                "defaults": {
                    "unit": "short",
                    "thresholds": {"mode": "absolute", "steps": [{"color": "green", "value": null}, {"color": "red", "value": 80}]}
                },
                "overrides": []
            },
            "targets": [{"refId": "A", "expr": expr, "datasource": source}]
        })
    };
    json!({
        "uid": format!("d{index}"),
        "title": format!("Board {index}"),
        "tags": ["team"],
        "schemaVersion": 39,
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [{"name": "source", "type": "datasource", "query": "prometheus"}]},
        "panels": [panel(1, "Requests", expr), panel(2, "Errors", "rate(errors[5m])")]
    })
}
