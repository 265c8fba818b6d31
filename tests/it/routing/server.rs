//! The API of a real Alertmanager.

use std::fs;
use std::time::Duration;

use fastrand::Rng;
use trueup::provider::alertmanager::api::{Api, Reload};
use trueup::provider::alertmanager::wire::{Written, write};
use trueup::provider::http::Profile;
use trueup::settings::Tls;

use super::generate;
use crate::support::prometheus::Server;

pub fn tells_what_it_runs() {
    let file = |seed: u64| {
        let rng = &mut Rng::with_seed(seed);
        let base = generate::base(rng);
        let parts = generate::parts(&generate::routings(rng));
        write(&[], &base, &parts, &|_| Written::Value(String::new()))
    };
    let server = Server::alertmanager(&file(0));
    let api = Api::new(Profile {
        url: server.url(),
        tls: Tls::default(),
        auth: None,
        timeout: Duration::from_secs(10),
        headers: Vec::new(),
        hook: None,
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        assert!(api.observe().await.unwrap().runs(file(0).as_bytes(), 0.0));
        for seed in 1..20 {
            fs::write(server.alertmanager_file(), file(seed)).unwrap();
            let before = api.observe().await.unwrap();
            assert!(!before.runs(file(seed).as_bytes(), 0.0));
            assert_eq!(api.reload().await, Reload::Accepted);
            let view = api.observe().await.unwrap();
            assert!(view.successful && view.runs(file(seed).as_bytes(), 0.0));
            assert!(view.version.is_some());
        }
        let wrong = file(19).replace("receiver: default", "receiver: nobody");
        fs::write(server.alertmanager_file(), &wrong).unwrap();
        let Reload::Refused(words) = api.reload().await else {
            panic!("a wrong file was taken");
        };
        assert_eq!(words, "undefined receiver \"nobody\" used in route");
        let view = api.observe().await.unwrap();
        assert!(
            !view.successful
                && view.runs(file(19).as_bytes(), 0.0)
                && !view.runs(wrong.as_bytes(), 0.0)
        );
        assert_eq!(api.alerts().await.unwrap(), []);
    });
}
