//! Every rule file of the corpus, as file and as `PrometheusRule`.

use std::path::{Path, PathBuf};

use libtest_mimic::Trial;

use super::{errors, load, load_rules, promtool};
use crate::support::{Need, test};

const CORPUS: Need = Need::Env("TRUEUP_CORPUS");

pub fn tests() -> Vec<Trial> {
    vec![
        test(
            "check::corpus::rule_files",
            &[CORPUS, Need::Program("promtool")],
            rule_files,
        ),
        test(
            "check::corpus::prometheus_rules",
            &[CORPUS, Need::Program("promtool")],
            manifests,
        ),
        test(
            "check::corpus::nothing_of_others_is_an_error",
            &[CORPUS],
            everything,
        ),
    ]
}

fn corpus() -> PathBuf {
    std::env::var_os("TRUEUP_CORPUS")
        .map(PathBuf::from)
        .unwrap()
}

/// All files below a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn rule_files() {
    let all = files(&corpus().join("mixins"));
    let rules = all
        .iter()
        .filter(|path| path.parent().unwrap().ends_with("prometheus"));
    let mut count = 0;
    for path in rules {
        let text = std::fs::read(path).unwrap();
        let (accepted, said) = promtool(&text);
        let loaded = load_rules(&text);
        assert_eq!(
            errors(&loaded).is_empty(),
            accepted,
            "{}: {said} {:#?}",
            path.display(),
            errors(&loaded)
        );
        count += 1;
    }
    assert!(count > 10, "only {count} rule files");
}

/// `promtool` knows no `PrometheusRule`, so it is given what stands in `spec`.
fn manifests() {
    let all = files(&corpus());
    let mut count = 0;
    for path in all
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
    {
        let text = std::fs::read_to_string(path).unwrap();
        if !text.contains("kind: PrometheusRule") {
            continue;
        }
        let manifest: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
        let spec = serde_yaml::to_string(&manifest["spec"]).unwrap();
        let (accepted, said) = promtool(spec.as_bytes());
        let loaded = load(&[("manifest.yaml", text.as_bytes())]);
        assert_eq!(
            errors(&loaded).is_empty(),
            accepted,
            "{}: {said} {:#?}",
            path.display(),
            errors(&loaded)
        );
        let set = &loaded.declared.rule_sets[0];
        let groups = manifest["spec"]["groups"].as_sequence().unwrap();
        assert_eq!(set.groups.len(), groups.len());
        assert!(set.groups.iter().all(|group| group.validity.is_valid()));
        count += 1;
    }
    assert!(count >= 8, "only {count} manifests");
}

/// The whole corpus as one repository: only templates of others do not parse, and that is a warning. What is wrong with
/// entities is held to Backstage itself (`backstage::corpus`), which refuses the skeletons of its templates.
fn everything() {
    let root = corpus();
    let paths = files(&root);
    let wanted = paths.iter().filter_map(|path| {
        let name = path.strip_prefix(&root).unwrap().to_str()?.to_owned();
        Some((name, std::fs::read(path).unwrap()))
    });
    let owned: Vec<(String, Vec<u8>)> = wanted.collect();
    let borrowed: Vec<(&str, &[u8])> = owned
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_slice()))
        .collect();
    let loaded = load(&borrowed);
    let mut errors = errors(&loaded);
    errors.retain(|found| {
        let file = found.place.as_ref().map(|place| place.file.as_str());
        !file.is_some_and(|file| file.starts_with("backstage-"))
    });
    assert!(errors.is_empty(), "{errors:#?}");
    assert!(loaded.documents > 150, "{} documents", loaded.documents);
}
