//! `trueup demo`: the main job on the example, on this machine, through the product's own code paths.
//!
//! A scratch folder holds a Git repository made of the example, the settings, a rules directory and the file of an
//! Alertmanager; where Prometheus and Alertmanager are installed, real ones on loopback load them, and what
//! Alertmanager sends arrives at a server of the demo's own.

mod grafana;
mod inbox;
mod scene;
mod server;

use std::path::PathBuf;
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
use inbox::Inbox;
use scene::Scene;
use server::Server;

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// End after the first changes are live, instead of waiting for yours
    #[arg(long)]
    once: bool,
}

/// How long the demo waits for something to become live, or to arrive.
const PATIENCE: Duration = Duration::from_mins(1);

/// The alert that the demo lets fire, whose pager hears of it, and what Alertmanager calls that receiver.
const ALERT: &str = "BookingApiGone";
const PAGER: &str = "booking/pager";
const RECEIVER: &str = "booking/routing/pager";

pub(super) async fn run(args: DemoArgs) -> Result<u8, Failure> {
    let stop = Stop::default();
    stop.on_signals();
    let grafana = Grafana::find();
    let inbox = Inbox::open().await?;
    let scene = Scene::set(grafana.is_some(), inbox.address)?;
    output::print(&format!("Scratch folder: {}\n", scene.folder().display()))?;
    let alertmanager = Server::alertmanager(&scene).await?;
    let prometheus = Server::prometheus(&scene, alertmanager.as_ref()).await?;
    output::print(&servers(
        prometheus.as_ref(),
        alertmanager.as_ref(),
        grafana.as_ref(),
    ))?;
    let stage = Stage {
        scene,
        prometheus: prometheus.as_ref().map(|server| server.address.clone()),
        alertmanager: alertmanager.as_ref().map(|server| server.address.clone()),
        inbox,
        stop: stop.clone(),
    };
    let settings = stage.settings(grafana.as_ref())?;
    let settings = Arc::new(open::settings(&settings)?);
    output::print(&format!(
        "Settings:       {}\n\n",
        stage.scene.settings().display()
    ))?;
    telemetry::init(LogFormat::Text, LogLevel::Info)?;
    let running = run::start(settings, stop.clone(), None).await?;
    let code = stage.tour(&running.board, &args).await;
    if code.is_err() || args.once {
        stop.stop();
    }
    let ended = running.finish().await;
    for server in [prometheus, alertmanager].into_iter().flatten() {
        server.end().await;
    }
    if grafana.is_some() {
        output::print("What was made in Grafana stays there; its marker is trueup:demo.\n")?;
    }
    code.map(|code| code.max(ended))
}

/// What is there, and what is not.
fn servers(
    prometheus: Option<&Server>,
    alertmanager: Option<&Server>,
    grafana: Option<&Grafana>,
) -> String {
    let prometheus = prometheus.map_or_else(
        || "not installed; the rule files are kept true all the same".to_owned(),
        |server| server.address.clone(),
    );
    let alertmanager = alertmanager.map_or_else(
        || "not installed; its file is kept true all the same".to_owned(),
        |server| {
            format!(
                "{}, with a file that somebody wrote by hand; it is adopted",
                server.address
            )
        },
    );
    let grafana = grafana.map_or_else(grafana::how, |grafana| {
        format!("Grafana:        {}\n", grafana.url)
    });
    format!("Prometheus:     {prometheus}\nAlertmanager:   {alertmanager}\n{grafana}")
}

/// Everything that the daemon works with.
struct Stage {
    scene: Scene,
    /// Addresses of the servers that are there.
    prometheus: Option<String>,
    alertmanager: Option<String>,
    inbox: Inbox,
    stop: Stop,
}

impl Stage {
    fn settings(&self, grafana: Option<&Grafana>) -> Result<PathBuf, Failure> {
        let (prometheus, alertmanager) = (self.prometheus.as_deref(), self.alertmanager.as_deref());
        self.scene.write_settings(prometheus, alertmanager, grafana)
    }

    /// Shows the first apply, a commit, and the alert that follows, and says what to try.
    async fn tour(&self, board: &Board, args: &DemoArgs) -> Result<u8, Failure> {
        let first = self.scene.head()?;
        let started = Instant::now();
        if !live(board, &first, &self.stop).await {
            return Ok(gave_up(&self.stop, NOT_LIVE));
        }
        let groups = synced(board);
        output::print(&format!(
            "\n{groups} rule groups of three teams are live, and where their alerts go, {:.1} s after the daemon \
             started.\n\
             Now a commit of the team booking: {ALERT} is to page at once, not after five minutes.\n\n",
            started.elapsed().as_secs_f64()
        ))?;
        let committed = Instant::now();
        let second = self.scene.change_patience()?;
        if !live(board, &second, &self.stop).await {
            return Ok(gave_up(&self.stop, NOT_LIVE));
        }
        output::print(&format!(
            "\nLive {:.2} s after the commit. One group was written, with one reload; the other {} were \
             not touched.\n",
            committed.elapsed().as_secs_f64(),
            groups.saturating_sub(1),
        ))?;
        if let (Some(_), Some(alertmanager)) = (&self.prometheus, &self.alertmanager)
            && !self.alert(alertmanager, committed).await?
        {
            return Ok(gave_up(&self.stop, NOT_HEARD));
        }
        if args.once {
            return Ok(0);
        }
        output::print(&self.invitation())?;
        self.stop.stopped().await;
        output::print("\nEnding; the scratch folder goes with it.\n")?;
        Ok(0)
    }

    /// Waits for the alert that the commit lets fire; false where it does not arrive.
    async fn alert(&self, alertmanager: &str, committed: Instant) -> Result<bool, Failure> {
        output::print(&format!(
            "Nothing here is a booking-api, so {ALERT} fires. Waiting for booking's pager.\n\n"
        ))?;
        let arrival = tokio::select! {
            () = self.stop.stopped() => None,
            arrival = tokio::time::timeout(PATIENCE, self.inbox.arrival(PAGER, ALERT, committed)) => {
                arrival.ok().flatten()
            }
        };
        let Some(arrival) = arrival else {
            return Ok(false);
        };
        let reached = reached(alertmanager).await?;
        let whom = match &*reached {
            [only] if only == RECEIVER => format!("{only}, and nobody else"),
            several => several.join(" and "),
        };
        output::print(&format!(
            "\nbooking's pager got it {:.1} s after the commit: 5 s are the `groupWait` that booking chose, and \
             Prometheus\nlooks for its Alertmanagers anew after each reload.\n\
             Whom it reached, by Alertmanager's own account: {whom}.\n",
            arrival.duration_since(committed).as_secs_f64(),
        ))?;
        Ok(true)
    }

    fn invitation(&self) -> String {
        let repository = self.scene.repository();
        let rules = self.scene.rules();
        let look = match &self.prometheus {
            Some(address) => format!("{address}/alerts"),
            None => format!("ls -l {}", rules.display()),
        };
        let routes = match &self.alertmanager {
            Some(address) => format!("{address}/#/alerts"),
            None => format!("less {}", self.scene.alertmanager_file().display()),
        };
        format!(
            "\n\
             Look:\n  {look}\n  {routes}\n  curl -s http://{listen}/status\n\n\
             Try, in another terminal, and watch the log here:\n  \
               cd {repository}\n  \
               edit infrastructure/rules/prometheus.yaml, then: git commit -am 'Try something'\n  \
               let the pages of teams/booking/alertmanagerconfig.yaml go to the chat, and commit\n  \
               break one of them, commit, and see what stays live\n  \
               edit a file in {rules}, or {file}, by hand: it comes back within five seconds\n\n\
             Ctrl-C ends everything.\n\n",
            repository = repository.display(),
            listen = self.scene.listen(),
            rules = rules.display(),
            file = self.scene.alertmanager_file().display(),
        )
    }
}

/// The receivers that the alert reaches, as Alertmanager tells.
async fn reached(alertmanager: &str) -> Result<Vec<String>, Failure> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{alertmanager}/api/v2/alerts");
    let alerts: Value = client.get(&url).send().await?.json().await?;
    let alerts = alerts.as_array().into_iter().flatten();
    let receivers = alerts
        .filter(|alert| alert["labels"]["alertname"] == ALERT)
        .filter_map(|alert| alert["receivers"].as_array())
        .flatten()
        .filter_map(|receiver| receiver["name"].as_str());
    let mut receivers: Vec<String> = receivers.map(str::to_owned).collect();
    receivers.sort();
    receivers.dedup();
    Ok(receivers)
}

const NOT_LIVE: &str = "it did not become live within a minute; the log above says why\n";
const NOT_HEARD: &str = "booking's pager heard nothing within a minute\n";

fn gave_up(stop: &Stop, why: &str) -> u8 {
    if stop.is_stopped() {
        return 0;
    }
    output::log(why);
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
