//! The platform repository: its address, branch and folder.

use reqwest::Url;

use super::super::raw::RawRepository;
use super::super::{GitAuth, Repository, RepositoryUrl, Tls};
use super::report::Report;
use super::{auth, positive};
use crate::model::RepoPath;

pub(super) fn repository(raw: RawRepository, report: &mut Report<'_>) -> Option<Repository> {
    let RawRepository {
        name,
        url,
        branch,
        path,
        poll,
        auth,
        tls,
    } = raw;
    let name = self::name(&name, report);
    let url = self::url(&url, report);
    let branch = self::branch(branch, report);
    let path = folder(&path, report);
    let poll = positive("repository.poll", &poll, report);
    let auth = match auth {
        None => Some(None),
        Some(raw) => auth::git("repository.auth", raw, report).map(Some),
    };
    let tls = auth::tls("repository.tls", &tls, report);
    let (url, auth, tls) = fitting(url?, auth?, tls?, report)?;
    Some(Repository {
        name: name?.into(),
        url,
        branch: branch?,
        path: path?,
        poll: poll?,
        auth,
        tls,
    })
}

fn name(text: &str, report: &mut Report<'_>) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return Some(text.to_owned());
    }
    report.fail_with(
        "repository.name",
        format!("{text:?} is not a name"),
        "use letters, digits, -, _ and .",
    )
}

fn branch(text: String, report: &mut Report<'_>) -> Option<String> {
    if let Some(short) = text.strip_prefix("refs/heads/") {
        let hint = format!("write {short}");
        return report.fail_with("repository.branch", "it is a whole ref", hint);
    }
    // The rules of git-check-ref-format.
    let forbidden = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    let broken = text.is_empty()
        || text.starts_with('-')
        || text.contains(forbidden)
        || text.contains("..")
        || text.contains("@{")
        || text.ends_with('.')
        || text.split('/').any(|part| {
            part.is_empty() || part.starts_with('.') || part.strip_suffix(".lock").is_some()
        });
    if broken {
        let message = format!("{text:?} cannot be the name of a branch");
        return report.fail("repository.branch", message);
    }
    Some(text)
}

/// `Some(None)` for the root.
#[allow(
    clippy::option_option,
    reason = "the outer one is the fault, as everywhere here"
)]
fn folder(text: &str, report: &mut Report<'_>) -> Option<Option<RepoPath>> {
    let text = text.trim_end_matches('/').trim_start_matches("./");
    if text == "." {
        return Some(None);
    }
    match RepoPath::new(text) {
        Some(path) => Some(Some(path)),
        None => report.fail_with(
            "repository.path",
            "it is not a folder inside the repository",
            "write a path without .. that does not begin with /, or . for the root",
        ),
    }
}

const KEY: &str = "repository.url";

/// As Git reads addresses: a scheme, or `host:path`, or a path.
fn url(text: &str, report: &mut Report<'_>) -> Option<RepositoryUrl> {
    let local = |report: &mut Report<'_>| report.path(KEY, text.as_ref()).map(RepositoryUrl::Local);
    if let Some((scheme, _)) = text.split_once("://") {
        return match scheme {
            "https" => https(text, report),
            "ssh" => ssh(text, report),
            "file" => file(text, report),
            "http" | "git" => report.fail_with(
                KEY,
                format!("{scheme}:// is neither private nor protected from change on the way"),
                "use https:// or ssh://",
            ),
            _ => report.fail_with(
                KEY,
                format!("{scheme}:// is not supported"),
                "use https://, ssh://, user@host:path, file:// or a local path",
            ),
        };
    }
    match text.split_once(':') {
        Some((host, path)) if !host.contains('/') => scp_like(text, host, path, report),
        _ => local(report),
    }
}

fn https(text: &str, report: &mut Report<'_>) -> Option<RepositoryUrl> {
    let url = report.take(KEY, Url::parse(text))?;
    if !url.username().is_empty() || url.password().is_some() {
        return report.fail_with(
            KEY,
            "it holds a user name or password",
            "move them to repository.auth: token_file, or username and password_file",
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return report.fail(KEY, "? and # have no place in it");
    }
    Some(RepositoryUrl::Https(text.to_owned()))
}

fn ssh(text: &str, report: &mut Report<'_>) -> Option<RepositoryUrl> {
    let url = report.take(KEY, Url::parse(text))?;
    if url.password().is_some() {
        return report.fail_with(
            KEY,
            "it holds a password",
            "use repository.auth.ssh_key_file",
        );
    }
    let host = url.host_str().unwrap_or_default();
    let user = url.username();
    if host.is_empty() || url.path().len() < 2 {
        return report.fail(KEY, "write ssh://user@host/path");
    }
    no_options(&[host, user], report)?;
    Some(RepositoryUrl::Ssh(text.to_owned()))
}

fn scp_like(text: &str, place: &str, path: &str, report: &mut Report<'_>) -> Option<RepositoryUrl> {
    let (user, host) = place.split_once('@').unwrap_or(("", place));
    if host.is_empty() || path.is_empty() {
        let hint = "write user@host:path, or ./ before a local path that holds a colon";
        return report.fail_with(KEY, "host or path is missing", hint);
    }
    let first = path.split('/').next().unwrap_or_default();
    if first.contains('@') && first.contains(':') {
        return report.fail_with(
            KEY,
            "it holds a password",
            "use repository.auth.ssh_key_file",
        );
    }
    no_options(&[host, user, path], report)?;
    Some(RepositoryUrl::Ssh(text.to_owned()))
}

/// What begins with a dash would reach `ssh` as an option.
fn no_options(parts: &[&str], report: &mut Report<'_>) -> Option<()> {
    if parts.iter().any(|part| part.starts_with('-')) {
        return report.fail(KEY, "user, host and path must not begin with a dash");
    }
    Some(())
}

fn file(text: &str, report: &mut Report<'_>) -> Option<RepositoryUrl> {
    let path = Url::parse(text)
        .ok()
        .and_then(|url| url.to_file_path().ok());
    match path {
        Some(path) => Some(RepositoryUrl::File(path)),
        None => report.fail(
            KEY,
            "write file:// and an absolute path: file:///srv/git/platform",
        ),
    }
}

/// Whether the way to sign in is one that the address can use.
fn fitting(
    url: RepositoryUrl,
    auth: Option<GitAuth>,
    tls: Tls,
    report: &mut Report<'_>,
) -> Option<(RepositoryUrl, Option<GitAuth>, Tls)> {
    let key = "repository.auth";
    if tls.ca_file.is_some() && !matches!(url, RepositoryUrl::Https(_)) {
        return report.fail("repository.tls.ca_file", "it has no effect without https");
    }
    match (&url, &auth) {
        (RepositoryUrl::Https(_), Some(GitAuth::SshKey { .. })) => report.fail_with(
            key,
            "an ssh key cannot sign in over https",
            "use a token, or username and password_file, or an ssh address",
        ),
        (RepositoryUrl::Ssh(_), Some(GitAuth::Token(_) | GitAuth::Password { .. })) => report
            .fail_with(
                key,
                "tokens and passwords do not sign in over ssh",
                "use ssh_key_file and known_hosts_file",
            ),
        (RepositoryUrl::Ssh(_), None) => report.fail_with(
            key,
            "it is missing: ssh needs a key",
            "write ssh_key_file and known_hosts_file",
        ),
        (RepositoryUrl::File(_) | RepositoryUrl::Local(_), Some(_)) => report.fail(
            key,
            "it has no effect: nobody asks who reads a local repository",
        ),
        (RepositoryUrl::Https(_), None | Some(GitAuth::Token(_) | GitAuth::Password { .. }))
        | (RepositoryUrl::Ssh(_), Some(GitAuth::SshKey { .. }))
        | (RepositoryUrl::File(_) | RepositoryUrl::Local(_), None) => Some((url, auth, tls)),
    }
}
