//! A repository with routing, a real Alertmanager behind a proxy, and receivers.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use super::inbox::{Inbox, Labels};
use crate::e2e::ran::{Touch, touches};
use crate::e2e::running::PATIENCE;
use crate::e2e::world::{Target, World};
use crate::support::prometheus::Server;
use crate::support::proxy::{Passed, Proxy};
use crate::support::{block_on, program, wait_until};

/// What the server runs before Trueup comes.
pub const BEFORE: &str = "route: { receiver: old }\nreceivers: [ { name: old } ]\n";

pub const BASE: &str = "platform/alertmanager.yaml";

/// One target `am` on a server.
pub struct Scene {
    pub world: World,
    pub server: Server,
    pub proxy: Proxy,
    pub inbox: Inbox,
}

impl Scene {
    /// With the platform's own part in the repository, not committed yet.
    pub fn new() -> Self {
        Self::with("")
    }

    /// With more keys of the target.
    pub fn with(keys: &str) -> Self {
        let world = World::new();
        let server = Server::alertmanager(BEFORE);
        let proxy = Proxy::start(server.port);
        let inbox = Inbox::start();
        fs::create_dir_all(world.path("secrets")).unwrap();
        world.platform.write(
            "trueup.yaml",
            "apiVersion: trueup.dev/v1alpha1\nkind: Platform\nmetadata: { name: acme }\n\
             spec: { defaults: { targets: env=prod } }\n",
        );
        let mut scene = Self {
            world,
            server,
            proxy,
            inbox,
        };
        scene.set_target(keys);
        scene.write_base("");
        scene
    }

    /// With other keys of the target.
    pub fn set_target(&mut self, keys: &str) {
        self.world.set_targets([self.target(keys)]);
    }

    /// The target, with more keys.
    pub fn target(&self, keys: &str) -> Target {
        target(&self.server, &self.proxy.url(), keys)
    }

    /// The platform's own part: a receiver of what nobody else takes, and one of everything with `platform=yes`.
    pub fn write_base(&self, more: &str) {
        let (default, oncall) = (
            self.inbox.url("/platform/default"),
            self.inbox.url("/platform/oncall"),
        );
        let text = format!(
            "{more}route:\n  receiver: default\n  group_by: ['...']\n  group_wait: 10ms\n  group_interval: 100ms\n  \
             routes:\n  - receiver: oncall\n    matchers: [ 'platform=\"yes\"' ]\nreceivers:\n\
             - name: default\n  webhook_configs: [ {{ url: '{default}' }} ]\n\
             - name: oncall\n  webhook_configs: [ {{ url: '{oncall}' }} ]\n"
        );
        self.world.platform.write(BASE, text);
    }

    /// A definition that sends everything of its namespace to the receiver `/<namespace>/<name>`.
    pub fn write_team(&self, namespace: &str, name: &str) {
        let spec = format!(
            "route: {{ receiver: x }}\nreceivers:\n{}",
            self.receiver("x", &format!("/{namespace}/{name}"))
        );
        self.write(namespace, name, &spec);
    }

    /// A receiver of a definition.
    pub fn receiver(&self, name: &str, path: &str) -> String {
        let url = self.inbox.url(path);
        format!("- name: {name}\n  webhookConfigs: [ {{ url: '{url}' }} ]\n")
    }

    /// A definition, by its `spec`.
    pub fn write(&self, namespace: &str, name: &str, spec: &str) {
        let text = definition(namespace, name, spec);
        self.world.platform.write(&file(namespace, name), text);
    }

    pub fn remove(&self, namespace: &str, name: &str) {
        self.world.platform.remove(&file(namespace, name));
    }

    /// Commits what is in the work tree, and has it live.
    #[track_caller]
    pub fn live(&self) -> Value {
        self.world.platform.commit("Routing");
        self.world.apply()
    }

    pub fn file(&self) -> PathBuf {
        self.server.alertmanager_file()
    }

    pub fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    /// The file, and whatever stands beside it; not the server's own files.
    pub fn beside(&self) -> Vec<String> {
        let entries = fs::read_dir(self.server.scratch.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names
            .filter(|name| name.starts_with("alertmanager.yml"))
            .collect();
        names.sort();
        names
    }

    pub fn touch(&self) -> Touch {
        touches(self.server.scratch.path())
            .remove(&self.file())
            .unwrap()
    }

    /// Whether the server runs what is on disk, and says that all is well.
    pub fn runs_the_file(&self) -> bool {
        use trueup::provider::alertmanager::api::fingerprint;
        let hash = fingerprint(&fs::read(self.file()).unwrap());
        #[expect(clippy::cast_precision_loss, reason = "48 bits")]
        let hash = hash as f64;
        self.server.metric("alertmanager_config_hash") == Some(hash)
            && self
                .server
                .metric("alertmanager_config_last_reload_successful")
                == Some(1.0)
    }

    /// The orders to reload that have passed since the last look, by their status.
    pub fn take_reloads(&self) -> Vec<Option<u16>> {
        let passed = self.proxy.take_writes();
        let reload = |passed: &Passed| passed.method == "POST" && passed.path == "/-/reload";
        assert!(passed.iter().all(reload), "{passed:?}");
        passed.into_iter().map(|passed| passed.status).collect()
    }

    /// The file is loaded, and an apply finds nothing to do: it writes nothing and asks nobody.
    #[track_caller]
    pub fn is_quiet(&self) {
        assert!(self.runs_the_file());
        self.proxy.take();
        let before = self.touch();
        let applied = self.world.apply();
        assert_eq!(applied["applied"], json!([]), "{applied:#}");
        assert_eq!(applied["held"], json!([]), "{applied:#}");
        assert_eq!(self.take_reloads(), []);
        assert_eq!(self.touch(), before);
        let beside = self.beside();
        let left = |name: &String| name.ends_with(".trueup-new") || name.ends_with(".trueup-prior");
        assert!(!beside.iter().any(left), "{beside:?}");
    }

    /// Has alerts fire, as a Prometheus does.
    pub fn fire(&self, alerts: &[Labels]) {
        let body: Vec<Value> = alerts
            .iter()
            .map(|labels| json!({ "labels": labels }))
            .collect();
        let url = format!("{}/api/v2/alerts", self.server.url());
        let answer = block_on(async {
            let client = reqwest::Client::new();
            client.post(url).json(&body).send().await.unwrap().status()
        });
        assert_eq!(answer, 200);
    }

    /// Waits until the server knows an alert.
    pub fn wait_known(&self, alert: &Labels) {
        wait_until("the server knows an alert", PATIENCE, || {
            let alerts: Value = serde_json::from_str(&self.server.get("/api/v2/alerts")).unwrap();
            let mut alerts = alerts.as_array().unwrap().iter();
            alerts.any(|found| found["labels"] == json!(alert))
        });
    }

    /// Waits until an alert has reached each of these paths.
    pub fn wait_reached(&self, what: &str, alert: &Labels, paths: &[&str]) {
        let wanted: BTreeSet<&str> = paths.iter().copied().collect();
        wait_until(
            &format!("{what}: {alert:?} reaches {paths:?}"),
            PATIENCE,
            || {
                let reached = self.inbox.reached(alert);
                let reached: BTreeSet<&str> = reached.iter().map(String::as_str).collect();
                reached.is_superset(&wanted)
            },
        );
    }

    /// The names of the receivers that an alert reaches, as Alertmanager's own tool reads the file.
    pub fn routed(&self, alert: &Labels) -> Vec<String> {
        let output = Command::new(program("amtool").unwrap())
            .args(["config", "routes", "test", "--config.file"])
            .arg(self.file())
            .args(
                alert
                    .iter()
                    .map(|(name, value)| format!("{name}=\"{value}\"")),
            )
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        said.trim().split(',').map(str::to_owned).collect()
    }
}

fn target(server: &Server, url: &str, keys: &str) -> Target {
    let file = server.alertmanager_file();
    let keys = if keys.is_empty() { "adopt: true" } else { keys };
    Target::alertmanager(
        "am",
        &format!(
            "url: \"{url}\", config_file: \"{}\", base_file: {BASE}, secrets_dir: secrets, \
             fence_label: namespace, timeout: 2s, {keys}",
            file.display()
        ),
    )
}

/// The file of the repository that a definition stands in.
pub fn file(namespace: &str, name: &str) -> String {
    format!("teams/{namespace}/{name}.yaml")
}

/// The text of a definition; `spec` begins in line 5, column 3.
pub fn definition(namespace: &str, name: &str, spec: &str) -> String {
    let mut text = format!(
        "apiVersion: monitoring.coreos.com/v1beta1\nkind: AlertmanagerConfig\n\
         metadata: {{ namespace: {namespace}, name: {name} }}\nspec:\n"
    );
    for line in spec.lines() {
        text.push_str("  ");
        text.push_str(line);
        text.push('\n');
    }
    text
}
