//! What is remembered of each target: how far it is, which trailers counted, and its former names.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{State, StateError, StateView, row};
use crate::model::{CommitId, TargetName};

/// How far a target is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetState {
    /// The last commit whose declarations were applied whole.
    pub revision: Option<CommitId>,
    /// When a cycle last ended with nothing failed or held here; to the millisecond.
    pub last_success: Option<Timestamp>,
}

impl StateView {
    /// Empty for a target that is not known.
    pub fn target_state(&self, target: &TargetName) -> Result<TargetState, StateError> {
        let found = self
            .lock()
            .prepare_cached("SELECT revision, last_success FROM targets WHERE name = ?1")?
            .query_row([target.as_str()], |row| {
                Ok((
                    row.get::<_, Option<String>>(0)?,
                    row.get::<_, Option<i64>>(1)?,
                ))
            })
            .optional()?;
        let Some((revision, last_success)) = found else {
            return Ok(TargetState::default());
        };
        Ok(TargetState {
            revision: revision
                .map(|text| row::known("revision", &text, CommitId::parse(&text)))
                .transpose()?,
            last_success: last_success.map(row::time).transpose()?,
        })
    }

    /// Whether the trailer of this commit has let deletes through on this target before.
    pub fn trailer_used(&self, target: &TargetName, commit: CommitId) -> Result<bool, StateError> {
        let used = self
            .lock()
            .prepare_cached("SELECT 1 FROM trailers WHERE target = ?1 AND revision = ?2")?
            .exists(params![target.as_str(), commit.to_string()])?;
        Ok(used)
    }
}

impl State {
    /// Nothing is written where nothing differs.
    pub fn set_target_state(
        &self,
        target: &TargetName,
        state: &TargetState,
    ) -> Result<(), StateError> {
        let TargetState {
            revision,
            last_success,
        } = state;
        self.write(|transaction| {
            transaction
                .prepare_cached(
                    "INSERT INTO targets (name, revision, last_success) VALUES (?1, ?2, ?3)
                     ON CONFLICT DO UPDATE SET
                         revision = excluded.revision, last_success = excluded.last_success
                     WHERE (revision, last_success) IS NOT (excluded.revision, excluded.last_success)",
                )?
                .execute(params![
                    target.as_str(),
                    revision.map(|commit| commit.to_string()),
                    last_success.map(Timestamp::as_millisecond),
                ])?;
            Ok(())
        })
    }

    /// Records that the trailer of this commit let up to `allowed` deletes through on this target.
    pub fn mark_trailer_used(
        &self,
        target: &TargetName,
        commit: CommitId,
        allowed: u32,
        at: Timestamp,
    ) -> Result<(), StateError> {
        self.write(|transaction| {
            transaction
                .prepare_cached(
                    "INSERT INTO trailers (target, revision, allowed, used) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO NOTHING",
                )?
                .execute(params![
                    target.as_str(),
                    commit.to_string(),
                    allowed,
                    at.as_millisecond(),
                ])?;
            Ok(())
        })
    }

    /// Moves all that is known under a former name to the target's name; the history too, so that an
    /// object keeps its past. What is known under the new name already stays. Says whether there was
    /// anything to move.
    pub fn rename_target(&self, old: &TargetName, new: &TargetName) -> Result<bool, StateError> {
        // Asked at every start: without a former name's rows it must not write.
        if old == new || !self.knows_target(old)? {
            return Ok(false);
        }
        let names = [old.as_str(), new.as_str()];
        self.write(|transaction| {
            transaction.execute(
                "UPDATE OR IGNORE inventory SET target = ?2 WHERE target = ?1",
                names,
            )?;
            transaction.execute("DELETE FROM inventory WHERE target = ?1", [old.as_str()])?;
            transaction.execute(
                "UPDATE OR IGNORE trailers SET target = ?2 WHERE target = ?1",
                names,
            )?;
            transaction.execute("DELETE FROM trailers WHERE target = ?1", [old.as_str()])?;
            transaction.execute(
                "UPDATE OR IGNORE targets SET name = ?2 WHERE name = ?1",
                names,
            )?;
            transaction.execute("DELETE FROM targets WHERE name = ?1", [old.as_str()])?;
            transaction.execute("UPDATE intents SET target = ?2 WHERE target = ?1", names)?;
            transaction.execute("UPDATE changes SET target = ?2 WHERE target = ?1", names)?;
            transaction.execute("UPDATE events SET target = ?2 WHERE target = ?1", names)?;
            transaction.execute(
                "UPDATE OR IGNORE pauses SET target = ?2 WHERE target = ?1",
                names,
            )?;
            transaction.execute("DELETE FROM pauses WHERE target = ?1", [old.as_str()])?;
            Ok(true)
        })
    }
}

impl StateView {
    fn knows_target(&self, name: &TargetName) -> Result<bool, StateError> {
        let known = self
            .lock()
            .prepare_cached(
                "SELECT 1 WHERE EXISTS (SELECT 1 FROM inventory WHERE target = ?1)
                     OR EXISTS (SELECT 1 FROM targets WHERE name = ?1)
                     OR EXISTS (SELECT 1 FROM trailers WHERE target = ?1)
                     OR EXISTS (SELECT 1 FROM intents WHERE target = ?1)
                     OR EXISTS (SELECT 1 FROM pauses WHERE target = ?1)",
            )?
            .exists([name.as_str()])?;
        Ok(known)
    }
}
