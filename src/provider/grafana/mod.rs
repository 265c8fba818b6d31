//! Folders, data sources and dashboards of one organisation of a Grafana.
//!
//! One room, two dialects of HTTP: *classic* (`/api/...`), which every version speaks, and *resource*
//! (`/apis/...`), which newer ones speak too and which is used where it is whole: it has room for a
//! manager's name and gives all bodies in a few pages. Which one is probed at every observation.

mod api;
mod apply;
mod marker;
mod normalise;
mod observe;
mod relate;
mod tree;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use self::api::Api;
use super::http::{Profile, RequestHook};
use crate::model::{Live, TargetName};
use crate::settings::{GrafanaSettings, HttpAuth};

pub use apply::GrafanaWriter;
pub use observe::GrafanaReader;

/// One target.
#[derive(Clone, Debug)]
pub struct Grafana {
    site: Arc<Site>,
    /// The same site, as tenants reach it that have credentials of their own.
    tenants: BTreeMap<String, Arc<Site>>,
}

/// What reader and writer share: where the target is.
#[derive(Debug)]
struct Site {
    instance: Arc<str>,
    target: TargetName,
    secrets_dir: Option<PathBuf>,
    /// Requests at once.
    concurrency: usize,
    api: Api,
    /// Live dashboards by uid, as long as their stamp proves that they are the same.
    known: Arc<Mutex<BTreeMap<String, Known>>>,
    answers_read: AtomicU64,
    bodies_normalised: AtomicU64,
}

/// A dashboard as it was read at some time.
#[derive(Clone, Debug)]
struct Known {
    /// What the server gave it then.
    stamp: String,
    folder: String,
    live: Live,
    /// The data sources that it names.
    sources: Arc<[String]>,
}

impl Site {
    /// What is about to be written is not known any more.
    fn forget(&self, uid: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(uid);
    }
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
            tenants,
            owner_tag: _,
            secrets_dir,
        } = settings;
        let known = Arc::default();
        let site = move |auth: Option<HttpAuth>| {
            let profile = Profile {
                url: url.clone(),
                tls: tls.clone(),
                auth,
                timeout,
                headers: vec![("X-Grafana-Org-Id", org_id.to_string())],
                hook: hook.clone(),
            };
            Arc::new(Site {
                api: Api::new(profile, *org_id, instance.clone()),
                instance: instance.clone(),
                target: target.clone(),
                secrets_dir: secrets_dir.clone(),
                concurrency: concurrency.max(1),
                known: Arc::clone(&known),
                answers_read: AtomicU64::new(0),
                bodies_normalised: AtomicU64::new(0),
            })
        };
        let own = |(name, auth): (&String, &HttpAuth)| (name.clone(), site(Some(auth.clone())));
        Self {
            site: site(auth.clone()),
            tenants: tenants.iter().map(own).collect(),
        }
    }

    /// The reading half. What it read is remembered as long as this target is kept.
    pub fn reader(&self) -> GrafanaReader {
        GrafanaReader::new(self.site.clone())
    }

    /// The writing half; a preview never asks for it.
    pub fn writer(&self) -> GrafanaWriter {
        GrafanaWriter::new(self.site.clone(), self.tenants.clone())
    }
}
