//! What is asked of a daemon over HTTP, and what webhooks bring about.

mod load;
mod metrics;
mod readiness;
mod webhook;

use std::fs;

use libtest_mimic::Trial;

use super::repository::group;
use super::running::Daemon;
use super::world::World;
use crate::source::fixture::{self, git};
use crate::source::nginx::Nginx;

pub fn tests() -> Vec<Trial> {
    [
        load::tests(),
        metrics::tests(),
        readiness::tests(),
        webhook::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What the forges share with the daemon. It must show up nowhere.
const SECRET: &str = "canary-4b1d";

/// A world that expects webhooks of a kind.
fn hooked(kind: &str) -> World {
    let mut world = World::shop();
    fs::write(world.path("secret"), SECRET).unwrap();
    let url = world.platform.file_url();
    world.set(|setup| {
        setup.url = url;
        setup.repository = "poll: 1h".into();
        setup.server = format!("webhook: {{ kind: {kind}, secret_file: secret }}");
    });
    world
}

/// Such a world whose repository is elsewhere: nothing of what is pushed there shows on this machine.
struct Hosted {
    world: World,
    nginx: Nginx,
    /// The folder of the other machine.
    elsewhere: fixture::World,
}

impl Hosted {
    fn new(kind: &str) -> Self {
        let mut world = hooked(kind);
        let elsewhere = fixture::World::new();
        let nginx = Nginx::start(&elsewhere, 1);
        let (url, ca_file) = (nginx.url("git"), nginx.ca_file.display().to_string());
        world.set(|setup| {
            setup.url = url;
            setup.repository = format!("poll: 1h, tls: {{ ca_file: '{ca_file}' }}");
        });
        let hosted = Self {
            world,
            nginx,
            elsewhere,
        };
        let served = hosted.served();
        git(
            hosted.elsewhere.folder.path(),
            ["init", "-q", "--bare", "-b", "main", &served],
        );
        hosted.push();
        hosted
    }

    fn served(&self) -> String {
        let served = self.elsewhere.path("served/platform.git");
        served.display().to_string()
    }

    fn push(&self) {
        let branch = ["push", "-q", &self.served(), "main"];
        git(self.world.platform.folder(), branch);
    }

    /// Commits and pushes a change; returns the commit.
    fn change(&self, threshold: usize) -> String {
        let head = change(&self.world, threshold);
        self.push();
        head
    }

    /// How often its server was asked for what the branches are at.
    fn asked(&self) -> usize {
        let requests = self.nginx.requests();
        let refs = requests.iter().filter(|line| line.contains("/info/refs"));
        refs.count()
    }
}

/// Commits a change of one rule; returns the commit.
fn change(world: &World, threshold: usize) -> String {
    let rules = group("a", "AisDown", &format!("up == {threshold}"));
    world.platform.write("rules/a.yaml", rules);
    world.platform.commit(&format!("Threshold {threshold}"))
}

/// How often the repository was looked at.
fn looks(daemon: &Daemon) -> f64 {
    daemon.metric("trueup_git_fetch_duration_seconds_count")
}
