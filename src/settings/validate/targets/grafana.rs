//! One organisation of a Grafana.

use super::{alertmanagers, http, without_effect};
use std::collections::BTreeMap;

use crate::settings::raw::RawTarget;
use crate::settings::validate::auth;
use crate::settings::validate::report::Report;
use crate::settings::{GrafanaSettings, HttpAuth};

pub(super) fn settings(
    key: &str,
    raw: RawTarget,
    report: &mut Report<'_>,
) -> Option<GrafanaSettings> {
    let foreign = [
        ("flavor", raw.flavor.is_some()),
        ("rules_dir", raw.rules_dir.is_some()),
    ];
    without_effect(key, "a grafana", &alertmanagers(&raw), report);
    without_effect(key, "a grafana", &foreign, report);
    let url = match &raw.url {
        Some(url) => http(&format!("{key}.url"), url, report),
        None => report.fail_with(
            key,
            "a grafana target needs url",
            "write its address, such as http://127.0.0.1:3000",
        ),
    };
    let auth = match raw.auth {
        None => Some(None),
        Some(raw) => auth::http(&format!("{key}.auth"), raw, report).map(Some),
    };
    let tenants = raw.tenants.into_iter().map(|(name, access)| {
        let key = format!("{key}.tenants.{name}.auth");
        Some((name, auth::http(&key, access.auth, report)?))
    });
    let tenants: Option<BTreeMap<String, HttpAuth>> = tenants.collect();
    let tls = auth::tls(&format!("{key}.tls"), &raw.tls, report);
    let org_id = match raw.org_id.unwrap_or(1) {
        0 => report.fail(&format!("{key}.org_id"), "organisations count from 1"),
        id => Some(id),
    };
    let secrets_dir = match &raw.secrets_dir {
        None => Some(None),
        Some(path) => report.path(&format!("{key}.secrets_dir"), path).map(Some),
    };
    let (url, tls) = (url?, tls?);
    if tls.ca_file.is_some() && !url.starts_with("https:") {
        let key = format!("{key}.tls.ca_file");
        return report.fail(&key, "it has no effect without an https url");
    }
    Some(GrafanaSettings {
        url,
        auth: auth?,
        tls,
        org_id: org_id?,
        tenants: tenants?,
        owner_tag: raw.owner_tag.unwrap_or(true),
        secrets_dir: secrets_dir?,
    })
}
