//! From a name to a commit, in a repository on this machine.

use git2::{ErrorCode, Oid, Repository};

use super::SourceError;
use super::damage::Damage;
use super::error::nearest_first;

pub(super) const BRANCHES: &str = "refs/heads/";
pub(super) const TAGS: &str = "refs/tags/";

/// The commit at the head of a branch.
pub(super) fn of_branch(repository: &Repository, branch: &str, place: &str) -> Result<Oid, Damage> {
    if let Some(commit) = of_reference(repository, &format!("{BRANCHES}{branch}"))? {
        return Ok(commit);
    }
    let names = reference_names(repository)?;
    Err(missing_branch(branch, place, names.iter().map(String::as_str)).into())
}

/// The commit that `rev` names: a branch, a tag, a full reference or a commit, in this order.
pub(super) fn of_rev(repository: &Repository, rev: &str, place: &str) -> Result<Oid, Damage> {
    for name in candidates(rev) {
        if let Some(commit) = of_reference(repository, &name)? {
            return Ok(commit);
        }
    }
    if let Some(commit) = of_commit(repository, rev)? {
        return Ok(commit);
    }
    // What only a repository at hand can answer: `HEAD~2`, `origin/main`, `v1.2^{}`.
    if let Ok(object) = repository.revparse_single(rev) {
        return peel(repository, object.id(), rev);
    }
    let names = reference_names(repository)?;
    Err(missing_rev(rev, place, names.iter().map(String::as_str)).into())
}

/// The references that `rev` may stand for, in order of preference.
pub(super) fn candidates(rev: &str) -> Vec<String> {
    let mut names = vec![format!("{BRANCHES}{rev}"), format!("{TAGS}{rev}")];
    if rev.starts_with("refs/") || rev == "HEAD" {
        names.push(rev.to_owned());
    }
    names
}

/// Whether `rev` may be a commit's id, or its beginning.
pub(super) fn may_be_commit(rev: &str) -> bool {
    (4..=40).contains(&rev.len()) && rev.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The commit with this id, or the only one whose id begins so; `None` where there is none.
pub(super) fn of_commit(repository: &Repository, id: &str) -> Result<Option<Oid>, Damage> {
    if !may_be_commit(id) {
        return Ok(None);
    }
    match repository.find_commit_by_prefix(id) {
        Ok(commit) => Ok(Some(commit.id())),
        Err(error) if error.code() == ErrorCode::Ambiguous => Err(SourceError::Git {
            doing: format!("tell which commit {id} is"),
            detail: "more than one begins so; write more digits".to_owned(),
        }
        .into()),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn of_reference(repository: &Repository, name: &str) -> Result<Option<Oid>, Damage> {
    match repository.find_reference(name) {
        Ok(reference) => {
            let id = reference.resolve()?.target();
            id.map(|id| peel(repository, id, name)).transpose()
        }
        Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::InvalidSpec) => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// The commit that an object is, or that a tag leads to; `name` is what was asked for.
pub(super) fn peel(repository: &Repository, id: Oid, name: &str) -> Result<Oid, Damage> {
    match repository.find_object(id, None)?.peel_to_commit() {
        Ok(commit) => Ok(commit.id()),
        Err(error) if matches!(error.code(), ErrorCode::Peel | ErrorCode::InvalidSpec) => {
            Err(SourceError::Git {
                doing: format!("read {name}"),
                detail: "it leads to no commit".to_owned(),
            }
            .into())
        }
        Err(error) => Err(error.into()),
    }
}

/// All references with a name in UTF-8.
pub(super) fn reference_names(repository: &Repository) -> Result<Vec<String>, Damage> {
    let mut names = Vec::new();
    for reference in repository.references()? {
        if let Ok(name) = reference?.name() {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// The error for a branch that is not among `references`.
pub(super) fn missing_branch<'a>(
    branch: &str,
    place: &str,
    references: impl Iterator<Item = &'a str>,
) -> SourceError {
    let existing: Vec<_> = references
        .filter_map(|name| name.strip_prefix(BRANCHES))
        .map(str::to_owned)
        .collect();
    let (place, branch) = (place.to_owned(), branch.to_owned());
    if existing.is_empty() {
        return SourceError::NoCommits { place, branch };
    }
    SourceError::BranchMissing {
        existing: nearest_first(&branch, existing),
        place,
        branch,
    }
}

/// The error for a revision that is neither among `references` nor a commit.
pub(super) fn missing_rev<'a>(
    rev: &str,
    place: &str,
    references: impl Iterator<Item = &'a str>,
) -> SourceError {
    let existing = references.filter_map(|name| {
        name.strip_prefix(BRANCHES)
            .or_else(|| name.strip_prefix(TAGS))
            .filter(|name| !name.ends_with("^{}"))
            .map(str::to_owned)
    });
    SourceError::RevisionMissing {
        place: place.to_owned(),
        rev: rev.to_owned(),
        existing: nearest_first(rev, existing),
    }
}
