//! Tenants that contradict each other, or the platform: nobody could tell whose is what, so all is unknown; and what
//! the platform keeps to itself once there are tenants.

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::e2e::ran::applied;
use crate::e2e::world::{Target, World};
use crate::support::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test("e2e::tenants::contradictions_stop_all", &[], contradictions),
        test("e2e::tenants::routes_need_a_label", &[], routes),
        test("e2e::tenants::the_base_file_is_the_platforms", &[], base),
        test("e2e::tenants::a_trailer_is_not_heeded", &[], trailer),
    ]
}

fn tenant(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: trueup.dev/v1alpha1\nkind: Tenant\nmetadata: {{ name: {name} }}\n\
         spec: {{ owner: {name}, {spec} }}\n---\n"
    )
}

/// The errors of `check`, as code and message.
fn errors(world: &World) -> Vec<(String, String)> {
    let arguments = ["--format", "json", world.url()];
    let check = world.run("check", &arguments).json();
    let all = check["diagnostics"].as_array().unwrap().iter();
    let errors = all.filter(|found| found["severity"] == "error");
    let text = |found: &Value, field: &str| found[field].as_str().unwrap().to_owned();
    errors
        .map(|found| (text(found, "code"), text(found, "message")))
        .collect()
}

fn contradictions() {
    let cases = [
        (
            "a",
            "paths: ['a/**']",
            "a",
            "paths: ['b/**']",
            "two tenants",
        ),
        (
            "a",
            "paths: ['x/**']",
            "b",
            "paths: ['x/**']",
            "owned twice",
        ),
        (
            "a",
            "paths: ['x/**', 'x/**']",
            "b",
            "paths: ['b/**']",
            "owned twice",
        ),
        (
            "a",
            "paths: [trueup.yaml]",
            "b",
            "paths: ['b/**']",
            "platform's own",
        ),
        (
            "a",
            "paths: [tenants.yaml]",
            "b",
            "paths: ['b/**']",
            "platform's own",
        ),
        (
            "a",
            "paths: ['a/**'], grafana: { folder: Teams/A }",
            "b",
            "paths: ['b/**'], grafana: { folder: 'teams/a /Sub' }",
            "one in the other",
        ),
        (
            "a",
            "paths: ['a/**'], metrics: { labels: { team: a } }",
            "b",
            "paths: ['b/**'], metrics: { labels: { squad: b } }",
            "tell them apart",
        ),
    ];
    let world = World::shop();
    let good = tenant("a", "paths: ['a/**']") + &tenant("b", "paths: ['b/**']");
    world.platform.write("tenants.yaml", &good);
    world.platform.commit("Two tenants");
    assert_eq!(errors(&world), []);
    world.apply();
    for (one, own, other, others, says) in cases {
        let text = tenant(one, own) + &tenant(other, others);
        world.platform.write("tenants.yaml", text);
        world.platform.remove("rules/a.yaml");
        world.platform.commit(says);
        let found = errors(&world);
        assert!(
            found.iter().any(|(_, text)| text.contains(says)),
            "{says}: {found:?}"
        );
        let apply = world.apply_to(1, &[]);
        assert_eq!(applied(&apply), [""; 0], "{says}");
        assert_eq!(
            apply["held"][0]["reason"], "scope_unknown",
            "{says}: {apply}"
        );
        world.platform.write(
            "rules/a.yaml",
            crate::e2e::repository::group("a", "AisDown", "up == 0"),
        );
    }
}

const ROUTES: &str = "apiVersion: monitoring.coreos.com/v1beta1\nkind: AlertmanagerConfig\n\
    metadata: { name: routing, namespace: a }\nspec:\n  route: { receiver: r }\n  receivers: [{ name: r }]\n";
const BASE: &str = "route: { receiver: all }\nreceivers: [{ name: all }]\n";

/// A world with an Alertmanager that has no server.
fn routing(base: &str) -> World {
    let mut world = World::shop();
    let keys = format!("config_file: am.yml, base_file: {base}, fence_label: namespace");
    world.set_targets([Target::files("one"), Target::alertmanager("am", &keys)]);
    world.platform.write(base, BASE);
    world.platform.write("a/routes.yaml", ROUTES);
    world
}

/// What a namespace is called anybody may write, so it is no fence for a tenant.
fn routes() {
    let world = routing("alertmanager.yaml");
    world.platform.write(
        "tenants.yaml",
        tenant("a", "paths: ['a/**'], targets: env=prod"),
    );
    world.platform.commit("No label");
    let found = errors(&world);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].0 == "tenant_boundary" && found[0].1.contains("may not route any"));
    world.apply_to(1, &[]);
    let file = || std::fs::read_to_string(world.path("am.yml")).unwrap();
    assert!(!file().contains("a/routing"));
    let labelled = "paths: ['a/**'], targets: env=prod, metrics: { labels: { team: a } }";
    world.platform.write("tenants.yaml", tenant("a", labelled));
    world.platform.commit("A label");
    assert_eq!(errors(&world), []);
    world.apply();
    assert!(
        file().contains("team=\"a\"") && !file().contains("namespace=\"a\""),
        "{}",
        file()
    );
}

/// A tenant that owned the platform's part of the routing would route everybody's alerts.
fn base() {
    let world = routing("a/alertmanager.yaml");
    let labelled = "paths: ['a/**'], metrics: { labels: { team: a } }";
    world.platform.write("tenants.yaml", tenant("a", labelled));
    world.platform.commit("The base file in a tenant's paths");
    let found = errors(&world);
    let told = found
        .iter()
        .any(|(code, text)| code == "tenant_overlap" && text.contains("base_file of am"));
    assert!(told, "{found:?}");
    world.apply_to(1, &[]);
    assert!(!world.path("am.yml").exists());
}

/// Anybody who merges can write a line in a commit: once there are tenants it lets no deletes through, and nobody is
/// told that it would, unless the settings say so.
fn trailer() {
    let mut world = World::shop();
    world.apply();
    world
        .platform
        .write("tenants.yaml", tenant("a", "paths: ['a/**']"));
    for path in ["rules/a.yaml", "rules/b.yaml", "set.yaml"] {
        if world.platform.folder().join(path).exists() {
            world.platform.remove(path);
        }
    }
    world.platform.commit("Less\n\nTrueup-Allow-Deletes: 9");
    let apply = world.apply_to(1, &[]);
    assert_eq!(apply["held"][0]["reason"], "over_limit", "{apply}");
    let detail = apply["held"][0]["detail"].as_str().unwrap();
    assert!(
        detail.contains("--allow-deletes") && !detail.contains("trailer"),
        "{detail}"
    );
    world.set(|setup| setup.more.push_str("guard: { trailer: true }\n"));
    let apply = world.apply();
    assert_eq!(apply["held"], json!([]), "{apply}");
}
