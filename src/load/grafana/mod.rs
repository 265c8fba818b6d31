//! What is declared for Grafanas: dashboards with the sets that place them, folders, data sources.

mod boards;
mod dashboard;
mod data_source;
mod folder;
mod references;
mod resource;
mod set;

use std::sync::Arc;

use super::patterns::FilePattern;
use crate::model::definition::ObjectOrigin;
use crate::model::grafana::{DashboardBody, FolderPath};
use crate::model::{Diagnostic, Meta, Place, Spanned, Spec};

pub(super) use boards::Boards;
pub(super) use dashboard::read as read_dashboard;
pub(super) use data_source::data_source;
pub(super) use folder::folder;
pub(super) use resource::dashboard as resource_dashboard;
pub(super) use set::dashboard_set;

/// A `DashboardSet`.
#[derive(Debug)]
pub(crate) struct DashboardSetDocument {
    /// `None` where its name cannot be read.
    pub(crate) meta: Option<Meta>,
    pub(crate) place: Place,
    pub(crate) files: Vec<FilePattern>,
    /// `None` is Grafana's root.
    pub(crate) folder: Option<FolderPath>,
    /// Values for `__inputs`, by name.
    pub(crate) inputs: Vec<(String, Spanned<String>)>,
    pub(crate) fault: Option<String>,
}

/// A definition that is one object by itself: a `Folder`, a `DataSource`, a dashboard in Grafana's
/// resource form.
#[derive(Debug)]
pub(crate) struct ObjectDocument {
    pub(crate) origin: ObjectOrigin,
    /// `None` where its name cannot be read.
    pub(crate) meta: Option<Meta>,
    pub(crate) place: Place,
    /// `None` where there is a fault.
    pub(crate) object: Option<Object>,
    pub(crate) fault: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Object {
    /// Of the resource.
    pub(crate) name: String,
    pub(crate) spec: Spec,
    pub(crate) references: Arc<[Reference]>,
}

/// A dashboard as it is exported; placed by the sets that take it in.
#[derive(Debug)]
pub(crate) struct DashboardFile {
    pub(crate) place: Place,
    /// `None` where the file gives none.
    pub(crate) uid: Option<Arc<str>>,
    pub(crate) title: Arc<str>,
    pub(crate) inputs: Vec<Input>,
    pub(crate) body: Arc<DashboardBody>,
    pub(crate) references: Arc<[Reference]>,
    /// Errors if a set places the file, else warnings.
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) fault: Option<String>,
}

/// An entry of `__inputs`.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) name: String,
    /// What a constant is, where nobody says otherwise.
    pub(crate) value: Option<String>,
    pub(crate) place: Place,
}

/// A data source that a dashboard names, by uid or by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) text: String,
    pub(crate) place: Place,
}
