//! Secrets: named by file or environment variable in the settings, read when they are needed, and
//! never printed.

use std::path::PathBuf;

use secrecy::SecretString;

/// Where a secret is. Its `Debug` names the place, never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    File(PathBuf),
    Env(String),
}

/// A secret could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("cannot read the secret file {}: {error}", path.display())]
    File {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("the environment variable {0} is not set, or not UTF-8")]
    Env(String),
    #[error("the secret {0} is empty")]
    Empty(String),
}

impl SecretSource {
    /// Reads the secret now, so that a rotated file is picked up; a trailing line end is dropped.
    pub fn read(&self) -> Result<SecretString, SecretError> {
        let (text, place) = match self {
            Self::File(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| SecretError::File {
                    path: path.clone(),
                    error,
                })?;
                (text, path.display().to_string())
            }
            Self::Env(name) => {
                let text = std::env::var(name).map_err(|_| SecretError::Env(name.clone()))?;
                (text, name.clone())
            }
        };
        let value = text.trim_end_matches(['\r', '\n']);
        if value.is_empty() {
            return Err(SecretError::Empty(place));
        }
        Ok(SecretString::from(value.to_owned()))
    }
}
