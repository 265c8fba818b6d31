//! The kinds: which fields their `spec` has, and which of them refer to other entities.
//!
//! Sources: `@backstage/catalog-model` 1.10.1, `schema/kinds/*.json` for the fields and `kinds/*` for the relations of
//! `AiResource`; `@backstage/plugin-catalog-backend` 3.9.0, `processors/BuiltinKindsEntityProcessor`, for those of all
//! others; of `Template` see [`super::template`].

use super::shape::{Shape, TEXTS, may, needs, open};
use super::template;
use crate::model::entity::Relation;

/// A kind that Backstage knows.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// "of a Component", for messages.
    pub(super) of: &'static str,
    pub(super) versions: &'static [&'static str],
    pub(super) form: Form,
    /// Values of `spec.type` that have another form.
    pub(super) by_type: &'static [(&'static str, Form)],
}

/// What `spec` is like.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) spec: Shape,
    /// In the order in which Backstage follows them.
    pub(super) links: &'static [Link],
}

/// A field with references.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) field: &'static str,
    pub(super) relation: Relation,
    /// The kind of a reference that names none.
    pub(super) kind: Option<&'static str>,
    /// Backstage follows references to these kinds only; to any where there is none.
    pub(super) only: &'static [&'static str],
}

const fn link(field: &'static str, relation: Relation, kind: Option<&'static str>) -> Link {
    Link {
        field,
        relation,
        kind,
        only: &[],
    }
}

const fn only(
    field: &'static str,
    relation: Relation,
    kind: &'static str,
    only: &'static [&'static str],
) -> Link {
    Link {
        field,
        relation,
        kind: Some(kind),
        only,
    }
}

/// Who owns it.
pub(super) const OWNER: Link = link("owner", Relation::OwnedBy, Some("Group"));
const SYSTEM: Link = link("system", Relation::PartOf, Some("System"));
const DEPENDS_ON: Link = link("dependsOn", Relation::DependsOn, None);
const DEPENDENCY_OF: Link = link("dependencyOf", Relation::DependencyOf, None);
const AI_OWNER: Link = only("owner", Relation::OwnedBy, "Group", &["group", "user"]);
const AI_SYSTEM: Link = only("system", Relation::PartOf, "System", &["system"]);

const BOTH: &[&str] = &["backstage.io/v1alpha1", "backstage.io/v1beta1"];
const ALPHA: &[&str] = &["backstage.io/v1alpha1"];
const SCAFFOLDER: &[&str] = &["scaffolder.backstage.io/v1beta3"];

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "Component",
        of: "of a Component",
        versions: BOTH,
        form: COMPONENT,
        by_type: &[],
    },
    Kind {
        name: "API",
        of: "of an API",
        versions: BOTH,
        form: API,
        by_type: &[("mcp-server", MCP_SERVER)],
    },
    Kind {
        name: "Resource",
        of: "of a Resource",
        versions: BOTH,
        form: RESOURCE,
        by_type: &[],
    },
    Kind {
        name: "System",
        of: "of a System",
        versions: BOTH,
        form: SYSTEM_FORM,
        by_type: &[],
    },
    Kind {
        name: "Domain",
        of: "of a Domain",
        versions: BOTH,
        form: DOMAIN,
        by_type: &[],
    },
    Kind {
        name: "Group",
        of: "of a Group",
        versions: BOTH,
        form: GROUP,
        by_type: &[],
    },
    Kind {
        name: "User",
        of: "of a User",
        versions: BOTH,
        form: USER,
        by_type: &[],
    },
    Kind {
        name: "Location",
        of: "of a Location",
        versions: BOTH,
        form: LOCATION,
        by_type: &[],
    },
    Kind {
        name: "AiResource",
        of: "of an AiResource",
        versions: ALPHA,
        form: AI_RESOURCE,
        by_type: &[
            ("skill", AI_SKILL),
            ("rule", AI_RULE),
            ("plugin", AI_PLUGIN),
            ("marketplace", AI_MARKETPLACE),
        ],
    },
    Kind {
        name: "Template",
        of: "of a Template",
        versions: SCAFFOLDER,
        form: Form {
            spec: open(template::SPEC),
            links: &[OWNER],
        },
        by_type: &[],
    },
];

const COMPONENT: Form = Form {
    spec: open(&[
        needs("type", Shape::Full),
        needs("lifecycle", Shape::Full),
        needs("owner", Shape::Full),
        may("system", Shape::Full),
        may("subcomponentOf", Shape::Full),
        may("providesApis", TEXTS),
        may("consumesApis", TEXTS),
        may("dependsOn", TEXTS),
    ]),
    links: &[
        OWNER,
        link("subcomponentOf", Relation::PartOf, Some("Component")),
        link("providesApis", Relation::ProvidesApi, Some("API")),
        link("consumesApis", Relation::ConsumesApi, Some("API")),
        DEPENDS_ON,
        DEPENDENCY_OF,
        SYSTEM,
    ],
};

const API: Form = Form {
    spec: open(&[
        needs("type", Shape::Full),
        needs("lifecycle", Shape::Full),
        needs("owner", Shape::Full),
        may("system", Shape::Full),
        needs("definition", Shape::Full),
    ]),
    links: &[OWNER, SYSTEM],
};

/// A server of the Model Context Protocol.
const MCP_SERVER: Form = Form {
    spec: open(&[
        needs("type", Shape::Full),
        needs("lifecycle", Shape::Full),
        needs("owner", Shape::Full),
        may("system", Shape::Full),
        needs("remotes", Shape::List(&REMOTE, 1)),
    ]),
    links: &[OWNER, SYSTEM],
};

const REMOTE: Shape = open(&[needs("type", Shape::Full), needs("url", Shape::Full)]);

const RESOURCE: Form = Form {
    spec: open(&[
        needs("type", Shape::Full),
        needs("owner", Shape::Full),
        may("dependsOn", TEXTS),
        may("system", Shape::Full),
    ]),
    links: &[OWNER, DEPENDS_ON, DEPENDENCY_OF, SYSTEM],
};

const SYSTEM_FORM: Form = Form {
    spec: open(&[
        needs("owner", Shape::Full),
        may("domain", Shape::Full),
        may("type", Shape::Full),
    ]),
    links: &[OWNER, link("domain", Relation::PartOf, Some("Domain"))],
};

const DOMAIN: Form = Form {
    spec: open(&[
        needs("owner", Shape::Full),
        may("subdomainOf", Shape::Full),
        may("type", Shape::Full),
    ]),
    links: &[OWNER, link("subdomainOf", Relation::PartOf, Some("Domain"))],
};

const PROFILE: Shape = open(&[
    may("displayName", Shape::Full),
    may("email", Shape::Full),
    may("picture", Shape::Full),
]);

const GROUP: Form = Form {
    spec: open(&[
        needs("type", Shape::Full),
        may("profile", PROFILE),
        may("parent", Shape::Full),
        needs("children", TEXTS),
        may("members", TEXTS),
    ]),
    links: &[
        link("parent", Relation::ChildOf, Some("Group")),
        link("children", Relation::ParentOf, Some("Group")),
        link("members", Relation::HasMember, Some("User")),
    ],
};

const USER: Form = Form {
    spec: open(&[may("profile", PROFILE), needs("memberOf", TEXTS)]),
    links: &[link("memberOf", Relation::MemberOf, Some("Group"))],
};

/// Its targets are files: see [`super::files`].
const LOCATION: Form = Form {
    spec: open(&[
        may("type", Shape::Full),
        may("target", Shape::Full),
        may("targets", TEXTS),
        may("presence", Shape::OneOf(&["required", "optional"])),
    ]),
    links: &[],
};

const AI_RESOURCE: Form = Form {
    spec: open(&[
        needs("type", Shape::Full),
        needs("lifecycle", Shape::Full),
        needs("owner", Shape::Full),
        may("system", Shape::Full),
    ]),
    links: &[AI_OWNER, AI_SYSTEM],
};

const AI_SKILL: Form = Form {
    spec: open(&[
        needs("type", Shape::Full),
        needs("lifecycle", Shape::Full),
        needs("owner", Shape::Full),
        may("system", Shape::Full),
        may("disciplines", TEXTS),
        may("categories", TEXTS),
        may("agents", TEXTS),
        may("dependsOn", TEXTS),
        may("allowedTools", Shape::Full),
        may("license", Shape::Full),
        may("compatibility", Shape::Short(500)),
    ]),
    links: &[
        AI_OWNER,
        AI_SYSTEM,
        only(
            "dependsOn",
            Relation::DependsOn,
            "AiResource",
            &["airesource"],
        ),
    ],
};

const AI_RULE: Form = Form {
    spec: open(&[
        needs("type", Shape::Full),
        needs("lifecycle", Shape::Full),
        needs("owner", Shape::Full),
        may("system", Shape::Full),
        may("disciplines", TEXTS),
        needs("category", Shape::Full),
        needs("rationale", Shape::Full),
    ]),
    links: &[AI_OWNER, AI_SYSTEM],
};

const AI_PLUGIN: Form = Form {
    spec: open(&[
        needs("type", Shape::Full),
        needs("lifecycle", Shape::Full),
        needs("owner", Shape::Full),
        may("system", Shape::Full),
        needs("skills", TEXTS),
        may("version", Shape::Full),
    ]),
    links: &[
        AI_OWNER,
        AI_SYSTEM,
        only("skills", Relation::HasPart, "AiResource", &["airesource"]),
    ],
};

const AI_MARKETPLACE: Form = Form {
    spec: open(&[
        needs("type", Shape::Full),
        needs("lifecycle", Shape::Full),
        needs("owner", Shape::Full),
        may("system", Shape::Full),
        needs("plugins", TEXTS),
        may("version", Shape::Full),
    ]),
    links: &[
        AI_OWNER,
        AI_SYSTEM,
        only("plugins", Relation::HasPart, "AiResource", &["airesource"]),
    ],
};

/// The kind that Backstage takes under an `apiVersion`.
pub(super) fn find(api_version: &str, kind: &str) -> Option<&'static Kind> {
    let mut found = KINDS.iter().filter(|known| known.name == kind);
    found.find(|known| known.versions.contains(&api_version))
}

impl Kind {
    /// The form that goes with a value of `spec.type`.
    pub(super) fn form(&'static self, type_: Option<&str>) -> &'static Form {
        let mut others = self.by_type.iter();
        let other = others.find(|(name, _)| type_ == Some(*name));
        other.map_or(&self.form, |(_, form)| form)
    }
}
