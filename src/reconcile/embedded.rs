//! Files that entities embed: read from the commit that the entities are from.

use std::collections::HashMap;

use serde_json::Value;

use crate::load;
use crate::model::entity::{Embedding, FileRef};
use crate::model::{BlobId, Code, Diagnostic, Entity, Place, Snapshot};
use crate::source::{Source, SourceError};

/// What is wrong with files that were read before, by their content.
#[derive(Debug, Default)]
pub struct EmbeddedMemo {
    known: HashMap<(BlobId, bool), Option<String>>,
}

/// Reads the files that stand in place of JSON and YAML; what is wrong with them. Texts may be anything.
///
/// # Errors
/// Where a file could not be read at all.
pub async fn check(
    source: &Source,
    snapshot: &Snapshot,
    entities: impl Iterator<Item = &Entity>,
    memo: &mut EmbeddedMemo,
) -> Result<Vec<Diagnostic>, SourceError> {
    let mut found = Vec::new();
    let mut in_use = HashMap::new();
    for entity in entities {
        for file in &entity.files {
            let FileRef::Embedded {
                how,
                path,
                pointer: _,
                span,
            } = file
            else {
                continue;
            };
            let is_yaml = match how {
                Embedding::Text => continue,
                Embedding::Json => false,
                Embedding::Yaml => true,
            };
            // One that is missing is told by the catalog.
            let Some(entry) = snapshot.files.get(path) else {
                continue;
            };
            let key = (entry.blob, is_yaml);
            let known = memo.known.remove(&key);
            let known = known.or_else(|| in_use.get(&key).cloned());
            let fault = if let Some(fault) = known {
                fault
            } else {
                let bytes = source.read(vec![entry.blob]).await?.pop().flatten();
                load::embedded(&bytes.unwrap_or_default(), *how).err()
            };
            if let Some(fault) = &fault {
                let place = Place::new(entity.place.file.clone(), *span);
                let message = format!("{path} cannot be put in here: {fault}");
                let hint = "Correct the file, or take it in as $text.";
                let diagnostic = Diagnostic::error(Code::EmbeddedUnreadable, place, message);
                found.push(diagnostic.with_hint(hint));
            }
            in_use.insert(key, fault);
        }
    }
    memo.known = in_use;
    Ok(found)
}

/// An entity's document with the files put in that it embeds.
///
/// # Errors
/// Where a file could not be read at all.
pub async fn document(
    source: &Source,
    snapshot: &Snapshot,
    entity: &Entity,
) -> Result<Value, SourceError> {
    // The body was written by whoever read the document; what cannot be read back is shown as it is.
    let document = serde_json::from_str(&entity.body);
    let mut document = document.unwrap_or_else(|_| Value::from(&*entity.body));
    for file in &entity.files {
        let FileRef::Embedded {
            how, path, pointer, ..
        } = file
        else {
            continue;
        };
        let (Some(entry), Some(value)) = (snapshot.files.get(path), document.pointer_mut(pointer))
        else {
            continue;
        };
        let bytes = source.read(vec![entry.blob]).await?.pop().flatten();
        if let Ok(read) = load::embedded(&bytes.unwrap_or_default(), *how) {
            *value = read;
        }
    }
    Ok(document)
}
