//! A real Prometheus for the demo, where one is installed.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};

use super::scene::{Scene, free_address};
use crate::cli::Failure;

/// How long it may take to start, and to end.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Prometheus {
    /// `http://127.0.0.1:<port>`
    pub(super) address: String,
    child: Child,
}

impl Prometheus {
    /// Starts one on loopback that scrapes itself and loads the scene's rules; `None` where none is
    /// installed.
    pub(super) async fn start(scene: &Scene) -> Result<Option<Self>, Failure> {
        let listen = free_address()?;
        let config = scene.folder().join("prometheus.yml");
        let rules = scene.rules();
        std::fs::write(
            &config,
            format!(
                "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\n\
                 rule_files: [\"{}/*.yaml\"]\n\
                 scrape_configs:\n  - job_name: prometheus\n    \
                   static_configs: [{{ targets: [\"{listen}\"] }}]\n",
                rules.display()
            ),
        )?;
        let log = std::fs::File::create(scene.folder().join("prometheus.log"))?;
        let spawned = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                scene.folder().join("prometheus-data").display()
            ))
            .arg(format!("--web.listen-address={listen}"))
            .arg("--web.enable-lifecycle")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // Ctrl-C goes to the whole group of the terminal; the demo ends it itself, last.
            .process_group(0)
            .kill_on_drop(true)
            .spawn();
        let child = match spawned {
            Ok(child) => child,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::from(format!("cannot start prometheus: {error}"))),
        };
        let mut server = Self {
            address: format!("http://{listen}"),
            child,
        };
        server.ready(scene).await?;
        Ok(Some(server))
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
        tokio::select! {
            ready = tokio::time::timeout(PATIENCE, poll) => ready.map_err(|_| {
                Failure::from("prometheus did not become ready within 30 s")
            }),
            ended = self.child.wait() => {
                let log = std::fs::read_to_string(scene.folder().join("prometheus.log"));
                let log = log.unwrap_or_default();
                let last = log.lines().last().unwrap_or("it printed nothing").to_owned();
                Err(Failure::from(format!("prometheus ended ({}): {last}", ended?)))
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
