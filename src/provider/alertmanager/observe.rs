//! Observing: file and server read side by side, and joined.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::api::ServerView;
use super::contents::Contents;
use super::file::ConfigFile;
use super::{Site, file, normalise, relate};
use crate::model::alertmanager::{BASE, Labels, LiveRouting};
use crate::model::capabilities::Product;
use crate::model::id::ROUTES;
use crate::model::live::Occupied;
use crate::model::{
    Canonical, Capabilities, Live, Observation, Observed, Ownership, ResourceId, ResourceKind, Spec,
};
use crate::provider::{Beside, ReadWork, Reader, Scope, Unsupported};

/// The reading half of a target.
#[derive(Debug)]
pub struct AlertmanagerReader {
    site: Arc<Site>,
}

/// What the server says.
struct Server {
    view: ServerView,
    alerts: Option<Vec<Labels>>,
}

impl AlertmanagerReader {
    pub(super) fn new(site: Arc<Site>) -> Self {
        Self { site }
    }

    /// The file as it is, and what it holds.
    async fn read_file(&self) -> Result<Option<(ConfigFile, Arc<Contents>)>, String> {
        let site = self.site.clone();
        let read = move || {
            let found = file::read(&site.path, &site.instance)?;
            Ok(found.map(|file| {
                site.memory.note_read();
                let contents = site.memory.contents(&file, &site.instance);
                (file, contents)
            }))
        };
        match tokio::task::spawn_blocking(read).await {
            Ok(found) => found.map_err(|error: file::FileError| error.to_string()),
            Err(error) => Err(format!("reading the configuration file failed: {error}")),
        }
    }

    async fn ask_server(&self) -> Result<Option<Server>, String> {
        let Some(api) = &self.site.api else {
            return Ok(None);
        };
        let (view, alerts) = tokio::join!(api.observe(), api.alerts());
        Ok(Some(Server {
            view: view.map_err(|error| error.to_string())?,
            // They are for people only; without them nothing is done otherwise.
            alerts: alerts.ok(),
        }))
    }
}

impl Reader for AlertmanagerReader {
    fn work(&self) -> ReadWork {
        self.site.memory.work()
    }

    async fn observe(&self, _scope: Scope<'_>) -> Observation {
        let (found, server) = tokio::join!(self.read_file(), self.ask_server());
        match found.and_then(|found| Ok((found, server?))) {
            Ok((found, server)) => {
                let found = found.as_ref().map(|(file, contents)| (file, &**contents));
                Observation::Known(join(&self.site, found, server))
            }
            Err(reason) => Observation::Unknown { reason },
        }
    }

    fn normalise(
        &self,
        spec: &Spec,
        capabilities: &Capabilities,
    ) -> Result<Canonical, Unsupported> {
        normalise::declared(&self.site, spec, capabilities)
    }

    fn relate(&self, observed: Observed, beside: Beside<'_>) -> Observed {
        relate::relate(&self.site, observed, beside)
    }
}

fn join(site: &Site, found: Option<(&ConfigFile, &Contents)>, server: Option<Server>) -> Observed {
    let (view, alerts) = match server {
        Some(Server { view, alerts }) => (Some(view), alerts),
        None => (None, None),
    };
    let mut observed = Observed {
        capabilities: Capabilities {
            product: Product::Alertmanager,
            version: view.as_ref().and_then(|view| view.version),
            grafana: None,
        },
        live: BTreeMap::new(),
        occupied: BTreeMap::new(),
        unknown: Vec::new(),
        refused: BTreeMap::new(),
        diagnostics: Vec::new(),
        routing: None,
    };
    let Some((file, contents)) = found else {
        return observed;
    };
    let occupied = Occupied {
        kind: ResourceKind::Route,
        ownership: contents.ownership.clone(),
        description: format!("the file {}", site.path.display()),
        unreadable: contents.parts.is_err(),
        version: Some(contents.hash.to_string()),
    };
    observed.occupied.insert(ROUTES.to_owned(), occupied);
    let Ok(parts) = &contents.parts else {
        return observed;
    };
    // Without a server, what is on disk is all that can be wanted.
    let is_loaded = view.is_none_or(|view| view.runs(&file.bytes, file.modified));
    for (name, form) in &parts.forms {
        let (canonical, hash) = if name == BASE && !is_loaded {
            parts.base_not_loaded.clone()
        } else {
            form.clone()
        };
        let live = Live {
            canonical,
            hash,
            title: None,
            version: Some(contents.hash.to_string()),
            ownership: contents.ownership.clone(),
            residue: false,
            handle: None,
            keep: None,
            changed: None,
        };
        let id = ResourceId::new(site.target.clone(), ResourceKind::Route, name.as_str());
        observed.live.insert(id, live);
    }
    // What a file of nobody's holds beside ours is not told apart, and so not kept.
    debug_assert!(contents.ownership != Ownership::Shared);
    observed.routing = parts
        .whole
        .clone()
        .map(|whole| Arc::new(LiveRouting { whole, alerts }));
    observed
}
