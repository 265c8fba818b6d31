//! What stands on Grafanas: placed, told apart, with the folders that it needs.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Resolver;
use super::bounds;
use super::folders::{Folders, declared_folders};
use super::identity;
use super::placement::{self, Definition};
use crate::model::definition::{Declared, ObjectDefinition, Validity};
use crate::model::grafana::Folder;
use crate::model::hold::Covers;
use crate::model::{
    Code, Diagnostic, Invalid, Place, RepoPath, Resource, ResourceId, ResourceKind, Spec,
    TargetName,
};

type OnTarget = BTreeMap<ResourceId, Arc<Resource>>;

/// All that claims a name on one target, and whether it may stand there.
type Claims<'a> = Vec<(Cow<'a, ObjectDefinition>, bool)>;

impl Resolver<'_> {
    pub(super) fn objects(&mut self, declared: &Declared, excess: &BTreeMap<Place, String>) {
        let refused = identity::clashing_definitions(declared, &mut self.out.diagnostics);
        let mut by_target: BTreeMap<TargetName, Claims<'_>> = BTreeMap::new();
        let mut stands: BTreeMap<&Place, Standing> = BTreeMap::new();
        let folders = declared_folders(declared);
        for object in &declared.objects {
            // All dashboards of one set are placed, and what is wrong with that is said, once.
            if !stands.contains_key(&object.meta.place) {
                let mut standing = self.standing(declared, object);
                let clash = refused.get(&object.meta.place).cloned();
                standing.refused = clash.or(standing.refused);
                stands.insert(&object.meta.place, standing);
            }
            let standing = &stands[&object.meta.place];
            if let Some((detail, outside)) = &standing.outside {
                self.hold_object(object, detail, outside);
            }
            let refused = standing
                .refused
                .as_ref()
                .or_else(|| excess.get(&object.place));
            let bounded = match refused {
                Some(detail) => Err(detail.clone()),
                None => self.bounded(object, &folders),
            };
            match bounded {
                Err(detail) => {
                    self.hold_object(object, &detail, &standing.targets);
                    self.keep_claims(object, &standing.targets, &mut by_target);
                }
                Ok(bounded) => {
                    for target in &standing.targets {
                        let claims = by_target.entry(target.clone()).or_default();
                        claims.push((bounded.clone(), true));
                    }
                }
            }
            if let Some((_, outside)) = &standing.outside {
                self.keep_claims(object, outside, &mut by_target);
            }
        }
        for (target, claims) in by_target {
            self.on_target(&target, &claims);
        }
    }

    /// Something that may not stand on these targets is still whose it was where it does, so that nobody else gets it
    /// by its name in the meantime.
    fn keep_claims<'o>(
        &self,
        object: &'o ObjectDefinition,
        targets: &[TargetName],
        by_target: &mut BTreeMap<TargetName, Claims<'o>>,
    ) {
        let whose = |place: &Place| self.tenant(&place.file).map(|tenant| &tenant.name);
        let taken_in = whose(&object.meta.place) != whose(&object.place);
        if taken_in && whose(&object.meta.place).is_some() {
            return;
        }
        for target in targets {
            let (kind, name) = (object.origin.makes(), object.name.as_str());
            let id = ResourceId::new(target.clone(), kind, name);
            let entry = self.world.inventory.entries.get(&id);
            if entry.is_some_and(|entry| *entry.source.file == *object.place.file.as_str()) {
                let claims = by_target.entry(target.clone()).or_default();
                claims.push((Cow::Borrowed(object), false));
            }
        }
    }

    /// Where all that one definition declares stands, and why it may not.
    fn standing(&mut self, declared: &Declared, object: &ObjectDefinition) -> Standing {
        let definition = Definition::of_object(object);
        let default = placement::default(declared, self.tenant(&object.meta.place.file));
        let kind = object.origin.makes();
        let mut placed = placement::place(definition, default, self.world.placing, kind);
        let outside = self.within_targets(definition, &mut placed);
        self.out.diagnostics.extend(placed.diagnostic);
        self.out.blocks.extend(placed.block);
        Standing {
            targets: placed.targets,
            outside,
            refused: self.refused(&object.meta, bounds::kind_of_object(object.origin)),
        }
    }

    /// An object inside the bounds of its tenant; `Err` says why it is not.
    fn bounded<'o>(
        &mut self,
        object: &'o ObjectDefinition,
        folders: &[(&Folder, &RepoPath)],
    ) -> Result<Cow<'o, ObjectDefinition>, String> {
        let what = Definition::of_object(object);
        if let Some(detail) = self.foreign(&object.meta, &object.place.file, what) {
            return Err(detail);
        }
        if let Some(detail) = self.unfenced(object) {
            return Err(detail);
        }
        if let Some(detail) = self.secrets_of_others(object) {
            return Err(detail);
        }
        let in_folder = self.in_folder(object, folders)?;
        let fenced = match in_folder.as_ref().or(object.spec.as_ref()) {
            Some(Spec::Dashboard(dashboard)) => self.fenced_dashboard(object, dashboard)?,
            _ => None,
        };
        let Some(spec) = fenced.map(Spec::Dashboard).or(in_folder) else {
            return Ok(Cow::Borrowed(object));
        };
        Ok(Cow::Owned(ObjectDefinition {
            spec: Some(spec),
            ..object.clone()
        }))
    }

    fn on_target(&mut self, target: &TargetName, claims: &Claims<'_>) {
        let objects: Vec<&ObjectDefinition> = claims.iter().map(|(object, _)| &**object).collect();
        let objects = &objects[..];
        let diagnostics = &mut self.out.diagnostics;
        let inventory = self.world.inventory;
        let mut clashing = identity::clashing_objects(objects, inventory, target, diagnostics);
        clashing.extend(identity::clashing_uids(
            objects,
            inventory,
            target,
            diagnostics,
        ));
        let mut standing = Vec::with_capacity(objects.len());
        for (index, object) in objects.iter().enumerate() {
            if !claims[index].1 {
                continue;
            }
            let only = std::slice::from_ref(target);
            match (clashing.get(&index), &object.validity) {
                (Some(detail), _) => self.hold_object(object, detail, only),
                (None, Validity::Invalid { detail }) => {
                    self.hold_object(object, detail, only);
                    standing.push(*object);
                }
                (None, Validity::Valid) => standing.push(*object),
            }
        }
        warn_of_titles(&standing, &mut self.out.diagnostics);
        warn_of_references(&standing, &mut self.out.diagnostics);
        let folders = Folders::of(&standing);
        let mut made: OnTarget = BTreeMap::new();
        for object in &standing {
            let Some(spec) = &object.spec else { continue };
            let spec = match spec {
                Spec::Route(fenced) => {
                    let file = &object.meta.place.file;
                    Spec::Route(self.fenced(target, file, fenced))
                }
                other => folders.with_uids(other),
            };
            let spec = self.tagged(target, object, spec);
            let resource = self.resource(target, object, spec);
            made.insert(resource.id.clone(), Arc::new(resource));
        }
        // An invalid folder that nobody knows anything good of is not made by whoever is in it.
        let held: Vec<&str> = claims
            .iter()
            .filter_map(|(object, stands)| stands.then_some(object))
            .filter(|object| object.origin.makes() == ResourceKind::Folder)
            .map(|object| object.name.as_str())
            .collect();
        for (path, object) in folders.implied(&held) {
            let spec = Spec::Folder(Folder {
                parent_uid: folders.parent_uid(&path),
                path,
                title: None,
                uid: None,
            });
            let resource = self.resource(target, object, spec);
            let resource = Resource {
                owner: self.owner_of_folder(object, &resource),
                component: None,
                adopt: false,
                ..resource
            };
            made.entry(resource.id.clone())
                .or_insert(Arc::new(resource));
        }
        let on_target = self.out.desired.entry(target.clone()).or_default();
        on_target.extend(made);
    }

    /// Of a folder that nobody declares. Whoever needed it first is not its owner, unless all in it is that tenant's.
    fn owner_of_folder(&self, object: &ObjectDefinition, folder: &Resource) -> Option<Arc<str>> {
        let Spec::Folder(Folder { path, .. }) = &*folder.spec else {
            return None;
        };
        let mine = self.tenant(&object.meta.place.file).filter(|tenant| {
            let own = tenant.folder.as_ref();
            own.is_some_and(|own| path.is_within(&own.value))
        });
        let owner = mine.map(|tenant| &tenant.owner.value);
        let owner = owner.or(self.world.platform)?;
        Some(owner.to_string().into())
    }

    fn resource(&self, target: &TargetName, object: &ObjectDefinition, spec: Spec) -> Resource {
        let name = match &spec {
            Spec::Folder(folder) => folder.path.to_string(),
            Spec::RuleGroup(_)
            | Spec::DataSource(_)
            | Spec::Dashboard(_)
            | Spec::Route(_)
            | Spec::RouteBase(_) => object.name.clone(),
        };
        Resource {
            id: ResourceId::new(target.clone(), spec.kind(), name),
            spec: Arc::new(spec),
            owner: self.owner(&object.meta, &object.place.file),
            component: self.component(&object.meta, &object.place.file),
            source: self.source(&object.place),
            adopt: object.meta.adopt
                || self
                    .world
                    .placing
                    .composing(target)
                    .is_some_and(|composing| composing.adopt),
        }
    }

    /// A dashboard with its owner, where the target shows owners.
    fn tagged(&self, target: &TargetName, object: &ObjectDefinition, mut spec: Spec) -> Spec {
        if let Spec::Dashboard(dashboard) = &mut spec
            && self.world.placing.shows_owners(target)
        {
            dashboard.owner = self.owner(&object.meta, &object.place.file);
        }
        spec
    }

    fn hold_object(&mut self, object: &ObjectDefinition, detail: &str, targets: &[TargetName]) {
        self.out.invalid.push(Invalid {
            covers: Covers::Resource {
                kind: object.origin.makes(),
                name: object.name.clone(),
            },
            detail: detail.to_owned(),
            source: self.source(&object.place),
            targets: targets.to_vec(),
        });
    }
}

/// Where a definition stands.
struct Standing {
    targets: Vec<TargetName>,
    /// Targets that it chooses and its tenant may not use, with the reason.
    outside: Option<(String, Vec<TargetName>)>,
    /// Why it may stand nowhere.
    refused: Option<String>,
}

/// The type of each data source that is declared, by its uid and by its name.
pub(super) fn types_of_sources(declared: &Declared) -> BTreeMap<String, String> {
    let sources = declared
        .objects
        .iter()
        .filter_map(|object| match &object.spec {
            Some(Spec::DataSource(source)) => Some(source),
            _ => None,
        });
    let named = sources.flat_map(|source| {
        [&source.uid, &source.name].map(|name| (name.to_string(), source.kind.to_string()))
    });
    named.collect()
}

/// Servers before 11.3 refuse a title that is taken in the same folder; people confuse the two on all.
fn warn_of_titles(objects: &[&ObjectDefinition], diagnostics: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<(String, String), &ObjectDefinition> = BTreeMap::new();
    for object in objects {
        let Some(Spec::Dashboard(dashboard)) = &object.spec else {
            continue;
        };
        let key = (dashboard.folder.shown(), dashboard.title.to_string());
        let Some(other) = first.get(&key) else {
            first.insert(key, object);
            continue;
        };
        let message = format!(
            "the title {:?} stands twice in one folder; Grafana before 11.3 refuses that",
            dashboard.title
        );
        diagnostics.push(
            Diagnostic::warning(Code::DuplicateTitle, object.place.clone(), message)
                .with_hint("Give one of them another title or folder.")
                .with_related("the other one", other.place.clone()),
        );
    }
}

/// A data source may exist without being declared, so this is no error.
fn warn_of_references(objects: &[&ObjectDefinition], diagnostics: &mut Vec<Diagnostic>) {
    let declared: Vec<(&str, &str)> = objects
        .iter()
        .filter_map(|object| match &object.spec {
            Some(Spec::DataSource(source)) => Some((&*source.uid, &*source.name)),
            _ => None,
        })
        .collect();
    for object in objects {
        for (name, place) in object.references.iter() {
            if declared
                .iter()
                .any(|(uid, title)| uid == name || title == name)
            {
                continue;
            }
            let message = format!("no DataSource with the uid or name {name:?} is declared");
            diagnostics.push(
                Diagnostic::warning(Code::DataSourceUnknown, place.clone(), message)
                    .with_hint("Declare it, use a variable, or leave it if it is made elsewhere."),
            );
        }
    }
}
