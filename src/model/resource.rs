//! Resources: what should exist on a target.

use std::sync::Arc;

use super::alertmanager::{Base, Fenced};
use super::grafana::{Dashboard, DataSource, Folder};
use super::{EntityRef, ResourceId, ResourceKind, RuleGroup};

/// What can be on a target. Closed: a new kind breaks the build wherever somebody has to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spec {
    RuleGroup(RuleGroup),
    Folder(Folder),
    DataSource(DataSource),
    Dashboard(Dashboard),
    Route(Fenced),
    /// The platform's own part of an Alertmanager's configuration: what all routes stand in.
    RouteBase(Arc<Base>),
}

impl Spec {
    pub fn kind(&self) -> ResourceKind {
        match self {
            Self::RuleGroup(_) => ResourceKind::RuleGroup,
            Self::Folder(_) => ResourceKind::Folder,
            Self::DataSource(_) => ResourceKind::DataSource,
            Self::Dashboard(_) => ResourceKind::Dashboard,
            Self::Route(_) | Self::RouteBase(_) => ResourceKind::Route,
        }
    }

    /// Whether both are the same reading of the same text; costs no look into bodies. Where it says no they
    /// may be equal all the same. What has secrets never is: their values are in files of their own.
    pub fn is_same(self: &Arc<Self>, other: &Arc<Self>) -> bool {
        let has_secrets = match &**self {
            Self::DataSource(source) => !source.secrets.is_empty(),
            Self::Route(fenced) => fenced.routing.has_secrets(),
            Self::RuleGroup(_) | Self::Folder(_) | Self::Dashboard(_) | Self::RouteBase(_) => false,
        };
        if has_secrets {
            return false;
        }
        if Arc::ptr_eq(self, other) {
            return true;
        }
        match (&**self, &**other) {
            (Self::Folder(one), Self::Folder(other)) => one == other,
            (Self::DataSource(one), Self::DataSource(other)) => one == other,
            (Self::Dashboard(one), Self::Dashboard(other)) => {
                Arc::ptr_eq(&one.body, &other.body) && one == other
            }
            (Self::Route(one), Self::Route(other)) => one == other,
            (Self::RouteBase(one), Self::RouteBase(other)) => one == other,
            (
                Self::RuleGroup(_)
                | Self::Folder(_)
                | Self::DataSource(_)
                | Self::Dashboard(_)
                | Self::Route(_)
                | Self::RouteBase(_),
                _,
            ) => false,
        }
    }
}

/// Where a resource was declared. `line` counts from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceRef {
    pub repository: Arc<str>,
    pub file: Arc<str>,
    pub line: u32,
}

/// One thing that should exist on one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    pub id: ResourceId,
    /// Shared between the targets on which it is placed, and between cycles while it is unchanged.
    pub spec: Arc<Spec>,
    pub owner: Option<Arc<str>>,
    /// What of the catalog it belongs to.
    pub component: Option<EntityRef>,
    pub source: SourceRef,
    /// Whether one existing object that is nobody's may be taken over (`trueup.dev/adopt`).
    pub adopt: bool,
}
