//! Observing: directory and server read side by side, and joined.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::api::{Listing, ServerView};
use super::container::Container;
use super::files::{Files, Found, LiveGroup, RuleFile};
use super::{Site, globs, normalise, support};
use crate::model::diagnostic::Severity;
use crate::model::live::{Occupied, UnknownPart};
use crate::model::{
    Action, Canonical, Capabilities, Code, Diagnostic, Form, Intent, Live, Observation, Observed,
    Ownership, ResourceId, ResourceKind, Spec,
};
use crate::provider::{Depth, ReadWork, Reader, Scope, Unsupported};

const KIND: ResourceKind = ResourceKind::RuleGroup;

/// The reading half of a target.
#[derive(Debug)]
pub struct PrometheusReader {
    site: Arc<Site>,
}

impl PrometheusReader {
    pub(super) fn new(site: Arc<Site>) -> Self {
        Self { site }
    }

    async fn read_files(&self, depth: Depth) -> Result<Files, String> {
        let site = self.site.clone();
        let read = move || site.memory.read(&site.directory, &site.instance, depth);
        match tokio::task::spawn_blocking(read).await {
            Ok(files) => files.map_err(|error| error.to_string()),
            Err(error) => Err(format!("reading the rules directory failed: {error}")),
        }
    }

    /// What stands only on servers of another kind.
    fn needs(&self, spec: &Spec, needs: &str) -> Unsupported {
        Unsupported {
            field: spec.kind().to_string(),
            needs: needs.to_owned(),
            server: self.site.flavor.product().name().to_owned(),
        }
    }

    async fn ask_server(&self) -> Result<Option<ServerView>, String> {
        match &self.site.api {
            None => Ok(None),
            Some(api) => match api.observe().await {
                Ok(view) => Ok(Some(view)),
                Err(error) => Err(error.to_string()),
            },
        }
    }
}

impl Reader for PrometheusReader {
    fn work(&self) -> ReadWork {
        self.site.memory.work()
    }

    async fn observe(&self, scope: Scope<'_>) -> Observation {
        let (files, server) = tokio::join!(self.read_files(scope.depth), self.ask_server());
        let joined = files.and_then(|files| {
            let server = server?;
            if let Some(view) = &server {
                check_patterns(&self.site, &files, view)?;
            }
            Ok(join(&self.site, &files, server.as_ref(), scope.pending))
        });
        match joined {
            Ok(observed) => Observation::Known(observed),
            Err(reason) => Observation::Unknown { reason },
        }
    }

    fn normalise(
        &self,
        spec: &Spec,
        capabilities: &Capabilities,
    ) -> Result<Canonical, Unsupported> {
        match spec {
            Spec::RuleGroup(group) => {
                support::check(group, *capabilities)?;
                Ok(normalise::declared(group))
            }
            Spec::Folder(_) | Spec::DataSource(_) | Spec::Dashboard(_) => {
                Err(self.needs(spec, "Grafana"))
            }
            Spec::Route(_) | Spec::RouteBase(_) => Err(self.needs(spec, "Alertmanager")),
        }
    }
}

/// The server must read the directory, or nothing that is written there has an effect.
fn check_patterns(site: &Site, files: &Files, view: &ServerView) -> Result<(), String> {
    let Some(patterns) = &view.rule_files else {
        return Ok(());
    };
    let listed = files.values().any(|(container, found)| {
        matches!(found, Found::File(file) if file.ownership == Ownership::Ours)
            && view.listing.has_file(&container.file())
    });
    globs::check(patterns, &site.directory, &site.instance, listed)
}

fn join(
    site: &Site,
    files: &Files,
    server: Option<&ServerView>,
    pending: &[(i64, Intent)],
) -> Observed {
    let mut joined = Join {
        site,
        listing: server.map(|view| &view.listing),
        pending: pending_ids(pending),
        observed: Observed {
            capabilities: Capabilities {
                product: site.flavor.product(),
                version: server.and_then(|view| view.version),
                grafana: None,
            },
            live: BTreeMap::new(),
            occupied: BTreeMap::new(),
            unknown: Vec::new(),
            refused: BTreeMap::new(),
            routing: None,
            diagnostics: Vec::new(),
        },
    };
    for (container, found) in files.values() {
        joined.add(container, found);
    }
    joined.add_residue(files);
    joined.observed
}

/// What was begun and not verified, with the last thing that was tried.
fn pending_ids(pending: &[(i64, Intent)]) -> BTreeMap<ResourceId, Action> {
    let changes = pending.iter().flat_map(|(_, intent)| &intent.changes);
    changes.cloned().collect()
}

struct Join<'a> {
    site: &'a Site,
    listing: Option<&'a Listing>,
    pending: BTreeMap<ResourceId, Action>,
    observed: Observed,
}

impl Join<'_> {
    fn id(&self, container: &Container, group: &str) -> ResourceId {
        let name = format!("{}/{group}", container.name());
        ResourceId::new(self.site.target.clone(), KIND, name)
    }

    fn add(&mut self, container: &Container, found: &Found) {
        let (ownership, unreadable, version) = match found {
            Found::File(file) => {
                self.add_groups(container, file);
                let version = Some(file.hash.to_string());
                (file.ownership.clone(), file.groups.is_err(), version)
            }
            Found::Other(what) => (Ownership::Theirs((*what).to_owned()), true, None),
            Found::Unreadable(reason) => {
                let path = self.site.directory.join(container.file());
                self.observed.unknown.push(UnknownPart {
                    kind: KIND,
                    container: Some(container.name().to_owned()),
                    reason: format!("cannot read {}: {reason}", path.display()),
                });
                (
                    Ownership::Theirs("unknown, as the file cannot be read".into()),
                    true,
                    None,
                )
            }
        };
        let occupied = Occupied {
            kind: KIND,
            ownership,
            description: format!("the file {}", container.file()),
            unreadable,
            version,
        };
        self.observed
            .occupied
            .insert(container.name().to_owned(), occupied);
    }

    fn add_groups(&mut self, container: &Container, file: &RuleFile) {
        let base = container.file();
        for group in file.groups.iter().flatten() {
            let id = self.id(container, &group.group.name);
            let (canonical, hash) = if self.is_loaded(&base, group, &id) {
                (group.canonical.clone().into(), group.hash)
            } else {
                self.site.memory.note_normalised();
                let canonical = normalise::live(&group.group, false);
                let hash = canonical.hash();
                (Form::tree(canonical), hash)
            };
            let live = Live {
                canonical,
                hash,
                version: Some(file.hash.to_string()),
                ownership: file.ownership.clone(),
                residue: false,
                handle: None,
                title: None,
                keep: None,
                changed: None,
            };
            self.observed.live.insert(id, live);
        }
        if file.ownership == Ownership::Ours {
            self.add_health(&base);
        }
    }

    /// Without a server, what is on disk is all that can be wanted.
    fn is_loaded(&self, base: &str, group: &LiveGroup, id: &ResourceId) -> bool {
        let Some(listing) = self.listing else {
            return true;
        };
        let names = group.group.rules.iter().map(super::wire::WireRule::name);
        !self.pending.contains_key(id) && listing.runs(base, &group.group.name, &names)
    }

    fn add_health(&mut self, base: &str) {
        let groups = self.listing.map_or(&[][..], |listing| listing.file(base));
        for group in groups {
            for (rule, error) in &group.unhealthy {
                self.observed.diagnostics.push(Diagnostic {
                    place: None,
                    severity: Severity::Warning,
                    code: Code::RuleUnhealthy,
                    message: format!(
                        "{}: rule {rule} of group {} fails to evaluate: {error}",
                        self.site.target, group.name
                    ),
                    hint: Some("correct its expression, or the data that it reads".into()),
                    related: Vec::new(),
                });
            }
        }
    }

    /// Deletes that were begun: gone from disk, still run by the server.
    fn add_residue(&mut self, files: &Files) {
        let Some(listing) = self.listing else { return };
        let deletes: BTreeSet<_> = self
            .pending
            .iter()
            .filter(|(id, action)| {
                **action == Action::Delete && !self.observed.live.contains_key(id)
            })
            .map(|(id, _)| id.clone())
            .collect();
        for id in deletes {
            let Some(container) = id.container() else {
                continue;
            };
            let group = &id.name[container.len() + 1..];
            let Some(container) = Container::of_name(container) else {
                continue;
            };
            let Some(running) = listing.group(&container.file(), group) else {
                continue;
            };
            let version = match files.get(container.name()) {
                Some((_, Found::File(file))) if file.ownership == Ownership::Ours => {
                    Some(file.hash.to_string())
                }
                // Somebody else's by now, or unknown: not ours to finish.
                Some(_) => continue,
                None => None,
            };
            self.site.memory.note_normalised();
            let canonical = normalise::residue(&running.rules);
            let live = Live {
                hash: canonical.hash(),
                canonical: Form::tree(canonical),
                version,
                ownership: Ownership::Ours,
                residue: true,
                handle: None,
                title: None,
                keep: None,
                changed: None,
            };
            self.observed.live.insert(id, live);
        }
    }
}
