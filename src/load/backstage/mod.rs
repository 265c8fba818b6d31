//! Entities of the catalog, validated as Backstage does it, no stricter and no looser.
//!
//! The references are npm's `@backstage/catalog-model` 1.10.1 and `@backstage/plugin-scaffolder-common` 2.3.0, which a test runs
//! (`tests/it/backstage`), and for what happens before and after validation `@backstage/plugin-catalog-backend` 3.9.0.
//!
//! | what | is taken where | source | here |
//! |---|---|---|---|
//! | types of scalars | YAML 1.2's core schema; `<<` is a key like any other | npm `yaml` 2.9.1; `plugin-catalog-node`, `parse` | `typed` |
//! | root | it has `apiVersion`, `kind`, `metadata`, `spec` and nothing else | `NoForeignRootFieldsEntityPolicy` | `envelope` |
//! | `metadata` | known fields have their types, others are free | `EntityMeta.schema.json` | `envelope` |
//! | names, labels, tags, links | they follow their patterns | `FieldFormatEntityPolicy`, `makeValidator` | `format` |
//! | `spec` | the kind's fields have their types, others are free | `schema/kinds/*`, `Template.v1beta3.schema.json` | `forms`, `template` |
//! | `API`, `AiResource` | some values of `spec.type` have fields of their own | `catalog-model/alpha` | `kinds` |
//! | `{ $text: path }`, `$json`, `$yaml` | anywhere but in what names the entity; the only key of its mapping | `PlaceholderProcessor` | `typed`, `files` |
//! | references | any text that is not empty passes; one that cannot be read is a warning | `BuiltinKindsEntityProcessor` | `relations` |
//!
//! Three things are ours. A kind that Backstage does not know under its `apiVersion` is a warning, where Backstage
//! refuses it; the envelope is checked all the same, and who owns it is read. A path that leads out of the repository
//! is an error. A URL is not fetched, with a warning.

mod check;
mod envelope;
mod files;
mod format;
mod forms;
mod json;
mod kinds;
mod path;
mod relations;
mod shape;
mod template;
mod typed;

use std::sync::Arc;

use self::check::Check;
use self::files::Finder;
use self::forms::OWNER;
use self::kinds::{KINDS, Kind};
use self::path::Path;
use self::typed::{Typed, literal, typed};
use super::read::Sink;
use super::yaml::Node;
use crate::model::entity::{DEFAULT_NAMESPACE, Entity, EntityRef, FileRef};
use crate::model::nearest::nearest;
use crate::model::{Code, Diagnostic, RepoPath};

/// One entity of a file.
#[derive(Debug)]
pub(crate) struct EntityDocument {
    /// `None` where something is wrong with it.
    pub(crate) entity: Option<Arc<Entity>>,
    pub(crate) fault: Option<String>,
}

/// Whether documents of an `apiVersion` are entities.
pub(crate) fn is_version(api_version: &str) -> bool {
    GROUPS.iter().any(|group| api_version.starts_with(group))
}

const GROUPS: &[&str] = &["backstage.io/", "scaffolder.backstage.io/"];

/// Reads one document.
pub(crate) fn entity(node: &Node<'_>, path: &RepoPath, sink: &mut Sink<'_>) -> EntityDocument {
    let mark = sink.mark();
    let version = node.get("apiVersion").and_then(text).unwrap_or_default();
    let name = node.get("kind").and_then(text);
    let kind = name.and_then(|name| kinds::find(version, name));
    let of = kind.map_or("of every entity", |kind| kind.of);
    envelope::check(node, kind, &mut Check { sink, of });
    let files = files(node, kind, path, sink);
    let fault = sink.fault_since(mark);
    if kind.is_none() && fault.is_none() {
        note_unknown(node, version, name.unwrap_or_default(), sink);
    }
    let entity = match fault {
        None => read(node, kind, files, sink).map(Arc::new),
        Some(_) => None,
    };
    EntityDocument { entity, fault }
}

fn text<'n>(node: &'n Node<'n>) -> Option<&'n str> {
    match literal(node) {
        Typed::Text(text) => Some(text),
        _ => None,
    }
}

fn files(
    node: &Node<'_>,
    kind: Option<&Kind>,
    path: &RepoPath,
    sink: &mut Sink<'_>,
) -> Vec<FileRef> {
    let mut finder = Finder::new(path.folder(), sink);
    finder.placeholders(node, &Path::Root);
    if let Some(spec) = node.get("spec")
        && kind.is_some_and(|kind| kind.name == "Location")
    {
        finder.targets(spec, &Path::Field(&Path::Root, "spec"));
    }
    finder.finish()
}

/// Says that Backstage has no such kind.
fn note_unknown(node: &Node<'_>, version: &str, name: &str, sink: &mut Sink<'_>) {
    let span = node.get("kind").map_or(node.span, |node| node.span);
    let message = format!("Backstage has no kind {name:?} in {version}, and refuses it");
    let elsewhere = KINDS.iter().find(|kind| kind.name == name);
    let names: Vec<&'static str> = KINDS.iter().map(|kind| kind.name).collect();
    let hint = match (elsewhere, nearest(name, &names)) {
        (Some(kind), _) => format!("Write apiVersion: {}.", kind.versions.join(" or ")),
        (None, Some(near)) => format!("Did you mean {near:?}?"),
        (None, None) => format!("Known: {}.", names.join(", ")),
    };
    let place = sink.place(span);
    sink.add(Diagnostic::warning(Code::UnknownKind, place, message).with_hint(hint));
}

/// Reads an entity that is good.
fn read(
    node: &Node<'_>,
    kind: Option<&'static Kind>,
    files: Vec<FileRef>,
    sink: &mut Sink<'_>,
) -> Option<Entity> {
    let metadata = node.get("metadata")?;
    let name = metadata.get("name")?;
    let kind_name = node.get("kind").and_then(text)?;
    let field = |name: &str| metadata.get(name).and_then(text).map(Arc::from);
    let spec = node.get("spec");
    let specified = |name: &str| spec?.get(name).and_then(text).map(Arc::from);
    let namespace = metadata.get("namespace").and_then(text);
    let namespace = namespace.unwrap_or(DEFAULT_NAMESPACE);
    let links = match (kind, spec) {
        (Some(kind), Some(spec)) => kind.form(envelope::type_of(spec)).links,
        // An owner is what everything has.
        (None, _) | (_, None) => &[OWNER],
    };
    let stated = spec.map(|spec| relations::stated(spec, links, namespace, sink));
    Some(Entity {
        reference: EntityRef::new(kind_name, namespace, text(name)?),
        kind: Arc::from(kind_name),
        name: Arc::from(text(name)?),
        place: sink.place(name.span),
        title: field("title"),
        description: field("description"),
        tags: tags(metadata),
        type_: specified("type"),
        lifecycle: specified("lifecycle"),
        stated: stated.unwrap_or_default(),
        files,
        body: Arc::from(json::compact(node)),
    })
}

fn tags(metadata: &Node<'_>) -> Vec<Arc<str>> {
    match metadata.get("tags").map(|node| typed(node, true)) {
        Some(Typed::List(items)) => items.iter().filter_map(text).map(Arc::from).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
