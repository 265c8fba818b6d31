//! What is wrong with the settings, where, and what to do.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::model::Position;

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    /// `None` where no place in the file is to blame.
    pub position: Option<Position>,
    /// The key with the way to it: `targets[0].rules_dir`; empty for the whole file.
    pub key: String,
    pub message: String,
    /// What to do, as an imperative sentence without a full stop.
    pub hint: Option<String>,
}

/// All that is wrong with a settings file, in the file's order; never empty. Prints one line a fault,
/// `file:line:column: key: message (hint)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsErrors {
    pub file: PathBuf,
    pub errors: Vec<SettingsError>,
}

impl SettingsErrors {
    pub(super) fn new(file: &Path, mut errors: Vec<SettingsError>) -> Self {
        errors.sort_by_key(|error| error.position);
        Self {
            file: file.to_owned(),
            errors,
        }
    }
}

impl fmt::Display for SettingsErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}:{error}", self.file.display())?;
        }
        Ok(())
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            position,
            key,
            message,
            hint,
        } = self;
        if let Some(Position { line, column }) = position {
            write!(f, "{line}:{column}:")?;
        }
        if !key.is_empty() {
            write!(f, " {key}:")?;
        }
        write!(f, " {message}")?;
        hint.iter().try_for_each(|hint| write!(f, " ({hint})"))
    }
}

impl std::error::Error for SettingsErrors {}
