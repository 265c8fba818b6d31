//! Metrics fences: the whole corpus and generated expressions, looked at with other parsers than ours.

mod dashboards;
mod generated;
mod oracle;
mod rules;

use std::path::{Path, PathBuf};

use libtest_mimic::Trial;

use crate::support::{Need, test};

const CORPUS: Need = Need::Env("TRUEUP_CORPUS");

pub fn tests() -> Vec<Trial> {
    vec![
        test(
            "fence::every_selector_of_every_rule",
            &[CORPUS],
            rules::every_selector,
        ),
        test(
            "fence::prometheus_takes_every_rule",
            &[CORPUS, Need::Program("promtool")],
            rules::prometheus_takes_them,
        ),
        test(
            "fence::every_query_of_every_dashboard",
            &[CORPUS],
            dashboards::every_query,
        ),
        test(
            "fence::every_selector_of_generated_expressions",
            &[],
            generated::every_selector,
        ),
        test(
            "fence::pieces_put_together_do_not_get_out",
            &[],
            generated::pieces,
        ),
    ]
}

fn corpus() -> PathBuf {
    std::env::var_os("TRUEUP_CORPUS")
        .map(PathBuf::from)
        .unwrap()
}

/// All files below a folder with one of these extensions, sorted.
fn files(folder: &Path, kinds: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let kind = path.extension().and_then(|kind| kind.to_str());
            if path.is_dir() {
                folders.push(path);
            } else if kind.is_some_and(|kind| kinds.contains(&kind)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
