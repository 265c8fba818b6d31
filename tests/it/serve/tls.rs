//! https, and certificates that are renewed while it answers.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use reqwest::{Certificate, Client};
use trueup::serve::{Parts, Tls};

use super::{Served, nothing};
use crate::support::certificates::issued;
use crate::support::exchange::ask;
use crate::support::{Need, block_on, test};

pub fn tests() -> Vec<Trial> {
    let openssl = [Need::Program("openssl")];
    vec![
        test("serve::tls::answers_by_https_only", &openssl, https),
        test("serve::tls::certificates_are_renewed", &openssl, renewed),
        test(
            "serve::tls::what_cannot_be_used_is_said",
            &openssl,
            unusable,
        ),
    ]
}

/// Files of a certificate in a folder of their own, in a scratch folder.
struct Issued {
    tls: Tls,
    ca_file: std::path::PathBuf,
}

fn issue(scratch: &Path, name: &str) -> Issued {
    let folder = scratch.join(name);
    let (cert_file, key_file, ca_file) = issued(&folder);
    Issued {
        tls: Tls {
            cert_file,
            key_file,
        },
        ca_file,
    }
}

fn with(tls: &Tls) -> Parts {
    Parts {
        tls: Some(tls.clone()),
        ..nothing()
    }
}

/// A client that trusts nobody else, and makes a handshake for each request.
fn trusting(ca_file: &Path) -> Client {
    let certificate = Certificate::from_pem(&fs::read(ca_file).unwrap()).unwrap();
    Client::builder()
        .tls_certs_only([certificate])
        .pool_max_idle_per_host(0)
        .build()
        .unwrap()
}

async fn health(client: &Client, port: u16) -> Option<String> {
    let url = format!("https://127.0.0.1:{port}/healthz");
    client.get(url).send().await.ok()?.text().await.ok()
}

fn https() {
    let scratch = tempfile::tempdir().unwrap();
    let ours = issue(scratch.path(), "ours");
    let others = issue(scratch.path(), "others");
    block_on(async {
        let served = Served::start(with(&ours.tls)).await.unwrap();
        let health = async |ca_file: &Path| health(&trusting(ca_file), served.port).await;
        assert_eq!(health(&ours.ca_file).await.as_deref(), Some("ok\n"));
        assert_eq!(health(&others.ca_file).await, None);
        let port = served.port;
        let plain = tokio::task::spawn_blocking(move || ask(port, "GET", "/healthz"));
        assert_eq!(plain.await.unwrap(), None);
        // And goes on.
        assert_eq!(health(&ours.ca_file).await.as_deref(), Some("ok\n"));
    });
}

fn renewed() {
    let scratch = tempfile::tempdir().unwrap();
    let old = issue(scratch.path(), "old");
    let new = issue(scratch.path(), "new");
    block_on(async {
        let served = Served::start(with(&old.tls)).await.unwrap();
        let (trusts_old, trusts_new) = (trusting(&old.ca_file), trusting(&new.ca_file));
        let health = async |client: &Client| health(client, served.port).await.is_some();
        assert!(health(&trusts_old).await);
        // Half of a renewal: the former pair stays in use.
        fs::copy(&new.tls.cert_file, &old.tls.cert_file).unwrap();
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(300) {
            assert!(health(&trusts_old).await);
        }
        fs::copy(&new.tls.key_file, &old.tls.key_file).unwrap();
        while !health(&trusts_new).await {
            assert!(began.elapsed() < Duration::from_secs(30));
        }
        assert!(!health(&trusts_old).await);
    });
}

fn unusable() {
    let scratch = tempfile::tempdir().unwrap();
    let good = issue(scratch.path(), "good").tls;
    let other = issue(scratch.path(), "other").tls;
    let empty = scratch.path().join("empty");
    fs::write(&empty, "").unwrap();
    let missing = scratch.path().join("missing");
    for (cert_file, key_file, named, part) in [
        (&missing, &good.key_file, &missing, "No such file"),
        (&good.cert_file, &missing, &missing, "No such file"),
        (&empty, &good.key_file, &empty, "no certificate"),
        (&good.cert_file, &empty, &empty, "no private key"),
        (
            &good.cert_file,
            &other.key_file,
            &other.key_file,
            "KeyMismatch",
        ),
    ] {
        let tls = Tls {
            cert_file: cert_file.clone(),
            key_file: key_file.clone(),
        };
        let error = block_on(Served::start(with(&tls)))
            .err()
            .unwrap()
            .to_string();
        println!("{error}");
        assert!(
            error.starts_with("cannot answer by https (server.tls): "),
            "{error}"
        );
        assert!(error.contains(named.to_str().unwrap()), "{error}");
        assert!(error.contains(part), "{error}");
    }
}
