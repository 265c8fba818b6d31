//! A Prometheus, Thanos Ruler or vmalert.

use super::{alertmanagers, http, without_effect};
use crate::model::capabilities::Flavor;
use crate::settings::PrometheusSettings;
use crate::settings::raw::{RawFlavor, RawTarget};
use crate::settings::validate::auth;
use crate::settings::validate::report::Report;

pub(super) fn settings(
    key: &str,
    raw: RawTarget,
    report: &mut Report<'_>,
) -> Option<PrometheusSettings> {
    let url = match &raw.url {
        None => Some(None),
        Some(url) => http(&format!("{key}.url"), url, report).map(Some),
    };
    let foreign = [
        ("org_id", raw.org_id.is_some()),
        ("secrets_dir", raw.secrets_dir.is_some()),
    ];
    without_effect(key, "a prometheus", &alertmanagers(&raw), report);
    without_effect(key, "a prometheus", &foreign, report);
    let rules_dir = match &raw.rules_dir {
        Some(path) => report.path(&format!("{key}.rules_dir"), path),
        None => report.fail_with(
            key,
            "a prometheus target needs rules_dir",
            "name the directory that its rule files are written to",
        ),
    };
    let auth_key = format!("{key}.auth");
    let auth = match raw.auth {
        None => Some(None),
        Some(_) if raw.url.is_none() => report.fail(&auth_key, "it has no effect without url"),
        Some(raw) => auth::http(&auth_key, raw, report).map(Some),
    };
    let tls = auth::tls(&format!("{key}.tls"), &raw.tls, report);
    let (url, tls) = (url?, tls?);
    let is_https = url.as_ref().is_some_and(|url| url.starts_with("https:"));
    if tls.ca_file.is_some() && !is_https {
        let key = format!("{key}.tls.ca_file");
        return report.fail(&key, "it has no effect without an https url");
    }
    Some(PrometheusSettings {
        flavor: match raw.flavor.unwrap_or_default() {
            RawFlavor::Prometheus => Flavor::Prometheus,
            RawFlavor::Thanos => Flavor::Thanos,
            RawFlavor::Vmalert => Flavor::Vmalert,
        },
        url,
        rules_dir: rules_dir?,
        auth: auth?,
        tls,
    })
}
