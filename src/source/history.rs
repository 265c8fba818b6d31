//! Commits as people know them.

use git2::{Oid, Repository, Sort};

use crate::model::{Commit, CommitId};

use super::damage::Damage;
use super::revision;
use super::tree::commit_id;

/// All commits that `upto` has and `after` has not, newest first; only `upto` where `after` is `None` or
/// not known here (after a force-push and a fresh clone, say).
pub(super) fn commits(
    repository: &Repository,
    after: Option<CommitId>,
    upto: CommitId,
    place: &str,
) -> Result<Vec<Commit>, Damage> {
    let id = upto;
    let upto = Oid::from_bytes(&id.0)?;
    if !repository.odb()?.exists(upto) {
        return Err(revision::missing_rev(&id.to_string(), place, std::iter::empty()).into());
    }
    let after = match after {
        Some(id) => {
            let id = Oid::from_bytes(&id.0)?;
            repository.find_commit(id).is_ok().then_some(id)
        }
        None => None,
    };
    let Some(after) = after else {
        return Ok(vec![commit(repository, upto)?]);
    };
    let mut walk = repository.revwalk()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
    walk.push(upto)?;
    walk.hide(after)?;
    walk.map(|id| commit(repository, id?)).collect()
}

/// So far back it is looked for the commit that changed a file.
const FAR: usize = 10_000;

/// The last commit that changed a file: in which it is not what it is in any parent.
pub(super) fn touched(
    repository: &Repository,
    path: &str,
    upto: CommitId,
) -> Result<Option<Commit>, Damage> {
    let path = std::path::Path::new(path);
    let entry = |commit: &git2::Commit<'_>| -> Result<Option<Oid>, Damage> {
        match commit.tree()?.get_path(path) {
            Ok(entry) => Ok(Some(entry.id())),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    };
    let mut walk = repository.revwalk()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
    walk.push(Oid::from_bytes(&upto.0)?)?;
    for id in walk.take(FAR) {
        let id = id?;
        let found = repository.find_commit(id)?;
        let now = entry(&found)?;
        let mut same = false;
        for parent in found.parents() {
            same |= entry(&parent)? == now;
        }
        if !same && (now.is_some() || found.parent_count() > 0) {
            return commit(repository, id).map(Some);
        }
    }
    Ok(None)
}

fn commit(repository: &Repository, id: Oid) -> Result<Commit, Damage> {
    let commit = repository.find_commit(id)?;
    let message = String::from_utf8_lossy(commit.message_bytes()).into_owned();
    Ok(Commit {
        id: commit_id(id),
        author: String::from_utf8_lossy(commit.author().name_bytes()).into_owned(),
        subject: message.lines().next().unwrap_or_default().to_owned(),
        trailers: trailers(&message),
    })
}

/// The trailers; none where the message cannot hold any (it has a NUL).
fn trailers(message: &str) -> Vec<(String, String)> {
    git2::message_trailers_strs(message).map_or_else(
        |_| Vec::new(),
        |found| {
            found
                .iter()
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_are_the_last_paragraph() {
        let message = "Remove the old rules\n\nNot: a trailer\n\nTrueup-Allow-Deletes: 12\nReviewed-by: A B\n";
        let expected = [("Trueup-Allow-Deletes", "12"), ("Reviewed-by", "A B")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(trailers(message), expected);
        assert_eq!(trailers("One line\n"), []);
        assert_eq!(trailers("With\0a NUL\n\nA: b\n"), []);
    }
}
