//! Which content of each file was good last.
//!
//! Of every good file the blob's id is kept, which is cheap. The text itself is kept while the file is
//! held, because a force-push or a fresh clone may lose the blob.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::params;

use super::{State, StateError, StateView, row};
use crate::model::{BlobId, RepoPath};

/// The last good text of a held file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptText {
    pub blob: BlobId,
    pub text: Vec<u8>,
}

impl StateView {
    /// The last good blob of each file of the repository of that name in the settings.
    pub fn good_blobs(&self, repository: &str) -> Result<BTreeMap<RepoPath, BlobId>, StateError> {
        let connection = self.lock();
        let mut statement =
            connection.prepare_cached("SELECT path, blob FROM last_good WHERE repository = ?1")?;
        let mut rows = statement.query([repository])?;
        let mut blobs = BTreeMap::new();
        while let Some(found) = rows.next()? {
            blobs.insert(path(found)?, blob(found)?);
        }
        Ok(blobs)
    }

    /// The kept texts of held files.
    pub fn kept_texts(&self, repository: &str) -> Result<BTreeMap<RepoPath, KeptText>, StateError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "SELECT path, blob, text FROM last_good WHERE repository = ?1 AND text IS NOT NULL",
        )?;
        let mut rows = statement.query([repository])?;
        let mut texts = BTreeMap::new();
        while let Some(found) = rows.next()? {
            let kept = KeptText {
                blob: blob(found)?,
                text: found.get("text")?,
            };
            texts.insert(path(found)?, kept);
        }
        Ok(texts)
    }
}

impl State {
    /// Notes files that are good now, and drops those that are gone. A kept text goes with it: a file
    /// that is good is no longer held.
    pub fn set_good(
        &self,
        repository: &str,
        changed: &BTreeMap<RepoPath, BlobId>,
        removed: &BTreeSet<RepoPath>,
    ) -> Result<(), StateError> {
        if changed.is_empty() && removed.is_empty() {
            return Ok(());
        }
        self.write(|transaction| {
            let mut upsert = transaction.prepare_cached(
                "INSERT INTO last_good (repository, path, blob) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET blob = excluded.blob, text = NULL
                 WHERE blob <> excluded.blob OR text IS NOT NULL",
            )?;
            for (path, blob) in changed {
                upsert.execute(params![repository, path.as_str(), blob.to_string()])?;
            }
            let mut delete = transaction
                .prepare_cached("DELETE FROM last_good WHERE repository = ?1 AND path = ?2")?;
            for path in removed {
                delete.execute(params![repository, path.as_str()])?;
            }
            Ok(())
        })
    }

    /// Keeps the last good text of a file that is held from now on.
    pub fn keep_text(
        &self,
        repository: &str,
        path: &RepoPath,
        kept: &KeptText,
    ) -> Result<(), StateError> {
        let KeptText { blob, text } = kept;
        self.write(|transaction| {
            transaction
                .prepare_cached(
                    "INSERT INTO last_good (repository, path, blob, text) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET blob = excluded.blob, text = excluded.text
                     WHERE blob <> excluded.blob OR text IS NULL",
                )?
                .execute(params![repository, path.as_str(), blob.to_string(), text])?;
            Ok(())
        })
    }
}

fn path(found: &rusqlite::Row<'_>) -> Result<RepoPath, StateError> {
    let text: String = found.get("path")?;
    row::known("path", &text, RepoPath::new(&text))
}

fn blob(found: &rusqlite::Row<'_>) -> Result<BlobId, StateError> {
    let text: String = found.get("blob")?;
    row::known("blob id", &text, BlobId::parse(&text))
}
