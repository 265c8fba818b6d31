//! What an on-call engineer looks after: a daemon with three targets. None of them needs a program that may not be
//! installed: a Grafana's stand-in, and the files of a Prometheus and of an Alertmanager.

use std::fs;

use serde_json::Value;

use crate::e2e::grafana::scene::board;
use crate::e2e::repository::{group, rule_set};
use crate::e2e::running::Daemon;
use crate::e2e::world::{Target, World};
use crate::fake::grafana::{Flavor, Grafana, Role};
use crate::support::proxy::{Fault, Proxy};

pub const TARGETS: [&str; 3] = ["grafana", "pager", "rules"];

pub const BOARD: &str = "grafana/dashboard/d0";
pub const RULES: &str = "rules/rule_group/default/shop/a";

const FILES: [(&str, &str); 4] = [
    (
        "trueup.yaml",
        "apiVersion: trueup.dev/v1alpha1\nkind: Platform\nmetadata: { name: acme }\n\
         spec: { defaults: { targets: env=prod } }\n",
    ),
    (
        "base.yaml",
        "route: { receiver: default }\nreceivers: [ { name: default } ]\n",
    ),
    (
        "boards.yaml",
        "apiVersion: trueup.dev/v1alpha1\nkind: DashboardSet\nmetadata: { name: boards }\n\
         spec: { folder: Team, files: [ 'boards/*.json' ] }\n",
    ),
    (
        "team.yaml",
        "apiVersion: monitoring.coreos.com/v1beta1\nkind: AlertmanagerConfig\n\
         metadata: { namespace: shop, name: team }\n\
         spec: { route: { receiver: x, repeatInterval: 1h }, receivers: [ { name: x } ] }\n",
    ),
];

pub struct Office {
    pub world: World,
    pub grafana: Grafana,
    pub proxy: Proxy,
}

impl Office {
    /// All is declared in one commit, and nothing is live.
    pub fn new() -> Self {
        let mut world = World::new();
        world.set_env("USER", "anna");
        world.set_env("SUDO_USER", "");
        let grafana = Grafana::start(Flavor::Resource124);
        let proxy = Proxy::start(grafana.url().rsplit(':').next().unwrap().parse().unwrap());
        let keys = format!(
            "url: \"{}\", auth: {{ token_file: grafana-token }}, timeout: 2s",
            proxy.url()
        );
        world.set_targets([
            Target::grafana("grafana", &keys),
            Target::files("rules"),
            Target::alertmanager(
                "pager",
                "config_file: alertmanager.yml, base_file: base.yaml, adopt: true, \
                 fence_label: namespace",
            ),
        ]);
        world.set(|setup| setup.repository = "poll: 1h".into());
        for (path, text) in FILES {
            world.platform.write(path, text);
        }
        world
            .platform
            .write("set.yaml", rule_set("shop", "rules/*.yaml"))
            .write("rules/a.yaml", group("a", "AisDown", "up == 0"))
            .write("rules/b.yaml", group("b", "BisDown", "up == 0"));
        let office = Self {
            world,
            grafana,
            proxy,
        };
        office.write_board("up");
        office.rotate();
        office.world.platform.commit("The shop");
        office
    }

    /// Starts a daemon, and waits until all is as declared.
    pub fn start(&self) -> Daemon {
        let daemon = Daemon::start(&self.world);
        self.settled(&daemon);
        daemon
    }

    /// Waits until every target is as the head of the branch declares it.
    #[track_caller]
    pub fn settled(&self, daemon: &Daemon) {
        let head = self.world.platform.head();
        for target in TARGETS {
            daemon.wait_target(target, "synced", &head);
        }
    }

    pub fn write_board(&self, expr: &str) {
        let text = serde_json::to_string_pretty(&board(0, expr)).unwrap();
        self.world.platform.write("boards/d0.json", text);
    }

    pub fn write_rule(&self, expr: &str) {
        let rules = group("a", "AisDown", expr);
        self.world.platform.write("rules/a.yaml", rules);
    }

    /// Another token for the daemon, in its file.
    pub fn rotate(&self) -> String {
        let token = self.grafana.token(Role::Admin);
        fs::write(self.world.path("grafana-token"), &token).unwrap();
        token
    }

    /// Somebody edits the rules on the server.
    pub fn edit_rules(&self) {
        let file = self.world.rules("rules").join("default.shop.yaml");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(file, text.replace("BisDown", "Silenced")).unwrap();
    }

    /// Somebody edits the dashboard in the browser.
    pub fn edit_board(&self) {
        let path = "/apis/dashboard.grafana.app/v0alpha1/namespaces/default/dashboards/d0";
        let ask = |method, body: Option<&Value>| {
            crate::support::block_on(async {
                let client = reqwest::Client::new();
                let url = format!("{}{path}", self.grafana.url());
                let mut request = client
                    .request(method, url)
                    .basic_auth("admin", Some("admin"));
                if let Some(body) = body {
                    request = request.body(body.to_string());
                    request = request.header("Content-Type", "application/json");
                }
                let answer = request.send().await.unwrap().error_for_status().unwrap();
                serde_json::from_str::<Value>(&answer.text().await.unwrap()).unwrap()
            })
        };
        let mut board = ask(reqwest::Method::GET, None);
        board["spec"]["title"] = "By hand".into();
        ask(reqwest::Method::PUT, Some(&board));
    }

    /// The Grafana is gone, or there again.
    pub fn set_dead(&self, dead: bool) {
        let fault = if dead { Fault::Drop } else { Fault::None };
        self.proxy.set_policy(move |_| fault);
    }
}
