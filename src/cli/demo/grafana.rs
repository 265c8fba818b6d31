//! The Grafana that the demo may use: one that somebody names, never one that is found.

use std::path::Path;

use crate::cli::Failure;

const URL: &str = "TRUEUP_DEMO_GRAFANA_URL";
const TOKEN: &str = "TRUEUP_DEMO_GRAFANA_TOKEN";
const PASSWORD: &str = "TRUEUP_DEMO_GRAFANA_PASSWORD";

/// A server with how to sign in there.
#[derive(Debug)]
pub(super) struct Grafana {
    pub(super) url: String,
}

impl Grafana {
    /// What the environment names.
    pub(super) fn find() -> Option<Self> {
        let url = std::env::var(URL).ok().filter(|url| !url.is_empty())?;
        Some(Self { url })
    }

    /// The target for the settings. Without a token it is the `admin` of a fresh Grafana.
    pub(super) fn target(&self, scratch: &Path) -> Result<String, Failure> {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let auth = if set(TOKEN) {
            format!("token_env: {TOKEN}")
        } else if set(PASSWORD) {
            format!("username: admin, password_env: {PASSWORD}")
        } else {
            std::fs::write(scratch.join("grafana-password"), "admin\n")?;
            "username: admin, password_file: grafana-password".to_owned()
        };
        Ok(format!(
            "  - name: grafana-demo\n    provider: grafana\n    labels: {{ env: prod }}\n    url: {}\n    \
               auth: {{ {auth} }}\n",
            self.url
        ))
    }
}

/// How to see dashboards, too.
pub(super) fn how() -> String {
    format!(
        "Grafana:        none is named; to see dashboards too, start one and set {URL} (and {TOKEN}, or \
         {PASSWORD} of admin)\n"
    )
}
