//! Which documents are ours to read: the one table of groups and kinds.

use super::backstage;
use crate::model::nearest::nearest;

/// What becomes of a document with an `apiVersion` and a `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Platform,
    RuleSet,
    PrometheusRule,
    DashboardSet,
    Folder,
    DataSource,
    /// Grafana's own resource form.
    Dashboard,
    AlertmanagerConfig,
    /// Of the catalog, as Backstage defines it.
    Entity,
    Tenant,
    /// Recognised and counted; a later version reads it.
    Later,
    /// A group of ours, but no such kind; the nearest one.
    UnknownKind(Option<&'static str>),
    /// A group of ours, but no such version.
    UnknownVersion,
    /// Somebody else's.
    Foreign,
}

/// The group and version of our own kinds.
pub(crate) const OWN_VERSION: &str = "trueup.dev/v1alpha1";

const OWN_KINDS: &[(&str, Class)] = &[
    ("Platform", Class::Platform),
    ("RuleSet", Class::RuleSet),
    ("DashboardSet", Class::DashboardSet),
    ("Folder", Class::Folder),
    ("DataSource", Class::DataSource),
    ("Tenant", Class::Tenant),
];

/// Groups of which something is read; a file that names one of them and does not parse is an error.
const GROUPS: &[&str] = &[
    "backstage.io/",
    "scaffolder.backstage.io/",
    "monitoring.coreos.com/",
    "dashboard.grafana.app/",
    "trueup.dev/",
];

/// The group of Grafana's own form.
pub(crate) const DASHBOARDS: &str = "dashboard.grafana.app/";

pub(crate) fn classify(api_version: &str, kind: &str) -> Class {
    match api_version {
        OWN_VERSION => own(kind),
        "monitoring.coreos.com/v1" if kind == "PrometheusRule" => Class::PrometheusRule,
        "monitoring.coreos.com/v1alpha1" | "monitoring.coreos.com/v1beta1"
            if kind == "AlertmanagerConfig" =>
        {
            Class::AlertmanagerConfig
        }
        _ if backstage::is_version(api_version) => Class::Entity,
        _ if api_version.starts_with(DASHBOARDS) && kind == "Dashboard" => Class::Dashboard,
        _ if api_version.starts_with(DASHBOARDS) => Class::Later,
        _ if api_version.starts_with("trueup.dev/") => Class::UnknownVersion,
        _ => Class::Foreign,
    }
}

fn own(kind: &str) -> Class {
    if let Some((_, class)) = OWN_KINDS.iter().find(|(name, _)| *name == kind) {
        return *class;
    }
    let names: Vec<&'static str> = OWN_KINDS.iter().map(|(name, _)| *name).collect();
    Class::UnknownKind(nearest(kind, &names))
}

/// The names of our own kinds, for messages.
pub(crate) fn own_kinds() -> String {
    let names: Vec<&str> = OWN_KINDS.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

/// Whether a text has a line `apiVersion:` with a group of which something is read; for files that do
/// not parse.
pub(crate) fn names_known_group(text: &str) -> bool {
    text.match_indices("apiVersion").any(|(at, key)| {
        let rest = text[at + key.len()..]
            .trim_start_matches(['"', '\''])
            .trim_start();
        let Some(value) = rest.strip_prefix(':') else {
            return false;
        };
        let value = value.trim_start_matches([' ', '\t', '"', '\'']);
        GROUPS.iter().any(|group| value.starts_with(group))
    })
}

/// Whether a text that does not parse has a line that says `kind: Tenant`.
pub(crate) fn names_tenant(text: &str) -> bool {
    text.match_indices("Tenant").any(|(at, _)| {
        let before = text[..at].trim_end_matches([' ', '\t', '"', '\'']);
        let key = before
            .strip_suffix(':')
            .map(|key| key.trim_end_matches([' ', '"', '\'']));
        key.is_some_and(|key| key.ends_with("kind"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_kinds_apart() {
        assert_eq!(classify(OWN_VERSION, "RuleSet"), Class::RuleSet);
        assert_eq!(
            classify(OWN_VERSION, "Ruleset"),
            Class::UnknownKind(Some("RuleSet"))
        );
        assert_eq!(classify("trueup.dev/v2", "RuleSet"), Class::UnknownVersion);
        assert_eq!(classify("apps/v1", "Deployment"), Class::Foreign);
        assert_eq!(
            classify("monitoring.coreos.com/v1", "ServiceMonitor"),
            Class::Foreign
        );
        for version in ["backstage.io/v1alpha1", "scaffolder.backstage.io/v1beta3"] {
            assert_eq!(classify(version, "Component"), Class::Entity);
        }
    }

    #[test]
    fn finds_our_groups_in_text_that_does_not_parse() {
        assert!(names_known_group(
            "a: {{ x }}\napiVersion: trueup.dev/v1alpha1\n"
        ));
        assert!(names_known_group(
            "{\"apiVersion\": \"monitoring.coreos.com/v1\","
        ));
        assert!(!names_known_group("apiVersion: apps/v1\n# trueup.dev/\n"));
    }
}
