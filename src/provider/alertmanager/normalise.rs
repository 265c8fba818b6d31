//! What a declared resource is compared as.

use std::collections::BTreeMap;

use super::canonical::{self, Secrets};
use super::secret::{Keyed, Vault};
use super::{Site, secret};
use crate::model::alertmanager::{BASE, Base, Fenced, Piece};
use crate::model::capabilities::Product;
use crate::model::{Canonical, Capabilities, Hash, Spec};
use crate::provider::Unsupported;

/// # Errors
/// Where the server does not know a field.
pub(super) fn declared(
    site: &Site,
    spec: &Spec,
    capabilities: &Capabilities,
) -> Result<Canonical, Unsupported> {
    match spec {
        Spec::Route(fenced) => {
            check(fenced, capabilities)?;
            Ok(route(site, fenced, capabilities))
        }
        Spec::RouteBase(base) => Ok(self::base(site, base)),
        Spec::RuleGroup(_) => Err(needs(spec, "Prometheus")),
        Spec::Folder(_) | Spec::DataSource(_) | Spec::Dashboard(_) => Err(needs(spec, "Grafana")),
    }
}

/// Every field must be known to the server. One that does not say its version is taken for the newest.
fn check(fenced: &Fenced, capabilities: &Capabilities) -> Result<(), Unsupported> {
    let Some(version) = capabilities.version else {
        return Ok(());
    };
    let mut needs = fenced.routing.needs.iter();
    match needs.find(|need| need.since > version) {
        None => Ok(()),
        Some(need) => Err(Unsupported {
            field: need.field.clone(),
            needs: format!("{} {}", Product::Alertmanager.name(), need.since),
            server: format!("{} {version}", Product::Alertmanager.name()),
        }),
    }
}

fn route(site: &Site, fenced: &Fenced, capabilities: &Capabilities) -> Canonical {
    let vault = Vault {
        folder: site.secrets_dir.as_deref(),
        version: capabilities.version,
    };
    let part = fenced.part();
    let secrets = Secrets {
        keyed: Keyed {
            instance: &site.instance,
            name: &part.id,
        },
        vault,
        noted: NOTHING,
    };
    canonical::piece(&Piece::of(&part), &secrets)
}

const NOTHING: &BTreeMap<String, Hash> = &BTreeMap::new();

fn base(site: &Site, base: &Base) -> Canonical {
    let secrets = Secrets {
        keyed: Keyed {
            instance: &site.instance,
            name: BASE,
        },
        vault: Vault::default(),
        noted: NOTHING,
    };
    canonical::base(&base.file, true, &secrets)
}

/// Why a secret of a definition cannot be read, if one cannot.
pub(super) fn missing_secret(site: &Site, fenced: &Fenced) -> Option<String> {
    let vault = Vault {
        folder: site.secrets_dir.as_deref(),
        version: None,
    };
    let piece = Piece::of(&fenced.part());
    let secrets = secret::secrets(&piece);
    secrets.iter().find_map(|secret| vault.value(secret).err())
}

fn needs(spec: &Spec, needs: &str) -> Unsupported {
    Unsupported {
        field: spec.kind().to_string(),
        needs: needs.to_owned(),
        server: Product::Alertmanager.name().to_owned(),
    }
}
