//! A text as a rule file: what is accepted survives printing and the way to disk and back.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use trueup::model::{Spec, promql};
use trueup_fuzz::{check_places, load, path, target};

const SET: &[u8] = b"apiVersion: trueup.dev/v1alpha1
kind: RuleSet
metadata: { name: fuzz }
spec: { targets: all=yes, files: [rules.yaml] }
";

fuzz_target!(|bytes: &[u8]| {
    let texts = [(path("rules.yaml"), bytes), (path("set.yaml"), SET)];
    let loaded = load(&texts);
    check_places(&loaded.diagnostics, &texts);
    let settings = target::settings(Path::new("/nowhere"));
    let resolved = target::resolve(&loaded, &settings);
    let resources: Vec<_> = resolved
        .desired
        .values()
        .flat_map(|on| on.values())
        .collect();
    if resources.is_empty() {
        return;
    }
    for resource in &resources {
        let Spec::RuleGroup(group) = &*resource.spec else {
            continue;
        };
        for rule in &group.rules {
            check_printed(&rule.expr);
        }
    }

    // In memory where there is such a folder: every write is synced.
    let shm = Path::new("/dev/shm");
    let folder = match shm.is_dir() {
        true => tempfile::tempdir_in(shm),
        false => tempfile::tempdir(),
    }
    .expect("a folder");
    let settings = target::settings(folder.path());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    runtime.block_on(target::converges(&resolved, &settings, &texts));
});

/// The printed form, by which expressions are compared, is what the parser makes of the whole expression,
/// and prints as itself.
fn check_printed(expr: &str) {
    let Some(printed) = promql::print(expr) else {
        return;
    };
    if let Ok(parsed) = promql_parser::parser::parse(expr) {
        assert_eq!(printed, parsed.to_string(), "{expr:?}");
    }
    let again = promql::print(&printed);
    assert_eq!(
        again.as_deref(),
        Some(&*printed),
        "{expr:?} prints differently when printed again"
    );
}
