//! What the platform repository declares, typed, with the places where it was written.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::alertmanager::Base;
use super::{
    Block, Entity, EntityRef, Place, Position, RepoPath, ResourceKind, Selector, Span, Spanned,
    Spec, Tenants,
};

/// Name and annotations that every definition of ours has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// A DNS label; `default` where none is given.
    pub namespace: String,
    /// A DNS subdomain.
    pub name: String,
    /// Where `metadata.name` stands.
    pub place: Place,
    /// `spec.targets` or the annotation `trueup.dev/targets`.
    pub targets: Option<Spanned<Selector>>,
    /// `spec.owner` or the annotation `trueup.dev/owner`.
    pub owner: Option<Spanned<String>>,
    /// The annotation `trueup.dev/component`: what it belongs to. Whoever owns that owns this.
    pub component: Option<Spanned<String>>,
    /// The annotation `trueup.dev/adopt: "true"`.
    pub adopt: bool,
}

/// One document, understood. Grows with the kinds that Trueup reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Definition {
    Platform(Platform),
    RuleSet(RuleSet),
}

/// The repository's own settings; at most one, in `trueup.yaml` at the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    pub name: String,
    pub place: Place,
    /// gitignore patterns; empty means every file.
    pub include: Vec<Spanned<String>>,
    /// gitignore patterns.
    pub exclude: Vec<Spanned<String>>,
    /// Who owns what no tenant and nobody else does.
    pub owner: Option<EntityRef>,
    /// `spec.defaults.targets`
    pub default_targets: Option<Spanned<Selector>>,
}

/// Which document a set of rules was written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleSetKind {
    /// Ours: must find a placement.
    RuleSet,
    /// `monitoring.coreos.com/v1`: unplaced without one.
    PrometheusRule,
}

/// Rule groups under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    pub kind: RuleSetKind,
    pub meta: Arc<Meta>,
    pub validity: Validity,
    /// `spec.files`: patterns relative to the file of the definition.
    pub files: Vec<Spanned<String>>,
    /// Groups of the files in sorted path order, then the inline ones.
    pub groups: Vec<GroupDefinition>,
}

/// Where the parts of a rule were written, for what only turns out later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulePlaces {
    /// Where the expression begins.
    pub expr: Position,
    /// Of the names of its labels, in the order of the names.
    pub labels: Box<[Span]>,
}

/// A rule group where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupDefinition {
    pub name: Arc<str>,
    /// Where the group's name stands.
    pub place: Place,
    /// Of its rules, in their order.
    pub rules: Arc<[RulePlaces]>,
    /// Absent only where the group is invalid and has no last good text.
    pub spec: Option<Arc<Spec>>,
    pub validity: Validity,
}

/// Which document something on a Grafana or an Alertmanager was declared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectOrigin {
    /// A file that a `DashboardSet` takes in.
    DashboardSet,
    /// Grafana's resource form, `dashboard.grafana.app/*`; unplaced without a placement.
    Dashboard,
    Folder,
    DataSource,
    /// `monitoring.coreos.com`: unplaced without a placement.
    AlertmanagerConfig,
}

impl ObjectOrigin {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DashboardSet => "DashboardSet",
            Self::Dashboard => "Dashboard",
            Self::Folder => "Folder",
            Self::DataSource => "DataSource",
            Self::AlertmanagerConfig => "AlertmanagerConfig",
        }
    }

    /// Whether it is one of our own kinds, which must say where they stand.
    pub fn is_ours(self) -> bool {
        match self {
            Self::DashboardSet | Self::Folder | Self::DataSource => true,
            Self::Dashboard | Self::AlertmanagerConfig => false,
        }
    }

    /// What the definitions that share one name space with it make.
    pub fn makes(self) -> ResourceKind {
        match self {
            Self::DashboardSet | Self::Dashboard => ResourceKind::Dashboard,
            Self::Folder => ResourceKind::Folder,
            Self::DataSource => ResourceKind::DataSource,
            Self::AlertmanagerConfig => ResourceKind::Route,
        }
    }
}

/// One thing that should stand on a Grafana or an Alertmanager, where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectDefinition {
    pub origin: ObjectOrigin,
    /// Of the definition; of a dashboard that a set takes in, the set's.
    pub meta: Meta,
    /// Of the object itself: a dashboard's file.
    pub place: Place,
    /// The name of the resource: a dashboard's uid, a folder's path.
    pub name: String,
    /// Absent only where it is invalid and has no last good text.
    pub spec: Option<Spec>,
    /// Data sources that a dashboard names, by uid or name, with the place of each.
    pub references: Arc<[(String, Place)]>,
    pub validity: Validity,
}

/// The platform's own part of an Alertmanager's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertmanagerFile {
    /// Absent only where it is invalid and has no last good text.
    pub base: Option<Arc<Base>>,
    pub validity: Validity,
}

/// Whether a definition says what its current text says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Validity {
    #[default]
    Valid,
    /// The text is invalid (`detail` names place and fault); what stands here is the last good one, or
    /// nothing but the name where there is none.
    Invalid { detail: String },
}

impl Validity {
    pub fn is_valid(&self) -> bool {
        matches!(self, Self::Valid)
    }
}

/// All that one commit declares, as far as it could be read.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    /// Why nothing at all can be said (`Platform` does not parse); nothing is done then.
    pub unknown: Option<String>,
    pub platform: Option<Platform>,
    pub tenants: Tenants,
    /// Of the catalog, in order of file and line.
    pub entities: Vec<Arc<Entity>>,
    /// In order of file and line.
    pub rule_sets: Vec<RuleSet>,
    /// What should stand on Grafanas and Alertmanagers, in order of file and line of the definitions.
    pub objects: Vec<ObjectDefinition>,
    /// Where each `DashboardSet` stands, by namespace and name: also of those that take no file in.
    pub dashboard_sets: Vec<Meta>,
    /// Files that targets use as the platform's own part of an Alertmanager's configuration, as far as they are
    /// there.
    pub alertmanager_files: BTreeMap<RepoPath, AlertmanagerFile>,
    /// Files that could not be read and have no last good text, and sets whose `files` match nothing:
    /// absence proves nothing while there is one.
    pub blocks: Vec<Block>,
}
