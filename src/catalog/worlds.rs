//! Entities for tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::{Catalog, Files};
use crate::model::entity::{FileRef, Relation, Stated};
use crate::model::{
    BlobId, Code, Diagnostic, Entity, EntityRef, Entry, Place, Position, RepoPath, Revision,
    Snapshot, Span, Tenants,
};

/// An entity in the default namespace that says nothing.
pub(super) fn entity(kind: &str, name: &str) -> Entity {
    Entity {
        reference: EntityRef::new(kind, "default", name),
        kind: kind.into(),
        name: name.into(),
        place: Place::new(path("catalog.yaml"), at(1)),
        title: None,
        description: None,
        tags: Vec::new(),
        type_: None,
        lifecycle: None,
        stated: Vec::new(),
        files: Vec::new(),
        body: "{}".into(),
    }
}

impl Entity {
    pub(super) fn at(mut self, file: &str, line: u32) -> Self {
        self.place = Place::new(path(file), at(line));
        self
    }

    pub(super) fn stating(mut self, relation: Relation, to: &str) -> Self {
        let to = EntityRef::parse(to, None, "default").unwrap();
        let span = Span::default();
        self.stated.push(Stated { relation, to, span });
        self
    }

    pub(super) fn with_file(mut self, file: FileRef, body: &str) -> Self {
        self.files.push(file);
        self.body = body.into();
        self
    }
}

fn path(text: &str) -> RepoPath {
    RepoPath::new(text).unwrap()
}

fn at(line: u32) -> Span {
    let start = Position { line, column: 1 };
    Span { start, end: start }
}

pub(super) fn build(entities: impl IntoIterator<Item = Entity>) -> (Catalog, Vec<Diagnostic>) {
    build_over(entities, &[])
}

/// Over a commit of these files, of which those are read that are YAML and not hidden, and a symbolic link `link`.
pub(super) fn build_over(
    entities: impl IntoIterator<Item = Entity>,
    files: &[&str],
) -> (Catalog, Vec<Diagnostic>) {
    let entry = Entry {
        blob: BlobId([0; 20]),
        size: 1,
    };
    let link = Place::whole(path("link"));
    let files: BTreeMap<_, _> = files.iter().map(|file| (path(file), entry)).collect();
    let snapshot = Snapshot {
        repository: "platform".into(),
        revision: Revision::Unversioned,
        files,
        diagnostics: vec![Diagnostic::warning(
            Code::SymbolicLink,
            link,
            "a symbolic link",
        )],
    };
    let is_read = |path: &RepoPath| path.extension() == Some("yaml") && !path.is_hidden();
    let entities = entities.into_iter().map(Arc::new).collect();
    Catalog::build(
        entities,
        &Files::new(&snapshot, &is_read),
        &Tenants::default(),
    )
}

const RELATIONS: [Relation; 14] = [
    Relation::OwnedBy,
    Relation::OwnerOf,
    Relation::PartOf,
    Relation::HasPart,
    Relation::ProvidesApi,
    Relation::ApiProvidedBy,
    Relation::ConsumesApi,
    Relation::ApiConsumedBy,
    Relation::DependsOn,
    Relation::DependencyOf,
    Relation::ChildOf,
    Relation::ParentOf,
    Relation::MemberOf,
    Relation::HasMember,
];

fn reference() -> impl Strategy<Value = EntityRef> {
    let kind = prop::sample::select(&["Component", "API", "Group", "System"][..]);
    let namespace = prop::sample::select(&["default", "other"][..]);
    (kind, namespace, "[abC]{1,2}")
        .prop_map(|(kind, namespace, name)| EntityRef::new(kind, namespace, &name))
}

fn text() -> impl Strategy<Value = Option<Arc<str>>> {
    prop::option::of("[abAÄßΣİ ]{0,4}".prop_map(Arc::from))
}

fn some_entity() -> impl Strategy<Value = Entity> {
    let stated = (prop::sample::select(&RELATIONS[..]), reference());
    let folder = prop::sample::select(&["a", "a/b", "c"][..]);
    (
        reference(),
        folder,
        (text(), text(), text(), text()),
        prop::collection::vec("[ab]{1,2}".prop_map(Arc::from), 0..3),
        prop::collection::vec(stated, 0..5),
    )
        .prop_map(|(reference, folder, texts, tags, stated)| {
            let (title, description, type_, lifecycle) = texts;
            let span = Span::default();
            let stated = stated.into_iter();
            Entity {
                title,
                description,
                type_,
                lifecycle,
                tags,
                stated: stated
                    .map(|(relation, to)| Stated { relation, to, span })
                    .collect(),
                ..entity(reference.kind(), reference.name())
                    .in_namespace(reference.namespace())
                    .at(&format!("{folder}/catalog-info.yaml"), 1)
            }
        })
}

impl Entity {
    fn in_namespace(mut self, namespace: &str) -> Self {
        self.reference = EntityRef::new(&self.kind, namespace, &self.name);
        self
    }
}

/// Entities with few names, so that they refer to each other, and are there twice; each at a place of its own.
pub(super) fn world() -> impl Strategy<Value = Vec<Entity>> {
    prop::collection::vec(some_entity(), 0..25).prop_map(|mut world| {
        for (entity, line) in world.iter_mut().zip(1..) {
            entity.place.span = Some(at(line));
        }
        world
    })
}
