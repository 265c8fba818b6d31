//! A service that goes from one tenant to another in one commit.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use libtest_mimic::Trial;
use serde_json::Value;

use super::real::tenant;
use crate::e2e::ran::{applied, changes, held};
use crate::e2e::running::PATIENCE;
use crate::e2e::world::{Target, World};
use crate::support::prometheus::Server;
use crate::support::{Need, test, wait_until};

pub fn tests() -> Vec<Trial> {
    let needs = [Need::Program("prometheus")];
    vec![test(
        "e2e::tenants::moves::its_rules_are_always_loaded",
        &needs,
        moved,
    )]
}

const RULES: &str = "groups:
- name: checkout
  rules:
  - { alert: Firing, expr: 'absent(nothing) or vector(1)' }
  - { alert: Kept, expr: vector(1), labels: { severity: page } }
  - { record: checkout:up, expr: up }
";

fn set(more: &str) -> String {
    format!(
        "apiVersion: trueup.dev/v1alpha1\nkind: RuleSet\nmetadata: {{ namespace: shop, name: checkout }}\n\
         spec: {{ files: [rules.yaml]{more} }}\n"
    )
}

/// The labels of the first alert of a name that fires.
fn firing(server: &Server, name: &str) -> Option<Value> {
    let alerts: Value = serde_json::from_str(&server.get("/api/v1/alerts")).ok()?;
    let mut all = alerts["data"]["alerts"].as_array()?.iter();
    let found =
        all.find(|found| found["labels"]["alertname"] == name && found["state"] == "firing")?;
    Some(found["labels"].clone())
}

/// How often the server was asked, and what it said where a rule was missing.
struct Watch {
    over: Arc<AtomicBool>,
    seen: Arc<Mutex<(usize, Vec<String>)>>,
    thread: thread::JoinHandle<()>,
}

impl Watch {
    fn start(server: &Arc<Server>) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let seen = Arc::new(Mutex::new((0, Vec::new())));
        let (server, ends, notes) = (server.clone(), over.clone(), seen.clone());
        let thread = thread::spawn(move || {
            while !ends.load(Ordering::Relaxed) {
                let rules = server.get("/api/v1/rules");
                let mut notes = notes.lock().unwrap();
                notes.0 += 1;
                if ["Firing", "Kept", "checkout:up"]
                    .iter()
                    .any(|rule| !rules.contains(rule))
                {
                    notes.1.push(rules);
                }
            }
        });
        Self { over, seen, thread }
    }

    fn asked(&self) -> usize {
        self.seen.lock().unwrap().0
    }

    fn end(self) -> (usize, Vec<String>) {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        self.seen.lock().unwrap().clone()
    }
}

fn moved() {
    let mut world = World::new();
    let server = Arc::new(Server::prometheus(&world.path("rules-one")));
    world.set_targets([Target::server("one", &server.url())]);
    world
        .platform
        .write(
            "platform/tenants.yaml",
            [tenant("old"), tenant("new")].join("---\n"),
        )
        .write("teams/old/checkout/set.yaml", set(""))
        .write("teams/old/checkout/rules.yaml", RULES);
    world.platform.commit("The service of the old team");
    world.apply();
    wait_until("the alerts fire", PATIENCE, || {
        ["Firing", "Kept"]
            .iter()
            .all(|name| firing(&server, name).is_some_and(|labels| labels["team"] == "old"))
    });

    for file in ["set.yaml", "rules.yaml"] {
        let [from, to] = ["old", "new"].map(|team| format!("teams/{team}/checkout/{file}"));
        world.platform.rename(&from, &to);
    }
    world.platform.commit("The service of the new team");
    let plan = world.plan(&[]);
    let group = "one/rule_group/shop/checkout/checkout";
    assert_eq!(changes(&plan), [format!("update {group}")]);
    assert_eq!(held(&plan), [""; 0]);
    let change = &plan["changes"][0];
    assert_eq!(change["owner"], "group:default/new");
    assert_eq!(change["source"]["file"], "teams/new/checkout/rules.yaml");
    let impact: Vec<&str> = change["impact"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    for alert in ["Firing", "Kept"] {
        let named = impact
            .iter()
            .any(|line| line.contains(alert) && line.contains("state resets"));
        assert!(named, "{alert}: {impact:?}");
    }
    assert!(
        !impact.iter().any(|line| line.contains("checkout:up")),
        "{impact:?}"
    );
    let text = world.run("plan", &["--format", "text"]).stdout;
    for alert in ["Firing", "Kept"] {
        let named = text
            .lines()
            .any(|line| line.contains(alert) && line.contains("state resets"));
        assert!(named, "{alert}: {text}");
    }

    let watch = Watch::start(&server);
    wait_until("the server was asked", PATIENCE, || watch.asked() > 2);
    let before = watch.asked();
    let apply = world.apply();
    let after = watch.asked();
    assert_eq!(applied(&apply), [format!("update {group}: done")]);
    wait_until("the alerts fire anew", PATIENCE, || {
        ["Firing", "Kept"]
            .iter()
            .all(|name| firing(&server, name).is_some_and(|labels| labels["team"] == "new"))
    });
    let (asked, missing) = watch.end();
    assert!(after > before, "nobody looked while it was applied");
    assert_eq!(missing, [""; 0]);
    assert_eq!(
        world.files("one").keys().collect::<Vec<_>>(),
        ["shop.checkout.yaml"]
    );
    assert!(world.text("one").contains("team: new") && !world.text("one").contains("team: old"));
    assert_eq!(applied(&world.apply()), [""; 0]);
    println!("{asked} observations, {} meanwhile", after - before);
}
