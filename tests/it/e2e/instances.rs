//! Two instances in one directory, on one server: neither touches what is the other's.

use libtest_mimic::Trial;

use super::ran::{changes, details, held, touches};
use super::repository::{Platform, group, rule_set};
use super::world::{Target, World};
use crate::support::prometheus::Server;
use crate::support::proxy::Proxy;
use crate::support::{Need, test};

pub fn tests() -> Vec<Trial> {
    let server = [Need::Program("prometheus")];
    vec![
        test("e2e::instances::on_one_server", &server, on_one_server),
        test("e2e::instances::in_one_directory", &[], in_one_directory),
    ]
}

/// Makes the world act as another instance, with its own repository, state and settings.
fn switch(world: &mut World, instance: &str) {
    world.set(|setup| {
        setup.name = instance.into();
        setup.instance = instance.into();
        setup.url = format!("platform-{instance}");
    });
}

fn platform(world: &World, instance: &str, sets: &[(&str, &str)]) -> Platform {
    let platform = Platform::new(world.path(&format!("platform-{instance}")));
    for (set, alert) in sets {
        platform
            .write(&format!("{set}/set.yaml"), rule_set(set, "rules.yaml"))
            .write(&format!("{set}/rules.yaml"), group("g", alert, "vector(1)"));
    }
    platform.commit("Sets");
    platform
}

fn on_one_server() {
    let mut world = World::new();
    let rules = world.path("rules-one");
    let server = Server::prometheus(&rules);
    let proxy = Proxy::start(server.port);
    world.set_targets([Target::server("one", &proxy.url())]);
    let left = platform(&world, "left", &[("l", "OfLeft"), ("both", "LeftToo")]);
    let right = platform(&world, "right", &[("r", "OfRight"), ("both", "RightToo")]);

    switch(&mut world, "left");
    world.apply();
    switch(&mut world, "right");
    let apply = world.apply_to(0, &[]);
    // Who comes second leaves the set of that name alone, and says whose it is.
    assert_eq!(
        held(&apply),
        ["update one/rule_group/default/both/g: not_ours"]
    );
    assert!(details(&apply).contains("left"), "{apply:#}");
    assert_eq!(changes(&apply), ["create one/rule_group/default/r/g"]);
    let all = [
        "default.both.yaml/g",
        "default.l.yaml/g",
        "default.r.yaml/g",
    ];
    assert_eq!(server.groups(), all);
    assert!(world.text("one").contains("LeftToo"));
    assert!(!world.text("one").contains("RightToo"));

    // From now on both are quiet, with and without their memory.
    proxy.take();
    let before = touches(&rules);
    for forget in [false, true] {
        for instance in ["left", "right"] {
            switch(&mut world, instance);
            if forget {
                world.delete_state();
            }
            world.apply_to(0, &[]);
        }
    }
    assert_eq!(proxy.take_writes(), []);
    assert_eq!(touches(&rules), before);

    // Each deletes only what is its own.
    switch(&mut world, "left");
    left.remove("l/set.yaml").remove("l/rules.yaml");
    left.commit("l is over");
    assert_eq!(
        changes(&world.apply()),
        ["delete one/rule_group/default/l/g"]
    );
    switch(&mut world, "right");
    right.remove("r/set.yaml").remove("r/rules.yaml");
    right.commit("r is over");
    let apply = world.apply_to(0, &[]);
    assert_eq!(changes(&apply), ["delete one/rule_group/default/r/g"]);
    assert_eq!(server.groups(), ["default.both.yaml/g"]);
    // What was the other's is free when the other gives it up.
    switch(&mut world, "left");
    left.remove("both/set.yaml").remove("both/rules.yaml");
    left.write("README.md", "Empty");
    left.commit("Nothing is left");
    world.apply();
    switch(&mut world, "right");
    assert_eq!(
        changes(&world.apply()),
        ["create one/rule_group/default/both/g"]
    );
    assert!(world.text("one").contains("RightToo"));
}

fn in_one_directory() {
    let mut world = World::new();
    platform(&world, "left", &[("l", "OfLeft")]);
    let right = platform(&world, "right", &[("r", "OfRight")]);
    for instance in ["left", "right"] {
        switch(&mut world, instance);
        world.apply();
    }
    let left = world.files("one")["default.l.yaml"].clone();
    right.remove("r/set.yaml").remove("r/rules.yaml");
    right.write("README.md", "Empty").commit("Nothing is left");
    world.apply();
    assert_eq!(world.files("one").into_values().collect::<Vec<_>>(), [left]);
}
