//! The kinds that Backstage knows.
//!
//! Source: `@backstage/catalog-model` 1.10.1, `kinds/`; `alpha` for what depends on `spec.type`, which
//! `@backstage/plugin-catalog-backend-module-ai-model` puts to use.

use super::forms::{
    AI_MARKETPLACE, AI_PLUGIN, AI_RESOURCE, AI_RULE, AI_SKILL, API, COMPONENT, DOMAIN, GROUP,
    LOCATION, MCP_SERVER, RESOURCE, SYSTEM_FORM, TEMPLATE, USER,
};
use super::shape::Shape;
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
        form: TEMPLATE,
        by_type: &[],
    },
];

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
