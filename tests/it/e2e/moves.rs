//! What moves from one target to another, and targets that are called something else.

use libtest_mimic::Trial;
use serde_json::json;

use super::ran::{applied, changes, details, held, touches};
use super::repository::{group, rule_set};
use super::running::{Daemon, target};
use super::world::{Target, World};
use crate::fake::prometheus::FakePrometheus;
use crate::support::prometheus::Server;
use crate::support::proxy::{Fault, Proxy};
use crate::support::{Need, test};

pub fn tests() -> Vec<Trial> {
    let server = [Need::Program("prometheus")];
    vec![
        test("e2e::moves::arrives_and_leaves", &[], moved),
        test(
            "e2e::moves::a_refused_create_keeps_the_old_one",
            &[],
            refused,
        ),
        test("e2e::moves::waits_for_a_target_that_is_down", &[], waits),
        test(
            "e2e::moves::the_daemon_goes_on_when_it_is_up",
            &server,
            daemon,
        ),
        test("e2e::moves::an_alias_carries_a_rename", &[], alias),
    ]
}

const OLD: [&str; 2] = [
    "old/rule_group/default/shop/a",
    "old/rule_group/default/shop/b",
];
const NEW: [&str; 2] = [
    "new/rule_group/default/shop/a",
    "new/rule_group/default/shop/b",
];

/// The shop live on `old`; then it is declared for `new`.
fn world(new: Target) -> World {
    let mut world = World::shop();
    let old = Target::files("old").labelled("env: prod, at: old");
    world.set_targets([old, new.labelled("env: prod, at: new")]);
    world.platform.replace("set.yaml", "env=prod", "at=old");
    // Something stays, so that the guard has no say in it.
    let stays = rule_set("stays", "rules.yaml").replace("env=prod", "at=old");
    world
        .platform
        .write("stays/set.yaml", stays)
        .write("stays/rules.yaml", group("s", "Stays", "up"));
    world.platform.commit("On the old one");
    world.apply_to(0, &["--target", "old"]);
    world.platform.replace("set.yaml", "at=old", "at=new");
    world.platform.commit("On the new one");
    world
}

fn moved() {
    let world = world(Target::files("new"));
    let apply = world.apply();
    let mut expected: Vec<String> = NEW.map(|id| format!("create {id}")).into();
    expected.extend(OLD.map(|id| format!("delete {id}")));
    assert_eq!(changes(&apply), expected);
    assert_eq!(applied(&apply).len(), 4);
    assert_eq!(world.files("old").len(), 1);
    assert_eq!(world.files("new").len(), 1);
}

fn refused() {
    let mut world = world(Target::files("new"));
    let fake = FakePrometheus::start(&world.rules("new"));
    fake.refuse(&["AisDown"]);
    let old = Target::files("old").labelled("env: prod, at: old");
    let new = Target::server("new", &fake.url()).labelled("env: prod, at: new");
    world.set_targets([old, new]);
    let apply = world.apply_to(1, &[]);
    let outcomes = applied(&apply);
    assert!(
        outcomes.contains(&format!("create {}: failed", NEW[0])),
        "{outcomes:?}"
    );
    // What did not arrive is not taken away; the rest has moved.
    assert!(
        outcomes.contains(&format!("delete {}: skipped", OLD[0])),
        "{outcomes:?}"
    );
    assert!(world.text("old").contains("AisDown"));
    fake.refuse(&[]);
    world.apply();
    assert_eq!(world.files("old").len(), 1);
}

fn waits() {
    let mut world = world(Target::server("new", "http://127.0.0.1:9").with("timeout: 200ms"));
    let before = touches(&world.rules("old"));
    // Whether or not the target that is down takes part.
    for arguments in [&[][..], &["--target", "old"]] {
        let apply = world.apply_to(1, arguments);
        assert_eq!(changes(&apply).len(), 0);
        for id in OLD {
            let line = format!("delete {id}: depends_on");
            assert!(held(&apply).contains(&line), "{apply:#}");
        }
        assert!(details(&apply).contains("moves to new"), "{apply:#}");
        assert_eq!(touches(&world.rules("old")), before);
    }
    let old = Target::files("old").labelled("env: prod, at: old");
    let new = Target::files("new").labelled("env: prod, at: new");
    world.set_targets([old, new]);
    world.apply();
    assert_eq!(world.files("old").len(), 1);
    assert_eq!(world.files("new").len(), 1);
}

fn daemon() {
    let mut world = world(Target::files("new"));
    let server = Server::prometheus(&world.rules("new"));
    let proxy = Proxy::start(server.port);
    proxy.set_policy(|_| Fault::Drop);
    let old = Target::files("old").labelled("env: prod, at: old");
    let new = Target::server("new", &proxy.url()).labelled("env: prod, at: new");
    world.set_targets([old, new.with("timeout: 1s")]);
    world.set(|setup| setup.interval = "1m".into());
    let head = world.platform.head();
    let mut daemon = Daemon::start(&world);
    daemon.wait("the move is held", |status| {
        let (old, new) = (target(status, "old"), target(status, "new"));
        old["state"] == "held" && new["state"] == "unknown"
    });
    assert_eq!(world.files("old").len(), 2);
    proxy.set_policy(|_| Fault::None);
    // Woken by the arrival, long before the next interval.
    daemon.wait_target("new", "synced", &head);
    daemon.wait_target("old", "synced", &head);
    assert_eq!(world.files("old").len(), 1);
    assert_eq!(server.groups().len(), 2);
    assert_eq!(daemon.terminate(), Some(0));
}

fn alias() {
    let mut world = World::shop();
    world.set_targets([Target::files("old")]);
    world.apply();
    let mut renamed = Target::files("new");
    renamed.rules_dir = "rules-old".into();
    world.set_targets([renamed.clone().with("aliases: [old]")]);
    let before = touches(&world.rules("new"));
    let apply = world.apply();
    assert_eq!(changes(&apply).len(), 0, "{apply:#}");
    assert_eq!(apply["unchanged"], 2);
    assert_eq!(apply["orphaned"], json!({}));
    assert_eq!(touches(&world.rules("new")), before);
    // What is remembered moved along: a delete knows where it was declared.
    world.platform.write("rules/b.yaml", "groups: []\n");
    world.platform.write("rules/c.yaml", group("c", "C", "up"));
    world.platform.commit("b is over");
    let plan = world.plan(&[]);
    assert_eq!(plan["changes"][0]["id"], "new/rule_group/default/shop/b");
    assert_eq!(plan["changes"][0]["source"]["file"], "rules/b.yaml");
}
