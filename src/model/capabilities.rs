//! What a live system is and can do, as data; found out by its provider at every observation.

use std::fmt;

/// The product that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Product {
    Prometheus,
    Thanos,
    Vmalert,
    Grafana,
    Alertmanager,
}

/// The engines that read rule files; they speak one API, and differ in parts of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flavor {
    Prometheus,
    Thanos,
    Vmalert,
}

impl Flavor {
    pub fn product(self) -> Product {
        match self {
            Self::Prometheus => Product::Prometheus,
            Self::Thanos => Product::Thanos,
            Self::Vmalert => Product::Vmalert,
        }
    }
}

impl Product {
    /// Its name as people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prometheus => "Prometheus",
            Self::Thanos => "Thanos Ruler",
            Self::Vmalert => "vmalert",
            Self::Grafana => "Grafana",
            Self::Alertmanager => "Alertmanager",
        }
    }
}

/// Major, minor and patch of a version; what follows (`-rc.1`, `+ds`) is not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
}

impl Version {
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// Reads `2.42.0+ds`, `v0.36.1`, `12.4`.
    pub fn parse(text: &str) -> Option<Self> {
        let core = text.trim().trim_start_matches('v');
        let end = core
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(core.len());
        let mut parts = core[..end].split('.').map(str::parse);
        let major = parts.next()?.ok()?;
        let minor = parts.next()?.ok()?;
        let patch = parts.next().and_then(Result::ok).unwrap_or(0);
        Some(Self::new(major, minor, patch))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// What a target's server is. `version` is `None` where nobody answers for it (files only).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Capabilities {
    pub product: Product,
    pub version: Option<Version>,
    /// What this server speaks, where it is a Grafana.
    pub grafana: Option<Grafana>,
}

/// What a Grafana was found to offer; never concluded from its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Grafana {
    pub dialect: Dialect,
    /// Folders may stand in folders.
    pub nested_folders: bool,
    /// Two dashboards of one folder may have one title.
    pub shared_titles: bool,
}

/// Which of Grafana's HTTP APIs is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `/api/dashboards`, `/api/folders`, `/api/search`.
    Classic,
    /// `/apis/dashboard.grafana.app`, `/apis/folder.grafana.app`.
    Resource,
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn reads_versions_as_servers_print_them() {
        assert_eq!(Version::parse("2.42.0+ds"), Some(Version::new(2, 42, 0)));
        assert_eq!(Version::parse("v0.36.1"), Some(Version::new(0, 36, 1)));
        assert_eq!(Version::parse("12.4"), Some(Version::new(12, 4, 0)));
        assert_eq!(Version::parse("main"), None);
    }
}
