//! Entities of the catalog, as Backstage defines them: who and what there is in the organisation.
//!
//! Source: `@backstage/catalog-model` 1.10 (`entity/ref.ts`, `kinds/`) and Backstage's "Descriptor Format of
//! Catalog Entities".

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::{Place, RepoPath, Span};

/// `kind:namespace/name`, in lower case: references are compared without regard to case.
///
/// Cheap to clone, and small: a catalog holds hundreds of thousands. All of it is one text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EntityRef {
    text: Arc<str>,
    /// Where the kind ends, and its colon stands.
    kind: u32,
    /// Where the namespace ends, and its slash stands.
    namespace: u32,
}

/// The namespace of an entity that gives none.
pub const DEFAULT_NAMESPACE: &str = "default";

impl EntityRef {
    pub fn new(kind: &str, namespace: &str, name: &str) -> Self {
        let mut text = String::with_capacity(kind.len() + namespace.len() + name.len() + 2);
        // A text with four thousand million bytes is in no file that is read.
        let end = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX);
        push_lower(&mut text, kind);
        let kind = end(&text);
        text.push(':');
        push_lower(&mut text, namespace);
        let namespace = end(&text);
        text.push('/');
        push_lower(&mut text, name);
        Self {
            text: text.into(),
            kind,
            namespace,
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
        &self.text[..self.kind as usize]
    }

    /// In lower case.
    pub fn namespace(&self) -> &str {
        &self.text[self.kind as usize + 1..self.namespace as usize]
    }

    /// In lower case.
    pub fn name(&self) -> &str {
        &self.text[self.namespace as usize + 1..]
    }

    /// `kind:namespace/name`
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn push_lower(out: &mut String, text: &str) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        out[start..].make_ascii_lowercase();
    } else {
        // What a letter becomes may depend on those beside it.
        out.push_str(&text.to_lowercase());
    }
}

/// By kind, then by namespace, then by name.
impl Ord for EntityRef {
    fn cmp(&self, other: &Self) -> Ordering {
        let parts = |of: &Self| (of.kind, of.namespace);
        if parts(self) == parts(other) {
            // The parts end at the same places.
            return self.text.cmp(&other.text);
        }
        let by_kind = self.kind().cmp(other.kind());
        let by_namespace = || self.namespace().cmp(other.namespace());
        by_kind
            .then_with(by_namespace)
            .then_with(|| self.name().cmp(other.name()))
    }
}

impl PartialOrd for EntityRef {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
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
    fn are_ordered_by_their_parts() {
        let of = |kind, namespace, name| EntityRef::new(kind, namespace, name);
        let mut all = [
            of("a-b", "a", "a"),
            of("a", "b", "a"),
            of("A", "a-b", "Ä"),
            of("a", "a", "z"),
            of("a", "a", "b/c"),
            of("b", "", ""),
        ];
        all.sort();
        let all = all.map(|reference| reference.to_string());
        let sorted = ["a:a/b/c", "a:a/z", "a:a-b/ä", "a:b/a", "a-b:a/a", "b:/"];
        assert_eq!(all, sorted);
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
