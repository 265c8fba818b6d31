//! `trueup catalog`: who and what there is; no live system is asked.

use clap::Args;

use super::declared::{Declared, OptionalConfig};
use super::{FAILED, Failure, Format, SourceArgs, open, output};
use crate::catalog::Query;
use crate::model::entity::DEFAULT_NAMESPACE;
use crate::model::{Entity, EntityRef, Resource, ResourceKind};
use crate::reconcile::embedded;
use crate::report::catalog::{self, Shown};
use crate::report::diagnostics;

#[derive(Debug, Args)]
pub(super) struct CatalogArgs {
    #[command(flatten)]
    config: OptionalConfig,
    #[command(flatten)]
    source: SourceArgs,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// What to list: kind=, owner=, system=, tag=, type=, lifecycle=, name=, and words of its texts. `show REF`
    /// tells all of one entity
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
}

pub(super) async fn run(args: CatalogArgs) -> Result<u8, Failure> {
    let reference = match args.query.split_first() {
        Some((word, rest)) if word == "show" => Some(one(rest)?),
        _ => None,
    };
    let query = Query::parse(&args.query).map_err(Failure::usage)?;
    let declared = Declared::read(&args.config, &args.source).await?;
    match reference {
        Some(reference) => show(&declared, &reference, args.format).await?,
        None => list(&declared, &query, args.format)?,
    }
    let errors = declared.errors();
    let texts = open::texts(&declared.source, &declared.declaration.snapshot, &errors).await;
    let shown = diagnostics::text(&errors, &|path| texts.get(path).cloned(), false);
    if args.format == Format::Text {
        output::log(&shown);
    }
    Ok(if errors.is_empty() { 0 } else { FAILED })
}

fn one(rest: &[String]) -> Result<String, Failure> {
    match rest {
        [reference] => Ok(reference.clone()),
        _ => Err(Failure::usage(
            "`catalog show` takes one reference: trueup catalog show component:default/checkout",
        )),
    }
}

fn list(declared: &Declared, query: &Query, format: Format) -> Result<(), Failure> {
    let found = declared.declaration.catalog.find(query);
    match format {
        Format::Json => {
            let revision = declared.declaration.revision().to_text();
            output::print_json(&catalog::list_json(&found, revision.as_deref()))
        }
        Format::Text => {
            let list = catalog::list(&found, output::width());
            let at = at_commit(declared);
            output::print(&format!("{list}{at}"))
        }
    }
}

async fn show(declared: &Declared, text: &str, format: Format) -> Result<(), Failure> {
    let catalog = &declared.declaration.catalog;
    let entity = find(declared, text)?;
    let links = catalog.links(&entity.reference);
    let resources = resources(declared, entity);
    let snapshot = &declared.declaration.snapshot;
    let document = embedded::document(&declared.source, snapshot, entity).await?;
    let shown = Shown {
        entity,
        document: &document,
        links: &links,
        resources: &resources,
    };
    match format {
        Format::Json => {
            let revision = declared.declaration.revision().to_text();
            output::print_json(&catalog::shown_json(&shown, revision.as_deref()))
        }
        Format::Text => {
            let at = at_commit(declared);
            output::print(&format!("{}{at}", catalog::shown(&shown)))
        }
    }
}

/// Which commit it is about, as a last line; nothing without one.
fn at_commit(declared: &Declared) -> String {
    let revision = declared.declaration.revision().to_text();
    revision.map_or_else(String::new, |revision| format!("\nat {revision}\n"))
}

/// By its reference; where that names no kind, the only one of its name.
fn find<'d>(declared: &'d Declared, text: &str) -> Result<&'d Entity, Failure> {
    let catalog = &declared.declaration.catalog;
    if text.contains(':') {
        let reference = EntityRef::parse(text, None, DEFAULT_NAMESPACE).map_err(Failure::usage)?;
        return match catalog.get(&reference) {
            Some(entity) => Ok(entity),
            None => Err(absent(declared, &reference)),
        };
    }
    let named =
        EntityRef::parse(text, Some("component"), DEFAULT_NAMESPACE).map_err(Failure::usage)?;
    let same = catalog.entities().filter(|entity| {
        let reference = &entity.reference;
        (reference.namespace(), reference.name()) == (named.namespace(), named.name())
    });
    match same.collect::<Vec<_>>().as_slice() {
        [only] => Ok(only),
        [] => Err(absent(declared, &named)),
        several => {
            let which: Vec<String> = several.iter().map(|e| e.reference.to_string()).collect();
            Err(Failure::from(format!(
                "{text:?} is the name of several entities: say which of {}",
                which.join(", ")
            )))
        }
    }
}

fn absent(declared: &Declared, reference: &EntityRef) -> Failure {
    let catalog = &declared.declaration.catalog;
    match catalog.near().nearest(reference) {
        Some(near) => Failure::from(format!(
            "the catalog has no {reference}; did you mean {near}?"
        )),
        None => Failure::from(format!(
            "the catalog has no {reference}; `trueup catalog` lists what it has"
        )),
    }
}

/// What should be on targets for an entity: what belongs to it, or, of a group or a user, what is owned by it.
fn resources<'d>(declared: &'d Declared, entity: &Entity) -> Vec<&'d Resource> {
    let reference = entity.reference.to_string();
    let desired = declared.declaration.resolved.desired.values();
    let desired = desired.flat_map(|on_target| on_target.values());
    let owns = matches!(entity.reference.kind(), "group" | "user");
    let belongs = |resource: &&Resource| {
        if owns {
            resource.owner.as_deref() == Some(&reference)
        } else {
            resource.component.as_ref() == Some(&entity.reference)
        }
    };
    // A folder is there for what is in it.
    let desired = desired.map(|resource| &**resource);
    let desired = desired.filter(|resource| owns || resource.id.kind != ResourceKind::Folder);
    desired.filter(belongs).collect()
}
