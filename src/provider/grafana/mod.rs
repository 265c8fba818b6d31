//! Folders, data sources and dashboards of one organisation of a Grafana.

mod apply;
mod observe;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::http::{Client, Profile, RequestHook};
use crate::model::TargetName;
use crate::settings::GrafanaSettings;

pub use apply::GrafanaWriter;
pub use observe::GrafanaReader;

/// One target.
#[derive(Clone, Debug)]
pub struct Grafana {
    site: Arc<Site>,
}

/// What reader and writer share: where the target is.
#[derive(Debug)]
struct Site {
    instance: Arc<str>,
    target: TargetName,
    org_id: u32,
    secrets_dir: Option<PathBuf>,
    /// Requests at once.
    concurrency: usize,
    client: Client,
}

impl Grafana {
    /// `timeout` is for one request, of which `concurrency` are made at once; `hook` is told about each.
    pub fn new(
        instance: Arc<str>,
        target: TargetName,
        settings: &GrafanaSettings,
        timeout: Duration,
        concurrency: usize,
        hook: Option<RequestHook>,
    ) -> Self {
        let GrafanaSettings {
            url,
            auth,
            tls,
            org_id,
            secrets_dir,
        } = settings;
        let profile = Profile {
            url: url.clone(),
            tls: tls.clone(),
            auth: auth.clone(),
            timeout,
            hook,
        };
        Self {
            site: Arc::new(Site {
                instance,
                target,
                org_id: *org_id,
                secrets_dir: secrets_dir.clone(),
                concurrency,
                client: Client::new(profile),
            }),
        }
    }

    /// The reading half.
    pub fn reader(&self) -> GrafanaReader {
        GrafanaReader::new(self.site.clone())
    }

    /// The writing half; a preview never asks for it.
    pub fn writer(&self) -> GrafanaWriter {
        GrafanaWriter::new(self.site.clone())
    }
}
