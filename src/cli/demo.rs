//! `trueup demo`: the main job on the example, on this machine, through the product's own code paths.
//!
//! A scratch folder holds a Git repository made of the example, the settings, and a rules directory;
//! where `prometheus` is installed, a real one on loopback loads the rules.

mod grafana;
mod scene;
mod server;

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::Value;

use super::{FAILED, Failure, open, output, run};
use crate::model::{LogFormat, LogLevel};
use crate::reconcile::status::Board;
use crate::reconcile::stop::Stop;
use crate::telemetry;
use grafana::Grafana;
use scene::Scene;
use server::Prometheus;

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// End after the first changes are live, instead of waiting for yours
    #[arg(long)]
    once: bool,
}

/// How long the demo waits for something to become live.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) async fn run(args: DemoArgs) -> Result<u8, Failure> {
    let stop = Stop::default();
    stop.on_signals();
    let grafana = Grafana::find();
    let scene = Scene::set(grafana.is_some())?;
    output::print(&format!("Scratch folder: {}\n", scene.folder().display()))?;
    let prometheus = Prometheus::start(&scene).await?;
    let address = prometheus.as_ref().map(|server| server.address.clone());
    match &address {
        Some(address) => output::print(&format!("Prometheus:     {address}\n"))?,
        None => output::print(
            "Prometheus:     not installed; the rule files are kept true all the same\n",
        )?,
    }
    match &grafana {
        Some(grafana) => output::print(&format!("Grafana:        {}\n", grafana.url))?,
        None => output::print(&grafana::how())?,
    }
    let settings = scene.write_settings(address.as_deref(), grafana.as_ref())?;
    let settings = Arc::new(open::settings(&settings)?);
    output::print(&format!(
        "Settings:       {}\n\n",
        scene.settings().display()
    ))?;
    telemetry::init(LogFormat::Text, LogLevel::Info)?;
    let running = run::start(settings, stop.clone()).await?;
    let code = tour(&scene, &running.board, address.as_deref(), &stop, &args).await;
    if code.is_err() || args.once {
        stop.stop();
    }
    let ended = running.finish().await;
    if let Some(server) = prometheus {
        server.end().await;
    }
    if grafana.is_some() {
        output::print("What was made in Grafana stays there; its marker is trueup:demo.\n")?;
    }
    code.map(|code| code.max(ended))
}

/// Shows the first apply, a commit, and says what to try.
async fn tour(
    scene: &Scene,
    board: &Board,
    address: Option<&str>,
    stop: &Stop,
    args: &DemoArgs,
) -> Result<u8, Failure> {
    let first = scene.head()?;
    let started = Instant::now();
    if !live(board, &first, stop).await {
        return Ok(gave_up(stop));
    }
    let groups = synced(board);
    output::print(&format!(
        "\n{groups} rule groups of three teams are live, {:.1} s after the daemon started.\n\
         Now a commit: the threshold of PrometheusTooManySeries goes down to 100.\n\n",
        started.elapsed().as_secs_f64()
    ))?;
    let second = scene.change_threshold()?;
    let started = Instant::now();
    if !live(board, &second, stop).await {
        return Ok(gave_up(stop));
    }
    output::print(&format!(
        "\nLive {:.2} s after the commit. One group was written, with one reload; the other {} were \
         not touched.\n",
        started.elapsed().as_secs_f64(),
        groups.saturating_sub(1),
    ))?;
    if args.once {
        return Ok(0);
    }
    output::print(&invitation(scene, address))?;
    stop.stopped().await;
    output::print("\nEnding; the scratch folder goes with it.\n")?;
    Ok(0)
}

fn gave_up(stop: &Stop) -> u8 {
    if stop.is_stopped() {
        return 0;
    }
    output::log(&format!(
        "it did not become live within {} s; the log above says why\n",
        PATIENCE.as_secs()
    ));
    FAILED
}

/// Waits until all targets are synced at a revision; false where that does not happen.
async fn live(board: &Board, revision: &str, stop: &Stop) -> bool {
    let wait = async {
        let mut changed = board.changes();
        loop {
            let status = board.to_json();
            let arrived =
                |target: &Value| target["state"] == "synced" && target["revision"] == revision;
            let targets = status["targets"].as_array();
            if targets.is_some_and(|targets| targets.iter().all(arrived)) {
                return true;
            }
            if changed.changed().await.is_err() {
                return false;
            }
        }
    };
    tokio::select! {
        () = stop.stopped() => false,
        arrived = tokio::time::timeout(PATIENCE, wait) => arrived.unwrap_or(false),
    }
}

/// The rule groups that are live.
fn synced(board: &Board) -> u64 {
    let status = board.to_json();
    let mut targets = status["targets"].as_array().into_iter().flatten();
    let prometheus = targets.find(|target| target["provider"] == "prometheus");
    let count = prometheus.map(|target| &target["counts"]["synced"]);
    count.and_then(Value::as_u64).unwrap_or(0)
}

fn invitation(scene: &Scene, address: Option<&str>) -> String {
    let repository = scene.repository();
    let repository = repository.display();
    let look = address.map_or_else(
        || format!("ls -l {}", scene.rules().display()),
        |address| format!("{address}/alerts"),
    );
    format!(
        "\n\
         Look:\n  {look}\n  curl -s http://{listen}/status\n\n\
         Try, in another terminal, and watch the log here:\n  \
           cd {repository}\n  \
           edit infrastructure/rules/prometheus.yaml, then: git commit -am 'Try something'\n  \
           break it, commit, and see what stays live\n  \
           edit a file in {rules} by hand: it comes back within five seconds\n\n\
         Ctrl-C ends everything.\n\n",
        listen = scene.listen(),
        rules = scene.rules().display(),
    )
}
