//! What a tenant's definitions may do, whatever is in them: their kind, their owner, where they stand.

use std::sync::Arc;

use super::Resolver;
use super::owners::component_ref;
use super::placement::{Definition, Placed};
use crate::model::definition::{ObjectDefinition, ObjectOrigin};
use crate::model::entity::DEFAULT_NAMESPACE;
use crate::model::grafana::{Folder, FolderPath, InFolder};
use crate::model::tenant::TenantKind;
use crate::model::{
    Code, Diagnostic, EntityRef, Meta, Place, RepoPath, RuleSetKind, Spec, TargetName, Tenant,
};

/// What is wrong, in one line with its place: what is held says so.
pub(super) fn told(diagnostic: &Diagnostic) -> String {
    match &diagnostic.place {
        Some(place) => format!("{} ({place})", diagnostic.message),
        None => diagnostic.message.clone(),
    }
}

pub(super) fn kind_of_set(kind: RuleSetKind) -> TenantKind {
    match kind {
        RuleSetKind::RuleSet => TenantKind::RuleSet,
        RuleSetKind::PrometheusRule => TenantKind::PrometheusRule,
    }
}

pub(super) fn kind_of_object(origin: ObjectOrigin) -> TenantKind {
    match origin {
        ObjectOrigin::DashboardSet => TenantKind::DashboardSet,
        ObjectOrigin::Dashboard => TenantKind::Dashboard,
        ObjectOrigin::Folder => TenantKind::Folder,
        ObjectOrigin::DataSource => TenantKind::DataSource,
        ObjectOrigin::AlertmanagerConfig => TenantKind::AlertmanagerConfig,
    }
}

fn breach(place: Place, message: String, hint: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::TenantBoundary, place, message).with_hint(hint)
}

impl<'a> Resolver<'a> {
    /// The tenant that a file belongs to; `None` is the platform.
    pub(super) fn tenant(&self, file: &RepoPath) -> Option<&'a Arc<Tenant>> {
        self.whose.of(file)
    }

    /// Why a definition may not stand at all. The platform's may always.
    pub(super) fn refused(&mut self, meta: &Meta, kind: TenantKind) -> Option<String> {
        self.dangling_owner(meta);
        let tenant = self.tenant(&meta.place.file)?;
        let found = self.breaches(tenant, meta, kind);
        let first = found.first().map(told);
        self.out.diagnostics.extend(found);
        first
    }

    fn breaches(&self, tenant: &Tenant, meta: &Meta, kind: TenantKind) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        if !tenant.kinds.contains(&kind) {
            let message = format!("tenant {:?} may not have a {}", tenant.name, kind.as_str());
            let hint = format!(
                "The platform can allow it in spec.kinds of the Tenant ({}).",
                tenant.place
            );
            found.push(breach(meta.place.clone(), message, hint));
        }
        if meta.adopt {
            let message = format!(
                "tenant {:?} may not take over objects that somebody else made (trueup.dev/adopt)",
                tenant.name
            );
            let hint = "Let the platform adopt it, or export the object and delete the old one.";
            found.push(breach(meta.place.clone(), message, hint));
        }
        found.extend(self.foreign_owner(tenant, meta));
        found
    }

    /// What is wrong with the owner that a tenant's definition names.
    fn foreign_owner(&self, tenant: &Tenant, meta: &Meta) -> Option<Diagnostic> {
        let (said, owner) = match (&meta.owner, &meta.component) {
            (Some(said), _) => {
                let owner = EntityRef::parse(&said.value, Some("Group"), DEFAULT_NAMESPACE);
                (said, owner.ok())
            }
            (None, Some(said)) => {
                let component = component_ref(&said.value)?;
                // A component that nobody knows gives no owner: the tenant's stays.
                let owner = self.world.catalog.owner_of_component(&component)?;
                (said, Some(owner.clone()))
            }
            (None, None) => return None,
        };
        let place = Place::new(meta.place.file.clone(), said.span);
        owner_breach(self, tenant, owner.as_ref(), &said.value, place)
    }

    /// Takes the targets out that the tenant may not use; what is wrong with choosing them.
    pub(super) fn within_targets(
        &mut self,
        definition: Definition<'_>,
        placed: &mut Placed,
    ) -> Option<(String, Vec<TargetName>)> {
        let meta = definition.meta;
        let tenant = self.tenant(&meta.place.file)?;
        let limit = &tenant.targets.as_ref()?.value;
        let outside = self.world.placing.outside(&placed.targets, limit, meta);
        if outside.is_empty() {
            return None;
        }
        placed.targets.retain(|target| !outside.contains(target));
        let place = match &meta.targets {
            Some(own) => Place::new(meta.place.file.clone(), own.span),
            None => meta.place.clone(),
        };
        let names: Vec<&str> = outside.iter().map(TargetName::as_str).collect();
        let message = if self.world.placing.are_named() {
            format!(
                "{definition} chooses {}, which tenant {:?} may not use",
                names.join(", "),
                tenant.name
            )
        } else {
            format!(
                "{definition} chooses targets that tenant {:?} may not use: its own are {:?}",
                tenant.name,
                limit.to_string()
            )
        };
        let hint = format!(
            "Choose among {limit}; the Tenant stands at {}.",
            tenant.place
        );
        let diagnostic = breach(place, message, hint);
        let detail = told(&diagnostic);
        self.out.diagnostics.push(diagnostic);
        Some((detail, outside))
    }

    /// An object as its tenant may have it: in the tenant's folder where it names none. `Err` says why it may not
    /// stand where it wants to.
    pub(super) fn in_folder(
        &mut self,
        object: &ObjectDefinition,
        folders: &[(&Folder, &RepoPath)],
    ) -> Result<Option<Spec>, String> {
        let Some(tenant) = self.tenant(&object.meta.place.file) else {
            return Ok(None);
        };
        let wanted = match &object.spec {
            Some(Spec::Dashboard(dashboard)) => match &dashboard.folder {
                InFolder::General => None,
                InFolder::Path { path, .. } => Some(path.clone()),
                InFolder::Uid(uid) => {
                    let mut known = folders
                        .iter()
                        .filter(|(folder, _)| folder.uid.as_ref() == Some(uid));
                    let mine = known.find(|(_, file)| {
                        self.tenant(file)
                            .is_none_or(|other| other.name == tenant.name)
                    });
                    match mine {
                        Some((folder, _)) => Some(folder.path.clone()),
                        None => return Err(self.unknown_folder(tenant, object, uid)),
                    }
                }
            },
            Some(Spec::Folder(folder)) => Some(folder.path.clone()),
            Some(
                Spec::RuleGroup(_) | Spec::DataSource(_) | Spec::Route(_) | Spec::RouteBase(_),
            )
            | None => return Ok(None),
        };
        let Some(own) = &tenant.folder else {
            return Err(self.no_folder(tenant, object));
        };
        let own = &own.value;
        match (&object.spec, wanted) {
            (Some(Spec::Dashboard(dashboard)), None) => {
                let mut dashboard = dashboard.clone();
                dashboard.folder = InFolder::Path {
                    path: own.clone(),
                    uid: None,
                };
                Ok(Some(Spec::Dashboard(dashboard)))
            }
            (Some(Spec::Folder(folder)), Some(path)) => {
                if path == *own || !path.is_within(own) {
                    return Err(self.outside_folder(tenant, object, &path, own));
                }
                let prefix = format!("{}-", tenant.name);
                if folder
                    .uid
                    .as_ref()
                    .is_some_and(|uid| !uid.starts_with(&*prefix))
                {
                    return Err(self.posing_folder(tenant, object));
                }
                if folder.title.is_some() {
                    return Err(self.titled_folder(tenant, object));
                }
                Ok(None)
            }
            (_, Some(path)) if !path.is_within(own) => {
                Err(self.outside_folder(tenant, object, &path, own))
            }
            _ => Ok(None),
        }
    }

    /// Why a tenant's definition may not have the secrets that it names. A definition may say that it is of any
    /// namespace, and secrets are kept by namespace; so a tenant has those of the namespace that is called like it.
    pub(super) fn secrets_of_others(&mut self, object: &ObjectDefinition) -> Option<String> {
        let meta = &object.meta;
        let tenant = self.tenant(&meta.place.file)?;
        let names_some = match &object.spec {
            Some(Spec::Route(fenced)) => fenced.routing.has_secrets(),
            Some(Spec::DataSource(source)) => !source.secrets.is_empty(),
            Some(
                Spec::RuleGroup(_) | Spec::Folder(_) | Spec::Dashboard(_) | Spec::RouteBase(_),
            )
            | None => false,
        };
        if !names_some || meta.namespace == *tenant.name {
            return None;
        }
        let message = format!(
            "the secrets of the namespace {:?} are not tenant {:?}'s",
            meta.namespace, tenant.name
        );
        let hint = format!(
            "A tenant has the secrets of the namespace that is called like it: write namespace: {}.",
            tenant.name
        );
        Some(self.refuse(breach(meta.place.clone(), message, hint)))
    }

    fn refuse(&mut self, diagnostic: Diagnostic) -> String {
        let detail = told(&diagnostic);
        self.out.diagnostics.push(diagnostic);
        detail
    }

    fn unknown_folder(&mut self, tenant: &Tenant, object: &ObjectDefinition, uid: &str) -> String {
        let message = format!(
            "the folder with uid {uid:?} is none that tenant {:?} has declared",
            tenant.name
        );
        let hint = "Declare it with a Folder of the tenant, or name no folder at all.";
        self.refuse(breach(object.place.clone(), message, hint))
    }

    /// A uid finds a folder wherever it is: of Trueup's own, of others, of people.
    fn posing_folder(&mut self, tenant: &Tenant, object: &ObjectDefinition) -> String {
        let name = &tenant.name;
        let message = format!("the uid of a Folder of tenant {name:?} must begin with {name}-");
        let hint =
            "Choose another uid, or leave it out; the platform can declare a Folder with any.";
        let place = object.meta.place.clone();
        self.refuse(breach(place, message, hint))
    }

    /// Where folders stand in no folders, a title is all that tells whose one is.
    fn titled_folder(&mut self, tenant: &Tenant, object: &ObjectDefinition) -> String {
        let message = format!(
            "a Folder of tenant {:?} is called as its path ends, and has no other title",
            tenant.name
        );
        let hint = "Take title out, and write it at the end of path.";
        // The definition chose it.
        let place = object.meta.place.clone();
        self.refuse(breach(place, message, hint))
    }

    fn no_folder(&mut self, tenant: &Tenant, object: &ObjectDefinition) -> String {
        let message = format!("tenant {:?} has no folder in Grafana", tenant.name);
        let hint = format!(
            "The platform can give it one in spec.grafana.folder of the Tenant ({}).",
            tenant.place
        );
        self.refuse(breach(object.place.clone(), message, hint))
    }

    fn outside_folder(
        &mut self,
        tenant: &Tenant,
        object: &ObjectDefinition,
        path: &FolderPath,
        own: &FolderPath,
    ) -> String {
        let message = format!(
            "the folder {:?} is not below {:?}, the folder of tenant {:?}",
            path.as_str(),
            own.as_str(),
            tenant.name
        );
        let hint = format!("Write {}/<title>, or no folder at all.", own.as_str());
        // The definition chose it, not the file of the dashboard.
        let place = object.meta.place.clone();
        self.refuse(breach(place, message, hint))
    }
}

/// What is wrong where a tenant's file names an owner.
pub(super) fn owner_breach(
    resolver: &Resolver<'_>,
    tenant: &Tenant,
    owner: Option<&EntityRef>,
    said: &str,
    place: Place,
) -> Option<Diagnostic> {
    let own = &tenant.owner.value;
    if owner.is_some_and(|owner| resolver.may_own(owner, own)) {
        return None;
    }
    let message = format!(
        "{said:?} cannot own what is tenant {:?}'s: its owner is {own}",
        tenant.name
    );
    let hint = format!("Name {own} or a group below it, or leave the owner out.");
    Some(breach(place, message, hint))
}
