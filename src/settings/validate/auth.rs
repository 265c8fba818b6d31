//! Secrets, and which of them belong together.

use super::super::raw::{RawGitAuth, RawHttpAuth, RawTls};
use super::super::{GitAuth, HttpAuth, SecretSource, Tls};
use super::report::Report;
use std::path::PathBuf;

const COMBINATIONS: &str = "write token_file or token_env, or username with password_file or \
                            password_env";

/// How to sign in by http: the two forms that targets and repositories share.
enum Web {
    Token(SecretSource),
    Password {
        username: String,
        password: SecretSource,
    },
}

/// The keys of `Web`, as written.
struct RawWeb {
    token: (Option<PathBuf>, Option<String>),
    username: Option<String>,
    password: (Option<PathBuf>, Option<String>),
}

/// `key` is the way to the `auth` mapping.
pub(super) fn http(key: &str, raw: RawHttpAuth, report: &mut Report<'_>) -> Option<HttpAuth> {
    let RawHttpAuth {
        token_file,
        token_env,
        username,
        password_file,
        password_env,
    } = raw;
    let raw = RawWeb {
        token: (token_file, token_env),
        username,
        password: (password_file, password_env),
    };
    Some(match web(key, raw, report)? {
        Web::Token(token) => HttpAuth::Bearer(token),
        Web::Password { username, password } => HttpAuth::Basic { username, password },
    })
}

/// `key` is the way to the `auth` mapping.
pub(super) fn git(key: &str, raw: RawGitAuth, report: &mut Report<'_>) -> Option<GitAuth> {
    let RawGitAuth {
        token_file,
        token_env,
        username,
        password_file,
        password_env,
        ssh_key_file,
        known_hosts_file,
    } = raw;
    let raw = RawWeb {
        token: (token_file, token_env),
        username,
        password: (password_file, password_env),
    };
    match (ssh_key_file, known_hosts_file) {
        (None, None) => Some(match web(key, raw, report)? {
            Web::Token(token) => GitAuth::Token(token),
            Web::Password { username, password } => GitAuth::Password { username, password },
        }),
        (Some(ssh_key), Some(known_hosts)) if raw.is_empty() => {
            let key_file = report.path(&format!("{key}.ssh_key_file"), &ssh_key);
            let known_hosts_file = report.path(&format!("{key}.known_hosts_file"), &known_hosts);
            Some(GitAuth::SshKey {
                key_file: key_file?,
                known_hosts_file: known_hosts_file?,
            })
        }
        (Some(_), Some(_)) => report.fail_with(
            key,
            "a key for ssh and a token or password for https",
            "keep the one that repository.url needs",
        ),
        _ => report.fail(key, "ssh_key_file and known_hosts_file go together"),
    }
}

pub(super) fn tls(key: &str, raw: &RawTls, report: &mut Report<'_>) -> Option<Tls> {
    let ca_file = report.optional_path(&format!("{key}.ca_file"), raw.ca_file.as_ref())?;
    Some(Tls { ca_file })
}

impl RawWeb {
    fn is_empty(&self) -> bool {
        let Self {
            token,
            username,
            password,
        } = self;
        *token == (None, None) && username.is_none() && *password == (None, None)
    }
}

fn web(key: &str, raw: RawWeb, report: &mut Report<'_>) -> Option<Web> {
    let RawWeb {
        token,
        username,
        password,
    } = raw;
    match (token, username, password) {
        ((None, None), Some(username), password) if password != (None, None) => {
            if username.is_empty() || username.contains(':') {
                let key = format!("{key}.username");
                return report.fail(&key, "it must not be empty or hold a colon");
            }
            let password = secret(key, "password", password, report)?;
            Some(Web::Password { username, password })
        }
        (token, None, (None, None)) if token != (None, None) => {
            secret(key, "token", token, report).map(Web::Token)
        }
        ((None, None), None, (None, None)) => {
            report.fail_with(key, "it says nothing", COMBINATIONS)
        }
        ((None, None), Some(_), _) => {
            report.fail_with(key, "a username without a password", COMBINATIONS)
        }
        ((None, None), None, _) => {
            report.fail_with(key, "a password without a username", COMBINATIONS)
        }
        _ => report.fail_with(key, "a token and a username or password", COMBINATIONS),
    }
}

fn secret(
    key: &str,
    name: &str,
    (file, variable): (Option<PathBuf>, Option<String>),
    report: &mut Report<'_>,
) -> Option<SecretSource> {
    match (file, variable) {
        (Some(file), None) => report
            .path(&format!("{key}.{name}_file"), &file)
            .map(SecretSource::File),
        (None, Some(variable)) if variable.is_empty() || variable.contains(['=', '\0', '$']) => {
            let key = format!("{key}.{name}_env");
            // Not repeated: it may be the secret itself.
            let message = "it is not the name of an environment variable";
            report.fail_with(&key, message, "write its name alone, such as GIT_TOKEN")
        }
        (None, Some(variable)) => Some(SecretSource::Env(variable)),
        _ => report.fail(key, format!("{name}_file and {name}_env: keep one")),
    }
}
