//! Collects what is wrong.

use std::fmt::Display;
use std::path::{Component, Path, PathBuf};

use super::super::outline::Outline;
use super::super::{Settings, SettingsError};

/// The faults found so far, and what it takes to word one.
pub(super) struct Report<'a> {
    base: &'a Path,
    outline: &'a Outline,
    errors: Vec<SettingsError>,
}

impl<'a> Report<'a> {
    pub(super) fn new(base: &'a Path, outline: &'a Outline) -> Self {
        Self {
            base,
            outline,
            errors: Vec::new(),
        }
    }

    /// Notes a fault of a key; gives nothing, for the caller to return.
    pub(super) fn fail<T>(&mut self, key: &str, message: impl Into<String>) -> Option<T> {
        self.push(key, message.into(), None);
        None
    }

    /// As `fail`, and says what to do.
    pub(super) fn fail_with<T>(
        &mut self,
        key: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Option<T> {
        self.push(key, message.into(), Some(hint.into()));
        None
    }

    /// The value, or a fault of the key.
    pub(super) fn take<T, E: Display>(&mut self, key: &str, value: Result<T, E>) -> Option<T> {
        value
            .map_err(|error| self.push(key, error.to_string(), None))
            .ok()
    }

    /// A path of the settings, without `.` parts; a relative one starts from the file's folder.
    pub(super) fn path(&mut self, key: &str, path: &Path) -> Option<PathBuf> {
        let clean: PathBuf = path
            .components()
            .filter(|part| *part != Component::CurDir)
            .collect();
        if path.as_os_str().is_empty() {
            return self.fail(key, "the path is empty");
        }
        if path.starts_with("~") {
            return self.fail_with(key, "~ is not expanded", "write the whole path");
        }
        Some(self.base.join(clean))
    }

    /// As `path`, of what may be left out; `Some(None)` where it is.
    #[allow(
        clippy::option_option,
        reason = "the outer one is the fault, as everywhere here"
    )]
    pub(super) fn optional_path(
        &mut self,
        key: &str,
        path: Option<&PathBuf>,
    ) -> Option<Option<PathBuf>> {
        path.map_or(Some(None), |path| self.path(key, path).map(Some))
    }

    /// The settings, if nothing is wrong.
    pub(super) fn finish(self, settings: Option<Settings>) -> Result<Settings, Vec<SettingsError>> {
        settings
            .filter(|_| self.errors.is_empty())
            .ok_or(self.errors)
    }

    fn push(&mut self, key: &str, message: String, hint: Option<String>) {
        self.errors.push(SettingsError {
            position: self.outline.value(key),
            key: key.to_owned(),
            message,
            hint,
        });
    }
}
