use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::*;

fn config(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("config")
        .join(name)
}

fn two_targets(folder: &Path, first: &str, second: &str) -> Result<Settings, String> {
    let text = format!(
        "{}  - name: other\n    provider: prometheus\n    rules_dir: {second}\n",
        MINIMAL.replace("rules_dir: rules", &format!("rules_dir: {first}"))
    );
    Settings::parse(&text, &folder.join("trueup.yaml")).map_err(|errors| errors.to_string())
}

#[test]
fn one_directory_is_one_targets_however_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::create_dir_all(folder.join("rules/a")).unwrap();
    symlink("rules", folder.join("link")).unwrap();
    for (first, second) in [
        ("rules", "rules"),
        ("rules", "./rules/"),
        ("rules", "link"),
        ("rules", "rules/a/.."),
        ("rules/new/b", "link/new/b"),
        ("missing/x", "missing/y/../x"),
    ] {
        let errors = two_targets(folder, first, second).unwrap_err();
        assert!(
            errors.contains("targets[1].rules_dir: ")
                && errors.contains("directory of prometheus-eu"),
            "{first} {second}: {errors}"
        );
    }
    two_targets(folder, "rules", "rules/a").unwrap();
}

#[test]
fn names_and_former_names_are_one_targets() {
    let text = format!(
        "{MINIMAL}  - name: other\n    provider: prometheus\n    rules_dir: b\n    aliases: [prometheus-eu]\n"
    );
    let errors = parse(&text).unwrap_err();
    assert!(
        errors
            .contains("targets[1].aliases[0]: the name prometheus-eu is taken by targets[0].name"),
        "{errors}"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let errors = Settings::load(Path::new("missing/trueup.yaml")).unwrap_err();
    assert!(
        errors
            .to_string()
            .starts_with("missing/trueup.yaml: cannot read the settings: "),
        "{errors}"
    );
}

#[test]
fn the_schema_in_config_is_this_versions() {
    let path = config("trueup.schema.json");
    let mut text = serde_json::to_string_pretty(&crate::settings::schema()).unwrap();
    text.push('\n');
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == text,
        "config/trueup.schema.json is not in step: run UPDATE=1 cargo test --lib the_schema_in_config"
    );
}

#[test]
fn the_example_shows_every_setting_with_its_default() {
    let text = std::fs::read_to_string(config("trueup.yaml")).unwrap();
    let example = Settings::load(&config("trueup.yaml")).unwrap();
    let defaults = settings(MINIMAL);
    assert_eq!(example.reconcile, defaults.reconcile);
    assert_eq!(example.limits, defaults.limits);
    assert_eq!(example.server.listen, defaults.server.listen);
    assert_eq!(example.log, defaults.log);
    assert_eq!(example.guard.max_deletes, defaults.guard.max_deletes);
    assert_eq!(example.state, config("var/trueup.db"));
    assert_eq!(example.repository.poll, defaults.repository.poll);
    let (shown, default) = (&example.targets[0], &defaults.targets[0]);
    assert_eq!((shown.paused, shown.drift), (default.paused, default.drift));
    assert_eq!(
        (shown.timeout, shown.concurrency),
        (default.timeout, default.concurrency)
    );
    let schema = serde_json::to_value(crate::settings::schema()).unwrap();
    let mut missing = Vec::new();
    let definitions = schema["$defs"].as_object().unwrap().values();
    for definition in definitions.chain([&schema]) {
        let properties = definition
            .get("properties")
            .and_then(|found| found.as_object());
        for key in properties.into_iter().flat_map(serde_json::Map::keys) {
            if !text.contains(&format!("{key}:")) {
                missing.push(key.clone());
            }
        }
    }
    assert!(
        missing.is_empty(),
        "config/trueup.yaml does not show {missing:?}"
    );
}

#[test]
fn the_minimal_settings_are_valid() {
    Settings::load(&config("minimal.yaml")).unwrap();
}
