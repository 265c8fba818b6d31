//! Any bytes as a file of the repository: no panic, no hang, and every place within the text.
#![no_main]


use libfuzzer_sys::fuzz_target;
use trueup::load;
use trueup_fuzz::{check_places, load, parsed, path, snapshot};

fuzz_target!(|bytes: &[u8]| {
    // The length chooses the path, so that any file is a seed as it is.
    let name = ["trueup.yaml", "teams/a/rules.yml", "dashboards/a.json"][bytes.len() % 3];
    let texts = [(path(name), bytes)];
    let loaded = load(&texts);
    check_places(&loaded.diagnostics, &texts);
    for group in loaded.declared.rule_sets.iter().flat_map(|set| &set.groups) {
        assert_eq!(group.spec.is_some(), group.validity.is_valid(), "{group:?}");
    }

    // As the last good text of a file that is broken now, it holds what it declares.
    let broken = [(path(name), &b"a: [apiVersion: trueup.dev/v1alpha1"[..])];
    let after = load::assemble(&snapshot(&broken), &parsed(&broken), &parsed(&texts), &load::Given::default());
    assert!(
        after.declared.rule_sets.len() <= loaded.declared.rule_sets.len(),
        "a last good text declares more than it did when it was current"
    );

    // The same bytes, the same result.
    let again = load::assemble(&snapshot(&texts), &parsed(&texts), &load::Files::new(), &load::Given::default());
    assert_eq!(loaded.diagnostics, again.diagnostics);
    assert_eq!(loaded.declared.rule_sets, again.declared.rule_sets);
});
