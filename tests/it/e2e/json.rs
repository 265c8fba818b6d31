//! The JSON of the commands: keys, order, and what stands where nothing is known.

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::ran::{changes, held, keys};
use super::repository::{group, groups, rule_set};
use super::world::{Target, World};
use crate::support::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test("e2e::json::check", &[], check),
        test("e2e::json::diagnostics_are_sorted", &[], diagnostics),
        test("e2e::json::render", &[], render),
        test("e2e::json::plan", &[], plan),
        test("e2e::json::fields_of_an_update", &[], fields),
        test(
            "e2e::json::a_delete_has_the_source_of_the_inventory",
            &[],
            delete,
        ),
        test("e2e::json::what_is_held", &[], what_is_held),
        test("e2e::json::apply", &[], apply),
        test("e2e::json::the_digest_is_of_the_changes", &[], digest),
        test(
            "e2e::json::the_same_input_gives_the_same_bytes",
            &[],
            same_bytes,
        ),
    ]
}

const PLAN: [&str; 9] = [
    "schema",
    "instance",
    "revision",
    "digest",
    "changes",
    "held",
    "unchanged",
    "orphaned",
    "diagnostics",
];
const CHANGE: [&str; 9] = [
    "id", "target", "kind", "name", "action", "owner", "source", "impact", "fields",
];
const HELD: [&str; 8] = [
    "id", "target", "kind", "name", "action", "reason", "detail", "source",
];

fn check() {
    let world = World::shop();
    world.platform.write("other.yaml", "a: 1\n---\nb: 2\n");
    world.platform.commit("Somebody else's documents");
    let ran = world.bare(&["check", "platform", "--format", "json"]);
    let check = ran.expect(0).json();
    let expected = json!({
        "schema": "trueup.dev/check/v1",
        "files": 4,
        "documents": 3,
        "skipped": 2,
        "resources": {"rule_group": 2},
        "diagnostics": [],
    });
    assert_eq!(check, expected);
    assert_eq!(keys(&check), keys(&expected));
}

fn diagnostics() {
    let world = World::shop();
    let twice = groups(&[("z", "Z", "up =="), ("y", "Y", "up )")]);
    world.platform.write("rules/z.yaml", twice);
    world
        .platform
        .write("rules/a.yaml", "groups:\n- name: a\n  nope: 1\n");
    let ran = world.bare(&["check", "platform", "--format", "json"]);
    let check = ran.expect(1).json();
    let found = check["diagnostics"].as_array().unwrap();
    let mut places = Vec::new();
    for diagnostic in found {
        let expected = [
            "severity", "code", "message", "file", "line", "column", "hint", "related",
        ];
        assert_eq!(keys(diagnostic), expected);
        assert_eq!(diagnostic["severity"], "error");
        assert!(diagnostic["related"].is_array());
        places.push((
            diagnostic["file"].as_str().unwrap(),
            diagnostic["line"].as_u64().unwrap(),
            diagnostic["column"].as_u64().unwrap(),
        ));
    }
    assert!(places.is_sorted());
    let lines: Vec<_> = places
        .iter()
        .map(|(file, line, _)| (*file, *line))
        .collect();
    assert_eq!(
        lines,
        [
            ("rules/a.yaml", 3),
            ("rules/z.yaml", 5),
            ("rules/z.yaml", 9)
        ]
    );
}

fn render() {
    let world = World::shop();
    let render = world.run("render", &["--format", "json"]).expect(0).json();
    assert_eq!(
        keys(&render),
        ["schema", "revision", "resources", "diagnostics"]
    );
    assert_eq!(render["schema"], "trueup.dev/render/v1");
    assert_eq!(render["revision"], world.platform.head());
    let resources = render["resources"].as_array().unwrap();
    let ids: Vec<&Value> = resources.iter().map(|resource| &resource["id"]).collect();
    assert_eq!(
        ids,
        [
            "one/rule_group/default/shop/a",
            "one/rule_group/default/shop/b"
        ]
    );
    let first = &resources[0];
    let expected = json!({
        "id": "one/rule_group/default/shop/a",
        "target": "one",
        "kind": "rule_group",
        "name": "default/shop/a",
        "owner": null,
        "source": {"repository": "platform", "file": "rules/a.yaml", "line": 2},
        "hash": first["hash"],
        "body": {
            "name": "a",
            "rules": [{"alert": "AisDown", "expr": "up{job=\"a\"} == 0"}],
        },
    });
    assert_eq!(first, &expected);
    assert_eq!(keys(first), keys(&expected));
    assert!(first["hash"].as_str().is_some_and(|hash| hash.len() >= 32));
}

fn plan() {
    let mut world = World::shop();
    // Sorted by id, whatever the order of the settings.
    world.set_targets([Target::files("two"), Target::files("one")]);
    let plan = world.plan(&[]);
    assert_eq!(keys(&plan), PLAN);
    assert_eq!(plan["schema"], "trueup.dev/plan/v1");
    assert_eq!(plan["instance"], "acme");
    assert_eq!(plan["revision"], world.platform.head());
    assert_eq!(plan["orphaned"], json!({}));
    assert_eq!(plan["unchanged"], 0);
    assert_eq!(
        changes(&plan),
        [
            "create one/rule_group/default/shop/a",
            "create one/rule_group/default/shop/b",
            "create two/rule_group/default/shop/a",
            "create two/rule_group/default/shop/b",
        ]
    );
    for change in plan["changes"].as_array().unwrap() {
        assert_eq!(keys(change), CHANGE);
        assert_eq!(change["kind"], "rule_group");
        assert_eq!(change["owner"], Value::Null);
        assert_eq!(change["source"]["repository"], "platform");
        assert!(change["impact"].is_array() && change["fields"].is_array());
    }
}

fn fields() {
    let world = World::shop();
    world.apply();
    let text = "groups:\n- name: a\n  interval: 1m\n  rules:\n  - alert: AisDown\n    \
                expr: up{job=\"a\"}   ==  0\n    for: 5m\n";
    world.platform.write("rules/a.yaml", text);
    world.platform.commit("More of it");
    let plan = world.plan(&[]);
    assert_eq!(changes(&plan), ["update one/rule_group/default/shop/a"]);
    // The expression is written differently, and means the same.
    assert_eq!(
        plan["changes"][0]["fields"],
        json!([
            {"path": "/interval", "after": "1m"},
            {"path": "/rules/alert=AisDown/for", "after": "5m"},
        ])
    );
    let text = "groups:\n- name: a\n  rules:\n  - alert: AisDown\n    expr: up{job=\"x\"} == 0\n";
    world.apply();
    world.platform.write("rules/a.yaml", text);
    world.platform.commit("Less of it");
    assert_eq!(
        world.plan(&[])["changes"][0]["fields"],
        json!([
            {"path": "/interval", "before": "1m"},
            {
                "path": "/rules/alert=AisDown/expr",
                "before": "up{job=\"a\"} == 0",
                "after": "up{job=\"x\"} == 0",
            },
            {"path": "/rules/alert=AisDown/for", "before": "5m"},
        ])
    );
}

fn delete() {
    let world = World::shop();
    world.apply();
    world.platform.write("rules/b.yaml", "groups: []\n");
    world.platform.commit("b is over");
    let plan = world.plan(&[]);
    assert_eq!(changes(&plan), ["delete one/rule_group/default/shop/b"]);
    let delete = &plan["changes"][0];
    let source = json!({"repository": "platform", "file": "rules/b.yaml", "line": 2});
    assert_eq!(delete["source"], source);
    world.delete_state();
    let plan = world.plan(&[]);
    assert_eq!(changes(&plan), ["delete one/rule_group/default/shop/b"]);
    assert_eq!(plan["changes"][0]["source"], Value::Null);
    assert_eq!(plan["changes"][0]["owner"], Value::Null);
}

fn what_is_held() {
    let mut world = World::shop();
    let down = Target::server("down", "http://127.0.0.1:9").with("timeout: 200ms");
    world.set_targets([down, Target::files("one").with("paused: true")]);
    let ran = world.run("plan", &["--format", "json"]).expect(1);
    let plan = ran.json();
    assert_eq!(
        held(&plan),
        [
            "- down: scope_unknown",
            "create one/rule_group/default/shop/a: paused",
            "create one/rule_group/default/shop/b: paused",
        ]
    );
    for held in plan["held"].as_array().unwrap() {
        assert_eq!(keys(held), HELD);
    }
    let unknown = &plan["held"][0];
    for key in ["kind", "name", "action", "source"] {
        assert_eq!(unknown[key], Value::Null, "{key}");
    }
    assert_eq!(plan["held"][1]["source"]["file"], "rules/a.yaml");
}

fn apply() {
    let world = World::shop();
    let apply = world.apply();
    assert_eq!(keys(&apply), [&PLAN[..], &["applied"]].concat());
    assert_eq!(apply["schema"], "trueup.dev/apply/v1");
    let applied = apply["applied"].as_array().unwrap();
    assert_eq!(applied.len(), 2);
    for outcome in applied {
        assert_eq!(
            keys(outcome),
            ["id", "action", "result", "error", "duration_ms"]
        );
        assert_eq!(outcome["result"], "done");
        assert_eq!(outcome["error"], Value::Null);
        assert!(outcome["duration_ms"].is_u64());
    }
    assert_eq!(applied[0]["id"], "one/rule_group/default/shop/a");
    let again = world.apply();
    assert_eq!(again["applied"], json!([]));
    assert_eq!(again["unchanged"], 2);
}

fn digest() {
    let world = World::shop();
    let digest = |plan: &Value| plan["digest"].as_str().unwrap().to_owned();
    let first = digest(&world.plan(&[]));
    assert!(first.len() == 64 && first.chars().all(|c| c.is_ascii_hexdigit()));
    // Another commit, another place in the file, and other words for the same.
    world
        .platform
        .replace("rules/a.yaml", "groups:", "# why\ngroups:");
    world.platform.commit("Say why");
    let plan = world.plan(&[]);
    assert_eq!(digest(&plan), first);
    world.platform.replace("rules/a.yaml", "== 0", "== 1");
    world.platform.commit("Another threshold");
    assert_ne!(digest(&world.plan(&[])), first);
}

fn same_bytes() {
    let world = World::shop();
    for index in 0..20 {
        let (set, file) = (format!("s{index}"), format!("s{index}/rules.yaml"));
        let alert = format!("A{index}");
        world
            .platform
            .write(&format!("s{index}/set.yaml"), rule_set(&set, "rules.yaml"))
            .write(&file, group("g", &alert, "up == 0"));
    }
    world
        .platform
        .write("rules/c.yaml", group("c", "C", "up =="));
    world.platform.commit("A lot, and a fault");
    for (command, formats) in [
        ("render", &["text", "json"][..]),
        ("plan", &["text", "json", "markdown"]),
    ] {
        for format in formats {
            let run = || world.run(command, &["--format", format]);
            let (first, second) = (run(), run());
            assert_eq!(first.stdout, second.stdout, "{command} {format}");
            assert!(!first.stdout.is_empty());
        }
    }
    for format in ["text", "json", "github"] {
        let run = || world.bare(&["check", "platform", "--format", format]);
        assert_eq!(run().stdout, run().stdout, "check {format}");
    }
}
