//! One type a kind.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::rules::RuleGroup;

macro_rules! kind {
    ($(#[$doc:meta])* $kind:ident, $spec:ty) => {
        $(#[$doc])*
        #[derive(JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "camelCase")]
        #[expect(dead_code, reason = "only its shape is of use")]
        pub(super) struct $kind {
            api_version: ApiVersion,
            kind: kind_name::$kind,
            metadata: Metadata,
            spec: $spec,
        }
    };
}

/// The group and version of Trueup's own kinds.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its shape is of use")]
enum ApiVersion {
    #[serde(rename = "trueup.dev/v1alpha1")]
    V1Alpha1,
}

mod kind_name {
    use schemars::JsonSchema;

    macro_rules! name {
        ($($kind:ident)*) => {
            $(
                #[derive(JsonSchema)]
                #[schemars(inline)]
                #[expect(dead_code, reason = "only its shape is of use")]
                pub(super) enum $kind { $kind }
            )*
        };
    }
    name!(Platform Tenant RuleSet DashboardSet Folder DataSource);
}

/// What a definition is called.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is of use")]
struct Metadata {
    /// A DNS subdomain.
    #[schemars(regex(pattern = "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"))]
    name: String,
    /// A DNS label; default where it is left out.
    namespace: Option<String>,
    labels: Option<BTreeMap<String, Value>>,
    /// trueup.dev/owner, trueup.dev/component and trueup.dev/adopt are read here.
    annotations: Option<BTreeMap<String, Value>>,
}

kind! {
    /// The repository's own settings: at most one, in trueup.yaml at the root.
    Platform, PlatformSpec
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is of use")]
struct PlatformSpec {
    /// Files to read, as gitignore patterns; all where it is left out.
    include: Option<Vec<String>>,
    /// Files not to read, as gitignore patterns.
    exclude: Option<Vec<String>>,
    /// A group of the catalog: who owns what no tenant and nobody else does.
    owner: Option<String>,
    defaults: Option<PlatformDefaults>,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is of use")]
struct PlatformDefaults {
    /// Where definitions stand that do not say: a label selector of targets, such as env=prod.
    targets: Option<String>,
}

kind! {
    /// A team, and what it may touch. It counts only where no tenant writes.
    Tenant, TenantSpec
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is of use")]
struct TenantSpec {
    /// A group of the catalog; what the tenant declares is owned by it, or by a group below it.
    owner: String,
    /// Its files: a folder as teams/payments/**, or one file. Nothing else is a pattern; the longest path wins.
    #[schemars(length(min = 1))]
    paths: Vec<String>,
    /// Targets it may use, as a label selector; also where its definitions stand that do not say.
    targets: Option<String>,
    /// Kinds of definitions that it may have. Left out: all but `DataSource`, which may read anything.
    kinds: Option<Vec<TenantKind>>,
    grafana: Option<TenantGrafana>,
    metrics: Option<TenantMetrics>,
    quotas: Option<TenantQuotas>,
}

/// A kind of definition that makes resources.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its shape is of use")]
enum TenantKind {
    RuleSet,
    PrometheusRule,
    AlertmanagerConfig,
    DashboardSet,
    Dashboard,
    Folder,
    DataSource,
    Service,
    Blueprint,
    Objective,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is of use")]
struct TenantGrafana {
    /// All its dashboards and folders are here or below: titles with slashes between.
    folder: String,
}

/// Which series it reads, and how what it makes is marked.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "only its shape is of use")]
struct TenantMetrics {
    /// `PromQL` label matchers that every selector stays inside.
    matchers: Option<Vec<String>>,
    enforce: Option<Enforce>,
    /// On every alert and recorded series, and the fence of its alert routes; cannot be overridden.
    labels: Option<BTreeMap<String, String>>,
    /// Whether alerts carry their owner as label owner.
    owner_label: Option<bool>,
}

/// inject adds the matchers to every selector, require makes their lack an error, off does nothing.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its shape is of use")]
enum Enforce {
    Inject,
    Require,
    Off,
}

/// At most so many; what goes beyond is held.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is of use")]
struct TenantQuotas {
    dashboards: Option<u64>,
    /// Alerting and recording rules.
    rules: Option<u64>,
}

kind! {
    /// Rule groups under one name.
    RuleSet, RuleSetSpec
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is of use")]
struct RuleSetSpec {
    /// A label selector of targets, such as env=prod,region in (eu,us).
    targets: Option<String>,
    /// A group or user of the catalog.
    owner: Option<String>,
    /// Rule files, as patterns relative to this file; in sorted path order.
    files: Option<Vec<String>>,
    /// After those of the files.
    groups: Option<Vec<RuleGroup>>,
}

kind! {
    /// Dashboards of exported files, in one folder.
    DashboardSet, DashboardSetSpec
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is of use")]
struct DashboardSetSpec {
    /// A label selector of targets, such as env=prod,region in (eu,us).
    targets: Option<String>,
    /// A group or user of the catalog.
    owner: Option<String>,
    /// Titles with slashes between; a slash in a title is written \/. Left out: the tenant's folder, else General.
    folder: Option<String>,
    /// Values for the __inputs of exported dashboards.
    inputs: Option<BTreeMap<String, String>>,
    /// Dashboard files, as patterns relative to this file.
    files: Option<Vec<String>>,
}

kind! {
    /// A folder in Grafana of which more than its path must be said.
    Folder, FolderSpec
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is of use")]
struct FolderSpec {
    /// A label selector of targets, such as env=prod,region in (eu,us).
    targets: Option<String>,
    /// A group or user of the catalog.
    owner: Option<String>,
    /// Titles with slashes between.
    path: String,
    /// Where it is not the last part of the path.
    title: Option<String>,
    /// Where it is not to be made of the path.
    #[schemars(regex(pattern = "^[A-Za-z0-9_-]{1,40}$"))]
    uid: Option<String>,
}

kind! {
    /// A data source of Grafana.
    DataSource, DataSourceSpec
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "only its shape is of use")]
struct DataSourceSpec {
    /// A label selector of targets, such as env=prod,region in (eu,us).
    targets: Option<String>,
    /// A group or user of the catalog.
    owner: Option<String>,
    #[schemars(regex(pattern = "^[A-Za-z0-9_-]{1,40}$"))]
    uid: String,
    /// What people see; the definition's name where it is left out.
    name: Option<String>,
    /// Of the plugin: prometheus, loki, ...
    r#type: String,
    url: Option<String>,
    access: Option<String>,
    user: Option<String>,
    database: Option<String>,
    basic_auth_user: Option<String>,
    basic_auth: Option<bool>,
    with_credentials: Option<bool>,
    is_default: Option<bool>,
    /// As in Grafana's API.
    json_data: Option<Map<String, Value>>,
    /// Secrets by reference: `{ basicAuthPassword: { secret: { name: prom, key: password } } }`.
    secure_json_data: Option<BTreeMap<String, SecretValue>>,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is of use")]
struct SecretValue {
    secret: SecretRef,
}

/// The file `<secrets_dir>/<namespace>/<name>/<key>` of the target.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is of use")]
struct SecretRef {
    name: String,
    key: String,
}

/// A document of Trueup's own kinds; documents of other groups are not judged.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its shape is of use")]
pub(super) enum Any {
    Platform(Platform),
    Tenant(Tenant),
    RuleSet(RuleSet),
    DashboardSet(DashboardSet),
    Folder(Folder),
    DataSource(DataSource),
}
