//! Tenants on a Grafana: where their dashboards are, whose they are, and with whose credentials they are written.

use serde_json::{Value, json};

use super::scene::Scene;
use super::server::Kind;
use crate::e2e::world::Target;

const TENANT: &str = "apiVersion: trueup.dev/v1alpha1\nkind: Tenant\nmetadata: { name: payments }\nspec:\n  \
    owner: payments\n  paths: [\"teams/payments/**\"]\n  grafana: { folder: Payments }\n  \
    metrics: { matchers: ['namespace=\"payments\"'] }\n";

fn set(folder: &str) -> String {
    format!(
        "apiVersion: trueup.dev/v1alpha1\nkind: DashboardSet\nmetadata: {{ name: pay }}\n\
         spec: {{ targets: env=prod, {folder}files: [\"*.json\"] }}\n"
    )
}

fn board(uid: &str, title: &str, expr: &str) -> String {
    json!({
        "uid": uid, "title": title, "schemaVersion": 39,
        "panels": [{
            "id": 1, "type": "timeseries", "title": "One",
            "datasource": {"type": "prometheus", "uid": "prom"},
            "targets": [{"refId": "A", "expr": expr}],
        }],
    })
    .to_string()
}

fn scene(kind: Kind, more: &str) -> Scene {
    let mut scene = Scene::new(kind);
    let keys = format!("{}{more}", scene.server.keys());
    scene.world.set_targets([Target::grafana("grafana", &keys)]);
    scene.write_set("set.yaml", "boards", "Team/Boards");
    scene.write_board(0, "up");
    let platform = &scene.world.platform;
    platform.write("tenants.yaml", TENANT);
    platform.write("teams/payments/set.yaml", set(""));
    platform.write("teams/payments/p.json", board("pay", "Pay", "sum(up)"));
    platform.commit("A tenant");
    scene
}

fn live(scene: &Scene, uid: &str) -> Value {
    let boards = scene.server.boards();
    boards[uid].body.clone()
}

/// In the tenant's folder though the set names none, inside its fence, and tagged with its owner; where the settings
/// say so without the tag.
pub fn bounds(kind: Kind) {
    let mut scene = scene(kind, "");
    scene.world.apply();
    let body = live(&scene, "pay");
    assert_eq!(
        body["panels"][0]["targets"][0]["expr"],
        "sum(up{namespace=\"payments\"})"
    );
    let tags = body["tags"].to_string();
    assert!(tags.contains("\"owner:group:default/payments\""), "{tags}");
    assert_eq!(live(&scene, "d0")["panels"][0]["targets"][0]["expr"], "up");
    let plan = scene.world.plan(&[]);
    assert_eq!((&plan["changes"], &plan["held"]), (&json!([]), &json!([])));
    scene.is_quiet();
    // Another's folder: held as it is.
    let platform = &scene.world.platform;
    platform.write("teams/payments/set.yaml", set("folder: Team/Boards, "));
    platform.write("teams/payments/p.json", board("pay", "Pay", "sum(down)"));
    platform.commit("Out");
    let applied = scene.world.apply_to(1, &[]);
    assert_eq!(applied["held"][0]["reason"], "invalid", "{applied}");
    assert_eq!(live(&scene, "pay"), body);
    // Back again, and without tags.
    platform.write("teams/payments/set.yaml", set("folder: Payments, "));
    platform.write("teams/payments/p.json", board("pay", "Pay", "sum(up)"));
    platform.commit("In again");
    let keys = format!("{}, owner_tag: false", scene.server.keys());
    scene.world.set_targets([Target::grafana("grafana", &keys)]);
    scene.world.apply();
    assert!(!live(&scene, "pay")["tags"].to_string().contains("owner:"));
    scene.is_quiet();
}

/// What a tenant declares is written with its own credentials and no others: these may only look.
pub fn credentials(kind: Kind) {
    let mut scene = scene(kind, "");
    let token = scene.server.viewer_token();
    scene.world.set_env("TRUEUP_E2E_TENANT", &token);
    let own = ", tenants: { payments: { auth: { token_env: TRUEUP_E2E_TENANT } } }";
    let keys = format!("{}{own}", scene.server.keys());
    scene.world.set_targets([Target::grafana("grafana", &keys)]);
    let applied = scene.world.apply_to(1, &[]);
    let outcomes = applied["applied"].as_array().unwrap();
    let result = |id: &str| {
        let found = outcomes.iter().find(|outcome| outcome["id"] == id);
        let found = found.unwrap_or_else(|| panic!("{id}: {applied}"));
        found["result"].as_str().unwrap().to_owned()
    };
    assert_eq!(result("grafana/dashboard/d0"), "done");
    // Made for the tenant, by the platform.
    assert_eq!(result("grafana/folder/Payments"), "done");
    assert_eq!(result("grafana/dashboard/pay"), "failed");
    assert!(!scene.server.boards().contains_key("pay"));
    assert!(!applied.to_string().contains(&token));
    // With credentials that may.
    scene
        .world
        .set_targets([Target::grafana("grafana", &scene.server.keys())]);
    scene.world.apply();
    assert!(scene.server.boards().contains_key("pay"));
    // What goes needs them as well.
    scene.world.set_targets([Target::grafana("grafana", &keys)]);
    scene.world.platform.remove("teams/payments/set.yaml");
    scene.world.platform.remove("teams/payments/p.json");
    scene.world.platform.commit("Gone");
    let applied = scene.world.apply_to(1, &[]);
    assert!(scene.server.boards().contains_key("pay"), "{applied}");
    assert_eq!(applied["applied"][0]["result"], "failed", "{applied}");
}
