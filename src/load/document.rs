//! One file, read on its own: what `parse` gives and `assemble` puts together.

use std::collections::HashMap;
use std::sync::Arc;

use super::alertmanager::BaseDocument;
use super::backstage::EntityDocument;
use super::grafana::{DashboardFile, DashboardSetDocument, ObjectDocument};
use super::patterns::FilePattern;
use crate::model::definition::{Platform, RulePlaces, RuleSetKind};
use crate::model::grafana::DashboardBody;
use crate::model::{Diagnostic, Entity, Meta, Place, Span, Spec, Tenant};

/// One file, read without knowledge of any other; worth remembering by path and blob.
///
/// The specs in it are shared: as long as the same `ParsedFile` is handed in, `assemble` gives the
/// same pointers.
#[derive(Debug)]
pub struct ParsedFile {
    /// What is ours, in the order of the text.
    pub(crate) documents: Vec<Document>,
    /// Documents that are ours to read, also of kinds that only a later version reads.
    pub(crate) counted: usize,
    /// Documents that are somebody else's.
    pub(crate) skipped: usize,
    /// What is wrong with, or notable about, definitions; as severe as it stands.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Set where the text is not YAML that is read.
    pub(crate) syntax: Option<SyntaxFault>,
}

/// Why a whole text could not be read.
#[derive(Debug)]
pub(crate) struct SyntaxFault {
    /// As an error.
    pub(crate) diagnostic: Diagnostic,
    /// The text names a group of which we read something.
    pub(crate) names_us: bool,
    /// It says that it is a `Tenant`.
    pub(crate) names_tenant: bool,
}

#[derive(Debug)]
pub(crate) enum Document {
    Platform(PlatformDocument),
    Tenant(TenantDocument),
    RuleSet(RuleSetDocument),
    Rules(RulesDocument),
    DashboardSet(DashboardSetDocument),
    Dashboard(DashboardFile),
    Object(ObjectDocument),
    AlertmanagerFile(BaseDocument),
    Entity(EntityDocument),
}

#[derive(Debug)]
pub(crate) struct PlatformDocument {
    pub(crate) platform: Platform,
    pub(crate) fault: Option<String>,
}

/// A `Tenant`.
#[derive(Debug)]
pub(crate) struct TenantDocument {
    /// Where the document starts.
    pub(crate) place: Place,
    /// `None` where its name or owner cannot be read.
    pub(crate) tenant: Option<Arc<Tenant>>,
    pub(crate) fault: Option<String>,
}

/// A `RuleSet` or a `PrometheusRule`.
#[derive(Debug)]
pub(crate) struct RuleSetDocument {
    pub(crate) kind: RuleSetKind,
    /// `None` where its name cannot be read.
    pub(crate) meta: Option<Arc<Meta>>,
    /// Where the document starts.
    pub(crate) place: Place,
    pub(crate) files: Vec<FilePattern>,
    pub(crate) groups: Groups,
    /// What is wrong beside single groups.
    pub(crate) fault: Option<String>,
}

/// A document of a plain rule file.
#[derive(Debug)]
pub(crate) struct RulesDocument {
    pub(crate) place: Place,
    pub(crate) groups: Groups,
    /// Errors if a set places the file, else warnings.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// The rule groups of one document.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    pub(crate) named: Vec<Group>,
    /// What keeps the list of groups itself from being read whole.
    pub(crate) fault: Option<String>,
}

/// A group with a name.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: Arc<str>,
    pub(crate) span: Span,
    /// Of its rules, in their order.
    pub(crate) rules: Arc<[RulePlaces]>,
    /// `Err` names place and fault.
    pub(crate) spec: Result<Arc<Spec>, String>,
}

impl Groups {
    /// Marks every group as faulty that is not already.
    pub(crate) fn spoil(&mut self, fault: &str) {
        for group in &mut self.named {
            if group.spec.is_ok() {
                group.spec = Err(fault.to_owned());
            }
        }
        self.fault.get_or_insert_with(|| fault.to_owned());
    }
}

impl Document {
    fn groups(&self) -> Option<&Groups> {
        match self {
            Self::Platform(_)
            | Self::Tenant(_)
            | Self::DashboardSet(_)
            | Self::Dashboard(_)
            | Self::Object(_)
            | Self::AlertmanagerFile(_)
            | Self::Entity(_) => None,
            Self::RuleSet(set) => Some(&set.groups),
            Self::Rules(rules) => Some(&rules.groups),
        }
    }

    fn groups_mut(&mut self) -> Option<&mut Groups> {
        match self {
            Self::Platform(_)
            | Self::Tenant(_)
            | Self::DashboardSet(_)
            | Self::Dashboard(_)
            | Self::Object(_)
            | Self::AlertmanagerFile(_)
            | Self::Entity(_) => None,
            Self::RuleSet(set) => Some(&mut set.groups),
            Self::Rules(rules) => Some(&mut rules.groups),
        }
    }

    fn body(&self) -> Option<&Arc<DashboardBody>> {
        match self {
            Self::Dashboard(dashboard) => Some(&dashboard.body),
            Self::Object(object) => match &object.object.as_ref()?.spec {
                Spec::Dashboard(dashboard) => Some(&dashboard.body),
                Spec::RuleGroup(_)
                | Spec::Folder(_)
                | Spec::DataSource(_)
                | Spec::Route(_)
                | Spec::RouteBase(_) => None,
            },
            Self::Platform(_)
            | Self::Tenant(_)
            | Self::RuleSet(_)
            | Self::Rules(_)
            | Self::DashboardSet(_)
            | Self::AlertmanagerFile(_)
            | Self::Entity(_) => None,
        }
    }

    fn body_mut(&mut self) -> Option<&mut Arc<DashboardBody>> {
        match self {
            Self::Dashboard(dashboard) => Some(&mut dashboard.body),
            Self::Object(object) => match &mut object.object.as_mut()?.spec {
                Spec::Dashboard(dashboard) => Some(&mut dashboard.body),
                Spec::RuleGroup(_)
                | Spec::Folder(_)
                | Spec::DataSource(_)
                | Spec::Route(_)
                | Spec::RouteBase(_) => None,
            },
            Self::Platform(_)
            | Self::Tenant(_)
            | Self::RuleSet(_)
            | Self::Rules(_)
            | Self::DashboardSet(_)
            | Self::AlertmanagerFile(_)
            | Self::Entity(_) => None,
        }
    }

    /// An entity that is good.
    pub(crate) fn entity(&self) -> Option<&Arc<Entity>> {
        match self {
            Self::Entity(document) => document.entity.as_ref(),
            Self::Platform(_)
            | Self::Tenant(_)
            | Self::RuleSet(_)
            | Self::Rules(_)
            | Self::DashboardSet(_)
            | Self::Dashboard(_)
            | Self::Object(_)
            | Self::AlertmanagerFile(_) => None,
        }
    }

    fn entity_mut(&mut self) -> Option<&mut Arc<Entity>> {
        match self {
            Self::Entity(document) => document.entity.as_mut(),
            Self::Platform(_)
            | Self::Tenant(_)
            | Self::RuleSet(_)
            | Self::Rules(_)
            | Self::DashboardSet(_)
            | Self::Dashboard(_)
            | Self::Object(_)
            | Self::AlertmanagerFile(_) => None,
        }
    }

    /// Marks the document and all in it as faulty.
    pub(crate) fn spoil(&mut self, fault: &str) {
        let own = match self {
            Self::Platform(platform) => &mut platform.fault,
            Self::Tenant(tenant) => &mut tenant.fault,
            Self::RuleSet(set) => {
                set.groups.spoil(fault);
                &mut set.fault
            }
            Self::Rules(rules) => return rules.groups.spoil(fault),
            Self::AlertmanagerFile(file) => return file.spoil(fault),
            Self::DashboardSet(set) => &mut set.fault,
            Self::Dashboard(dashboard) => &mut dashboard.fault,
            Self::Object(object) => {
                object.object = None;
                &mut object.fault
            }
            Self::Entity(document) => {
                document.entity = None;
                &mut document.fault
            }
        };
        own.get_or_insert_with(|| fault.to_owned());
    }
}

impl ParsedFile {
    /// The `Platform` of `trueup.yaml`, if it is there and good: what narrows the files to read.
    pub fn platform(&self) -> Option<&Platform> {
        let mut good = self.documents.iter().filter_map(|document| match document {
            Document::Platform(platform) if platform.fault.is_none() => Some(&platform.platform),
            Document::Platform(_)
            | Document::Tenant(_)
            | Document::RuleSet(_)
            | Document::Rules(_)
            | Document::DashboardSet(_)
            | Document::Dashboard(_)
            | Document::Object(_)
            | Document::AlertmanagerFile(_)
            | Document::Entity(_) => None,
        });
        good.next()
    }

    /// Takes over what is equal in a former reading of the file, so that who knows that need not look at
    /// it again.
    pub fn share(&mut self, former: &Self) {
        let groups = former.documents.iter().filter_map(Document::groups);
        let named = groups.flat_map(|groups| &groups.named);
        let known: HashMap<&str, &Arc<Spec>> = named
            .filter_map(|group| Some((&*group.name, group.spec.as_ref().ok()?)))
            .collect();
        let groups = self.documents.iter_mut().filter_map(Document::groups_mut);
        for group in groups.flat_map(|groups| &mut groups.named) {
            if let (Ok(spec), Some(known)) = (&mut group.spec, known.get(&*group.name))
                && *spec == **known
            {
                *spec = Arc::clone(known);
            }
        }
        let bodies = former.documents.iter().filter_map(Document::body);
        let mut bodies = bodies.collect::<Vec<_>>().into_iter();
        for body in self.documents.iter_mut().filter_map(Document::body_mut) {
            if let Some(known) = bodies.next()
                && *body == *known
            {
                *body = Arc::clone(known);
            }
        }
        let entities = former.documents.iter().filter_map(Document::entity);
        let mut entities = entities.collect::<Vec<_>>().into_iter();
        for entity in self.documents.iter_mut().filter_map(Document::entity_mut) {
            if let Some(known) = entities.next()
                && *entity == *known
            {
                *entity = Arc::clone(known);
            }
        }
    }

    /// Whether it has definitions or rules, or may have had some.
    pub(crate) fn is_ours(&self) -> bool {
        !self.documents.is_empty()
    }

    /// Whether every definition and rule in it is good.
    pub fn is_good(&self) -> bool {
        self.syntax.is_none()
            && !self.diagnostics.iter().any(Diagnostic::is_error)
            && !self.loose_diagnostics().any(Diagnostic::is_error)
    }

    pub(crate) fn rule_documents(&self) -> impl Iterator<Item = &RulesDocument> {
        self.documents.iter().filter_map(|document| match document {
            Document::Rules(rules) => Some(rules),
            Document::Platform(_)
            | Document::Tenant(_)
            | Document::RuleSet(_)
            | Document::DashboardSet(_)
            | Document::Dashboard(_)
            | Document::Object(_)
            | Document::AlertmanagerFile(_)
            | Document::Entity(_) => None,
        })
    }

    /// What is wrong with what only a set places: as severe as that makes it.
    pub(crate) fn loose_diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        self.documents.iter().flat_map(|document| match document {
            Document::Rules(rules) => rules.diagnostics.as_slice(),
            Document::Dashboard(dashboard) => dashboard.diagnostics.as_slice(),
            Document::AlertmanagerFile(file) => file.diagnostics.as_slice(),
            Document::Platform(_)
            | Document::Tenant(_)
            | Document::RuleSet(_)
            | Document::DashboardSet(_)
            | Document::Object(_)
            | Document::Entity(_) => &[],
        })
    }

    /// Whether nothing in it stands anywhere but through a set.
    pub(crate) fn is_loose(&self) -> bool {
        let loose = |document: &Document| match document {
            Document::Rules(_) | Document::Dashboard(_) | Document::AlertmanagerFile(_) => true,
            Document::Platform(_)
            | Document::Tenant(_)
            | Document::RuleSet(_)
            | Document::DashboardSet(_)
            | Document::Object(_)
            | Document::Entity(_) => false,
        };
        self.documents.iter().all(loose)
    }
}
