//! Rule files in a directory, and the Prometheus, Thanos Ruler or vmalert that loads them.
//!
//! A set of rule groups is one file, `<namespace>.<set>.yaml`, so that a group keeps its place, and its
//! alerts their state, when the source files of a set are renamed. Live is the pair of what is on disk
//! and what the server has loaded: a group that is on disk and not loaded differs from its
//! declaration in the field `loaded`.

mod api;
mod apply;
mod batch;
mod compose;
mod container;
mod files;
mod globs;
mod normalise;
mod observe;
mod recover;
mod reload;
mod stage;
mod support;
mod verify;
mod wire;
mod write;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use self::api::Api;
use self::files::Memory;
use super::http::{Profile, RequestHook};
use crate::model::TargetName;
use crate::model::capabilities::{Flavor, Product};
use crate::settings::PrometheusSettings;

pub use apply::PrometheusWriter;
pub use observe::PrometheusReader;

/// One target.
#[derive(Clone, Debug)]
pub struct Prometheus {
    site: Arc<Site>,
}

/// What reader and writer share: where the target is.
#[derive(Debug)]
struct Site {
    instance: Arc<str>,
    target: TargetName,
    directory: PathBuf,
    flavor: Flavor,
    memory: Memory,
    /// Absent where files are all there is.
    api: Option<Api>,
}

impl Prometheus {
    /// `timeout` is for one request; `hook` is told about each.
    pub fn new(
        instance: Arc<str>,
        target: TargetName,
        settings: &PrometheusSettings,
        timeout: Duration,
        hook: Option<RequestHook>,
    ) -> Self {
        let PrometheusSettings {
            flavor,
            url,
            rules_dir,
            auth,
            tls,
        } = settings;
        let api = url.as_ref().map(|url| {
            let profile = Profile {
                url: url.clone(),
                tls: tls.clone(),
                auth: auth.clone(),
                timeout,
                headers: Vec::new(),
                hook,
            };
            Api::new(profile, *flavor)
        });
        Self {
            site: Arc::new(Site {
                instance,
                target,
                directory: rules_dir.clone(),
                flavor: *flavor,
                memory: Memory::default(),
                api,
            }),
        }
    }

    pub fn product(&self) -> Product {
        self.site.flavor.product()
    }

    /// The reading half. What it read is remembered as long as this target is kept.
    pub fn reader(&self) -> PrometheusReader {
        PrometheusReader::new(self.site.clone())
    }

    /// The writing half; a preview never asks for it. It remembers what the server refused, so keep one
    /// for a target's life.
    pub fn writer(&self) -> PrometheusWriter {
        PrometheusWriter::new(self.site.clone())
    }
}
