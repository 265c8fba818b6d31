//! The form in which declared and live objects are compared. The same functions make it for both sides, so
//! that writing what was read is no change.

pub(super) mod dashboard;
pub(super) mod data_source;
pub(super) mod folder;
mod tree;

use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};

use crate::model::capabilities::{Dialect, Grafana};
use crate::model::grafana::{Dashboard, DashboardFormat, DataSource};
use crate::model::{Canonical, Capabilities, Hash, Spec};
use crate::provider::{Unsupported, secrets};

use tree::canonical;

/// What a declared resource is compared as.
///
/// # Errors
/// Where the server cannot hold it.
pub(super) fn declared(
    spec: &Spec,
    capabilities: &Capabilities,
    instance: &str,
    secrets_dir: Option<&Path>,
) -> Result<Canonical, Unsupported> {
    let unsupported = |field: &str, needs: &str| Unsupported {
        field: field.to_owned(),
        needs: needs.to_owned(),
        server: shown(capabilities),
    };
    let Some(grafana) = capabilities.grafana else {
        return Err(unsupported("it", "Grafana"));
    };
    match spec {
        Spec::RuleGroup(_) => Err(unsupported(spec.kind().as_str(), "Prometheus")),
        Spec::Route(_) | Spec::RouteBase(_) => {
            Err(unsupported(spec.kind().as_str(), "Alertmanager"))
        }
        Spec::Folder(folder) => Ok(folder::declared(folder, grafana)),
        Spec::DataSource(source) => Ok(source_with_secrets(source, instance, secrets_dir)),
        Spec::Dashboard(dashboard) => {
            if let (DashboardFormat::Resource(version), Dialect::Classic) =
                (&dashboard.body.format, grafana.dialect)
            {
                let field = format!("apiVersion dashboard.grafana.app/{version}");
                return Err(unsupported(
                    &field,
                    "a Grafana that offers it (12 or later)",
                ));
            }
            Ok(declared_dashboard(dashboard))
        }
    }
}

fn declared_dashboard(dashboard: &Dashboard) -> Canonical {
    let folder = dashboard.folder.shown();
    dashboard::canonical(&dashboard.rendered(), &dashboard.body.format, &folder)
}

/// A secret that cannot be read is compared as an unknown one; `relate` says so.
fn source_with_secrets(source: &DataSource, instance: &str, folder: Option<&Path>) -> Canonical {
    let hashes = source.secrets.iter().map(|(field, place)| {
        let hash = match secrets::read(folder, place) {
            Ok(value) => secret_hash(instance, &source.uid, field, &value),
            Err(_) => secrets::unknown(),
        };
        (field.as_str(), hash)
    });
    data_source::canonical(&source.name, &source.kind, &source.fields, hashes)
}

/// What stands for a data source's secret.
pub(super) fn secret_hash(instance: &str, uid: &str, field: &str, value: &SecretString) -> Hash {
    let holder = secrets::Holder {
        kind: "trueup data source secret",
        instance,
        name: uid,
    };
    secrets::hash(holder, field, value.expose_secret())
}

/// Where two forms differ first, as a JSON Pointer; for people.
pub(super) fn first_difference(one: &Canonical, other: &Canonical) -> Option<String> {
    let (Canonical::Map(old), Canonical::Map(new)) = (one, other) else {
        return match (one, other) {
            (Canonical::Keyed(old), Canonical::Keyed(new)) if old.len() == new.len() => old
                .iter()
                .zip(new)
                .find_map(|((key, old), (_, new))| below(key, first_difference(old, new))),
            _ => (one != other).then(String::new),
        };
    };
    let mut keys: Vec<_> = old.keys().chain(new.keys()).collect();
    keys.sort();
    keys.iter()
        .find_map(|key| match (old.get(*key), new.get(*key)) {
            (Some(old), Some(new)) => below(key, first_difference(old, new)),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => Some(format!("/{key}")),
        })
}

fn below(key: &str, rest: Option<String>) -> Option<String> {
    rest.map(|rest| format!("/{key}{rest}"))
}

fn shown(capabilities: &Capabilities) -> String {
    let name = capabilities.product.name();
    let dialect = match capabilities.grafana {
        Some(Grafana {
            dialect: Dialect::Classic,
            ..
        }) => " without the resource API",
        Some(_) | None => "",
    };
    match capabilities.version {
        Some(version) => format!("{name} {version}{dialect}"),
        None => format!("{name}{dialect}"),
    }
}
