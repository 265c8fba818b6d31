//! A repository of a platform and three tenants, and the targets that they share.
//!
//! Every round says its number in what each of them declares, so that whoever was kept from applying is found out.

use std::fmt::Write as _;
use std::fs;

use serde_json::{Value, json};

use crate::e2e::grafana::server::{Kind, Server};
use crate::e2e::world::{Target, World};
use crate::fake::grafana::Flavor;

pub const TENANTS: &str = r#"apiVersion: trueup.dev/v1alpha1
kind: Tenant
metadata: { name: payments }
spec:
  owner: group:default/payments
  paths: ["teams/payments/**"]
  targets: env=prod
  grafana: { folder: Payments }
  metrics:
    matchers: ['namespace=~"payments-.*"']
    labels: { team: payments, tier: one }
    ownerLabel: true
---
apiVersion: trueup.dev/v1alpha1
kind: Tenant
metadata: { name: evil }
spec:
  owner: group:default/evil
  paths: ["teams/evil/**"]
  targets: env=prod
  grafana: { folder: Evil }
  metrics:
    matchers: ['namespace=~"evil-.*"']
    labels: { team: evil }
  quotas: { rules: 4, dashboards: 3 }
---
apiVersion: trueup.dev/v1alpha1
kind: Tenant
metadata: { name: guest }
spec:
  owner: group:default/guest
  paths: ["teams/evil/guest/**"]
  targets: env=prod
  metrics:
    matchers: ['namespace="guest"']
    labels: { team: guest }
---
apiVersion: trueup.dev/v1alpha1
kind: Tenant
metadata: { name: strict }
spec:
  owner: group:default/strict
  paths: ["teams/strict/**"]
  targets: env=prod
  kinds: [RuleSet, PrometheusRule]
  grafana: { folder: Strict }
  metrics:
    matchers: ['namespace=~"strict-.*"']
    enforce: require
    labels: { team: strict }
"#;

const PLATFORM: &str = "apiVersion: trueup.dev/v1alpha1
kind: Platform
metadata: { name: acme }
spec: { owner: group:default/platform, defaults: { targets: env=prod } }
";

const BASE: &str = "route: { receiver: default }\nreceivers: [ { name: default } ]\n";

/// The targets `prom`, `ops`, `am` and `grafana`; tenants may use all of `env=prod`, so not `ops`.
pub struct Scene {
    pub world: World,
    pub grafana: Server,
}

/// A group of people.
pub fn group(name: &str, more: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {{ name: {name} }}\n\
         spec: {{ type: team, children: []{more} }}\n"
    )
}

/// A set of one alert.
pub fn rules(namespace: &str, name: &str, expr: &str) -> String {
    format!(
        "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata: {{ namespace: {namespace}, name: {name} }}\n\
         spec:\n  groups:\n  - name: all\n    rules:\n    - {{ alert: Own, expr: '{expr}' }}\n"
    )
}

pub fn dashboards(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: trueup.dev/v1alpha1\nkind: DashboardSet\nmetadata: {{ name: {name} }}\nspec: {{ {spec} }}\n"
    )
}

/// A dashboard with one panel.
pub fn board(uid: &str, title: &str, expr: &str) -> Value {
    let source = json!({"type": "prometheus", "uid": "prom"});
    json!({
        "uid": uid, "title": title, "tags": ["own"], "schemaVersion": 39,
        "panels": [{
            "id": 1, "type": "timeseries", "title": "One", "datasource": source,
            "targets": [{"refId": "A", "expr": expr, "datasource": source}]
        }]
    })
}

impl Scene {
    pub fn new(flavor: Flavor) -> Self {
        let mut world = World::new();
        let grafana = Server::start(Kind::Fake(flavor));
        world.set_env("TRUEUP_E2E_GRAFANA_PASSWORD", &grafana.password);
        fs::create_dir_all(world.path("secrets/payments/hook")).unwrap();
        fs::write(
            world.path("secrets/payments/hook/url"),
            "http://127.0.0.1:9/stolen",
        )
        .unwrap();
        fs::write(world.path("am.yml"), BASE).unwrap();
        world.set_targets([
            Target::files("prom"),
            Target::files("ops").labelled("env: ops"),
            Target::alertmanager(
                "am",
                "config_file: am.yml, base_file: platform/am.yaml, secrets_dir: secrets, adopt: true",
            ),
            Target::grafana("grafana", &grafana.keys()),
        ]);
        let scene = Self { world, grafana };
        let group_of = |name: &&str| group(name, "");
        let groups = ["platform", "payments", "evil", "strict", "guest"];
        let source = |uid: &str, kind: &str| {
            format!(
                "---\napiVersion: trueup.dev/v1alpha1\nkind: DataSource\nmetadata: {{ name: {uid} }}\n\
                 spec: {{ uid: {uid}, type: {kind}, url: 'http://127.0.0.1:9' }}\n"
            )
        };
        scene
            .world
            .platform
            .write("trueup.yaml", PLATFORM)
            .write("platform/tenants.yaml", TENANTS)
            .write("platform/am.yaml", BASE)
            // Behind those of the tenants: what counts is whose they are.
            .write("zz/groups.yaml", groups.iter().map(group_of).collect::<Vec<_>>().join("---\n"))
            .write(
                "platform/sources.yaml",
                [source("prom", "prometheus"), source("loki", "loki")].concat(),
            )
            .write(
                "platform/folder.yaml",
                "apiVersion: trueup.dev/v1alpha1\nkind: Folder\nmetadata: { name: infra }\n\
                 spec: { path: Zone, uid: zone }\n",
            )
            .write(
                "teams/payments/set.yaml",
                "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata: { namespace: payments, name: shop }\n\
                 spec: { files: [rules.yaml] }\n",
            )
            .write("teams/payments/boards.yaml", dashboards("payments", "folder: Payments/Shop, files: ['boards/*.json']"))
            .write(
                "teams/payments/folder.yaml",
                "apiVersion: trueup.dev/v1alpha1\nkind: Folder\nmetadata: { name: vault }\n\
                 spec: { path: Payments/Vault, uid: payments-vault }\n",
            )
            .write("platform/raw.yaml", "groups: [ { name: raw, rules: [ { alert: stolen, expr: up } ] } ]\n")
            .write(
                "teams/payments/group.yaml",
                group("checkout", ", parent: payments"),
            )
            .write(
                "teams/payments/component.yaml",
                "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: { name: shop }\n\
                 spec: { type: service, lifecycle: production, owner: payments }\n",
            )
            .write(
                "teams/evil/guest/set.yaml",
                "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata: { namespace: guest, name: own }\n\
                 spec: { files: [rules.yaml] }\n",
            )
            .write("teams/evil/boards.yaml", dashboards("evil", "files: ['own.json']"));
        scene.write_round(0);
        scene.world.platform.commit("Three tenants");
        scene
    }

    /// What everybody says in a round.
    pub fn write_round(&self, round: usize) {
        let json = |board: &Value| serde_json::to_string_pretty(board).unwrap();
        let platform = &self.world.platform;
        let expr = format!("up > {round}");
        let shop =
            format!("groups:\n- name: shop\n  rules:\n  - {{ alert: Shop, expr: '{expr}' }}\n");
        let vault = json!({
            "apiVersion": "dashboard.grafana.app/v1beta1", "kind": "Dashboard",
            "metadata": {
                "name": "pay-vault-board",
                "annotations": {"grafana.app/folder": "payments-vault", "trueup.dev/targets": "env=prod"}
            },
            "spec": {"title": format!("Vault {round}"), "panels": []}
        });
        let zone = json!({
            "apiVersion": "dashboard.grafana.app/v1beta1", "kind": "Dashboard",
            "metadata": {
                "name": "zone-board",
                "annotations": {"grafana.app/folder": "zone", "trueup.dev/targets": "env=prod"}
            },
            "spec": {"title": format!("Zone {round}"), "panels": []}
        });
        platform
            .write("platform/rules.yaml", rules("platform", "base", &expr))
            .write("platform/zone.json", json(&zone))
            .write("teams/payments/rules.yaml", &shop)
            .write("teams/payments/boards/main.json", json(&board("pay-main", "Shop", &expr)))
            .write("teams/payments/vault.json", json(&vault))
            .write(
                "teams/payments/checkout.yaml",
                rules("payments", "checkout", &expr).replace("spec:", "spec:\n  owner: checkout"),
            )
            .write(
                "teams/payments/routing.yaml",
                format!(
                    "apiVersion: monitoring.coreos.com/v1beta1\nkind: AlertmanagerConfig\n\
                     metadata: {{ namespace: payments, name: routing }}\nspec:\n  \
                     route: {{ receiver: x, repeatInterval: {}s }}\n  receivers: [ {{ name: x }} ]\n",
                    1000 + round
                ),
            )
            .write("teams/evil/good.yaml", rules("evil", "good", &expr))
            .write("teams/evil/own.json", json(&board("evil-own", "Own", &expr)))
            .write("teams/evil/guest/rules.yaml", shop.replace("Shop", "Guest"))
            .write(
                "teams/strict/good.yaml",
                rules("strict", "good", &format!("up{{namespace=\"strict-a\"}} > {round}")),
            );
    }

    /// Everybody's own definitions of a round are live, inside their fences.
    #[track_caller]
    pub fn everybody_goes_on(&self, what: &str, round: usize) {
        let files = self.world.files("prom");
        let carries = |file: &str, text: &str| {
            let found = files
                .get(file)
                .unwrap_or_else(|| panic!("{what}: no {file}"));
            assert!(
                found.contains(text),
                "{what}: {file} has no {text}:\n{found}"
            );
        };
        carries("platform.base.yaml", &format!("expr: up > {round}\n"));
        carries(
            "payments.shop.yaml",
            &format!("up{{namespace=~\"payments-.*\"}} > {round}"),
        );
        carries("payments.shop.yaml", "team: payments");
        carries("payments.checkout.yaml", &format!("> {round}"));
        let routes = fs::read_to_string(self.world.path("am.yml")).unwrap();
        assert!(
            routes.contains(&format!("repeat_interval: {}s", 1000 + round)),
            "{what}: {routes}"
        );
        carries(
            "evil.good.yaml",
            &format!("up{{namespace=~\"evil-.*\"}} > {round}"),
        );
        carries("evil.good.yaml", "team: evil");
        carries(
            "guest.own.yaml",
            &format!("up{{namespace=\"guest\"}} > {round}"),
        );
        carries(
            "strict.good.yaml",
            &format!("up{{namespace=\"strict-a\"}} > {round}"),
        );
        let boards = self.grafana.boards();
        let expr = |uid: &str| boards[uid].body["panels"][0]["targets"][0]["expr"].clone();
        assert_eq!(
            expr("pay-main"),
            format!("up{{namespace=~\"payments-.*\"}} > {round}"),
            "{what}"
        );
        assert_eq!(
            expr("evil-own"),
            format!("up{{namespace=~\"evil-.*\"}} > {round}"),
            "{what}"
        );
        assert_eq!(
            boards["pay-vault-board"].title,
            format!("Vault {round}"),
            "{what}"
        );
        assert_eq!(
            boards["zone-board"].title,
            format!("Zone {round}"),
            "{what}"
        );
        for (board, folder) in [
            ("pay-main", "Payments / Shop"),
            ("pay-vault-board", "Payments / Vault"),
            ("zone-board", "Zone"),
            ("evil-own", "Evil"),
        ] {
            assert_eq!(
                self.titles(&boards[board].folder),
                folder,
                "{what}: {board}"
            );
        }
    }

    /// The titles of a folder and of those that it is in, joined as old servers do.
    fn titles(&self, uid: &str) -> String {
        let stands = self.grafana.fake().folders();
        let mut titles = Vec::new();
        let mut next = Some(uid.to_owned());
        while let Some(folder) = next.take().and_then(|uid| stands.get(&uid)) {
            titles.insert(0, folder.title.clone());
            next.clone_from(&folder.folder);
        }
        titles.join(" / ")
    }

    /// All that is live, in one text: rule files, dashboards with their folders, folders, data sources.
    pub fn live(&self) -> String {
        let mut all = self.world.text("prom");
        all.push_str(&self.world.text("ops"));
        all.push_str(&fs::read_to_string(self.world.path("am.yml")).unwrap());
        for (uid, board) in self.grafana.boards() {
            let folder = self.titles(&board.folder);
            writeln!(all, "{uid} in {folder:?}: {}", board.body).unwrap();
        }
        for uid in self.grafana.folders().keys() {
            writeln!(all, "{uid} is {:?}", self.titles(uid)).unwrap();
        }
        all.push_str(&self.grafana.get("/api/datasources").to_string());
        all
    }
}
