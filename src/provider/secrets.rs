//! Values of declared secrets: read from files when they are needed, compared by a keyed hash, shown to
//! nobody.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::model::Hash;
use crate::model::grafana::SecretRef;
use crate::settings::SecretSource;

/// Reads `<secrets_dir>/<namespace>/<name>/<key>`.
///
/// # Errors
/// With what is missing; never with the value.
pub(super) fn read(folder: Option<&Path>, secret: &SecretRef) -> Result<SecretString, String> {
    let SecretRef {
        namespace,
        name,
        key,
    } = secret;
    let Some(folder) = folder else {
        return Err(format!(
            "the secret {namespace}/{name}/{key} has no place to be read from; set `secrets_dir` of the target"
        ));
    };
    for part in [namespace, name, key] {
        if part.is_empty() || part.contains(['/', '\\', '\0']) || matches!(&**part, "." | "..") {
            return Err(format!("{part:?} cannot be part of a secret's name"));
        }
    }
    let path: PathBuf = [&**namespace, &**name, &**key].iter().collect();
    let source = SecretSource::File(folder.join(path));
    source.read().map_err(|error| error.to_string())
}

/// What stands for a value in comparisons and in the state file.
///
/// sha256 over a key, the secret's field and the value. The key is sha256 of what holds the secret: it is no
/// secret, and keeps equal values of two places from showing as equal.
pub(super) fn hash(holder: Holder<'_>, field: &str, value: &str) -> Hash {
    let mut key = holder.kind.as_bytes().to_vec();
    key.push(0);
    put(&mut key, holder.instance.as_bytes());
    put(&mut key, holder.name.as_bytes());
    let mut bytes = Hash::of(&key).as_bytes().to_vec();
    put(&mut bytes, field.as_bytes());
    put(&mut bytes, value.as_bytes());
    Hash::of(&bytes)
}

/// What holds a secret.
#[derive(Clone, Copy, Debug)]
pub(super) struct Holder<'a> {
    /// In words that no other kind of holder has.
    pub(super) kind: &'static str,
    pub(super) instance: &'a str,
    /// The uid of a data source, the name of a route.
    pub(super) name: &'a str,
}

/// Stands for a value that is not known.
pub(super) fn unknown() -> Hash {
    Hash::from_bytes([0; 32])
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend((bytes.len() as u64).to_be_bytes());
    out.extend(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    fn secret(namespace: &str) -> SecretRef {
        SecretRef {
            namespace: namespace.into(),
            name: "prom".into(),
            key: "password".into(),
        }
    }

    #[test]
    fn values_are_read_and_only_hashes_shown() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("default/prom");
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join("password"), "hunter2\n").unwrap();
        let value = read(Some(folder.path()), &secret("default")).unwrap();
        assert_eq!(value.expose_secret(), "hunter2");
        let of = |instance, name| {
            let kind = "secret";
            hash(
                Holder {
                    kind,
                    instance,
                    name,
                },
                "f",
                value.expose_secret(),
            )
        };
        assert_ne!(of("a", "u"), of("b", "u"));
        assert_ne!(of("a", "u"), of("a", "v"));
        let missing = read(Some(folder.path()), &secret("other")).unwrap_err();
        assert!(missing.contains("other/prom/password"), "{missing}");
        assert!(read(Some(folder.path()), &secret("..")).is_err());
        assert!(read(None, &secret("default")).is_err());
    }
}
