//! Reading: everything of the organisation, made canonical as it comes, so that bodies are let go.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use super::api::probe::Server;
use super::api::sources::FoundSource;
use super::api::{ApiError, Found, Speaker};
use super::normalise::{self, dashboard, data_source, folder};
use super::relate::Relation;
use super::tree::{self, Tree};
use super::{Known, Site};
use crate::model::live::UnknownPart;
use crate::model::references;
use crate::model::{
    Canonical, Capabilities, Form, Hash, Live, Observation, Observed, Ownership, ResourceId,
    ResourceKind, Spec,
};
use crate::provider::{Beside, Depth, ReadWork, Reader, Scope, Unsupported, secrets};

/// The reading half of a target.
#[derive(Debug)]
pub struct GrafanaReader {
    site: Arc<Site>,
}

impl GrafanaReader {
    pub(super) fn new(site: Arc<Site>) -> Self {
        Self { site }
    }
}

impl Reader for GrafanaReader {
    async fn observe(&self, scope: Scope<'_>) -> Observation {
        match Reading::whole(&self.site, scope.depth).await {
            Ok(observed) => Observation::Known(observed),
            Err(error) => Observation::Unknown {
                reason: format!("{}: {error}", self.site.target),
            },
        }
    }

    fn normalise(
        &self,
        spec: &Spec,
        capabilities: &Capabilities,
    ) -> Result<Canonical, Unsupported> {
        let secrets = self.site.secrets_dir.as_deref();
        normalise::declared(spec, capabilities, &self.site.instance, secrets)
    }

    fn relate(&self, observed: Observed, beside: Beside<'_>) -> Observed {
        let site = &*self.site;
        Relation::new(
            &site.target,
            &site.instance,
            site.secrets_dir.as_deref(),
            observed,
            beside,
        )
        .done()
    }

    fn work(&self) -> ReadWork {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ReadWork {
            files_read: of(&self.site.answers_read),
            bodies_normalised: of(&self.site.bodies_normalised),
        }
    }
}

/// What is not ours in a folder, or must not be lost with it.
type Keeps = BTreeMap<String, String>;

struct Reading<'a> {
    site: &'a Site,
    names: BTreeMap<String, String>,
    live: BTreeMap<ResourceId, Live>,
    keeps: Keeps,
    /// Why data sources must stay, by uid and name.
    uses: Keeps,
    unknown: Vec<UnknownPart>,
    known: BTreeMap<String, Known>,
    former: Arc<BTreeMap<String, Known>>,
}

/// The name of a dashboard's folder.
fn folder_name(names: &BTreeMap<String, String>, uid: Option<&str>) -> String {
    match uid {
        None => String::new(),
        // One that we may not see has a uid only.
        Some(uid) => names
            .get(uid)
            .cloned()
            .unwrap_or_else(|| format!("uid={uid}")),
    }
}

impl<'a> Reading<'a> {
    async fn whole(site: &'a Site, depth: Depth) -> Result<Observed, ApiError> {
        let server = site.api.probe().await?;
        let speaker = site.api.speaker(&server, site.concurrency);
        let tree = Tree::new(speaker.folders().await?);
        let former = site
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let mut reading = Self {
            site,
            names: tree.names(),
            live: BTreeMap::new(),
            keeps: Keeps::new(),
            uses: Keeps::new(),
            unknown: Vec::new(),
            known: BTreeMap::new(),
            former: Arc::new(former),
        };
        reading.read_dashboards(&speaker, depth).await?;
        match site.api.data_sources(&server, site.concurrency).await {
            Ok(sources) => sources.iter().for_each(|source| reading.add_source(source)),
            // Before access control came (9) nobody but admins is shown them.
            Err(error) if error.is_forbidden() => reading.unknown.push(UnknownPart {
                kind: ResourceKind::DataSource,
                container: None,
                reason: error.to_string(),
            }),
            Err(error) => return Err(error),
        }
        if tree
            .iter()
            .any(|folder| folder.ownership == Ownership::Ours)
        {
            reading.keep_folders(&tree).await?;
        }
        reading.add_folders(&tree);
        Ok(reading.done(&server))
    }

    fn done(self, server: &Server) -> Observed {
        let mut known = self
            .site
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *known = self.known;
        Observed {
            capabilities: server.capabilities(),
            live: self.live,
            occupied: BTreeMap::new(),
            unknown: self.unknown,
            refused: BTreeMap::new(),
            routing: None,
            diagnostics: Vec::new(),
        }
    }

    fn id(&self, kind: ResourceKind, name: &str) -> ResourceId {
        ResourceId::new(self.site.target.clone(), kind, name)
    }

    /// Where the server gives no bodies in bulk, a quick look takes what stands where it stood from memory; what
    /// we write is read again. That somebody edited one is then seen by the next full look.
    async fn read_dashboards(
        &mut self,
        speaker: &Speaker<'_>,
        depth: Depth,
    ) -> Result<(), ApiError> {
        let (former, names) = (self.former.clone(), self.names.clone());
        let is_known = move |uid: &str, title: &str, folder: Option<&str>| {
            let stands = |known: &Known| {
                known.live.title.as_deref() == Some(title)
                    && known.live.handle.as_deref() == folder
                    && known.folder == folder_name(&names, folder)
            };
            depth == Depth::Quick && former.get(uid).is_some_and(stands)
        };
        let mut add = |found: Found| self.add_dashboard(found);
        let known = speaker.dashboards(&is_known, &mut add).await?;
        for uid in known {
            if let Some(known) = self.former.get(&uid).cloned() {
                self.place(uid, known);
            }
        }
        Ok(())
    }

    fn add_dashboard(&mut self, found: Found) {
        self.site.answers_read.fetch_add(1, Ordering::Relaxed);
        let folder = folder_name(&self.names, found.folder.as_deref());
        let (form, hash, sources) = self.body(&found, &folder);
        let live = Live {
            canonical: form,
            hash,
            version: Some(found.version),
            ownership: found.ownership,
            residue: false,
            handle: found.folder.map(Into::into),
            title: Some(found.title.into()),
            keep: None,
            changed: found.changed,
        };
        let known = Known {
            stamp: found.stamp,
            folder,
            live,
            sources,
        };
        self.place(found.uid, known);
    }

    /// Notes a dashboard, and what must stay with it where it is not ours.
    fn place(&mut self, uid: String, known: Known) {
        let live = &known.live;
        if live.ownership != Ownership::Ours {
            let title = live.title.as_deref().unwrap_or_default();
            if let Some(folder) = &live.handle {
                let what = format!("it holds the dashboard {title:?} that is not ours");
                self.keeps.entry(folder.to_string()).or_insert(what);
            }
            for source in known.sources.iter() {
                let what = format!("the dashboard {title:?} that is not ours uses it");
                self.uses.entry(source.clone()).or_insert(what);
            }
        }
        let id = self.id(ResourceKind::Dashboard, &uid);
        self.live.insert(id, live.clone());
        self.known.insert(uid, known);
    }

    /// What is known of a body stands as long as its stamp and the folder do.
    fn body(&self, found: &Found, folder: &str) -> (Form, Hash, Arc<[String]>) {
        if let Some(known) = self.former.get(&found.uid)
            && known.stamp == found.stamp
            && known.folder == folder
        {
            let Live {
                canonical, hash, ..
            } = &known.live;
            return (canonical.clone(), *hash, known.sources.clone());
        }
        self.site.bodies_normalised.fetch_add(1, Ordering::Relaxed);
        let body = found.body.json();
        let canonical = dashboard::canonical(&body, &found.format, folder);
        let (form, hash) = Form::packed(&canonical);
        (
            form,
            hash,
            references::data_sources(&body).into_iter().collect(),
        )
    }

    fn add_source(&mut self, source: &FoundSource) {
        self.site.answers_read.fetch_add(1, Ordering::Relaxed);
        let canonical = live_source(source);
        let used = self.uses.get(&source.uid).or(self.uses.get(&source.name));
        let live = Live {
            hash: canonical.hash(),
            canonical: Form::tree(canonical),
            version: Some(source.version.clone()),
            ownership: source.ownership.clone(),
            residue: false,
            handle: None,
            title: None,
            keep: used.map(|why| format!("{why}; change it, or keep the data source")),
            changed: None,
        };
        let id = self.id(ResourceKind::DataSource, &source.uid);
        self.live.insert(id, live);
    }

    /// Why folders of ours must stay: alert rules and library panels in them, and whatever is not ours, however deep.
    async fn keep_folders(&mut self, tree: &Tree) -> Result<(), ApiError> {
        let rules = self.site.api.alert_rules().await;
        self.keep_holders(tree, "alert rule", rules)?;
        let panels = self.site.api.library_elements().await;
        self.keep_holders(tree, "library panel", panels)?;
        for folder in tree.iter() {
            if let (Some(parent), false) = (&folder.parent, folder.ownership == Ownership::Ours) {
                let what = format!("it holds the folder {:?} that is not ours", folder.title);
                self.keeps.entry(parent.clone()).or_insert(what);
            }
        }
        Ok(())
    }

    /// Keeps the folders that hold something, by its count; all of them where that must not be read.
    fn keep_holders(
        &mut self,
        tree: &Tree,
        what: &str,
        counted: Result<BTreeMap<String, usize>, ApiError>,
    ) -> Result<(), ApiError> {
        match counted {
            Ok(counts) => {
                for (folder, count) in counts {
                    let why = format!("it holds {}", tree::count(count, what));
                    self.keeps.entry(folder).or_insert(why);
                }
            }
            Err(error) if error.is_forbidden() => {
                let why = format!("whether it holds {what}s cannot be read: {error}");
                for folder in tree.iter() {
                    self.keeps
                        .entry(folder.uid.clone())
                        .or_insert_with(|| why.clone());
                }
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn add_folders(&mut self, tree: &Tree) {
        for listed in tree.iter() {
            let Some(name) = self.names.get(&listed.uid) else {
                continue;
            };
            let parent = tree::parent_text(listed, &self.names);
            let canonical = folder::canonical(&listed.title, &parent);
            let kept = self
                .keeps
                .iter()
                .find(|(uid, _)| tree.is_within(uid, &listed.uid));
            let live = Live {
                hash: canonical.hash(),
                canonical: Form::tree(canonical),
                version: Some(listed.seen()),
                ownership: listed.ownership.clone(),
                residue: false,
                handle: Some(listed.uid.as_str().into()),
                title: Some(listed.title.as_str().into()),
                keep: kept.map(|(_, why)| format!("{why}; move it away, or keep the folder")),
                changed: listed.changed.clone(),
            };
            let id = self.id(ResourceKind::Folder, name);
            self.live.insert(id, live);
        }
    }
}

/// A secret that is set is one of an unknown value; `relate` says what it can be.
pub(super) fn live_source(source: &FoundSource) -> Canonical {
    let secrets = source
        .secrets
        .iter()
        .map(|field| (field.as_str(), secrets::unknown()));
    data_source::canonical(&source.name, &source.kind, &source.fields, secrets)
}

/// A live object with another canonical form.
pub(super) fn replace(live: &mut Live, canonical: &Canonical) {
    (live.canonical, live.hash) = match live.canonical {
        Form::Packed(_) => Form::packed(canonical),
        Form::Tree(_) => (Form::tree(canonical.clone()), canonical.hash()),
    };
}
