//! The daemon's settings: validated and typed. How they are written is in `raw`; how the file becomes
//! these types, in `validate`.
//!
//! [`Settings::load`] reads a file, and [`Settings::parse`] a text: it is a function of the text and
//! the folder, but that it asks the file system whether two directories are one. Secrets, and files
//! that the settings name, are read when they are needed, not here: the settings of a production
//! server can be checked anywhere.
//!
//! Every path here is absolute or relative to the working directory; the file's own relative paths
//! were resolved against its folder.

pub mod changes;
mod error;
mod outline;
mod parse;
mod raw;
mod scalar;
pub mod secret;
#[cfg(test)]
mod tests;
mod validate;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use error::{SettingsError, SettingsErrors};
pub use raw::schema;
pub use secret::{SecretError, SecretSource};

use crate::model::capabilities::Flavor;
use crate::model::target::{Composing, DriftPolicy};
use crate::model::{LogFormat, LogLevel, RepoPath, ResourceKind, Target, TargetName};

/// All settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `^[a-z0-9][-a-z0-9]{0,30}$`; what the markers of live objects name.
    pub instance: Arc<str>,
    pub repository: Repository,
    pub targets: Vec<TargetSettings>,
    pub reconcile: Reconcile,
    pub guard: Guard,
    pub limits: Limits,
    /// The state file; lock and mirror lie beside it.
    pub state: PathBuf,
    /// How long it is remembered what was changed when.
    pub history: Duration,
    pub server: Server,
    pub log: Log,
}

/// The platform repository.
#[derive(Clone, Debug)]
pub struct Repository {
    pub name: Arc<str>,
    pub url: RepositoryUrl,
    pub branch: String,
    /// The folder in the repository that is read; `None` is its root.
    pub path: Option<RepoPath>,
    pub poll: Duration,
    pub auth: Option<GitAuth>,
    pub tls: Tls,
}

/// Where the repository is. Text forms hold no credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RepositoryUrl {
    Https(String),
    /// `ssh://…` or scp-like `user@host:path`.
    Ssh(String),
    /// `file://…`: mirrored like a remote one.
    File(PathBuf),
    /// A local path: read in place.
    Local(PathBuf),
}

/// How to authenticate to the repository's server.
#[derive(Clone, Debug)]
pub enum GitAuth {
    Token(SecretSource),
    Password {
        username: String,
        password: SecretSource,
    },
    SshKey {
        key_file: PathBuf,
        known_hosts_file: PathBuf,
    },
}

/// How TLS servers are trusted, beside the system's roots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    pub ca_file: Option<PathBuf>,
}

/// How to authenticate to a target.
#[derive(Clone, Debug)]
pub enum HttpAuth {
    Bearer(SecretSource),
    Basic {
        username: String,
        password: SecretSource,
    },
}

/// One target.
#[derive(Clone, Debug)]
pub struct TargetSettings {
    pub name: TargetName,
    pub aliases: Vec<TargetName>,
    pub labels: BTreeMap<String, String>,
    pub paused: bool,
    pub drift: DriftPolicy,
    /// For one request.
    pub timeout: Duration,
    /// Requests at once.
    pub concurrency: usize,
    pub provider: ProviderSettings,
}

/// What only one provider needs.
#[derive(Clone, Debug)]
pub enum ProviderSettings {
    Prometheus(PrometheusSettings),
    Alertmanager(AlertmanagerSettings),
    Grafana(GrafanaSettings),
}

/// The configuration file of an Alertmanager, and the server that reads it.
#[derive(Clone, Debug)]
pub struct AlertmanagerSettings {
    /// Without it the file is kept true, and nobody is asked to reload.
    pub url: Option<String>,
    pub auth: Option<HttpAuth>,
    pub tls: Tls,
    pub config_file: PathBuf,
    /// In the repository, relative to `repository.path`.
    pub base_file: RepoPath,
    /// Where the values of receivers' secrets are.
    pub secrets_dir: Option<PathBuf>,
    /// The name of a label.
    pub fence_label: Option<String>,
    /// Whether a file that is nobody's may be taken over.
    pub adopt: bool,
}

/// One organisation of a Grafana.
#[derive(Clone, Debug)]
pub struct GrafanaSettings {
    pub url: String,
    pub auth: Option<HttpAuth>,
    pub tls: Tls,
    /// Counts from 1, which is the first organisation of every Grafana.
    pub org_id: u32,
    /// What is written for a tenant, by its name.
    pub tenants: BTreeMap<String, HttpAuth>,
    /// Whether dashboards carry their owner as a tag.
    pub owner_tag: bool,
    /// Where the values of data sources' secrets are.
    pub secrets_dir: Option<PathBuf>,
}

/// Rule files in a directory, and the server that loads them.
#[derive(Clone, Debug)]
pub struct PrometheusSettings {
    pub flavor: Flavor,
    /// Without it files are kept true, and nobody is asked to reload.
    pub url: Option<String>,
    pub rules_dir: PathBuf,
    pub auth: Option<HttpAuth>,
    pub tls: Tls,
}

/// When cycles run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconcile {
    /// Between full drift checks.
    pub interval: Duration,
    /// How long a stop waits for the change in hand.
    pub drain: Duration,
}

/// How many deletes are too many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    pub max_deletes: u32,
    pub max_delete_percent: u32,
    /// Whether a commit trailer may let more through; `None` is "unless a tenant exists".
    pub trailer: Option<bool>,
}

/// What is read at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In bytes; larger files are not read.
    pub file_size: u64,
    pub files: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_size: 4 << 20,
            files: 200_000,
        }
    }
}

/// The daemon's own HTTP side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    pub listen: SocketAddr,
    pub webhook: Option<Webhook>,
    /// Holds the bearer token that status and metrics ask for.
    pub token_file: Option<PathBuf>,
    pub tls: Option<ServerTls>,
}

/// Who tells of pushes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    pub kind: WebhookKind,
    pub secret_file: PathBuf,
}

/// How a webhook is written and signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookKind {
    GitHub,
    GitLab,
    Gitea,
}

/// PEM files of the HTTP side's own certificate and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerTls {
    pub cert_file: PathBuf,
    pub key_file: PathBuf,
}

/// Logs of the daemon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Log {
    pub format: LogFormat,
    pub level: LogLevel,
}

impl ProviderSettings {
    /// The provider's name in the settings.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Prometheus(_) => "prometheus",
            Self::Alertmanager(_) => "alertmanager",
            Self::Grafana(_) => "grafana",
        }
    }

    /// What resources the provider can hold.
    pub fn kinds(&self) -> &'static [ResourceKind] {
        match self {
            Self::Prometheus(_) => &[ResourceKind::RuleGroup],
            Self::Alertmanager(_) => &[ResourceKind::Route],
            Self::Grafana(_) => &[
                ResourceKind::Folder,
                ResourceKind::DataSource,
                ResourceKind::Dashboard,
            ],
        }
    }
}

impl ProviderSettings {
    fn owner_tag(&self) -> bool {
        match self {
            Self::Grafana(settings) => settings.owner_tag,
            Self::Prometheus(_) | Self::Alertmanager(_) => false,
        }
    }

    /// How the one file of an Alertmanager is composed.
    fn composing(&self) -> Option<Composing> {
        match self {
            Self::Alertmanager(settings) => Some(Composing {
                base_file: settings.base_file.clone(),
                fence_label: settings.fence_label.as_deref().map(Arc::from),
                adopt: settings.adopt,
            }),
            Self::Prometheus(_) | Self::Grafana(_) => None,
        }
    }
}

impl TargetSettings {
    /// The target as the pure rooms see it.
    pub fn to_target(&self) -> Target {
        Target {
            name: self.name.clone(),
            aliases: self.aliases.clone(),
            labels: self.labels.clone(),
            kinds: self.provider.kinds(),
            paused: self
                .paused
                .then(|| "the target is paused in the settings".into()),
            drift: self.drift,
            owner_tag: self.provider.owner_tag(),
            composing: self.provider.composing(),
        }
    }
}
