//! A Prometheus, Thanos Ruler or vmalert.

use super::{Server, alertmanagers, server, without_effect};
use crate::model::capabilities::Flavor;
use crate::settings::PrometheusSettings;
use crate::settings::raw::{RawFlavor, RawTarget};
use crate::settings::validate::report::Report;

pub(super) fn settings(
    key: &str,
    raw: RawTarget,
    report: &mut Report<'_>,
) -> Option<PrometheusSettings> {
    let foreign = [
        ("org_id", raw.org_id.is_some()),
        ("owner_tag", raw.owner_tag.is_some()),
        ("tenants", !raw.tenants.is_empty()),
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
    let flavor = raw.flavor.unwrap_or_default();
    let Server { url, auth, tls } = server(key, raw, report)?;
    Some(PrometheusSettings {
        flavor: match flavor {
            RawFlavor::Prometheus => Flavor::Prometheus,
            RawFlavor::Thanos => Flavor::Thanos,
            RawFlavor::Vmalert => Flavor::Vmalert,
        },
        url,
        rules_dir: rules_dir?,
        auth,
        tls,
    })
}
