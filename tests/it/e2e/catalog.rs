//! `trueup catalog` and `codeowners`: a function of one commit, and of nothing outside of it.

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::ran::Ran;
use super::world::World;
use crate::support::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test("e2e::catalog::lists_and_shows", &[], lists_and_shows),
        test("e2e::catalog::follows_the_commit", &[], follows_the_commit),
        test("e2e::catalog::embeds_files_of_the_commit", &[], embeds),
        test(
            "e2e::catalog::never_leaves_the_repository",
            &[],
            stays_inside,
        ),
        test("e2e::catalog::codeowners", &[], codeowners),
    ]
}

const GROUPS: &str = "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: { name: shop }\n\
    spec: { type: team, children: [checkout-team] }\n---\n\
    apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: { name: checkout-team, annotations: { github.com/team-slug: acme/checkout } }\n\
    spec: { type: team, children: [] }\n";

fn component(name: &str, more: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\n  tags: [java]\n\
         spec:\n  type: service\n  lifecycle: production\n  owner: checkout-team\n{more}"
    )
}

fn world() -> World {
    let world = World::shop();
    world.platform.write("catalog/groups.yaml", GROUPS);
    world.platform.write(
        "shop/catalog-info.yaml",
        component("checkout", "  dependsOn: [component:cart]\n"),
    );
    world
        .platform
        .write("shop/cart/catalog-info.yaml", component("cart", ""));
    world.platform.commit("A catalog");
    world
}

fn names(list: &Value) -> Vec<String> {
    let entities = list["entities"].as_array().unwrap().iter();
    entities
        .map(|entity| entity["ref"].as_str().unwrap().to_owned())
        .collect()
}

fn catalog(world: &World, arguments: &[&str]) -> Value {
    let all = [arguments, &["--format", "json"]].concat();
    world.run("catalog", &all).expect(0).json()
}

fn lists_and_shows() {
    let world = world();
    let head = world.platform.head();
    let all = catalog(&world, &[]);
    assert_eq!(all["revision"], head);
    assert_eq!(
        names(&all),
        [
            "component:default/cart",
            "component:default/checkout",
            "group:default/checkout-team",
            "group:default/shop"
        ]
    );
    let found = catalog(
        &world,
        &["kind=Component", "owner=checkout-team", "tag=java", "cart"],
    );
    assert_eq!(names(&found), ["component:default/cart"]);
    let shown = catalog(&world, &["show", "Component:CHECKOUT"]);
    assert_eq!(
        shown["relations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| format!(
                "{} {}",
                r["type"].as_str().unwrap(),
                r["target"].as_str().unwrap()
            ))
            .collect::<Vec<_>>(),
        [
            "ownedBy group:default/checkout-team",
            "dependsOn component:default/cart"
        ]
    );
    let text = world
        .run("catalog", &["show", "checkout-team"])
        .expect(0)
        .stdout;
    assert!(
        text.contains("ownerOf") && text.contains("childOf"),
        "{text}"
    );
    assert!(text.contains(&head), "{text}");
    let near = world
        .run("catalog", &["show", "component:chekout"])
        .expect(1);
    assert!(
        near.stderr
            .contains("did you mean component:default/checkout?"),
        "{}",
        near.stderr
    );
    let wrong = world.run("catalog", &["onwer=x"]).expect(64);
    assert!(
        wrong.stderr.contains("Did you mean \"owner\"?"),
        "{}",
        wrong.stderr
    );
}

/// What is deleted or renamed in Git is so in the catalog, at once and with nothing left; and an older commit has what
/// it had.
fn follows_the_commit() {
    let world = world();
    let before = world.platform.head();
    world.platform.rename(
        "shop/cart/catalog-info.yaml",
        "shop/basket/catalog-info.yaml",
    );
    world.platform.replace(
        "shop/basket/catalog-info.yaml",
        "name: cart",
        "name: basket",
    );
    world.platform.commit("Renamed");
    let list = catalog(&world, &["kind=component"]);
    assert_eq!(
        names(&list),
        ["component:default/basket", "component:default/checkout"]
    );
    let check = world
        .bare(&["check", world.url(), "--format", "json"])
        .json();
    let dangling = check["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .find(|d| d["code"] == "dangling_reference");
    let dangling = dangling.unwrap_or_else(|| panic!("{check}"));
    assert_eq!(
        (&dangling["file"], &dangling["line"]),
        (&json!("shop/catalog-info.yaml"), &json!(10))
    );
    let old = catalog(&world, &["--rev", &before, "kind=component"]);
    assert_eq!(
        names(&old),
        ["component:default/cart", "component:default/checkout"]
    );
    assert_eq!(old["revision"], before);
    // Owners follow: what stands beside has the owner.
    world
        .platform
        .write("rules/catalog-info.yaml", component("rules", ""));
    world.platform.commit("Whose the rules are");
    let plan = world.plan(&[]);
    let owners = plan["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["owner"].clone());
    assert!(
        owners
            .clone()
            .any(|owner| owner == "group:default/checkout-team"),
        "{plan}"
    );
}

fn embeds() {
    let world = world();
    let api = "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: { name: shop }\nspec:\n  type: openapi\n  \
        lifecycle: production\n  owner: shop\n  definition: { $text: ./openapi.yaml }\n  \
        x-json: { $json: ../data.json }\n  x-yaml: { $yaml: data.yaml }\n";
    world.platform.write("apis/api.yaml", api);
    world
        .platform
        .write("apis/openapi.yaml", "openapi: 3.1.0\n");
    world.platform.write("data.json", "{\"a\": [1]}");
    world.platform.write("apis/data.yaml", "b: { c: yes }\n");
    let commit = world.platform.commit("An API");
    let spec = catalog(&world, &["show", "api:shop"])["entity"]["spec"].clone();
    assert_eq!(
        (&spec["definition"], &spec["x-json"], &spec["x-yaml"]),
        (
            &json!("openapi: 3.1.0\n"),
            &json!({"a": [1]}),
            &json!({"b": {"c": "yes"}})
        )
    );
    world
        .platform
        .write("apis/openapi.yaml", "openapi: 4.0.0\n");
    world.platform.write("data.json", "{\"a\": [1]");
    world.platform.commit("Broken");
    let old = catalog(&world, &["--rev", &commit, "show", "api:shop"]);
    assert_eq!(old["entity"]["spec"]["definition"], "openapi: 3.1.0\n");
    let check = world
        .bare(&["check", world.url(), "--format", "json"])
        .expect(1)
        .json();
    assert_eq!(
        check["diagnostics"][0]["code"], "embedded_unreadable",
        "{check}"
    );
    assert_eq!(
        (
            &check["diagnostics"][0]["file"],
            &check["diagnostics"][0]["line"]
        ),
        (&json!("apis/api.yaml"), &json!(9))
    );
}

/// No path, link or address leads out of the commit.
fn stays_inside() {
    let world = world();
    std::fs::write(world.path("outside.txt"), "SECRET OUTSIDE").unwrap();
    std::os::unix::fs::symlink(
        world.path("outside.txt"),
        world.platform.folder().join("link.yaml"),
    )
    .unwrap();
    let cases = [
        ("../outside.txt", "path_outside", "error"),
        ("../../../etc/passwd", "path_outside", "error"),
        ("/etc/passwd", "path_outside", "error"),
        ("./link.yaml", "embedded_unreadable", "error"),
        ("./absent.txt", "embedded_missing", "error"),
        ("http://127.0.0.1:9/x", "not_fetched", "warning"),
    ];
    for (path, code, severity) in cases {
        let api = format!(
            "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {{ name: out }}\nspec:\n  type: openapi\n  \
             lifecycle: production\n  owner: shop\n  definition: {{ $text: \"{path}\" }}\n"
        );
        world.platform.write("api.yaml", api);
        world.platform.commit(path);
        let check = world
            .bare(&["check", world.url(), "--format", "json"])
            .json();
        let found = check["diagnostics"].as_array().unwrap().iter();
        let mut found = found.filter(|d| d["file"] == "api.yaml");
        let first = found.next().unwrap_or_else(|| panic!("{path}: {check}"));
        assert_eq!(
            (&first["code"], &first["severity"], &first["line"]),
            (&json!(code), &json!(severity), &json!(8)),
            "{path}"
        );
        let ran: Ran = world.run("catalog", &["show", "api:out"]);
        assert!(
            !ran.stdout.contains("SECRET") && !ran.stdout.contains("root:"),
            "{path}"
        );
    }
    for (target, code) in [
        ("../../x.yaml", "path_outside"),
        ("./none.yaml", "location_missing"),
    ] {
        world.platform.write("api.yaml", format!(
            "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {{ name: l }}\nspec: {{ targets: [\"{target}\"] }}\n"
        ));
        let check = world
            .bare(&["check", world.url(), "--format", "json"])
            .expect(1)
            .json();
        assert!(check["diagnostics"].to_string().contains(code), "{check}");
    }
}

fn codeowners() {
    let world = world();
    let tenant = "apiVersion: trueup.dev/v1alpha1\nkind: Tenant\nmetadata: { name: checkout }\n\
        spec: { owner: checkout-team, paths: [\"shop/**\"] }\n";
    world.platform.write("tenants.yaml", tenant);
    world.platform.commit("A tenant");
    let made = world.run("codeowners", &[]).expect(0).stdout;
    assert!(
        made.lines().any(|line| line == "/shop/ @acme/checkout"),
        "{made}"
    );
    world.platform.write(".github/CODEOWNERS", &made);
    let check = |code| {
        world
            .bare(&["check", world.url(), "--format", "json"])
            .expect(code)
            .json()
    };
    assert!(!check(0).to_string().contains("codeowners_stale"));
    world
        .platform
        .replace("tenants.yaml", "shop/**\"", "shop/**\", \"carts/**\"");
    let stale = check(0);
    let found = stale["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .find(|d| d["code"] == "codeowners_stale");
    let found = found.unwrap_or_else(|| panic!("{stale}"));
    assert_eq!(found["file"], ".github/CODEOWNERS");
    assert!(
        found["message"].as_str().unwrap().contains("/carts/"),
        "{found}"
    );
}
