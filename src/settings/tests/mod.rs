//! The settings file as its writers see it.

mod errors;
mod files;
mod values;

use std::path::Path;

use super::Settings;

const MINIMAL: &str = "\
instance: acme
repository: { url: https://git.example.com/acme/platform.git }
targets:
  - name: prometheus-eu
    provider: prometheus
    rules_dir: rules
";

fn parse(text: &str) -> Result<Settings, String> {
    Settings::parse(text, Path::new("/etc/trueup/trueup.yaml")).map_err(|errors| errors.to_string())
}

fn settings(text: &str) -> Settings {
    parse(text).unwrap_or_else(|errors| panic!("{errors}\n{text}"))
}

/// `MINIMAL` with other lines for its repository.
fn with_repository(lines: &str) -> String {
    let lines = lines.replace('\n', "\n  ");
    MINIMAL.replace(
        "repository: { url: https://git.example.com/acme/platform.git }",
        &format!("repository:\n  {lines}"),
    )
}

/// `MINIMAL` with more lines for its target.
fn with_target(lines: &str) -> String {
    let lines = lines.replace('\n', "\n    ");
    format!("{MINIMAL}    {lines}\n")
}
