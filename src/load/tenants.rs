//! Which `Tenant` documents count: those that stand where no tenant writes.
//!
//! A tenant's files are written by the team itself. Were a `Tenant` in them read, a team could widen its own
//! boundary, or draw one around somebody else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::assemble::Loaded;
use super::document::{Document, ParsedFile, TenantDocument};
use super::platform;
use super::read::fault;
use super::tree::{There, Tree};
use crate::model::grafana::FolderPath;
use crate::model::tenant::Tenant;
use crate::model::{BlobId, Code, Diagnostic, Place, RepoPath, Tenants};

/// A document that says it is a `Tenant`, or a file that may hold one.
struct Candidate<'a> {
    place: Place,
    trust: Trust,
    tenant: Option<&'a Arc<Tenant>>,
    fault: Option<String>,
}

/// What becomes of what is known of files.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// As known as they were, and no better.
    pub(super) stay: BTreeSet<RepoPath>,
    /// Not known as good, whatever their texts.
    pub(super) forgotten: BTreeSet<RepoPath>,
}

/// What is known of its file from before. One whose `Tenant` did not count is never known as good, so nobody is
/// trusted for having waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Trust {
    /// Nothing.
    New,
    /// It was good, and said something else.
    Changed,
    /// It says what it said when it was last taken for good.
    Incumbent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Open,
    Counts,
    /// It stands in the paths of the candidate with this index.
    Within(usize),
}

/// Finds the tenants. Where one that counts cannot be read, or two contradict each other, all is unknown.
///
/// `good` are the blobs of last good texts: where two documents each stand in the paths of the other, the one
/// whose file is better known counts.
pub(super) fn settle_tenants(
    tree: &Tree<'_>,
    good: Option<&BTreeMap<RepoPath, BlobId>>,
    loaded: &mut Loaded,
) -> Known {
    let candidates = candidates(tree, good);
    let verdicts = verdicts(&candidates);
    let mut tenants: Vec<Arc<Tenant>> = Vec::new();
    let mut known = Known::default();
    for (candidate, verdict) in candidates.iter().zip(&verdicts) {
        let within = match verdict {
            Verdict::Counts => None,
            Verdict::Within(index) => candidates[*index].tenant,
            Verdict::Open => within(&candidates, candidate).and_then(|i| candidates[i].tenant),
        };
        if let Some(tenant) = within {
            let mutual = *verdict == Verdict::Open;
            let diagnostic = misplacement(candidate, tenant, mutual);
            // Who was there is not put aside by who comes: a team that is no tenant any more could do so.
            if let Verdict::Within(index) = verdict
                && candidate.trust > Trust::New
                && candidates[*index].trust == Trust::New
            {
                unknown(loaded, fault(&diagnostic));
                known.stay.insert(candidate.place.file.clone());
                known
                    .forgotten
                    .insert(candidates[*index].place.file.clone());
            }
            loaded.diagnostics.push(diagnostic);
        }
        let file = candidate.place.file.clone();
        match verdict {
            Verdict::Counts => {}
            Verdict::Open if candidate.trust > Trust::New => _ = known.stay.insert(file),
            Verdict::Open | Verdict::Within(_) => _ = known.forgotten.insert(file),
        }
        match (verdict, &candidate.fault, candidate.tenant) {
            (Verdict::Open, _, _) => unknown(
                loaded,
                format!(
                    "{}: of two Tenants each stands in the paths of the other",
                    candidate.place
                ),
            ),
            (Verdict::Counts, Some(detail), _) => unknown(loaded, detail.clone()),
            (Verdict::Counts, None, Some(tenant)) => tenants.push(tenant.clone()),
            (Verdict::Within(_), _, _) | (Verdict::Counts, None, None) => {}
        }
    }
    tenants.sort_by(|a, b| (&a.name, &a.place).cmp(&(&b.name, &b.place)));
    for diagnostic in contradictions(&tenants) {
        unknown(loaded, fault(&diagnostic));
        loaded.diagnostics.push(diagnostic);
    }
    loaded.declared.tenants = Tenants::new(&tenants);
    known
}

fn unknown(loaded: &mut Loaded, detail: String) {
    loaded.declared.unknown.get_or_insert(detail);
}

fn candidates<'a>(
    tree: &Tree<'a>,
    good: Option<&BTreeMap<RepoPath, BlobId>>,
) -> Vec<Candidate<'a>> {
    let mut found = Vec::new();
    for There { path, file } in tree.there() {
        let last = good.and_then(|good| good.get(*path));
        let trust = match last {
            None => Trust::New,
            Some(last) if tree.blob(path) == Some(*last) => Trust::Incumbent,
            Some(_) => Trust::Changed,
        };
        let documents = file.iter().flat_map(|file| documents(file));
        let before = found.len();
        found.extend(documents.map(|document| Candidate {
            place: document.place.clone(),
            trust,
            tenant: document.tenant.as_ref(),
            fault: document.fault.clone(),
        }));
        if found.len() == before
            && let Some(fault) = hidden(tree, path, *file)
        {
            found.push(Candidate {
                place: Place::whole((*path).clone()),
                trust,
                tenant: None,
                fault: Some(fault),
            });
        }
    }
    found
}

fn documents(file: &ParsedFile) -> impl Iterator<Item = &TenantDocument> {
    file.documents.iter().filter_map(|document| match document {
        Document::Tenant(tenant) => Some(tenant),
        Document::Platform(_)
        | Document::RuleSet(_)
        | Document::Rules(_)
        | Document::DashboardSet(_)
        | Document::Dashboard(_)
        | Document::Object(_)
        | Document::Entity(_)
        | Document::AlertmanagerFile(_) => None,
    })
}

/// Why a file may hold a `Tenant` that cannot be seen: its text cannot be read, and says so or did.
fn hidden(tree: &Tree<'_>, path: &RepoPath, file: Option<&ParsedFile>) -> Option<String> {
    let had = || {
        let last = tree.last_good(path);
        last.is_some_and(|last| documents(last).next().is_some())
    };
    match file {
        None => had().then(|| tree.why(path)),
        Some(file) => {
            let syntax = file.syntax.as_ref()?;
            (syntax.names_tenant || had()).then(|| fault(&syntax.diagnostic))
        }
    }
}

/// The candidate in whose paths another stands.
fn within(candidates: &[Candidate<'_>], candidate: &Candidate<'_>) -> Option<usize> {
    candidates.iter().position(|other| {
        other
            .tenant
            .is_some_and(|tenant| tenant.covers(&candidate.place.file))
    })
}

/// A document counts if none that counts covers it. Where that goes round in a circle, those count that are better
/// known; where it still does, none is decided.
fn verdicts(candidates: &[Candidate<'_>]) -> Vec<Verdict> {
    let covers = |a: usize, b: usize| {
        let tenant = candidates[a].tenant;
        tenant.is_some_and(|tenant| tenant.covers(&candidates[b].place.file))
    };
    let mut verdicts = vec![Verdict::Open; candidates.len()];
    // Less and less must be known of a document for it to be taken into account.
    let levels = [Trust::New, Trust::Incumbent, Trust::Changed];
    let mut level = 0;
    while level < levels.len() && verdicts.contains(&Verdict::Open) {
        let known = |index: usize| candidates[index].trust >= levels[level];
        let mut changed = false;
        for index in 0..candidates.len() {
            if verdicts[index] != Verdict::Open {
                continue;
            }
            let covering = |verdict: Verdict| {
                (0..candidates.len())
                    .filter(|other| *other != index && covers(*other, index))
                    .find(|other| {
                        verdicts[*other] == verdict && (verdict != Verdict::Open || known(*other))
                    })
            };
            let verdict = match (covering(Verdict::Counts), covering(Verdict::Open)) {
                (Some(other), _) => Verdict::Within(other),
                (None, None) if known(index) => Verdict::Counts,
                (None, _) => continue,
            };
            verdicts[index] = verdict;
            changed = true;
        }
        level = if changed { 0 } else { level + 1 };
    }
    verdicts
}

fn misplacement(candidate: &Candidate<'_>, tenant: &Tenant, mutual: bool) -> Diagnostic {
    let message = if mutual {
        format!(
            "this Tenant stands in the paths of tenant {:?}, which stands in those of this one: nobody can tell \
             which is the platform's",
            tenant.name
        )
    } else {
        format!(
            "a Tenant cannot stand in the paths of tenant {:?}: its own team would set its limits",
            tenant.name
        )
    };
    Diagnostic::error(Code::TenantMisplaced, candidate.place.clone(), message)
        .with_hint("Move it to a folder that no tenant owns.")
        .with_related("the tenant whose path this is", tenant.place.clone())
}

/// What keeps tenants from being told apart.
fn contradictions(tenants: &[Arc<Tenant>]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut names: BTreeMap<&str, &Tenant> = BTreeMap::new();
    let mut paths: BTreeMap<&RepoPath, &Tenant> = BTreeMap::new();
    for tenant in tenants {
        if let Some(first) = names.insert(&tenant.name, tenant) {
            let message = format!("there are two tenants {:?}", tenant.name);
            found.push(
                Diagnostic::error(Code::DuplicateName, tenant.place.clone(), message)
                    .with_hint("Rename one of them.")
                    .with_related("the other one", first.place.clone()),
            );
        }
        for path in &tenant.paths {
            let place = Place::new(tenant.place.file.clone(), path.span);
            if let Some(first) = paths.insert(path.value.path(), tenant) {
                let message = format!("the path {} is owned twice", path.value);
                found.push(
                    Diagnostic::error(Code::TenantOverlap, place.clone(), message)
                        .with_hint("Give it to one tenant.")
                        .with_related("the other owner", first.place.clone()),
                );
            }
            let takes =
                |file: &str| RepoPath::new(file).is_some_and(|file| path.value.covers(&file));
            if takes(platform::FILE) || path.value.covers(&tenant.place.file) {
                let message = format!(
                    "the path {} takes in what is the platform's own to say",
                    path.value
                );
                found.push(
                    Diagnostic::error(Code::TenantOverlap, place, message).with_hint(
                        "Leave trueup.yaml and the tenants' own definitions to the platform.",
                    ),
                );
            }
        }
    }
    for (index, tenant) in tenants.iter().enumerate() {
        for other in &tenants[..index] {
            found.extend(folders_overlap(tenant, other));
            found.extend(labels_overlap(tenant, other));
        }
    }
    found
}

/// Grafana lets people confuse titles that differ in case or in white space around them: so may we not.
fn folders_overlap(tenant: &Tenant, other: &Tenant) -> Option<Diagnostic> {
    let (own, others) = (tenant.folder.as_ref()?, other.folder.as_ref()?);
    let titles = |path: &FolderPath| -> Vec<String> {
        let titles = path.titles().into_iter();
        titles.map(|title| title.trim().to_lowercase()).collect()
    };
    let (mine, theirs) = (titles(&own.value), titles(&others.value));
    let shared = mine.len().min(theirs.len());
    if mine[..shared] != theirs[..shared] {
        return None;
    }
    let message = format!(
        "the folder {:?} of tenant {:?} and {:?} of tenant {:?} are one in the other",
        own.value.as_str(),
        tenant.name,
        others.value.as_str(),
        other.name
    );
    let place = Place::new(tenant.place.file.clone(), own.span);
    let others = Place::new(other.place.file.clone(), others.span);
    Some(
        Diagnostic::error(Code::TenantOverlap, place, message)
            .with_hint("Give each a folder beside the other's.")
            .with_related("the other folder", others),
    )
}

/// Alerts of one tenant must not look like another's: one label at least has another value.
fn labels_overlap(tenant: &Tenant, other: &Tenant) -> Option<Diagnostic> {
    let (mine, theirs) = (&tenant.metrics.labels, &other.metrics.labels);
    if mine.is_empty() || theirs.is_empty() {
        return None;
    }
    let differs = |(name, value): (&String, &String)| theirs.get(name).is_some_and(|v| v != value);
    if mine.iter().any(differs) {
        return None;
    }
    let message = format!(
        "the labels of the tenants {:?} and {:?} do not tell them apart: each could get the other's alerts",
        tenant.name, other.name
    );
    Some(
        Diagnostic::error(Code::TenantOverlap, tenant.place.clone(), message)
            .with_hint("Give both a label of the same name with different values, such as team.")
            .with_related("the other tenant", other.place.clone()),
    )
}
