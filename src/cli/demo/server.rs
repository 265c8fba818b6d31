//! Real servers for the demo, where they are installed.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};

use super::scene::{Scene, free_address};
use crate::cli::Failure;

/// How long one may take to start, and to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server on a free port of loopback, with all its state in the scene's folder.
#[derive(Debug)]
pub(super) struct Server {
    /// `http://127.0.0.1:<port>`
    pub(super) address: String,
    child: Child,
    /// For messages, and the name of its log.
    name: &'static str,
}

impl Server {
    /// A Prometheus that scrapes itself and the daemon, loads the scene's rules, and tells an Alertmanager; `None` where
    /// none is installed.
    pub(super) async fn prometheus(
        scene: &Scene,
        alertmanager: Option<&Self>,
    ) -> Result<Option<Self>, Failure> {
        let listen = free_address()?;
        let alerting = alertmanager.map_or_else(String::new, |server| {
            let address = server.address.trim_start_matches("http://");
            format!(
                "alerting:\n  alertmanagers: [{{ static_configs: [{{ targets: [\"{address}\"] }}] }}]\n"
            )
        });
        let config = scene.folder().join("prometheus.yml");
        std::fs::write(
            &config,
            format!(
                "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\n\
                 rule_files: [\"{}/*.yaml\"]\n\
                 scrape_configs:\n  - job_name: prometheus\n    \
                   static_configs: [{{ targets: [\"{listen}\"] }}]\n  - job_name: trueup\n    \
                   static_configs: [{{ targets: [\"{daemon}\"] }}]\n{alerting}",
                scene.rules().display(),
                daemon = scene.listen(),
            ),
        )?;
        let data = scene.folder().join("prometheus-data");
        let arguments = [
            format!("--config.file={}", config.display()),
            format!("--storage.tsdb.path={}", data.display()),
            format!("--web.listen-address={listen}"),
            "--web.enable-lifecycle".to_owned(),
            // After a reload it looks for its Alertmanagers anew, for up to five seconds; an alert that fires
            // meanwhile is told when it is next sent, which else is a minute later.
            "--rules.alert.resend-delay=3s".to_owned(),
        ];
        let address = format!("http://{listen}");
        Self::start(scene, "prometheus", &["prometheus"], &arguments, address).await
    }

    /// An Alertmanager that runs the file it finds in the scene; `None` where none is installed.
    pub(super) async fn alertmanager(scene: &Scene) -> Result<Option<Self>, Failure> {
        let listen = free_address()?;
        let data = scene.folder().join("alertmanager-data");
        let arguments = [
            format!("--config.file={}", scene.alertmanager_file().display()),
            format!("--storage.path={}", data.display()),
            format!("--web.listen-address={listen}"),
            // It is alone.
            "--cluster.listen-address=".to_owned(),
        ];
        // Debian calls it by a longer name.
        let programs = ["prometheus-alertmanager", "alertmanager"];
        let address = format!("http://{listen}");
        Self::start(scene, "alertmanager", &programs, &arguments, address).await
    }

    /// Starts the first of `programs` that is installed, and waits until it is ready.
    async fn start(
        scene: &Scene,
        name: &'static str,
        programs: &[&str],
        arguments: &[String],
        address: String,
    ) -> Result<Option<Self>, Failure> {
        for program in programs {
            let log = std::fs::File::create(scene.folder().join(format!("{name}.log")))?;
            let spawned = Command::new(program)
                .args(arguments)
                .stdin(Stdio::null())
                .stdout(log.try_clone()?)
                .stderr(log)
                // Ctrl-C goes to the whole group of the terminal; the demo ends it itself, last.
                .process_group(0)
                .kill_on_drop(true)
                .spawn();
            let child = match spawned {
                Ok(child) => child,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => {
                    return Err(Failure::from(format!("cannot start {program}: {error}")));
                }
            };
            let mut server = Self {
                address,
                child,
                name,
            };
            server.ready(scene).await?;
            return Ok(Some(server));
        }
        Ok(None)
    }

    async fn ready(&mut self, scene: &Scene) -> Result<(), Failure> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let url = format!("{}/-/ready", self.address);
        let poll = async {
            loop {
                let answer = client.get(&url).send().await;
                if answer.is_ok_and(|answer| answer.status().is_success()) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let name = self.name;
        tokio::select! {
            ready = tokio::time::timeout(PATIENCE, poll) => ready.map_err(|_| {
                Failure::from(format!("{name} did not become ready within 30 s"))
            }),
            ended = self.child.wait() => {
                let log = std::fs::read_to_string(scene.folder().join(format!("{name}.log")));
                let log = log.unwrap_or_default();
                let last = log.lines().last().unwrap_or("it printed nothing").to_owned();
                Err(Failure::from(format!("{name} ended ({}): {last}", ended?)))
            }
        }
    }

    /// Asks it to end, and waits.
    pub(super) async fn end(mut self) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(id) = id.and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        }
        let _ = tokio::time::timeout(PATIENCE, self.child.wait()).await;
    }
}
