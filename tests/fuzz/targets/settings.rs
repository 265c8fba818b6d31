//! Any text as the daemon's settings: no panic, and every fault within the text.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use trueup::settings::Settings;
use trueup_fuzz::check_position;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match Settings::parse(text, Path::new("/nowhere/trueup.yaml")) {
        Ok(settings) => {
            assert!(!settings.instance.is_empty());
            let targets: Vec<_> = settings.targets.iter().map(|t| t.to_target().name).collect();
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
                    check_position(position, text.as_bytes(), &format!("{error:?}"));
                }
            }
            _ = errors.to_string();
        }
    }
});
