//! `trueup explain ID`: where something comes from, how it is now, and why it is not as it should be.

use std::fmt::Write as _;

use clap::Args;
use serde_json::{Value, json};

use super::control::Control;
use super::history;
use super::look::{Eyes, Look};
use super::show::history as past;
use super::{ConfigArg, FAILED, Failure, Format, SourceArgs, TargetArgs, open, output};
use crate::model::{
    Change, Commit, Held, HeldReason, InventoryEntry, Live, Observation, Resource, ResourceId,
    SourceRef,
};
use crate::reconcile::lane;
use crate::report::json as shared;
use crate::settings::Settings;
use crate::source::Source;
use crate::state::{Asked, PastChange, StateView};

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    source: SourceArgs,
    /// The resource: target/kind/name, as plans and logs have it
    id: String,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(args: ExplainArgs) -> Result<u8, Failure> {
    let id = history::id(&args.id)?;
    let settings = open::settings(&args.config.config)?;
    let mut lanes = lane::readers(&settings);
    let target = TargetArgs::only(id.target.as_str());
    open::only(&mut lanes, &target)?;
    let (source, want) = open::source(&settings, &args.source, open::Use::Beside);
    let state = StateView::open(&settings.state)?;
    let eyes = Eyes {
        settings: &settings,
        source: &source,
        state: &state,
        flag: None,
    };
    let snapshot = source.snapshot(want).await?;
    let look = eyes.look(&mut lanes, snapshot).await?;
    let found = Found::new(&id, &settings, &source, &state, &look).await?;
    if found.is_nothing() {
        return Err(Failure::from(format!(
            "{id} is declared nowhere, is not live, and was never applied; trueup plan lists what there is"
        )));
    }
    match args.format {
        Format::Json => output::print_json(&found.json())?,
        Format::Text => output::print(&found.text())?,
    }
    let harmless = |held: &&Held| matches!(held.reason, HeldReason::NotOurs | HeldReason::Paused);
    let well = found.change.is_none() && found.held.iter().all(harmless) && found.unknown.is_none();
    Ok(if well { 0 } else { FAILED })
}

/// All that there is to say of a resource.
struct Found<'a> {
    id: &'a ResourceId,
    desired: Option<&'a Resource>,
    definition: Option<Definition>,
    /// Of the file in which it is declared.
    commit: Option<Commit>,
    live: Option<&'a Live>,
    /// Why the target could not be read.
    unknown: Option<&'a str>,
    applied: Option<InventoryEntry>,
    change: Option<&'a Change>,
    held: Vec<&'a Held>,
    /// What the running daemon says of its last try.
    failing: Option<Value>,
    past: Vec<PastChange>,
}

/// The document that declares it.
struct Definition {
    what: String,
    /// `spec.targets` or the annotation; else the tenant's targets, else the platform's default.
    placed_by: String,
    /// Whose file it stands in; none is the platform's.
    tenant: Option<String>,
}

/// So many of its last changes are shown.
const PAST: usize = 5;

impl<'a> Found<'a> {
    async fn new(
        id: &'a ResourceId,
        settings: &Settings,
        source: &Source,
        state: &StateView,
        look: &'a Look,
    ) -> Result<Self, Failure> {
        let declaration = &look.declaration;
        let on_target = declaration.resolved.desired.get(&id.target);
        let desired = on_target.and_then(|on_target| on_target.get(id));
        let observation = look.prepared.observations.get(&id.target);
        let (live, unknown) = match observation {
            Some(Observation::Known(observed)) => (observed.live.get(id), None),
            Some(Observation::Unknown { reason }) => (None, Some(reason.as_str())),
            None => (None, None),
        };
        let mut past = state.changes(Asked {
            id: Some(id),
            ..Asked::default()
        })?;
        past.drain(..past.len().saturating_sub(PAST));
        let applied = state.inventory()?.entries.remove(id);
        let held = look.prepared.plan.held();
        let of_id = |held: &&Held| held.id.as_ref() == Some(id);
        let file = desired
            .map(|resource| &resource.source)
            .or(applied.as_ref().map(|entry| &entry.source));
        let commit = match (file, declaration.commit()) {
            (Some(place), Some(upto)) => {
                let path = in_repository(settings, &place.file);
                // A history that cannot be read takes nothing from the rest.
                source.touched(path, upto).await.ok().flatten()
            }
            _ => None,
        };
        Ok(Self {
            id,
            desired: desired.map(|resource| &**resource),
            definition: definition(look, id),
            commit,
            live,
            unknown,
            applied,
            change: look
                .prepared
                .plan
                .changes()
                .into_iter()
                .find(|change| change.id == *id),
            held: held.into_iter().filter(of_id).collect(),
            failing: failing(settings, id).await,
            past,
        })
    }

    fn is_nothing(&self) -> bool {
        self.desired.is_none()
            && self.live.is_none()
            && self.applied.is_none()
            && self.past.is_empty()
            && self.held.is_empty()
            && self.unknown.is_none()
    }

    fn text(&self) -> String {
        let mut out = format!("{}\n", self.id);
        let mut line = |name: &str, text: &str| {
            let _ = writeln!(out, "  {name:<10}{}", text.replace('\n', "\n            "));
        };
        line("now", &self.now());
        match self.desired {
            Some(resource) => line("declared", &place(&resource.source)),
            None => line("declared", "nowhere in this commit"),
        }
        if let Some(Definition {
            what,
            placed_by,
            tenant,
        }) = &self.definition
        {
            line("by", what);
            line("placed by", placed_by);
            if let Some(tenant) = tenant {
                line("tenant", tenant);
            }
        }
        if let Some(owner) = self.desired.and_then(|resource| resource.owner.as_deref()) {
            line("owner", owner);
        }
        if let Some(commit) = &self.commit {
            let Commit {
                id,
                author,
                subject,
                ..
            } = commit;
            line("commit", &format!("{} by {author}: {subject}", id.short()));
        }
        for (name, hash) in self.hashes() {
            line(name, &hash.unwrap_or_else(|| "-".to_owned()));
        }
        if let Some(entry) = &self.applied {
            let revision = entry.revision.as_deref().unwrap_or("no commit");
            let from = format!("from {revision}, {}", place(&entry.source));
            line("", &from);
        }
        for field in self.change.iter().flat_map(|change| &change.fields) {
            let value =
                |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), ToString::to_string);
            let text = format!(
                "{}: {} -> {}",
                field.path,
                value(&field.before),
                value(&field.after)
            );
            line("differs", &text);
        }
        for impact in self.change.iter().flat_map(|change| &change.impact) {
            line("effect", impact);
        }
        for (index, entry) in self.past.iter().enumerate() {
            let text = past::text(&[past::Entry::Change(entry.clone())]);
            line(if index == 0 { "history" } else { "" }, text.trim_end());
        }
        out
    }

    /// How it is, in a sentence.
    fn now(&self) -> String {
        let mut parts = Vec::new();
        if let Some(reason) = self.unknown {
            parts.push(format!(
                "unknown, as {} cannot be read: {reason}",
                self.id.target
            ));
        }
        for held in &self.held {
            let action = held.action.map_or("", |action| action.as_str());
            parts.push(format!(
                "held ({}), would be: {action}\n{}",
                held.reason.as_str(),
                held.detail
            ));
        }
        if let Some(change) = self.change {
            let drift = if change.drift {
                " (somebody changed it on the server)"
            } else {
                ""
            };
            parts.push(format!("to be done: {}{drift}", change.action.as_str()));
        }
        if let Some(failing) = &self.failing {
            let text = |field: &str| failing[field].as_str().unwrap_or("-");
            parts.push(format!(
                "failing since {}, next try {}\n{}",
                text("since"),
                text("next_try"),
                text("error")
            ));
        }
        if parts.is_empty() {
            parts.push("as declared".to_owned());
        }
        parts.join("\n")
    }

    fn hashes(&self) -> [(&'static str, Option<String>); 3] {
        let desired = self.change.and_then(|change| change.desired.as_ref());
        let live = self.live.map(|live| live.hash.to_string());
        // What needs no change has the hash of what is live.
        let desired = match desired {
            Some(desired) => Some(desired.hash.to_string()),
            None if self.desired.is_some() && self.held.is_empty() => live.clone(),
            None => None,
        };
        let applied = self.applied.as_ref();
        [
            ("desired", desired),
            ("live", live),
            ("applied", applied.map(|entry| entry.hash.to_string())),
        ]
    }

    /// `trueup.dev/explain/v1`
    fn json(&self) -> Value {
        let [(_, desired), (_, live), (_, applied)] = self.hashes();
        let held: Vec<Value> = self.held.iter().map(|held| shared::held(held)).collect();
        let past: Vec<past::Entry> = self.past.iter().cloned().map(past::Entry::Change).collect();
        let fields = self.change.iter().flat_map(|change| &change.fields);
        json!({
            "schema": "trueup.dev/explain/v1",
            "id": self.id.to_string(),
            "source": self.desired.map(|resource| shared::source(&resource.source)),
            "definition": self.definition.as_ref().map(|definition| &definition.what),
            "tenant": self.definition.as_ref().and_then(|definition| definition.tenant.as_ref()),
            "placed_by": self.definition.as_ref().map(|definition| &definition.placed_by),
            "owner": self.desired.and_then(|resource| resource.owner.as_deref()),
            "commit": self.commit.as_ref().map(|commit| json!({
                "id": commit.id.to_string(),
                "author": commit.author,
                "subject": commit.subject,
            })),
            "desired": desired,
            "live": live,
            "applied": applied,
            "action": self.change.map(|change| change.action.as_str()),
            "fields": fields.map(|field| field.path.clone()).collect::<Vec<_>>(),
            "held": held,
            "failing": self.failing,
            "unknown": self.unknown,
            "history": past::json(&past)["entries"],
        })
    }
}

fn place(source: &SourceRef) -> String {
    format!("{}:{}", source.file, source.line)
}

/// A path from the root of the repository.
fn in_repository(settings: &Settings, file: &str) -> String {
    match &settings.repository.path {
        Some(path) => format!("{path}/{file}"),
        None => file.to_owned(),
    }
}

/// The document that declares a resource, and what placed it.
fn definition(look: &Look, id: &ResourceId) -> Option<Definition> {
    let declared = &look.declaration.loaded.declared;
    let container = id.container();
    let sets = declared.rule_sets.iter();
    let mut sets = sets.filter(|set| {
        let name = format!("{}/{}", set.meta.namespace, set.meta.name);
        id.kind == crate::model::ResourceKind::RuleGroup && container == Some(&name)
    });
    let mut objects = declared
        .objects
        .iter()
        .filter(|object| object.origin.makes() == id.kind && object.name == *id.name);
    let (kind, meta) = match (sets.next(), objects.next()) {
        (Some(set), _) => match set.kind {
            crate::model::RuleSetKind::RuleSet => ("RuleSet", &*set.meta),
            crate::model::RuleSetKind::PrometheusRule => ("PrometheusRule", &*set.meta),
        },
        (None, Some(object)) => (object.origin.as_str(), &object.meta),
        (None, None) => return None,
    };
    let platform = declared.platform.as_ref();
    let default = platform.and_then(|platform| platform.default_targets.as_ref());
    let tenant = declared.tenants.of(&meta.place.file);
    let of_tenant = tenant.and_then(|tenant| tenant.targets.as_ref());
    let placed_by = match (&meta.targets, of_tenant, default) {
        (Some(own), _, _) => format!("its own selector, {}", own.value),
        (None, Some(default), _) => format!("its tenant's targets, {}", default.value),
        (None, None, Some(default)) => format!("the platform's default, {}", default.value),
        (None, None, None) => "nothing".to_owned(),
    };
    Some(Definition {
        what: format!("{kind} {}/{} ({})", meta.namespace, meta.name, meta.place),
        placed_by,
        tenant: tenant.map(|tenant| format!("{} ({})", tenant.name, tenant.place)),
    })
}

/// What the running daemon says of its last try, if that failed.
async fn failing(settings: &Settings, id: &ResourceId) -> Option<Value> {
    let daemon = Control::find(settings).await.ok()??;
    let status = daemon.status().await.ok()?;
    let targets = status["targets"].as_array()?;
    let target = targets
        .iter()
        .find(|target| target["name"] == id.target.as_str())?;
    let id = id.to_string();
    let failed = target["failed"].as_array()?;
    failed.iter().find(|failed| failed["id"] == *id).cloned()
}
