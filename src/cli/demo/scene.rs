//! The scratch folder of the demo: a repository, settings, and places for rules, routing and state.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use tempfile::TempDir;

use super::grafana::Grafana;
use crate::cli::Failure;

static EXAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/platform-repo-example");

/// The file and the text that the demo changes.
const CHANGED_FILE: &str = "teams/booking/booking-api/alerts.yaml";
const PATIENCE: (&str, &str) = (
    "absent(up{job=\"booking-api\", namespace=\"booking\"})\n        for: 5m\n",
    "absent(up{job=\"booking-api\", namespace=\"booking\"})\n        for: 0s\n",
);

/// Where all receivers of the example lead. In the scratch copy it is where the demo listens.
const RECEIVERS: &str = "127.0.0.1:9099";

/// Stands in the example's `trueup.yaml`.
const EXCLUDED: &str = "    - charts/**\n";

/// Removed with all that is in it when dropped.
#[derive(Debug)]
pub(super) struct Scene {
    folder: TempDir,
    listen: SocketAddr,
}

impl Scene {
    /// Writes the example and commits it; without what stands on a Grafana where there is none, and with receivers
    /// that lead to `inbox`.
    pub(super) fn set(grafana: bool, inbox: SocketAddr) -> Result<Self, Failure> {
        let scene = Self {
            folder: tempfile::Builder::new().prefix("trueup-demo-").tempdir()?,
            listen: free_address()?,
        };
        std::fs::create_dir(scene.rules())?;
        std::fs::create_dir(scene.repository())?;
        EXAMPLE.extract(scene.repository())?;
        lead_receivers(&EXAMPLE, &scene.repository(), inbox)?;
        scene.leave_a_file(inbox)?;
        if !grafana {
            scene.leave_dashboards_out()?;
        }
        let mut options = git2::RepositoryInitOptions::new();
        options.initial_head("main");
        let repository = git2::Repository::init_opts(scene.repository(), &options)?;
        // So that the user's own commits work without any set-up.
        let mut config = repository.config()?;
        config.set_str("user.name", "Demo")?;
        config.set_str("user.email", "demo@example.com")?;
        scene.commit("Everything that Tern Lines runs on")?;
        Ok(scene)
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn repository(&self) -> PathBuf {
        self.folder().join("platform")
    }

    pub(super) fn rules(&self) -> PathBuf {
        self.folder().join("rules")
    }

    /// What Alertmanager reads.
    pub(super) fn alertmanager_file(&self) -> PathBuf {
        self.folder().join("alertmanager.yml")
    }

    pub(super) fn settings(&self) -> PathBuf {
        self.folder().join("trueup.yaml")
    }

    pub(super) fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// The settings of the daemon, as somebody would write them.
    pub(super) fn write_settings(
        &self,
        prometheus: Option<&str>,
        alertmanager: Option<&str>,
        grafana: Option<&Grafana>,
    ) -> Result<PathBuf, Failure> {
        let url =
            |url: Option<&str>| url.map_or_else(String::new, |url| format!("    url: {url}\n"));
        let grafana = match grafana {
            Some(grafana) => grafana.target(self.folder())?,
            None => String::new(),
        };
        let text = format!(
            "instance: demo\n\
             repository:\n  url: platform\n  branch: main\n\
             targets:\n  - name: prometheus-demo\n    provider: prometheus\n    \
               labels: {{ env: prod }}\n{}    rules_dir: rules\n  \
             - name: alertmanager-demo\n    provider: alertmanager\n    \
               labels: {{ env: prod }}\n{}    config_file: alertmanager.yml\n    \
               base_file: infrastructure/alertmanager.yaml\n    fence_label: namespace\n    \
               # The file that was there before may be taken over.\n    adopt: true\n\
             {grafana}\
             reconcile:\n  interval: 5s\n\
             state:\n  path: var/trueup.db\n\
             server:\n  listen: {}\n",
            url(prometheus),
            url(alertmanager),
            self.listen
        );
        std::fs::write(self.settings(), text)?;
        Ok(self.settings())
    }

    /// An Alertmanager does not start without a file, and hardly anybody begins without one: this one is adopted, as
    /// that of a newcomer would be.
    fn leave_a_file(&self, inbox: SocketAddr) -> Result<(), Failure> {
        let text = format!(
            "# Written by hand, long before Trueup.\n\
             route: {{ receiver: ops }}\n\
             receivers:\n  - name: ops\n    webhook_configs: [{{ url: \"http://{inbox}/ops\" }}]\n"
        );
        std::fs::write(self.alertmanager_file(), text)?;
        Ok(())
    }

    /// Nothing that is declared for a Grafana could be placed.
    fn leave_dashboards_out(&self) -> Result<(), Failure> {
        let file = self.repository().join("trueup.yaml");
        let text = std::fs::read_to_string(&file)?;
        let without = format!("{EXCLUDED}    - \"**/grafana/**\"\n");
        std::fs::write(&file, text.replace(EXCLUDED, &without))?;
        Ok(())
    }

    /// The head commit, in full.
    pub(super) fn head(&self) -> Result<String, Failure> {
        let repository = git2::Repository::open(self.repository())?;
        let head = repository.head()?.peel_to_commit()?;
        Ok(head.id().to_string())
    }

    /// Lets an alert fire at once and commits that; returns the commit.
    pub(super) fn change_patience(&self) -> Result<String, Failure> {
        let file = self.repository().join(CHANGED_FILE);
        let text = std::fs::read_to_string(&file)?;
        std::fs::write(&file, text.replace(PATIENCE.0, PATIENCE.1))?;
        self.commit("Page at once when booking-api is gone")
    }

    fn commit(&self, message: &str) -> Result<String, Failure> {
        let repository = git2::Repository::open(self.repository())?;
        let mut index = repository.index()?;
        index.add_all(["*"], git2::IndexAddOption::DEFAULT, None)?;
        index.write()?;
        let tree = repository.find_tree(index.write_tree()?)?;
        let author = git2::Signature::now("Demo", "demo@example.com")?;
        let parent = match repository.head() {
            Ok(head) => Some(head.peel_to_commit()?),
            Err(_) => None,
        };
        let parents: Vec<_> = parent.iter().collect();
        let id = repository.commit(Some("HEAD"), &author, &author, message, &tree, &parents)?;
        Ok(id.to_string())
    }
}

/// Lets what is written in `repository` name where the demo listens, instead of where the example's receivers are.
fn lead_receivers(example: &Dir<'_>, repository: &Path, inbox: SocketAddr) -> Result<(), Failure> {
    for file in example.files() {
        let text = file.contents_utf8().unwrap_or_default();
        if text.contains(RECEIVERS) {
            let text = text.replace(RECEIVERS, &inbox.to_string());
            std::fs::write(repository.join(file.path()), text)?;
        }
    }
    for folder in example.dirs() {
        lead_receivers(folder, repository, inbox)?;
    }
    Ok(())
}

/// A free port on loopback; somebody else could take it before it is used, which then is said.
pub(super) fn free_address() -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_changed_stands_in_the_example() {
        let file = EXAMPLE.get_file(CHANGED_FILE).unwrap();
        assert!(file.contents_utf8().unwrap().contains(PATIENCE.0));
        let platform = EXAMPLE.get_file("trueup.yaml").unwrap();
        assert!(platform.contents_utf8().unwrap().contains(EXCLUDED));
    }
}
