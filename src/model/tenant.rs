//! Tenants: teams, and what each of them may touch.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::grafana::FolderPath;
use super::promql::fence::Fence;
use super::{EntityRef, Place, RepoPath, Selector, Spanned};

/// A team's boundary, as its `Tenant` document says.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// A DNS subdomain.
    pub name: Arc<str>,
    /// Where `metadata.name` stands.
    pub place: Place,
    pub owner: Spanned<EntityRef>,
    /// What of the repository is its own; never empty.
    pub paths: Vec<Spanned<TenantPath>>,
    /// Targets that it may use, and where its definitions stand that do not say.
    pub targets: Option<Spanned<Selector>>,
    /// Which kinds of definitions it may have; entities are always allowed.
    pub kinds: BTreeSet<TenantKind>,
    /// All its dashboards are in or below this folder; without one it has none.
    pub folder: Option<Spanned<FolderPath>>,
    pub metrics: TenantMetrics,
    pub quotas: Quotas,
}

/// Which series a tenant may read, and how those that it makes are marked.
#[derive(Clone, Debug, Default)]
pub struct TenantMetrics {
    /// `PromQL` matchers: every selector stays inside all of them.
    pub matchers: Vec<Spanned<String>>,
    /// The matchers, ready for use.
    pub fence: Option<Arc<Fence>>,
    pub enforce: Enforce,
    /// On every alert and recorded series; also the fence of its alert routes.
    pub labels: BTreeMap<String, String>,
    /// Whether alerts carry their owner, as label `owner`.
    pub owner_label: bool,
}

/// What is done to selectors that do not have the tenant's matchers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Enforce {
    /// The matchers are added.
    #[default]
    Inject,
    /// They are errors.
    Require,
    /// Nothing: the tenant reads what it likes.
    Off,
}

/// At most so many; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    pub dashboards: Option<u64>,
    /// Alerting and recording rules.
    pub rules: Option<u64>,
}

/// A kind of definition that a tenant can be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TenantKind {
    RuleSet,
    PrometheusRule,
    AlertmanagerConfig,
    DashboardSet,
    /// Grafana's resource form.
    Dashboard,
    Folder,
    DataSource,
}

impl TenantKind {
    pub const ALL: [Self; 7] = [
        Self::RuleSet,
        Self::PrometheusRule,
        Self::AlertmanagerConfig,
        Self::DashboardSet,
        Self::Dashboard,
        Self::Folder,
        Self::DataSource,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::RuleSet => "RuleSet",
            Self::PrometheusRule => "PrometheusRule",
            Self::AlertmanagerConfig => "AlertmanagerConfig",
            Self::DashboardSet => "DashboardSet",
            Self::Dashboard => "Dashboard",
            Self::Folder => "Folder",
            Self::DataSource => "DataSource",
        }
    }

    /// Those of a tenant that names none: all that stay inside its boundary. A data source may read anything.
    pub fn by_default() -> BTreeSet<Self> {
        let inside = Self::ALL.iter().filter(|kind| **kind != Self::DataSource);
        inside.copied().collect()
    }
}

/// Files that a tenant owns: a folder with all below it, or one file. Nothing in it is a pattern, so that
/// everybody can see who owns a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TenantPath {
    /// `teams/payments/**`
    Folder(RepoPath),
    File(RepoPath),
}

impl TenantPath {
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (path, is_folder) = match text.strip_suffix("/**") {
            Some(folder) => (folder, true),
            None => (text, false),
        };
        if path.contains(['*', '?', '[', ']', '{', '}', '\\', '!']) {
            return Err(format!("{text:?} is a pattern, not a path"));
        }
        let Some(path) = RepoPath::new(path) else {
            return Err(format!("{text:?} is not a path inside the repository"));
        };
        Ok(if is_folder {
            Self::Folder(path)
        } else {
            Self::File(path)
        })
    }

    pub fn covers(&self, file: &RepoPath) -> bool {
        match self {
            Self::File(path) => path == file,
            Self::Folder(folder) => {
                let rest = file.as_str().strip_prefix(folder.as_str());
                rest.is_some_and(|rest| rest.starts_with('/'))
            }
        }
    }

    /// The folder or file, without the `/**`.
    pub fn path(&self) -> &RepoPath {
        match self {
            Self::Folder(path) | Self::File(path) => path,
        }
    }
}

impl fmt::Display for TenantPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "{path}/**"),
            Self::File(path) => write!(f, "{path}"),
        }
    }
}

impl Tenant {
    pub fn covers(&self, file: &RepoPath) -> bool {
        self.paths.iter().any(|path| path.value.covers(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("teams/a/**", "teams/a/x.yaml", true)]
    #[case("teams/a/**", "teams/a/b/c.yaml", true)]
    #[case("teams/a/**", "teams/ab/x.yaml", false)]
    #[case("teams/a/**", "teams/A/x.yaml", false)]
    #[case("teams/a/**", "teams/a", false)]
    #[case("teams/a/x.yaml", "teams/a/x.yaml", true)]
    #[case("teams/a/x.yaml", "teams/a/x.yaml/y", false)]
    fn covers(#[case] path: &str, #[case] file: &str, #[case] covered: bool) {
        let path = TenantPath::parse(path).unwrap();
        assert_eq!(path.covers(&RepoPath::new(file).unwrap()), covered);
    }

    #[rstest]
    #[case("**")]
    #[case("/**")]
    #[case("teams/*/**")]
    #[case("teams/../**")]
    #[case("/teams/a/**")]
    #[case("./teams/**")]
    #[case("teams/a/")]
    #[case("")]
    fn refuses(#[case] path: &str) {
        assert!(TenantPath::parse(path).is_err());
    }
}
