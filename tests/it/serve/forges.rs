//! Webhooks as GitHub sends them: the examples that Octokit keeps.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use libtest_mimic::Trial;
use serde_json::Value;
use trueup::serve::{Forge, Parts, Webhook};

use super::{Served, nothing};
use crate::support::exchange::send;
use crate::support::forge::github;
use crate::support::{Need, block_on, npm, test};

const EXAMPLES: &str = "@octokit/webhooks-examples";

pub fn tests() -> Vec<Trial> {
    vec![test(
        "serve::forges::every_example_of_github",
        &[Need::Npm(EXAMPLES)],
        every_example,
    )]
}

/// Of github.com and of every GitHub Enterprise: event and payload.
fn examples() -> Vec<(String, Value)> {
    let mut examples = Vec::new();
    for folder in fs::read_dir(npm(EXAMPLES)).unwrap() {
        let file = folder.unwrap().path().join("index.json");
        let Ok(text) = fs::read_to_string(file) else {
            continue;
        };
        let events: Vec<Value> = serde_json::from_str(&text).unwrap();
        for event in events {
            let name = event["name"].as_str().unwrap();
            let payloads = event["examples"].as_array().unwrap().iter();
            examples.extend(payloads.map(|payload| (name.to_owned(), payload.clone())));
        }
    }
    examples
}

fn every_example() {
    let scratch = tempfile::tempdir().unwrap();
    let secret_file = scratch.path().join("secret");
    fs::write(&secret_file, "canary").unwrap();
    let pokes = Arc::new(AtomicUsize::new(0));
    let counted = pokes.clone();
    let webhook = Webhook {
        forge: Forge::GitHub,
        secret_file,
        repository: "git@github.com:codertocat/hello-world.git".to_owned(),
        branch: "master".to_owned(),
        poke: Arc::new(move || counted.fetch_add(1, Ordering::Relaxed) == 0),
    };
    let parts = Parts {
        webhook: Some(webhook),
        ..nothing()
    };
    let served = block_on(Served::start(parts)).unwrap();
    let examples = examples();
    let (mut pushes, mut pings) = (0, 0);
    for (event, payload) in &examples {
        let body = payload.to_string();
        let headers = github(event, "canary", &body);
        let headers = headers.each_ref().map(|(name, value)| (*name, &**value));
        let (status, text) = send(served.port, "POST", "/webhook", &headers, &body).unwrap();
        let expected = match (&**event, payload["ref"].as_str()) {
            ("push", Some("refs/heads/master")) => {
                pushes += 1;
                "accepted\n".to_owned()
            }
            ("push", _) => "ignored: another branch\n".to_owned(),
            ("ping", _) => {
                pings += 1;
                "pong\n".to_owned()
            }
            _ => format!("ignored: the event {event}\n"),
        };
        assert_eq!((status, text), (202, expected), "{event}");
    }
    println!(
        "{} examples: {pushes} pushes, {pings} pings",
        examples.len()
    );
    assert!(pushes > 0 && pings > 0);
    assert_eq!(pokes.load(Ordering::Relaxed), pushes);
}
