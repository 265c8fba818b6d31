//! Entities of the catalog, as Backstage defines them: who and what there is in the organisation.
//!
//! Source: `@backstage/catalog-model` 1.10 (`entity/ref.ts`, `kinds/`) and Backstage's "Descriptor Format of
//! Catalog Entities".

use std::fmt;
use std::sync::Arc;

use super::{Place, RepoPath, Span};

/// `kind:namespace/name`, in lower case: references are compared without regard to case.
///
/// Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityRef {
    kind: Arc<str>,
    namespace: Arc<str>,
    name: Arc<str>,
}

/// The namespace of an entity that gives none.
pub const DEFAULT_NAMESPACE: &str = "default";

impl EntityRef {
    pub fn new(kind: &str, namespace: &str, name: &str) -> Self {
        let lower = |text: &str| Arc::from(text.to_lowercase());
        Self {
            kind: lower(kind),
            namespace: lower(namespace),
            name: lower(name),
        }
    }

    /// Reads `[kind:][namespace/]name` as Backstage's `parseEntityRef` does.
    ///
    /// # Errors
    /// What is wrong with the text: a part is empty, or there is no kind and no default for one.
    pub fn parse(
        text: &str,
        default_kind: Option<&str>,
        default_namespace: &str,
    ) -> Result<Self, String> {
        // A colon behind a slash is part of the name.
        let kind_ends = |at: usize| text.find('/').is_none_or(|slash| at < slash);
        let (kind, rest) = match text.find(':').filter(|at| kind_ends(*at)) {
            Some(at) => (Some(&text[..at]), &text[at + 1..]),
            None => (None, text),
        };
        let (namespace, name) = match rest.split_once('/') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, rest),
        };
        if name.is_empty() || kind == Some("") || namespace == Some("") {
            return Err(format!(
                "{text:?} is not of the form [kind:][namespace/]name"
            ));
        }
        let Some(kind) = kind.or(default_kind) else {
            return Err(format!(
                "{text:?} names no kind, and there is none by default here"
            ));
        };
        Ok(Self::new(
            kind,
            namespace.unwrap_or(default_namespace),
            name,
        ))
    }

    /// In lower case.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// In lower case.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// In lower case.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.kind, self.namespace, self.name)
    }
}

impl fmt::Debug for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// How two entities belong together. Each has an opposite, which is stated by the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    OwnedBy,
    OwnerOf,
    PartOf,
    HasPart,
    ProvidesApi,
    ApiProvidedBy,
    ConsumesApi,
    ApiConsumedBy,
    DependsOn,
    DependencyOf,
    ChildOf,
    ParentOf,
    MemberOf,
    HasMember,
}

impl Relation {
    /// As Backstage writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OwnedBy => "ownedBy",
            Self::OwnerOf => "ownerOf",
            Self::PartOf => "partOf",
            Self::HasPart => "hasPart",
            Self::ProvidesApi => "providesApi",
            Self::ApiProvidedBy => "apiProvidedBy",
            Self::ConsumesApi => "consumesApi",
            Self::ApiConsumedBy => "apiConsumedBy",
            Self::DependsOn => "dependsOn",
            Self::DependencyOf => "dependencyOf",
            Self::ChildOf => "childOf",
            Self::ParentOf => "parentOf",
            Self::MemberOf => "memberOf",
            Self::HasMember => "hasMember",
        }
    }

    /// What the other side says.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::OwnedBy => Self::OwnerOf,
            Self::OwnerOf => Self::OwnedBy,
            Self::PartOf => Self::HasPart,
            Self::HasPart => Self::PartOf,
            Self::ProvidesApi => Self::ApiProvidedBy,
            Self::ApiProvidedBy => Self::ProvidesApi,
            Self::ConsumesApi => Self::ApiConsumedBy,
            Self::ApiConsumedBy => Self::ConsumesApi,
            Self::DependsOn => Self::DependencyOf,
            Self::DependencyOf => Self::DependsOn,
            Self::ChildOf => Self::ParentOf,
            Self::ParentOf => Self::ChildOf,
            Self::MemberOf => Self::HasMember,
            Self::HasMember => Self::MemberOf,
        }
    }
}

/// A relation as an entity's own text states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    pub relation: Relation,
    pub to: EntityRef,
    /// Where the reference stands, in the entity's file.
    pub span: Span,
}

/// What stands in place of a value that is in another file: `$text`, `$json`, `$yaml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Embedding {
    Text,
    Json,
    Yaml,
}

/// A file of the same repository that an entity refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileRef {
    /// A target of a `Location`: a path, or a pattern with `*`, from the root of the repository.
    Target { path: Arc<str>, span: Span },
    /// A placeholder.
    Embedded {
        how: Embedding,
        path: RepoPath,
        /// Where it stands in the entity: a JSON Pointer.
        pointer: Arc<str>,
        span: Span,
    },
}

/// One entity, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    pub reference: EntityRef,
    /// `Component`, `API`, ...: as Backstage writes it.
    pub kind: Arc<str>,
    /// As it was written.
    pub name: Arc<str>,
    /// Where `metadata.name` stands.
    pub place: Place,
    pub title: Option<Arc<str>>,
    pub description: Option<Arc<str>>,
    pub tags: Vec<Arc<str>>,
    /// `spec.type`
    pub type_: Option<Arc<str>>,
    pub lifecycle: Option<Arc<str>>,
    /// In the order of the text.
    pub stated: Vec<Stated>,
    pub files: Vec<FileRef>,
    /// The whole document as compact JSON, keys in the order of the text.
    pub body: Arc<str>,
}

impl Entity {
    /// Who owns it: `spec.owner`.
    pub fn owner(&self) -> Option<&EntityRef> {
        let mut owners = self.stated.iter();
        let owner = owners.find(|stated| stated.relation == Relation::OwnedBy);
        owner.map(|stated| &stated.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("payments", Some("group:default/payments"))]
    #[case("User:Guests/Ann", Some("user:guests/ann"))]
    #[case("guests/ann", Some("group:guests/ann"))]
    #[case("a:b:c", Some("a:default/b:c"))]
    #[case("a/b:c", Some("group:a/b:c"))]
    #[case("a:b/c/d", Some("a:b/c/d"))]
    #[case("", None)]
    #[case(":x", None)]
    #[case("a:/x", None)]
    #[case("a:b/", None)]
    fn references(#[case] text: &str, #[case] read: Option<&str>) {
        let reference = EntityRef::parse(text, Some("Group"), DEFAULT_NAMESPACE);
        assert_eq!(reference.ok().map(|r| r.to_string()).as_deref(), read);
    }

    #[test]
    fn a_kind_is_needed() {
        assert!(EntityRef::parse("x", None, "default").is_err());
    }

    #[test]
    fn the_opposite_of_the_opposite_is_itself() {
        let relation = Relation::ProvidesApi;
        assert_eq!(relation.opposite().opposite(), relation);
    }
}
