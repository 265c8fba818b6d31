//! An Alertmanager.

use super::{Server, server, without_effect};
use crate::model::RepoPath;
use crate::model::alertmanager::matcher::is_label;
use crate::settings::AlertmanagerSettings;
use crate::settings::raw::RawTarget;
use crate::settings::validate::report::Report;

pub(super) fn settings(
    key: &str,
    raw: RawTarget,
    report: &mut Report<'_>,
) -> Option<AlertmanagerSettings> {
    let foreign = [
        ("flavor", raw.flavor.is_some()),
        ("rules_dir", raw.rules_dir.is_some()),
        ("org_id", raw.org_id.is_some()),
        ("owner_tag", raw.owner_tag.is_some()),
        ("tenants", !raw.tenants.is_empty()),
    ];
    without_effect(key, "an alertmanager", &foreign, report);
    let config_file = match &raw.config_file {
        Some(path) => report.path(&format!("{key}.config_file"), path),
        None => report.fail_with(
            key,
            "an alertmanager target needs config_file",
            "name the file that the server reads, such as /etc/alertmanager/alertmanager.yml",
        ),
    };
    let base_file = match &raw.base_file {
        Some(path) => readable(path).or_else(|| {
            report.fail_with(
                &format!("{key}.base_file"),
                format!("{path:?} is not the path of a YAML file in the repository"),
                "write it relative to repository.path, without hidden folders, such as platform/alertmanager.yaml",
            )
        }),
        None => report.fail_with(
            key,
            "an alertmanager target needs base_file",
            "name a file of the repository with route and receivers: who gets what nobody else takes",
        ),
    };
    let fence_label = match raw.fence_label.clone() {
        None => Some(None),
        Some(label) if is_label(&label) => Some(Some(label)),
        Some(label) => report.fail_with(
            &format!("{key}.fence_label"),
            format!("{label:?} is not the name of a label"),
            "write one that your alerts have, such as namespace",
        ),
    };
    let secrets_dir = match &raw.secrets_dir {
        None => Some(None),
        Some(path) => report.path(&format!("{key}.secrets_dir"), path).map(Some),
    };
    let adopt = raw.adopt.unwrap_or(false);
    let Server { url, auth, tls } = server(key, raw, report)?;
    Some(AlertmanagerSettings {
        url,
        auth,
        tls,
        config_file: config_file?,
        base_file: base_file?,
        secrets_dir: secrets_dir?,
        fence_label: fence_label?,
        adopt,
    })
}

/// The path of a file that is read.
fn readable(path: &str) -> Option<RepoPath> {
    let path = RepoPath::new(path)?;
    let yaml = matches!(path.extension(), Some("yaml" | "yml"));
    (yaml && !path.is_hidden()).then_some(path)
}
