//! Whose each thing is, and where that is said.

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::scene::{board, dashboards, group, rules};
use crate::e2e::grafana::server::{Kind, Server};
use crate::e2e::running::{Daemon, target};
use crate::e2e::world::{Target, World};
use crate::fake::grafana::Flavor;
use crate::support::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test(
            "e2e::tenants::owners::are_in_plans_rules_and_dashboards",
            &[],
            shown,
        ),
        test("e2e::tenants::owners::are_in_status_and_log", &[], told),
    ]
}

const TENANTS: &str = r#"apiVersion: trueup.dev/v1alpha1
kind: Tenant
metadata: { name: shop }
spec:
  owner: group:default/shop
  paths: ["teams/shop/**"]
  grafana: { folder: Shop }
  metrics: { labels: { team: shop }, ownerLabel: true }
---
apiVersion: trueup.dev/v1alpha1
kind: Tenant
metadata: { name: quiet }
spec:
  owner: group:default/quiet
  paths: ["teams/quiet/**"]
  metrics: { labels: { team: quiet } }
"#;

/// What a set is called, and whose its rules are: by what it says, or by what stands beside it.
const OWNERS: &[(&str, &str)] = &[
    ("said", "web"),
    ("named", "web"),
    ("near", "pay"),
    ("deep", "pay"),
    ("unsaid", "shop"),
    ("posing", "shop"),
    ("quiet", "quiet"),
    ("platform", "platform"),
];

fn component(name: &str, owner: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {{ name: {name} }}\n\
         spec: {{ type: service, lifecycle: production, owner: {owner} }}\n"
    )
}

fn set(name: &str, more: &str) -> String {
    rules("own", name, "up").replace("spec:", &format!("spec:{more}"))
}

/// The targets `prom`, `grafana` and `plain`, which shows no owners.
fn world(grafana: &[Server; 2]) -> World {
    let mut world = World::new();
    world.set_env("TRUEUP_E2E_GRAFANA_PASSWORD", &grafana[0].password);
    world.set_targets([
        Target::files("prom"),
        Target::grafana("grafana", &grafana[0].keys()),
        Target::grafana("plain", &grafana[1].keys()).with("owner_tag: false"),
    ]);
    let groups = [
        group("platform", ""),
        group("shop", ""),
        group("quiet", ""),
        group("web", ", parent: shop"),
        group("pay", ", parent: web"),
    ];
    world
        .platform
        .write(
            "trueup.yaml",
            "apiVersion: trueup.dev/v1alpha1\nkind: Platform\nmetadata: { name: acme }\n\
             spec: { owner: group:default/platform, defaults: { targets: env=prod } }\n",
        )
        .write("platform/tenants.yaml", TENANTS)
        .write("platform/groups.yaml", groups.join("---\n"))
        .write("platform/rules.yaml", set("platform", ""))
        .write("teams/quiet/rules.yaml", set("quiet", ""))
        .write("teams/shop/said.yaml", set("said", "\n  owner: web"))
        .write("teams/shop/cart/component.yaml", component("cart", "web"))
        .write(
            "teams/shop/named.yaml",
            set("named", "").replace(
                "name: named }",
                "name: named, annotations: { trueup.dev/component: cart } }",
            ),
        )
        .write("teams/shop/pay/catalog-info.yaml", component("pay", "pay"))
        .write("teams/shop/pay/near.yaml", set("near", ""))
        .write("teams/shop/pay/deep/er/deep.yaml", set("deep", ""))
        .write("teams/shop/unsaid.yaml", set("unsaid", ""))
        .write(
            "teams/shop/posing/catalog-info.yaml",
            component("posing", "platform"),
        )
        .write("teams/shop/posing/set.yaml", set("posing", ""))
        .write(
            "teams/shop/boards.yaml",
            dashboards("own", "files: [own.json]"),
        )
        .write(
            "teams/shop/pay/boards.yaml",
            dashboards("pay", "files: [pay.json]"),
        )
        .write(
            "teams/shop/own.json",
            board("shop-own", "Own", "up").to_string(),
        )
        .write(
            "teams/shop/pay/pay.json",
            board("shop-pay", "Pay", "up").to_string(),
        );
    world.platform.commit("Whose is what");
    world
}

fn servers() -> [Server; 2] {
    let start = || Server::start(Kind::Fake(Flavor::Resource124));
    [start(), start()]
}

fn owner_of<'p>(plan: &'p Value, id: &str) -> &'p Value {
    let mut changes = plan["changes"].as_array().unwrap().iter();
    &changes.find(|change| change["id"] == id).unwrap()["owner"]
}

fn shown() {
    let grafana = servers();
    let world = world(&grafana);
    let plan = world.plan(&[]);
    for (set, owner) in OWNERS {
        let id = format!("prom/rule_group/own/{set}/all");
        assert_eq!(
            owner_of(&plan, &id),
            &json!(format!("group:default/{owner}")),
            "{set}"
        );
    }
    for (board, owner) in [("shop-own", "shop"), ("shop-pay", "pay")] {
        let id = format!("grafana/dashboard/{board}");
        assert_eq!(
            owner_of(&plan, &id),
            &json!(format!("group:default/{owner}")),
            "{board}"
        );
    }
    // That an entity poses is an error.
    let rendered = world.run("render", &["--format", "json"]).expect(1).json();
    let said = rendered["diagnostics"].to_string();
    assert!(
        said.contains("teams/shop/posing/catalog-info.yaml") && said.contains("tenant_boundary"),
        "{said}"
    );
    let resources = rendered["resources"].as_array().unwrap();
    for (set, owner) in OWNERS {
        let found = resources
            .iter()
            .find(|r| r["id"] == format!("prom/rule_group/own/{set}/all"))
            .unwrap();
        assert_eq!(found["owner"], format!("group:default/{owner}"), "{set}");
    }
    world.apply();
    let files = world.files("prom");
    for (set, owner) in OWNERS {
        let text = &files[&format!("own.{set}.yaml")];
        let label = text.contains(&format!("owner: group:default/{owner}"));
        let asked = !["quiet", "platform"].contains(set);
        assert_eq!(label, asked, "{set}: {text}");
        assert_eq!(text.contains("owner:"), asked, "{set}: {text}");
    }
    for (board, owner) in [("shop-own", "shop"), ("shop-pay", "pay")] {
        let tags = &grafana[0].board(board).body["tags"];
        assert_eq!(
            *tags,
            json!(["own", format!("owner:group:default/{owner}")]),
            "{board}"
        );
        let tags = &grafana[1].board(board).body["tags"];
        assert_eq!(*tags, json!(["own"]), "{board}");
    }
    assert_eq!(world.apply()["applied"], json!([]));
}

fn told() {
    let grafana = servers();
    let world = world(&grafana);
    let head = world.platform.head();
    let daemon = Daemon::start(&world);
    daemon.wait_target("prom", "synced", &head);
    let lines = daemon.lines("change applied");
    for (set, owner) in OWNERS {
        let id = format!("prom/rule_group/own/{set}/all");
        let line = lines.iter().find(|line| line["id"] == id).unwrap();
        assert_eq!(line["owner"], format!("group:default/{owner}"), "{set}");
    }
    // Of what is held, too.
    world.platform.write(
        "teams/shop/pay/near.yaml",
        set("near", "\n  owner: platform"),
    );
    world.platform.commit("Somebody else's");
    let status = daemon.wait("it is held", |status| {
        target(status, "prom")["state"] == "held"
    });
    let all = target(&status, "prom")["held"].as_array().unwrap();
    let near = all
        .iter()
        .find(|held| held["id"] == "prom/rule_group/own/near/all")
        .unwrap();
    assert_eq!(near["owner"], "group:default/pay", "{near:#}");
    let lines = daemon.log();
    let line = lines
        .iter()
        .find(|line| line["id"] == "prom/rule_group/own/near/all" && line["reason"] == "invalid");
    assert_eq!(line.unwrap()["owner"], "group:default/pay");
}
