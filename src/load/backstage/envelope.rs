//! What every entity must be, whatever its kind.
//!
//! Sources: `@backstage/catalog-model` 1.10.1, `entity/policies/` (`SchemaValid`, `DefaultNamespace`,
//! `NoForeignRootFields`, `FieldFormat`), `schema/Entity.schema.json` and `EntityMeta.schema.json`. Before placeholders are
//! resolved there is a check of its own (`EntityEnvelope.schema.json`): so what names the entity is no placeholder.

use super::check::Check;
use super::format::Format;
use super::kinds::Kind;
use super::path::Path;
use super::shape::{Field, Shape, may, needs, open};
use super::typed::{Entries, Typed, key_text, literal, resolves_inside};
use crate::load::yaml::Node;
use crate::model::Code;
use crate::model::nearest::nearest;

const ROOT: &[&str] = &["apiVersion", "kind", "metadata", "spec"];

/// What tells which kind an entity is of.
const KIND: &[Field] = &[
    needs("apiVersion", Shape::Of(Format::ApiVersion)),
    needs("kind", Shape::Of(Format::Kind)),
];

/// What names an entity.
const NAME: &[Field] = &[
    needs("name", Shape::Of(Format::Name)),
    may("namespace", Shape::Of(Format::Namespace)),
];

const METADATA: &[Field] = &[
    may("uid", Shape::Full),
    may("etag", Shape::Full),
    may("title", Shape::Full),
    may("description", Shape::Text),
    may(
        "labels",
        Shape::Keyed(&Shape::OfOrEmpty(Format::LabelValue)),
    ),
    may("annotations", Shape::Keyed(&Shape::Text)),
    may("tags", Shape::List(&Shape::Of(Format::Tag), 0)),
    may("links", Shape::List(&LINK, 0)),
];

const LINK: Shape = open(&[
    needs("url", Shape::Of(Format::Url)),
    may("title", Shape::Of(Format::NotBlank)),
    may("icon", Shape::Of(Format::NotBlank)),
    may("type", Shape::Full),
]);

static MAPPING: Shape = open(&[]);

/// Checks a document that is an entity of `kind`, or of one that Backstage does not know.
pub(super) fn check(root: &Node<'_>, kind: Option<&'static Kind>, check: &mut Check<'_, '_>) {
    let Typed::Map(entries) = literal(root) else {
        return check.wrong_type(root, &literal(root), &MAPPING, &Path::Root);
    };
    let resolves = resolves_inside(entries);
    foreign_fields(entries, check);
    check.fields(root.span, entries, (KIND, &Shape::Any), &Path::Root, false);
    match root.get("metadata") {
        Some(node) => metadata(node, resolves, check),
        None => check.missing(root.span, entries, "metadata", &Path::Root),
    }
    match (root.get("spec"), kind) {
        (Some(node), kind) => spec(node, kind, resolves, check),
        (None, Some(_)) => check.missing(root.span, entries, "spec", &Path::Root),
        (None, None) => {}
    }
}

fn foreign_fields(entries: Entries<'_>, check: &mut Check<'_, '_>) {
    for (key, _) in entries {
        let name = key_text(key);
        if ROOT.contains(&&*name) {
            continue;
        }
        let hint = match (&*name, nearest(&name, ROOT)) {
            ("relations" | "status", _) => "Take it out: Backstage finds it out itself.".to_owned(),
            (_, Some(near)) => format!("Did you mean {near:?}?"),
            (_, None) => {
                "An entity has apiVersion, kind, metadata and spec: put it into one of these."
                    .to_owned()
            }
        };
        let message = format!("an entity has no field {name:?}");
        check
            .sink
            .error(Code::UnknownField, key.span, message, hint);
    }
}

fn metadata(node: &Node<'_>, resolves: bool, check: &mut Check<'_, '_>) {
    let at = Path::Field(&Path::Root, "metadata");
    let Typed::Map(entries) = literal(node) else {
        return check.wrong_type(node, &literal(node), &MAPPING, &at);
    };
    let resolves = resolves && resolves_inside(entries);
    check.fields(node.span, entries, (NAME, &Shape::Any), &at, false);
    check.fields(node.span, entries, (METADATA, &Shape::Any), &at, resolves);
}

fn spec(node: &Node<'_>, kind: Option<&'static Kind>, resolves: bool, check: &mut Check<'_, '_>) {
    let shape = kind.map_or(&MAPPING, |kind| &kind.form(type_of(node)).spec);
    check.value(node, shape, &Path::Field(&Path::Root, "spec"), resolves);
}

/// `spec.type`, if it is a text.
pub(super) fn type_of<'n>(spec: &'n Node<'n>) -> Option<&'n str> {
    match literal(spec.get("type")?) {
        Typed::Text(text) => Some(text),
        _ => None,
    }
}
