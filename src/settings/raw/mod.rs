//! The settings file as it is written. The comments here are the descriptions in its JSON Schema.

mod defaults;

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use super::scalar::{RawDuration, RawSize};

/// Settings of a Trueup daemon. Relative paths are relative to this file.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Trueup settings", rename = "Settings")]
pub(super) struct Raw {
    /// Names this Trueup; written into every live object that it owns. Two instances never share one
    /// live object. Changing it later gives up all that is owned.
    #[schemars(regex(pattern = "^[a-z0-9][-a-z0-9]{0,30}$"))]
    pub(super) instance: String,
    pub(super) repository: RawRepository,
    /// The live systems that are kept true.
    pub(super) targets: Vec<RawTarget>,
    #[serde(default)]
    pub(super) reconcile: RawReconcile,
    #[serde(default)]
    pub(super) guard: RawGuard,
    #[serde(default)]
    pub(super) limits: RawLimits,
    #[serde(default)]
    pub(super) state: RawState,
    #[serde(default)]
    pub(super) server: RawServer,
    #[serde(default)]
    pub(super) log: RawLog,
}

/// The platform repository: where everything is declared.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Repository")]
pub(super) struct RawRepository {
    /// Its name in messages and plans.
    #[serde(default = "defaults::name")]
    pub(super) name: String,
    /// https://…, ssh://…, user@host:path, file://… (mirrored) or a local path (read in place).
    /// Without credentials: those go to `auth`.
    pub(super) url: String,
    /// The branch whose head is applied.
    #[serde(default = "defaults::branch")]
    pub(super) branch: String,
    /// The folder of the repository that is read.
    #[serde(default = "defaults::folder")]
    pub(super) path: String,
    /// How often the branch is looked at; some jitter is added. A local repository is watched besides.
    #[serde(default = "defaults::poll")]
    pub(super) poll: RawDuration,
    pub(super) auth: Option<RawGitAuth>,
    #[serde(default)]
    pub(super) tls: RawTls,
}

/// How to sign in to the repository's server: a token, or a user name and a password (https), or a key
/// and the known hosts (ssh). Secrets stand in files or environment variables, never here.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "GitAuth")]
pub(super) struct RawGitAuth {
    /// File that holds an access token.
    pub(super) token_file: Option<PathBuf>,
    /// Environment variable that holds an access token.
    pub(super) token_env: Option<String>,
    pub(super) username: Option<String>,
    /// File that holds the password of `username`.
    pub(super) password_file: Option<PathBuf>,
    /// Environment variable that holds the password of `username`.
    pub(super) password_env: Option<String>,
    /// Private key without a passphrase.
    pub(super) ssh_key_file: Option<PathBuf>,
    /// The server's keys, in OpenSSH's format; a server that is not in it is refused.
    pub(super) known_hosts_file: Option<PathBuf>,
}

/// How the server's certificate is verified.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Tls")]
pub(super) struct RawTls {
    /// PEM file of authorities to trust beside the system's.
    pub(super) ca_file: Option<PathBuf>,
}

/// One live system.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Target")]
pub(super) struct RawTarget {
    /// Its identity, in ids and in what is remembered. To rename it, put the old name into `aliases`.
    #[schemars(regex(pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub(super) name: String,
    pub(super) provider: RawProvider,
    /// Of a `prometheus`: what speaks the rules of `rules_dir`; prometheus where it is left out.
    pub(super) flavor: Option<RawFlavor>,
    /// What selectors in the repository choose targets by.
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
    /// Address of the server, with its path prefix if it has one. Of a `prometheus` it may be left out: then
    /// files are written, and nobody is asked to load them.
    pub(super) url: Option<String>,
    /// Of a `prometheus`: directory of the rule files; the server's `rule_files` must match
    /// `<rules_dir>/*.yaml`. Files of others in it are left alone.
    pub(super) rules_dir: Option<PathBuf>,
    /// Of a `grafana`: the organisation; 1 where it is left out.
    #[schemars(range(min = 1))]
    pub(super) org_id: Option<u32>,
    /// Of a `grafana`: whether dashboards carry their owner as a tag, such as `owner:group:default/payments`; true
    /// where it is left out.
    pub(super) owner_tag: Option<bool>,
    /// Of a `grafana` or an `alertmanager`: directory of secrets; `{ name, key }` of a definition is the file
    /// `<secrets_dir>/<namespace>/<name>/<key>`. An Alertmanager must see it under the same path.
    pub(super) secrets_dir: Option<PathBuf>,
    /// Of an `alertmanager`: the file that the server reads, written whole.
    pub(super) config_file: Option<PathBuf>,
    /// Of an `alertmanager`: the platform's own part, a file of the repository: `global`, templates, the receiver
    /// of what nobody else takes, the platform's own routes.
    pub(super) base_file: Option<String>,
    /// Of an `alertmanager`: the label that holds the namespace of a definition. What a definition does is kept
    /// to alerts with that label. Without it definitions are the platform's own, and reach every alert.
    pub(super) fence_label: Option<String>,
    /// Of an `alertmanager`: whether a file that is nobody's may be taken over. It is kept beside the new one as
    /// `<config_file>.before-trueup`.
    pub(super) adopt: Option<bool>,
    pub(super) auth: Option<RawHttpAuth>,
    /// Of a `grafana`: credentials for what a tenant declares, by the tenant's name, such as the token of a service
    /// account that may write into its folder only. What belongs to a tenant that is not named here is written with
    /// `auth`; all reading is done with `auth`. A tenant with an organisation of its own has a target of its own.
    #[serde(default)]
    pub(super) tenants: BTreeMap<String, RawTenantAccess>,
    #[serde(default)]
    pub(super) tls: RawTls,
    /// Plan, but change nothing here.
    #[serde(default)]
    pub(super) paused: bool,
    /// What to do where somebody else changed what is ours.
    #[serde(default)]
    pub(super) drift: RawDrift,
    /// Former names of this target.
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    /// For one request.
    #[serde(default = "defaults::timeout")]
    pub(super) timeout: RawDuration,
    /// Requests at once.
    #[serde(default = "defaults::concurrency")]
    #[schemars(range(min = 1, max = 256))]
    pub(super) concurrency: u32,
}

/// Which kind of system a target is.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Provider")]
pub(super) enum RawProvider {
    Prometheus,
    Alertmanager,
    Grafana,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Flavor")]
pub(super) enum RawFlavor {
    #[default]
    Prometheus,
    Thanos,
    Vmalert,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Drift")]
pub(super) enum RawDrift {
    /// Undo it.
    #[default]
    Revert,
    /// Show it, and leave it.
    Report,
}

/// How to sign in to a target: a token, or a user name and a password.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HttpAuth")]
pub(super) struct RawHttpAuth {
    /// File that holds a bearer token.
    pub(super) token_file: Option<PathBuf>,
    /// Environment variable that holds a bearer token.
    pub(super) token_env: Option<String>,
    pub(super) username: Option<String>,
    /// File that holds the password of `username`.
    pub(super) password_file: Option<PathBuf>,
    /// Environment variable that holds the password of `username`.
    pub(super) password_env: Option<String>,
}

/// What is written for one tenant is written with these credentials only.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TenantAccess")]
pub(super) struct RawTenantAccess {
    pub(super) auth: RawHttpAuth,
}

/// When to compare and apply.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Reconcile")]
pub(super) struct RawReconcile {
    /// Between two full comparisons with what is live; a new commit is applied at once.
    pub(super) interval: RawDuration,
    /// How long a stop waits for the change in hand.
    pub(super) drain: RawDuration,
}

/// Deletes beyond these limits are held until somebody lets them through.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Guard")]
pub(super) struct RawGuard {
    /// Deletes of one cycle on one target.
    pub(super) max_deletes: u32,
    /// Share of what is owned on a target, where that is ten objects or more.
    #[schemars(range(max = 100))]
    pub(super) max_delete_percent: u32,
    /// Whether a commit's line `Trueup-Allow-Deletes: N` lets that many through. Where it is not set:
    /// true, until the repository has a `Tenant`.
    pub(super) trailer: Option<bool>,
}

/// What is read at most.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Limits")]
pub(super) struct RawLimits {
    /// Larger files are not read, and are an error where something refers to them.
    pub(super) file_size: RawSize,
    /// Files of the repository.
    #[schemars(range(min = 1))]
    pub(super) files: u64,
}

/// What is remembered between cycles.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "State")]
pub(super) struct RawState {
    /// An SQLite file; its lock and the mirror of the repository lie beside it.
    pub(super) path: PathBuf,
    /// How long it is remembered what was changed when, and what else happened.
    pub(super) history: RawDuration,
}

/// The daemon's own HTTP side: health, status, metrics and the webhook.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Server")]
pub(super) struct RawServer {
    /// Address and port; port 0 takes any that is free.
    pub(super) listen: String,
    /// Pushes are heard of at once, instead of at the next poll: `POST /webhook`.
    pub(super) webhook: Option<RawWebhook>,
    /// File that holds a bearer token, which `/status` and `/metrics` then ask for.
    pub(super) token_file: Option<PathBuf>,
    /// https instead of http.
    pub(super) tls: Option<RawServerTls>,
}

/// Who sends the webhook, and what proves it.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Webhook")]
pub(super) struct RawWebhook {
    pub(super) kind: RawWebhookKind,
    /// File that holds the secret that the webhook was given there.
    pub(super) secret_file: PathBuf,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "WebhookKind")]
pub(super) enum RawWebhookKind {
    /// Also of GitHub Enterprise.
    GitHub,
    GitLab,
    /// Also of Forgejo.
    Gitea,
}

/// The certificate of the daemon's own HTTP side.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ServerTls")]
pub(super) struct RawServerTls {
    /// PEM file of the certificate, followed by those in between it and the authority.
    pub(super) cert_file: PathBuf,
    /// PEM file of its private key, without a passphrase.
    pub(super) key_file: PathBuf,
}

/// The daemon's logs, on standard error.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Log")]
pub(super) struct RawLog {
    pub(super) format: RawLogFormat,
    pub(super) level: RawLogLevel,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "LogFormat")]
pub(super) enum RawLogFormat {
    /// Text on a terminal, else JSON.
    #[default]
    Auto,
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "LogLevel")]
pub(super) enum RawLogLevel {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

/// The JSON Schema of the settings file.
pub fn schema() -> Schema {
    schemars::schema_for!(Raw)
}
