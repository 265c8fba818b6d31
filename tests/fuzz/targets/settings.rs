//! Any text as the daemon's settings: no panic, and every fault within the text.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use trueup::settings::Settings;
use trueup_fuzz::{YAML_1_2, check_position};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match Settings::parse(text, Path::new("/nowhere/trueup.yaml")) {
        Ok(settings) => {
            assert!(!settings.instance.is_empty());
            let targets: Vec<_> = settings
                .targets
                .iter()
                .map(|t| t.to_target().name)
                .collect();
            let mut names = targets.clone();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), targets.len(), "one name twice: {targets:?}");
            _ = format!("{settings:?}");
        }
        Err(errors) => {
            assert!(!errors.errors.is_empty());
            for error in &errors.errors {
                assert!(!error.message.is_empty());
                if let Some(position) = error.position {
                    // Two parsers say where, and one of them knows the line breaks of YAML 1.1.
                    if !text.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
                        let said = format!("{error:?}");
                        check_position(position, text.as_bytes(), YAML_1_2, &said);
                    }
                }
            }
            _ = errors.to_string();
        }
    }
});
