//! Secrets of receivers: they are in force where they are needed, and nowhere to be seen.

use std::fs;

use serde_json::Value;

use super::inbox::labels;
use super::scene::{BASE, Scene};
use crate::e2e::ran::{applied, changes, details, held};
use crate::e2e::running::{Daemon, PATIENCE};
use crate::e2e::world::{Target, World};
use crate::routing::receivers;
use crate::support::proxy::Fault;
use crate::support::wait_until;

/// In every secret value, and nowhere else.
const CANARY: &str = "canary";

fn put(world: &World, secret: &str, value: &str) {
    let file = world.path("secrets").join(secret);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, value).unwrap();
}

/// All that is kept between runs.
#[track_caller]
fn state_is_clean(world: &World) {
    let files: Vec<_> = fs::read_dir(world.state_folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    assert!(!files.is_empty());
    for path in files {
        let bytes = fs::read(&path).unwrap();
        let found = bytes
            .windows(CANARY.len())
            .any(|part| part == CANARY.as_bytes());
        assert!(!found, "a secret is in {}", path.display());
    }
}

/// Runs every command, as loud as it can be; none says a secret. The last one applies.
#[track_caller]
fn nothing_is_said(world: &World) -> Vec<String> {
    let mut said = Vec::new();
    let mut keep = |mut command: std::process::Command| {
        let ran = crate::e2e::ran::Ran::of(command.env("RUST_LOG", "trace"));
        said.push(ran.to_string());
        assert!(!ran.stdout.contains(CANARY), "{ran}");
        assert!(!ran.stderr.contains(CANARY), "{ran}");
    };
    for format in ["text", "json", "github"] {
        keep(world.command(&["check", "platform", "--format", format]));
        keep(world.with_config("check", &["platform", "--format", format]));
    }
    for format in ["text", "json"] {
        keep(world.with_config("render", &["--format", format]));
    }
    for format in ["text", "json", "markdown"] {
        keep(world.with_config("plan", &["--format", format]));
    }
    for format in ["text", "json"] {
        keep(world.with_config("apply", &["--format", format]));
    }
    state_is_clean(world);
    said
}

/// A change that shows only secrets, of one definition.
#[track_caller]
fn only_secrets_change(plan: &Value, id: &str) {
    assert_eq!(changes(plan), [format!("update am/route/{id}")], "{plan:#}");
    let fields = plan["changes"][0]["fields"].as_array().unwrap();
    assert!(!fields.is_empty());
    for field in fields {
        assert_eq!(field["before"], "(secret)", "{field}");
        assert_eq!(field["after"], "(secret)", "{field}");
    }
}

/// A team whose receiver stands in a secret, one with a key that 0.25 takes inline, one with a path.
fn scene() -> Scene {
    let mut scene = Scene::new();
    scene
        .world
        .set(|setup| setup.more = "log: { format: json, level: trace }".into());
    let receiver = |settings: &str| {
        format!("route: {{ receiver: x }}\nreceivers: [ {{ name: x, {settings} }} ]\n")
    };
    let secret = "{ name: web, key: value }";
    for (namespace, settings) in [
        (
            "hook",
            format!("webhookConfigs: [ {{ urlSecret: {secret} }} ]"),
        ),
        (
            "pager",
            format!(
                "pushoverConfigs: [ {{ userKey: {{ name: web, key: user }}, token: {secret} }} ]"
            ),
        ),
        (
            "slack",
            format!("slackConfigs: [ {{ apiURL: {secret}, channel: '#web' }} ]"),
        ),
    ] {
        scene.write(namespace, "web", &receiver(&settings));
    }
    put(
        &scene.world,
        "hook/web/value",
        &scene.inbox.url("/canary/one"),
    );
    put(&scene.world, "pager/web/value", "canary-pager-1");
    put(&scene.world, "pager/web/user", "canary-user");
    put(
        &scene.world,
        "slack/web/value",
        "https://slack.invalid/canary-slack-1",
    );
    scene.world.platform.commit("Secrets");
    nothing_is_said(&scene.world);
    scene.is_quiet();
    scene.proxy.take();
    scene
}

pub fn rotated() {
    let scene = scene();
    let text = scene.text();
    assert!(text.contains("/canary/one") && text.contains("token: canary-pager-1"));
    assert!(text.contains("api_url_file:") && !text.contains("canary-slack"));
    let alert = labels("alertname=Down,namespace=hook");
    scene.fire(std::slice::from_ref(&alert));
    scene.wait_reached("the first address", &alert, &["/canary/one"]);

    for (secret, value, inlined) in [
        ("hook/web/value", scene.inbox.url("/canary/two"), true),
        ("pager/web/value", "canary-pager-2".to_owned(), true),
        (
            "slack/web/value",
            "https://slack.invalid/canary-slack-2".to_owned(),
            false,
        ),
    ] {
        put(&scene.world, secret, &value);
        let id = secret.trim_end_matches("/value");
        only_secrets_change(&scene.world.plan(&[]), id);
        scene.proxy.take();
        nothing_is_said(&scene.world);
        assert_eq!(scene.take_reloads(), [Some(200)], "{secret}");
        assert_eq!(scene.text().contains(&value), inlined, "{secret}");
        scene.is_quiet();
    }
    let alert = labels("alertname=Up,namespace=hook");
    scene.fire(std::slice::from_ref(&alert));
    scene.wait_reached("the second address", &alert, &["/canary/two"]);
}

/// Edited by hand in the file: told, without a word of it, and put back.
pub fn edited_by_hand() {
    let scene = scene();
    let text = scene.text();
    fs::write(
        scene.file(),
        text.replace("canary-pager-1", "canary-by-hand"),
    )
    .unwrap();
    only_fields_of(&scene.world.plan(&[]), "pager/web");
    nothing_is_said(&scene.world);
    assert_eq!(scene.text(), text);
    scene.is_quiet();
}

#[track_caller]
fn only_fields_of(plan: &Value, id: &str) {
    let route = format!("am/route/{id}");
    let all = plan["changes"].as_array().unwrap();
    let changed = all.iter().find(|change| change["id"] == route).unwrap();
    let fields = changed["fields"].as_array().unwrap();
    assert!(
        fields
            .iter()
            .any(|field| field["before"] == "(secret)" && field["after"] == "(secret)"),
        "{changed:#}"
    );
}

/// A file without what is noted of secrets, which changes with them.
fn without_notes(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("# secret "));
    lines.collect::<Vec<_>>().join("\n")
}

/// The server refuses a value, and says it in its words; and one that fails for another reason.
pub fn refused() {
    for (value, what) in [
        ("https://hook.invalid/canary%zz", "an escape"),
        ("https://hook.invalid:canary/x", "a port"),
        ("canary no address", "no address"),
        ("canary://hook.invalid/x", "a scheme"),
    ] {
        let scene = scene();
        let before = scene.text();
        put(&scene.world, "hook/web/value", value);
        put(&scene.world, "pager/web/value", "canary-pager-2");
        let said = nothing_is_said(&scene.world);
        let last = said.last().unwrap();
        assert!(last.contains("am/route/hook/web"), "{what}: {last}");
        println!(
            "{what}: {}",
            last.lines()
                .find(|line| line.contains("\"error\": \""))
                .unwrap_or_default()
        );
        assert_eq!(
            without_notes(&scene.text()),
            without_notes(&before.replace("canary-pager-1", "canary-pager-2")),
            "{what}"
        );
        assert!(scene.runs_the_file(), "{what}");
        state_is_clean(&scene.world);
        let beside = scene.beside();
        assert_eq!(
            beside,
            ["alertmanager.yml", "alertmanager.yml.before-trueup"]
        );
    }
}

/// Killed while secrets are written: they are in no journal.
pub fn killed() {
    let scene = scene();
    put(&scene.world, "pager/web/value", "canary-pager-2");
    let (sender, ordered) = std::sync::mpsc::channel();
    scene.proxy.set_policy(move |request| {
        if request.path() != "/-/reload" {
            return Fault::None;
        }
        sender.send(()).ok();
        Fault::Drop
    });
    let mut child = scene
        .world
        .with_config("apply", &[])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    ordered.recv_timeout(PATIENCE).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    state_is_clean(&scene.world);
    scene.proxy.set_policy(|_| Fault::None);
    nothing_is_said(&scene.world);
    scene.is_quiet();
}

/// A secret that is not there holds who needs it, and nobody else.
pub fn missing() {
    let scene = scene();
    fs::remove_file(scene.world.path("secrets/pager/web/value")).unwrap();
    scene.write_team("more", "web");
    scene.world.platform.commit("One more");
    let before = scene.text();
    let apply = scene.world.apply_to(1, &[]);
    assert_eq!(applied(&apply), ["create am/route/more/web: done"]);
    let [held] = &held(&apply)[..] else {
        panic!("{apply:#}");
    };
    assert!(held.ends_with(" am/route/pager/web: invalid"), "{held}");
    assert!(
        details(&apply).contains("secrets/pager/web/value"),
        "{apply:#}"
    );
    assert!(before.contains("token: canary-pager-1"));
    assert!(scene.text().contains("token: canary-pager-1"));
    nothing_is_said(&scene.world);
}

pub fn the_daemon() {
    let scene = scene();
    let head = scene.world.platform.head();
    let daemon = Daemon::start(&scene.world);
    daemon.wait_target("am", "synced", &head);
    put(&scene.world, "pager/web/value", "canary-pager-2");
    scene.write_team("more", "web");
    let head = scene.world.platform.commit("One more");
    daemon.wait_target("am", "synced", &head);
    wait_until("the key is rotated", PATIENCE, || {
        scene.text().contains("token: canary-pager-2")
    });
    let (_, metrics) = daemon.get("/metrics").unwrap();
    assert!(!metrics.contains(CANARY));
    assert!(!daemon.status().to_string().contains(CANARY));
    assert!(!daemon.raw_log().contains(CANARY), "{}", daemon.raw_log());
    state_is_clean(&scene.world);
}

/// What a platform had in its file before is shown when it is taken over, but for its secrets.
pub fn taken_over() {
    let mut scene = Scene::new();
    let before = "\
global:
  slack_api_url: https://slack.invalid/canary
  smtp_auth_password: canary
  opsgenie_api_key: canary
  http_config: { basic_auth: { username: u, password: canary }, proxy_url: 'http://u:canary@proxy.invalid' }
route: { receiver: old }
receivers:
- name: old
  webhook_configs:
  - url: https://hook.invalid/canary
    http_config: { authorization: { credentials: canary } }
  - url: https://hook.invalid/canary
    http_config:
      proxy_url: http://proxy.invalid
      proxy_connect_header: { Proxy-Authorization: [ canary ] }
  - url: https://hook.invalid/canary
    http_config:
      http_headers: { X-Key: { secrets: [ canary ] } }
      oauth2: { client_id: id, client_secret: canary, token_url: 'https://x.invalid', endpoint_params: { a: b } }
  pagerduty_configs: [ { routing_key: canary, service_key: canary } ]
  sns_configs: [ { sigv4: { access_key: a, secret_key: canary } } ]
";
    // The real server of 0.25 does not know all of it.
    scene.set_target("adopt: true");
    fs::write(scene.file(), before).unwrap();
    let plan = scene.world.platform.commit("Taken over");
    assert!(!plan.is_empty());
    let said = nothing_is_said(&scene.world);
    assert!(
        said.iter()
            .any(|text| text.contains("proxy.invalid") || text.contains("(secret)"))
    );
    assert!(scene.runs_the_file());
    scene.is_quiet();
    assert!(scene.world.platform.read(BASE).contains("default"));
}

/// Every field of every receiver that takes a secret, for a server of any version.
pub fn every_field() {
    let mut world = World::new();
    fs::create_dir_all(world.path("secrets")).unwrap();
    let keys = format!(
        "config_file: am.yml, base_file: {BASE}, secrets_dir: secrets, fence_label: namespace"
    );
    world.set_targets([Target::alertmanager("am", &keys)]);
    world.platform.write(
        BASE,
        "route: { receiver: default }\nreceivers: [ { name: default } ]\n",
    );
    world.platform.write(
        "trueup.yaml",
        "apiVersion: trueup.dev/v1alpha1\nkind: Platform\nmetadata: { name: acme }\n\
         spec: { defaults: { targets: env=prod } }\n",
    );
    let mut all = Vec::new();
    for (index, (kind, text, secrets)) in receivers::documents().into_iter().enumerate() {
        let text = text
            .replace("name: team }", &format!("name: d{index} }}"))
            .replace("{ name: s,", &format!("{{ name: d{index},"));
        world.platform.write(&format!("{index}.yaml"), text);
        for secret in 0..secrets {
            let value = format!("https://{kind}.invalid/canary-{index}-{secret}-");
            let name = format!("default/d{index}/k{secret}");
            put(&world, &name, &value);
            all.push((name, value));
        }
    }
    world.platform.commit("All of them");
    nothing_is_said(&world);
    let text = fs::read_to_string(world.path("am.yml")).unwrap();
    for (name, value) in &all {
        // Where there is no field for the value, its path is there.
        let path = format!("/secrets/{name}\n");
        let found = text.matches(value).count() + text.matches(&path).count();
        assert_eq!(found, 1, "{name}\n{text}");
    }
    let plan = world.plan(&[]);
    assert_eq!(changes(&plan), [""; 0], "{plan:#}");
    // Each one rotates alone.
    for index in 0..receivers::documents().len() {
        let folder = world.path(&format!("secrets/default/d{index}"));
        let Ok(secrets) = fs::read_dir(folder) else {
            continue;
        };
        let count = secrets.count();
        for secret in 0..count {
            put(
                &world,
                &format!("default/d{index}/k{secret}"),
                "https://x.invalid/canary",
            );
        }
        let plan = world.plan(&[]);
        only_secrets_change(&plan, &format!("default/d{index}"));
        let fields = plan["changes"][0]["fields"].as_array().unwrap().len();
        assert_eq!(fields, count, "{plan:#}");
        let ran = world.run("apply", &["--format", "json"]);
        assert!(!ran.to_string().contains(CANARY), "{ran}");
    }
    assert_eq!(changes(&world.plan(&[])), [""; 0]);
    nothing_is_said(&world);
}
