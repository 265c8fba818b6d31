//! What is wrong, where, and what to do about it.

use super::Place;

/// How much it matters. Only an error changes an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Error,
    Warning,
    Info,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// A second place that belongs to a diagnostic, such as the other one of two duplicates.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Related {
    pub message: String,
    pub place: Place,
}

/// One finding. `place` is `None` only where no file is to blame.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    pub place: Option<Place>,
    pub severity: Severity,
    pub code: Code,
    pub message: String,
    /// What to do, as an imperative sentence.
    pub hint: Option<String>,
    pub related: Vec<Related>,
}

impl Diagnostic {
    pub fn new(severity: Severity, code: Code, place: Place, message: impl Into<String>) -> Self {
        Self {
            place: Some(place),
            severity,
            code,
            message: message.into(),
            hint: None,
            related: Vec::new(),
        }
    }

    pub fn error(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, place, message)
    }

    pub fn warning(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, place, message)
    }

    pub fn info(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self::new(Severity::Info, code, place, message)
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn with_related(mut self, message: impl Into<String>, place: Place) -> Self {
        self.related.push(Related {
            message: message.into(),
            place,
        });
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Declares the closed set of codes with the name that the outside sees.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// The stable name of a kind of finding; part of the JSON of `check`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

codes! {
    // Files and documents.
    /// Not valid YAML, and somebody depends on it.
    YamlInvalid = "yaml_invalid",
    /// Not valid YAML, and nobody is known to depend on it (a Helm template, say).
    YamlUnparsed = "yaml_unparsed",
    DuplicateKey = "duplicate_key",
    MultipleDocuments = "multiple_documents",
    FileTooLarge = "file_too_large",
    TooManyFiles = "too_many_files",
    NotUtf8 = "not_utf8",
    SymbolicLink = "symbolic_link",
    Submodule = "submodule",
    LfsPointer = "lfs_pointer",
    /// Nesting, aliases or size beyond what is read.
    TooComplex = "too_complex",
    // Fields.
    UnknownField = "unknown_field",
    UnknownKind = "unknown_kind",
    MissingField = "missing_field",
    WrongType = "wrong_type",
    InvalidValue = "invalid_value",
    InvalidName = "invalid_name",
    // Rules.
    InvalidDuration = "invalid_duration",
    InvalidLabel = "invalid_label",
    InvalidMetricName = "invalid_metric_name",
    PromqlInvalid = "promql_invalid",
    /// Prometheus may know it; the parser used here does not.
    PromqlUnknown = "promql_unknown",
    TemplateInvalid = "template_invalid",
    TemplateUnchecked = "template_unchecked",
    DuplicateGroup = "duplicate_group",
    DuplicateRule = "duplicate_rule",
    // Placement and identity.
    SelectorInvalid = "selector_invalid",
    FilesEmpty = "files_empty",
    TargetsEmpty = "targets_empty",
    TargetsMissing = "targets_missing",
    Unplaced = "unplaced",
    DuplicateName = "duplicate_name",
    PlatformMisplaced = "platform_misplaced",
    // Dashboards.
    /// A dashboard's file gives no uid: it is made from names, and a rename makes another dashboard.
    UidMissing = "uid_missing",
    /// Two dashboards, folders or data sources with one uid.
    DuplicateUid = "duplicate_uid",
    /// Two dashboards of one folder with one title.
    DuplicateTitle = "duplicate_title",
    /// An entry of `__inputs` that no set gives a value.
    InputMissing = "input_missing",
    /// A dashboard refers to a data source that nobody declares.
    DataSourceUnknown = "data_source_unknown",
    // The catalog.
    /// Two entities with one reference.
    DuplicateEntity = "duplicate_entity",
    /// A reference to an entity that nobody declares.
    DanglingReference = "dangling_reference",
    /// Groups that are, by way of others, their own parents.
    GroupCycle = "group_cycle",
    /// A target of a `Location` that matches no file of the commit.
    LocationMissing = "location_missing",
    /// A target of a `Location` that is there, but not among the files that are read.
    LocationNotRead = "location_not_read",
    /// A file that a placeholder names is not in the commit.
    EmbeddedMissing = "embedded_missing",
    /// What a placeholder names is not a file that can be read.
    EmbeddedUnreadable = "embedded_unreadable",
    // Routing of alerts.
    /// The file that a target has as `base_file` is not read.
    BaseFileMissing = "base_file_missing",
    /// An alert that pages somebody would reach only the receiver that gets what nobody else takes.
    OnlyDefaultReceiver = "only_default_receiver",
    // Tenants.
    /// A `Tenant` in a file that a tenant owns.
    TenantMisplaced = "tenant_misplaced",
    /// Tenants, or one of them and the platform, claim the same.
    TenantOverlap = "tenant_overlap",
    /// A definition does what its tenant may not.
    TenantBoundary = "tenant_boundary",
    /// A query reads, or a rule writes, beyond the tenant's fence.
    TenantFence = "tenant_fence",
    /// More than the tenant may have.
    TenantQuota = "tenant_quota",
    // The catalog.
    /// A reference to an entity that cannot be read, or that Backstage does not follow.
    ReferenceInvalid = "reference_invalid",
    /// A path that is not one of the repository.
    PathOutside = "path_outside",
    /// What an entity refers to is elsewhere, and not fetched.
    NotFetched = "not_fetched",
    /// The committed CODEOWNERS is not what the tenants make of it.
    CodeownersStale = "codeowners_stale",
    // Live systems.
    ScopeUnknown = "scope_unknown",
    RuleUnhealthy = "rule_unhealthy",
    FieldUnsupported = "field_unsupported",
    /// Whether a secret is live as declared cannot be told.
    SecretUnverified = "secret_unverified",
}
