//! The scratch folder of the demo: a repository, settings, and places for rules and state.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use tempfile::TempDir;

use super::grafana::Grafana;
use crate::cli::Failure;

static EXAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/platform-repo-example");

/// The file and the text that the demo changes.
const CHANGED_FILE: &str = "infrastructure/rules/prometheus.yaml";
const THRESHOLD: (&str, &str) = (
    "prometheus_tsdb_head_series > 2e6",
    "prometheus_tsdb_head_series > 100",
);

/// Stands in the example's `trueup.yaml`.
const EXCLUDED: &str = "    - charts/**\n";

/// Removed with all that is in it when dropped.
#[derive(Debug)]
pub(super) struct Scene {
    folder: TempDir,
    listen: SocketAddr,
}

impl Scene {
    /// Writes the example and commits it; without what stands on a Grafana where there is none.
    pub(super) fn set(grafana: bool) -> Result<Self, Failure> {
        let scene = Self {
            folder: tempfile::Builder::new().prefix("trueup-demo-").tempdir()?,
            listen: free_address()?,
        };
        std::fs::create_dir(scene.rules())?;
        std::fs::create_dir(scene.repository())?;
        EXAMPLE.extract(scene.repository())?;
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
        grafana: Option<&Grafana>,
    ) -> Result<PathBuf, Failure> {
        let url = prometheus.map_or_else(String::new, |url| format!("    url: {url}\n"));
        let grafana = match grafana {
            Some(grafana) => grafana.target(self.folder())?,
            None => String::new(),
        };
        let text = format!(
            "instance: demo\n\
             repository:\n  url: platform\n  branch: main\n\
             targets:\n  - name: prometheus-demo\n    provider: prometheus\n    \
               labels: {{ env: prod }}\n{url}    rules_dir: rules\n{grafana}\
             reconcile:\n  interval: 5s\n\
             state:\n  path: var/trueup.db\n\
             server:\n  listen: {}\n",
            self.listen
        );
        std::fs::write(self.settings(), text)?;
        Ok(self.settings())
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

    /// Changes one threshold and commits that; returns the commit.
    pub(super) fn change_threshold(&self) -> Result<String, Failure> {
        let file = self.repository().join(CHANGED_FILE);
        let text = std::fs::read_to_string(&file)?;
        std::fs::write(&file, text.replace(THRESHOLD.0, THRESHOLD.1))?;
        self.commit("Warn about many series early")
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

/// A free port on loopback; somebody else could take it before it is used, which then is said.
pub(super) fn free_address() -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_stands_in_the_example() {
        let file = EXAMPLE.get_file(CHANGED_FILE).unwrap();
        assert!(file.contents_utf8().unwrap().contains(THRESHOLD.0));
        let platform = EXAMPLE.get_file("trueup.yaml").unwrap();
        assert!(platform.contents_utf8().unwrap().contains(EXCLUDED));
    }
}
