//! Secrets in files, and whether two are one.

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::fresh::Fresh;

/// A secret that may be rotated. Once it cannot be read it is none, whatever it was.
pub(super) type Secret = Arc<Fresh<SecretString>>;

/// The secret in a file, without the line end at its end.
pub(super) fn watch(file: PathBuf) -> Secret {
    Fresh::new(vec![file], false, |files| {
        let mut text = String::new();
        for file in files {
            let read = std::fs::read_to_string(file);
            text = read.map_err(|error| format!("cannot read it: {error}"))?;
        }
        match text.trim_end_matches(['\r', '\n']) {
            "" => Err("it is empty".to_owned()),
            secret => Ok(SecretString::from(secret.to_owned())),
        }
    })
}

/// Whether they are the same, in a time that says nothing of where they differ or how long they are.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    let (one, other) = (Sha256::digest(one), Sha256::digest(other));
    one.as_slice().ct_eq(other.as_slice()).into()
}
