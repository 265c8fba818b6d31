//! Names of targets, kinds and resources.

use std::fmt;
use std::sync::Arc;

/// The container of all routes of a target: its one configuration file.
pub const ROUTES: &str = "config_file";

/// A target's name, `^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`; it is the target's identity.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetName(Arc<str>);

impl TargetName {
    /// `None` where `text` does not have the shape of a name.
    pub fn new(text: &str) -> Option<Self> {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let shaped = text.starts_with(inner)
            && text.ends_with(inner)
            && text.chars().all(|c| inner(c) || c == '-');
        shaped.then(|| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TargetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TargetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// What a resource is. Every kind that can stand on a target is here, in the order in which they are made:
/// what others need comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceKind {
    RuleGroup,
    Folder,
    DataSource,
    Dashboard,
    /// What an `AlertmanagerConfig` adds to the routing of alerts.
    Route,
}

impl ResourceKind {
    pub const ALL: &'static [Self] = &[
        Self::RuleGroup,
        Self::Folder,
        Self::DataSource,
        Self::Dashboard,
        Self::Route,
    ];

    /// The name that the outside sees, `^[a-z_]+$`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RuleGroup => "rule_group",
            Self::Folder => "folder",
            Self::DataSource => "data_source",
            Self::Dashboard => "dashboard",
            Self::Route => "route",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `target/kind/name`; the name is the raw rest and may hold slashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId {
    pub target: TargetName,
    pub kind: ResourceKind,
    pub name: Arc<str>,
}

impl ResourceId {
    pub fn new(target: TargetName, kind: ResourceKind, name: impl Into<Arc<str>>) -> Self {
        Self {
            target,
            kind,
            name: name.into(),
        }
    }

    /// Reads back what `Display` printed.
    pub fn parse(text: &str) -> Option<Self> {
        let (target, rest) = text.split_once('/')?;
        let (kind, name) = rest.split_once('/')?;
        Some(Self::new(
            TargetName::new(target)?,
            ResourceKind::parse(kind)?,
            name,
        ))
    }

    /// What holds the resource together with others of its kind, and is written as one: for a rule
    /// group the set, `<namespace>/<set>`; for a route the one file that all of a target's stand in.
    pub fn container(&self) -> Option<&str> {
        match self.kind {
            ResourceKind::RuleGroup => {
                let (namespace, rest) = self.name.split_once('/')?;
                let (set, _) = rest.split_once('/')?;
                Some(&self.name[..namespace.len() + 1 + set.len()])
            }
            ResourceKind::Route => Some(ROUTES),
            ResourceKind::Folder | ResourceKind::DataSource | ResourceKind::Dashboard => None,
        }
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.target, self.kind, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_split_at_the_first_two_slashes() {
        let id = ResourceId::parse("prometheus-eu/rule_group/default/node/a/b c").unwrap();
        assert_eq!(&*id.name, "default/node/a/b c");
        assert_eq!(id.container(), Some("default/node"));
        assert_eq!(
            id.to_string(),
            "prometheus-eu/rule_group/default/node/a/b c"
        );
        assert_eq!(ResourceId::parse("prometheus-eu/nope/x"), None);
    }

    #[test]
    fn target_names_are_dns_labels() {
        assert!(TargetName::new("grafana-eu").is_some());
        for bad in ["", "-a", "a-", "A", "a_b", "a/b"] {
            assert!(TargetName::new(bad).is_none(), "{bad}");
        }
    }
}
