//! A text as definitions of routing, and as the platform's own part: what is accepted stays inside its fence and
//! survives the way to disk and back; a text as the file on disk: what is taken apart is put together again.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use trueup::load::{self, Files};
use trueup::model::Spec;
use trueup::model::alertmanager::Labels;
use trueup::provider::alertmanager::wire::{self, Written};
use trueup_fuzz::{check_places, parsed, path, snapshot, target};

const PLATFORM: &[u8] = b"apiVersion: trueup.dev/v1alpha1
kind: Platform
metadata: { name: fuzz }
spec: { defaults: { targets: all=yes } }
";
const BASE: &[u8] = b"route: { receiver: default }\nreceivers: [{ name: default }]\n";

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        check_wire(text);
    }
    // A text that is a base as well is one for the other side of the seam, too.
    check_declared(BASE, bytes);
    check_declared(bytes, b"");
});

/// What can be taken apart is the same when it is put together.
fn check_wire(text: &str) {
    let Ok(composed) = wire::read(text) else {
        return;
    };
    let none = |_: &_| Written::Value(String::new());
    let written = wire::write_pieces(&composed.head, &composed.base, &composed.pieces, &none);
    if let Ok(again) = wire::read(&written) {
        assert_eq!(again.pieces, composed.pieces, "{text:?}\n{written}");
    }
}

fn check_declared(base: &[u8], definitions: &[u8]) {
    let texts = [
        (path("base.yaml"), base),
        (path("routes.yaml"), definitions),
        (path("trueup.yaml"), PLATFORM),
    ];
    let bases = [path("base.yaml")];
    let given = load::Given { base_files: &bases, good: None };
    let loaded = load::assemble(&snapshot(&texts), &parsed(&texts), &Files::new(), &given);
    check_places(&loaded.diagnostics, &texts);
    // In memory where there is such a folder: every write is synced.
    let shm = Path::new("/dev/shm");
    let folder = match shm.is_dir() {
        true => tempfile::tempdir_in(shm),
        false => tempfile::tempdir(),
    }
    .expect("a folder");
    let settings = target::alertmanager(folder.path());
    let resolved = target::resolve(&loaded, &settings);
    let resources = resolved.desired.values().flat_map(|on| on.values());
    let mut any = false;
    for resource in resources {
        any = true;
        if let Spec::Route(fenced) = &*resource.spec {
            let stranger = Labels::from([("namespace".to_owned(), "\u{1}".to_owned())]);
            let route = fenced.part().route;
            assert!(route.is_none_or(|route| route.ways_below(&stranger, "").is_empty()));
        }
    }
    if !any || loaded.declared.alertmanager_files.values().any(|file| file.base.is_none()) {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    runtime.block_on(target::converges(&resolved, &settings, &texts));
}
