//! The certificate of the HTTP side.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::fresh::Fresh;

/// PEM files.
#[derive(Clone, Debug)]
pub struct Tls {
    pub cert_file: PathBuf,
    pub key_file: PathBuf,
}

/// What handshakes are made with. While renewed files do not fit together, the former ones stay in use.
pub(super) type Certificate = Arc<Fresh<ServerConfig>>;

impl Tls {
    pub(super) fn watch(self) -> Certificate {
        let Self {
            cert_file,
            key_file,
        } = self;
        Fresh::new(vec![cert_file.clone(), key_file.clone()], true, move |_| {
            config(&cert_file, &key_file)
        })
    }
}

fn config(cert_file: &Path, key_file: &Path) -> Result<ServerConfig, String> {
    let of = |file: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let certificates: Vec<_> = CertificateDer::pem_file_iter(cert_file)
        .and_then(Iterator::collect)
        .map_err(|error| of(cert_file, &error))?;
    if certificates.is_empty() {
        return Err(of(cert_file, &"there is no certificate in it"));
    }
    let key = PrivateKeyDer::from_pem_file(key_file).map_err(|error| match error {
        pem::Error::NoItemsFound => of(key_file, &"there is no private key in it"),
        error => of(key_file, &error),
    })?;
    // The one that the HTTP client uses too.
    let mut config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(|error| of(key_file, &error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
