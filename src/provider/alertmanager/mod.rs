//! The one configuration file of an Alertmanager, put together of the platform's own and every definition's
//! part, and the server that reads it.
//!
//! Live is the pair of what the file holds, taken apart by whom its parts belong to, and whether the server runs
//! it: a file that is not loaded shows as a difference in the field `loaded` of the platform's own part.

pub mod api;
mod apply;
mod canonical;
mod contents;
mod draft;
mod file;
mod normalise;
mod observe;
mod recover;
mod relate;
mod run;
mod secret;
pub mod wire;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use self::api::Api;
use self::contents::Memory;
use super::http::{Profile, RequestHook};
use crate::model::TargetName;
use crate::settings::AlertmanagerSettings;

pub use apply::AlertmanagerWriter;
pub use observe::AlertmanagerReader;

/// One target.
#[derive(Clone, Debug)]
pub struct Alertmanager {
    site: Arc<Site>,
}

/// What reader and writer share: where the target is.
#[derive(Debug)]
struct Site {
    instance: Arc<str>,
    target: TargetName,
    path: PathBuf,
    secrets_dir: Option<PathBuf>,
    memory: Memory,
    /// Absent where the file is all there is.
    api: Option<Api>,
}

impl Alertmanager {
    /// `timeout` is for one request; `hook` is told about each.
    pub fn new(
        instance: Arc<str>,
        target: TargetName,
        settings: &AlertmanagerSettings,
        timeout: Duration,
        hook: Option<RequestHook>,
    ) -> Self {
        let AlertmanagerSettings {
            url,
            auth,
            tls,
            config_file,
            // Of the declared side.
            base_file: _,
            secrets_dir,
            fence_label: _,
            adopt: _,
        } = settings;
        let api = url.as_ref().map(|url| {
            Api::new(Profile {
                url: url.clone(),
                tls: tls.clone(),
                auth: auth.clone(),
                timeout,
                headers: Vec::new(),
                hook,
            })
        });
        // The server, which may run elsewhere, is given the paths of secrets.
        let secrets_dir = secrets_dir.as_ref();
        let secrets_dir = secrets_dir
            .map(|folder| std::path::absolute(folder).unwrap_or_else(|_| folder.clone()));
        Self {
            site: Arc::new(Site {
                instance,
                target,
                path: config_file.clone(),
                secrets_dir,
                memory: Memory::default(),
                api,
            }),
        }
    }

    /// The reading half. What it read is remembered as long as this target is kept.
    pub fn reader(&self) -> AlertmanagerReader {
        AlertmanagerReader::new(self.site.clone())
    }

    /// The writing half; a preview never asks for it. It remembers what the server refused, so keep one for a
    /// target's life.
    pub fn writer(&self) -> AlertmanagerWriter {
        AlertmanagerWriter::new(self.site.clone())
    }
}
