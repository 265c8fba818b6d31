//! What `spec` of each kind has for fields, and which of them refer to other entities.
//!
//! Sources: `@backstage/catalog-model` 1.10.1, `schema/kinds/*.json` for the fields and `kinds/AiResourceEntityV1alpha1` for
//! the relations of `AiResource`; `@backstage/plugin-catalog-backend` 3.9.0, `processors/BuiltinKindsEntityProcessor`, for
//! those of all others, and `@backstage/plugin-catalog-backend-module-scaffolder-entity-model` 0.2.26 for `Template`.

use super::kinds::{Form, Link};
use super::shape::{Shape, TEXTS, may, needs, open};
use super::template;
use crate::model::entity::Relation;

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

pub(super) const COMPONENT: Form = Form {
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

pub(super) const API: Form = Form {
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
pub(super) const MCP_SERVER: Form = Form {
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

pub(super) const RESOURCE: Form = Form {
    spec: open(&[
        needs("type", Shape::Full),
        needs("owner", Shape::Full),
        may("dependsOn", TEXTS),
        may("system", Shape::Full),
    ]),
    links: &[OWNER, DEPENDS_ON, DEPENDENCY_OF, SYSTEM],
};

pub(super) const SYSTEM_FORM: Form = Form {
    spec: open(&[
        needs("owner", Shape::Full),
        may("domain", Shape::Full),
        may("type", Shape::Full),
    ]),
    links: &[OWNER, link("domain", Relation::PartOf, Some("Domain"))],
};

pub(super) const DOMAIN: Form = Form {
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

pub(super) const GROUP: Form = Form {
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

pub(super) const USER: Form = Form {
    spec: open(&[may("profile", PROFILE), needs("memberOf", TEXTS)]),
    links: &[link("memberOf", Relation::MemberOf, Some("Group"))],
};

/// Its targets are files: see `files`.
pub(super) const LOCATION: Form = Form {
    spec: open(&[
        may("type", Shape::Full),
        may("target", Shape::Full),
        may("targets", TEXTS),
        may("presence", Shape::OneOf(&["required", "optional"])),
    ]),
    links: &[],
};

pub(super) const AI_RESOURCE: Form = Form {
    spec: open(&[
        needs("type", Shape::Full),
        needs("lifecycle", Shape::Full),
        needs("owner", Shape::Full),
        may("system", Shape::Full),
    ]),
    links: &[AI_OWNER, AI_SYSTEM],
};

pub(super) const AI_SKILL: Form = Form {
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

pub(super) const AI_RULE: Form = Form {
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

pub(super) const AI_PLUGIN: Form = Form {
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

pub(super) const AI_MARKETPLACE: Form = Form {
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

pub(super) const TEMPLATE: Form = Form {
    spec: open(template::SPEC),
    links: &[OWNER],
};
